"""The parts that tests are made of: places, ports, processes.

Nothing here needs more than Python's standard library.  Everything a test
starts listens on the loopback address alone, lives in a folder of its own
and is ended by its own process id.
"""
import atexit
import contextlib
import fcntl
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

REPO = os.path.realpath(os.path.join(os.path.dirname(__file__), "../../.."))
CACHE = os.environ.get("W2K_CACHE") or os.path.expanduser("~/.cache/wal2kafka")
IN_CI = os.environ.get("CI", "") not in ("", "0", "false")
LONG = os.environ.get("W2K_LONG", "") not in ("", "0")
IS_ROOT = os.geteuid() == 0
# A PostgreSQL server refuses to run as root.
PG_USER = "postgres" if IS_ROOT else pwd.getpwuid(os.geteuid()).pw_name

_work = None
_started = time.monotonic()


class TestbedError(Exception):
    """What a person can act on; printed without a traceback."""


def log(text):
    print("[%6.1f] %s" % (time.monotonic() - _started, text), flush=True)


def work_dir():
    """This run's folder; the server's user may write into it."""
    global _work
    if _work is None:
        _work = tempfile.mkdtemp(prefix="wal2kafka-test.")
        os.chmod(_work, 0o755)
        if not os.environ.get("W2K_KEEP"):
            owner = os.getpid()
            atexit.register(lambda: os.getpid() == owner
                            and shutil.rmtree(_work, ignore_errors=True))
    return _work


@contextlib.contextmanager
def cache_lock():
    """Held while something is fetched: two suites may want the same."""
    os.makedirs(CACHE, exist_ok=True)
    with open(os.path.join(CACHE, ".lock"), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def user_dir(name):
    """A folder in work_dir() that belongs to the server's user."""
    path = os.path.join(work_dir(), name)
    os.makedirs(path, exist_ok=True)
    if IS_ROOT:
        shutil.chown(path, PG_USER, PG_USER)
    return path


def free_port():
    """A port nobody listens on, below those the kernel hands out itself.

    W2K_PORT_BASE keeps several runs on one machine apart.  Two suites of one
    run are kept apart by what a port is reserved with as long as we live, for
    one is not listened on before its server is up, nor while that is down.
    """
    base = os.environ.get("W2K_PORT_BASE")
    for _ in range(1000):
        port = (int(base) + random.randrange(300) if base
                else random.randrange(20000, 30000))
        if port in free_port.given:
            continue
        reserved = socket.socket(socket.AF_UNIX)
        try:
            # a name without a file, which goes with the process
            reserved.bind("\0wal2kafka-test-port-%d" % port)
            with socket.socket() as sock:
                sock.bind(("127.0.0.1", port))
        except OSError:
            reserved.close()
            continue
        free_port.given[port] = reserved
        return port
    raise TestbedError("no free port")


free_port.given = {}


def as_server_user():
    """Arguments for subprocess that drop root."""
    if not IS_ROOT:
        return {}
    return {"user": PG_USER, "group": PG_USER, "extra_groups": [],
            "cwd": work_dir()}


def run(argv, **kwargs):
    """Run to the end; raise with its output where it fails."""
    kwargs.setdefault("stdout", subprocess.PIPE)
    kwargs.setdefault("stderr", subprocess.STDOUT)
    kwargs.setdefault("text", True)
    done = subprocess.run(argv, **kwargs)
    if done.returncode != 0:
        raise TestbedError("%s: exit code %d\n%s"
                           % (" ".join(argv), done.returncode, done.stdout))
    return done.stdout


def wait_until(what, probe, timeout=120, interval=0.05):
    """Call probe() until it returns something true, and return that.

    How long it takes is the machine's matter: what is late is no failure,
    what never comes is.
    """
    end = time.monotonic() + timeout
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > end:
            raise TestbedError("gave up after %g s waiting until %s"
                               % (timeout, what))
        time.sleep(interval)


class Checks:
    """Counts what was shown, and says it in a line at the end."""

    def __init__(self, name):
        self.name = name
        self.passed = 0
        self.failed = 0
        self.skipped = 0

    def ok(self, is_good, what, detail=""):
        if is_good:
            self.passed += 1
            log("ok     %s" % what)
        else:
            self.failed += 1
            log("NOT OK %s%s" % (what, "\n" + detail if detail else ""))
        return bool(is_good)

    def skip(self, what, why):
        self.skipped += 1
        log("SKIP   %s: %s" % (what, why))

    def finish(self):
        """The closing line and the exit code."""
        print("%s: %d passed, %d failed, %d skipped"
              % (self.name, self.passed, self.failed, self.skipped),
              flush=True)
        return 1 if self.failed else 0


def main(function, adopts_orphans=True):
    """Run a script's main; an expected error is one line, not a traceback.

    A SIGTERM runs the script's "finally" blocks: nothing stays behind.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    from . import proc
    if adopts_orphans:
        proc.adopt_orphans()
    try:
        code = function()
    except TestbedError as err:
        log("NOT OK %s" % err)
        code = 1
    except KeyboardInterrupt:
        code = 130
    sys.stdout.flush()
    sys.exit(code or 0)
