#!/usr/bin/env python3
"""Existing rows and the stream together are the tables, whatever happens.

Each round makes a connector while clients insert, update, delete and change
keys in tables of many sorts, has it read them (an initial snapshot, or an
incremental one by function or signal), and compares what the topics say with
the tables.  In half of the rounds processes are killed in the middle.
W2K_SEED chooses another course; it is printed.
"""
import argparse
import collections
import json
import os
import random
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../tools"))
sys.path.insert(0, HERE)

from testbed import (Checks, LONG, TestbedError, kafka, log, main, meter, proc,
                     rd, wait_until)
from testbed.postgres import Cluster, Installation
from testbed.pq import PgError, quote
import mix

ROWS = 20000
# So that a snapshot lasts some seconds.
ROWS_PER_SECOND = 25000
KILLS = ("sender_kill", "worker_terminate", "reader_terminate",
         "immediate_restart")
KINDS = (("initial", False), ("incremental", False), ("initial", True),
         ("incremental", True))
# What is read ends in one of these.
ENDS = "('done', 'failed', 'skipped', 'stopped')"


class Round:
    def __init__(self, suite, number, kind, has_kills, rnd):
        self.checks = suite.checks
        self.cluster = suite.cluster
        self.broker = suite.broker
        self.client = suite.client
        self.mix = suite.mix
        self.kind = kind
        self.has_kills = has_kills
        self.rnd = rnd
        self.name = "r%d" % number
        self.what = "round %d, %s%s" % (number, kind,
                                        " with kills" if has_kills else "")
        self.as_root = rnd.random() < 0.5
        self.finished = {}      # ordinal -> (finished, rows_read)
        self.blocks = {}        # ordinal -> next_block
        self.ends = {}          # topic -> where it ended when it was done
        self.has_crashed = False
        self.kills = []

    # What is asked

    def config(self):
        config = {
            "bootstrap.servers": self.broker.address,
            "topic.prefix": self.name,
            "schema.include.list": "snap,Odd Schema",
            "snapshot.mode": "initial" if self.kind == "initial"
            else "no_data",
            "snapshot.max.threads": self.rnd.choice(("1", "3")),
            "snapshot.max.rows.per.second": str(ROWS_PER_SECOND),
            "publish.via.partition.root": str(self.as_root).lower(),
        }
        log("%s: %s threads%s" % (
            self.what, config["snapshot.max.threads"],
            ", partitions as their root" if self.as_root else ""))
        return config

    def tables(self):
        """(topic's table, its description) of each that has versions."""
        for table in mix.TABLES:
            for name in [table.name] if self.as_root else table.leaves:
                yield name, table

    def begin_incremental(self):
        self.cluster.wait_connector(self.name)
        names = [table.name for table in mix.TABLES] + [mix.BAG, mix.HOT]
        if self.rnd.random() < 0.5:
            self.cluster.query(
                "SELECT wal2kafka.start_snapshot(%s, ARRAY[%s]::regclass[])"
                % (quote(self.name), ", ".join(map(quote, names))))
        else:
            self.cluster.query(
                "SELECT wal2kafka.signal(%s, 'execute-snapshot', %s)"
                % (quote(self.name), quote(json.dumps({
                    "data-collections": [r"snap\..*", r"Odd Schema\..*"],
                    "type": "incremental"}))))
        wait_until("the snapshot is planned", self.progress, 30)

    # How far it is

    def progress(self):
        """[(ordinal, collection, table, state, next_block, finished,
        rows_read)]; a partition's collection may be its root's."""
        try:
            return self.cluster.query(
                "SELECT ordinal, collection, relname, state, next_block, "
                "finished, rows_read FROM wal2kafka.connector_snapshot "
                "WHERE name = '%s' ORDER BY snapshot_id, ordinal"
                % self.name)
        except PgError:
            return []

    def watch(self):
        """Nothing that was done is undone."""
        rows = self.progress()
        for ordinal, _, table, state, block, finished, read in rows:
            what = "%s: table %s" % (self.what, table)
            before = self.finished.get(ordinal)
            if before and before != (finished, read):
                self.checks.ok(False, "%s was done and is %s, %s rows"
                               % (what, state, read))
            if block is not None:
                # Rows that lack a large value are read a second time.
                if int(block) < self.blocks.get(ordinal, 0) and not (
                        table == "toasted" and block == "0"):
                    self.checks.ok(False, "%s went from block %d back to %s"
                                   % (what, self.blocks[ordinal], block))
                self.blocks[ordinal] = int(block)
            if state == "done" and not before:
                self.finished[ordinal] = (finished, read)
        return rows

    def is_over(self, rows):
        if not rows or any(row[3] in ("waiting", "reading") for row in rows):
            return False
        return self.kind == "incremental" or self.cluster.value(
            "SELECT snapshot FROM wal2kafka.connector_progress "
            "WHERE name = '%s'" % self.name) == "completed"

    def until_over(self, timeout=900):
        """As long as there is progress; writers do not make it faster."""
        last = [None, 0]

        def probe():
            state = self.cluster.query(
                "SELECT state, last_error FROM wal2kafka.connectors "
                "WHERE name = '%s'" % self.name)[0]
            if state[0] == "failed":
                raise TestbedError("the connector failed: %s" % state[1])
            rows = self.watch()
            if rows != last[0]:
                last[:] = rows, time.monotonic()
            elif time.monotonic() > last[1] + 120:
                raise TestbedError("nothing has been read for 120 s")
            return self.is_over(rows)
        try:
            wait_until("the snapshot is over", probe, timeout, 0.1)
        except TestbedError as err:
            raise TestbedError("%s: %s\n%s\n%s" % (
                self.what, err, "\n".join(map(str, self.progress())),
                self.cluster.query("SELECT state, last_error FROM "
                                   "wal2kafka.connectors"))) from None

    # Kills

    def kill(self, how):
        """Once some more has been read; False when it is over before."""
        done = sum(self.blocks.values())

        def has_moved():
            rows = self.watch()
            return "over" if self.is_over(rows) \
                else sum(self.blocks.values()) > done
        if wait_until("the snapshot moves", has_moved, 120, 0.05) == "over":
            return False
        time.sleep(self.rnd.random())
        rows = self.watch()
        if self.is_over(rows):
            return False
        self.note_ends(rows)
        log("%s: %s at %s" % (self.what, how, ", ".join(
            "%s %s" % (row[2], row[4]) for row in rows
            if row[3] == "reading") or "the edge of a table"))
        getattr(self, how)()
        return True

    def note_ends(self, rows):
        """A topic whose tables are all read gets no more of their rows."""
        unread = {row[1] for row in rows if row[3] != "done"}
        for (schema, table), topic in self.topics().items():
            if topic not in self.ends and schema + "." + table not in unread:
                self.ends[topic] = self.client.end_offset(topic)

    def topics(self):
        """(schema, table) -> topic"""
        return {(schema, table): topic for schema, table, topic in
                self.cluster.query(
                    "SELECT schemaname, relname, topic FROM "
                    "wal2kafka.stat_connector_table WHERE name = '%s' AND "
                    "captured" % self.name)}

    def sender_kill(self):
        _, sender = self.cluster.worker_pids(self.name)
        if sender:
            proc.send(sender, signal.SIGKILL)

    def worker_terminate(self):
        worker, _ = self.cluster.worker_pids(self.name)
        if worker:
            self.cluster.query("SELECT pg_terminate_backend(%d)" % worker)

    def reader_terminate(self):
        """A holder's end ends the initial snapshot's own snapshot."""
        gone = self.cluster.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE backend_type LIKE 'wal2kafka snapshot%'")
        self.has_crashed = True
        log("%s: %d readers ended" % (self.what, len(gone)))

    def immediate_restart(self):
        self.has_crashed = True
        self.cluster.stop("immediate")
        self.cluster.start()
        self.cluster.wait_ready()

    # The round

    def run(self):
        began = time.monotonic()
        writes = self.mix.transactions()
        self.mix.go()
        self.cluster.create_connector(self.name, self.config())
        if self.kind == "incremental":
            self.begin_incremental()
        if self.has_kills:
            for how in self.rnd.sample(KILLS, 3):
                if self.kill(how):
                    self.kills.append(how)
            self.checks.ok(self.kills, "%s: in the middle, %s"
                           % (self.what, ", ".join(self.kills)))
        self.until_over()
        rows = self.progress()
        self.checks.ok(all(row[3] == "done" for row in rows),
                       "%s: every table is done" % self.what,
                       "\n".join(map(str, rows)))
        self.cluster.wait_connector(self.name)
        time.sleep(1)
        self.mix.hold()
        self.catch_up()
        log("%s: over after %.1f s, %d transactions meanwhile"
            % (self.what, time.monotonic() - began,
               self.mix.transactions() - writes))
        self.compare()
        self.cluster.query("SELECT wal2kafka.drop_connector('%s')"
                           % self.name)
        wait_until("the connector is gone", lambda: self.cluster.value(
            "SELECT (SELECT count(*) FROM wal2kafka.connectors) + "
            "(SELECT count(*) FROM wal2kafka.connector_snapshot)") == "0")

    def catch_up(self, timeout=180):
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            try:
                if self.cluster.value(
                        "SELECT wal2kafka.wait_for_delivery('%s', NULL, "
                        "'10 s')" % self.name) == "t":
                    return
            except PgError as err:
                if "failed" in str(err):
                    raise TestbedError("the connector failed: %s" % err)
                time.sleep(0.2)
        raise TestbedError("%s: not caught up after %d s" % (self.what,
                                                             timeout))

    # What the topics say

    def compare(self):
        topics = self.topics()
        records, reads, rows, markers = 0, 0, 0, []
        problems, backwards, twice, again, behind = [], [], [], [], []
        tables = list(self.tables()) + [
            (mix.HOT, mix.Table(mix.HOT, "", "", "", ""))]
        for name, table in tables:
            topic = topics[split(name)]
            state = mix.Rebuilt(name, table.pseudo)
            for rec in self.broker.iterate(topic, timeout=600):
                state.take(rec)
                if rec.offset >= self.ends.get(topic, rec.offset + 1) \
                        and is_read(rec):
                    again.append("%s offset %d" % (topic, rec.offset))
            there = [json.loads(text) for (text,) in self.cluster.query(
                "SELECT row_to_json(t) FROM %s t" % name)]
            records += state.records
            rows += len(there)
            reads += sum(state.reads.values())
            problems += state.differences(there)
            backwards += state.backwards
            twice += ["%s %s: %d times" % (name, key, count)
                      for key, count in state.reads.items() if count > 1]
            if state.late_reads:
                behind.append("%s: %d" % (name, state.late_reads))
            markers.append((name, state.markers))
        bag, equal = self.compare_bag(topics[split(mix.BAG)])
        self.checks.ok(not problems and equal == bag, "%s: %d records, %d of "
                       "rows that were read, are the %d rows of the tables"
                       % (self.what, records, reads, rows),
                       shortened(problems) + ("" if equal == bag else
                                              "\n%s\n%s" % (equal, bag)))
        if not self.has_kills:
            self.checks.ok(not backwards, "%s: no row goes back in time"
                           % self.what, shortened(backwards))
            self.check_markers(markers)
        # An incremental one meets a row again that an update moved.
        if self.kind == "initial" and not self.has_kills:
            self.checks.ok(not twice, "%s: no row is read twice" % self.what,
                           shortened(twice))
        if self.kind == "initial" and not self.has_crashed:
            self.checks.ok(not behind, "%s: all that is read comes first"
                           % self.what, "\n".join(behind))
        self.checks.ok(not again, "%s: what was done is not read again "
                       "(%d topics)" % (self.what, len(self.ends)),
                       shortened(again))
        if self.has_kills:
            # What was read within about a second is not written down yet.
            self.checks.ok(len(twice) < 2 * ROWS_PER_SECOND * len(self.kills),
                           "%s: %d rows were read more than once"
                           % (self.what, len(twice)))

    def compare_bag(self, topic):
        """Each row is there; how often, only where nothing repeats."""
        bag = mix.Bag()
        for rec in self.broker.iterate(topic, timeout=600):
            bag.take(rec)
        there = {(int(v), w): int(n) for v, w, n in self.cluster.query(
            "SELECT v, w, count(*) FROM snap.bag GROUP BY v, w")}
        if self.kind == "initial" and not self.has_kills:
            return there, {key: n for key, n in bag.count.items() if n}
        return set(there), bag.seen & set(there)

    def check_markers(self, markers):
        if self.kind == "incremental":
            other = {m for _, seen in markers for m in seen} - {"incremental"}
            self.checks.ok(not other, "%s: rows say \"incremental\""
                           % self.what, str(other))
            return
        total = collections.Counter()
        for _, seen in markers:
            total.update(seen)
        self.checks.ok(total["first"] == total["last"] == 1
                       and "incremental" not in total,
                       "%s: one first and one last row" % self.what,
                       str(total))
        edges = [(name, seen) for name, seen in markers
                 if not self.as_root or "parted" not in name]
        wrong = [(name, seen) for name, seen in edges if
                 seen["first"] + seen["first_in_data_collection"] != 1
                 or seen["last"] + seen["last_in_data_collection"] != 1]
        self.checks.ok(not wrong, "%s: and of each table" % self.what,
                       str(wrong))


def narrow(suite, checks):
    """A table of many small rows: each comes once, in bounded memory."""
    rows = 10000000 if LONG else 300000
    cluster = suite.cluster
    cluster.query("CREATE TABLE public.narrow (id int PRIMARY KEY)")
    cluster.query("INSERT INTO narrow SELECT generate_series(1, %d)" % rows)
    began = time.monotonic()
    cluster.create_connector("narrow", {
        "bootstrap.servers": suite.broker.address,
        "table.include.list": "public.narrow", "snapshot.max.threads": "2"})
    use = meter.Meter(cluster)

    def has_come():
        use.sample()
        return suite.client.end_offset("narrow.public.narrow") >= rows
    wait_until("%d rows have come" % rows, has_come, rows / 1000, 0.1)
    took = time.monotonic() - began
    cluster.wait_connector("narrow")
    seen = bytearray(rows + 1)
    for rec in suite.broker.iterate("narrow.public.narrow", timeout=3600):
        seen[json.loads(rec.key)["id"]] += 1
    checks.ok(seen.count(1) == rows, "%d narrow rows, each once, %.0f/s"
              % (rows, rows / took), "%d are missing" % (seen.count(0) - 1))
    log("memory, MB: %s" % use.parts)
    checks.ok(use.memory < 200, "with %.0f MB for all processes"
              % use.memory, str(use.parts))
    cluster.query("SELECT wal2kafka.drop_connector('narrow')")
    wait_until("the connector is gone", lambda: cluster.value(
        "SELECT count(*) FROM wal2kafka.connectors") == "0")


def split(name):
    """("schema", "table") of a quoted name."""
    parts = name.split('"') if '"' in name else name.split(".")
    return tuple(p for p in parts if p not in ("", "."))


def is_read(rec):
    return rec.value is not None and json.loads(rec.value)["op"] == "r"


def shortened(lines):
    return "\n".join(lines[:10] + ["%d in all" % len(lines)])


class Suite:
    def __init__(self, checks, inst, seed):
        self.checks = checks
        self.cluster = Cluster(inst, "snapshots",
                               settings=["max_connections = 50"])
        self.broker = kafka.Broker("kafka-snapshots")
        self.mix = mix.Mix(self.cluster, seed, ROWS)
        self.client = None

    def start(self):
        self.cluster.init().start()
        self.broker.start()
        self.client = rd.Client(self.broker.address)
        self.cluster.script("CREATE EXTENSION wal2kafka;")
        self.cluster.script(mix.schema(ROWS))
        self.mix.start()

    def end(self):
        self.mix.stopping.set()
        self.mix.gate.set()
        self.broker.stop()
        self.cluster.destroy()


def run_suite():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20 if LONG else 4)
    parser.add_argument("--only", default="", help="number of a kind of round")
    args = parser.parse_args()
    checks = Checks("snapshots")
    if not kafka.fetch():
        checks.skip("snapshots", "no Kafka")
        return checks.finish()
    seed = int(os.environ.get("W2K_SEED") or time.time())
    log("W2K_SEED=%d" % seed)
    inst = Installation.private()
    inst.install_extension()
    suite = Suite(checks, inst, seed)
    kinds = [KINDS[int(n)] for n in args.only.split(",") if n] or KINDS
    try:
        suite.start()
        for number in range(args.rounds):
            kind, has_kills = kinds[number % len(kinds)]
            rnd = random.Random(seed * 1000 + number)
            Round(suite, number + 1, kind, has_kills, rnd).run()
        suite.mix.stop()
        narrow(suite, checks)
        return checks.finish()
    except TestbedError:
        print(suite.cluster.log_tail(60))
        raise
    finally:
        suite.end()


main(run_suite)
