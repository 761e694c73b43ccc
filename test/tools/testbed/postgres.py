"""A private PostgreSQL: an installation nobody else uses, and clusters.

The machine's own PostgreSQL is only copied from.  A copy runs wherever it
stands, because the server finds its files relative to its program; so the
extension is built against and installed into the copy.
"""
import glob
import os
import re
import shutil
import signal
import subprocess
import time

from . import (CACHE, IS_ROOT, PG_USER, REPO, TestbedError, as_server_user,
               free_port, log, proc, run, user_dir, wait_until, work_dir)
from .pq import Connection, PgError, quote


class Installation:
    """Programs, libraries and headers of one major version."""

    def __init__(self, pg_config):
        self.pg_config = pg_config
        self.bindir = run([pg_config, "--bindir"]).strip()
        self.pkglibdir = run([pg_config, "--pkglibdir"]).strip()
        self.sharedir = run([pg_config, "--sharedir"]).strip()
        self.pgxs = run([pg_config, "--pgxs"]).strip()
        version = run([pg_config, "--version"])
        self.major = int(re.search(r"(\d+)", version)[1])
        self.has_plugin_list = None

    def program(self, name):
        return os.path.join(self.bindir, name)

    @classmethod
    def private(cls, major=15):
        """A copy of the distribution's installation, made in work_dir().

        W2K_PG_CONFIG names an installation to use as it is instead.
        """
        given = os.environ.get("W2K_PG_CONFIG")
        if given:
            return cls(given)
        return cls.copy("pg%d" % major, major)

    @classmethod
    def copy(cls, name, major=15):
        """One more copy, with an extension of its own."""
        prefix = os.path.join(work_dir(), name)
        source = "/usr/lib/postgresql/%d" % major
        if not os.path.exists(source + "/bin/postgres"):
            raise TestbedError("postgresql-%d is not installed" % major)
        if not os.path.isdir(prefix):
            for part in ("lib/postgresql/%d" % major,
                         "share/postgresql/%d" % major,
                         "include/postgresql"):
                if os.path.isdir("/usr/" + part):
                    shutil.copytree("/usr/" + part,
                                    os.path.join(prefix, part), symlinks=True)
        return cls("%s/lib/postgresql/%d/bin/pg_config" % (prefix, major))

    def twin(self, name):
        """A copy with the same extension, for a suite that changes what is
        installed: others use this one at the same time."""
        twin = self.copy(name, self.major)
        for mine, other in ((self.pkglibdir, twin.pkglibdir),
                            (self.sharedir + "/extension",
                             twin.sharedir + "/extension")):
            for path in glob.glob(mine + "/wal2kafka*"):
                to = os.path.join(other, os.path.basename(path))
                if os.path.isdir(path):
                    shutil.copytree(path, to)
                else:
                    shutil.copy(path, to)
        return twin

    def install_extension(self, tree=REPO, quiet=True):
        """Build the tree's extension and install it here, if not done."""
        if os.environ.get("W2K_INSTALLED"):
            return
        out = run(["make", "-C", tree, "PG_CONFIG=" + self.pg_config,
                   "WERROR=1", "install"], env=make_env())
        if not quiet:
            print(out)

    def plugin_settings(self):
        """output_plugin_libraries, where this minor version knows it."""
        if self.has_plugin_list is None:
            out = run([self.program("postgres"), "--describe-config"],
                      **as_server_user())
            self.has_plugin_list = any(
                line.startswith("output_plugin_libraries\t")
                for line in out.splitlines())
        if self.has_plugin_list:
            return ["output_plugin_libraries = "
                    "'pgoutput, test_decoding, wal2kafka, w2k_noop'"]
        return []


def copy_tree(name):
    """What git knows of the tree, where objects of another kind can be
    built and the server's user may look."""
    tree = user_dir(name)
    for path in run(["git", "-c", "safe.directory=*", "-C", REPO, "ls-files",
                     "-co", "--exclude-standard"]).splitlines():
        source, target = os.path.join(REPO, path), os.path.join(tree, path)
        if os.path.exists(source):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy(source, target)
    return tree


def make_env():
    """Without what an outer make told its own children."""
    env = dict(os.environ)
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PG_CONFIG"):
        env.pop(name, None)
    return env


class Cluster:
    """One data directory and its server."""

    def __init__(self, inst, name, port=None, preload=True, settings=()):
        self.inst = inst
        self.name = name
        self.home = user_dir("cluster-" + name)
        self.data = os.path.join(self.home, "data")
        self.logfile = os.path.join(self.home, "server.log")
        self.port = port or free_port()
        self.preload = preload
        self.settings = list(settings)

    # Making and running

    def init(self):
        run([self.inst.program("initdb"), "-D", self.data, "-U", "postgres",
             "-A", "trust", "-N", "-E", "UTF8", "--locale=C.UTF-8"],
            **as_server_user())
        self.configure()
        return self

    def configure(self, more=()):
        lines = [
            "listen_addresses = '127.0.0.1'",
            "port = %d" % self.port,
            "unix_socket_directories = '%s'" % self.home,
            "wal_level = logical",
            "max_replication_slots = 40",
            "max_wal_senders = 20",
            "max_worker_processes = 24",
            "max_prepared_transactions = 4",
            "log_line_prefix = '%m [%p] %b '",
            "fsync = on",
            "max_wal_size = 4GB",
            "track_commit_timestamp = off",
        ]
        if self.preload:
            lines.append("shared_preload_libraries = 'wal2kafka'")
        lines += self.inst.plugin_settings()
        lines += self.settings
        lines += more
        path = os.path.join(self.data, "w2k.conf")
        with open(path, "w") as file:
            file.write("\n".join(lines) + "\n")
        if IS_ROOT:
            shutil.chown(path, PG_USER, PG_USER)
        main = os.path.join(self.data, "postgresql.conf")
        with open(main) as file:
            is_included = "w2k.conf" in file.read()
        if not is_included:
            with open(main, "a") as file:
                file.write("include 'w2k.conf'\n")

    def start(self, timeout=180):
        self._ctl("start", "-t", str(timeout), "-l", self.logfile)
        return self

    def stop(self, mode="fast", timeout=180):
        self._ctl("stop", "-m", mode, "-t", str(timeout))

    def restart(self, mode="fast"):
        self._ctl("restart", "-m", mode, "-l", self.logfile)

    def reload(self):
        self._ctl("reload")

    def promote(self):
        self._ctl("promote")

    def _ctl(self, what, *args):
        argv = [self.inst.program("pg_ctl"), "-D", self.data, "-s", what]
        if what != "reload":
            argv.append("-w")
        try:
            # Not through a pipe: the server would inherit and hold it.
            with open(os.path.join(self.home, "pg_ctl.log"), "w+") as out:
                run(argv + list(args), stdout=out, **as_server_user())
        except TestbedError as err:
            with open(os.path.join(self.home, "pg_ctl.log")) as out:
                raise TestbedError("%s%s\n%s" % (err, out.read(),
                                                 self.log_tail())) from None

    def postmaster_pid(self):
        """The pid in our pid namespace, or None.

        The file alone is not to be trusted: a server that was PID 1 of a
        namespace of its own wrote "1", and a pid may have a new tenant.
        """
        try:
            with open(os.path.join(self.data, "postmaster.pid")) as file:
                pid = int(file.readline())
            return pid if os.path.samefile("/proc/%d/cwd" % pid, self.data) \
                else None
        except (OSError, ValueError):
            return None

    def is_running(self):
        pid = self.postmaster_pid()
        return pid is not None and proc.exists(pid)

    def destroy(self):
        """End whatever still runs of it, and forget its files."""
        pid = self.postmaster_pid()
        if pid:
            below = [p[0] for p in proc.descendants(pid)]
            for child in below:
                if proc.state(child) == "T":
                    proc.send(child, signal.SIGCONT)
            proc.send(pid, signal.SIGCONT)
            try:
                self.stop("immediate", 20)
            except TestbedError:
                for child in [pid] + below:
                    proc.end(child)
        if not os.environ.get("W2K_KEEP"):
            shutil.rmtree(self.data, ignore_errors=True)

    def log_tail(self, lines=30):
        try:
            with open(self.logfile, errors="replace") as file:
                return "".join(file.readlines()[-lines:])
        except OSError:
            return ""

    def log_text(self):
        with open(self.logfile, errors="replace") as file:
            return file.read()

    # Talking to it

    def conninfo(self, database="postgres", user="postgres"):
        return ("host=127.0.0.1 port=%d dbname='%s' user='%s' "
                "connect_timeout=5" % (self.port, database, user))

    def connect(self, database="postgres", user="postgres"):
        return Connection(self.conninfo(database, user))

    def query(self, sql, database="postgres", user="postgres"):
        with self.connect(database, user) as conn:
            return conn.query(sql)

    def value(self, sql, database="postgres", user="postgres"):
        rows = self.query(sql, database, user)
        return rows[0][0] if rows else None

    def script(self, text, database="postgres"):
        """SQL with psql's own commands, stopping at the first error."""
        return run([self.inst.program("psql"), "-X", "-q", "-v",
                    "ON_ERROR_STOP=1", self.conninfo(database)], input=text)

    def wait_ready(self, timeout=180):
        def probe():
            try:
                return self.value("SELECT 1")
            except PgError:
                return None
        wait_until("the server answers", probe, timeout, 0.1)

    # wal2kafka

    def create_connector(self, name, config, database="postgres"):
        import json
        with self.connect(database) as conn:
            conn.query("SELECT wal2kafka.create_connector(%s, %s::jsonb)"
                       % (quote(name), quote(json.dumps(config))))
            return conn.notices

    def wait_connector(self, name, state="streaming", timeout=120,
                       database="postgres"):
        """The view may still show what was before the last order."""
        end = time.monotonic() + timeout
        why = ""
        while time.monotonic() < end:
            try:
                if self.value("SELECT wal2kafka.wait_for_connector(%s, %s, "
                              "'1 s')" % (quote(name), quote(state)),
                              database) == "t":
                    return
                why = self.query("SELECT state, last_error FROM "
                                 "wal2kafka.connectors WHERE name = %s"
                                 % quote(name), database)
            except PgError as err:
                why = err
                if "has failed" in str(err):
                    break
                time.sleep(0.05)
        raise TestbedError("connector \"%s\" is not %s: %s\n%s"
                           % (name, state, why, self.log_tail()))

    def worker_pids(self, name, database="postgres"):
        """(worker, sender) of a connector; None where there is none."""
        rows = self.query("SELECT pid, sender_pid FROM wal2kafka.connectors "
                          "WHERE name = %s" % quote(name), database)
        if not rows:
            return None, None
        return tuple(int(x) if x else None for x in rows[0])

    def launcher_pid(self):
        value = self.value("SELECT pid FROM pg_stat_activity "
                           "WHERE backend_type = 'wal2kafka launcher'")
        return int(value) if value else None
