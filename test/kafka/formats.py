#!/usr/bin/env python3
"""format=protobuf on a real broker, read with what protoc makes of
proto/envelope.proto: in Python, in Java, and in C.

Every type of the type table comes back to the value that SQL shows: a value
that was read is printed as a literal, and the server says whether that
literal, cast to the column's type, prints as the column does.

	test/kafka/formats.py [--save FILE]

--save writes what was read, as test/unit/proto_test reads it.
"""
import argparse
import datetime
import glob
import os
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../tools"), HERE]

from testbed import (CACHE, IN_CI, REPO, Checks, TestbedError, kafka, log,
                     main, rd, run, work_dir)
from testbed.postgres import Cluster, Installation
from testbed.pq import quote

from formats_transforms import Transforms

GRPC_TOOLS = "grpcio-tools==1.71.0"
JAVA_PROTOBUF = "4.29.0"

# name, declaration, literals
TYPES = [
    ("b", "boolean", ["true", "false"]),
    ("s", "smallint", ["-32768", "0", "32767"]),
    ("i", "integer", ["-2147483648", "1"]),
    ("l", "bigint", ["-9223372036854775808", "9223372036854775807"]),
    ("o", "oid", ["0", "4294967295"]),
    ("r", "real", ["1.5", "NaN", "-Infinity", "-0", "1e-40", "3.4e38"]),
    ("d", "double precision", ["0.1", "NaN", "Infinity", "-0", "5e-324"]),
    ("n", "numeric(12,2)", ["1.50", "-0.01", "0", "1234567890.12"]),
    ("nv", "numeric", ["1.50", "NaN", "Infinity", "-Infinity", "1e-30",
                       "-123456789012345678901234567890.000100", "1e100"]),
    ("m", "money", ["-12.34", "92233720368547758.07"]),
    ("t", "text", ["", "ä€😀", "a\"b\\c\n", "null"]),
    ("v", "varchar(9)", ["abc"]),
    ("c", "char(5)", ["ab"]),
    ("ch", "\"char\"", ["x"]),
    ("na", "name", ["a name"]),
    ("x", "xml", ["<a b=\"1\">ä</a>"]),
    ("j", "json", ["{\"a\" : [1, 2.50,null]}", "null"]),
    ("jb", "jsonb", ["{\"b\": 1, \"a\": \"ä\"}", "[]"]),
    ("u", "uuid", ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]),
    ("e", "mood", ["sad", "Ünhappy"]),
    ("by", "bytea", ["", "\\x00ff10"]),
    ("b1", "bit", ["0", "1"]),
    ("b9", "bit(9)", ["101010101"]),
    ("vb", "varbit", ["", "1", "00000000111"]),
    ("da", "date", ["2020-02-29", "infinity", "-infinity", "0044-03-15 BC",
                    "5874897-12-31"]),
    ("ti", "time", ["00:00", "24:00", "01:02:03.000004"]),
    ("t3", "time(3)", ["01:02:03.004"]),
    ("tz", "timetz", ["01:02:03.5+05:30", "24:00-15:59", "00:00+00"]),
    ("ts", "timestamp", ["2020-01-01 00:00:00.5", "infinity", "-infinity",
                         "0044-03-15 12:00:00 BC", "1969-12-31 23:59:59.5",
                         "294276-12-31 23:59:59.999999"]),
    ("tsz", "timestamptz", ["2020-01-01 00:00:00.123456+02", "infinity",
                            "-infinity", "294276-12-31 23:59:59+00"]),
    ("iv", "interval", ["1 year -2 days 03:00:00.000001", "0", "-1 month",
                        "-00:00:01"]),
    ("p", "point", ["(1.5,-2)", "(0,0)"]),
    ("li", "line", ["{1,2,3.1}"]),
    ("ls", "lseg", ["[(0,0),(1,0.1)]"]),
    ("bo", "box", ["(1,1),(0,0)"]),
    ("pa", "path", ["((0,0),(1,1))", "[(0,0),(1,1)]"]),
    ("po", "polygon", ["((0,0),(1,1),(1,0))"]),
    ("ci", "circle", ["<(0,0.1),1>"]),
    ("ip", "inet", ["192.168.0.1/24", "::1"]),
    ("cd", "cidr", ["10.0.0.0/8"]),
    ("ma", "macaddr", ["08:00:2b:01:02:03"]),
    ("m8", "macaddr8", ["08:00:2b:01:02:03:04:05"]),
    ("ra", "int4range", ["[1,10)", "empty", "(,)"]),
    ("nr", "numrange", ["(1.5,2.50]"]),
    ("mr", "int4multirange", ["{[1,2),[5,7)}", "{}"]),
    ("tv", "tsvector", ["'a' 'cat':3A"]),
    ("tq", "tsquery", ["'fat' & 'cat'"]),
    ("xi", "xid", ["123"]),
    ("x8", "xid8", ["5000000000"]),
    ("lsn", "pg_lsn", ["0/16B3748"]),
    ("jp", "jsonpath", ["$.\"a\""]),
    ("rt", "regtype", ["integer"]),
    ("co", "comp", ["(1,\"x \"\"y\"\"\")", "(,)"]),
    ("po5", "posint", ["5"]),
    ("pr", "price", ["1.50"]),
    ("i2v", "int2vector", ["1 2", ""]),
    ("ov", "oidvector", ["1 4294967295"]),
    ("ct", "citext", ["Ab"]),
    ("hs", "hstore", ["\"a\"=>\"1\", \"b\"=>NULL", "", "\"ä\"=>\"x\\\"y\""]),
    ("lt", "ltree", ["a.b.c"]),
    ("ai", "integer[]", ["{1,NULL,-3}", "{}", "[5:6]={1,2}",
                         "{{1,2},{3,NULL}}", "[0:1][3:3]={{7},{8}}"]),
    ("at", "text[]", ["{a,\"b \\\"q\\\"\",NULL,\"\",\"NULL\"}"]),
    ("an", "numeric[]", ["{1.50,NaN,NULL}"]),
    ("ad", "date[]", ["{2020-01-01,infinity}"]),
    ("ats", "timestamptz[]", ["{\"2020-01-01 00:00:00+00\",infinity}"]),
    ("au", "uuid[]", ["{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}"]),
    ("aby", "bytea[]", ["{\"\\\\x00ff\",NULL}"]),
    ("ae", "mood[]", ["{sad,NULL}"]),
    ("aj", "jsonb[]", ["{\"{\\\"a\\\": 1}\",NULL}"]),
    ("ab", "boolean[]", ["{t,f,NULL}"]),
    ("af", "double precision[]", ["{0.1,NaN}"]),
    ("aiv", "interval[]", ["{\"1 day\"}"]),
    ("abt", "bit(3)[]", ["{101,010}"]),
    ("ac", "comp[]", ["{\"(1,x)\",NULL}"]),
    ("ahs", "hstore[]", ["{\"\\\"a\\\"=>\\\"1\\\"\"}"]),
    ("ap", "point[]", ["{\"(1,2)\"}"]),
]

EPOCH = datetime.datetime(1970, 1, 1)


def array_literal(elements, dimensions):
    """PostgreSQL's, of texts and Nones."""
    if not elements:
        return "{}"
    sizes = [d[1] for d in dimensions] or [len(elements)]
    bounds = "".join("[%d:%d]" % (low, low + size - 1)
                     for low, size in dimensions)

    def level(items, dim):
        if dim == len(sizes) - 1:
            parts = ["NULL" if e is None else
                     '"%s"' % e.replace("\\", "\\\\").replace('"', '\\"')
                     for e in items]
        else:
            step = len(items) // sizes[dim]
            parts = [level(items[n * step:(n + 1) * step], dim + 1)
                     for n in range(sizes[dim])]
        return "{%s}" % ",".join(parts)
    return (bounds + "=" if bounds else "") + level(elements, 0)


def micros(number):
    """Microseconds as an interval that SQL reads."""
    return "interval '%d microseconds'" % number


class Sql(str):
    """An expression, not a literal."""


def literal(value):
    """What a Value holds, as SQL: text for a cast, or an expression; None
    for NULL."""
    kind = value.WhichOneof("kind")
    held = getattr(value, kind)
    if kind == "null":
        return None
    if kind in ("text", "decimal", "json"):
        return held
    if kind == "integer":
        return str(held)
    if kind == "boolean":
        return "true" if held else "false"
    if kind in ("double", "real"):
        return repr(held)
    if kind in ("binary", "ewkb"):
        return "\\x" + held.hex()
    if kind == "uuid":
        return held.hex()
    if kind == "bits":
        return "".join("%d" % (held.value[n // 8] >> (7 - n % 8) & 1)
                       for n in range(held.length))
    if kind == "date":
        return Sql("date '1970-01-01' + %d" % held)
    if kind == "time":
        return ("24:00" if held == 86400000000 else
                str((EPOCH + datetime.timedelta(microseconds=held)).time()))
    if kind == "timetz":
        time_of = ("24:00" if held.microseconds == 86400000000 else
                   str((EPOCH + datetime.timedelta(
                       microseconds=held.microseconds)).time()))
        sign = "-" if held.offset < 0 else "+"
        offset = abs(held.offset)
        return "%s%s%02d:%02d:%02d" % (time_of, sign, offset // 3600,
                                       offset // 60 % 60, offset % 60)
    if kind == "timestamp":
        return Sql("timestamp '1970-01-01' + " + micros(held))
    if kind == "timestamptz":
        return Sql("timestamptz '1970-01-01 00:00:00+00' + " + micros(held))
    if kind == "interval":
        return Sql("make_interval(months => %d, days => %d) + %s"
                   % (held.months, held.days, micros(held.microseconds)))
    if kind == "infinite":
        return {1: "infinity", 2: "-infinity"}[held]
    if kind == "point":
        return "(%r,%r)" % (held.x, held.y)
    if kind == "map":
        return ",".join(
            '"%s"=>%s' % (escape(p.key), "NULL" if p.value.WhichOneof("kind")
                          == "null" else '"%s"' % escape(p.value.text))
            for p in held.pairs)
    if kind == "floats":
        return "[%s]" % ",".join("%.9g" % v for v in held.values)
    raise AssertionError("unexpected kind %s" % kind)


def escape(text):
    return text.replace("\\", "\\\\").replace('"', '\\"')


class Formats:
    def __init__(self, checks, cluster, broker):
        self.checks = checks
        self.cluster = cluster
        self.broker = broker
        self.saved = []
        self.sql = cluster.connect()

    # Reading

    def read(self, topic, count):
        """(key, value) of a topic's first records, by kcat in order."""
        end = time.monotonic() + 120
        client = rd.Client(self.broker.address)
        while client.end_offset(topic) < count:
            if time.monotonic() > end:
                raise TestbedError("%d of %d records are on %s" % (
                    client.end_offset(topic), count, topic))
            time.sleep(0.05)
        client.close()
        out = run(["kcat", "-b", self.broker.address, "-C", "-t", topic, "-o",
                   "beginning", "-c", str(count), "-e", "-q", "-X",
                   "enable.auto.commit=false", "-f", "%K %S %k%s"],
                  text=False, stderr=subprocess.DEVNULL)
        records, at = [], 0

        def take(stop):
            nonlocal at
            start, at = at, stop
            return out[start:stop]
        while at < len(out):
            sizes = [int(take(out.index(b" ", at) + 1)) for _ in range(2)]
            records.append(tuple(None if size < 0 else take(at + size)
                                 for size in sizes))
        return records

    def parse(self, message, data):
        """A message; what Python writes of it must be the same bytes."""
        got = message.FromString(data)
        name = message.DESCRIPTOR.name
        self.saved.append((name, data))
        if got.SerializeToString(deterministic=True) != data:
            self.checks.ok(False, "%s: Python writes it otherwise" % name,
                           data.hex())
        return got

    # Types

    def value_sql(self, value, typename, element):
        """SQL of what was read."""
        if value.WhichOneof("kind") == "array":
            elements = []
            for item in value.array.elements:
                held = literal(item)
                if isinstance(held, Sql):
                    held = self.sql.query("SELECT (%s)::%s::text" % (
                        held, element))[0][0]
                elements.append(held)
            if typename in ("int2vector", "oidvector"):
                held = " ".join(elements)
            else:
                held = array_literal(elements, [
                    (d.lower_bound, d.length)
                    for d in value.array.dimensions])
        else:
            held = literal(value)
        if held is None:
            return "NULL"
        return "(%s)::%s" % (held if isinstance(held, Sql) else quote(held),
                             typename)

    def types(self, envelope, key):
        checks = self.checks
        columns = ", ".join("%s %s" % t[:2] for t in TYPES)
        self.cluster.script("""
SET client_min_messages = warning;
CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION ltree;
CREATE TYPE mood AS ENUM ('sad', 'Ünhappy');
CREATE TYPE comp AS (a int, b text);
CREATE DOMAIN posint AS int CHECK (value > 0);
CREATE DOMAIN price AS numeric(8,2);
CREATE TABLE types (id int PRIMARY KEY, %s);""" % columns)
        self.cluster.create_connector("p", self.config("public.types"))
        self.cluster.wait_connector("p")
        rows = max(len(t[2]) for t in TYPES)
        with self.cluster.connect() as conn:
            for n in range(rows):
                said = [t for t in TYPES if n < len(t[2])]
                conn.query("INSERT INTO types (id, %s) VALUES (%d, %s)" % (
                    ", ".join(t[0] for t in said), n,
                    ", ".join(quote(t[2][n]) for t in said)))
        records = self.read("p.public.types", rows)
        kinds = set()
        for n, (raw_key, raw_value) in enumerate(records):
            got = self.parse(key, raw_key)
            checks.ok([(c.name, c.integer) for c in got.columns]
                      == [("id", n)], "row %d: its key" % n, str(got))
            got = self.parse(envelope, raw_value)
            checks.ok([c.name for c in got.after.columns]
                      == ["id"] + [t[0] for t in TYPES],
                      "row %d: all columns, in order" % n)
            for column, (name, decl, literals) in zip(
                    got.after.columns[1:], TYPES):
                kinds.add(column.WhichOneof("kind"))
                self.check_value(n, column, name, decl)
        checks.ok(kinds >= {"integer", "text", "boolean", "double", "real",
                            "decimal", "timestamp", "timestamptz", "date",
                            "binary", "uuid", "json", "array", "null", "time",
                            "timetz", "interval", "infinite", "bits", "point",
                            "map"}, "kinds of values", str(kinds))
        return records

    def check_value(self, n, column, name, decl):
        element = decl[:-2] if decl.endswith("[]") else \
            {"int2vector": "int2", "oidvector": "oid"}.get(decl)
        sql = self.value_sql(column, decl, element)
        row = self.sql.query(
            "SELECT (%s)::text IS NOT DISTINCT FROM %s::text, (%s)::text, "
            "%s::text FROM types WHERE id = %d" % (sql, name, sql, name, n))[0]
        # a vector that was read is printed as one, without its bounds
        self.checks.ok(row[0] == "t", "row %d: %s %s" % (n, name, decl),
                       "read %s, stored %s" % (row[1], row[2]))

    def config(self, tables, **more):
        return dict({"bootstrap.servers": self.broker.address,
                     "topic.prefix": "p", "table.include.list": tables,
                     "snapshot.mode": "no_data", "format": "protobuf"},
                    **more)

    # The rest of an envelope, and the other topics

    def events(self, pb):
        checks, cluster = self.checks, self.cluster
        cluster.script("""
CREATE TABLE ev (id int PRIMARY KEY, v text, w text NOT NULL, "Größe" int);
ALTER TABLE ev ALTER v SET STORAGE EXTERNAL;
INSERT INTO ev VALUES (0, 'before', 'w', 1);""")
        cluster.create_connector("q", self.config(
            "public.ev", **{
                "topic.prefix": "q", "snapshot.mode": "initial",
                "provide.transaction.metadata": "true",
                "skipped.operations": "none", "heartbeat.interval.ms": "500",
                "notification.enabled.channels": "sink",
                "notification.sink.topic.name": "q-notes"}))
        cluster.wait_connector("q")
        cluster.query("INSERT INTO ev VALUES (1, repeat('x', 5000), 'w', 2)")
        cluster.query("UPDATE ev SET \"Größe\" = 3 WHERE id = 1")
        cluster.query("UPDATE ev SET id = 2 WHERE id = 1")
        cluster.query("DELETE FROM ev WHERE id = 2")
        cluster.query("TRUNCATE ev")
        cluster.query("SELECT pg_logical_emit_message(true, 'pre', "
                      "'\\x00ff'::bytea)")
        records = self.read("q.public.ev", 9)
        parsed = [(self.parse(pb.Key, k) if k is not None else None,
                   self.parse(pb.Envelope, v) if v is not None else None)
                  for k, v in records]
        ops = [pb.Operation.Name(v.op)[10:] if v else "tombstone"
               for _, v in parsed]
        checks.ok(ops == ["READ", "CREATE", "UPDATE", "DELETE", "tombstone",
                          "CREATE", "DELETE", "tombstone", "TRUNCATE"],
                  "operations", str(ops))
        read, create, update = (parsed[n][1] for n in range(3))
        checks.ok(read.source.snapshot in (pb.SNAPSHOT_LAST,
                                           pb.SNAPSHOT_TRUE)
                  and read.HasField("after"), "a row of a snapshot",
                  str(read))
        source = create.source
        checks.ok((source.connector, source.name, source.db, source.schema,
                   source.table, source.snapshot)
                  == ("postgresql", "q", "postgres", "public", "ev",
                      pb.SNAPSHOT_FALSE) and source.tx_id > 0
                  and source.lsn > 0 and source.version, "the source block",
                  str(source))
        now = time.time() * 10 ** 9
        checks.ok(0 <= now - create.ts_ns < 600e9
                  and abs(create.ts_ns - source.ts_ns) < 600e9,
                  "times in nanoseconds", str(create))
        checks.ok(create.transaction.total_order == 1
                  and create.transaction.data_collection_order == 1
                  and create.transaction.id.startswith("%d:" % source.tx_id),
                  "the transaction block", str(create.transaction))
        checks.ok([c.WhichOneof("kind") for c in update.after.columns]
                  == ["integer", "unavailable", "text", "integer"]
                  and update.after.columns[1].unavailable
                  == pb.UNAVAILABLE_UNCHANGED_TOAST
                  and update.after.columns[3].name == "Größe",
                  "an unchanged TOAST value is no value", str(update))
        before = parsed[6][1].before
        checks.ok([c.WhichOneof("kind") for c in before.columns]
                  == ["integer"] + ["unavailable"] * 3
                  and before.columns[2].unavailable
                  == pb.UNAVAILABLE_NOT_IN_IDENTITY,
                  "what an old row does not hold is no NULL", str(before))
        checks.ok(parsed[8][0] is None and not parsed[8][1].HasField("after"),
                  "a truncate has neither key nor rows")
        self.other_topics(pb)

    def other_topics(self, pb):
        checks = self.checks
        key, value = self.read("q.message", 1)[0]
        key, value = self.parse(pb.Key, key), self.parse(pb.Envelope, value)
        checks.ok(key.columns[0].name == "prefix"
                  and key.columns[0].text == "pre"
                  and value.op == pb.OPERATION_MESSAGE
                  and value.message.content == b"\x00\xff"
                  and value.message.prefix == "pre", "a logical message",
                  str(value))
        bounds = [self.parse(pb.TransactionBoundary, v)
                  for _, v in self.read("q.transaction", 12)]
        end = bounds[1]
        checks.ok([b.status for b in bounds[:2]] == [1, 2]
                  and end.event_count == 1 and end.ts_ms > 0
                  and [(c.data_collection, c.event_count)
                       for c in end.data_collections] == [("public.ev", 1)],
                  "begin and end of a transaction", str(bounds[:2]))
        key, value = self.read("__debezium-heartbeat.q", 1)[0]
        key, value = self.parse(pb.Key, key), self.parse(pb.Heartbeat, value)
        checks.ok(key.columns[0].text == "q" and value.ts_ms > 0,
                  "a heartbeat", str(value))
        key, value = self.read("q-notes", 1)[0]
        value = self.parse(pb.Notification, value)
        checks.ok(value.aggregate_type == "Initial Snapshot"
                  and value.additional_data[0].value == "q",
                  "a notification", str(value))

    def peek(self):
        """Bytes are no text."""
        self.cluster.query("SELECT wal2kafka.pause_connector('q')")
        self.cluster.wait_connector("q", "paused")
        self.cluster.query("INSERT INTO ev VALUES (7, 'v', 'w', 1)")
        row = self.cluster.query(
            "SELECT key IS NOT NULL, value IS NOT NULL, value_text "
            "FROM wal2kafka.peek('q') WHERE topic = 'q.public.ev'")[0]
        self.checks.ok(tuple(row) == ("t", "t", None),
                       "peek() shows bytes, and no text", str(row))


# The readers' tools

def fetch_python():
    """A venv with protoc and the protobuf package; its folder."""
    home = os.path.join(CACHE, "grpcio-tools-" + GRPC_TOOLS.split("==")[1])
    if not os.path.exists(home + "/.complete"):
        log("fetching %s through pip" % GRPC_TOOLS)
        shutil.rmtree(home, ignore_errors=True)
        run([sys.executable, "-m", "pip", "install", "-q", "--no-input",
             "--disable-pip-version-check", "--target", home, GRPC_TOOLS],
            timeout=600)
        open(home + "/.complete", "w").close()
    return home


def generate(home, out):
    os.makedirs(out)
    run([sys.executable, "-m", "grpc_tools.protoc", "-I", REPO + "/proto",
         "--python_out=" + out, REPO + "/proto/envelope.proto"],
        env=dict(os.environ, PYTHONPATH=home))


def fetch_java():
    """protobuf-java and a protoc that knows Java, from Maven."""
    home = os.path.join(CACHE, "protobuf-java-" + JAVA_PROTOBUF)
    jar = home + "/protobuf-java-%s.jar" % JAVA_PROTOBUF
    machine = {"aarch64": "aarch_64"}.get(os.uname().machine,
                                          os.uname().machine)
    protoc = home + "/protoc-%s-linux-%s.exe" % (JAVA_PROTOBUF, machine)
    if not os.path.exists(home + "/.complete"):
        log("fetching protobuf-java %s through Maven" % JAVA_PROTOBUF)
        os.makedirs(home, exist_ok=True)
        for artifact in ("protobuf-java:" + JAVA_PROTOBUF,
                         "protoc:%s:exe:linux-%s" % (JAVA_PROTOBUF, machine)):
            run(["mvn", "-q", "-B", "dependency:copy",
                 "-Dartifact=com.google.protobuf:" + artifact,
                 "-DoutputDirectory=" + home], cwd=home, timeout=900)
        os.chmod(protoc, 0o755)
        open(home + "/.complete", "w").close()
    return jar, protoc


def read_in_java(checks, records):
    """Java prints what it reads; Python's own text of it must be the same."""
    try:
        jar, protoc = fetch_java()
    except TestbedError as err:
        if IN_CI:
            raise
        checks.skip("Java", str(err).splitlines()[-1])
        return
    home = os.path.join(work_dir(), "java")
    os.makedirs(home)
    run([protoc, "-I", REPO + "/proto", "--java_out=" + home,
         REPO + "/proto/envelope.proto"])
    shutil.copy(HERE + "/formats/ReadEnvelopes.java", home)
    run(["javac", "-nowarn", "-cp", jar, "-d", home + "/classes"]
        + glob.glob(home + "/**/*.java", recursive=True))
    with open(home + "/records", "w") as file:
        for name, data in records:
            file.write("%s %s\n" % (name, data.hex()))
    out = run(["java", "-Xmx256m", "-cp", home + "/classes:" + jar,
               "ReadEnvelopes", home + "/records"])
    lines = out.splitlines()
    checks.ok(len(lines) == len(records), "Java reads all records",
              out[-2000:])
    bad = [line for line in lines if not line.startswith("same ")]
    checks.ok(not bad, "and writes the same bytes again", "\n".join(bad[:5]))
    import envelope_pb2 as pb
    wrong = []
    for line, (name, data) in zip(lines, records):
        got = line.split(" ", 1)[1] if " " in line else ""
        expected = "|".join(describe(getattr(pb, name).FromString(data)))
        if got != expected:
            wrong.append("%s\n%s" % (got, expected))
    checks.ok(not wrong, "with the values that Python reads",
              "\n".join(wrong[:3]))


def describe(message):
    """Name, kind and content of each value, as ReadEnvelopes prints them."""
    rows = []
    name = message.DESCRIPTOR.name
    if name == "Key":
        rows = [message.columns, [message.value]]
    elif name == "Envelope":
        rows = [message.before.columns, message.after.columns,
                [message.value], message.fields]
    elif name == "SchemaChange":
        yield message.ddl.encode().hex()
        for change in message.table_changes:
            yield "%d %s %s" % (change.type, change.id, " ".join(
                "%s %d" % (c.name, c.jdbc_type) for c in change.table.columns))
        rows = [message.fields]
    for row in rows:
        for value in row:
            if value.WhichOneof("kind"):
                yield describe_value(value)


def describe_value(value):
    kind = value.WhichOneof("kind")
    held = getattr(value, kind)
    if kind in ("text", "decimal", "json"):
        shown = held.encode().hex()
    elif kind in ("binary", "uuid", "ewkb"):
        shown = held.hex()
    elif kind == "boolean":
        shown = "true" if held else "false"
    elif kind == "structure":
        shown = "[%s]" % ",".join(describe_value(f) for f in held.fields)
    elif kind == "array":
        shown = "[%s]" % ",".join(describe_value(e) for e in held.elements)
    elif isinstance(held, int):
        shown = str(held)
    else:
        shown = "?"
    return "%s %s %s" % (value.name, kind, shown)


def read_in_c(checks, records):
    """protobuf-c's code reads them all and writes the same bytes."""
    run(["make", "-s", "-C", REPO + "/test/unit", "build/proto_test"])
    path = os.path.join(work_dir(), "records.txt")
    with open(path, "w") as file:
        for name, data in records:
            file.write("%s %s\n" % (name, data.hex()))
    done = subprocess.run([REPO + "/test/unit/build/proto_test", path],
                          stdout=subprocess.PIPE, text=True)
    bad = [line for line in done.stdout.splitlines()
           if line.startswith("not ok")]
    checks.ok(done.returncode == 0 and not bad,
              "protobuf-c reads %d records and writes them again"
              % len(records), "\n".join(bad[:5]))


def run_formats():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save")
    args = parser.parse_args()
    checks = Checks("formats")
    if not kafka.fetch():
        checks.skip("formats", "no Kafka")
        return checks.finish()
    try:
        tools = fetch_python()
    except TestbedError as err:
        if IN_CI:
            raise
        checks.skip("formats", str(err).splitlines()[-1])
        return checks.finish()
    out = os.path.join(work_dir(), "python")
    generate(tools, out)
    sys.path[:0] = [tools, out]
    import envelope_pb2 as pb
    inst = Installation.private()
    inst.install_extension()
    cluster = Cluster(inst, "formats")
    broker = kafka.Broker("kafka-formats")
    try:
        cluster.init().start()
        broker.start()
        cluster.query("CREATE EXTENSION wal2kafka")
        formats = Formats(checks, cluster, broker)
        formats.types(pb.Envelope, pb.Key)
        formats.events(pb)
        formats.peek()
        Transforms(formats, pb).run()
        if args.save:
            with open(args.save, "w") as file:
                for name, data in formats.saved:
                    file.write("%s %s\n" % (name, data.hex()))
        read_in_java(checks, formats.saved)
        read_in_c(checks, formats.saved)
    finally:
        cluster.destroy()
        broker.kill()
    return checks.finish()


main(run_formats)
