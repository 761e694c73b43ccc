#!/usr/bin/env python3
"""Protobuf with a registry: what is registered is compiled by protoc, and what
is sent is read by the classes made from it.

The workload of the parity test is decoded twice, as JSON and as Protobuf, and
compared field by field: that JSON is what Debezium sends is shown there.
Needs confluent-kafka and grpcio-tools, which are installed into a folder of
their own.  Names as arguments run only those: frames, stream.
"""
import base64
import json
import os
import re
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../tools"))
sys.path.insert(0, HERE)

from testbed import CACHE, REPO, Checks, TestbedError, log, main, work_dir
from testbed.postgres import Cluster, Installation
from testbed.pq import PgError, quote

VENV = os.path.join(CACHE, "python-protobuf")
PACKAGES = ["confluent-kafka[protobuf,schemaregistry]", "grpcio-tools"]
WORKLOAD = os.path.join(HERE, "parity/workload")
# What the comparison is not about: the clock of each of the two readers.
CLOCK = ("ts_ms", "ts_us", "ts_ns")


def enter_venv():
    """Run by the Python that has the packages."""
    python = os.path.join(VENV, "bin/python")
    if os.path.realpath(sys.prefix) == os.path.realpath(VENV):
        return
    if not os.path.exists(os.path.join(VENV, ".complete")):
        log("installing %s" % ", ".join(PACKAGES))
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([python, "-m", "pip", "-q", "install"] + PACKAGES,
                       check=True)
        open(os.path.join(VENV, ".complete"), "w").close()
    os.execv(python, [python] + sys.argv)


# ---- schemas


class Schemas:
    """Texts of schemas, compiled."""

    def __init__(self):
        self.folder = os.path.join(work_dir(), "proto")
        os.makedirs(self.folder, exist_ok=True)
        self.classes = {}

    def compile(self, text):
        """The class of the text's first message, or of wrappers.proto."""
        if text in self.classes:
            return self.classes[text]
        from google.protobuf import (descriptor_pb2, descriptor_pool,
                                     message_factory)
        import grpc_tools
        from grpc_tools import protoc
        import google.type.date_pb2
        name = "s%d.proto" % len(self.classes)
        source = os.path.join(self.folder, name)
        target = source + ".bin"
        with open(source, "w") as file:
            file.write(text)
        places = [self.folder, os.path.join(HERE, "confluent_proto"),
                  os.path.join(os.path.dirname(grpc_tools.__file__), "_proto"),
                  os.path.realpath(os.path.join(
                      os.path.dirname(google.type.date_pb2.__file__),
                      "../.."))]
        if protoc.main(["protoc", "--include_imports",
                        "--descriptor_set_out=" + target] +
                       ["-I" + p for p in places] + [name]) != 0:
            raise TestbedError("protoc refuses this:\n" + text)
        files = descriptor_pb2.FileDescriptorSet()
        with open(target, "rb") as file:
            files.ParseFromString(file.read())
        pool = descriptor_pool.DescriptorPool()
        for proto in files.file:
            pool.Add(proto)
        made = pool.FindFileByName(name)
        message = files.file[-1].message_type[0].name
        self.classes[text] = message_factory.GetMessageClass(
            made.message_types_by_name[message])
        return self.classes[text]


def is_repeated(field):
    label = getattr(field, "is_repeated", None)
    return label if label is not None else field.label == field.LABEL_REPEATED


def get_days(message):
    """Since 1970, of any year: eras of 400 years, years from March on."""
    year = message.year - (1 if message.month <= 2 else 0)
    era, of_era = divmod(year, 400)
    of_year = (153 * ((message.month + 9) % 12) + 2) // 5 + message.day - 1
    return (era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 +
            of_year - 719468)


KNOWN = {
    "confluent.type.Decimal":
        lambda m: base64.b64encode(m.value).decode(),
    "google.type.Date": get_days,
    "google.type.TimeOfDay":
        lambda m: ((m.hours * 60 + m.minutes) * 60 + m.seconds) * 1000 +
        m.nanos // 1000000,
    "google.protobuf.Timestamp":
        lambda m: m.seconds * 1000 + m.nanos // 1000000,
}


def plain_single(field, value):
    if field.message_type is None:
        return (base64.b64encode(value).decode() if isinstance(value, bytes)
                else value)
    name = field.message_type.full_name
    if name in KNOWN:
        return KNOWN[name](value)
    if name.startswith("google.protobuf.") and name.endswith("Value"):
        return plain_single(field.message_type.fields[0], value.value)
    if [f.name for f in field.message_type.fields] == ["items"]:
        return plain_field(field.message_type.fields[0], value)
    return plain(value)


def plain_field(field, message):
    value = getattr(message, field.name)
    if is_repeated(field):
        items = [plain_single(field, item) for item in value]
        if (field.message_type is not None
                and field.message_type.name.endswith("Entry")):
            if field.message_type.fields[0].type == 9:
                return {item["key"]: item["value"] for item in items}
            return [[item["key"], item["value"]] for item in items]
        return items
    if field.has_presence and not message.HasField(field.name):
        return None
    return plain_single(field, value)


def plain(message):
    """A message as JsonConverter would have it."""
    return {field.name: plain_field(field, message)
            for field in message.DESCRIPTOR.fields}


def is_same(json_value, proto_value):
    """Equal, as far as Protobuf can say it."""
    if json_value is None:
        return proto_value in (None, [], {})
    if isinstance(json_value, dict):
        return (isinstance(proto_value, dict)
                and json_value.keys() == proto_value.keys()
                and all(is_same(json_value[k], proto_value[k])
                        for k in json_value))
    if isinstance(json_value, list):
        return (isinstance(proto_value, list)
                and len(json_value) == len(proto_value)
                and all(map(is_same, json_value, proto_value)))
    if isinstance(proto_value, float):
        number = float(json_value)
        if number != number:
            return proto_value != proto_value
        return (number == proto_value or struct.pack("f", number) ==
                struct.pack("f", proto_value))
    return json_value == proto_value


def find_differences(path, one, other):
    if isinstance(one, dict) and isinstance(other, dict):
        for key in list(one) + [k for k in other if k not in one]:
            if key in one and key in other:
                yield from find_differences(path + "." + key, one[key],
                                            other[key])
            else:
                yield "%s.%s is missing" % (path, key)
    elif not is_same(one, other):
        yield "%s: %r, not %r" % (path, other, one)


# ---- frames


def parse_frames(data):
    at = 0
    while at < len(data):
        magic, kind, flags, size = struct.unpack_from("<BBHI", data, at)
        assert magic == 0x57 and flags == 0
        yield chr(kind), data[at + 8:at + 8 + size]
        at += 8 + size


def parse_strings(payload, at, count):
    found = []
    for _ in range(count):
        size, = struct.unpack_from("<I", payload, at)
        found.append(payload[at + 4:at + 4 + size].decode())
        at += 4 + size
    return found


class Stream:
    """What a slot holds, in frames."""

    def __init__(self, data):
        self.schemas = {}
        self.records = []
        topics = {}
        for kind, payload in parse_frames(data):
            if kind == "T":
                topics[payload[:4]] = parse_strings(payload, 8, 1)[0]
            elif kind == "X":
                number, is_key, written_in = struct.unpack_from("<IBB",
                                                                payload)
                assert written_in == 3
                self.schemas[number] = [bool(is_key)] + parse_strings(
                    payload, 8, 3)
            elif kind == "R":
                self.add_record(payload, topics)

    def add_record(self, payload, topics):
        key_len, value_len = struct.unpack_from("<ii", payload, 24)
        op, flags = payload[38:40]
        at = 40 + max(key_len, 0)
        key = payload[40:at] if key_len >= 0 else None
        value = payload[at:at + value_len] if value_len >= 0 else None
        assert bool(flags & 1) == (key is not None)
        assert bool(flags & 2) == (value is not None)
        self.records.append((topics[payload[16:20]], chr(op), key, value))

    def read(self, schemas, data):
        """The message of a key or value, and its schema's text."""
        if data is None:
            return None, None
        zero, number, index = struct.unpack_from(">BIB", data)
        assert zero == 0
        text = self.schemas[number][3]
        assert index == 0, text
        made = schemas.compile(text)
        return made.FromString(data[6:]), text


class Test:
    def __init__(self, checks, inst):
        self.checks = checks
        self.cluster = Cluster(inst, "protobuf")
        self.schemas = Schemas()

    def start(self):
        self.cluster.init().start()
        self.cluster.script("CREATE EXTENSION wal2kafka;")

    def read_slot(self, slot, is_binary, options):
        options = dict({"topic.prefix": "shop"}, **options)
        listed = ", ".join(quote(word) for pair in options.items()
                           for word in pair)
        rows = self.cluster.query(
            "SELECT %s FROM pg_logical_slot_peek_%schanges(%s, NULL, NULL, %s)"
            % ("encode(data, 'hex')" if is_binary else "data",
               "binary_" if is_binary else "", quote(slot), listed))
        if is_binary:
            return b"".join(bytes.fromhex(row[0]) for row in rows)
        return [json.loads(row[0]) for row in rows]

    # The workload, in both formats

    MODES = {
        "default": {},
        "wrappers": {"value.converter.wrapper.for.nullables": "true"},
        "connect times": {"time.precision.mode": "connect"},
        "structured": {"time.precision.mode": "structured"},
        "text": {"decimal.handling.mode": "string",
                 "binary.handling.mode": "hex",
                 "interval.handling.mode": "string"},
        "doubles": {"decimal.handling.mode": "double",
                    "hstore.handling.mode": "map"},
    }

    def compare(self, name, options, counts):
        shared = dict({"provide.transaction.metadata": "true",
                       "event.converting.failure.handling.mode": "skip",
                       "include.unknown.datatypes": "true"}, **options)
        ours = {"framing": "binary", "format": "protobuf-registry",
                "key.converter.scrub.invalid.names": "true",
                "value.converter.scrub.invalid.names": "true",
                "key.converter.optional.for.nullables": "true",
                "value.converter.optional.for.nullables": "true"}
        plain_options = {k: v for k, v in shared.items()
                         if "wrapper" not in k}
        lines = self.read_slot("compared", False, plain_options)
        stream = Stream(self.read_slot("compared", True,
                                       dict(shared, **ours)))
        self.checks.ok(len(lines) == len(stream.records) > 500,
                       "%s: as many records" % name,
                       "%d and %d" % (len(lines), len(stream.records)))
        bad = []
        for line, (topic, op, key, value) in zip(lines, stream.records):
            for side, data in (("key", key), ("value", value)):
                message, text = stream.read(self.schemas, data)
                if message is None or line[side] is None:
                    if (message is None) != (line[side] is None):
                        bad.append("%s: %s is null" % (topic, side))
                    continue
                found = plain(message)
                expected = scrub(line[side])
                if side == "value" and op not in "hn":
                    for clock in CLOCK:
                        found.pop(clock, None)
                        expected.pop(clock, None)
                for text in find_differences(side, expected, found):
                    if not is_known(topic, text, expected, found):
                        bad.append("%s %s" % (topic, text))
                counts[topic] = counts.get(topic, 0) + 1
        self.checks.ok(not bad, "%s: every field is the same" % name,
                       "\n".join(bad[:40]))

    def frames(self):
        self.cluster.query("SELECT pg_create_logical_replication_slot("
                           "'compared', 'wal2kafka')")
        for name in sorted(os.listdir(WORKLOAD)):
            with open(os.path.join(WORKLOAD, name)) as file:
                self.cluster.script(file.read())
        counts = {}
        for name, options in self.MODES.items():
            self.compare(name, options, counts)
        log("%d schemas, %d topics" % (len(self.schemas.classes),
                                       len(counts)))


def scrub_name(name):
    if re.fullmatch("[A-Za-z][A-Za-z0-9_]*", name):
        return name
    from urllib.parse import quote_plus
    name = quote_plus(name, safe="*")
    name = "x" + name if re.match("[0-9_]", name) else name
    return re.sub("[^A-Za-z0-9_]", "_", name)


def scrub(value):
    """Names as scrub.invalid.names makes them."""
    if isinstance(value, dict):
        return {scrub_name(k): v for k, v in value.items()} if (
            "before" not in value and "after" not in value) else {
            scrub_name(k): (scrub(v) if k in ("before", "after") else v)
            for k, v in value.items()}
    return value


def has_null(value):
    return isinstance(value, list) and any(v is None or has_null(v)
                                           for v in value)


def is_known(topic, text, expected, found):
    """An array with a null in it has no form, nor has a null where the
    schema has none."""
    if (topic, text) == ("shop.typ.intervals", "value.after.n: 0, not None"):
        return True
    path = text.split(":")[0].split(".")[1:]
    for part in path:
        expected = expected.get(part) if isinstance(expected, dict) else None
    return has_null(expected) and text.split(": ")[1].startswith(
        ("[]", "None"))


def run(names):
    checks = Checks("protobuf_registry")
    inst = Installation.private()
    inst.install_extension()
    test = Test(checks, inst)
    try:
        test.start()
        for name in names or ["frames"]:
            log(name)
            getattr(test, name)()
    finally:
        test.cluster.destroy()
    return checks.finish()


if __name__ == "__main__":
    enter_venv()
    main(lambda: run(sys.argv[1:]))
