#!/usr/bin/env python3
"""make test: builds the tree, installs it into a private PostgreSQL, and
runs every suite against it.  Names of suites as arguments run only those.

Two suites run at a time: most of their time is waiting.  What a suite prints
is shown whole when it has ended; of one suite alone, as it comes.

Each suite ends with a line "NAME: N passed, N failed, N skipped"; the last
line here is their sum.  What failed is said once more in front of the sums:
of a long log often only the end is kept.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from testbed import (IS_ROOT, LONG, PG_USER, REPO, TestbedError,
                     as_server_user, free_port, log, main, user_dir)
from testbed.postgres import Installation, make_env

_LINE = re.compile(r"^[\w ]+: (\d+) passed, (\d+) failed, (\d+) skipped")
_FAILURE = re.compile(r"NOT OK|^not ok\b|^#   Failed test|\.\.\. FAILED"
                      r"|^Traceback|^\w*Error: ")
# of a failure, and of all of a suite's
MAX_DETAIL, MAX_FAILURES = 6, 40


class Results:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.lines = {}         # by suite
        self.failures = []

    def note_failures(self, name, out):
        """Keep what the output of a suite says of what failed."""
        lines = out.splitlines()
        found = [i for i, line in enumerate(lines) if _FAILURE.search(line)]
        for i in found[:MAX_FAILURES]:
            self.failures.append("%s: %s" % (name, lines[i].strip()))
            for line in lines[i + 1:i + MAX_DETAIL]:
                if _FAILURE.search(line) or re.match(r"\[ *[\d.]+\]", line):
                    break
                self.failures.append("    " + line.rstrip()[:200])
        if len(found) > MAX_FAILURES:
            self.failures.append("%s: and %d more"
                                 % (name, len(found) - MAX_FAILURES))

    def add(self, name, passed, failed, skipped, seconds):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped
        self.lines[name] = ("%-14s %5d passed %3d failed %3d skipped %6.0f s"
                          % (name, passed, failed, skipped, seconds))


class Lane(threading.local):
    """What a suite prints: kept, and shown as it comes or when it ends."""
    is_live = True
    shown = []


_lane = Lane()
_running = set()


def stream(argv, **kwargs):
    """Run, show the output while it comes, and return (code, output)."""
    lines = []
    with subprocess.Popen(argv, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True,
                          errors="replace", **kwargs) as process:
        _running.add(process)
        try:
            for line in process.stdout:
                if _lane.is_live:
                    sys.stdout.write(line)
                    sys.stdout.flush()
                lines.append(line)
                _lane.shown.append(line)
        except BaseException:
            process.terminate()
            process.wait()
            raise
        finally:
            _running.discard(process)
    return process.returncode, "".join(lines)


def installcheck(inst):
    env = dict(make_env(), PG_CONFIG=inst.pg_config)
    code, out = stream([REPO + "/test/tools/installcheck.sh"], env=env)
    good = len(re.findall(r"^(?:test .*|ok +\d+ .*)\.\.\. ok|^ok \d+",
                          out, re.M))
    bad = len(re.findall(r"\.\.\. FAILED|^not ok \d+", out, re.M))
    return good, max(bad, 1 if code else 0), 0


def unit(inst):
    if not os.path.exists(REPO + "/test/unit/Makefile"):
        return 0, 0, 1
    code, out = stream(["make", "-C", REPO + "/test/unit",
                        "PG_CONFIG=" + inst.pg_config, "check"],
                       env=make_env())
    total = sum(map(int, re.findall(r"^Files=\d+, Tests=(\d+)", out, re.M)))
    bad = len(re.findall(r"^#   Failed test|^not ok\b", out, re.M))
    bad = max(bad, 1 if code else 0)
    return max(total - bad, 0), bad, 0


def properties(inst):
    """The README lists the properties that the library has."""
    code, _ = stream([sys.executable, REPO + "/test/tools/properties_md.py",
                      "--check"])
    return int(code == 0), int(code != 0), 0


def tap(inst):
    """PostgreSQL's own TAP modules, from a copy that its user owns.

    Two at a time: most of a script's time is waiting.
    """
    scripts = sorted(glob.glob(REPO + "/test/t/*.pl"))
    if not scripts:
        return 0, 0, 1
    home = user_dir("tap")
    shutil.copytree(REPO + "/test", home + "/test", dirs_exist_ok=True)
    tree = os.path.join(os.path.dirname(inst.pgxs), "../..")
    perl = os.path.realpath(tree + "/src/test/perl")
    env = dict(make_env(), PATH=inst.bindir + ":" + os.environ["PATH"],
               PG_CONFIG=inst.pg_config, PGPORT=str(free_port()),
               PG_REGRESS=os.path.realpath(
                   tree + "/src/test/regress/pg_regress"),
               TESTDIR=home, TESTDATADIR=home + "/tmp_check",
               TESTLOGDIR=home + "/tmp_check/log", HOME=home,
               W2K_MOCK=build_mock(home))
    if IS_ROOT:
        subprocess.check_call(["chown", "-R", PG_USER, home])
    user = as_server_user()
    user["cwd"] = home
    code, out = stream(
        ["prove", "-j2", "--timer", "-I", perl, "-I", home + "/test/lib"]
        + [home + "/test/t/" + os.path.basename(s) for s in scripts],
        env=env, **user)
    ran = re.search(r"^Files=\d+, Tests=(\d+)", out, re.M)
    total = int(ran[1]) if ran else 0
    bad = len(re.findall(r"^#   Failed test", out, re.M))
    if code:
        bad = max(bad, 1)
        for log_file in glob.glob(home + "/tmp_check/log/*"):
            shutil.copy(log_file, user_dir("tap-log"))
    return max(total - bad, 0), bad, 0


def build_mock(home):
    """The mock broker; with a home, a copy where the server's user can run
    it."""
    source = REPO + "/test/mock/mock_broker"
    if os.path.exists(REPO + "/test/mock/Makefile"):
        subprocess.check_call(["make", "-s", "-C", REPO + "/test/mock"],
                              env=make_env())
    if home and os.path.exists(source):
        shutil.copy(source, home + "/mock_broker")
    return home and home + "/mock_broker"


def script(path, *args):
    def suite(inst):
        env = dict(make_env(), W2K_PG_CONFIG=inst.pg_config,
                   W2K_INSTALLED="1")
        code, out = stream([sys.executable, os.path.join(REPO, path)]
                           + list(args), env=env)
        for line in reversed(out.splitlines()):
            found = _LINE.match(line)
            if found:
                good, bad, skipped = map(int, found.groups())
                return good, max(bad, 1 if code else 0), skipped
        return 0, 1, 0
    return suite


# In two lanes, about as long; first what needs no Kafka.
FIRST_LANE = [
    ("house", script("test/tools/house.py")),
    ("installcheck", installcheck),
    ("unit", unit),
    ("properties", properties),
    ("tap", tap),
    ("memcheck", script("test/tools/memcheck.py")),
    ("readme", script("test/tools/readme_test.py")),
    ("majors", script("test/tools/majors.py")),
    ("formats", script("test/kafka/formats.py")),
    ("registry", script("test/kafka/registry.py")),
    ("registry_formats", script("test/kafka/registry_formats.py")),
    ("protobuf_registry", script("test/kafka/protobuf_registry.py")),
    ("compatibility", script("test/kafka/compatibility.py")),
]
SECOND_LANE = [
    ("parity", script("test/kafka/parity/parity.py")),
    ("random", script("test/kafka/parity/random_parity.py")),
    # All pairs in the long run; a few of each sort otherwise.
    ("parity17", script("test/kafka/parity/parity.py", "--major", "17",
                        *([] if LONG else ["--pairs", "plain,events,modes-text"]
                          ))),
    ("snapparity", script("test/kafka/parity/snapshot_parity.py")),
    ("snapshots", script("test/kafka/snapshots.py")),
    ("streams", script("test/kafka/streams/streams.py")),
    ("jdbcsink", script("test/kafka/jdbcsink/jdbcsink.py")),
    ("transforms", script("test/kafka/parity/transforms_parity.py")),
    ("scenarios", script("test/kafka/scenarios.py")),
    ("faults", script("test/kafka/faults.py")),
]
SUITES = FIRST_LANE + SECOND_LANE


def run_suite(name, suite, inst, results, is_live):
    _lane.is_live = is_live
    _lane.shown = []
    log("==== %s" % name)
    start = time.monotonic()
    try:
        good, bad, skipped = suite(inst)
    except Exception as err:    # noqa: a lane must not end in silence
        _lane.shown.append("NOT OK %s: %r\n" % (name, err))
        good, bad, skipped = 0, 1, 0
    out = "".join(_lane.shown)
    took = time.monotonic() - start
    with _printing:
        if not is_live:
            print("\n==== what %s printed in %.0f s" % (name, took))
            sys.stdout.write(out)
            sys.stdout.flush()
        if bad:
            results.note_failures(name, out)
        results.add(name, good, bad, skipped, took)


_printing = threading.Lock()


def run_lane(suites, inst, results, is_live):
    for name, suite in suites:
        run_suite(name, suite, inst, results, is_live)


def run_lanes(wanted, inst, results):
    lanes = [[each for each in lane if each[0] in wanted]
             for lane in (FIRST_LANE, SECOND_LANE)]
    is_live = not all(lanes)
    second = threading.Thread(target=run_lane, daemon=True,
                              args=(lanes[1], inst, results, is_live))
    second.start()
    try:
        run_lane(lanes[0], inst, results, is_live)
        second.join()
    except BaseException:
        for process in list(_running):
            process.terminate()
        raise


def run_tests():
    wanted = sys.argv[1:] or [name for name, _ in SUITES]
    results = Results()
    began = time.monotonic()
    inst = Installation.private()
    log("building and installing into %s" % inst.bindir)
    inst.install_extension()
    unknown = set(wanted) - {name for name, _ in SUITES}
    if unknown:
        raise TestbedError("there is no suite %s; there are %s"
                           % (", ".join(sorted(unknown)),
                              ", ".join(name for name, _ in SUITES)))
    # both lanes use it
    build_mock(None)
    run_lanes(wanted, inst, results)
    print("\n" + "\n".join(results.lines[name] for name, _ in SUITES
                           if name in results.lines))
    if results.failures:
        print("\nwhat failed:\n" + "\n".join(results.failures) + "\n")
    if results.skipped:
        print("%d skipped: see SKIP above" % results.skipped)
    print("%s: %.0f s" % ("make test-long" if LONG else "make test",
                          time.monotonic() - began))
    print("%d passed, %d failed" % (results.passed, results.failed))
    return 1 if results.failed or not results.passed else 0


# Adopted by nobody who waits for it, a TAP script's killed postmaster would
# stay a zombie and look alive.
main(run_tests, adopts_orphans=False)
