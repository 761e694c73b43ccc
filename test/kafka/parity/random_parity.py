#!/usr/bin/env python3
"""Random tables, rows and DDL through real Debezium and through wal2kafka,
under several settings at once, compared.

    W2K_SEED=N random_parity.py [--pass N] [--combos a,b]     it again

Tables change only between syncs: Debezium reads keys and defaults from the
catalog of the moment, not of the change.
"""
import argparse
import json
import os
import random
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../tools"))
sys.path.insert(0, HERE)

from testbed import LONG, Checks, TestbedError, kafka, log, main, rd, \
    wait_until
from testbed.postgres import Cluster, Installation
from testbed.pq import PgError, quote
import combos
import compare
import differences
import kinds
import randoms

# Of one pass.  The long run makes as many as all combinations need, make test
# one of them.
TABLES = 60
ROWS = 6000
COMBOS = 4
ROUNDS = 4
SETUP = """
CREATE SCHEMA inv; CREATE SCHEMA r1; CREATE SCHEMA r2;
CREATE SCHEMA "Odd.Schema";
CREATE EXTENSION citext SCHEMA public;
CREATE EXTENSION ltree SCHEMA public;
CREATE EXTENSION hstore SCHEMA public;
CREATE TABLE inv.warmup (id int PRIMARY KEY, note text);
CREATE TABLE inv.sync (id int PRIMARY KEY, v int);
""" + kinds.TYPES


class Pass:
    """One database, one lot of tables, a few combinations of settings."""

    def __init__(self, checks, inst, broker, connect, seed, taken, number):
        self.checks = checks
        self.seed = seed
        self.combos = taken
        self.broker = broker
        self.connect = connect
        self.number = number
        self.rng = random.Random("%s/%d" % (seed, number))
        self.cluster = Cluster(inst, "random%d" % number, settings=[
            "max_replication_slots = 60", "max_wal_senders = 40",
            "max_worker_processes = 40"])
        self.client = rd.Client(broker.address)
        self.syncs = 0
        # (schema, table) -> its Table; transaction id -> its SQL
        self.tables = {}
        self.transactions = {}
        self.refused = self.made = self.altered = 0

    def prefix(self, side, combo):
        return "%s-%d-%s" % (side, self.number, combo.name)

    # Before the changes

    def start(self):
        self.cluster.init().start()
        self.cluster.query("CREATE EXTENSION wal2kafka")
        self.conn = self.cluster.connect()
        self.conn.query(SETUP)
        self.generator = randoms.Generator(
            self.rng, self.known_kinds(),
            {name for combo in self.combos for name in combo.nullable})
        for combo in self.combos:
            combo.set_columns(self.generator.seen)
        for _ in range(TABLES):
            self.create_table()

    def known_kinds(self):
        """Those of kinds.PROBED that have a form of their own."""
        self.cluster.query("SELECT pg_create_logical_replication_slot("
                           "'probe', 'wal2kafka')")
        able = []
        for kind in kinds.PROBED:
            value = kind.make(random.Random(1))
            self.conn.query("CREATE TABLE inv.probe (v %s); INSERT INTO "
                            "inv.probe VALUES (%s)" % (kind.decl, value))
            text = self.conn.value("SELECT v::text FROM inv.probe")
            data = self.conn.value(
                "SELECT data FROM pg_logical_slot_get_changes('probe', NULL, "
                "NULL) WHERE data LIKE '%after%'")
            self.conn.query("DROP TABLE inv.probe")
            if text != json.loads(data)["value"]["after"]["v"]:
                able.append(kind)
        self.cluster.query("SELECT pg_drop_replication_slot('probe')")
        return able

    def create_table(self):
        table, ddl = self.generator.create_table()
        try:
            self.conn.query("; ".join(ddl))
            self.remember(table)
        except PgError as err:
            raise TestbedError("the generator made a bad table: %s\n%s"
                               % (err, ";\n".join(ddl))) from None

    def remember(self, table):
        self.generator.note(table)
        for name in (table.name,) + tuple(table.leaves):
            self.tables[table.schema, name] = table

    def create_connectors(self):
        for combo in self.combos:
            shared = combo.config()
            if "message.key.columns" in shared:
                shared["message.key.columns"] = self.own_keys()
            name = self.prefix("dbz", combo)
            config = kafka.debezium_config(self.cluster, name)
            config.update(shared)
            config.update(combo.theirs())
            config["slot.name"] = "dbz_%d_%s" % (self.number, combo.name)
            # Debezium leaves skipped.operations out of a publication that
            # it makes: so one for each.
            config["publication.name"] = config["slot.name"]
            self.connect.create(name, config)
            name = self.prefix("w2k", combo)
            self.cluster.create_connector(name, dict(shared, **{
                "connector.class": config["connector.class"],
                "bootstrap.servers": self.broker.address,
                "topic.prefix": name, "snapshot.mode": "no_data",
                # A slow broker makes hundreds of topics slowly.
                "producer.override.topic.metadata.propagation.max.ms":
                    "600000",
                "producer.override.max.request.size": "20000000"}))
            self.cluster.wait_connector(name)
        wait_until("Debezium's slots are read", lambda: self.cluster.value(
            "SELECT count(*) FROM pg_replication_slots WHERE active AND "
            "plugin = 'pgoutput'") == str(len(self.combos)))

    def own_keys(self):
        """Another key for some tables, under whatever name they will have."""
        keys = []
        for table in self.generator.tables:
            able = [c.name for c in table.columns if c.kind.key
                    and c.name not in table.key and c.name[1:].isdigit()]
            if able and table.name.isalnum() and table.name.isascii():
                keys.append("%s\\.%s(\\..*)?:%s" % (
                    table.schema.replace(".", "\\."), table.name, able[0]))
        return ";".join(keys[:8])

    # Changes

    def sync(self):
        self.syncs += 1
        self.conn.query("INSERT INTO inv.sync VALUES (%d)" % self.syncs)
        self.conn.query("UPDATE inv.sync SET v = %d" % self.syncs)
        self.conn.query("DELETE FROM inv.sync")
        for combo in self.combos:
            for side in ("w2k", "dbz"):
                self.wait_sync(combo, side)

    def wait_sync(self, combo, side):
        name = self.prefix(side, combo)
        topic = combo.delimiter.join((name, "inv", "sync"))
        count = self.syncs * combo.per_sync()
        last = [time.monotonic()]

        def probe():
            if self.client.end_offset(topic) >= count:
                return True
            if time.monotonic() - last[0] > 1:
                last[0] = time.monotonic()
                if side == "dbz":
                    self.connect.check(name)
                else:
                    self.cluster.wait_connector(name)
            return False
        wait_until("sync %d of %s" % (self.syncs, name), probe, 300, 0.02)

    def transact(self):
        """One transaction of a few statements; True when it went through."""
        rng = self.rng
        tables = rng.sample(self.generator.tables, rng.choice((1, 1, 1, 2)))
        statements, most = [], 0
        for _ in range(rng.choice((1, 1, 2, 4))):
            sql, rows = self.generator.change(rng.choice(tables))
            statements.append(sql)
            most += rows
        text = ";\n".join(statements)
        try:
            xid = self.conn.value(
                text + ";\nSELECT pg_current_xact_id_if_assigned()")
        except PgError as err:
            if err.is_broken:
                raise
            self.refused += 1
            self.last_refusal = "%s\n%s" % (err, text)
            return 0
        if xid:
            self.transactions[xid] = text
        self.made += 1
        return most

    def alter(self, table):
        change = self.generator.alter(table)
        if change is None:
            return
        statements, done = change
        try:
            self.conn.query("; ".join(statements))
        except PgError as err:
            if err.is_broken:
                raise
            return
        self.altered += 1
        table.ddl += statements
        done()
        self.remember(table)

    def changed_rows(self):
        self.conn.query("SELECT pg_stat_force_next_flush()")
        return int(self.conn.value(
            "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM "
            "pg_stat_user_tables WHERE schemaname IN ('r1', 'r2', "
            "'Odd.Schema')"))

    def run(self):
        self.start()
        self.create_connectors()
        self.conn.query("INSERT INTO inv.warmup VALUES (1, 'first')")
        self.sync()
        log("pass %d: both sides are streaming" % self.number)
        for number in range(1, ROUNDS + 1):
            if number > 1:
                for table in self.generator.tables:
                    if self.rng.random() < 0.7:
                        self.alter(table)
                self.create_table()
            while self.changed_rows() < ROWS * number / ROUNDS:
                # Most insertions are several rows; asking costs a little.
                for _ in range(40):
                    self.transact()
            self.sync()
        rows = self.changed_rows()
        log("pass %d: %d tables, %d rows in %d transactions, %d DDL "
            "statements; %d transactions refused" % (
                self.number, len(self.generator.tables), rows, self.made,
                self.altered, self.refused))
        self.checks.ok(self.refused < self.made / 2,
                       "pass %d: %d rows of %d tables; the server took most "
                       "of what was made" % (
                           self.number, rows, len(self.generator.tables)),
                       self.refused and self.last_refusal)
        # What was sent again would be there twice.
        errors = self.conn.query(
            "SELECT s.name, s.retries, c.last_error FROM "
            "wal2kafka.stat_connector s JOIN wal2kafka.connectors c "
            "USING (name) WHERE s.retries > 0")
        self.checks.ok(not errors, "pass %d: nothing had to be sent again"
                       % self.number, "%s\n%s" % (
                           errors, self.cluster.log_tail()))
        for combo in self.combos:
            self.compare(combo)
        return len(self.generator.tables), rows

    def stop(self):
        self.client.close()
        self.cluster.destroy()

    # Afterwards

    def compare(self, combo):
        sides = []
        for side in ("dbz", "w2k"):
            prefix = self.prefix(side, combo)
            records = self.broker.read_all(prefix + combo.delimiter)
            sides += [[prepared(rec, prefix, combo) for rec in records
                       if self.is_comparable(rec, combo)], prefix]
        # Of the first commit each may or may not have seen one before.
        compared, problems, _ = compare.compare(
            *sides, combo.all_known(), {},
            skip_topics=("inv%swarmup" % combo.delimiter,))
        self.checks.ok(not problems, "pass %d, %s: %d records equal "
                       "Debezium's" % (self.number, combo.name, compared),
                       self.report(combo, problems))
        self.checks.ok(compared > 50, "pass %d, %s: enough was compared"
                       % (self.number, combo.name))

    def is_comparable(self, rec, combo):
        """Not an update that changes nothing but what both see differently,
        where updates that change nothing are skipped."""
        if combo.shared.get("skip.messages.without.change") != "true":
            return True
        value = json.loads(rec.value) if rec.value else {}
        if value.get("op") != "u" or not value["before"]:
            return True
        kinds_of = self.generator.seen.get(
            (value["source"]["schema"], value["source"]["table"]), {})
        before, after = ({
            name: cell for name, cell in value[side].items()
            if not any(k.differs for k in kinds_of.get(name, ()))}
            for side in ("before", "after"))
        return before != after

    def report(self, combo, problems):
        if not problems:
            return ""
        # Of a topic that lacks a record only the first difference says much.
        uneven = {p.split(" ")[1][:-1] for p in problems
                  if not isinstance(p, compare.Problem)}
        shortest, seen = {}, set()
        for problem in problems:
            topic = getattr(problem, "topic", None)
            if topic in uneven:
                if topic in seen:
                    continue
                seen.add(topic)
            kind, facts = self.facts(problem)
            if kind not in shortest or len(facts) < len(shortest[kind]):
                shortest[kind] = facts
        text = "\n".join([facts[:4000] for facts in shortest.values()][:8])
        # Half a character of Java's is nothing that can be printed.
        text = text.encode("utf-8", "backslashreplace").decode()
        return ("%s%d differences of %d kinds\n"
                "W2K_SEED=%s %s --pass %d --combos %s" % (
                    text, len(problems), len(shortest), self.seed,
                    os.path.relpath(__file__), self.number,
                    ",".join(c.name for c in self.combos)))

    def facts(self, problem):
        """What kind of difference it is; and the difference with its table,
        its SQL and both records."""
        both = [getattr(problem, side, None) for side in ("theirs", "ours")]
        text = [problem]
        source = next(filter(None, (source_of(rec) for rec in both if rec)),
                      None)
        if source:
            table = self.tables.get((source["schema"], source["table"]))
            text += [";\n".join(table.ddl)] if table else []
            text.append(self.transactions.get(str(source["txId"]), ""))
        text += ["%s: %s => %s %s" % (who, rec["key"], rec["value"],
                                      rec["headers"])
                 for who, rec in zip(("Debezium", "ours"), both) if rec]
        where = getattr(problem, "path", None) or problem.split(":")[-1]
        found, at = differences.column_kinds(
            self.generator.seen, where, {"value": {"source": source}})
        kind = found[-1].name if found else problem.split(":")[0]
        return (kind, at), "\n".join(text) + "\n"


def source_of(rec):
    value = rec["value"]
    value = json.loads(value) if isinstance(value, str) else value or {}
    source = (value.get("payload") or value).get("source")
    return source if source and source.get("txId") else None


def prepared(rec, prefix, combo):
    """A record for compare.py: schemas say their fields by name, what
    Debezium writes in a hash's order is sorted, times are one value."""
    made = {"topic": rec.topic, "key": rec.key, "value": rec.value,
            "headers": rec.headers}
    if combo.has_schemas:
        for part in ("key", "value"):
            if made[part] is not None:
                data = compare.parse(made[part])
                data["schema"] = fields_by_name(data["schema"], prefix)
                payload = data["payload"] or {}
                if "source" in payload:
                    payload["source"]["version"] = "version"
                    payload["source"]["name"] = "(prefix)"
                payload.update((name, "time") for name in payload
                               if name in ("ts_ms", "ts_us", "ts_ns"))
                made[part] = data
    elif rec.value and rec.value.startswith('{"status":'):
        data = compare.parse(rec.value)
        if data.get("data_collections"):
            data["data_collections"].sort(key=str)
        data["ts_ms"] = "time"
        made["value"] = data
    elif rec.value and combo.is_structured:
        made["value"] = with_folded_times(compare.parse(rec.value))
    return made


def with_folded_times(value):
    """Times that are structs, in an array, as one text each: what differs of
    them on purpose is not one member for itself."""
    if isinstance(value, dict):
        return {k: with_folded_times(v) for k, v in value.items()}
    if isinstance(value, list):
        return [json.dumps(v) if isinstance(v, dict)
                and ("precision" in v or "specialValue" in v)
                else with_folded_times(v) for v in value]
    return value


def fields_by_name(schema, prefix):
    if not isinstance(schema, dict):
        return schema
    made = {}
    for name, value in schema.items():
        if name == "fields":
            value = {f["field"]: fields_by_name(f, prefix) for f in value}
        elif name in ("items", "keys", "values"):
            value = fields_by_name(value, prefix)
        elif name == "name":
            value = value.replace(prefix, "(prefix)").replace(
                differences.avro_name(prefix), "(prefix)")
        made[name] = value
    return made


# Of make test, which takes another pass of another seed every day; the long
# run went through with each.  A new seed can find what Debezium does otherwise
# once in ten thousand records: that is for the long run, and for whoever looks.
SEEDS = ("201", "202", "203")
DAY = int(time.time()) // 86400


def choose(inst, seed, names):
    """Lists of combinations by the number of their pass."""
    cluster = Cluster(inst, "combos").init().start()
    try:
        cluster.query("CREATE EXTENSION wal2kafka")
        support = dict(cluster.query(
            "SELECT name, support FROM wal2kafka.connector_properties"))

        def why_not(combo):
            lacking = combos.missing(combo, support)
            if lacking:
                return ", ".join(lacking)
            if combo.has_schemas and cluster.query(
                    "SELECT 1 FROM wal2kafka.validate_config(%s) WHERE "
                    "property LIKE '%%schemas.enable' AND severity = 'error'"
                    % quote(json.dumps(combo.config()))):
                return "schemas.enable"
            return None
        reasons = {combo.name: why_not(combo)
                   for combo in combos.NOW + combos.OPEN}
    finally:
        cluster.destroy()
    able = [c for c in combos.NOW + combos.OPEN if not reasons[c.name]]
    for name, why in reasons.items():
        if why:
            log("not supported yet: %s (%s)" % (name, why))
    if names:
        able = [c for c in able if c.name in names]
    else:
        random.Random(seed).shuffle(able)
    passes = dict(enumerate(able[i:i + COMBOS]
                            for i in range(0, len(able), COMBOS)))
    if not (names or LONG):
        number = DAY // len(SEEDS) % len(passes)
        passes = {number: passes[number]}
    bad = [c.name for c in combos.NOW if reasons[c.name]]
    return passes, bad


def run_pass(checks, inst, seed, taken, number):
    """With a broker of its own: each pass makes hundreds of topics."""
    broker = kafka.Broker("kafka-random%d" % number, heap=700)
    connect = kafka.Connect(broker, "connect-random%d" % number)
    each = None
    try:
        broker.start()
        connect.start()
        each = Pass(checks, inst, broker, connect, seed, taken, number)
        return each.run()
    except (TestbedError, PgError) as err:
        checks.ok(False, "pass %d: %s" % (number, err),
                  "W2K_SEED=%s\n%s" % (seed, connect.log_tail(5)))
        return 0, 0
    finally:
        connect.stop()
        if each:
            each.stop()
        broker.stop()


def run_suite():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--combos", help="only these, by name")
    parser.add_argument("--pass", type=int, default=0, dest="first",
                        help="the number of the first pass, which tells its "
                        "tables from another's")
    args = parser.parse_args()
    checks = Checks("random")
    if not kafka.fetch():
        checks.skip("random tables against Debezium", "no Kafka")
        return checks.finish()
    seed = os.environ.get("W2K_SEED") or (
        str(int(time.time())) if LONG else SEEDS[DAY % len(SEEDS)])
    log("W2K_SEED=%s" % seed)
    inst = Installation.private()
    inst.install_extension()
    passes, bad = choose(inst, seed, (args.combos or "").split(",")
                         if args.combos else None)
    checks.ok(not bad, "the settings that were supported still are",
              ", ".join(bad))
    tables = rows = 0
    for number, taken in passes.items():
        number += args.first
        log("pass %d: %s" % (number, ", ".join(c.name for c in taken)))
        more = run_pass(checks, inst, seed, taken, number)
        tables, rows = tables + more[0], rows + more[1]
    log("%d tables, %d rows, W2K_SEED=%s" % (tables, rows, seed))
    return checks.finish()


if __name__ == "__main__":
    main(run_suite)
