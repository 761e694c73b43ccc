#!/usr/bin/env python3
"""The real Debezium JDBC sink applies our topics to a second database, which
ends equal to the first.

With --debezium the topics are real Debezium's: what the harness can show.
"""
import argparse
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../tools"))

from testbed import Checks, TestbedError, kafka, log, main, wait_until
from testbed.postgres import Cluster, Installation
from testbed.pq import quote

PREFIX = "src"
TARGET = "target"
_JSON = "org.apache.kafka.connect.json.JsonConverter"
# The sink names a table as its topic, with _ for each dot.
ITEM = """CREATE TABLE %s (
	id bigint PRIMARY KEY, name text NOT NULL, code varchar(20) DEFAULT 'x',
	qty int, small smallint, price numeric(10,2), ratio float8, r real,
	ok bool NOT NULL, made timestamptz, made3 timestamp(3), local timestamp,
	day date, at time, u uuid, doc jsonb, raw bytea, tags text[],
	numbers int[])"""
PAIR = """CREATE TABLE %s (
	a int, b text, v text, PRIMARY KEY (a, b))"""
# The sink makes this one, and its new column, by itself.
MADE = "CREATE TABLE %s (id int PRIMARY KEY, v text, n numeric(12,3))"
CONVERTERS = {side + ".converter" + name: value for side in ("key", "value")
              for name, value in (("", _JSON), (".schemas.enable", "true"))}
# A NULL stays one, though the column has a default; ours does so untold.
NULLS = {side + ".converter.replace.null.with.default": "false"
         for side in ("key", "value")}
ROUNDS = [
    """INSERT INTO shop.item SELECT i, 'item ' || i, NULL, i * 3, i % 100,
        i * 1.25, i / 3.0, i / 7.0, i % 2 = 0,
        '2024-01-02 03:04:05.678901+02'::timestamptz + i * interval '1 hour',
        '2024-01-02 03:04:05.678'::timestamp + i * interval '1 hour',
        '1969-01-02 03:04:05.678901'::timestamp + i * interval '1 day',
        '1999-12-31'::date + i, '12:34:56.789012', md5(i::text)::uuid,
        jsonb_build_object('i', i, 'q', '"ä😀'), decode(md5(i::text), 'hex'),
        ARRAY['t' || i, 'ü"'], ARRAY[i, -i]
       FROM generate_series(1, 800) i;
       INSERT INTO shop.item (id, name, ok) VALUES (1000, '', false);
       INSERT INTO shop.pair SELECT i, 'b' || i, NULL
       FROM generate_series(1, 50) i;
       INSERT INTO shop.made SELECT i, 'v' || i, i / 8.0
       FROM generate_series(1, 200) i""",
    """UPDATE shop.item SET qty = qty + 1, name = name || '!'
       WHERE id % 3 = 0;
       UPDATE shop.item SET code = 'y', price = NULL, tags = NULL
       WHERE id % 5 = 0;
       DELETE FROM shop.item WHERE id % 7 = 0;
       UPDATE shop.item SET id = id + 5000 WHERE id % 11 = 0;
       UPDATE shop.pair SET b = b || '+' WHERE a % 2 = 0;
       DELETE FROM shop.pair WHERE a % 3 = 0;
       DELETE FROM shop.made WHERE id % 4 = 0""",
    """ALTER TABLE shop.made ADD COLUMN added int;
       UPDATE shop.made SET added = id WHERE id % 3 = 0;
       INSERT INTO shop.made VALUES (4, 'again', 0, 4)""",
    """TRUNCATE shop.pair; INSERT INTO shop.pair VALUES (1, 'x', 'y')""",
]


def sink_config(cluster):
    return dict(CONVERTERS, **NULLS, **{
        "connector.class": "io.debezium.connector.jdbc.JdbcSinkConnector",
        "tasks.max": "1",
        "topics.regex": PREFIX + r"\.shop\..*",
        "connection.url": "jdbc:postgresql://127.0.0.1:%d/%s"
                          % (cluster.port, TARGET),
        "connection.username": "postgres",
        "connection.password": "none",
        "insert.mode": "upsert",
        "primary.key.mode": "record_key",
        "delete.enabled": "true",
        "truncate.enabled": "true",
        "schema.evolution": "basic",
        # It refuses the objects that Connect's default makes of headers.
        "header.converter":
            "org.apache.kafka.connect.storage.StringConverter",
        "consumer.override.metadata.max.age.ms": "1000",
        "consumer.override.auto.offset.reset": "earliest",
    })


def source_config():
    return dict(CONVERTERS, **{
        "topic.prefix": PREFIX, "schema.include.list": "shop",
        "snapshot.mode": "no_data", "skipped.operations": "none"})


def refusal(cluster):
    """Why our records cannot have schemas; None when they can."""
    rows = cluster.query(
        "SELECT property || ': ' || problem FROM wal2kafka.validate_config("
        "%s) WHERE severity = 'error'" % quote(json.dumps(dict(
            source_config(), **{"bootstrap.servers": "127.0.0.1:1"}))))
    return "; ".join(row[0] for row in rows) or None


class Suite:
    def __init__(self, checks, cluster, broker, connect):
        self.checks = checks
        self.cluster = cluster
        self.broker = broker
        self.connect = connect

    def start_source(self, by_debezium):
        if by_debezium:
            config = kafka.debezium_config(self.cluster, PREFIX)
            config.update(source_config(), **NULLS)
            self.connect.create(PREFIX, config)
            wait_until("Debezium's slot is read", lambda: self.cluster.value(
                "SELECT count(*) FROM pg_replication_slots WHERE active")
                == "1")
        else:
            self.cluster.create_connector(PREFIX, dict(
                source_config(), **{"bootstrap.servers":
                                    self.broker.address}))
            self.cluster.wait_connector(PREFIX)

    def rows(self, table, is_target):
        """Every row as text, with its columns by name."""
        name, database = ("%s_shop_%s" % (PREFIX, table), TARGET) \
            if is_target else ("shop." + table, "postgres")
        if self.cluster.value("SELECT to_regclass('%s')" % name,
                              database) is None:
            return None
        columns = sorted(row[0] for row in self.cluster.query(
            "SELECT attname FROM pg_attribute WHERE attrelid = "
            "'%s'::regclass AND attnum > 0 AND NOT attisdropped" % name,
            database))
        return columns, sorted(self.cluster.query(
            "SELECT %s FROM %s" % (", ".join('"%s"' % c for c in columns),
                                   name), database), key=str)

    def agree(self, number):
        tables = ("item", "pair", "made")
        wanted = [self.rows(t, False) for t in tables]
        last = []

        def probe():
            self.connect.check("sink")
            last[:] = [self.rows(t, True) for t in tables]
            return last == wanted
        try:
            wait_until("both databases are equal", probe, interval=0.2)
        except TestbedError as err:
            log(str(err))
        for table, want, got in zip(tables, wanted, last
                                    or [None] * len(tables)):
            self.checks.ok(got == want, "round %d: %d rows of \"%s\" are "
                           "equal in the second database"
                           % (number, len(want[1]), table),
                           difference(want, got))

    def run(self, by_debezium):
        self.start_source(by_debezium)
        self.connect.create("sink", sink_config(self.cluster))
        for number, sql in enumerate(ROUNDS, 1):
            self.cluster.query(sql)
            self.agree(number)


def difference(want, got):
    if got is None:
        return "no such table"
    if want[0] != got[0]:
        return "columns %s, not %s" % (got[0], want[0])
    return "\n".join("%s: %s" % (what, row) for what, a, b in (
        ("missing", want[1], got[1]), ("too many", got[1], want[1]))
        for row in [r for r in a if r not in b][:3])


def run_suite():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--debezium", action="store_true",
                        help="prove the harness with Debezium's own topics")
    by_debezium = parser.parse_args().debezium
    checks = Checks("jdbcsink")
    if not kafka.fetch(with_sink=True):
        checks.skip("JDBC sink", "no Kafka")
        return checks.finish()
    inst = Installation.private()
    inst.install_extension()
    cluster = Cluster(inst, "jdbcsink").init()
    broker = kafka.Broker("kafka-jdbcsink")
    connect = kafka.Connect(broker, "connect-jdbcsink", with_sink=True)
    try:
        cluster.start()
        cluster.query("CREATE EXTENSION wal2kafka")
        why_not = None if by_debezium else refusal(cluster)
        if why_not:
            checks.skip("the JDBC sink needs records with schemas", why_not)
            return checks.finish()
        cluster.query("CREATE DATABASE " + TARGET)
        cluster.query("CREATE SCHEMA shop; " + MADE % "shop.made")
        for ddl, name in ((ITEM, "item"), (PAIR, "pair")):
            cluster.query(ddl % ("shop." + name))
            cluster.query(ddl % ("%s_shop_%s" % (PREFIX, name)), TARGET)
        broker.start()
        connect.start()
        Suite(checks, cluster, broker, connect).run(by_debezium)
    finally:
        connect.stop()
        broker.stop()
        cluster.destroy()
    return checks.finish()


main(run_suite)
