"""What transforms make in format=protobuf, beside the same in JSON.

For each case two connectors have the same transforms, one in each format; a
record in Protobuf, read with protoc's Python code, must say what the one in
JSON says.  Part of the suite formats.
"""
import base64
import datetime
import json
import uuid

from testbed import rd

UNAVAILABLE = "__debezium_unavailable_value"
UTC = datetime.timezone.utc
OPS = ["", "r", "c", "u", "d", "t", "m"]
CHANGES = ["", "CREATE", "ALTER", "DROP"]

SETUP = """
CREATE TYPE tmood AS ENUM ('sad', 'happy');
CREATE TABLE tr (id int PRIMARY KEY, b boolean, l bigint, d double precision,
	n numeric(12,2), t text DEFAULT 'none', by bytea, j jsonb, u uuid, e tmood, da date,
	ti time, ts timestamp, t3 timestamp(3), tsz timestamptz, a int[], at text[],
	big text, hs hstore);
ALTER TABLE tr REPLICA IDENTITY FULL;
ALTER TABLE tr ALTER big SET STORAGE EXTERNAL;
CREATE TABLE outbox (id uuid PRIMARY KEY, aggregatetype text NOT NULL, aggregateid text,
	type text, payload jsonb, raw bytea, plain text, n int, price numeric);
"""

ROWS = """
INSERT INTO tr VALUES ({0}1, true, -5000000000, 0.5, -1.50, 'ä', '\\x00ff', '{{"a": [1, null]}}',
	'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'happy', '2020-02-29', '01:02:03.000004',
	'2024-07-01 10:00:00.123456', '2024-01-01 10:00:00.5', '2024-07-01 10:00:00.123456+02',
	'{{1,NULL}}', '{{a,"b c",NULL}}', repeat('x', 5000), '"k"=>"v"');
INSERT INTO tr (id, t) VALUES ({0}2, NULL);
UPDATE tr SET t = 'new' WHERE id = {0}1;
UPDATE tr SET id = {0}3 WHERE id = {0}2;
DELETE FROM tr WHERE id = {0}1;
DELETE FROM tr WHERE id = {0}3;
INSERT INTO outbox VALUES (gen_random_uuid(), 'Order', 'o{0}', 'made',
	'{{"id": 17, "l": 5000000000, "d": 1.5, "n": null, "s": {{"t": true, "a": [{{"x": 1}}, {{"y": "z"}}]}}, "m": [[1], [2, 3]]}}',
	'\\x00ff', '{{"b": 1}}', {0}, 1.50);
INSERT INTO outbox VALUES (gen_random_uuid(), 'Order', NULL, 'made', NULL, '', 'no JSON', NULL, NULL);
DELETE FROM outbox;
"""

UNWRAP = {"transforms": "u",
          "transforms.u.type": "io.debezium.transforms.ExtractNewRecordState"}
OUTBOX = {"transforms": "o",
          "transforms.o.type": "io.debezium.transforms.outbox.EventRouter",
          "transforms.o.route.topic.replacement": "{p}.${routedByValue}",
          "table.include.list": "public.outbox"}
DELETES = "transforms.u.delete.tombstone.handling.mode"

# name, configuration, topics
CASES = [
    ("unwrap", dict(UNWRAP, **{
        "transforms.u.add.fields": "op,source.lsn,source.table,before.t",
        "transforms.u.add.headers": "op,source.db"}), ["public.tr"]),
    ("rewrite", dict(UNWRAP, **{DELETES: "rewrite"}), ["public.tr"]),
    ("rewritet", dict(UNWRAP, **{DELETES: "rewrite-with-tombstone"}),
     ["public.tr"]),
    ("totomb", dict(UNWRAP, **{DELETES: "delete-to-tombstone"}),
     ["public.tr"]),
    ("drop", dict(UNWRAP, **{DELETES: "drop"}), ["public.tr"]),
    ("regex", {"transforms": "r", "transforms.r.type":
               "org.apache.kafka.connect.transforms.RegexRouter",
               "transforms.r.regex": "(.*)\\.public\\.(.*)",
               "transforms.r.replacement": "$1.all.$2",
               "provide.transaction.metadata": "true"},
     ["all.tr", "transaction"]),
    ("zone", {"transforms": "z", "transforms.z.type":
              "io.debezium.transforms.TimezoneConverter",
              "transforms.z.converted.timezone": "Europe/Berlin"},
     ["public.tr"]),
    ("header", {"transforms": "v", "transforms.v.type":
                "io.debezium.transforms.HeaderToValue",
                "transforms.v.operation": "copy",
                "transforms.v.headers": "__debezium.context.taskId,"
                "__debezium.context.connectorName,__debezium.newkey",
                "transforms.v.fields": "task,source.maker,made.key"},
     ["public.tr"]),
    ("outbox", OUTBOX, ["Order"]),
    ("expand", dict(OUTBOX, **{
        "transforms.o.table.expand.json.payload": "true",
        "transforms.o.table.fields.additional.placement":
            "type:envelope:kind,price:envelope"}), ["Order"]),
    ("bytes", dict(OUTBOX, **{
        "transforms.o.table.field.event.payload": "raw",
        "transforms.o.table.field.event.key": "n"}), ["Order"]),
]


def instant(text):
    """Microseconds since 1970 of a timestamp with a zone."""
    time = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (time - datetime.datetime(1970, 1, 1, tzinfo=UTC)) \
        // datetime.timedelta(microseconds=1)


def fields_equal(values, told):
    """Named Values, and an object's members, in their order."""
    return isinstance(told, dict) \
        and [v.name for v in values] == list(told) \
        and all(equal(v, told[v.name]) for v in values)


def equal(value, told):
    """Does a Value say what JSON does, as the default modes have it?"""
    kind = value.WhichOneof("kind")
    held = getattr(value, kind)
    if kind == "null":
        return told is None
    if kind == "unavailable":
        return told == UNAVAILABLE
    if kind == "structure":
        return fields_equal(held.fields, told)
    if kind == "array":
        return isinstance(told, list) and len(held.elements) == len(told) \
            and all(equal(e, t) for e, t in zip(held.elements, told))
    if kind == "binary":
        return base64.b64encode(held).decode() == told
    if kind == "uuid":
        return str(uuid.UUID(bytes=held)) == told
    if kind == "timestamptz":
        return instant(told) == held
    if kind == "timestamp":
        return told in (held, held / 1000)
    if kind == "map":
        return {p.key: p.value.text for p in held.pairs} == json.loads(told)
    if kind == "boolean":
        return told is held
    return held == told


def row_equal(has_row, row, told):
    return fields_equal(row.columns, told) if has_row else told is None


def rest_equal(message, told, known):
    """What a message has in fields is what JSON has besides the known."""
    rest = {name: held for name, held in told.items() if name not in known}
    return fields_equal(message.fields, rest)


def source_equal(source, told, has_own_row=False):
    """Each connector has a row of its own in the WAL for a schema change."""
    return (source.db, source.schema, source.table, source.tx_id,
            source.ts_ns, source.name, source.connector) \
        == tuple(told[n] for n in ("db", "schema", "table", "txId",
                                   "ts_ns", "name", "connector")) \
        and (has_own_row or source.lsn == told["lsn"]) \
        and rest_equal(source, told, (
            "version", "connector", "name", "ts_ms", "snapshot", "db",
            "sequence", "ts_us", "ts_ns", "schema", "table", "txId", "lsn",
            "xmin", "origin", "origin_lsn"))


def envelope_equal(got, told):
    if got.HasField("value"):
        return not got.ListFields()[1:] and equal(got.value, told)
    place = told.get("transaction")
    return row_equal(got.HasField("before"), got.before, told["before"]) \
        and row_equal(got.HasField("after"), got.after, told["after"]) \
        and source_equal(got.source, told["source"]) \
        and OPS[got.op] == told["op"] \
        and got.HasField("transaction") == (place is not None) \
        and (place is None or (got.transaction.id, got.transaction.total_order)
             == (place["id"], place["total_order"])) \
        and rest_equal(got, told, ("before", "after", "source", "op", "ts_ms",
                                   "ts_us", "ts_ns", "transaction"))


def key_equal(got, told):
    if got.HasField("value"):
        return not got.columns and equal(got.value, told)
    return fields_equal(got.columns, told)


def boundary_equal(got, told):
    return (["", "BEGIN", "END"][got.status], got.id) \
        == (told["status"], told["id"]) \
        and got.event_count == (told["event_count"] or 0) \
        and [(c.data_collection, c.event_count)
             for c in got.data_collections] \
        == [tuple(c.values()) for c in told["data_collections"] or []]


def column_equal(got, told):
    return (got.name, got.jdbc_type, got.native_type, got.type_name,
            got.type_expression, got.length or None, got.scale, got.position,
            got.optional, got.auto_incremented, got.generated,
            got.default_value_expression or None,
            list(got.enum_values) or None) \
        == tuple(told[n] for n in (
            "name", "jdbcType", "nativeType", "typeName", "typeExpression",
            "length", "scale", "position", "optional", "autoIncremented",
            "generated", "defaultValueExpression", "enumValues"))


def change_equal(got, told):
    table = told["table"]
    return (CHANGES[got.type], got.id) == (told["type"], told["id"]) \
        and got.HasField("table") == (table is not None) \
        and (table is None or (
            list(got.table.primary_key_column_names)
            == table["primaryKeyColumnNames"]
            and len(got.table.columns) == len(table["columns"])
            and all(column_equal(g, t) for g, t in zip(got.table.columns,
                                                       table["columns"]))))


def schema_change_equal(got, told):
    return (got.database_name, got.schema_name, got.ddl) \
        == (told["databaseName"], told["schemaName"], told["ddl"]) \
        and source_equal(got.source, told["source"], True) \
        and len(got.table_changes) == len(told["tableChanges"]) \
        and all(change_equal(g, t) for g, t in zip(got.table_changes,
                                                   told["tableChanges"])) \
        and rest_equal(got, told, ("source", "ts_ms", "databaseName",
                                   "schemaName", "ddl", "tableChanges"))


class Transforms:
    """The cases, on the cluster and broker of the suite."""

    def __init__(self, formats, pb):
        self.formats = formats
        self.pb = pb
        self.checks = formats.checks
        self.cluster = formats.cluster

    def create(self, name, config):
        """The two connectors: <name>-j and <name>-p, each its prefix."""
        for kind, form in (("j", "json"), ("p", "protobuf")):
            prefix = "%s-%s" % (name, kind)
            conf = {"bootstrap.servers": self.formats.broker.address,
                    "topic.prefix": prefix, "snapshot.mode": "no_data",
                    "table.include.list": "public.tr", "format": form}
            if form == "json":
                conf["decimal.handling.mode"] = "string"
            conf.update((k, v.replace("{p}", prefix))
                        for k, v in config.items())
            self.cluster.create_connector(prefix, conf)
        for kind in "jp":
            self.cluster.wait_connector("%s-%s" % (name, kind))

    def finish(self, name, topics):
        """The records of both, topic by topic; then drops them."""
        for kind in "jp":
            self.cluster.query("SELECT wal2kafka.wait_for_delivery('%s-%s')"
                               % (name, kind))
        pairs = []
        client = rd.Client(self.formats.broker.address)
        for topic in topics:
            both = []
            for kind in "jp":
                full = "%s-%s%s" % (name, kind, topic and "." + topic)
                both.append(self.formats.read(full, client.end_offset(full)))
            self.checks.ok(len(both[0]) == len(both[1]) > 0,
                           "%s: as many records on %s" % (name, topic),
                           "%d in JSON, %d" % tuple(len(b) for b in both))
            pairs += [(topic, j, p) for j, p in zip(*both)]
        client.close()
        for kind in "jp":
            self.cluster.query("SELECT wal2kafka.drop_connector('%s-%s')"
                               % (name, kind))
        return pairs

    def told(self, name, data):
        """What a side says in JSON, under the other connector's name."""
        text = data.decode().replace(name + "-j", name + "-p")
        try:
            return json.loads(text)
        except ValueError:
            return text  # a key or payload that is text

    def compare(self, name, pairs, message, is_equal):
        """Returns how many values are no envelope."""
        pb, formats = self.pb, self.formats
        wrong, made = [], 0
        for topic, (json_key, json_value), (key, value) in pairs:
            if json_value == b"null":
                json_value = None
            if topic == "transaction":
                message_of, equal_of = pb.TransactionBoundary, boundary_equal
            else:
                message_of, equal_of = message, is_equal
            if (json_key is None) != (key is None) \
                    and json_key != b"null":
                wrong.append("key %s, %s" % (json_key, key))
            elif key is not None:
                got = formats.parse(pb.Key, key)
                if not key_equal(got, self.told(name, json_key)):
                    wrong.append("key %s, %s" % (json_key, got))
            if (json_value is None) != (value is None):
                wrong.append("value %s, %s" % (json_value, value))
            elif value is not None:
                got = formats.parse(message_of, value)
                made += message_of is pb.Envelope and got.HasField("value")
                if not equal_of(got, self.told(name, json_value)):
                    wrong.append("value %s, %s" % (json_value, got))
        self.checks.ok(not wrong, "%s: %d records say what they say in JSON"
                       % (name, len(pairs)), "\n".join(wrong[:2]))
        return made

    def run(self):
        self.cluster.script(SETUP)
        for n, (name, config, topics) in enumerate(CASES):
            self.create(name, config)
            self.cluster.script(ROWS.format(n + 1))
            pairs = self.finish(name, topics)
            made = self.compare(name, pairs, self.pb.Envelope, envelope_equal)
            self.checks.ok((made > 0) == (name not in ("regex", "zone",
                                                       "header")),
                           "%s: envelopes are left, or not" % name, str(made))
        self.schema_changes()
        self.own_topics()

    def schema_changes(self):
        self.create("ddl", {
            "include.schema.changes": "true",
            "table.include.list": "public.changed", "transforms": "v",
            "transforms.v.type": "io.debezium.transforms.HeaderToValue",
            "transforms.v.operation": "copy",
            "transforms.v.headers": "__debezium.context.taskId",
            "transforms.v.fields": "task"})
        for ddl in ("CREATE TABLE changed (id serial PRIMARY KEY, "
                    "v varchar(10) NOT NULL DEFAULT 'x', n numeric(8, 2), "
                    "m tmood, at timestamptz(0), a int[])",
                    "ALTER TABLE changed ADD w bigint, DROP v",
                    "DROP TABLE changed"):
            self.cluster.query(ddl)
        pairs = self.finish("ddl", [""])
        self.checks.ok(len(pairs) == 3, "schema changes", str(len(pairs)))
        self.compare("ddl", pairs, self.pb.SchemaChange, schema_change_equal)

    def own_topics(self):
        """Records of no table go through transforms as well."""
        pb, formats, checks = self.pb, self.formats, self.checks
        self.create("own", {
            "snapshot.mode": "initial", "transforms": "r",
            "transforms.r.type":
                "org.apache.kafka.connect.transforms.RegexRouter",
            "transforms.r.regex": "(.*)message",
            "transforms.r.replacement": "$1said",
            "heartbeat.interval.ms": "300",
            "notification.enabled.channels": "sink",
            "notification.sink.topic.name": "{p}-notes"})
        self.cluster.query("SELECT pg_logical_emit_message(true, 'pre', "
                           "'\\x00ff'::bytea)")
        key, value = formats.read("__debezium-heartbeat.own-p", 1)[0]
        key, value = formats.parse(pb.Key, key), \
            formats.parse(pb.Heartbeat, value)
        checks.ok([(c.name, c.text) for c in key.columns]
                  == [("serverName", "own-p")] and value.ts_ms > 0,
                  "own: a heartbeat", str(value))
        told = self.told("own", formats.read("own-j-notes", 1)[0][1])
        value = formats.parse(pb.Notification,
                              formats.read("own-p-notes", 1)[0][1])
        checks.ok((value.type, value.aggregate_type) == (
            told["type"], told["aggregate_type"])
            and {p.key: p.value for p in value.additional_data}
            == told["additional_data"], "own: a notification", str(value))
        ((_, (json_key, json_value), (key, value)),) = \
            self.finish("own", ["said"])
        key, got = formats.parse(pb.Key, key), \
            formats.parse(pb.Envelope, value)
        told = self.told("own", json_value)
        checks.ok(key_equal(key, self.told("own", json_key))
                  and got.op == pb.OPERATION_MESSAGE and told["op"] == "m"
                  and got.message.prefix == told["message"]["prefix"]
                  and got.message.content
                  == base64.b64decode(told["message"]["content"])
                  and source_equal(got.source, told["source"])
                  and not got.fields, "own: a message", str(got))
