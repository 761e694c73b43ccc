#!/usr/bin/env python3
"""The same changes through real Debezium and through wal2kafka, compared.

Both read one database at the same time: Debezium 3.7 in Kafka Connect
through pgoutput, and our connector; both write to one real broker.  With
--plugin our side is the output plugin alone, read by SQL.
"""
import argparse
import glob
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../tools"))
sys.path.insert(0, HERE)

from testbed import Checks, TestbedError, kafka, log, main, wait_until
from testbed.postgres import Cluster, Installation
from testbed.pq import quote
import compare
import differences
import known_properties
import majors
import modes

CAPTURED = "inv,typ,ddl,Odd\\.Schema"
# (name, what both are told, what only Debezium is told, known differences)
PAIRS = [
    ("plain", {},
     {"key.converter.replace.null.with.default": "false",
      "value.converter.replace.null.with.default": "false"},
     differences.WITHOUT_REPLACED_NULLS + differences.MENDED),
    ("ops", {"skipped.operations": "none", "tombstones.on.delete": "false"},
     {"key.converter.replace.null.with.default": "false",
      "value.converter.replace.null.with.default": "false"},
     differences.WITHOUT_REPLACED_NULLS + differences.MENDED),
    ("events",
     {"provide.transaction.metadata": "true",
      "key.converter.schemas.enable": "true",
      "value.converter.schemas.enable": "true",
      "column.propagate.source.type": r"inv\..*",
      "message.key.columns":
          "inv.customer:name,id;(.*).ri_.*:(a|code);inv.keyless:b,a",
      "column.truncate.to.5.chars":
          r"typ\.(?!computed)[a-z_]*\.t.*,inv\..*\.v",
      "column.mask.with.3.chars": r"typ\.(?!computed)[a-z_]*\.v.*",
      "column.mask.hash.SHA-256.with.salt.s.alt":
          r"typ\.(?!computed)[a-z_]*\.[a-f].*",
      "column.mask.hash.v2.SHA-1.with.salt.ab":
          r"typ\.(?!computed)[a-z_]*\.[g-m].*,inv\.customer\.email"},
     {"key.converter.replace.null.with.default": "false",
      "value.converter.replace.null.with.default": "false"},
     differences.WITHOUT_REPLACED_NULLS + differences.MENDED
     + differences.MENDED_SCHEMAS + differences.TRANSACTIONS),
    ("schemas", {"key.converter.schemas.enable": "true",
                 "value.converter.schemas.enable": "true",
                 "skipped.operations": "none"},
     {"key.converter.replace.null.with.default": "false",
      "value.converter.replace.null.with.default": "false"},
     differences.WITHOUT_REPLACED_NULLS + differences.MENDED
     + differences.MENDED_SCHEMAS),
    # Tables that share a topic, and say in their keys which one they are.
    ("naming",
     {"topic.naming.strategy":
          "io.debezium.schema.SchemaRegexTopicNamingStrategy",
      "topic.regex": r"(.*)\.inv\.(ri|keyless)_.*",
      "topic.replacement": "$1.inv.$2.all",
      "topic.key.field.name": "tbl",
      "topic.key.field.regex": r"[^.]*\.(?:(inv)\.)?(.*)",
      "topic.key.field.replacement": "$2 of $1",
      "key.converter.schemas.enable": "true",
      "value.converter.schemas.enable": "true",
      "skipped.operations": "none"},
     {"key.converter.replace.null.with.default": "false",
      "value.converter.replace.null.with.default": "false"},
     differences.WITHOUT_REPLACED_NULLS + differences.MENDED
     + differences.MENDED_SCHEMAS),
    # Debezium's default, said to both, and all that shows in schemas.
    ("nulls", {"key.converter.replace.null.with.default": "true",
               "value.converter.replace.null.with.default": "true",
               "key.converter.schemas.enable": "true",
               "value.converter.schemas.enable": "true",
               "key.converter.decimal.format": "NUMERIC",
               "value.converter.decimal.format": "NUMERIC",
               "schema.name.adjustment.mode": "avro",
               "field.name.adjustment.mode": "avro_unicode",
               "column.propagate.source.type": ".*"}, {},
     differences.MENDED + differences.MENDED_SCHEMAS
     + differences.MENDED_DEFAULTS),
] + modes.PAIRS


class Workload:
    """Feeds the SQL files through one psql session, stopping at syncs."""

    def __init__(self, cluster, wait_for_sync):
        self.cluster = cluster
        self.wait_for_sync = wait_for_sync
        self.syncs = 0
        self.psql = subprocess.Popen(
            [cluster.inst.program("psql"), "-X", "-q", "-v",
             "ON_ERROR_STOP=1", "-o", os.devnull, cluster.conninfo()],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)

    def run_file(self, path):
        with open(path) as file:
            parts = file.read().split("\n-- sync\n")
        for i, part in enumerate(parts):
            self.run(part, path)
            if i < len(parts) - 1:
                self.sync()

    def run(self, sql, name):
        self.psql.stdin.write(sql + "\n\\echo done\n")
        self.psql.stdin.flush()
        output = []
        for line in self.psql.stdout:
            if line == "done\n":
                return
            output.append(line)
        raise TestbedError("%s: %s" % (name, "".join(output)))

    def sync(self):
        self.syncs += 1
        self.cluster.query("INSERT INTO inv.sync VALUES (%d)" % self.syncs)
        self.wait_for_sync(self.syncs)

    def close(self):
        self.psql.stdin.close()
        self.psql.wait()


def sync_probe(cluster, broker, connect, prefixes):
    def has_arrived(prefix, count):
        if broker.end_offsets(prefix + ".inv.sync").get(0, 0) >= count:
            return True
        if prefix.startswith("dbz-"):
            connect.check(prefix)
        else:
            cluster.wait_connector(prefix)      # raises when it failed
        return False

    def wait(count):
        for prefix in prefixes:
            wait_until("sync %d of %s" % (count, prefix),
                       lambda: has_arrived(prefix, count))
    return wait


def our_config(broker, prefix, shared):
    config = {
        "connector.class":
            "io.debezium.connector.postgresql.PostgresConnector",
        "bootstrap.servers": broker.address,
        "producer.override.max.request.size": "20000000",
        "topic.prefix": prefix,
        "snapshot.mode": "no_data",
        "schema.include.list": CAPTURED,
        "key.converter": "org.apache.kafka.connect.json.JsonConverter",
        "key.converter.schemas.enable": "false",
        "value.converter": "org.apache.kafka.connect.json.JsonConverter",
        "value.converter.schemas.enable": "false",
    }
    config.update(shared)
    return config


def plugin_records(cluster, slot, options):
    args = "".join(", %s, %s" % (quote(k), quote(v))
                   for k, v in options.items())
    rows = cluster.query("SELECT data FROM pg_logical_slot_get_changes("
                         "%s, NULL, NULL%s)" % (quote(slot), args))
    records = []
    for (data,) in rows:
        rec = json.loads(data, object_pairs_hook=dict,
                         parse_float=compare.Number,
                         parse_int=compare.Number)
        headers = rec.get("headers") or {}
        pairs = headers.items() if isinstance(headers, dict) else headers
        records.append({
            "topic": rec["topic"], "key": rec["key"], "value": rec["value"],
            "headers": [(k, v if isinstance(v, str)
                         else json.dumps(v, separators=(",", ":")))
                        for k, v in pairs]})
    return records


def topic_records(broker, prefix):
    records = []
    for topic in broker.topics(prefix + "."):
        for rec in broker.read(topic):
            records.append({"topic": rec.topic, "key": rec.key,
                            "value": rec.value, "headers": rec.headers})
    return records


def run_suite():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plugin", action="store_true",
                        help="compare the output plugin read by SQL")
    parser.add_argument("--debezium-only", action="store_true")
    parser.add_argument("--major", type=int, choices=(15, 17), default=15,
                        help="which PostgreSQL; 16 and 18 have no contrib")
    parser.add_argument("--pairs", default="", help="only these: a,b,...")
    parser.add_argument("--save", help="write all records to this file")
    args = parser.parse_args()
    wanted = args.pairs.split(",") if args.pairs else [p[0] for p in PAIRS]
    args.pairs = [pair for pair in PAIRS if pair[0] in wanted]

    checks = Checks("parity")
    if not kafka.fetch():
        checks.skip("parity with Debezium", "no Kafka")
        return checks.finish()
    if args.major == 15:
        inst = Installation.private()
        if not args.debezium_only:
            inst.install_extension()
    else:
        try:
            root = majors.fetch(args.major)
        except TestbedError as err:
            majors.unavailable(checks, "PostgreSQL %d" % args.major, err)
            return checks.finish()
        inst = majors.installation(args.major, root)
    cluster = Cluster(inst, "parity",
                      preload=not (args.plugin or args.debezium_only))
    broker = kafka.Broker("kafka-parity")
    connect = kafka.Connect(broker, "connect-parity")
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
    files = sorted(glob.glob(os.path.join(HERE, "workload/*.sql")))
    by_connector = not (args.plugin or args.debezium_only)
    with open(files[0]) as file:
        cluster.script(file.read())
    if by_connector:
        cluster.query("CREATE EXTENSION wal2kafka")
        known_properties.check(checks, cluster, connect)

    prefixes = []
    for name, shared, theirs, _ in args.pairs:
        config = kafka.debezium_config(cluster, "dbz-" + name)
        config["schema.include.list"] = CAPTURED
        config.update(shared)
        config.update(theirs)
        connect.create("dbz-" + name, config)
        prefixes.append("dbz-" + name)
    for name, shared, _, _ in args.pairs:
        if by_connector:
            cluster.create_connector(
                "w2k-" + name, our_config(broker, "w2k-" + name, shared))
            cluster.wait_connector("w2k-" + name)
            prefixes.append("w2k-" + name)
        elif args.plugin:
            cluster.query("SELECT pg_create_logical_replication_slot("
                          "'w2k_%s', 'wal2kafka')" % name)
    wait_until("Debezium's slots are read", lambda: cluster.value(
        "SELECT count(*) FROM pg_replication_slots WHERE active AND "
        "plugin = 'pgoutput'") == str(len(args.pairs)))
    log("both sides are streaming")

    # The first commit a connector sees has no predecessor: let it be this.
    workload = Workload(cluster, sync_probe(cluster, broker, connect,
                                            prefixes))
    workload.run("INSERT INTO inv.warmup VALUES (1, 'first');", "warm-up")
    workload.sync()
    for path in files[1:]:
        workload.run_file(path)
        workload.sync()
        log("through with %s" % os.path.basename(path))
    workload.close()

    saved = {}
    for name, shared, _, known in args.pairs:
        theirs = topic_records(broker, "dbz-" + name)
        saved["dbz-" + name] = theirs
        if args.debezium_only:
            log("%s: %d records of Debezium's" % (name, len(theirs)))
            continue
        if args.plugin:
            options = dict({"topic.prefix": "dbz-" + name,
                            "schema.include.list": CAPTURED}, **shared)
            ours, our_prefix = plugin_records(
                cluster, "w2k_" + name, options), "dbz-" + name
        else:
            ours, our_prefix = topic_records(
                broker, "w2k-" + name), "w2k-" + name
        saved["w2k-" + name] = ours
        compared, problems, unmet = compare.compare(
            theirs, "dbz-" + name, ours, our_prefix, known,
            {} if name.startswith("modes-") else differences.OURS_ALONE,
            skip_topics=("inv.warmup",))
        checks.ok(not problems, "%s: %d records equal Debezium's"
                  % (name, compared), "\n".join(problems[:400])
                  + "\n%d differences" % len(problems))
        checks.ok(not unmet or args.plugin,
                  "%s: every listed difference was met" % name,
                  "\n".join(map(str, unmet)))
        enough = modes.ENOUGH if name.startswith("modes-") else 1700
        checks.ok(compared > enough, "%s: enough was compared" % name)
    if args.save:
        with open(args.save, "w") as file:
            json.dump(saved, file, ensure_ascii=False, indent=0)
    return checks.finish()


main(run_suite)
