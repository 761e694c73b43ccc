#!/usr/bin/env python3
"""make bench: speed, CPU and memory of three readers of the same WAL.

	noop		an output plugin that drops everything: decoding alone
	plugin		our output plugin alone, read by SQL
	wal2kafka	our worker and its sender
	Debezium	the real one, in Kafka Connect, as it comes

"formats" is the workload "insert" in one format after the other: what encoding
costs (the plugin's CPU less noop's), what it takes on the wire, and all of it
through worker and sender.

"snapshot" is rows that are there already, read by an initial snapshot;
"beside" is what an incremental one costs those who wait for changes: it
pauses every few seconds, so that what else the machine does is the same with
it and without.

Each workload is written once, before anybody reads; then one reader after
the other works through it, so that all do the same work.  CPU seconds are
those of the processes concerned: the backend, the worker and its sender, the
Java process.  Ratios within one run are what counts.

	W2K_BENCH_ROWS	rows of the workload "insert", default 1000000;
			the others scale with it
"""
import argparse
import json
import multiprocessing
import os
import re
import statistics
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../tools"))

from testbed import TestbedError, kafka, log, main, proc, rd, run, wait_until
from testbed import registry as registry_module
from testbed.meter import Meter
from testbed.postgres import Cluster, Installation, make_env
from testbed.pq import quote

ROWS = int(os.environ.get("W2K_BENCH_ROWS", "1000000"))

TEN = ("id bigint PRIMARY KEY, a int, b bigint, c text, d varchar(40), "
       "e boolean, f double precision, g numeric(12,2), h timestamptz, i uuid")
TEN_VALUES = ("i, i %% 1000, i * 7, 'customer name ' || i, md5(i::text), "
              "i %% 2 = 0, i / 3.0, (i %% 100000) / 100.0, "
              "now(), md5(i::text)::uuid")


BESIDE = ("no snapshot", "beside one")
# seconds between two rounds of "beside" that do not count
SETTLE = 0.3


class Workload:
    """A table, what writes it, and how many records that makes."""

    def __init__(self, name, columns, write, events, what):
        self.name = name
        self.table = name.replace("-", "_")
        self.columns = columns
        self.write = write
        self.events = events
        self.what = what


def in_transactions(rows, per_transaction, statement):
    """A procedure that commits as it goes; statement has %(from)s, %(to)s."""
    return """DO $do$ BEGIN
FOR n IN 0 .. %d LOOP
	%s;
	COMMIT;
END LOOP; END $do$""" % (
        rows // per_transaction - 1,
        statement % {"from": "n * %d + 1" % per_transaction,
                     "to": "(n + 1) * %d" % per_transaction})


def workloads():
    insert = ("INSERT INTO bench.%s SELECT " + TEN_VALUES.replace("%%", "%%%%")
              + " FROM generate_series(%%(from)s, %%(to)s) i")
    wide_columns = "id bigint PRIMARY KEY, " + ", ".join(
        "c%d %s" % (n, ("int", "text", "bigint", "numeric(10,2)",
                        "timestamptz")[n % 5]) for n in range(100))
    wide_values = "i, " + ", ".join(
        ("i", "'value ' || i", "i * 3::bigint", "(i %% 1000) / 10.0",
         "now()")[n % 5] for n in range(100))
    wide = ROWS // 10
    toast = ROWS // 100
    return [
        Workload("insert", TEN, [in_transactions(
            ROWS, 10, insert % "insert")], ROWS,
            "%d rows of 10 columns, 10 per transaction" % ROWS),
        Workload("bulk", TEN, [(insert % "bulk")
                               % {"from": 1, "to": ROWS}], ROWS,
                 "the same in one transaction"),
        Workload("update-full", TEN, [
            "ALTER TABLE bench.update_full REPLICA IDENTITY FULL",
            "-- start",
            in_transactions(ROWS // 2, 10, "UPDATE bench.update_full SET a = "
                            "a + 1, c = c || '!' WHERE id BETWEEN %(from)s "
                            "AND %(to)s")], ROWS // 2,
            "%d updates under REPLICA IDENTITY FULL" % (ROWS // 2)),
        Workload("wide", wide_columns, [in_transactions(
            wide, 10, "INSERT INTO bench.wide SELECT " + wide_values
            + " FROM generate_series(%(from)s, %(to)s) i")], wide,
            "%d rows of 101 columns" % wide),
        Workload("toast", "id bigint PRIMARY KEY, v text", [
            "ALTER TABLE bench.toast ALTER v SET STORAGE EXTERNAL",
            "-- start",
            in_transactions(
                toast, 1, "INSERT INTO bench.toast SELECT i, "
                "repeat(md5(i::text), 640) FROM "
                "generate_series(%(from)s, %(to)s) i")], toast,
            "%d values of 20 kB" % toast),
    ]


FORMATS = ("json", "json-with-schemas", "protobuf")
# these ask a registry, once for each schema
REGISTRY_FORMATS = ("json-registry", "avro", "protobuf-registry")


class Result:
    def __init__(self, rate=None, cpu=None, memory=None):
        self.rate = rate        # events per second
        self.cpu = cpu          # CPU seconds per million events
        self.memory = memory    # MB


class Bench:
    def __init__(self, cluster, broker, readers):
        self.cluster = cluster
        self.broker = broker
        self.readers = readers
        self.client = rd.Client(broker.address)

    # Writing

    def prepare(self, load):
        """The table, its rows where it updates them, and the slots."""
        self.cluster.query("CREATE TABLE bench.%s (%s)"
                           % (load.table, load.columns))
        steps = list(load.write)
        if "-- start" in steps:
            at = steps.index("-- start")
            for step in steps[:at]:
                self.cluster.query(step)
            steps = steps[at + 1:]
        if load.name == "update-full":
            self.cluster.query("INSERT INTO bench.update_full SELECT "
                               + TEN_VALUES.replace("%%", "%")
                               + " FROM generate_series(1, %d) i"
                               % load.events)
        self.cluster.query("CHECKPOINT")
        if "noop" in self.readers:
            self.slot("noop", "w2k_noop")
        if "plugin" in self.readers:
            self.slot("plugin", "wal2kafka")
        if "debezium" in self.readers:
            self.slot("dbz", "pgoutput")
        if "wal2kafka" in self.readers:
            with self.cluster.connect() as conn:
                conn.query("SELECT wal2kafka.create_connector(%s::jsonb)"
                           % quote(json.dumps({
                               "name": "bench", "initial_state": "PAUSED",
                               "config": self.our_config(load)})))
            self.cluster.wait_connector("bench", "paused")
        began = time.monotonic()
        with self.cluster.connect() as conn:
            conn.query("SET synchronous_commit = off")
            for step in steps:
                conn.query(step)
        self.cluster.query("CHECKPOINT")
        log("%s: %s, written in %.0f s"
            % (load.name, load.what, time.monotonic() - began))

    def our_config(self, load, **more):
        return dict({"bootstrap.servers": self.broker.address,
                     "topic.prefix": "ours", "snapshot.mode": "no_data",
                     "table.include.list": "bench." + load.table}, **more)

    def slot(self, name, plugin):
        self.cluster.query("SELECT pg_create_logical_replication_slot("
                           "'%s', '%s')" % (name, plugin))

    def drop_slot(self, name):
        wait_until("slot %s is free" % name, lambda: self.cluster.value(
            "SELECT active FROM pg_replication_slots WHERE slot_name = '%s'"
            % name) == "f", 60)
        self.cluster.query("SELECT pg_drop_replication_slot('%s')" % name)

    # Reading

    def by_sql(self, load, slot, call):
        """A backend that decodes and drops the outcome."""
        with self.cluster.connect() as conn:
            cpu, began = proc.cpu_seconds(conn.pid), time.monotonic()
            conn.query(call)
            took = time.monotonic() - began
            result = Result(load.events / took,
                            (proc.cpu_seconds(conn.pid) - cpu)
                            / load.events * 1e6,
                            proc.anon_mb(conn.pid))
        self.drop_slot(slot)
        return result

    def run_noop(self, load):
        return self.by_sql(load, "noop", "SELECT count(*) FROM "
                           "pg_logical_slot_peek_changes('noop', NULL, NULL)")

    def run_plugin(self, load):
        """The plugin without worker and broker; its output goes into a
        tuple store, which counts here too."""
        return self.by_sql(
            load, "plugin", "SELECT count(*) FROM "
            "pg_logical_slot_peek_binary_changes('plugin', NULL, NULL, "
            "'framing', 'binary', 'topic.prefix', 'ours', "
            "'table.include.list', 'bench.%s')" % load.table)

    def until_delivered(self, topic, events, sample, timeout=1800):
        """Seconds from the first record on; sample() is called meanwhile."""
        end = time.monotonic() + timeout
        last, last_change = 0, time.monotonic()
        while True:
            now = time.monotonic()
            got = self.client.end_offset(topic)
            if got >= events:
                return now
            if got != last:
                last, last_change = got, now
            if now > end or now - last_change > 120:
                raise TestbedError("only %d of %d records are on %s"
                                   % (got, events, topic))
            sample()
            time.sleep(0.02)

    def run_wal2kafka(self, load, name="bench", prefix="ours"):
        topic = "%s.bench.%s" % (prefix, load.table)
        self.cluster.query("SELECT wal2kafka.resume_connector('%s')" % name)
        began = time.monotonic()
        self.cluster.wait_connector(name, "streaming")
        worker, sender = wait_until(
            "there is a sender",
            lambda: (lambda p: p if all(p) else None)(
                self.cluster.worker_pids(name)), 10, 0.01)
        memory = [0]
        next_sample = [0]

        def sample():
            if time.monotonic() >= next_sample[0]:
                memory[0] = max(memory[0], proc.anon_mb(worker)
                                + proc.rss_mb(sender))
                next_sample[0] = time.monotonic() + 0.2
        took = self.until_delivered(topic, load.events, sample) - began
        sample()
        # Both processes are new: all their CPU is this workload's.
        cpu = proc.cpu_seconds(worker) + proc.cpu_seconds(sender)
        self.drop_connector(name)
        return Result(load.events / took, cpu / load.events * 1e6, memory[0])

    def run_debezium(self, load):
        connect = kafka.Connect(self.broker, "connect-" + load.table,
                                heap=2048)
        try:
            connect.start()
            cpu, began = proc.cpu_seconds(connect.pid), time.monotonic()
            connect.call("POST", "/connectors", {
                "name": "bench",
                "config": self.debezium_config(load.table)})
            took = self.until_delivered("theirs.bench." + load.table,
                                        load.events, lambda: None) - began
            return Result(load.events / took,
                          (proc.cpu_seconds(connect.pid) - cpu)
                          / load.events * 1e6, proc.peak_mb(connect.pid))
        finally:
            connect.stop()
            self.drop_slot("dbz")

    def debezium_config(self, table, **more):
        config = kafka.debezium_config(self.cluster, "theirs")
        config.update({"slot.name": "dbz", "publication.name": "bench",
                       "publication.autocreate.mode": "disabled",
                       "table.include.list": "bench." + table})
        del config["poll.interval.ms"]
        config.update(more)
        return config

    # Formats

    def formats(self):
        """The same rows in each format: rows of a table."""
        if not registry_module.fetch():
            return self.measure_formats(FORMATS, None)
        registry = registry_module.Registry()
        try:
            registry.start()
            return self.measure_formats(FORMATS + REGISTRY_FORMATS, registry)
        finally:
            registry.stop()

    def measure_formats(self, formats, registry):
        def prefix(name):
            # Avro and Protobuf have rules for names
            return "in_" + name.replace("-", "_")

        load = workloads()[0]
        self.cluster.query("CREATE TABLE bench.%s (%s)"
                           % (load.table, load.columns))
        self.slot("noop", "w2k_noop")
        self.slot("plugin", "wal2kafka")
        for name in formats:
            self.cluster.query(
                "SELECT wal2kafka.create_connector(%s::jsonb)"
                % quote(json.dumps({
                    "name": name, "initial_state": "PAUSED",
                    "config": self.our_config(load, **dict({
                        "format": name, "topic.prefix": prefix(name)},
                        **({"schema.registry.url": registry.url}
                           if name in REGISTRY_FORMATS else {})))})))
            self.cluster.wait_connector(name, "paused")
        with self.cluster.connect() as conn:
            conn.query("SET synchronous_commit = off")
            for step in load.write:
                conn.query(step)
        self.cluster.query("CHECKPOINT")
        noop = min(self.decode("noop", load)[0] for _ in range(3))
        rows = []
        for name in formats:
            costs = [self.decode("plugin", load, name) for _ in range(3)]
            ours = self.run_wal2kafka(load, name, prefix(name))
            rows.append((name, costs[0][1], min(c[0] for c in costs) - noop,
                         ours.rate, ours.cpu))
            log("%-18s %4.0f bytes  %4.1f CPU s per M to encode, "
                "%9.0f events/s %7.1f CPU s per M" % rows[-1])
        self.drop_slot("noop")
        self.drop_slot("plugin")
        self.cluster.query("DROP TABLE bench." + load.table)
        return rows

    def decode(self, slot, load, name=None):
        """CPU s per M, and bytes for a record with its frame."""
        call = ("SELECT count(*) FROM "
                "pg_logical_slot_peek_changes('%s', NULL, NULL)" % slot)
        if name:
            call = ("SELECT sum(length(data)) FROM "
                    "pg_logical_slot_peek_binary_changes('%s', NULL, NULL, "
                    "'framing', 'binary', 'topic.prefix', 'ours', "
                    "'table.include.list', 'bench.%s', 'format', '%s')"
                    % (slot, load.table, name))
        with self.cluster.connect() as conn:
            conn.query("SET work_mem = '2GB'")  # nothing goes to a file
            cpu = proc.cpu_seconds(conn.pid)
            size = conn.query(call)
            return ((proc.cpu_seconds(conn.pid) - cpu) / load.events * 1e6,
                    int(size[0][0]) / load.events if name else 0)

    # Existing rows

    def fill_snapshot(self):
        """The rows that are there."""
        if self.cluster.value("SELECT to_regclass('bench.snapshot')"):
            return
        self.cluster.query("CREATE TABLE bench.snapshot (%s)" % TEN)
        self.cluster.query("INSERT INTO bench.snapshot SELECT "
                           + TEN_VALUES.replace("%%", "%")
                           + " FROM generate_series(1, %d) i" % ROWS)
        self.cluster.query("VACUUM (FREEZE, ANALYZE) bench.snapshot")
        self.cluster.query("CHECKPOINT")

    def snapshot(self, readers):
        """They are read and on the topic: name -> Result."""
        self.fill_snapshot()
        results = {}
        for reader in ("wal2kafka", "debezium"):
            if reader in readers:
                results[reader] = getattr(self, "snapshot_" + reader)()
        return results

    def snapshot_wal2kafka(self):
        began = time.monotonic()
        self.cluster.create_connector("bench", {
            "bootstrap.servers": self.broker.address, "topic.prefix": "ours",
            "snapshot.mode": "initial",
            "table.include.list": "bench.snapshot"})
        meter = Meter(self.cluster)
        took = self.until_delivered("ours.bench.snapshot", ROWS,
                                    meter.sample) - began
        meter.sample()
        self.cluster.wait_connector("bench")
        self.drop_connector()
        return Result(ROWS / took, sum(meter.cpu.values()) / ROWS * 1e6,
                      meter.memory)

    def snapshot_debezium(self):
        connect = kafka.Connect(self.broker, "connect-snapshot", heap=2048)
        try:
            connect.start()
            cpu, began = proc.cpu_seconds(connect.pid), time.monotonic()
            connect.call("POST", "/connectors", {
                "name": "bench", "config": self.debezium_config(
                    "snapshot", **{"snapshot.mode": "initial"})})
            took = self.until_delivered("theirs.bench.snapshot", ROWS,
                                        lambda: None) - began
            return Result(ROWS / took, (proc.cpu_seconds(connect.pid) - cpu)
                          / ROWS * 1e6, proc.peak_mb(connect.pid))
        finally:
            connect.stop()
            self.drop_slot("dbz")

    def drop_connector(self, name="bench"):
        self.cluster.query("SELECT wal2kafka.drop_connector('%s')" % name)
        wait_until("the connector is gone", lambda: self.cluster.value(
            "SELECT count(*) FROM wal2kafka.connectors WHERE name = '%s'"
            % name) == "0", 60)

    def latency_beside(self, rate, seconds, rounds):
        """Percentiles (ms) without an incremental snapshot, and beside one
        of the table "snapshot" that begins again whenever it is over."""
        self.fill_snapshot()
        table = "latency_beside_%d" % rate
        self.cluster.query("CREATE TABLE bench.%s (id bigint PRIMARY KEY, "
                           "v text)" % table)
        self.cluster.create_connector("bench", {
            "bootstrap.servers": self.broker.address, "topic.prefix": "ours",
            "snapshot.mode": "no_data",
            "table.include.list": "bench.snapshot,bench." + table})
        self.cluster.wait_connector("bench")
        topic = "ours.bench." + table
        self.write_at(table, 100, 3, -1000000)
        wait_until("the topic is there",
                   lambda: self.client.end_offset(topic) > 0)
        phases = []
        alternating = threading.Thread(target=self.alternate,
                                       args=(seconds, rounds, phases))
        alternating.start()
        got = self.delays(table, topic, rate,
                          2 * rounds * (seconds + SETTLE), 0)
        alternating.join()
        self.drop_connector()
        return [percentiles([ms for committed, ms in got
                             if any(begin <= committed < end for begin, end, n
                                    in phases if n == is_beside)])
                for is_beside in range(2)]

    def alternate(self, seconds, rounds, phases):
        """Incremental snapshots, one after the other, that pause for half of
        the time; phases: (begin, end, 1 if one is read)."""
        rows = "SELECT sum(rows_read) FROM wal2kafka.connector_snapshot"
        states = ("SELECT 1 FROM wal2kafka.connector_snapshot "
                  "WHERE state IN ('waiting', 'reading')")
        read = 0
        time.sleep(3)
        with self.cluster.connect() as conn:
            for number in range(2 * rounds):
                is_beside = number % 2
                conn.query("SELECT wal2kafka.signal('bench', '%s-snapshot', "
                           "'{}')" % ("resume" if is_beside else "pause"))
                time.sleep(SETTLE)
                before = int(conn.query(rows)[0][0] or 0)
                begin = time.time()
                while time.time() < begin + seconds:
                    if is_beside and not conn.query(states):
                        conn.query("SELECT wal2kafka.start_snapshot('bench', "
                                   "'{bench.snapshot}')")
                    time.sleep(0.2)
                read += int(conn.query(rows)[0][0] or 0) - before
                phases.append((begin, time.time(), is_beside))
        log("%.0f rows/s were read beside" % (read / sum(
            end - begin for begin, end, n in phases if n)))

    # Latency

    def latency(self, reader, rate, seconds):
        """Percentiles (ms) from a client's COMMIT to the consumer."""
        table = "latency_%s_%d" % (reader, rate)
        self.cluster.query("CREATE TABLE bench.%s (id bigint PRIMARY KEY, "
                           "v text)" % table)
        connect = None
        if reader == "wal2kafka":
            prefix = "ours"
            self.cluster.create_connector("bench", {
                "bootstrap.servers": self.broker.address,
                "topic.prefix": "ours", "snapshot.mode": "no_data",
                "table.include.list": "bench." + table})
            self.cluster.wait_connector("bench")
        else:
            prefix = "theirs"
            self.slot("dbz", "pgoutput")
            connect = kafka.Connect(self.broker, "connect-" + table,
                                    heap=2048)
            connect.start()
            connect.create("bench", self.debezium_config(
                table, **{"poll.interval.ms": "10"}))
            wait_until("Debezium reads", lambda: self.cluster.value(
                "SELECT active FROM pg_replication_slots "
                "WHERE slot_name = 'dbz'") == "t", 60)
        topic = "%s.bench.%s" % (prefix, table)
        # Warm up: the topic, the connections, the compiled code.
        self.write_at(table, 100, 3, -1000000)
        wait_until("the topic is there",
                   lambda: self.client.end_offset(topic) > 0)
        got = percentiles([ms for _, ms in self.delays(
            table, topic, rate, seconds, 0)])
        if connect:
            connect.stop()
            self.drop_slot("dbz")
        else:
            self.drop_connector()
        return got

    def delays(self, table, topic, rate, seconds, base):
        """Of each row, when it was committed and ms until it was read."""
        time.sleep(1)
        arrivals = multiprocessing.Queue()
        total = int(rate * seconds)
        reading = multiprocessing.Process(
            target=read_arrivals,
            args=(self.broker.address, topic, total, base, arrivals))
        reading.start()
        time.sleep(1.5)
        commits = self.write_at(table, rate, seconds, base)
        got = arrivals.get(timeout=seconds + 60)
        reading.join()
        both = [(commits[i], (got[i] - commits[i]) * 1000) for i in commits
                if i in got]
        if len(both) < 0.9 * total:
            raise TestbedError("%s: %d of %d rows arrived"
                               % (table, len(both), total))
        return both

    def write_at(self, table, rate, seconds, base):
        """One-row commits at a steady rate: id -> when COMMIT returned."""
        clients = 1 if rate <= 100 else 4
        commits = {}

        def client(number):
            with self.cluster.connect() as conn:
                begin = time.time()
                for n in range(int(rate * seconds / clients)):
                    wait = begin + (n + number / clients) * clients / rate \
                        - time.time()
                    if wait > 0:
                        time.sleep(wait)
                    key = base + n * clients + number
                    conn.query("INSERT INTO bench.%s VALUES (%d, "
                               "'some text of a row')" % (table, key))
                    commits[key] = time.time()
        threads = [threading.Thread(target=client, args=(n,))
                   for n in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return commits

    # Backends

    def pgbench(self, rounds, seconds, are_apart):
        """tps beside a plain slot consumer and beside our connector.

        Apart: the clients and their backends have one processor, whoever
        reads the WAL and the broker have the other.  That shows what a
        connector costs the backends themselves; together, also what its
        processes and the broker take of a machine that is full already.
        """
        program = self.cluster.inst.program
        base = ["-h", "127.0.0.1", "-p", str(self.cluster.port), "-U",
                "postgres"]
        run([program("pgbench"), *base, "-i", "-q", "-s", "10", "postgres"])
        everyone = os.sched_getaffinity(0)
        clients = {min(everyone)}
        readers = everyone - clients
        own = [self.cluster.postmaster_pid()] + [
            p[0] for p in proc.descendants(self.cluster.postmaster_pid())]
        if are_apart:
            for pid in own:
                proc.pin(pid, clients)
            proc.pin(self.broker.pid, readers)
        rates = {"plain": [], "wal2kafka": []}
        for n in range(rounds):
            for reader in ("plain", "wal2kafka") if n % 2 == 0 \
                    else ("wal2kafka", "plain"):
                stop, pids = self.start_reader(reader, base)
                argv = [program("pgbench"), *base, "-c", "4", "-j", "2",
                        "-T", str(seconds), "-n", "postgres"]
                if are_apart:
                    for pid in pids:
                        proc.pin(pid, readers)
                    argv = ["taskset", "-c", str(min(clients))] + argv
                out = run(argv)
                stop()
                rates[reader].append(float(
                    re.search(r"tps = ([\d.]+)", out)[1]))
        if are_apart:
            for pid in own + [self.broker.pid]:
                proc.pin(pid, everyone)
        log("pgbench %s: %s" % ("apart" if are_apart else "together", rates))
        return {k: statistics.median(v) for k, v in rates.items()}

    def start_reader(self, reader, base):
        if reader == "plain":
            self.slot("plain", "test_decoding")
            process = subprocess.Popen(
                [self.cluster.inst.program("pg_recvlogical"), *base, "-d",
                 "postgres", "--slot", "plain", "--start", "-f", os.devnull])
            walsender = wait_until("the slot is read", lambda: self.cluster
                                   .value("SELECT active_pid FROM "
                                          "pg_replication_slots WHERE "
                                          "slot_name = 'plain'"))
            pids = (process.pid, int(walsender))

            def stop():
                process.terminate()
                process.wait()
                self.drop_slot("plain")
        else:
            self.cluster.create_connector("bench", {
                "bootstrap.servers": self.broker.address,
                "topic.prefix": "ours", "snapshot.mode": "no_data",
                "schema.include.list": "public"})
            self.cluster.wait_connector("bench")
            pids = self.cluster.worker_pids("bench")

            stop = self.drop_connector
        time.sleep(1)
        return stop, pids


def percentiles(delays):
    delays = sorted(delays)
    return [delays[int(len(delays) * q)] for q in (0.5, 0.95, 0.99)]


def read_arrivals(address, topic, total, base, queue):
    client = rd.Client(address)
    got = {}
    quiet = [time.time() + 60]

    def stopping():
        return len(got) >= total or time.time() > quiet[0]
    for now, value in client.consume(topic, stopping):
        key = json.loads(value)["after"]["id"]
        if key >= base:
            got[key] = now
            quiet[0] = now + 10
    queue.put(got)


def show(title, rows):
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    print("\n" + title)
    for n, row in enumerate(rows):
        print("| " + " | ".join(c.ljust(w) for c, w in zip(row, widths))
              + " |")
        if n == 0:
            print("|" + "|".join("-" * (w + 2) for w in widths) + "|")


def number(value, digits=0):
    return "-" if value is None else "{:,.{}f}".format(value, digits)


def run_bench():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", default="noop,plugin,wal2kafka,debezium")
    parser.add_argument("--workloads", default="insert,bulk,update-full,wide,"
                        "toast,formats,snapshot,beside,latency,pgbench")
    parser.add_argument("--rates", default="100,1000")
    parser.add_argument("--pauses", type=int, default=15,
                        help="of \"beside\", each of two seconds")
    parser.add_argument("--rounds", type=int, default=6,
                        help="of pgbench beside each reader")
    args = parser.parse_args()
    readers, chosen = args.readers.split(","), args.workloads.split(",")
    if not kafka.fetch():
        raise TestbedError("the benchmark needs a real Kafka")
    inst = Installation.private()
    inst.install_extension()
    run(["make", "-C", HERE + "/noop", "PG_CONFIG=" + inst.pg_config,
         "install"], env=make_env())
    cluster = Cluster(inst, "bench", preload="wal2kafka" in readers,
                      settings=[
        "shared_buffers = 512MB", "max_wal_size = 20GB",
        "checkpoint_timeout = 1h", "autovacuum = off"])
    broker = kafka.Broker("kafka-bench", heap=1024)
    try:
        cluster.init().start()
        broker.start()
        cluster.script("CREATE SCHEMA bench; CREATE PUBLICATION bench FOR "
                       "TABLES IN SCHEMA bench;")
        if "wal2kafka" in readers:
            cluster.query("CREATE EXTENSION wal2kafka")
        bench = Bench(cluster, broker, readers)
        table, latencies = [], []
        for load in workloads():
            if load.name in chosen:
                table.append((load, measure(bench, load, readers)))
        formats = bench.formats() if "formats" in chosen else []
        if "snapshot" in chosen:
            results = bench.snapshot(readers)
            table.append((Workload("snapshot", TEN, [], ROWS, ""), results))
            for reader, got in results.items():
                log("%-12s %-10s %9.0f rows/s   %7.1f CPU s per M %6.0f MB"
                    % ("snapshot", reader, got.rate, got.cpu, got.memory))
        if "beside" in chosen and "wal2kafka" in readers:
            for rate in map(int, args.rates.split(",")):
                both = bench.latency_beside(rate, 2, args.pauses)
                for name, got in zip(BESIDE, both):
                    latencies.append((name, rate, got))
        if "latency" in chosen:
            for reader in ("wal2kafka", "debezium"):
                for rate in map(int, args.rates.split(",")):
                    if reader in readers:
                        got = bench.latency(reader, rate, 15)
                        latencies.append((reader, rate, got))
                        log("latency %s %d/s: p50 %.2f p95 %.2f p99 %.2f ms"
                            % (reader, rate, *got))
        print_results(table, latencies)
        print_formats(formats)
        if "pgbench" in chosen:
            for are_apart in (True, False):
                tps = bench.pgbench(args.rounds, 10, are_apart)
                print("\npgbench -c 4, %s: %.0f tps beside a plain slot "
                      "consumer, %.0f beside a connector: %+.1f%%"
                      % ("backends on a processor of their own"
                         if are_apart else "all on the same processors",
                         tps["plain"], tps["wal2kafka"],
                         (tps["wal2kafka"] / tps["plain"] - 1) * 100))
        bench.client.close()
        return 0
    except TestbedError:
        print(cluster.log_tail(40))
        raise
    finally:
        broker.stop()
        cluster.destroy()


def measure(bench, load, readers):
    bench.prepare(load)
    results = {}
    for reader in ("noop", "plugin", "wal2kafka", "debezium"):
        if reader in readers:
            results[reader] = getattr(bench, "run_" + reader)(load)
            got = results[reader]
            log("%-12s %-10s %9.0f events/s %7.1f CPU s per M %6.0f MB"
                % (load.name, reader, got.rate, got.cpu, got.memory))
    bench.cluster.query("DROP TABLE bench." + load.table)
    bench.cluster.query("CHECKPOINT")
    return results


def print_results(table, latencies):
    rows = [("workload", "noop: CPU s per M", "plugin: CPU s per M",
             "Debezium: events/s", "CPU s per M", "MB", "wal2kafka: events/s",
             "CPU s per M", "MB", "times faster", "times less CPU")]
    nothing = Result()
    for load, results in table:
        noop = results.get("noop", nothing)
        plugin = results.get("plugin", nothing)
        theirs = results.get("debezium", nothing)
        ours = results.get("wal2kafka", nothing)
        has_both = theirs.rate and ours.rate
        rows.append((
            load.name, number(noop.cpu, 1), number(plugin.cpu, 1),
            number(theirs.rate), number(theirs.cpu, 1), number(theirs.memory),
            number(ours.rate), number(ours.cpu, 1), number(ours.memory),
            number(ours.rate / theirs.rate if has_both else None, 1),
            number(theirs.cpu / ours.cpu if has_both else None, 1)))
    if len(rows) > 1:
        show("Throughput, from WAL already written", rows)
    if latencies:
        show("Commit to consumer, ms", [
            ("reader", "commits/s", "p50", "p95", "p99")] + [
                (reader, str(rate)) + tuple(number(x, 2) for x in got)
                for reader, rate, got in latencies])


def print_formats(formats):
    """Beside JSON, which is the first."""
    if not formats:
        return
    rows = [("format", "bytes", "of JSON's", "to encode: CPU s per M",
             "of JSON's", "wal2kafka: events/s", "CPU s per M")]
    for name, size, cost, rate, cpu in formats:
        rows.append((name, number(size), "%.0f%%" % (size / formats[0][1] * 100),
                     number(cost, 2), "%.0f%%" % (cost / formats[0][2] * 100),
                     number(rate), number(cpu, 1)))
    show("Formats, the workload \"insert\"", rows)


main(run_bench)
