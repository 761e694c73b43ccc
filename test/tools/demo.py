#!/usr/bin/env python3
"""make demo: from CREATE EXTENSION to records on a topic.

A private PostgreSQL, a small broker of ours that needs no Java, a table, a
connector, a few changes, and what a consumer then sees.  Nothing stays: all
of it ends with this program.
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from testbed import as_server_user, log, main, wait_until
from testbed.mock import MockBroker
from testbed.postgres import Cluster, Installation

CONNECTOR = """CREATE EXTENSION wal2kafka;
SELECT wal2kafka.create_connector('shop', '{
  "bootstrap.servers": "%s",
  "topic.prefix": "shop",
  "snapshot.mode": "no_data",
  "table.include.list": "public.customer"
}');
SELECT wal2kafka.wait_for_connector('shop');"""

CHANGES = """INSERT INTO customer VALUES (1, 'Ada', 'ada@example.org'), (2, 'Bob', NULL);
UPDATE customer SET email = 'bob@example.org' WHERE id = 2;
DELETE FROM customer WHERE id = 1;
BEGIN;
INSERT INTO customer VALUES (3, 'Eve', NULL);
ROLLBACK;
SELECT wal2kafka.wait_for_delivery('shop');"""

STATUS = """SELECT state, total_records, lag_bytes, latency_p50_ms
  FROM wal2kafka.stat_connector;"""


def psql(cluster, sql):
    print("\n" + "\n".join("postgres=# " + line if n == 0 else "postgres-# "
                           + line for n, line in
                           enumerate(sql.splitlines())), flush=True)
    done = subprocess.run(
        [cluster.inst.program("psql"), "-X", "-v", "ON_ERROR_STOP=1",
         cluster.conninfo()], input=sql, text=True, **as_server_user())
    if done.returncode:
        raise SystemExit("psql failed; the server's log:\n"
                         + cluster.log_tail())


def demo():
    log("building, and installing into a PostgreSQL of our own")
    inst = Installation.private()
    inst.install_extension()
    log("starting PostgreSQL and a broker")
    broker = MockBroker()
    cluster = Cluster(inst, "demo")
    try:
        cluster.init().start()
        psql(cluster, "CREATE TABLE customer (id int PRIMARY KEY, "
             "name text NOT NULL, email text);")
        psql(cluster, CONNECTOR % broker.address)
        psql(cluster, CHANGES)
        show_topic(broker)
        psql(cluster, STATUS)
        go_on(cluster, broker)
    finally:
        cluster.destroy()
        broker.close()


def show_topic(broker):
    read = ["kcat", "-b", broker.address, "-C", "-t",
            "shop.public.customer", "-o", "beginning", "-e", "-q"]
    print("\n$ " + " ".join(read))
    records = wait_until(
        "the records are there",
        lambda: (lambda text: text if text.count("\n") >= 5 else None)(
            broker.consume("shop.public.customer",
                           "key:   %k\\nvalue: %s\\n\\n")), 20, 0.3)
    print(records, end="")
    print("(a delete is followed by a tombstone: the same key, no value; "
          "the rolled back row was never sent)")


def go_on(cluster, broker):
    print("""
Go on by hand, in another terminal:
  %s -h 127.0.0.1 -p %d -U postgres postgres
  kcat -b %s -C -t shop.public.customer
and in psql for instance:
  UPDATE customer SET name = 'Robert' WHERE id = 2;
  SELECT * FROM wal2kafka.connectors;
  SELECT * FROM wal2kafka.stat_connector;
  SELECT topic, key_text, value_text FROM wal2kafka.peek('shop');
  SELECT wal2kafka.pause_connector('shop');
The README goes on from there."""
          % (cluster.inst.program("psql"), cluster.port, broker.address),
          flush=True)
    if sys.stdin.isatty():
        try:
            input("\nPress Enter to end the server and the broker. ")
        except EOFError:
            pass


main(demo)
