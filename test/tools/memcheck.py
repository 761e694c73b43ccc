#!/usr/bin/env python3
"""Valgrind finds no error in wal2kafka.so: not in backends (the regression
tests) and not in its background workers (a connector's life).

    test/tools/memcheck.py [TEST...]    only these regression tests

The server is the distribution's, so it has errors by memcheck's measure that
are none of ours: only a report with a frame of wal2kafka.so in its stacks
counts.  A worker's whole life is below such a frame; what the server does
there and test/tools/memcheck.supp excuses is named in that file.

A server that was not built for Valgrind hides from it what happens inside a
memory context; test/memcheck/memcheck_pools.c says how it is made to show.
What stays unseen: an overrun of less than 8 bytes behind a chunk, anything on
the stack or in static variables, and shared memory.  The sender runs without
Valgrind: its tests have the compiler's sanitizers.

Two servers, one for each processor: the regression tests run in one while
the other has the connector.  "make test" runs the quick tests of decoding and
types and, by W2K_SEED, a few others; "make test-long" runs all, and tells with
each uninitialised value where it came from.
"""
import glob
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from testbed import (IS_ROOT, LONG, PG_USER, REPO, Checks, TestbedError,
                     as_server_user, log, main, proc, run, user_dir,
                     wait_until)
from testbed.mock import MockBroker
from testbed.pq import PgError
from testbed.postgres import Cluster, Installation, make_env

LIBRARY = "wal2kafka.so"
WRONG = "memcheck_wrong.so"
# Seconds; under Valgrind everything takes some thirty times as long.
PATIENCE = 180
# One of these by seed: each takes about as long as five of the others.
SLOW = {"api_connector", "api_emit", "api_errors", "api_extension",
        "decode_framing", "json_numbers", "json_strings"}
# Thousands of tables.
ONLY_LONG = {"decode_ddl"}
# What touches most memory: so many of these, by seed, and a few others.
MOSTLY = ("decode_", "json_", "transform_")
MOST = 14
SETTINGS = ["autovacuum = off", "fsync = off", "jit = off",
            "max_logical_replication_workers = 0",
            "max_parallel_workers_per_gather = 0"]


class Report:
    """One error that Valgrind saw, of one process."""

    def __init__(self, pid, text):
        node = ElementTree.fromstring(text)
        self.pid = pid
        # Valgrind looks for leaks whenever it writes XML, asked or not.
        self.is_leak = node.findtext("kind").startswith("Leak_")
        self.what = " / ".join(
            found.text for tag in ("what", "xwhat/text", "auxwhat",
                                   "xauxwhat/text")
            for found in node.findall(tag))
        self.stacks = [[{part.tag: part.text for part in frame}
                        for frame in stack.findall("frame")]
                       for stack in node.findall("stack")]

    def names(self, library):
        return any(os.path.basename(frame.get("obj", "")) == library
                   for stack in self.stacks for frame in stack)

    def __str__(self):
        lines = ["process %d: %s" % (self.pid, self.what)]
        for stack in self.stacks:
            lines += ["    %-32s %s" % (
                frame.get("fn", "?"),
                "%s:%s" % (frame["file"], frame.get("line", "?"))
                if "file" in frame
                else os.path.basename(frame.get("obj", "?")))
                for frame in stack] + [""]
        return "\n".join(lines)


class WatchedCluster(Cluster):
    """A server that runs under Valgrind, with all its processes.

    Those it forks are followed; a program that one of them becomes, which is
    the sender, is not.
    """

    def conninfo(self, database="postgres", user="postgres"):
        return super().conninfo(database, user) + \
            " connect_timeout=%d" % PATIENCE

    def query(self, sql, database="postgres", user="postgres"):
        """In a session that stays: beginning one costs a second."""
        who = database, user
        if who not in self.sessions:
            self.sessions[who] = self.connect(*who)
        return self.sessions[who].query(sql)

    def start(self, timeout=PATIENCE):
        self.sessions = {}
        self.reports = os.path.join(self.home, "reports")
        os.makedirs(self.reports, exist_ok=True)
        shutil.copy(REPO + "/test/tools/memcheck.supp", self.home)
        preload = shutil.copy(REPO + "/test/memcheck/memcheck_pools.so",
                              self.home)
        if IS_ROOT:
            shutil.chown(self.reports, PG_USER, PG_USER)
        options = ["--error-limit=no", "--num-callers=60", "--xml=yes",
                   "--xml-file=%s/%%p.xml" % self.reports,
                   "--suppressions=%s/memcheck.supp" % self.home]
        if LONG:
            options.append("--track-origins=yes")
        program = os.path.join(self.home, "postgres")
        with open(program, "w") as file:
            file.write('#!/bin/sh\n'
                       'LD_PRELOAD="%s" exec valgrind %s "%s" "$@"\n'
                       % (preload, " ".join('"%s"' % o for o in options),
                          self.inst.program("postgres")))
        os.chmod(program, 0o755)
        self._ctl("start", "-t", str(timeout), "-l", self.logfile, "-p",
                  program)
        return self

    def stop(self, mode="fast", timeout=PATIENCE):
        while self.sessions:
            self.sessions.popitem()[1].close()
        super().stop(mode, timeout)

    def watches(self, pid):
        return pid is not None and \
            os.path.exists("%s/%d.xml" % (self.reports, pid)) and \
            any("vgpreload_memcheck" in path for path in proc.maps(pid))

    def found(self, library):
        """Reports that name a library, each stack once."""
        reports = {}
        for path in sorted(glob.glob(self.reports + "/*.xml")):
            pid = int(os.path.basename(path)[:-len(".xml")])
            with open(path, errors="replace") as file:
                for text in re.findall(r"<error>.*?</error>", file.read(),
                                       re.S):
                    report = Report(pid, text)
                    if report.names(library) and not report.is_leak:
                        reports.setdefault(str(report.stacks), report)
        return list(reports.values())

    def processes(self):
        return len(glob.glob(self.reports + "/*.xml"))


def judge(checks, cluster, what, at_least):
    """Silence counts only with so many processes that could have spoken."""
    reports = cluster.found(LIBRARY)
    checks.ok(not reports and cluster.processes() >= at_least,
              "%s: nothing to report of %s in %d processes"
              % (what, LIBRARY, cluster.processes()),
              "\n".join(map(str, reports)))


def self_test(checks, cluster):
    """Of each deliberate mistake there is a report, and of none other."""
    wrong = shutil.copy(REPO + "/test/memcheck/" + WRONG, cluster.home)
    cluster.query("CREATE FUNCTION memcheck_wrong(text) RETURNS bool "
                  "LANGUAGE c AS '%s'" % wrong)
    for kind, words in (("none", None), ("uninitialised", "uninitialised"),
                        ("overrun", "after a block"),
                        ("freed", "free'd")):
        before = set(map(str, cluster.found(WRONG)))
        cluster.query("SELECT memcheck_wrong('%s')" % kind)
        new = [report for report in cluster.found(WRONG)
               if str(report) not in before]
        if words is None:
            checks.ok(not new, "what is right is not reported",
                      "\n".join(map(str, new)))
        else:
            checks.ok(len(new) == 1 and words in new[0].what,
                      "a mistake is reported: " + kind,
                      "\n".join(map(str, new)))
    cluster.query("DROP FUNCTION memcheck_wrong")


# The regression tests


def chosen_tests():
    tests = sorted(os.path.basename(path)[:-len(".sql")]
                   for path in glob.glob(REPO + "/sql/*.sql")
                   if "--" not in path)
    if sys.argv[1:]:
        return sys.argv[1:]
    if LONG:
        return tests
    seed = int(os.environ.get("W2K_SEED") or time.time())
    log("W2K_SEED=%d" % seed)
    choose = random.Random(seed).sample
    tests = [name for name in tests if name not in ONLY_LONG]
    mostly = [name for name in tests
              if name.startswith(MOSTLY) and name not in SLOW]
    others = [name for name in tests if name not in mostly]
    return choose(mostly, MOST) + choose([n for n in others if n in SLOW], 1) \
        + choose([n for n in others if n not in SLOW], 2)


class Regress:
    """pg_regress in the background."""

    def __init__(self, cluster, tests):
        self.cluster = cluster
        self.tests = tests
        self.home = user_dir("memcheck-regress")
        for part in ("sql", "expected"):
            shutil.copytree(os.path.join(REPO, part),
                            os.path.join(self.home, part))
        inst = cluster.inst
        program = os.path.join(os.path.dirname(inst.pgxs),
                               "../../src/test/regress/pg_regress")
        user = as_server_user()
        user["cwd"] = self.home
        self.out = open(os.path.join(self.home, "out"), "w+")
        self.process = subprocess.Popen(
            [program, "--bindir=" + inst.bindir, "--host=127.0.0.1",
             "--port=%d" % cluster.port, "--user=postgres", "--inputdir=.",
             "--outputdir=.", "--dbname=contrib_regression", "--no-locale",
             "--encoding=UTF8"] + tests,
            stdout=self.out, stderr=subprocess.STDOUT,
            env=make_env(), **user)

    def finish(self, checks):
        self.process.wait()
        self.out.seek(0)
        text = self.out.read()
        for name in self.tests:
            line = re.search(r"^(?:test|ok \d+ +-|not ok \d+ +-) +%s .*"
                             % name, text, re.M)
            checks.ok(line and re.search(r"\bok\b", line[0])
                      and not line[0].startswith("not"),
                      "regression test under Valgrind: %s"
                      % (" ".join(line[0].split()[1:]) if line else name))
        if self.process.returncode:
            self.show_why(text)

    def show_why(self, text):
        diffs = os.path.join(self.home, "regression.diffs")
        if os.path.exists(diffs):
            with open(diffs) as file:
                text = file.read()
        print(text[:20000])

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait()
        self.out.close()


# A connector's life

TABLES = """
CREATE EXTENSION wal2kafka;
CREATE TABLE a (id int PRIMARY KEY, t text, n numeric, at timestamptz);
CREATE TABLE b (id int PRIMARY KEY);
ALTER TABLE a ALTER t SET STORAGE EXTERNAL;
"""
CHANGES = """
INSERT INTO a SELECT g, repeat('x', g * 700), g / 7.0, now()
  FROM generate_series(1, 9) g;
UPDATE a SET n = -n;
UPDATE a SET id = 100 WHERE id = 1;
DELETE FROM a WHERE id = 2;
ALTER TABLE a ADD more jsonb DEFAULT '{"a": [1, null]}', DROP at;
INSERT INTO a VALUES (20, 'quote " and \u00e4', 'NaN', NULL);
BEGIN; INSERT INTO a VALUES (21); SAVEPOINT s; INSERT INTO a VALUES (22);
ROLLBACK TO s; COMMIT;
BEGIN; INSERT INTO a VALUES (23); ROLLBACK;
TRUNCATE a;
INSERT INTO a VALUES (30);
SELECT wal2kafka.emit('x', 'y', '{"z": 1}');
"""


class Story:
    """One connector, until its server stops."""

    NAME = "watched"

    def __init__(self, checks, cluster, broker):
        self.checks = checks
        self.cluster = cluster
        self.broker = broker

    def call(self, function, *more):
        """One of the functions that take a connector's name."""
        args = ["'%s'" % self.NAME] + list(more)
        return self.cluster.value("SELECT wal2kafka.%s(%s)"
                                  % (function, ", ".join(args)))

    def wait(self, state):
        self.cluster.wait_connector(self.NAME, state, PATIENCE)

    def delivers(self, what):
        good = self.call("wait_for_delivery", "NULL", "'%d s'" % PATIENCE)
        self.checks.ok(good == "t", "delivers " + what)

    def both_pids(self):
        return wait_until("worker and sender have pids", lambda: (
            lambda pids: pids if all(pids) else None)(
                self.cluster.worker_pids(self.NAME)), PATIENCE)

    def tell(self):
        self.create()
        self.change()
        self.lose_processes()
        self.drop()

    def create(self):
        self.cluster.script(TABLES)
        self.cluster.create_connector(self.NAME, {
            "bootstrap.servers": self.broker.address,
            "topic.prefix": "watched", "table.include.list": "public.a",
            "snapshot.mode": "no_data", "skipped.operations": "none"})
        self.wait("streaming")
        worker, sender = self.both_pids()
        launcher = self.cluster.launcher_pid()
        self.checks.ok(self.cluster.watches(launcher),
                       "the launcher runs under Valgrind")
        self.checks.ok(self.cluster.watches(worker),
                       "the connector's worker runs under Valgrind")
        self.checks.ok(not any("vgpreload" in path
                               for path in proc.maps(sender)),
                       "the sender does not")

    def change(self):
        self.cluster.script(CHANGES)
        self.delivers("changes")
        _, sender = self.both_pids()
        self.call("patch_connector",
                  """'{"table.include.list": "public.a,public.b"}'""")
        self.renewed(1, sender)
        self.cluster.query("INSERT INTO b VALUES (1)")
        self.delivers("after a change of its settings")
        self.call("pause_connector")
        self.wait("paused")
        self.cluster.query("INSERT INTO b VALUES (2)")
        self.call("peek")
        self.call("resume_connector")
        self.wait("streaming")
        self.delivers("after a pause")
        self.cluster.query("SELECT * FROM wal2kafka.stat_connector")
        self.cluster.query("SELECT * FROM wal2kafka.connectors")
        got = self.broker.consume("watched.public.b", "%k ")
        self.checks.ok(got.split() == ['{"id":1}', '{"id":2}'],
                       "the broker has the records", got)

    def lose_processes(self):
        worker, sender = self.both_pids()
        proc.end(sender)
        self.renewed(1, sender)
        self.cluster.query("INSERT INTO b VALUES (3)")
        self.delivers("after its sender was killed")
        worker, sender = self.both_pids()
        self.cluster.query("SELECT pg_terminate_backend(%d)" % worker)
        self.renewed(0, worker)
        self.cluster.query("INSERT INTO b VALUES (4)")
        self.delivers("after its worker was terminated")

    def renewed(self, which, pid):
        wait_until("another process has taken over", lambda:
                   self.cluster.worker_pids(self.NAME)[which]
                   not in (None, pid), PATIENCE)
        self.wait("streaming")

    def drop(self):
        worker, _ = self.both_pids()
        self.call("drop_connector")
        wait_until("the worker is gone",
                   lambda: not proc.exists(worker), PATIENCE)
        wait_until("the slot is gone", lambda: self.cluster.value(
            "SELECT count(*) FROM pg_replication_slots") == "0", PATIENCE)
        self.checks.ok(True, "a dropped connector leaves no slot")
        # One that streams while the server stops.
        self.cluster.create_connector(self.NAME, {
            "bootstrap.servers": self.broker.address,
            "topic.prefix": "again", "table.include.list": "public.b",
            "snapshot.mode": "no_data"})
        self.wait("streaming")
        self.cluster.stop()


def attempt(checks, step, what):
    """What is reported has to be seen most of all where a server crashed."""
    try:
        step()
        checks.ok(True, what)
    except (TestbedError, PgError) as err:
        checks.ok(False, what, str(err))


def memcheck():
    checks = Checks("memcheck")
    inst = Installation.private()
    inst.install_extension()
    run(["make", "-s", "-C", REPO + "/test/memcheck", "WERROR=1",
         "PG_CONFIG=" + inst.pg_config], env=make_env())
    broker = MockBroker()
    tested = WatchedCluster(inst, "regress", settings=SETTINGS)
    streaming = WatchedCluster(inst, "streaming", settings=SETTINGS)
    regress = None
    try:
        tested.init().start()
        regress = Regress(tested, chosen_tests())
        streaming.init().start()
        self_test(checks, streaming)
        attempt(checks, Story(checks, streaming, broker).tell,
                "a connector's life goes on to its end")
        judge(checks, streaming, "a connector's life", 10)
        regress.finish(checks)
        attempt(checks, tested.stop, "the tested server stops")
        judge(checks, tested, "regression tests", len(regress.tests))
        return checks.finish()
    finally:
        if regress:
            regress.end()
        tested.destroy()
        streaming.destroy()
        broker.close()


main(memcheck)
