#!/usr/bin/env python3
"""Protobuf with a registry: what is registered is compiled by protoc, and what
is sent is read by the classes made from it.

The workload of the parity test is decoded twice, as JSON and as Protobuf, and
compared field by field: that JSON is what Debezium sends is shown there.
Then a connector sends to a real broker, with a real registry: every type is
read back, columns come, go and change their names.
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

from testbed import (CACHE, Checks, TestbedError, kafka, log, main, registry,
                     wait_until, work_dir)
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


# ---- a broker and a registry

# column, type, SQL literal, what a reader must find
TYPES = [
    ("b", "bool", "true", True),
    ("s", "smallint", "-32768", -32768),
    ("i", "int", "2147483647", 2147483647),
    ("neg", "int", "-1", -1),
    ("l", "bigint", "-9223372036854775808", -9223372036854775808),
    ("o", "oid", "4294967295", 4294967295),
    ("r", "real", "1.5", 1.5),
    ("d", "float8", "0.1", 0.1),
    ("minus_zero", "float8", "'-0'", -0.0),
    ("n", "numeric(12,2)", "-12345.60", "-12345.60"),
    ("huge", "numeric(40,0)", "9999999999999999999999999999999999999999",
     "9999999999999999999999999999999999999999"),
    ("free", "numeric", "0.00012", "0.00012"),
    ("m", "money", "'$12.34'", "12.34"),
    ("t", "text", "'zwölf € \U0001f600'", "zwölf € \U0001f600"),
    ("empty", "text", "''", ""),
    ("c", "char(3)", "'a'", "a  "),
    ("by", "bytea", r"'\x00ff80'", b"\x00\xff\x80"),
    ("j", "jsonb", "'{\"a\": [1, null]}'", '{"a": [1, null]}'),
    ("x", "xml", "'<a/>'", "<a/>"),
    ("u", "uuid", "'00000000-0000-0000-0000-00000000000f'",
     "00000000-0000-0000-0000-00000000000f"),
    ("e", "mood", "'happy'", "happy"),
    ("dt", "date", "'2024-02-29'", 19782),
    ("old", "date", "'0044-03-15 BC'", -735160),
    ("ti", "time", "'23:59:59.999999'", 86399999999),
    ("tz", "timetz", "'01:02:03+02'", "23:02:03Z"),
    ("ts3", "timestamp(3)", "'1969-12-31 23:59:59.999'", -1),
    ("ts", "timestamp", "'2024-01-01 00:00:00.000001'", 1704067200000001),
    ("tsz", "timestamptz", "'2024-01-01 00:00:00.5+00'",
     "2024-01-01T00:00:00.500000Z"),
    ("iv", "interval", "'1 day 00:00:01'", 86401000000),
    ("bit1", "bit", "B'1'", True),
    ("bits", "bit(10)", "B'1000000001'", b"\x01\x02"),
    ("net", "inet", "'10.0.0.1/8'", "10.0.0.1/8"),
    ("mac", "macaddr", "'08:00:2b:01:02:03'", "08:00:2b:01:02:03"),
    ("rng", "int4range", "'[1,5)'", "[1,5)"),
    ("vec", "tsvector", "'a b'", "'a' 'b'"),
    ("ia", "int[]", "'{1,0,-1}'", [1, 0, -1]),
    ("none", "int[]", "'{}'", []),
    ("ia2", "int[]", "'{{1,2},{3,4}}'", [[1, 2], [3, 4]]),
    ("ta", "text[]", "'{a,\"\"}'", ["a", ""]),
    ("na", "numeric(5,1)[]", "'{1.5,-2}'", ["1.5", "-2.0"]),
]


def as_value(field, value):
    """What a reader would make of it, decimals as text."""
    import decimal
    if isinstance(value, (list, tuple)) or is_container(value):
        return [as_value(field, item) for item in value]
    kind = getattr(value, "DESCRIPTOR", None)
    if kind is None:
        return value
    if kind.name in ("Decimal", "VariableScaleDecimal"):
        number = int.from_bytes(value.value, "big", signed=True)
        context = decimal.Context(prec=100)
        if kind.name == "Decimal":
            assert value.precision == len(str(abs(number)))
        return "{:f}".format(context.create_decimal(number).scaleb(
            -value.scale, context))
    if [f.name for f in kind.fields] == ["items"]:
        return as_value(None, value.items)
    raise TestbedError("what is a %s?" % kind.full_name)


def is_container(value):
    return type(value).__name__.startswith("Repeated")


class Reader:
    """Confluent's deserializer, with classes made of the registry's texts."""

    def __init__(self, test, broker, registry_):
        self.test = test
        self.schemas = test.schemas
        self.broker = broker
        self.registry = registry_
        self.texts = {}

    def text(self, number):
        if number not in self.texts:
            answer = self.registry.call("GET", "/schemas/ids/%d" % number)
            assert answer["schemaType"] == "PROTOBUF"
            self.texts[number] = answer["schema"]
        return self.texts[number]

    def decode(self, topic, side, data):
        from confluent_kafka.schema_registry.protobuf import \
            ProtobufDeserializer
        from confluent_kafka.serialization import SerializationContext
        if data is None:
            return None
        number, = struct.unpack_from(">I", data, 1)
        made = self.schemas.compile(self.text(number))
        read = ProtobufDeserializer(made, {"use.deprecated.format": False})
        return read(data, SerializationContext(topic, side))

    def read(self, topic, at_least):
        """[(key, value)] of a topic, once there are as many."""
        from confluent_kafka import Consumer
        consumer = Consumer({"bootstrap.servers": self.broker.address,
                             "group.id": "reader-" + topic,
                             "auto.offset.reset": "earliest",
                             "enable.auto.commit": False})
        found = []

        def more():
            message = consumer.poll(0.5)
            if message is not None and message.error() is None:
                found.append((self.decode(topic, "key", message.key()),
                              self.decode(topic, "value", message.value())))
            return len(found) >= at_least

        consumer.subscribe([topic])
        try:
            wait_until("%d records of %s" % (at_least, topic), more)
        except TestbedError as err:
            raise TestbedError("%s, there are %d; %s" % (
                err, len(found), self.test.errors())) from None
        finally:
            consumer.close()
        return found


def numbers_of(made, *path):
    """{field: number} of a message, or of one that a field has."""
    descriptor = made.DESCRIPTOR
    for name in path:
        descriptor = descriptor.fields_by_name[name].message_type
    return {field.name: field.number for field in descriptor.fields}


class StreamTest(Test):
    """With a connector."""

    def connector(self, name, **more):
        config = {"bootstrap.servers": self.broker.address,
                  "topic.prefix": name, "snapshot.mode": "no_data",
                  "format": "protobuf-registry",
                  "schema.registry.url": self.registry.url,
                  "value.converter.optional.for.nullables": "true",
                  "provide.transaction.metadata": "true"}
        config.update({key.replace("_", "."): value
                       for key, value in more.items()})
        self.cluster.create_connector(name, config)
        self.cluster.wait_connector(name)

    def errors(self):
        return self.cluster.query(
            "SELECT to_jsonb(s) FROM wal2kafka.stat_connector AS s")

    def stream(self):
        self.broker = kafka.Broker().start()
        self.registry = registry.Registry().start()
        self.reader = Reader(self, self.broker, self.registry)
        try:
            self.cluster.script(
                "CREATE TYPE mood AS ENUM ('sad', 'happy');"
                "CREATE TABLE types (id int PRIMARY KEY, %s);"
                "CREATE TABLE evolve (a int PRIMARY KEY, b text, c int);"
                % ", ".join("%s %s" % column[:2] for column in TYPES))
            self.connector("shop", skipped_operations="none",
                           heartbeat_interval_ms="500",
                           message_prefix_include_list=".*")
            self.types()
            self.others()
            self.evolve()
            self.flat()
            self.snapshot()
        finally:
            self.registry.stop()
            self.broker.stop()

    def types(self):
        self.cluster.script(
            "INSERT INTO types VALUES (1, %s); INSERT INTO types VALUES (2);"
            "DELETE FROM types WHERE id = 2;"
            % ", ".join("CAST(%s AS %s)" % (column[2], column[1])
                        for column in TYPES))
        records = self.reader.read("shop.public.types", 4)
        after = records[0][1].after
        fields = {field.name: field for field in after.DESCRIPTOR.fields}
        for name, type_, _, expected in TYPES:
            value = as_value(fields[name], getattr(after, name))
            self.checks.ok(
                type(value) is type(expected) and repr(value) ==
                repr(expected), "%s is read back" % type_,
                "%r, not %r" % (value, expected))
        nulls = records[1][1].after
        self.checks.ok(nulls.id == 2 and [f.name for f, _ in
                                          nulls.ListFields()] == ["id"],
                       "a null is not there")
        self.checks.ok(records[0][0].id == 1, "a key is read")
        value = records[2][1]
        self.checks.ok(value.op == "d" and value.before.id == 2 and
                       not value.HasField("after"), "a delete is read")
        self.checks.ok(records[3][1] is None and records[3][0].id == 2,
                       "a tombstone has a key alone")
        source = records[0][1].source
        self.checks.ok((source.connector, source.name, source.schema,
                        source.table, source.snapshot) ==
                       ("postgresql", "shop", "public", "types", "false") and
                       source.txId > 0 and source.lsn > 0 and
                       json.loads(source.sequence)[1] == str(source.lsn) and
                       source.ts_ns // 1000000 == source.ts_ms and
                       not source.HasField("xmin"), "the source is told",
                       str(source))

    def others(self):
        self.cluster.script(
            "SELECT pg_logical_emit_message(true, 'note', 'h\u00e9');"
            "BEGIN; INSERT INTO evolve VALUES (0, 'x', 0); TRUNCATE evolve;"
            "COMMIT;")
        found = self.reader.read("shop.message", 1)[0]
        self.checks.ok(found[0].prefix == "note" and found[1].op == "m" and
                       found[1].message.content == "h\u00e9".encode(),
                       "a message is read", str(found))
        key, value = self.reader.read("__debezium-heartbeat.shop", 1)[0]
        self.checks.ok(key.serverName == "shop" and value.ts_ms > 1e12,
                       "a heartbeat is read")
        records = self.reader.read("shop.public.evolve", 2)
        self.checks.ok(records[1][0] is None and records[1][1].op == "t" and
                       records[1][1].transaction.total_order == 2,
                       "a truncate is read", str(records[1]))
        ends = [value for _, value in self.reader.read("shop.transaction", 10)
                if value.status == "END"]
        last = [value for value in ends if value.event_count == 2][-1]
        self.checks.ok([(c.data_collection, c.event_count)
                        for c in last.data_collections] ==
                       [("public.evolve", 2)],
                       "a transaction's end is read", str(last))

    # Columns come and go

    STEPS = [
        ("ADD COLUMN d int", {"a": 1, "b": 2, "c": 3, "d": 4}),
        ("DROP COLUMN b", {"a": 1, "c": 3, "d": 4}),
        ("RENAME COLUMN c TO c2", {"a": 1, "c2": 3, "d": 4}),
        ("ADD COLUMN b bigint", {"a": 1, "c2": 3, "d": 4, "b": 5}),
        ("ADD COLUMN f int, DROP COLUMN d",
         {"a": 1, "c2": 3, "b": 5, "f": 6}),
    ]

    def evolve(self):
        subject = "shop.public.evolve-value"
        self.registry.set_compatibility(subject, "BACKWARD")
        self.cluster.script("INSERT INTO evolve VALUES (1, 'one', 10)")
        for n, (step, _) in enumerate(self.STEPS):
            if step.startswith("DROP"):
                # Apicurio 3.0.9 has no field dropped
                self.reader.read("shop.public.evolve", 3 + 2 * n)
                self.registry.set_compatibility(subject, "NONE")
            self.cluster.script(
                "ALTER TABLE evolve %s; INSERT INTO evolve (a) VALUES (%d);"
                "UPDATE evolve SET %s = 7 WHERE a = %d;"
                % (step, n + 10, "c2" if n > 1 else "c", n + 10))
        records = self.reader.read("shop.public.evolve",
                                   3 + 2 * len(self.STEPS))
        versions = self.registry.versions(subject)
        self.checks.ok(len(versions) == 1 + len(self.STEPS),
                       "each change of the table is a version",
                       str([v["schema"] for v in versions]))
        classes = [self.schemas.compile(v["schema"]) for v in versions]
        self.checks.ok(numbers_of(classes[0], "after") ==
                       {"a": 1, "b": 2, "c": 3}, "columns have numbers")
        for made, (step, expected) in zip(classes[1:], self.STEPS):
            self.checks.ok(numbers_of(made, "after") == expected,
                           "%s keeps numbers" % step,
                           str(numbers_of(made, "after")))
        last = records[-1][1]
        old = classes[0].FromString(last.SerializeToString())
        self.checks.ok(old.after.a == last.after.a and old.after.c == 7 and
                       not old.after.HasField("b"),
                       "a reader with the first schema reads the last record",
                       str(old.after))

    def snapshot(self):
        """Rows that are there already, and what is said of reading them."""
        self.connector("snap", snapshot_mode="initial",
                       table_include_list="public.(evolve|types)",
                       provide_transaction_metadata="false",
                       notification_enabled_channels="sink",
                       notification_sink_topic_name="snap.notes")
        value = self.reader.read("snap.public.types", 1)[0][1]
        self.checks.ok(value.op == "r" and value.source.snapshot != "false" and
                       value.after.t == TYPES[13][3] and
                       as_value(None, value.after.ia2) == [[1, 2], [3, 4]],
                       "a row of a snapshot is read", str(value))
        key, value = self.reader.read("snap.notes", 2)[0]
        self.checks.ok(key.id == value.id and value.type == "STARTED" and
                       value.aggregate_type == "Initial Snapshot" and
                       {p.key: p.value for p in value.additional_data}
                       ["connector_name"] == "snap",
                       "a notification is read", str(value))
        self.cluster.script("INSERT INTO evolve (a) VALUES (99)")
        last = self.reader.read("snap.public.evolve",
                                2 + len(self.STEPS))[-1][1]
        self.checks.ok(last.op == "c" and last.after.a == 99,
                       "and what comes after it")

    def flat(self):
        """As ExtractNewRecordState has it: what is no column is above."""
        self.cluster.script("CREATE TABLE flat (id int PRIMARY KEY, v text);")
        self.connector(
            "flat", transforms="u", table_include_list="public.flat",
            provide_transaction_metadata="false", **{
                "transforms_u_type":
                    "io.debezium.transforms.ExtractNewRecordState",
                "transforms_u_add_fields": "op,source.lsn"})
        self.cluster.script(
            "INSERT INTO flat VALUES (1, 'one'); ALTER TABLE flat ADD w int;"
            "UPDATE flat SET w = 2;")
        records = self.reader.read("flat.public.flat", 2)
        first, second = (value for _, value in records)
        self.checks.ok((first.id, first.v, first.__getattribute__("__op"))
                       == (1, "one", "c") and second.w == 2,
                       "a flat record is read", str(records))
        one, other = numbers_of(type(first)), numbers_of(type(second))
        self.checks.ok(all(other[name] == one[name] for name in one) and
                       other["w"] == 3, "a flat record keeps its numbers",
                       "%s %s" % (one, other))


def run(names):
    checks = Checks("protobuf_registry")
    inst = Installation.private()
    inst.install_extension()
    test = StreamTest(checks, inst)
    if not (kafka.fetch() and registry.fetch()):
        return 0
    try:
        test.start()
        for name in names or ["frames", "stream"]:
            log(name)
            getattr(test, name)()
    finally:
        if os.environ.get("W2K_KEEP"):
            print(test.cluster.log_tail(60))
        test.cluster.destroy()
    return checks.finish()


if __name__ == "__main__":
    enter_venv()
    main(lambda: run(sys.argv[1:]))
