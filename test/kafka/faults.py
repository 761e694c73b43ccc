#!/usr/bin/env python3
"""Nothing is lost: random faults under a steady write load.

Each round picks a fault, applies it at a random moment while clients write,
and waits until the connector has caught up again.  At the end every topic
must hold exactly what was committed, per key in commit order, repeats aside.
W2K_SEED chooses another course of events; it is printed.
"""
import argparse
import os
import random
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../tools"))
sys.path.insert(0, HERE)

from testbed import (Checks, LONG, TestbedError, kafka, log, main, proc, rd,
                     wait_until)
from testbed.postgres import Cluster, Installation
from testbed.pq import PgError
import load as load_module

NAME = "faults"
PARTITIONS = 3
# Where the server itself goes down, clients may see that, and only there.
SERVER_FAULTS = ("postmaster_kill", "immediate_stop", "worker_kill",
                 "fast_restart")
# After these nothing may come twice.
CLEAN = ("fast_restart", "settings_change", "pause_resume", "worker_cancel",
         "launcher_terminate", "sender_stop")

# What a worker says that could not wait for its acknowledgements any longer.
CUT_SHORT = "ends before all of its records were acknowledged"


class Rounds:
    def __init__(self, checks, cluster, broker, load, rnd):
        self.checks = checks
        self.cluster = cluster
        self.broker = broker
        self.load = load
        self.rnd = rnd
        self.client = rd.Client(broker.address)
        self.starts = []        # (fault, where the topics ended before it)
        self.cut_short = set()  # rounds in which acknowledgements came late

    # What a fault needs

    def pids(self):
        def probe():
            worker, sender = self.cluster.worker_pids(NAME)
            return worker and sender and (worker, sender)
        return wait_until("the connector has a worker and a sender", probe)

    def postmaster_is_same(self, before):
        return self.cluster.value(
            "SELECT pg_postmaster_start_time()") == before

    def end_of(self, pids, seconds=60):
        """No process of the server may outlive it, the sender least."""
        def are_gone():
            proc.reap(pids)
            return not any(proc.state(p) for p in pids)
        try:
            return wait_until("all is gone", are_gone, seconds)
        except TestbedError:
            return False

    def with_server_down(self, stop):
        """Stop the server some way, look for orphans, start it again."""
        postmaster = self.cluster.postmaster_pid()
        below = [p[0] for p in proc.descendants(postmaster)]
        self.load.server_goes_down()
        stop(postmaster)
        gone = self.end_of([postmaster] + below)
        self.checks.ok(gone, "no process outlives the server",
                       "\n".join("%d %s" % (p, proc.cmdline(p))
                                 for p in below if proc.exists(p)))
        self.cluster.start()
        self.cluster.wait_ready()
        self.load.server_is_up()

    # The faults

    def sender_kill(self):
        proc.send(self.pids()[1], signal.SIGKILL)

    def sender_stop(self):
        sender = self.pids()[1]
        proc.send(sender, signal.SIGSTOP)
        time.sleep(3)
        proc.send(sender, signal.SIGCONT)

    def sender_stop_worker_terminate(self):
        worker, sender = self.pids()
        proc.send(sender, signal.SIGSTOP)
        time.sleep(self.rnd.random())
        self.cluster.query("SELECT pg_terminate_backend(%d)" % worker)
        self.checks.ok(self.end_of([worker, sender]),
                       "a stopped sender ends with its worker")

    def worker_terminate(self):
        worker, sender = self.pids()
        self.cluster.query("SELECT pg_terminate_backend(%d)" % worker)
        self.checks.ok(self.end_of([worker, sender]),
                       "a terminated worker takes its sender along")

    def launcher_terminate(self):
        launcher = self.cluster.launcher_pid()
        if launcher is None:
            raise TestbedError("there is no launcher")
        self.cluster.query("SELECT pg_terminate_backend(%d)" % launcher)
        wait_until("there is a launcher again", lambda:
                   self.cluster.launcher_pid() not in (None, launcher))

    def worker_cancel(self):
        self.cluster.query("SELECT pg_cancel_backend(%d)" % self.pids()[0])

    def worker_kill(self):
        """PostgreSQL's own rule: the instance starts over."""
        worker, sender = self.pids()
        self.load.server_goes_down()
        proc.send(worker, signal.SIGKILL)
        self.checks.ok(self.end_of([worker, sender]),
                       "a killed worker leaves no sender")
        time.sleep(0.5)
        self.cluster.wait_ready()
        self.load.server_is_up()

    def postmaster_kill(self):
        self.with_server_down(lambda pid: proc.send(pid, signal.SIGKILL))

    def immediate_stop(self):
        self.with_server_down(lambda _: self.cluster.stop("immediate"))

    def fast_restart(self):
        def stop(_):
            began = time.monotonic()
            self.cluster.stop("fast")
            took = time.monotonic() - began
            self.checks.ok(took < 20, "a fast stop under load: %.1f s" % took)
        self.with_server_down(stop)

    def broker_stop(self):
        self.broker.stop()
        time.sleep(10)
        self.broker.start()

    def broker_kill(self):
        self.broker.kill()
        time.sleep(self.rnd.random() * 3)
        self.broker.start()

    def broker_freeze(self):
        self.broker.freeze()
        time.sleep(10)
        self.broker.thaw()

    def broker_freeze_sender_kill(self):
        self.broker.freeze()
        time.sleep(1 + self.rnd.random())
        proc.send(self.pids()[1], signal.SIGKILL)
        time.sleep(6)
        self.broker.thaw()

    def broker_freeze_postmaster_kill(self):
        self.broker.freeze()
        time.sleep(1)
        self.with_server_down(lambda pid: proc.send(pid, signal.SIGKILL))
        self.broker.thaw()

    def settings_change(self):
        self.cluster.query(
            "SELECT wal2kafka.patch_connector('%s', "
            "'{\"producer.override.linger.ms\": \"%d\"}')"
            % (NAME, self.rnd.randrange(0, 6)))
        self.cluster.reload()

    def pause_resume(self):
        self.cluster.query("SELECT wal2kafka.pause_connector('%s')" % NAME)
        self.cluster.wait_connector(NAME, "paused")
        time.sleep(1)
        self.cluster.query("SELECT wal2kafka.resume_connector('%s')" % NAME)

    # Repeats

    def ends(self):
        topics = ["%s.load.%s" % (NAME, t) for t in
                  load_module.TABLES + ("hot", "txn")]
        return {(t, p): self.client.end_offset(t, p)
                for t in topics for p in range(PARTITIONS)}

    def repeats_by_fault(self, repeats):
        """[(fault, records repeated after it began, was it clean)]."""
        counts = [0] * len(self.starts)
        for topic, partition, offset in repeats:
            number = 0
            for i, (_, ends) in enumerate(self.starts):
                if offset >= ends[topic, partition]:
                    number = i
            counts[number] += 1
        return [(fault, counts[i], fault in CLEAN and i not in self.cut_short)
                for i, (fault, _) in enumerate(self.starts)]

    # A round

    def run(self, number, fault):
        time.sleep(self.rnd.random() * 2)
        before = self.cluster.value("SELECT pg_postmaster_start_time()")
        errors = len(self.load.errors())
        cut_short = self.cluster.log_text().count(CUT_SHORT)
        self.starts.append((fault, self.ends()))
        began = time.monotonic()
        getattr(self, fault)()
        self.catch_up()
        took = time.monotonic() - began
        new_errors = self.load.errors()[errors:]
        if self.cluster.log_text().count(CUT_SHORT) > cut_short:
            self.cut_short.add(len(self.starts) - 1)
        good = not new_errors
        if fault not in SERVER_FAULTS and "postmaster" not in fault:
            good = good and self.postmaster_is_same(before)
        self.checks.ok(good, "round %d: %s, caught up after %.1f s, clients "
                       "noticed nothing" % (number, fault, took),
                       "\n".join(new_errors[:5]))

    def catch_up(self, timeout=180):
        """Until everything committed up to now is acknowledged."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            try:
                if self.cluster.value(
                        "SELECT wal2kafka.wait_for_delivery('%s', NULL, "
                        "'10 s')" % NAME) == "t":
                    return
            except PgError as err:
                if "failed" in str(err):
                    raise TestbedError("the connector failed: %s" % err)
                time.sleep(0.2)
        raise TestbedError("not caught up after %d s: %s\n%s" % (
            timeout, self.cluster.query(
                "SELECT state, last_error FROM wal2kafka.connectors"),
            self.cluster.log_tail()))


FAULTS = ["sender_kill", "worker_terminate", "broker_stop", "postmaster_kill",
          "sender_stop", "launcher_terminate", "broker_kill",
          "immediate_stop", "broker_freeze", "worker_kill",
          "broker_freeze_sender_kill", "sender_stop_worker_terminate",
          "fast_restart", "settings_change", "worker_cancel", "pause_resume",
          "broker_freeze_postmaster_kill"]


def run_suite():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faults", nargs="*", help="only these, in this order")
    parser.add_argument("--rounds", type=int,
                        default=len(FAULTS) * (4 if LONG else 2))
    parser.add_argument("--seconds", type=float,
                        default=3600 if LONG else 240,
                        help="begin no round after this time")
    args = parser.parse_args()
    checks = Checks("faults")
    if not kafka.fetch():
        checks.skip("faults", "no Kafka")
        return checks.finish()
    seed = int(os.environ.get("W2K_SEED") or time.time())
    rnd = random.Random(seed)
    log("W2K_SEED=%d" % seed)

    inst = Installation.private()
    inst.install_extension()
    cluster = Cluster(inst, "faults", settings=["max_connections = 50"])
    broker = kafka.Broker("kafka-faults", partitions=PARTITIONS)
    load = load_module.Load(cluster, seed)
    try:
        cluster.init().start()
        broker.start()
        cluster.script("CREATE EXTENSION wal2kafka;")
        cluster.script(load_module.SCHEMA)
        cluster.create_connector(NAME, {
            "bootstrap.servers": broker.address,
            "schema.include.list": "load",
            "snapshot.mode": "no_data",
            "topic.prefix": NAME})
        cluster.wait_connector(NAME)
        rounds = Rounds(checks, cluster, broker, load, rnd)
        load.start()
        chosen = args.faults or plan(rnd, args.rounds)
        began = time.monotonic()
        done = 0
        for number, fault in enumerate(chosen):
            if time.monotonic() - began > args.seconds:
                log("time is up after %d of %d rounds" % (done, len(chosen)))
                break
            rounds.run(number + 1, fault)
            done += 1
        load.stop()
        rounds.catch_up()
        committed, rolled_back = load.counts()
        records, repeats, problems = load_module.check(broker, NAME, load)
        checks.ok(not problems, "%d rounds: %d committed changes (%d "
                  "transactions rolled back) are %d records, %d of them "
                  "repeats, each key in commit order"
                  % (done, committed, rolled_back, records, len(repeats)),
                  "\n".join(problems[:20]) + "\n%d problems" % len(problems))
        by_fault = rounds.repeats_by_fault(repeats)
        repeats_text = ", ".join("%s %d" % each[:2] for each in by_fault)
        log("repeats: " + repeats_text)
        checks.ok(not any(n for _, n, is_clean in by_fault if is_clean),
                  "what is no crash repeats nothing", repeats_text)
        log("the slowest transaction of a client took %.2f s"
            % load.slowest())
        return checks.finish()
    except TestbedError:
        load.stopping.set()
        print(cluster.log_tail(60))
        raise
    finally:
        load.stopping.set()
        broker.stop()
        cluster.destroy()


def plan(rnd, rounds):
    """Each fault once in random order, then again in another."""
    chosen = []
    while len(chosen) < rounds:
        chosen += rnd.sample(FAULTS, len(FAULTS))
    return chosen[:rounds]


main(run_suite)
