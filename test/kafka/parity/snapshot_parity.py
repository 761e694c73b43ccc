#!/usr/bin/env python3
"""Rows that exist already, through real Debezium and through wal2kafka.

The workload of parity.py runs first; then both read what it has left, by
snapshot.mode=initial.  A connector of ours streamed all of it, too: what is
read has to be what was streamed last of the same row.
"""
import argparse
import glob
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../tools"))
sys.path.insert(0, HERE)

from testbed import Checks, TestbedError, kafka, log, main, wait_until
from testbed.postgres import Cluster, Installation
from testbed.pq import quote
import compare
import snapshot_differences as known

CAPTURED = "inv,typ,ddl,Odd\\.Schema"
_JSON = "org.apache.kafka.connect.json.JsonConverter"
_SCHEMAS = {"key.converter.schemas.enable": "true",
            "value.converter.schemas.enable": "true"}
_NULLS = {"key.converter.replace.null.with.default": "false",
          "value.converter.replace.null.with.default": "false"}
# (name, what both are told, what only Debezium is told, known differences)
PAIRS = [
    ("plain", {}, _NULLS, known.PLAIN),
    ("schemas", _SCHEMAS, _NULLS, known.PLAIN + known.SCHEMAS),
    ("some", {
        "snapshot.include.collection.list":
            r"inv\.(cust.*|many|ri_full|toast),typ\.ints",
        "snapshot.select.statement.overrides": "inv.many",
        "snapshot.select.statement.overrides.inv.many":
            "SELECT * FROM inv.many WHERE id % 2 = 0 ORDER BY id DESC",
    }, _NULLS, []),
]
# Debezium reads a table with all that inherits from it, so rows of partitions
# and children come twice.
PARENTS = ("inv.part", "inv.base")
# Whose changes nobody sees: we do not capture unlogged tables.
THEIRS_ALONE = PARENTS + ("inv.unlogged",)
# Read again by a signal while both stream, in Debezium's words.
INCREMENTAL = {"snapshot.mode": "no_data",
               "signal.data.collection": "inv.signals"}
SIGNAL = {"data-collections": ["inv.cust.*", "inv.ri_full", "inv.many",
                               "typ.(ints|texts|others)"],
          "type": "incremental",
          "additional-conditions": [
              {"data-collection": "inv.many", "filter": "id % 5 = 0"}]}
# A blocking snapshot: the first and the last of its tables are empty ones, one
# has a row, one is read by a SELECT.
BLOCKING = {"data-collections": ["inv.blank_a", "inv.b_one", "inv.customer",
                                 "inv.many", "inv.ri_full", "inv.z_blank"],
            "type": "blocking",
            "additional-conditions": [
                {"data-collection": "inv.many", "filter":
                 "SELECT * FROM inv.many WHERE id % 5 = 0 ORDER BY id"}]}
# What else is asked for: nothing but empty tables, one row in all.
MORE_BLOCKING = [["inv.z_blank"], ["inv.b_one"], ["inv.b_one", "inv.z_blank"],
                 ["inv.ri_full", "inv.b_one"]]
NOTES = "notes"
# Last streamed without values out of line, or before a column was added.
NOT_AS_STREAMED = ("typ.geo_toast", "typ.more_toast", "typ.commented",
                   "typ.default_keys")
# Rows that the workload leaves behind are few; these are read as well.
MORE = """
INSERT INTO inv.many SELECT i, i FROM generate_series(100001, 100500) i;
INSERT INTO inv.part VALUES (901, 'eu', 'a'), (902, 'us', 'b'), (903, 'as', 'c');
INSERT INTO inv.generated (id, w, h, label) VALUES (901, 3, 4, 'x');
INSERT INTO inv.ri_full VALUES (901, 'a', 1, 1.5, true), (902, 'b', 2, 2.5, false);
INSERT INTO inv.keyless VALUES (901, 'a'), (901, 'a'), (NULL, NULL);
INSERT INTO inv.toast (id, t, tn, b, n, v, small) VALUES (901,
	repeat('0123456789', 2000), (SELECT string_agg(md5(i::text), '')
	FROM generate_series(1, 300) i), decode(repeat('00ff', 4000), 'hex'),
	repeat('9', 3000)::numeric, 'v', 1);
INSERT INTO "Odd.Schema"."Tab le.x" VALUES
	(901, 'q', 'd', 'u', 's', 'b', '1', 'a', 't', 'e', '$');
INSERT INTO inv."select" VALUES (901, 'from');
-- Debezium's snapshot ends at a table without columns.
DROP TABLE inv.no_columns;
CREATE TABLE inv.blank_a (id int PRIMARY KEY);
CREATE TABLE inv.z_blank (id int PRIMARY KEY);
CREATE TABLE inv.b_one (id int PRIMARY KEY);
INSERT INTO inv.b_one VALUES (1);
CREATE TABLE inv.signals (id varchar(42) PRIMARY KEY, type varchar(32),
	data varchar(2048));
"""


class Sides:
    def __init__(self, cluster, broker, connect):
        self.cluster = cluster
        self.broker = broker
        self.connect = connect
        self.syncs = 900000
        self.has_notes = False

    @staticmethod
    def channels(prefix):
        return {"notification.enabled.channels": "sink",
                "notification.sink.topic.name": prefix + "-" + NOTES}

    def ours(self, prefix, mode, shared):
        config = dict({
            "bootstrap.servers": self.broker.address,
            "producer.override.max.request.size": "20000000",
            "topic.prefix": prefix, "snapshot.mode": mode,
            "schema.include.list": CAPTURED,
            "key.converter": _JSON, "value.converter": _JSON,
            "key.converter.schemas.enable": "false",
            "value.converter.schemas.enable": "false"}, **shared)
        if self.has_notes:
            config.update(self.channels(prefix))
        self.cluster.create_connector(prefix, config)
        self.cluster.wait_connector(prefix)

    def theirs(self, prefix, shared):
        self.connect.create(prefix, dict(
            kafka.debezium_config(self.cluster, prefix), **dict({
                "snapshot.mode": "initial",
                "schema.include.list": CAPTURED,
            }, **dict(self.channels(prefix), **shared))))

    def sync(self, prefixes):
        """Until a row inserted now has come to all of them."""
        self.syncs += 1
        self.cluster.query("INSERT INTO inv.sync VALUES (%d)" % self.syncs)
        mine = '"id":%d' % self.syncs

        def has_come(prefix):
            if prefix.startswith("dbz-"):
                self.connect.check(prefix)
            else:
                self.cluster.wait_connector(prefix)
            topic = prefix + ".inv.sync"
            return topic in self.broker.topics(topic) and any(
                mine in (rec.key or "") for rec in self.broker.read(topic))
        for prefix in prefixes:
            wait_until("a row streamed by " + prefix,
                       lambda: has_come(prefix), interval=0.3)

    def order(self, prefix):
        """Tables in the order in which Debezium was through with them."""
        tables = []
        for rec in self.broker.read(prefix + "-" + NOTES):
            note = payload(json.loads(rec.value))
            if note["type"] == "TABLE_SCAN_COMPLETED":
                tables.append(note["additional_data"]["scanned_collection"])
        return tables

    def notes(self, prefix):
        """What a side told of its snapshots, without times and ids."""
        told = []
        for rec in self.broker.read(prefix + "-" + NOTES):
            note = payload(json.loads(rec.value))
            data = dict(note["additional_data"], connector_name="(prefix)")
            # Debezium's lists are in the order of a hash table.
            if "data_collections" in data:
                data["data_collections"] = sorted(
                    set(data["data_collections"].split(",")) - set(THEIRS_ALONE))
            # Its chunks are ranges of keys, ours of blocks.
            for name in ("last_processed_key", "maximum_key", "chunk_index",
                         "total_chunks"):
                data.pop(name, None)
            told.append((note["aggregate_type"], note["type"],
                         dict(sorted(data.items()))))
        return told

    def our_order(self, prefix):
        return [row[0] for row in self.cluster.query(
            "SELECT collection FROM wal2kafka.connector_snapshot "
            "WHERE name = '%s' ORDER BY ordinal" % prefix)]


def run_workload(cluster):
    """All of it at once; rows of the tables of types stay."""
    for path in sorted(glob.glob(os.path.join(HERE, "workload/*.sql")))[1:]:
        with open(path) as file:
            cluster.script(re.sub(r"^(DELETE FROM|TRUNCATE) typ\..*;$", "",
                                  file.read(), flags=re.M))
    cluster.script(MORE)


def reads(broker, prefix):
    """Records of rows that were read, without what never is equal."""
    records = []
    for topic in sorted(broker.topics(prefix + ".")):
        for rec in broker.read(topic):
            value = rec.value and compare.parse(
                compare.without_prefix(rec.value, prefix))
            body = payload(value)
            if not isinstance(body, dict) or body.get("op") != "r":
                continue
            source = body["source"]
            for name in ("ts_ms", "ts_us", "ts_ns", "txId", "lsn"):
                source[name] = type(source[name]).__name__
            source["sequence"] = shape(source["sequence"])
            records.append({"topic": rec.topic, "key": rec.key,
                            "value": value, "headers": rec.headers})
    return records


def payload(value):
    return compare.unwrap(value)[1]


def shape(sequence):
    return [type(part).__name__ for part in json.loads(sequence)] \
        if sequence else None


# Against our own stream

def newest(broker, prefix, wanted):
    """topic -> key -> the newest row image of the records that count."""
    rows = {}
    for topic in broker.topics(prefix + "."):
        for rec in broker.read(topic):
            name = topic[len(prefix) + 1:]
            value = rec.value and compare.parse(
                compare.without_prefix(rec.value, prefix))
            schema, body = compare.unwrap(value)
            if not isinstance(body, dict) or "after" not in body:
                continue
            if body["op"] not in wanted:
                continue
            mine = rows.setdefault(name, {})
            if body["after"] is None:
                mine.pop(rec.key, None)
            else:
                mine[without(rec.key, prefix)] = (
                    schema and schema["fields"]["after"], body["after"])
    return rows


def without(key, prefix):
    return key and compare.without_prefix(key, prefix)


def compare_with_stream(checks, broker, name):
    """One encoder for both: what is read is what was streamed."""
    streamed = newest(broker, "live-" + name, "cu")
    read = newest(broker, "w2k-" + name, "r")
    problems, count = [], 0
    for topic in sorted(read):
        if not topic.startswith("typ.") or topic in NOT_AS_STREAMED:
            continue
        for key, row in read[topic].items():
            then = streamed.get(topic, {}).get(key)
            if then is None:
                problems.append("%s %s was not streamed" % (topic, key))
                continue
            count += 1
            problems += [
                "%s %s: %s\n    streamed: %s\n    read:     %s"
                % (topic, key, path, compare.short(x), compare.short(y))
                for part in (0, 1)
                for path, x, y in compare.differences(then[part],
                                                      row[part])]
    checks.ok(not problems and count > 150, "%s: %d rows are read as they "
              "were streamed" % (name, count), "\n".join(problems[:40])
              + "\n%d differences" % len(problems))


def compare_pair(args, checks, sides, pair):
    name, _, _, differences = pair
    theirs = reads(sides.broker, "dbz-" + name)
    if args.debezium_only:
        log("%s: %d rows read by Debezium" % (name, len(theirs)))
        return theirs
    ours = reads(sides.broker, "w2k-" + name)
    compared, problems, unmet = compare.compare(
        theirs, "dbz-" + name, ours, "w2k-" + name, differences, {},
        skip_topics=THEIRS_ALONE)
    checks.ok(not problems, "%s: %d rows that were read equal Debezium's"
              % (name, compared), "\n".join(problems[:200])
              + "\n%d differences" % len(problems))
    checks.ok(not unmet, "%s: every listed difference was met" % name,
              "\n".join(map(str, unmet)))
    their_order = [t for t in sides.order("dbz-" + name)
                   if t not in THEIRS_ALONE]
    our_order = [t for t in sides.our_order("w2k-" + name)
                 if t in their_order]
    checks.ok(their_order == our_order and len(our_order) > 3,
              "%s: the same %d tables in the same order"
              % (name, len(our_order)),
              "%s\n%s" % (their_order, our_order))
    if sides.has_notes and name == "plain":
        compare_notes(checks, sides, name)
    return theirs


def compare_notes(checks, sides, name):
    ours, theirs = [
        [note for note in sides.notes(side + name)
         if note[2].get("scanned_collection") not in THEIRS_ALONE
         and note[2].get("current_collection_in_progress")
         not in THEIRS_ALONE] for side in ("w2k-", "dbz-")]
    checks.ok(ours == theirs and ours, "%s: %d notifications are the same"
              % (name, len(theirs)), "\n".join(
                  "Debezium: %s\nours:     %s" % pair
                  for pair in zip(theirs, ours) if pair[0] != pair[1])[:4000]
              + "\n%d, ours %d; ours alone: %s" % (
                  len(theirs), len(ours),
                  [(n[1], n[2].get("scanned_collection"))
                   for n in ours if n not in theirs][:6]))


def incremental(args, checks, sides):
    """By one row of one signalling table."""
    names = ["dbz-incremental"]
    sides.theirs(names[0], dict(INCREMENTAL, **_NULLS))
    if not args.debezium_only:
        names.append("w2k-incremental")
        sides.ours(names[1], "no_data", INCREMENTAL)
    sides.sync(names)
    sides.cluster.query("INSERT INTO inv.signals VALUES ('ask', "
                        "'execute-snapshot', %s)" % quote(json.dumps(SIGNAL)))
    wanted = int(sides.cluster.value(
        "SELECT (SELECT count(*) FROM inv.customer) + (SELECT count(*) FROM "
        "inv.ri_full) + (SELECT count(*) FROM inv.many WHERE id % 5 = 0) + "
        "(SELECT count(*) FROM typ.ints) + (SELECT count(*) FROM typ.texts) "
        "+ (SELECT count(*) FROM typ.others)"))
    for name in names:
        wait_until("%s has read %d rows" % (name, wanted),
                   lambda: len(reads(sides.broker, name)) >= wanted, interval=0.5)
    theirs = reads(sides.broker, names[0])
    if args.debezium_only:
        log("incremental: %d rows" % len(theirs))
        for note in sides.notes(names[0]) + sides.notes("dbz-plain"):
            log(str(note))
        return
    ours = reads(sides.broker, names[1])

    # They go by the key, we by the blocks.
    for records in theirs, ours:
        records.sort(key=lambda rec: (rec["topic"], rec["key"]))
    compared, problems, _ = compare.compare(
        theirs, names[0], ours, names[1], known.PLAIN, {})
    checks.ok(not problems and compared == wanted, "incremental: %d rows that "
              "were read equal Debezium's" % compared,
              "\n".join(problems[:100]) + "\n%d differences" % len(problems))
    if sides.has_notes:
        compare_notes(checks, sides, "incremental")


def count_completed(sides, prefix):
    """Blocking snapshots that a side says are over."""
    return sum(1 for note in sides.notes(prefix)
               if note[:2] == ("Initial Snapshot", "COMPLETED"))


def blocking(args, checks, sides):
    """The same by blocking snapshots, one after the other: they have markers
    as an initial one has."""
    names = ["dbz-blocking"]
    sides.theirs(names[0], dict(INCREMENTAL, **_NULLS))
    if not args.debezium_only:
        names.append("w2k-blocking")
        sides.ours(names[1], "no_data", INCREMENTAL)
    sides.sync(names)
    asked = [BLOCKING] + [{"data-collections": tables, "type": "blocking"}
                          for tables in MORE_BLOCKING]
    before = [count_completed(sides, name) for name in names]
    for number, signal in enumerate(asked):
        sides.cluster.query("INSERT INTO inv.signals VALUES ('b%d', "
                            "'execute-snapshot', %s)"
                            % (number, quote(json.dumps(signal))))
        for name, start in zip(names, before):
            wait_until("%s has done %d snapshots" % (name, number + 1),
                       lambda: count_completed(sides, name)
                       > start + number, interval=0.3)
    sides.sync(names)
    theirs, ours = [reads(sides.broker, name) for name in names * 2][:2]
    if args.debezium_only:
        for rec in theirs:
            marker = payload(rec["value"])["source"]["snapshot"]
            if marker != "true":
                log("%s %s %s" % (rec["topic"], rec["key"], marker))
        for note in sides.notes(names[0]):
            log(str(note))
        return
    compared, problems, _ = compare.compare(
        theirs, names[0], ours, names[1], known.PLAIN, {})
    checks.ok(not problems and compared > 100, "blocking: %d rows that were "
              "read equal Debezium's" % compared,
              "\n".join(problems[:100]) + "\n%d differences" % len(problems))


def suite(args, checks, sides):
    with open(os.path.join(HERE, "workload/00_setup.sql")) as file:
        sides.cluster.script(file.read())
    if not args.debezium_only:
        sides.cluster.query("CREATE EXTENSION wal2kafka")
        sides.has_notes = sides.cluster.value(
            "SELECT support = 'implemented' FROM "
            "wal2kafka.connector_properties WHERE name = "
            "'notification.sink.topic.name'") == "t"
        for name in ("plain", "schemas"):
            sides.ours("live-" + name, "no_data", dict(PAIRS_BY_NAME[name]))
    run_workload(sides.cluster)
    prefixes = []
    for name, shared, theirs, _ in args.pairs:
        sides.theirs("dbz-" + name, dict(shared, **theirs))
        prefixes.append("dbz-" + name)
        if not args.debezium_only:
            sides.ours("w2k-" + name, "initial", shared)
            prefixes.append("w2k-" + name)
    sides.sync(prefixes)
    saved = {pair[0]: compare_pair(args, checks, sides, pair)
             for pair in args.pairs}
    incremental(args, checks, sides)
    blocking(args, checks, sides)
    if args.save:
        with open(args.save, "w") as file:
            json.dump(saved, file, ensure_ascii=False, indent=0)
    if not args.debezium_only:
        for name in ("plain", "schemas"):
            sides.cluster.query("SELECT wal2kafka.wait_for_delivery("
                                "'live-%s')" % name)
            compare_with_stream(checks, sides.broker, name)
    return checks.finish()


PAIRS_BY_NAME = {pair[0]: pair[1] for pair in PAIRS}


def run_suite():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--debezium-only", action="store_true")
    parser.add_argument("--pairs", default="", help="only these: a,b,...")
    parser.add_argument("--save", help="write Debezium's records here")
    args = parser.parse_args()
    wanted = args.pairs.split(",") if args.pairs else [p[0] for p in PAIRS]
    args.pairs = [pair for pair in PAIRS if pair[0] in wanted]
    checks = Checks("snapshot parity")
    if not kafka.fetch():
        checks.skip("snapshots as Debezium's", "no Kafka")
        return checks.finish()
    inst = Installation.private()
    if not args.debezium_only:
        inst.install_extension()
    cluster = Cluster(inst, "snapparity", preload=not args.debezium_only)
    broker = kafka.Broker("kafka-snapparity")
    connect = kafka.Connect(broker, "connect-snapparity")
    try:
        cluster.init().start()
        broker.start()
        connect.start()
        return suite(args, checks, Sides(cluster, broker, connect))
    except TestbedError:
        print(cluster.log_tail(40))
        raise
    finally:
        connect.stop()
        broker.stop()
        cluster.destroy()


main(run_suite)
