#!/usr/bin/env python3
"""Every SQL block of the README runs, in the order in which it stands there,
and so do the commands that use the plugin and the sender alone.

The setting is the demo's: a private PostgreSQL and the mock broker.
"""
import os
import re
import signal
import subprocess
import sys
import textwrap
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from testbed import (REPO, Checks, TestbedError, as_server_user, log, main,
                     user_dir, wait_until)
from testbed.mock import MockBroker
from testbed.postgres import Cluster, Installation

DATABASE = "shopdb"


def blocks(path):
    """(line, tag, text) of each fenced block, indented ones too."""
    with open(path) as file:
        text = file.read()
    for found in re.finditer(r"^([ \t]*)```(\w*)\n(.*?)^\1```", text,
                             re.M | re.S):
        yield (text[:found.start()].count("\n") + 1, found[2],
               textwrap.dedent(found[3]))


def run_sql(checks, cluster, broker, line, text):
    text = re.sub(r'("bootstrap\.servers": *)"[^"]*"',
                  r'\1"%s"' % broker.address, text)
    done = subprocess.run(
        [cluster.inst.program("psql"), "-X", "-v", "ON_ERROR_STOP=1", "-At",
         cluster.conninfo(DATABASE)], input=text, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    good = done.returncode == 0
    # What waits has to succeed, or the reader would be told nonsense.
    if re.search(r"wait_for_|drain\(", text):
        good = good and not re.search(r"^f$", done.stdout, re.M)
    checks.ok(good, "README line %d: SQL runs" % line, text + done.stdout)


def run_alone(checks, cluster, broker, line, text):
    """pg_recvlogical into the sender, until a change is on a topic."""
    home = user_dir("alone")
    with open(home + "/sender.conf", "w") as file:
        file.write("bootstrap.servers=%s\n" % broker.address)
    env = dict(os.environ, PGHOST="127.0.0.1", PGPORT=str(cluster.port),
               PGUSER="postgres", PATH="%s:%s:%s" % (
                   cluster.inst.bindir, cluster.inst.pkglibdir,
                   os.environ["PATH"]))
    user = as_server_user()
    user["cwd"] = home
    with open(home + "/log", "w+") as out:
        shell = subprocess.Popen(["bash", "-c", text], env=env, stdout=out,
                                 stderr=out, start_new_session=True, **user)
        try:
            wait_until("the slot is read", lambda: cluster.value(
                "SELECT active FROM pg_replication_slots "
                "WHERE slot_name = 'feed'") == "t")
            cluster.query("CREATE TABLE alone (id int PRIMARY KEY); "
                          "INSERT INTO alone VALUES (1)", DATABASE)
            topic = wait_until(
                "a topic with the change", lambda: [
                    t for t in topics(broker) if t.endswith("public.alone")],
                interval=0.3)[0]
            # A topic is there before its first record.
            wait_until("the change is on it",
                       lambda: '{"id":1}' in broker.consume(topic),
                       interval=0.3)
            checks.ok(True, "README line %d: the sender alone behind "
                      "pg_recvlogical" % line)
        except TestbedError as err:
            out.seek(0)
            checks.ok(False, "README line %d: %s" % (line, err), out.read())
        finally:
            os.killpg(shell.pid, signal.SIGTERM)
            shell.wait()
    wait_until("the slot is free", lambda: cluster.value(
        "SELECT active FROM pg_replication_slots "
        "WHERE slot_name = 'feed'") == "f")


def topics(broker):
    import json
    out = subprocess.run(["kcat", "-b", broker.address, "-L", "-J", "-m",
                          "60"],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return [t["topic"] for t in json.loads(out.stdout)["topics"]]


def readme_test():
    checks = Checks("readme")
    inst = Installation.private()
    inst.install_extension()
    broker = MockBroker()
    cluster = Cluster(inst, "readme")
    try:
        cluster.init().start()
        cluster.query("CREATE DATABASE " + DATABASE)
        for line, tag, text in blocks(REPO + "/README.md"):
            if tag == "sql":
                run_sql(checks, cluster, broker, line, text)
            elif text.startswith("pg_recvlogical"):
                run_alone(checks, cluster, broker, line, text)
        checks.ok(checks.passed + checks.failed >= 5,
                  "the README has examples")
        if checks.failed:
            print(cluster.log_tail())
        return checks.finish()
    finally:
        cluster.destroy()
        broker.close()


main(readme_test)
