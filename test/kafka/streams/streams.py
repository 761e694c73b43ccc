#!/usr/bin/env python3
"""A real Kafka Streams application reads our topics: the join and the sums
it arrives at are those of the same queries in SQL, through updates, deletes,
changed keys, and a restart of either side.
"""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../tools"))

from testbed import (LONG, Checks, TestbedError, kafka, log, main, wait_until,
                     work_dir)
from testbed.postgres import Cluster, Installation

PARTITIONS = 4
ROWS = 20000 if LONG else 1500
TABLES = """
CREATE SCHEMA shop;
CREATE TABLE shop.account (
	id int PRIMARY KEY, region text NOT NULL, owner text);
CREATE TABLE shop.balance (id int PRIMARY KEY, amount bigint NOT NULL);
INSERT INTO shop.account SELECT i, 'r' || i %% 7, 'owner ' || i
	FROM generate_series(1, %(rows)d) i WHERE i %% 11 <> 0;
INSERT INTO shop.balance SELECT i, i * 10
	FROM generate_series(1, %(rows)d) i WHERE i %% 5 <> 0;
"""
JOIN = ("SELECT a.id, region, owner, amount FROM shop.account a "
        "JOIN shop.balance b USING (id)")
TOTALS = ("SELECT region, count(*), sum(amount) FROM (%s) x GROUP BY region"
          % JOIN)


def change(cluster, number):
    """One round of all kinds of changes."""
    cluster.query("""
        UPDATE shop.balance SET amount = amount + id WHERE id %% 13 = %(n)d;
        UPDATE shop.account SET region = 'r' || (id + %(n)d) %% 9
            WHERE id %% 17 = %(n)d;
        UPDATE shop.account SET owner = owner || '+' WHERE id %% 19 = %(n)d;
        DELETE FROM shop.balance WHERE id %% 23 = %(n)d;
        DELETE FROM shop.account WHERE id %% 29 = %(n)d;
        INSERT INTO shop.balance SELECT i, %(n)d
            FROM generate_series(%(n)d, %(rows)d, 31) i
            ON CONFLICT (id) DO UPDATE SET amount = -1;
        INSERT INTO shop.account SELECT i, 'new', 'again'
            FROM generate_series(%(n)d, %(rows)d, 37) i
            ON CONFLICT DO NOTHING;
        UPDATE shop.account SET id = id + %(n)d * 10 * %(rows)d
            WHERE id IN (SELECT id FROM shop.account WHERE id < %(rows)d
                         ORDER BY id LIMIT 5);
        UPDATE shop.balance SET id = id + %(n)d * 10 * %(rows)d
            WHERE id IN (SELECT id FROM shop.balance WHERE id < %(rows)d
                         ORDER BY id LIMIT 3);
        """ % {"n": number, "rows": ROWS})


def newest(broker, topic):
    """Key -> value of the records that a compacted topic would keep."""
    found = {}
    for rec in broker.read(topic) if topic in broker.topics(topic) else ():
        found[rec.key] = rec.value
    return {key: json.loads(value) for key, value in found.items()
            if value is not None}


def expected(cluster):
    join = {'{"id":%s}' % row[0]: {"region": row[1], "owner": row[2],
                                   "amount": int(row[3])}
            for row in cluster.query(JOIN)}
    totals = {row[0]: {"count": int(row[1]), "sum": int(row[2])}
              for row in cluster.query(TOTALS)}
    return join, totals


def difference(got, wanted):
    keys = [k for k in sorted(set(got) | set(wanted))
            if got.get(k) != wanted.get(k)]
    return "\n".join("%s: %s, in SQL %s" % (k, got.get(k), wanted.get(k))
                     for k in keys[:5])


class Suite:
    def __init__(self, checks, cluster, broker):
        self.checks = checks
        self.cluster = cluster
        self.broker = broker
        self.app = kafka.Program(os.path.join(HERE, "JoinAndCount.java"),
                                 "streams-app")

    def deliver(self):
        self.cluster.wait_connector("streams")
        if self.cluster.value("SELECT wal2kafka.wait_for_delivery('streams',"
                              " timeout => '120 s')") != "t":
            raise TestbedError("not delivered in time")

    def start_app(self):
        self.app.start(self.broker.address, "streams",
                       os.path.join(work_dir(), "streams-state"))

    def agree(self, what):
        """Wait until both results are SQL's."""
        self.deliver()
        wanted = expected(self.cluster)
        last = [{}, {}]

        def probe():
            if not self.app.is_running():
                raise TestbedError("the application ended\n"
                                   + self.app.log_tail())
            last[:] = newest(self.broker, "result.join"), {
                key: value for key, value in newest(
                    self.broker, "result.totals").items() if value["count"]}
            return tuple(last) == wanted
        try:
            wait_until("the results agree", probe, 300, 0.2)
        except TestbedError as err:
            log(str(err))
        for got, want, which in zip(last, wanted, ("join", "sums")):
            self.checks.ok(got == want and want, "%s: the %s of %d are SQL's"
                           % (what, which, len(want)), difference(got, want))

    def run(self):
        self.cluster.create_connector("streams", {
            "bootstrap.servers": self.broker.address,
            "topic.prefix": "streams", "schema.include.list": "shop",
            "snapshot.mode": "no_data",
            "topic.creation.default.replication.factor": "1",
            "topic.creation.default.partitions": str(PARTITIONS)})
        self.cluster.wait_connector("streams")
        self.cluster.query(TABLES % {"rows": ROWS})
        self.deliver()
        topics = self.broker.topics("streams.")
        used = [sum(end > 0 for end in self.broker.end_offsets(t).values())
                for t in topics]
        self.checks.ok(list(topics.values()) == [PARTITIONS] * 2
                       and used == [PARTITIONS] * 2,
                       "two topics, all of %d partitions used" % PARTITIONS,
                       str(topics))
        self.start_app()
        change(self.cluster, 1)
        self.agree("first rows and changes")
        # The application stops in the middle of a round and goes on later.
        change(self.cluster, 2)
        self.app.stop()
        change(self.cluster, 3)
        self.start_app()
        change(self.cluster, 4)
        self.agree("the application restarted")
        change(self.cluster, 5)
        self.cluster.restart("immediate")
        self.cluster.wait_ready()
        change(self.cluster, 6)
        self.agree("the server restarted after a crash")
        self.cluster.query("DELETE FROM shop.account WHERE region = 'r1'; "
                           "DELETE FROM shop.balance WHERE id % 2 = 0")
        self.agree("much deleted")


def run_suite():
    checks = Checks("streams")
    if not kafka.fetch():
        checks.skip("Kafka Streams", "no Kafka")
        return checks.finish()
    inst = Installation.private()
    inst.install_extension()
    cluster = Cluster(inst, "streams")
    broker = kafka.Broker("kafka-streams", partitions=PARTITIONS)
    suite = None
    try:
        suite = Suite(checks, cluster.init().start(), broker.start())
        cluster.query("CREATE EXTENSION wal2kafka")
        suite.run()
    finally:
        if suite:
            suite.app.stop()
        broker.stop()
        cluster.destroy()
    return checks.finish()


main(run_suite)
