#!/usr/bin/env python3
"""The same transforms in Kafka Connect behind Debezium, and in wal2kafka.

Both sides read one database at the same time and write to one broker.
Topics, order, keys, values, headers, partitions and times that transforms set
are compared byte for byte; only what must differ is taken out: versions,
processing times, the run id and the prefix.  Of heartbeats, which come by
the clock, one of each kind is compared.

With --debezium-only the real ones run alone; --save writes all records.
"""
import argparse
import concurrent.futures
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../tools"))

from testbed import Checks, TestbedError, kafka, log, main, wait_until
from testbed.postgres import Cluster, Installation

UNWRAP = "io.debezium.transforms.ExtractNewRecordState"
OUTBOX = "io.debezium.transforms.outbox.EventRouter"
REGEX = "org.apache.kafka.connect.transforms.RegexRouter"
BY_TABLE = "io.debezium.transforms.ByLogicalTableRouter"
TO_TOPIC = "io.debezium.transforms.ToLogicalTopicRouter"
TIMEZONE = "io.debezium.transforms.TimezoneConverter"
TO_VALUE = "io.debezium.transforms.HeaderToValue"
JSON = "org.apache.kafka.connect.json.JsonConverter"
PREDICATES = "org.apache.kafka.connect.transforms.predicates."

# Chains of steps (name, class, options).  The tables of each are in a schema
# of its name, so that many go through one connector, each behind a predicate
# for its topics; {prefix}, {p}, its pattern, and {case} are filled in.
ROW_CASES = [
    ("unwrap", [("u", UNWRAP, {})]),
    ("rewrite", [("u", UNWRAP, {
        "delete.tombstone.handling.mode": "rewrite",
        "replace.null.with.default": "false",
        "add.fields": "op,table,lsn:where,source.ts_ms, transaction.id,"
                      "before.name,source.snapshot,nowhere,ts_ms:now",
        "add.headers": "op, source.txId:tx,db,before.drops,after.raw",
        "add.headers.prefix": ""})]),
    ("rewrite2", [("u", UNWRAP, {
        "delete.tombstone.handling.mode": "REWRITE-with-tombstone",
        "replace.null.with.default": "true",
        "add.fields": "op,schema", "add.fields.prefix": "meta.",
        "add.headers": "op,op:again"})]),
    ("todel", [
        ("u", UNWRAP, {
            "delete.tombstone.handling.mode": "delete-to-tombstone",
            "route.by.field": "target", "predicate": "item"}),
        ("r", REGEX, {"regex": "{case}-(here|there)",
                      "replacement": "{prefix}.{case}.routed.$1",
                      "predicate": None})]),
    ("drops", [("u", UNWRAP, {
        "delete.tombstone.handling.mode": "drop",
        "add.headers": "after.drops:drops", "add.fields": "op",
        "drop.fields.header.name": "__drops", "predicate": "item"})]),
    ("dropkey", [("u", UNWRAP, {
        "delete.tombstone.handling.mode": "rewrite",
        "replace.null.with.default": "false",
        "add.headers": "after.drops:drops",
        "drop.fields.header.name": "__drops",
        "drop.fields.from.key": "true",
        "drop.fields.keep.schema.compatible": "false",
        "predicate": "item"})]),
    ("bytable", [("r", BY_TABLE, {"topic.regex": "(.*)order_(.*)",
                                  "topic.replacement": "$1orders"})]),
    ("totopic", [
        ("r", TO_TOPIC, {
            "topic.regex": "(.*)\\.(?:order_\\d|keyless)",
            "topic.replacement": "$1.all", "key.field.name": "from",
            "key.field.regex": "(.*)\\.{case}\\.order_(.*)",
            "key.field.replacement": "order $2"}),
        ("u", UNWRAP, {"add.headers": "op"})]),
    ("shared", [("r", "ByLogicalTableRouter", {
        "topic.regex": "(.*)\\.order_(.*)",
        "topic.replacement": "$1.orders",
        "key.enforce.uniqueness": "false"})]),
    ("zone", [
        ("z", TIMEZONE, {"converted.timezone": "America/New_York"}),
        ("u", UNWRAP, {})]),
    ("shift", [("z", TIMEZONE, {
        "converted.timezone": "+05:30",
        "include.list": "source:item:at,item:after.atz,"
                        "order_1:source.ts_ms"})]),
    ("zonex", [
        ("z", TIMEZONE, {"converted.timezone": "Europe/Rome",
                         "exclude.list": "item:at3,item:before.atz"}),
        ("y", TIMEZONE, {"converted.timezone": "Asia/Kolkata",
                         "include.list": "topic:any.other:at,item:atz"})]),
]

OUTBOX_CASES = [
    ("outbox", [("o", OUTBOX, {
        "route.topic.replacement": "{prefix}.outbox.${routedByValue}"})]),
    ("place", [("o", OUTBOX, {
        "route.by.field": "type", "route.topic.regex": "(.).*",
        "route.topic.replacement": "{prefix}.place",
        "table.field.event.timestamp": "at",
        "table.field.event.key": "tenant",
        "table.fields.additional.placement":
            "type:header:eventType,ver:header, part:partition,"
            "nowhere:header",
        "table.field.additional.missing": "ignore",
        "route.tombstone.on.empty.payload": "true"})]),
    ("envelope", [("o", OUTBOX, {
        "route.topic.replacement": "{prefix}.env",
        "table.field.event.schema.version": "ver",
        "table.fields.additional.placement":
            "type:envelope,tenant:envelope:customer,at:header"})]),
    ("expand", [("o", OUTBOX, {
        "route.topic.replacement": "{prefix}.ex",
        "table.expand.json.payload": "true"})]),
    ("expand2", [("o", OUTBOX, {
        "route.topic.replacement": "{prefix}.ex2",
        "table.expand.json.payload": "true",
        "table.json.payload.null.behavior": "optional_bytes",
        "table.json.payload.empty.array.behavior": "optional_string",
        "table.fields.additional.placement": "type:envelope:kind"})]),
]

# Chains that are for every record of their connector.
REGEX_CASE = ("regex", [
    ("a", REGEX, {"regex": "(.*)\\.regex\\.(?<what>order)_(\\d)(x)?",
                  "replacement": "$1.${what}s.$3$4"}),
    ("b", REGEX, {"regex": "{p}\\.order.\\.1",
                  "replacement": "{prefix}.first"}),
    ("t", REGEX, {"regex": "(.*)", "replacement": "$1.gone",
                  "predicate": "dead"})])
MOVE_CASE = ("move", [
    ("v", TO_VALUE, {"headers": "__debezium.context.taskId,"
                                "__debezium.context.connectorName",
                     "fields": "task,source.maker", "operation": "move"}),
    ("u", UNWRAP, {"add.fields": "task,source.maker,source.maker:who",
                   "predicate": "has", "negate": "true"})])
COPY_CASE = ("copy", [
    ("u", UNWRAP, {"add.headers": "op,before.tags,source.lsn"}),
    ("v", TO_VALUE, {"headers": "__op,__before_tags,__source_lsn",
                     "fields": "the_op,new.tags,new.lsn",
                     "operation": "copy", "predicate": "dead",
                     "negate": "true"}),
    ("m", TO_TOPIC, {"topic.regex": "(.*)\\.message",
                     "topic.replacement": "$1.msg"}),
    ("b", TO_TOPIC, {"topic.regex": "(.*)\\.beat",
                     "topic.replacement": "$1.heartbeat"})])
ALONE_CASE = ("alone", [("o", OUTBOX, {
    "route.topic.replacement": "{prefix}.alone.${routedByValue}",
    "predicate": None}),
    ("z", TIMEZONE, {"converted.timezone": "+03:00"}),
    ("b", REGEX, {"regex": "(.*)\\.(beat)", "replacement": "$1.$2.again",
                  "predicate": "beats"})])

# name, cases, tables, whether each case has a predicate, more properties
BEATS = {"heartbeat.interval.ms": "1000",
         "topic.heartbeat.name": "{prefix}.beat"}
SCHEMAS = {"key.converter.schemas.enable": "true",
           "value.converter.schemas.enable": "true"}
CONNECTORS = [
    ("rows", ROW_CASES, "(item|order_.|keyless)", True,
     dict(SCHEMAS, **{"skipped.operations": "none"})),
    ("outboxes", OUTBOX_CASES, "outbox", True, SCHEMAS),
    ("regex", [REGEX_CASE], "(item|order_.|keyless)", False,
     dict(BEATS, **{"skipped.operations": "none"})),
    ("move", [MOVE_CASE], "(item|order_1)", False, BEATS),
    ("copy", [COPY_CASE], "item", False, dict(BEATS, **SCHEMAS)),
    ("alone", [ALONE_CASE], "outbox", False, BEATS),
]

_COMMON_PREDICATES = {
    "dead": ("RecordIsTombstone", {}),
    "has": ("HasHeaderKey", {"name": "nothing"}),
    "beats": ("TopicNameMatches", {"pattern": "{p}\\.b.*"}),
}


def chain(cases, has_predicates):
    """The properties of the chains of some cases, one after another."""
    config, steps, predicates = {}, [], {}

    def add_predicate(name, cls, options):
        predicates[name] = None
        config["predicates.%s.type" % name] = PREDICATES + cls
        for key, value in options.items():
            config["predicates.%s.%s" % (name, key)] = value

    for case, case_steps in cases:
        for name, cls, options in case_steps:
            step = "%s-%s" % (case, name)
            steps.append(step)
            options = dict(options)
            if has_predicates and "predicate" not in options:
                options["predicate"] = "in-" + case
                add_predicate("in-" + case, "TopicNameMatches",
                              {"pattern": "{p}\\.%s\\..*" % case})
            elif options.get("predicate") == "item":
                options["predicate"] = "item-" + case
                add_predicate("item-" + case, "TopicNameMatches",
                              {"pattern": "{p}\\.%s\\.item" % case})
            elif options.get("predicate") is not None:
                add_predicate(options["predicate"],
                              *_COMMON_PREDICATES[options["predicate"]])
            config["transforms.%s.type" % step] = cls
            for key, value in options.items():
                if value is not None:
                    config["transforms.%s.%s" % (step, key)] = \
                        value.replace("{case}", case)
    config["transforms"] = ",".join(steps)
    if predicates:
        config["predicates"] = ",".join(predicates)
    return config


# Processing times, and what tells the two sides apart.
_TIMES = [
    (re.compile(r'"ts_ms":\d+,"ts_us":\d+,"ts_ns":\d+(,"task":"0")?(}+)$'),
     r'"ts_ms":T\1\2'),
    (re.compile(r'("op":"m","ts_ms":)\d+'), r"\1T"),
    (re.compile(r'"__now":\d+'), '"__now":T'),
    (re.compile(r'"version":"[^"]*","connector"'), '"version":V,"connector"'),
]


# Times of records that a column gave them, and not the clock.
_LONG_AGO_MS = 1730000000000


# The topics of heartbeats.
_BEAT = re.compile(r"\bbeat|heartbeat$")


def heartbeats(recs):
    """One of each kind, since they come by the clock."""
    kinds = {}
    for rec in recs:
        if not _BEAT.search(rec["topic"]):
            continue
        rec = dict(rec, value=re.sub(r'"ts_ms":\d+', '"ts_ms":T',
                                     rec["value"]))
        kinds[json.dumps(rec, sort_keys=True)] = rec
    return [kinds[kind] for kind in sorted(kinds)]


def normal(text, prefix):
    if text is None:
        return None
    for pattern, replacement in _TIMES:
        text = pattern.sub(replacement, text)
    return text.replace(prefix, "(prefix)")


def known_headers(rec, headers):
    """Of theirs, without what is known to be different, and wrong.

    A delete and its tombstone share their headers in Debezium, and so
    ExtractNewRecordState, which adds to them, adds to both twice.
    """
    if rec.value is not None or rec.topic.startswith("w2k-"):
        return headers
    return [h for i, h in enumerate(headers) if h not in headers[:i]]


def normal_record(rec, prefix):
    headers = []
    for name, text in rec.headers:
        if name == "__debezium.context.runId":
            text = "(run id)" if len(text) == 36 else "no UUID: " + text
        headers.append((name, normal(text, prefix)))
    return {"topic": normal(rec.topic, prefix), "key": normal(rec.key, prefix),
            "value": normal(rec.value, prefix),
            "headers": known_headers(rec, headers),
            "partition": rec.partition,
            "time": rec.ts if rec.ts < _LONG_AGO_MS else None}


def fill_in(config, prefix):
    return {key: value.replace("{prefix}", prefix)
            .replace("{p}", re.escape(prefix))
            for key, value in config.items()}


def shared_config(connector, prefix):
    """What both sides are told."""
    _, cases, tables, has_predicates, more = connector
    config = fill_in(chain(cases, has_predicates), prefix)
    config["table.include.list"] = "(%s)\\.%s" % (
        "|".join(case for case, _ in cases), tables)
    for side in ("key", "value"):
        config[side + ".converter"] = JSON
        config[side + ".converter.schemas.enable"] = "false"
        # said, so that both sides read nulls as Connect's transforms do
        config[side + ".converter.replace.null.with.default"] = "false"
    config.update(fill_in(more, prefix))
    return config


def create_all(args, cluster, broker, connect):
    for connector in CONNECTORS:
        prefix = "dbz-" + connector[0]
        config = kafka.debezium_config(cluster, prefix)
        config.update(shared_config(connector, prefix))
        connect.call("POST", "/connectors", {"name": prefix,
                                             "config": config})
        if args.debezium_only:
            continue
        prefix = "w2k-" + connector[0]
        config = {"bootstrap.servers": broker.address,
                  "topic.prefix": prefix, "snapshot.mode": "no_data"}
        config.update(shared_config(connector, prefix))
        cluster.create_connector(prefix, config)
    for connector in CONNECTORS:
        connect.wait_running("dbz-" + connector[0])
        if not args.debezium_only:
            cluster.wait_connector("w2k-" + connector[0])
    wait_until("Debezium's slots are read", lambda: cluster.value(
        "SELECT count(*) FROM pg_replication_slots WHERE active AND "
        "plugin = 'pgoutput'") == str(len(CONNECTORS)))


def prefixes(args):
    for connector in CONNECTORS:
        yield "dbz-" + connector[0]
        if not args.debezium_only:
            yield "w2k-" + connector[0]


def sync(args, cluster, broker, connect, count):
    """Waits until the count-th message has been through every connector."""
    def has_arrived(prefix):
        topic = "msg" if prefix.endswith("-copy") else "message"
        if broker.end_offsets("%s.%s" % (prefix, topic)).get(0, 0) >= count:
            return True
        if prefix.startswith("dbz-"):
            connect.check(prefix)               # raises when it failed
        else:
            cluster.wait_connector(prefix)
        return False

    cluster.query("SELECT pg_logical_emit_message(true, 'sync', '%d')" % count)
    for prefix in prefixes(args):
        wait_until("message %d of %s" % (count, prefix),
                   lambda: has_arrived(prefix), interval=0.1)


def wait_for_others(args, broker):
    """A producer may send a topic's records after a later message."""
    counts = {}

    def are_complete():
        previous = dict(counts)
        counts.clear()
        for topic in broker.topics():
            if (topic.startswith(("dbz-", "w2k-")) and
                    not _BEAT.search(topic)):
                prefix = topic.split(".")[0]
                counts[prefix] = counts.get(prefix, 0) + sum(
                    broker.end_offsets(topic).values())
        if args.debezium_only:
            return counts == previous
        return all(counts.get("dbz-" + c[0]) == counts.get("w2k-" + c[0])
                   for c in CONNECTORS)

    try:
        wait_until("both sides have sent as much", are_complete, interval=0.5)
    except TestbedError as err:
        log(str(err))                           # the comparison will tell


def run_workload(args, cluster, broker, connect):
    """Runs the file once for each case, in its schema."""
    with open(os.path.join(HERE, "transforms.sql")) as file:
        parts = file.read().split("\n-- sync\n")
    schemas = [case for connector in CONNECTORS for case, _ in connector[1]]
    # the first commit a connector sees has no predecessor: let it be this
    sync(args, cluster, broker, connect, 1)
    for i, part in enumerate(parts):
        cluster.script("\n".join(
            re.sub(r"\btr([.-])", schema + r"\1", part)
            for schema in schemas))
        # a look into the catalog must not come after the next DDL
        sync(args, cluster, broker, connect, i + 2)
        log("through with part %d of the workload" % (i + 1))
    wait_for_others(args, broker)


def read_all(broker):
    """All records, by connector."""
    topics = [t for t in broker.topics() if t.startswith(("dbz-", "w2k-"))]
    records = {}
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for recs in pool.map(broker.read, sorted(topics)):
            for rec in recs:
                records.setdefault(rec.topic.split(".")[0], []).append(rec)
    return records


def run_suite():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--debezium-only", action="store_true")
    parser.add_argument("--save", help="write all records to this file")
    parser.add_argument("--connectors", help="only these, by name")
    args = parser.parse_args()
    if args.connectors:
        CONNECTORS[:] = [c for c in CONNECTORS
                         if c[0] in args.connectors.split(",")]

    checks = Checks("transforms")
    if not kafka.fetch():
        checks.skip("transforms as in Kafka Connect", "no Kafka")
        return checks.finish()
    inst = Installation.private()
    if not args.debezium_only:
        inst.install_extension()
    cluster = Cluster(inst, "transforms", preload=not args.debezium_only)
    broker = kafka.Broker("kafka-transforms")
    connect = kafka.Connect(broker, "connect-transforms")
    try:
        cluster.init().start()
        broker.start()
        connect.start()
        return suite(args, checks, cluster, broker, connect)
    finally:
        connect.stop()
        broker.stop()
        cluster.destroy()


def suite(args, checks, cluster, broker, connect):
    cluster.query("CREATE PUBLICATION dbz_publication FOR ALL TABLES")
    for connector in CONNECTORS:
        for case, _ in connector[1]:
            cluster.query("CREATE SCHEMA " + case)
    if not args.debezium_only:
        cluster.query("CREATE EXTENSION wal2kafka")
    for side in ("dbz", "w2k"):
        broker.create_topic(side + "-outboxes.place", partitions=2)
    create_all(args, cluster, broker, connect)
    log("both sides are streaming")
    run_workload(args, cluster, broker, connect)

    records = read_all(broker)
    saved = {}
    for connector in CONNECTORS:
        name = connector[0]
        theirs = [normal_record(rec, "dbz-" + name)
                  for rec in records.get("dbz-" + name, [])]
        ours = [normal_record(rec, "w2k-" + name)
                for rec in records.get("w2k-" + name, [])]
        beats = heartbeats(theirs), heartbeats(ours)
        theirs, ours = ([rec for rec in recs if not _BEAT.search(rec["topic"])]
                        for recs in (theirs, ours))
        saved[name] = {"theirs": theirs, "ours": ours}
        if args.debezium_only:
            log("%s: %d records of Debezium's" % (name, len(theirs)))
            continue
        compare(checks, name, theirs, ours)
        if any(beats):
            checks.ok(beats[0] == beats[1],
                      "%s: heartbeats equal Debezium's" % name,
                      "Debezium: %s\nours:     %s" % beats)
    if args.save:
        with open(args.save, "w") as file:
            json.dump(saved, file, ensure_ascii=False, indent=1)
    return checks.finish()


def compare(checks, name, theirs, ours):
    problems = []
    # the warm-up
    theirs, ours = ([rec for rec in recs if '"content":"MQ=="' not in
                     (rec["value"] or "")] for recs in (theirs, ours))
    if len(theirs) != len(ours):
        problems.append("%d records of Debezium's, %d of ours"
                        % (len(theirs), len(ours)))
    for i, (a, b) in enumerate(zip(theirs, ours)):
        for part in a:
            if a[part] != b[part]:
                problems.append(
                    "record %d of topic %s: %s\n    Debezium: %s\n"
                    "    ours:     %s" % (i, a["topic"], part, a[part],
                                          b[part]))
    checks.ok(not problems and len(theirs) > 4,
              "%s: %d records equal Debezium's" % (name, len(theirs)),
              "\n".join(problems[:40]))


main(run_suite)
