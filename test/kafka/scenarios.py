#!/usr/bin/env python3
"""What an administrator does to a server with connectors, on a real broker:
restarts, stops, long broker outages, a take-over from Debezium, promotion,
several databases, a container.  Names as arguments run only those.
"""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../tools"))
sys.path.insert(0, HERE)

from testbed import (Checks, IS_ROOT, LONG, PG_USER, TestbedError,
                     as_server_user, kafka, log, main, proc, rd, run,
                     wait_until)
from testbed.postgres import Cluster, Installation
from testbed.pq import PgError, quote
import load as load_module

# What a worker says that could not wait for its acknowledgements any longer.
CUT_SHORT = "ends before all of its records were acknowledged"


class Scenarios:
    def __init__(self, checks, inst, broker):
        self.checks = checks
        self.inst = inst
        self.broker = broker
        self.client = rd.Client(broker.address)
        self.clusters = []

    # Helpers

    def cluster(self, name, *settings, sql=""):
        """A new server with the extension."""
        cluster = Cluster(self.inst, name, settings=settings)
        self.clusters.append(cluster)
        cluster.init().start()
        cluster.script("CREATE EXTENSION wal2kafka;" + sql)
        return cluster

    def connector(self, cluster, name, tables, database="postgres", **more):
        config = {"bootstrap.servers": self.broker.address,
                  "topic.prefix": name, "table.include.list": tables,
                  "snapshot.mode": "no_data"}
        for key, value in more.items():
            config[key.replace("__", "-").replace("_", ".")] = value
        cluster.create_connector(name, config, database)
        cluster.wait_connector(name, database=database)

    def deliver(self, cluster, name, timeout=180, database="postgres"):
        """Everything committed by now is acknowledged."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            try:
                if cluster.value(
                        "SELECT wal2kafka.wait_for_delivery(%s, NULL, '5 s')"
                        % quote(name), database) == "t":
                    return
            except PgError as err:
                if "failed" in str(err):
                    raise TestbedError(str(err)) from None
                time.sleep(0.1)
        raise TestbedError("connector \"%s\" delivers nothing: %s\n%s" % (
            name, cluster.query("SELECT state, last_error FROM "
                                "wal2kafka.connectors", database),
            cluster.log_tail()))

    def ids(self, topic):
        """How many records, and how many different keys, are on a topic."""
        seen, count = set(), 0
        for rec in self.broker.iterate(topic, timeout=600):
            seen.add(rec.key)
            count += 1
        return count, len(seen)

    def processes(self, cluster):
        postmaster = cluster.postmaster_pid()
        return [postmaster] + [p[0] for p in proc.descendants(postmaster)]

    def are_gone(self, pids, seconds=60):
        def probe():
            proc.reap(pids)
            return not any(proc.state(p) for p in pids)
        try:
            return wait_until("all is gone", probe, seconds)
        except TestbedError:
            log("left: " + "; ".join(
                "%d %s %s" % (p, proc.state(p), proc.cmdline(p))
                for p in pids if proc.state(p)))
            return False

    # Scenarios

    def maps(self):
        """No server process maps what talks to Kafka or to a registry; the
        sender does."""
        ours = ["librdkafka", "libcurl", "libjansson"]
        cluster = self.cluster("maps", sql="CREATE TABLE t (id int PRIMARY "
                               "KEY); INSERT INTO t VALUES (1);")
        self.connector(cluster, "maps", "public.t",
                       producer_override_client_id="secret-in-config")
        with cluster.connect() as conn:
            # This backend has loaded the library, by plugin and function.
            conn.query("SELECT count(*) FROM wal2kafka.peek('maps')")
            conn.query("SELECT count(*) FROM wal2kafka.stat_kafka")
            worker, sender = cluster.worker_pids("maps")
            bad = [(pid, lib) for pid in self.processes(cluster)
                   if pid != sender for lib in proc.maps(pid)
                   if any(name in lib for name in ours)]
            self.checks.ok(not bad, "no server process maps %s"
                           % ", ".join(ours), str(bad))
        for name in ours:
            self.checks.ok(any(name in lib for lib in proc.maps(sender)),
                           "the sender maps " + name)
        self.checks.ok(proc.parent(sender) == worker,
                       "the sender is the worker's child")
        with open("/proc/%d/environ" % sender, "rb") as file:
            seen = proc.cmdline(sender) + file.read().decode("latin1")
        self.checks.ok("secret-in-config" not in seen
                       and self.broker.address not in seen,
                       "nothing of the configuration in argv or environment",
                       seen)
        kinds = [row[0] for row in cluster.query(
            "SELECT backend_type FROM pg_stat_activity WHERE backend_type "
            "LIKE 'wal2kafka%' ORDER BY 1")]
        self.checks.ok(len(kinds) == 2, "launcher and worker are in "
                       "pg_stat_activity", str(kinds))
        cluster.destroy()

    def clean_restart(self):
        """Stopped and started in order: nothing is sent again."""
        cluster = self.cluster("restart", sql="CREATE TABLE r (id int "
                               "PRIMARY KEY, v text);")
        self.connector(cluster, "restart", "public.r")
        for number, mode in enumerate(("fast", "smart", "fast")):
            cluster.query("INSERT INTO r SELECT i, 'x' FROM generate_series("
                          "%d, %d) i" % (number * 1000, number * 1000 + 999))
            self.deliver(cluster, "restart")
            pids = self.processes(cluster)
            # the disk's time is none of ours
            cluster.query("CHECKPOINT")
            began = time.monotonic()
            cluster.stop(mode)
            took = time.monotonic() - began
            self.checks.ok(took < 2, "%s stop takes %.2f s" % (mode, took))
            self.checks.ok(self.are_gone(pids),
                           "nothing is left after a %s stop" % mode)
            cluster.start()
            cluster.wait_connector("restart")
        # Without waiting first: a stop drains what it can.
        cluster.query("INSERT INTO r VALUES (-1, 'at the last moment')")
        cluster.restart()
        cluster.wait_connector("restart")
        self.deliver(cluster, "restart")
        worker, _ = cluster.worker_pids("restart")
        cluster.query("SELECT wal2kafka.restart_connector('restart')")
        wait_until("there is another worker", lambda: cluster.worker_pids(
            "restart")[0] not in (None, worker))
        cluster.wait_connector("restart")
        cluster.query("SELECT wal2kafka.stop_connector('restart')")
        cluster.wait_connector("restart", "stopped")
        cluster.query("SELECT wal2kafka.resume_connector('restart')")
        cluster.wait_connector("restart")
        cluster.query("INSERT INTO r VALUES (-2, 'after')")
        self.deliver(cluster, "restart")
        got = self.ids("restart.public.r")
        # One that could not wait for an acknowledgement any longer says so.
        is_said = CUT_SHORT in cluster.log_text()
        self.checks.ok(got == (3002, 3002) or got[1] == 3002 and is_said,
                       "clean restarts resend nothing: %d records of %d "
                       "keys, 3002 expected" % got)
        pids = self.processes(cluster)
        cluster.stop("immediate")
        self.checks.ok(self.are_gone(pids),
                       "nothing is left after an immediate stop")
        cluster.start()
        cluster.wait_connector("restart")
        worker, sender = cluster.worker_pids("restart")
        cluster.query("SELECT wal2kafka.drop_connector('restart')")
        wait_until("slot and rows are gone", lambda: cluster.query(
            "SELECT (SELECT count(*) FROM pg_replication_slots), "
            "(SELECT count(*) FROM wal2kafka.connector_progress), "
            "(SELECT count(*) FROM wal2kafka.connectors)")
            == [("0", "0", "0")])
        self.checks.ok(self.are_gone([worker, sender]),
                       "drop_connector ends worker and sender")
        cluster.destroy()

    def broker_absent(self):
        """A broker that is away for long costs WAL, and nothing else."""
        rows = 1000000 if LONG else 200000
        broker = kafka.Broker("kafka-absent")
        broker.start()
        cluster = self.cluster("absent", sql="CREATE TABLE a (id int PRIMARY "
                               "KEY, v text);")
        try:
            config = {"bootstrap.servers": broker.address,
                      "topic.prefix": "absent", "snapshot.mode": "no_data"}
            cluster.create_connector("absent", config)
            cluster.wait_connector("absent")
            cluster.query("INSERT INTO a VALUES (0, 'first')")
            self.deliver(cluster, "absent")
            broker.stop()
            peak, slowest = [0], [0]
            stopping = threading.Event()

            def watch():
                while not stopping.is_set():
                    began = time.monotonic()
                    cluster.value("SELECT 1")
                    slowest[0] = max(slowest[0], time.monotonic() - began)
                    worker, sender = cluster.worker_pids("absent")
                    for pid, size in ((worker, proc.anon_mb),
                                      (sender, proc.rss_mb)):
                        pass
                    try:
                        peak[0] = max(peak[0], sum(
                            size(pid) for pid, size in
                            ((worker, proc.anon_mb), (sender, proc.rss_mb))
                            if pid))
                    except (OSError, ValueError):
                        pass
                    time.sleep(0.2)
            watcher = threading.Thread(target=watch)
            watcher.start()
            step = rows // 20
            for n in range(20):
                cluster.query(
                    "INSERT INTO a SELECT i, repeat(md5(i::text), 20) FROM "
                    "generate_series(%d, %d) i" % (n * step + 1,
                                                   (n + 1) * step))
            time.sleep(15)
            stopping.set()
            watcher.join()
            self.checks.ok(peak[0] < 200, "memory stays bounded without a "
                           "broker: %.0f MB for worker and sender, %s of "
                           "changes wait" % (peak[0], cluster.value(
                               "SELECT pg_size_pretty(pg_wal_lsn_diff("
                               "pg_current_wal_lsn(), confirmed_flush_lsn)) "
                               "FROM pg_replication_slots")))
            self.checks.ok(slowest[0] < 5, "clients are unaffected: the "
                           "slowest query took %.2f s" % slowest[0])
            state = cluster.query("SELECT state, last_error FROM "
                                  "wal2kafka.connectors")[0]
            self.checks.ok(state[0] in ("retrying", "streaming")
                           and (state[1] or state[0] == "retrying"),
                           "the view says so: %s" % (state,))
            cluster.query("CHECKPOINT")
            began = time.monotonic()
            cluster.stop("fast")
            took = time.monotonic() - began
            self.checks.ok(took < 2, "a fast stop without a broker takes "
                           "%.2f s" % took)
            cluster.start()
            broker.start()
            began = time.monotonic()
            self.deliver(cluster, "absent", timeout=180)
            log("caught up after %.1f s" % (time.monotonic() - began))
            count, keys = self.ids_of(broker, "absent.public.a")
            self.checks.ok(keys == rows + 1, "all %d rows are there, %d "
                           "repeats" % (rows + 1, count - keys))
        finally:
            broker.stop()
            cluster.destroy()

    def ids_of(self, broker, topic):
        mine, self.broker = self.broker, broker
        try:
            return self.ids(topic)
        finally:
            self.broker = mine

    def take_over(self):
        """From a running Debezium, in a moment without writes: no gap and
        nothing twice."""
        self.take_over_from_debezium("takeover", pause=True)

    def take_over_under_load(self):
        """The same under load, at Debezium's confirmed position: no gap.
        That position lags at least a transaction, which comes twice, and it
        must have passed the point where our slot begins."""
        self.take_over_from_debezium("takeover2", pause=False)

    def take_over_from_debezium(self, name, pause):
        cluster = self.cluster(name, sql=load_module.SCHEMA)
        cluster.query("CREATE PUBLICATION p FOR TABLES IN SCHEMA load")
        connect = kafka.Connect(self.broker, "connect-" + name)
        load = load_module.Load(cluster, int(time.time()), pause=0.02)
        for table in load_module.TABLES + ("hot", "txn"):
            self.broker.create_topic(name + ".load." + table, 3)
        try:
            connect.start()
            connect.create(name, dict(kafka.debezium_config(
                cluster, name), **{
                    "publication.name": "p",
                    "publication.autocreate.mode": "disabled",
                    "slot.name": "old"}))
            wait_until("Debezium reads", lambda: cluster.value(
                "SELECT active FROM pg_replication_slots WHERE "
                "slot_name = 'old'") == "t")
            load.start()
            time.sleep(4)
            # The README's recipe.
            cluster.query("SELECT wal2kafka.create_connector(%s::jsonb)"
                          % quote(json.dumps({
                              "name": name, "initial_state": "PAUSED",
                              "config": {
                                  "bootstrap.servers": self.broker.address,
                                  "topic.prefix": name,
                                  "snapshot.mode": "no_data",
                                  "schema.include.list": "load"}})))
            cluster.wait_connector(name, "paused")
            if pause:
                load.hold()
                wait_until("Debezium has delivered all", lambda: sum(
                    self.client.end_offset("%s.load.%s" % (name, t), p)
                    for t in load_module.TABLES + ("hot", "txn")
                    for p in range(3)) == load.counts()[0], interval=0.2)
                lsn = cluster.value("SELECT pg_current_wal_lsn()")
            else:
                wait_until("Debezium has passed our slot's beginning",
                           lambda: cluster.value(
                               "SELECT o.confirmed_flush_lsn > "
                               "n.confirmed_flush_lsn "
                               "FROM pg_replication_slots o, "
                               "pg_replication_slots n "
                               "WHERE o.slot_name = 'old' "
                               "AND n.plugin = 'wal2kafka'") == "t")
            connect.call("PUT", "/connectors/%s/stop" % name)
            wait_until("Debezium has stopped", lambda: cluster.value(
                "SELECT active FROM pg_replication_slots WHERE "
                "slot_name = 'old'") == "f")
            if not pause:
                lsn = cluster.value("SELECT confirmed_flush_lsn FROM "
                                    "pg_replication_slots WHERE "
                                    "slot_name = 'old'")
            load.gate.set()
            cluster.query("SELECT wal2kafka.patch_connector('%s', "
                          "'{\"start.after.lsn\": \"%s\"}')" % (name, lsn))
            cluster.query("SELECT wal2kafka.resume_connector('%s')" % name)
            cluster.wait_connector(name)
            time.sleep(3)
            load.stop()
            self.deliver(cluster, name)
            records, repeats, problems = load_module.check(
                self.broker, name, load)
            self.checks.ok(not problems, "take-over from Debezium at %s: "
                           "%d records without a gap, each key on one "
                           "partition" % (lsn, records),
                           "\n".join(problems[:10]))
            self.checks.ok(len(repeats) <= (0 if pause else records // 10),
                           "take-over from Debezium: %d records twice"
                           % len(repeats), str(repeats[:5]))
        finally:
            load.stopping.set()
            connect.stop()
            cluster.destroy()

    def databases(self):
        """Several connectors in two databases, two on one table."""
        cluster = self.cluster("several", sql="CREATE TABLE s (id int "
                               "PRIMARY KEY); CREATE DATABASE other;")
        cluster.script("CREATE EXTENSION wal2kafka; CREATE TABLE o (id int "
                       "PRIMARY KEY);", "other")
        for name in ("one", "two"):
            self.connector(cluster, name, "public.s")
        for name in ("one", "three"):
            self.connector(cluster, name, "public.o", "other",
                           topic_prefix="other-" + name)
        for n in range(5):
            cluster.query("INSERT INTO s SELECT generate_series(%d, %d)"
                          % (n * 100, n * 100 + 99))
            cluster.query("INSERT INTO o SELECT generate_series(%d, %d)"
                          % (n * 100, n * 100 + 99), "other")
        pids = set()
        for name, database in (("one", "postgres"), ("two", "postgres"),
                               ("one", "other"), ("three", "other")):
            self.deliver(cluster, name, database=database)
            pids.update(cluster.worker_pids(name, database))
        self.checks.ok(len(pids) == 8, "four workers, each with a sender",
                       str(pids))
        got = {t: self.ids(t) for t in (
            "one.public.s", "two.public.s", "other-one.public.o",
            "other-three.public.o")}
        self.checks.ok(set(got.values()) == {(500, 500)},
                       "four connectors, two databases: %s" % got)
        cluster.query("SELECT wal2kafka.drop_connector('two')")
        cluster.query("INSERT INTO s VALUES (-1)")
        self.deliver(cluster, "one")
        self.checks.ok(self.ids("one.public.s") == (501, 501),
                       "dropping one of two connectors on a table leaves "
                       "the other")
        cluster.restart()
        for name, database in (("one", "postgres"), ("one", "other"),
                               ("three", "other")):
            cluster.wait_connector(name, database=database)
        self.checks.ok(True, "all come back after a restart")
        cluster.destroy()

    def topics(self):
        """Topics are made as topic.creation.* says."""
        cluster = self.cluster("topics", sql="CREATE TABLE made (id int "
                               "PRIMARY KEY);")
        self.connector(cluster, "topics", "public.made", **{
            "topic_creation_default_partitions": "4",
            "topic_creation_default_replication_factor": "1",
            "topic_creation_default_cleanup_policy": "compact"})
        cluster.query("INSERT INTO made SELECT generate_series(1, 1000)")
        self.deliver(cluster, "topics")
        about = self.broker.topic_tool("--describe", "--topic",
                                       "topics.public.made")
        self.checks.ok("PartitionCount: 4" in about
                       and "cleanup.policy=compact" in about,
                       "topic.creation.* is obeyed", about)
        self.checks.ok(self.ids("topics.public.made") == (1000, 1000),
                       "1000 records over four partitions")
        cluster.destroy()

    def too_large(self):
        """One record the broker refuses stops its connector, in words."""
        cluster = self.cluster("large", sql="CREATE TABLE big (id int "
                               "PRIMARY KEY, v text);")
        self.connector(cluster, "large", "public.big",
                       producer_override_max_request_size="2000000")
        cluster.query("INSERT INTO big VALUES (1, 'small')")
        cluster.query("INSERT INTO big VALUES (2, repeat(md5('x'), 100000))")
        cluster.query("INSERT INTO big VALUES (3, 'after it')")
        cluster.wait_connector("large", "failed")
        error = cluster.value("SELECT last_error FROM wal2kafka.connectors")
        self.checks.ok("big" in error and "/" in error,
                       "the error names table and LSN: %s" % error)
        keys = [r.key for r in self.broker.read("large.public.big")]
        self.checks.ok('{"id":3}' not in keys,
                       "nothing behind it was sent", str(keys))
        cluster.query("SELECT wal2kafka.patch_connector('large', "
                      "'{\"event.processing.failure.handling.mode\": "
                      "\"skip\"}')")
        cluster.query("SELECT wal2kafka.restart_connector('large')")
        cluster.wait_connector("large")
        self.deliver(cluster, "large")
        keys = [r.key for r in self.broker.read("large.public.big")]
        self.checks.ok(keys[-1] == '{"id":3}' and '{"id":2}' not in keys,
                       "skip goes on behind it", str(keys))
        errors = cluster.value("SELECT errors FROM wal2kafka.stat_connector")
        self.checks.ok(int(errors or 0) >= 1, "and counts it: %s" % errors)
        cluster.destroy()

    def missing_topic(self):
        """A topic that is not there and that nobody may make."""
        broker = kafka.Broker("kafka-missing", settings=[
            "auto.create.topics.enable=false"])
        broker.start()
        cluster = self.cluster("missing", sql="CREATE TABLE there (id int "
                               "PRIMARY KEY); CREATE TABLE absent (id int "
                               "PRIMARY KEY);")
        try:
            broker.create_topic("missing.public.there")
            cluster.create_connector("missing", {
                "bootstrap.servers": broker.address,
                "topic.prefix": "missing", "snapshot.mode": "no_data"})
            cluster.wait_connector("missing")
            cluster.query("INSERT INTO there VALUES (1)")
            cluster.query("INSERT INTO absent VALUES (1)")
            cluster.query("INSERT INTO there VALUES (2)")

            def probe():
                state, error = cluster.query(
                    "SELECT state, last_error FROM wal2kafka.connectors")[0]
                return error if state in ("retrying", "failed") and error \
                    else None
            error = wait_until("the view says that a topic is missing",
                               probe)
            self.checks.ok("missing.public.absent" in error,
                           "a missing topic is named: %s" % error)
            broker.create_topic("missing.public.absent")
            if cluster.value("SELECT state FROM wal2kafka.connectors") \
                    == "failed":
                cluster.query("SELECT wal2kafka.restart_connector('missing')")
            cluster.wait_connector("missing")
            self.deliver(cluster, "missing")
            self.checks.ok(len(broker.read("missing.public.absent")) == 1,
                           "once it is there, its records arrive")
        finally:
            broker.stop()
            cluster.destroy()

    def under_all_tables_publication(self):
        """A publication FOR ALL TABLES, as Debezium makes it, beside us."""
        cluster = self.cluster("alltables", sql="""
            CREATE PUBLICATION dbz_publication FOR ALL TABLES;
            CREATE TABLE t (id int PRIMARY KEY);""")
        self.connector(cluster, "alltables", "public.t")
        cluster.query("INSERT INTO t VALUES (1)")
        cluster.query("SELECT wal2kafka.emit('alltables.own', 'k', "
                      "'{\"a\": 1}')")
        # A topic may take longer to be made than a change of settings waits.
        self.deliver(cluster, "alltables")
        cluster.query("SELECT wal2kafka.patch_connector('alltables', "
                      "'{\"producer.override.linger.ms\": \"1\"}')")
        self.deliver(cluster, "alltables")
        got = self.broker.read("alltables.own")
        self.checks.ok(len(got) == 1 and got[0].key == "k"
                       and json.loads(got[0].value) == {"a": 1},
                       "emit works beside a publication FOR ALL TABLES",
                       str(got))
        cluster.query("SELECT wal2kafka.drop_connector('alltables')")
        wait_until("it is gone", lambda: cluster.value(
            "SELECT count(*) FROM wal2kafka.connectors") == "0")
        self.checks.ok(True, "a connector's whole life beside it")
        cluster.destroy()

    def promotion(self):
        """A standby waits; promoted, it takes over where the slot is."""
        primary = self.cluster("primary", "wal_keep_size = 512MB",
                               sql="CREATE TABLE p (id int PRIMARY KEY);")
        self.connector(primary, "moves", "public.p")
        standbys = []
        for number in (1, 2):
            standby = Cluster(self.inst, "standby%d" % number,
                              settings=["wal_keep_size = 512MB"])
            self.clusters.append(standby)
            run([self.inst.program("pg_basebackup"), "-D", standby.data,
                 "-h", "127.0.0.1", "-p", str(primary.port), "-U",
                 "postgres", "-R", "-c", "fast"], **as_server_user())
            standby.configure()
            standby.start()
            standbys.append(standby)
        primary.query("INSERT INTO p SELECT generate_series(1, 100)")
        self.deliver(primary, "moves")
        standby, bare = standbys
        wait_until("the standby shows it", lambda: standby.query(
            "SELECT state FROM wal2kafka.connectors") == [("standby",)])
        self.checks.ok(True, "on a standby the view says standby")
        # What failover slots do from 17 on, by hand: the slot's file.
        slot = primary.value("SELECT slot_name FROM pg_replication_slots")
        primary.query("CHECKPOINT")
        standby.stop()
        target = standby.data + "/pg_replslot/" + slot
        shutil.copytree(primary.data + "/pg_replslot/" + slot, target,
                        dirs_exist_ok=True)
        if IS_ROOT:
            run(["chown", "-R", PG_USER, target])
        standby.start()
        primary.query("INSERT INTO p SELECT generate_series(101, 200)")
        lsn = primary.value("SELECT pg_current_wal_lsn()")
        for each in standbys:
            wait_until("the standby has replayed it", lambda: each.value(
                "SELECT pg_last_wal_replay_lsn() >= '%s'" % lsn) == "t")
        primary.stop("immediate")
        standby.promote()
        standby.wait_connector("moves")
        standby.query("INSERT INTO p SELECT generate_series(201, 300)")
        self.deliver(standby, "moves")
        count, keys = self.ids("moves.public.p")
        self.checks.ok(keys == 300, "the promoted standby goes on where the "
                       "slot was: %d keys, %d repeats" % (keys, count - keys))
        bare.promote()
        bare.wait_connector("moves", "failed")
        error = bare.value("SELECT last_error FROM wal2kafka.connectors")
        self.checks.ok("slot" in error, "promoted without the slot, it says "
                       "so: %s" % error)
        self.checks.ok(bare.value("SELECT count(*) FROM pg_replication_slots")
                       == "0", "and makes no new slot in silence")
        for each in (standby, bare, primary):
            each.destroy()

    def container(self):
        """The postmaster as PID 1: what it adopts must not restart it."""
        if not IS_ROOT or subprocess.run(
                ["unshare", "--pid", "--fork", "true"],
                stderr=subprocess.DEVNULL).returncode:
            self.checks.skip("postmaster as PID 1", "needs root and unshare")
            return
        cluster = self.cluster("container", sql="CREATE TABLE c (id int "
                               "PRIMARY KEY);")
        cluster.stop()
        with open(cluster.logfile, "a") as out:
            outer = subprocess.Popen(
                ["unshare", "--pid", "--fork", "--mount-proc",
                 "--kill-child", "setpriv", "--reuid=" + PG_USER,
                 "--regid=" + PG_USER, "--clear-groups",
                 self.inst.program("postgres"), "-D", cluster.data],
                stdout=out, stderr=out, cwd=cluster.home)
        try:
            self.in_container(cluster, outer)
        finally:
            outer.kill()
            outer.wait()
            cluster.destroy()

    def in_container(self, cluster, outer):
        def outside(pid):
            """The pid here of a pid in there."""
            for each in proc.descendants(outer.pid):
                if proc.pid_inside(each[0]) == pid:
                    return each[0]
            raise TestbedError("there is no process %d in the container"
                               % pid)
        cluster.wait_ready()
        self.checks.ok(any(p[3] == "postgres" and outside(1) == p[0]
                           for p in proc.descendants(outer.pid)),
                       "the postmaster is PID 1")
        self.checks.ok(cluster.postmaster_pid() is None,
                       "whose pid is not taken for one of ours")
        started = cluster.value("SELECT pg_postmaster_start_time()")
        self.connector(cluster, "container", "public.c")
        number = 0
        for what in ("kill", "stop", "terminate", "kill both",
                     "stop, terminate", "abort"):
            worker, sender = wait_until(
                "worker and sender run", lambda: (
                    lambda p: p if all(p) else None)(
                        cluster.worker_pids("container")))
            number += 1
            cluster.query("INSERT INTO c VALUES (%d)" % number)
            here = outside(sender)
            if what in ("kill", "kill both"):
                proc.send(here, signal.SIGKILL)
            elif what == "abort":
                proc.send(here, signal.SIGABRT)
            elif what.startswith("stop"):
                proc.send(here, signal.SIGSTOP)
                time.sleep(0.5)
            if what in ("terminate", "kill both", "stop, terminate"):
                cluster.query("SELECT pg_terminate_backend(%d)" % worker)
            elif what == "stop":
                time.sleep(2)
                proc.send(here, signal.SIGCONT)
            self.deliver(cluster, "container")
            # one that has ended just now is no zombie yet
            until = time.monotonic() + 30
            while True:
                zombies = [p for p in proc.descendants(outer.pid)
                           if p[2] == "Z"]
                if not zombies or time.monotonic() > until:
                    break
                time.sleep(0.1)
            same = cluster.value("SELECT pg_postmaster_start_time()")
            restarted = "terminating any other active server processes" \
                in cluster.log_text() or "all server processes terminated" \
                in cluster.log_text()
            self.checks.ok(same == started and not restarted
                           and not zombies, "in a container: %s of the "
                           "sender/worker restarts nothing and leaves no "
                           "zombie" % what, str(zombies))
        proc.send(outside(1), signal.SIGINT)
        outer.wait(120)
        self.checks.ok(self.ids("container.public.c")[1] == number,
                       "in a container: nothing is lost")

    def soak(self):
        """Many changes, and neither worker nor sender grows."""
        rows = 1000000 if LONG else 100000
        cluster = self.cluster("soak", sql="CREATE TABLE k (id int PRIMARY "
                               "KEY, a int, v text);")
        self.connector(cluster, "soak", "public.k")
        worker, sender = cluster.worker_pids("soak")
        # Fill the sender's queue to its bound, so that the allocator has
        # what it will ever need: what grows from then on leaks.
        backlog = 150000
        self.broker.freeze()
        cluster.query("INSERT INTO k SELECT -i, i, repeat('x', 200) "
                      "FROM generate_series(1, %d) i" % backlog)
        wait_until("the queue is full", lambda: int(cluster.value(
            "SELECT queue_bytes FROM wal2kafka.stat_connector")) > 20e6)
        time.sleep(2)
        self.broker.thaw()
        self.deliver(cluster, "soak", timeout=300)
        sizes = []
        for n in range(10):
            part = rows // 20
            cluster.query("""DO $$ BEGIN FOR n IN 0 .. %d LOOP
                INSERT INTO k SELECT i, i, md5(i::text) FROM generate_series(
                %d + n * 10, %d + n * 10 + 9) i; COMMIT;
                UPDATE k SET a = a + 1 WHERE id BETWEEN %d + n * 10
                AND %d + n * 10 + 9; COMMIT;
                END LOOP; END $$""" % ((part // 10 - 1,) + (n * part,) * 4))
            # Relations and types that come and go.
            cluster.query("CREATE TABLE soak_%d (id int PRIMARY KEY); "
                          "ALTER TABLE k ADD COLUMN x%d int; "
                          "DROP TABLE soak_%d" % (n, n, n))
            self.deliver(cluster, "soak", timeout=300)
            sizes.append((proc.anon_mb(worker), proc.rss_mb(sender)))
        self.checks.ok(cluster.worker_pids("soak") == (worker, sender),
                       "soak: the same worker and sender all along")
        # The first rounds fill caches.
        grew = [sizes[-1][i] - sizes[4][i] for i in (0, 1)]
        self.checks.ok(sum(sizes[-1]) < 200 and max(
            grew) < 10, "soak: %d changes; worker %.1f MB "
                       "(grew by %.1f), sender %.1f MB (grew by %.1f)" % (
                           rows, sizes[-1][0], grew[0], sizes[-1][1],
                           grew[1]), str(sizes))
        self.checks.ok(self.client.end_offset("soak.public.k")
                       == rows + backlog, "soak: %d records"
                       % (rows + backlog))
        cluster.destroy()


ALL = ["maps", "clean_restart", "databases", "topics", "too_large",
       "missing_topic", "under_all_tables_publication", "container", "promotion", "take_over",
       "soak", "broker_absent"]
if LONG:
    ALL.append("take_over_under_load")


def run_suite():
    checks = Checks("scenarios")
    if not kafka.fetch():
        checks.skip("scenarios", "no Kafka")
        return checks.finish()
    inst = Installation.private()
    inst.install_extension()
    broker = kafka.Broker("kafka-scenarios")
    scenarios = Scenarios(checks, inst, broker)
    try:
        broker.start()
        for name in sys.argv[1:] or ALL:
            began = time.monotonic()
            log("---- %s: %s" % (name, getattr(scenarios, name).__doc__
                                 .splitlines()[0]))
            try:
                getattr(scenarios, name)()
            except (TestbedError, PgError, OSError) as err:
                checks.ok(False, "%s: %s" % (name, err), "".join(
                    c.log_tail() for c in scenarios.clusters[-1:]))
            for cluster in scenarios.clusters:
                cluster.destroy()
            log("---- %s took %.1f s" % (name, time.monotonic() - began))
        return checks.finish()
    finally:
        for cluster in scenarios.clusters:
            cluster.destroy()
        broker.stop()


main(run_suite)
