#!/usr/bin/env python3
"""Avro and JSON with a registry: what is registered and sent, compared with
what a converter for Kafka Connect makes of the same records, and read back by
Confluent's client from a real broker and a real registry.

	test/kafka/registry_formats.py [peer] [debezium] [stream]

peer decodes the parity test's workload twice: with schemas in JSON, which
Apicurio's Avro converter turns into Avro, and as our own Avro.  debezium has
the real one write Avro by that converter beside us.  stream reads every type
back to the value that SQL has, through schemas that change, records that are
not a row's, transforms, and a registry that is away.
"""
import decimal
import glob
import io
import json
import os
import re
import struct
import subprocess
import sys
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../tools"))
sys.path.insert(0, HERE)

from testbed import (CACHE, Checks, TestbedError, kafka, log, main, registry,
                     run, wait_until, work_dir)
from testbed.postgres import Cluster, Installation
from testbed.pq import quote

VENV = os.path.join(CACHE, "python-registry")
PACKAGES = ["confluent-kafka[avro,json,schemaregistry]==2.16.1"]
CONVERTER = "io.apicurio:apicurio-registry-utils-converter:2.6.13.Final"
JARS = os.path.join(CACHE, "avro-converter-2.6.13")
WORKLOAD = os.path.join(HERE, "parity/workload/*.sql")
# What the comparison is not about: the clock of each of the two readers.
CLOCK = ("ts_ms", "ts_us", "ts_ns")
# Schemas that differ: JSON has no NaN to be a default, and the peer keeps a
# digit at the beginning of a namespace's part, which Avro 1.12 refuses.
DIFFERENT = ("p.typ.special_defaults", "p.Odd.Schema.1digit")
# So do readers a decimal with more digits behind the point than it has.
NO_DECIMAL = ("logicalType", "precision", "scale")


def enter_venv():
    """Run by the Python that has the packages."""
    python = os.path.join(VENV, "bin/python")
    if os.path.realpath(sys.prefix) == os.path.realpath(VENV):
        return
    if not os.path.exists(os.path.join(VENV, ".complete")):
        log("installing %s" % ", ".join(PACKAGES))
        run([sys.executable, "-m", "venv", VENV])
        run([python, "-m", "pip", "-q", "install"] + PACKAGES)
        open(os.path.join(VENV, ".complete"), "w").close()
    os.execv(python, [python] + sys.argv)


# ---- peer


def fetch_converter():
    """Apicurio's converter and what it needs, once."""
    if os.path.exists(JARS + "/.complete"):
        return
    log("fetching %s through Maven" % CONVERTER)
    os.makedirs(JARS, exist_ok=True)
    group, artifact, version = CONVERTER.split(":")
    with open(JARS + "/pom.xml", "w") as file:
        file.write("""<project><modelVersion>4.0.0</modelVersion>
<groupId>test</groupId><artifactId>test</artifactId><version>1</version>
<dependencies><dependency><groupId>%s</groupId><artifactId>%s</artifactId>
<version>%s</version></dependency></dependencies></project>
""" % (group, artifact, version))
    run(["mvn", "-q", "-B", "dependency:copy-dependencies",
         "-DoutputDirectory=" + JARS], cwd=JARS, timeout=900)
    open(JARS + "/.complete", "w").close()


class Peer:
    """The converter, as a program that is given records."""

    def __init__(self):
        fetch_converter()
        self.classes = os.path.join(work_dir(), "avropeer")
        os.makedirs(self.classes, exist_ok=True)
        run(["javac", "-cp", JARS + "/*", "-d", self.classes,
             os.path.join(HERE, "avropeer/AvroPeer.java")])

    def convert(self, lines):
        """(schema, bytes) of each."""
        done = subprocess.run(
            ["java", "-XX:TieredStopAtLevel=1", "-cp",
             "%s:%s/*" % (self.classes, JARS), "AvroPeer",
             "scrub.invalid.names=true"],
            input=b"".join(line + b"\n" for line in lines),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if done.returncode != 0:
            raise TestbedError("the peer failed: "
                               + done.stderr.decode()[-2000:])
        pairs = [line.split("\t") for line in
                 done.stdout.decode().splitlines()]
        return [(json.loads(text), bytes.fromhex(value))
                for text, value in pairs]


class Cursor:
    """Numbers and strings of a frame's payload."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, form):
        value, = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return value

    def string(self):
        size = self.take("I")
        self.at += size
        return self.data[self.at - size:self.at].decode()


class Stream:
    """The records of a slot, and the schemas that they refer to."""

    def __init__(self, cluster, slot, **options):
        said = {"framing": "binary", "topic.prefix": "p", "run.id": "r"}
        said.update((k.replace("_", "."), v) for k, v in options.items())
        rows = cluster.query(
            "SELECT encode(data, 'hex') FROM "
            "pg_logical_slot_peek_binary_changes('%s', NULL, NULL, VARIADIC "
            "ARRAY[%s])" % (slot, ", ".join(
                quote(x) for pair in said.items() for x in pair)))
        self.topics, self.schemas, self.records = {}, {}, []
        for row in rows:
            self.split(bytes.fromhex(row[0]))

    def split(self, data):
        at = 0
        while at < len(data):
            kind, size = chr(data[at + 1]), struct.unpack_from(
                "<I", data, at + 4)[0]
            payload = data[at + 8:at + 8 + size]
            at += 8 + size
            if kind == "T":
                cursor = Cursor(payload)
                number = cursor.take("I")
                cursor.take("I")
                self.topics[number] = cursor.string()
            elif kind == "X":
                cursor = Cursor(payload)
                number = cursor.take("I")
                side = "key" if cursor.take("B") else "value"
                cursor.at += 3
                self.schemas[number] = (side, cursor.string(),
                                        cursor.string(), cursor.string())
            elif kind == "R":
                self.add_record(payload)

    def add_record(self, payload):
        _, _, topic, _, key, value, _, _, op, flags = struct.unpack_from(
            "<QqIIiiiHBB", payload)
        middle = 40 + max(key, 0)
        for side, size, data, flag in (
                ("key", key, payload[40:middle], 1),
                ("value", value, payload[middle:middle + value], 2)):
            if size >= 0:
                self.records.append((self.topics[topic], chr(op), side, data,
                                     bool(flags & flag)))


def unlike(ours, theirs, path=""):
    """Where two schemas differ, but for what is said above."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        if theirs.get("logicalType") == "decimal" and \
                theirs["scale"] > theirs["precision"]:
            theirs = {k: v for k, v in theirs.items() if k not in NO_DECIMAL}
        found = [path + "/" + k for k in set(ours) ^ set(theirs)]
        for key in set(ours) & set(theirs):
            found += unlike(ours[key], theirs[key], path + "/" + key)
        return found
    if isinstance(ours, list) and isinstance(theirs, list) and \
            len(ours) == len(theirs):
        return [x for i, pair in enumerate(zip(ours, theirs))
                for x in unlike(*pair, "%s/%d" % (path, i))]
    return [] if ours == theirs else ["%s: %r, not %r" % (path, ours, theirs)]


def without_clock(value):
    if isinstance(value, dict) and "op" in value:
        return {k: v for k, v in value.items() if k not in CLOCK}
    return value


def is_number_text(value):
    """What is no number is text in JSON, and the peer reads it as zero."""
    return isinstance(value, float) and (value != value or value in (
        float("inf"), float("-inf")) or value == 0)


def alike(ours, theirs):
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(
            alike(ours[k], theirs[k]) for k in ours)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(alike, ours, theirs))
    return ours == theirs or (is_number_text(ours) and theirs == 0)


MODES = [
    {},
    {"decimal_handling_mode": "string", "binary_handling_mode": "base64",
     "time_precision_mode": "connect", "interval_handling_mode": "string",
     "hstore_handling_mode": "map", "provide_transaction_metadata": "true"},
    {"time_precision_mode": "structured",
     "column_propagate_source_type": ".*"},
]


def test_peer(checks, inst):
    import fastavro
    import fastavro.read
    # numbers and bytes as they are
    readers = dict(fastavro.read.LOGICAL_READERS)
    fastavro.read.LOGICAL_READERS.clear()
    peer = Peer()
    cluster = Cluster(inst, "peer").init().start()
    cluster.query("CREATE EXTENSION wal2kafka")
    cluster.query("SELECT pg_create_logical_replication_slot('peer', "
                  "'wal2kafka')")
    for path in sorted(glob.glob(WORKLOAD)):
        with open(path) as file:
            cluster.script(file.read())
    same = {"schema_name_adjustment_mode": "avro",
            "field_name_adjustment_mode": "avro_unicode",
            "event_converting_failure_handling_mode": "warn",
            # NOT NULL, and holds what has no form
            "column_exclude_list": "typ.intervals.n",
            "key_converter_replace_null_with_default": "true",
            "value_converter_replace_null_with_default": "true",
            # the mode "avro" leaves a digit behind a dot
            "key_converter_scrub_invalid_names": "true",
            "value_converter_scrub_invalid_names": "true"}
    for mode in MODES:
        theirs = Stream(cluster, "peer", format="json-with-schemas", **same,
                        **mode)
        ours = Stream(cluster, "peer", format="avro", **same, **mode)
        compare(checks, fastavro, peer, theirs, ours, str(mode))
    cluster.destroy()
    fastavro.read.LOGICAL_READERS.update(readers)


def compare(checks, fastavro, peer, theirs, ours, mode):
    converted = peer.convert([r[3] for r in theirs.records])
    bad_schemas, bad_values, parsed, skipped = [], [], {}, set()
    checks.ok(len(ours.records) == len(converted) > 100,
              "%d sides of records %s" % (len(converted), mode))
    for record, (schema, value) in zip(ours.records, converted):
        topic, op, side, data, has_reference = record
        number = struct.unpack(">I", data[1:5])[0]
        known_side, known_topic, subject, text = ours.schemas[number]
        if not has_reference or data[0] != 0 or (
                known_side, known_topic, subject) != (
                side, topic, "%s-%s" % (topic, side)):
            bad_values.append("reference of a %s of %s" % (side, topic))
        if number not in parsed:
            parsed[number] = fastavro.parse_schema(json.loads(text))
            found = unlike(json.loads(text), schema)
            if topic in DIFFERENT and found:
                found = []
                skipped.add(number)
            bad_schemas += ["%s of %s%s" % (side, topic, x) for x in found]
            if found:
                skipped.add(number)
        if number in skipped:
            continue
        try:
            read = [fastavro.schemaless_reader(stream, parsed[number])
                    for stream in (io.BytesIO(data[5:]), io.BytesIO(value))]
        except (ValueError, EOFError, IndexError) as err:
            bad_values.append("%s %s of %s: %s\n%s\n%s" % (
                op, side, topic, err, data.hex(), value.hex()))
            continue
        if not alike(*map(without_clock, read)):
            bad_values.append("%s %s of %s: %r, not %r" % (
                op, side, topic, read[0], read[1]))
    checks.ok(not bad_schemas, "%d schemas are the peer's %s"
              % (len(parsed), mode), "\n".join(bad_schemas[:10]))
    checks.ok(not bad_values, "and so are all values",
              "\n".join(bad_values[:5])[:4000])


# ---- stream: types

# name, declaration, literals
TYPES = [
    ("b", "boolean", ["true", "false"]),
    ("s", "smallint", ["-32768", "32767"]),
    ("i", "integer", ["-2147483648", "2147483647"]),
    ("l", "bigint", ["-9223372036854775808", "9223372036854775807"]),
    ("o", "oid", ["4294967295"]),
    ("r", "real", ["1.5", "-1e-40", "3.4e38"]),
    ("d", "double precision", ["0.1", "-0.5", "5e-324"]),
    ("n", "numeric(12,2)", ["1.50", "-0.01", "0", "1234567890.12"]),
    ("nv", "numeric", ["1.50", "1e-30", "1e100", "-123456789012345.000100"]),
    ("m", "money", ["-12.34", "12345678901.25"]),
    ("t", "text", ["", "ä€😀", "a\"b\\c\n", "null"]),
    ("v", "varchar(9)", ["abc"]),
    ("c", "char(5)", ["ab"]),
    ("j", "json", ["{\"a\" : [1, 2.50,null]}", "null"]),
    ("jb", "jsonb", ["{\"b\": 1, \"a\": \"ä\"}", "[]"]),
    ("x", "xml", ["<a b=\"1\">ä</a>"]),
    ("u", "uuid", ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]),
    ("e", "mood", ["sad", "Ünhappy"]),
    ("by", "bytea", ["", "\\x00ff10"]),
    ("b1", "bit", ["0", "1"]),
    ("b9", "bit(9)", ["101010101", "000000001"]),
    ("da", "date", ["2020-02-29", "1969-12-31", "0044-03-15 BC"]),
    ("ti", "time", ["00:00", "01:02:03.000004"]),
    ("t3", "time(3)", ["01:02:03.004"]),
    ("tz", "timetz", ["01:02:03.5+00"]),
    ("ts", "timestamp", ["2020-01-01 00:00:00.000005",
                         "1969-12-31 23:59:59.5"]),
    ("ts3", "timestamp(3)", ["2020-01-01 00:00:00.005"]),
    ("tsz", "timestamptz", ["2020-01-01 00:00:00.123456+02"]),
    ("iv", "interval", ["1 year -2 days 03:00:00.000001", "-1 month"]),
    ("p", "point", ["(1.5,-2)", "(0,0)"]),
    ("li", "line", ["{1,2,3.1}"]),
    ("ip", "inet", ["192.168.0.1/24", "::1"]),
    ("ma", "macaddr", ["08:00:2b:01:02:03"]),
    ("ra", "int4range", ["[1,10)", "empty"]),
    ("dr", "daterange", ["[2020-01-01,2020-02-01)"]),
    ("tv", "tsvector", ["'a' 'cat':2"]),
    ("lt", "ltree", ["a.b.c"]),
    ("ct", "citext", ["aBc"]),
    ("hs", "hstore", ["\"a\"=>\"1\", \"b\"=>NULL"]),
]
ARRAYS = [name for name, declaration, _ in TYPES
          if name in ("b", "s", "i", "l", "r", "d", "n", "t", "u", "by", "da",
                      "ts", "tsz", "e", "jb")]


EXTENSIONS = """CREATE EXTENSION wal2kafka; CREATE EXTENSION ltree;
CREATE EXTENSION citext; CREATE EXTENSION hstore;
CREATE TYPE mood AS ENUM ('sad', 'Ünhappy');"""


def plain_schema(schema):
    """Of a union with null: the other branch; a name alone: its type."""
    if isinstance(schema, dict) and "oneOf" in schema:
        schema = schema["oneOf"]
    if isinstance(schema, list):
        schema, = [x for x in schema
                   if x != "null" and x != {"type": "null"}]
    return schema if isinstance(schema, dict) else {"type": schema}


def schema_name(schema):
    return schema.get("connect.name") or schema.get("title") or ""


def parameters(schema):
    return schema.get("connect.parameters") or {}


def fraction_of(number, per_second):
    """A number of units since some time -> seconds and microseconds."""
    return decimal.Decimal(number) / per_second


def array_literal(items):
    return "{%s}" % ",".join(
        "NULL" if item is None else
        '"%s"' % item.replace("\\", "\\\\").replace('"', '\\"')
        for item in items)


def to_bytes(value):
    import base64
    return value if isinstance(value, bytes) else base64.b64decode(value)


def literal(value, schema):
    """A value that was read as a literal of SQL, by its schema alone."""
    if value is None:
        return None
    schema = plain_schema(schema)
    name = schema_name(schema).rsplit(".", 1)[-1]
    if schema["type"] == "array":
        return array_literal([literal(v, schema["items"]) for v in value])
    if name == "Decimal":
        return str(value)
    if name == "VariableScaleDecimal":
        number = int.from_bytes(to_bytes(value["value"]), "big", signed=True)
        return str(decimal.Decimal(number).scaleb(
            -value["scale"], decimal.Context(prec=200)))
    if name == "Bits":
        size = int(parameters(schema)["length"])
        number = int.from_bytes(to_bytes(value), "little")
        return bin(number)[2:].rjust(size, "0")[-size:]
    if name == "Date":
        return "SQL:DATE '1970-01-01' + %d" % value
    if name in ("Time", "MicroTime"):
        unit = 1000 if name == "Time" else 1000000
        return "SQL:TIME '00:00' + %s * INTERVAL '1 s'" % fraction_of(
            value, unit)
    if name in ("Timestamp", "MicroTimestamp"):
        unit = 1000 if name == "Timestamp" else 1000000
        return ("SQL:TIMESTAMP '1970-01-01' + INTERVAL '1 s' * %s"
                % fraction_of(value, unit))
    if name == "Point":
        return "(%r,%r)" % (value["x"], value["y"])
    if name == "Line":
        return "{%r,%r,%r}" % (value["a"], value["b"], value["c"])
    if schema["type"] == "bytes" or schema.get("connect.type") == "bytes":
        return "\\x" + to_bytes(value).hex()
    if schema["type"] == "map" or schema.get("connect.type") == "map":
        return ", ".join("%s=>%s" % (json.dumps(k), "NULL" if v is None
                                     else json.dumps(v))
                         for k, v in value.items())
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def expression(value, schema, declaration):
    text = literal(value, schema)
    if declaration == "bit" and isinstance(value, bool):
        text = "1" if value else "0"
    if text is None:
        return "NULL"
    if text.startswith("SQL:"):
        return text[4:]
    if "SQL:" in text:
        items = re.findall(r'"SQL:([^"]*)"|(NULL)', text)
        return "ARRAY[%s]" % ", ".join(a or b for a, b in items)
    return quote(text)


def column_types():
    return [(n, d) for n, d, _ in TYPES] + [
        ("a_" + n, "%s[]" % d) for n, d, _ in TYPES if n in ARRAYS]


def insert_types(cluster, number):
    """A row of the table of types, with each one's literal of that number."""
    values = {}
    for name, declaration, literals in TYPES:
        text = literals[number % len(literals)]
        values[name] = "%s::%s" % (quote(text), declaration)
        if name in ARRAYS:
            values["a_" + name] = "ARRAY[%s, NULL]" % ", ".join(
                "%s::%s" % (quote(x), declaration) for x in literals)
    cluster.query("INSERT INTO types (%s) VALUES (%s)" % (
        ", ".join(values), ", ".join(values.values())))


# ---- debezium

# What Debezium has otherwise, in JSON as well: it calls the elements of an
# array of enums required, and an old date in an array is of another calendar.
OTHERWISE = ("a_e", "a_da")


def start_debezium(broker, server, cluster):
    """Kafka Connect with Debezium and Apicurio's converter."""
    fetch_converter()
    plugins = os.path.join(work_dir(), "plugins")
    os.makedirs(plugins)
    os.symlink(JARS, os.path.join(plugins, "converter"))
    connect = kafka.Connect(broker)
    with open(connect.config) as file:
        text = file.read()
    with open(connect.config, "w") as file:
        # the converter does not say that it is a plugin
        file.write(text.replace("plugin.path=", "plugin.path=%s," % plugins)
                   .replace("service_load", "hybrid_warn"))
    connect.start()
    config = kafka.debezium_config(cluster, "p", table_include_list=
                                   "public.types", interval_handling_mode=
                                   "string", hstore_handling_mode="map",
                                   schema_name_adjustment_mode="avro")
    serde = "apicurio.registry."
    for side in ("key", "value"):
        prefix = side + ".converter"
        del config[prefix + ".schemas.enable"]
        config[prefix] = "io.apicurio.registry.utils.converter.AvroConverter"
        for name, value in (
                ("url", "http://127.0.0.1:%d/apis/registry/v2" % server.port),
                ("auto-register", "true"), ("headers.enabled", "false"),
                ("use-id", "contentId"),
                ("id-handler", "io.apicurio.registry.serde."
                 "Legacy4ByteIdHandler")):
            config["%s.%s%s" % (prefix, serde, name)] = value
    connect.create("p", config)
    wait_until("Debezium streams", lambda: cluster.value(
        "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'p' "
        "AND active") == "1")
    return connect


def test_debezium(checks, inst):
    import fastavro
    import fastavro.read
    if not kafka.fetch() or not registry.fetch():
        return
    readers = dict(fastavro.read.LOGICAL_READERS)
    fastavro.read.LOGICAL_READERS.clear()
    broker = kafka.Broker("avro-debezium").start()
    server = registry.Registry("avro-debezium").start()
    cluster = Cluster(inst, "debezium").init().start()
    cluster.script(
        EXTENSIONS + "CREATE TABLE types (id serial PRIMARY KEY, %s, "
        "p_d point NOT NULL DEFAULT '(1,1)', i_d int DEFAULT 5, "
        "n_d numeric(5,2) DEFAULT 1.5, t_d text NOT NULL DEFAULT 'x', "
        "by_d bytea DEFAULT '\\x01');"
        "SELECT pg_create_logical_replication_slot('ours', 'wal2kafka');"
        % ", ".join("%s %s" % c for c in column_types()))
    connect = start_debezium(broker, server, cluster)
    try:
        for number in range(4):
            insert_types(cluster, number)
        cluster.script("UPDATE types SET t = 'u' WHERE id = 1; "
                       "DELETE FROM types WHERE id = 2;")
        theirs = [(side, data) for record in Consumer(broker).read(
            "p.public.types", 7, 120) for side, data in zip(
                ("key", "value"), record) if data is not None]
        ours = Stream(cluster, "ours", format="avro",
                      interval_handling_mode="string",
                      hstore_handling_mode="map",
                      schema_name_adjustment_mode="avro",
                      table_include_list="public.types",
                      value_converter_replace_null_with_default="true")
        compare_debezium(checks, fastavro, server, ours, theirs)
    finally:
        connect.stop()
        cluster.destroy()
        server.stop()
        broker.stop()
        fastavro.read.LOGICAL_READERS.update(readers)


def compare_debezium(checks, fastavro, server, ours, theirs):
    ids = "http://127.0.0.1:%d/apis/registry/v2/ids/contentIds/%d"
    texts, schemas, values = {}, set(), []
    checks.ok(len(theirs) == len(ours.records) == 13,
              "Debezium writes as many records", str(len(theirs)))
    for (side, data), record in zip(theirs, ours.records):
        number, = struct.unpack(">I", data[1:5])
        if number not in texts:
            with urllib.request.urlopen(ids % (server.port, number)) as text:
                texts[number] = json.load(text)
        mine = json.loads(ours.schemas[struct.unpack(
            ">I", record[3][1:5])[0]][3])
        enums = [f for f in row_fields(texts[number]) if f["name"] == "a_e"]
        for field in enums:
            field["type"][1]["items"] = ["null", field["type"][1]["items"]]
        schemas.update(unlike(mine, texts[number]))
        for field in enums:
            field["type"][1]["items"] = field["type"][1]["items"][1]
        read = [fastavro.schemaless_reader(io.BytesIO(data[5:]),
                                           fastavro.parse_schema(schema))
                for data, schema in ((record[3], mine),
                                     (data, texts[number]))]
        for image in ("before", "after"):
            row, other = (x.get(image) or {} for x in read)
            values += ["%s of %s: %r, not %r" % (name, side, row[name],
                                                 other.get(name))
                       for name in row if row[name] != other.get(name)
                       and name not in OTHERWISE]
    checks.ok(not schemas, "the schemas are Debezium's",
              "\n".join(sorted(schemas)))
    checks.ok(not values, "and so are the values", "\n".join(values[:10]))


def row_fields(envelope):
    """Of the first image; none in a key."""
    kind = envelope["fields"][0]["type"]
    return kind[1]["fields"] if isinstance(kind, list) and \
        isinstance(kind[1], dict) and "fields" in kind[1] else []


# ---- stream


class Reader:
    """Confluent's deserializers, for one format."""

    def __init__(self, url, form):
        from confluent_kafka.schema_registry import SchemaRegistryClient
        self.client = SchemaRegistryClient({"url": url})
        self.form = form
        self.made = {}

    def schema(self, data):
        number, = struct.unpack(">I", data[1:5])
        return json.loads(self.client.get_schema(number).schema_str)

    def read(self, data, topic, side):
        """The value, and the schema that it was written by."""
        from confluent_kafka.schema_registry.avro import AvroDeserializer
        from confluent_kafka.schema_registry.json_schema import \
            JSONDeserializer
        from confluent_kafka.serialization import (MessageField,
                                                   SerializationContext)
        if data is None:
            return None, None
        if "d" not in self.made:
            self.made["d"] = (
                AvroDeserializer(self.client) if self.form == "avro" else
                JSONDeserializer(None, schema_registry_client=self.client))
        field = MessageField.KEY if side == "key" else MessageField.VALUE
        value = self.made["d"](data, SerializationContext(topic, field))
        return value, self.schema(data)


class Consumer:
    """All records of a topic, as bytes; or the most that are wanted."""

    def __init__(self, broker):
        self.broker = broker

    def read(self, topic, at_least=1, timeout=120, most=1000):
        from confluent_kafka import (Consumer, OFFSET_BEGINNING,
                                     TopicPartition)
        consumer = Consumer({"bootstrap.servers": self.broker.address,
                             "group.id": "test",
                             "enable.auto.commit": False})
        partition = TopicPartition(topic, 0, OFFSET_BEGINNING)
        consumer.assign([partition])
        found, wanted, end = [], at_least, time.monotonic() + timeout
        while time.monotonic() < end and len(found) < most:
            if len(found) >= wanted:
                # what is there beyond that
                wanted = consumer.get_watermark_offsets(partition, 60)[1]
                if len(found) >= wanted:
                    break
            message = consumer.poll(0.3)
            if message is not None and not message.error():
                found.append((message.key(), message.value()))
        consumer.close()
        if len(found) < at_least:
            raise TestbedError("%d records on %s, not %d"
                               % (len(found), topic, at_least))
        return found


def field_schemas(schema):
    """name -> schema, of a record."""
    schema = plain_schema(schema)
    if "fields" in schema:
        return {f["name"]: f["type"] for f in schema["fields"]}
    return schema["properties"]


class StreamTest:
    def __init__(self, checks, inst, broker, server, form):
        self.checks, self.form = checks, form
        self.broker, self.registry = broker, server
        self.consumer = Consumer(broker)
        self.reader = Reader(server.url, form)
        self.prefix = "avro" if form == "avro" else "json"
        self.cluster = Cluster(inst, self.prefix).init().start()

    def sql(self, text):
        return self.cluster.query(text)

    def read(self, topic, at_least=1, most=1000):
        return [(self.reader.read(k, topic, "key"),
                 self.reader.read(v, topic, "value"))
                for k, v in self.consumer.read(topic, at_least,
                                               most=most)]

    def create(self, name, **more):
        config = {"bootstrap.servers": self.broker.address, "format":
                  self.form, "topic.prefix": name,
                  "schema.registry.url": self.registry.url,
                  "interval.handling.mode": "string",
                  "hstore.handling.mode": "map"}
        if self.form != "avro":
            # a schema says that a decimal is a number
            for side in ("key", "value"):
                config[side + ".converter.decimal.format"] = "NUMERIC"
        for key, value in more.items():
            config[key.replace("_", ".")] = value
        self.cluster.create_connector(name, config)

    def deliver(self, name):
        wait_until("%s has delivered" % name, lambda: self.cluster.value(
            "SELECT wal2kafka.wait_for_delivery(%s, NULL, '20 s')"
            % quote(name)) == "t")

    # Every type, from a snapshot and from the stream

    def types(self):
        columns = column_types()
        self.cluster.script(
            EXTENSIONS + "CREATE TABLE types (id serial PRIMARY KEY, %s);"
            % ", ".join('%s %s' % c for c in columns))
        for round_number in range(max(len(x) for _, _, x in TYPES)):
            insert_types(self.cluster, round_number)
        self.sql("INSERT INTO types DEFAULT VALUES")
        self.create("%s-types" % self.prefix, table_include_list=
                    "public.types", schema_name_adjustment_mode="avro")
        name = "%s-types" % self.prefix
        self.cluster.wait_connector(name)
        self.sql("INSERT INTO types SELECT (r).* FROM (SELECT src #= hstore("
                 "'id', (src.id + 100)::text) AS r FROM types src) x")
        self.sql("UPDATE types SET t = 'updated'")
        self.sql("DELETE FROM types WHERE id = 1")
        self.deliver(name)
        self.check_types(name, columns)

    def check_types(self, name, columns):
        records = self.read(name + ".public.types", 14)
        rows, ops = {}, {}
        for (key, _), (value, schema) in records:
            if value is None:
                continue
            ops[value["op"]] = ops.get(value["op"], 0) + 1
            if value["after"] is not None:
                rows[value["after"]["id"]] = (
                    value["after"], field_schemas(field_schemas(schema)[
                        "before" if self.form == "avro" else "after"]))
            if key["id"] != (value["after"] or value["before"])["id"]:
                raise TestbedError("key %s is not the row's" % key)
        count = int(self.cluster.value("SELECT count(*) FROM types")) + 1
        self.checks.ok(ops == {"r": count // 2, "c": count // 2, "u": count,
                               "d": 1}, "all records are read", str(ops))
        wrong = []
        del rows[1]
        for number, (row, schemas) in rows.items():
            tests = [self.is_same(column, declaration, expression(
                row[column], schemas[column], declaration))
                for column, declaration in columns]
            answers = self.sql("SELECT %s FROM types WHERE id = %s" % (
                ", ".join(tests), number))[0]
            wrong += ["%s of %s: %r" % (column, number, row[column])
                      for (column, _), answer in zip(columns, answers)
                      if answer != "t"]
        self.checks.ok(not wrong and len(rows) >= 8,
                       "%s: %d columns of %d rows are what SQL has" % (
                           self.form, len(columns), len(rows)),
                       "\n".join(wrong[:20]))

    @staticmethod
    def is_same(column, declaration, text):
        """SQL: is the column's value this one?"""
        if text == "NULL":
            return "%s IS NULL" % column
        if re.match("json$|xml|point", declaration):
            return "%s::text = (%s)::%s::text" % (column, text, declaration)
        return "%s = (%s)::%s" % (column, text, declaration)

    # Schemas that change in the middle

    CHANGES = [
        ("ALTER TABLE evolve ADD COLUMN extra int DEFAULT 7",
         "INSERT INTO evolve (id, v) VALUES (%d, 'x')", {"extra": 7}),
        ("ALTER TABLE evolve RENAME COLUMN v TO w",
         "INSERT INTO evolve (id, w) VALUES (%d, 'y')", {"w": "y"}),
        ("ALTER TABLE evolve ALTER COLUMN extra TYPE text",
         "INSERT INTO evolve (id, extra) VALUES (%d, 'z')", {"extra": "z"}),
        ("ALTER TABLE evolve DROP COLUMN extra",
         "INSERT INTO evolve (id, w) VALUES (%d, 'q')", {"w": "q"}),
        ("ALTER TABLE evolve ADD COLUMN a int[]",
         "INSERT INTO evolve (id, a) VALUES (%d, '{1,2}')", {"a": [1, 2]}),
        ("SELECT 1", "INSERT INTO evolve (id, a) VALUES (%d, '{{1},{2}}')",
         {"a": [[1], [2]]}),
        ("ALTER TABLE evolve ALTER COLUMN id TYPE bigint",
         "INSERT INTO evolve (id, w) VALUES (%d + 5000000000, 'k')",
         {"w": "k"}),
    ]

    def evolve(self):
        name = "%s-evolve" % self.prefix
        self.sql("CREATE TABLE evolve (id int PRIMARY KEY, v text)")
        self.create(name, table_include_list="public.evolve", snapshot_mode=
                    "no_data", schema_name_adjustment_mode="avro",
                    provide_transaction_metadata="true",
                    heartbeat_interval_ms="200",
                    notification_enabled_channels="sink",
                    notification_sink_topic_name=name + ".notes")
        self.cluster.wait_connector(name)
        for number, (change, insert, _) in enumerate(self.CHANGES):
            with self.cluster.connect() as conn:
                conn.query("BEGIN")
                conn.query(change)
                conn.query(insert % number)
                conn.query("COMMIT")
        self.sql("SELECT pg_logical_emit_message(true, 'pfx', 'content')")
        self.deliver(name)
        records = self.read(name + ".public.evolve", len(self.CHANGES))
        got = [{k: v["after"].get(k) for k in wanted} for (_, (v, _)), (
            _, _, wanted) in zip(records, self.CHANGES)]
        self.checks.ok(got == [c[2] for c in self.CHANGES],
                       "records before and after each ALTER are read",
                       str(got))
        subject = name + ".public.evolve-value"
        versions = len(self.registry.versions(subject))
        # the change of depth is one, the key's type another
        self.checks.ok(versions == len(self.CHANGES),
                       "%d versions of the value's schema" % versions)
        versions = len(self.registry.versions(name + ".public.evolve-key"))
        self.checks.ok(versions == 2, "two of the key's", str(versions))
        self.others(name)

    def others(self, name):
        """Records that are not a row's."""
        boundaries = [v for _, (v, _) in self.read(name + ".transaction", 2)]
        self.checks.ok(boundaries[0]["status"] == "BEGIN"
                       and boundaries[1]["data_collections"] == [
                           {"data_collection": "public.evolve",
                            "event_count": 1}],
                       "transactions are read", str(boundaries[:2]))
        messages = self.read(name + ".message")
        content = messages[0][1][0]["message"]["content"]
        self.checks.ok(messages[0][0][0] == {"prefix": "pfx"}
                       and to_bytes(content) == b"content",
                       "a message is read", str(messages[0]))
        beats = self.read("__debezium-heartbeat." + name, 2, most=4)
        self.checks.ok(beats[0][0][0] == {"serverName": name}
                       and beats[0][1][0]["ts_ms"] > 0,
                       "heartbeats are read", str(beats[0]))

    # Transforms

    def transforms(self):
        name = "%s-smt" % self.prefix
        self.sql("CREATE TABLE smt (id int PRIMARY KEY, v text, n numeric)")
        self.create(name, table_include_list="public.smt", snapshot_mode=
                    "no_data", transforms="unwrap,route",
                    transforms_unwrap_type=
                    "io.debezium.transforms.ExtractNewRecordState",
                    transforms_route_type=
                    "org.apache.kafka.connect.transforms.RegexRouter",
                    transforms_route_regex="(.*)\\.public\\.(.*)",
                    transforms_route_replacement="$1-$2",
                    schema_name_adjustment_mode="avro",
                    value_subject_name_strategy="TopicRecordNameStrategy",
                    key_subject_name_strategy="RecordNameStrategy")
        self.cluster.wait_connector(name)
        self.sql("INSERT INTO smt VALUES (1, 'a', 1.5), (2, NULL, NULL)")
        self.sql("DELETE FROM smt WHERE id = 1")
        self.deliver(name)
        records = self.read(name + "-smt", 3)
        got = [(k, v and (v["id"], v["v"], v["n"] and v["n"]["scale"]))
               for (k, _), (v, _) in records]
        self.checks.ok(got == [({"id": 1}, (1, "a", 1)),
                               ({"id": 2}, (2, None, None)),
                               ({"id": 1}, None)],
                       "what transforms make is read", str(got))
        record = name.replace("-", "_") + ".public.smt"
        wanted = {record + ".Key", "%s-smt-%s.Value" % (name, record)}
        self.checks.ok(wanted <= set(self.registry.subjects()),
                       "subjects are named by strategy",
                       str(sorted(self.registry.subjects())))

    # A registry that is away

    def outage(self):
        name = "%s-away" % self.prefix
        self.sql("CREATE TABLE away (id int PRIMARY KEY, v text)")
        self.create(name, table_include_list="public.away,public.away2",
                    snapshot_mode="no_data",
                    schema_name_adjustment_mode="avro")
        self.cluster.wait_connector(name)
        self.sql("INSERT INTO away VALUES (1, 'before')")
        self.deliver(name)
        before = self.read(name + ".public.away")
        self.registry.kill()
        self.sql("INSERT INTO away VALUES (2, 'known')")
        self.deliver(name)
        self.sql("CREATE TABLE away2 (id int PRIMARY KEY, v text)")
        self.sql("INSERT INTO away2 VALUES (1, 'waits')")
        self.sql("INSERT INTO away VALUES (3, 'behind it')")
        is_delivered = self.cluster.value(
            "SELECT wal2kafka.wait_for_delivery(%s, NULL, '2 s')"
            % quote(name)) == "t"
        known = len(self.consumer.read(name + ".public.away", 2))
        self.checks.ok(not is_delivered and known == 2,
                       "nothing overtakes what waits for its id",
                       "%s %d" % (is_delivered, known))
        self.registry.start()
        self.deliver(name)
        fresh = Reader(self.registry.url, self.form)
        key, value = self.consumer.read(name + ".public.away2")[0]
        read = fresh.read(value, name + ".public.away2", "value")[0]
        self.checks.ok(
            before[0][1][0]["after"] == {"id": 1, "v": "before"}
            and read["after"] == {"id": 1, "v": "waits"}
            and fresh.read(key, name + ".public.away2", "key")[0] ==
            {"id": 1}, "a registry started again is asked", str(read))

    def run(self):
        self.types()
        self.evolve()
        self.transforms()
        self.outage()
        self.cluster.destroy()


def test_stream(checks, inst):
    if not kafka.fetch() or not registry.fetch():
        return
    broker = kafka.Broker("registry-formats").start()
    server = registry.Registry("registry-formats").start()
    try:
        for form in ("avro", "json-registry"):
            log("format " + form)
            StreamTest(checks, inst, broker, server, form).run()
    finally:
        server.stop()
        broker.stop()


def test():
    enter_venv()
    wanted = sys.argv[1:] or ["peer", "debezium", "stream"]
    checks = Checks("registry formats")
    inst = Installation.private()
    inst.install_extension()
    for name, what in (("peer", test_peer), ("debezium", test_debezium),
                       ("stream", test_stream)):
        if name in wanted:
            what(checks, inst)
    return checks.finish()


if __name__ == "__main__":
    main(test)
