"""A steady write load whose every committed change is known, and the check
that a topic holds exactly those changes, in order.

Each writer owns its keys, so the order of a key's committed versions is the
order in which that writer's commits succeeded.  Keys of the table "hot" are
everybody's: there the row itself counts its versions.  When a connection
breaks in COMMIT, the row that each transaction puts into "txn" tells later
whether it committed.
"""
import collections
import json
import random
import threading
import time

from testbed import TestbedError, log
from testbed.pq import PgError

SCHEMA = """
CREATE SCHEMA load;
CREATE TABLE load.full (id int PRIMARY KEY, ver bigint, note text);
ALTER TABLE load.full REPLICA IDENTITY FULL;
CREATE TABLE load.plain (id int PRIMARY KEY, ver bigint, note text);
CREATE TABLE load.hot (id int PRIMARY KEY, ver bigint NOT NULL);
CREATE TABLE load.txn (writer int, n bigint, PRIMARY KEY (writer, n));
INSERT INTO load.hot SELECT i, 0 FROM generate_series(1, 5) i;
"""
TABLES = ("full", "plain")
KEYS_PER_WRITER = 40


class Writer(threading.Thread):
    def __init__(self, load, number):
        super().__init__(daemon=True)
        self.load = load
        self.number = number
        self.random = random.Random(load.seed * 1000 + number)
        self.alive = {t: set() for t in TABLES}
        self.ver = 0
        self.txns = 0
        self.events = []        # (table, key, op, ver), as committed
        self.hot = []           # (key, ver), as committed
        self.rolled_back = 0
        self.errors = []        # while the server should have been up
        self.slowest = 0.0
        self.failure = None
        self.busy = threading.Lock()    # held while in a transaction

    def run(self):
        try:
            while not self.load.stopping.is_set():
                self.one_session()
        except Exception as err:    # noqa: shown by Load.stop
            self.failure = err

    def one_session(self):
        try:
            conn = self.load.cluster.connect()
        except PgError as err:
            self.note_error(err)
            time.sleep(0.05)
            return
        with conn:
            while not self.load.stopping.is_set():
                self.load.gate.wait()
                with self.busy:
                    if not self.load.gate.is_set():
                        continue
                    if not self.one_transaction(conn):
                        return
                if self.load.pause:
                    time.sleep(self.random.random() * 2 * self.load.pause)

    def note_error(self, err):
        if time.monotonic() > self.load.down_until:
            self.errors.append("%.1f: %s" % (time.monotonic(), err))

    def one_transaction(self, conn):
        """False when the connection is gone."""
        sql, events, hot_keys, alive = self.compose()
        commits = self.random.random() >= 0.1
        began = time.monotonic()
        hot = []
        try:
            conn.query("BEGIN")
            for statement in sql:
                conn.query(statement)
            for key in hot_keys:
                hot.append((key, int(conn.value(
                    "UPDATE load.hot SET ver = ver + 1 WHERE id = %d "
                    "RETURNING ver" % key))))
            if not commits:
                conn.query("ROLLBACK")
                self.rolled_back += 1
                return True
        except PgError as err:
            self.note_error(err)
            return False
        try:
            conn.query("COMMIT")
        except PgError as err:
            self.note_error(err)
            if not self.has_committed():
                return False
            self.remember(events, hot, alive)
            return False
        self.remember(events, hot, alive)
        self.slowest = max(self.slowest, time.monotonic() - began)
        return True

    def remember(self, events, hot, alive):
        self.events += events
        self.hot += hot
        self.alive = alive

    def has_committed(self):
        """Ask the table, as soon as there is somebody to ask."""
        while True:
            try:
                return self.load.cluster.value(
                    "SELECT count(*) FROM load.txn WHERE writer = %d AND "
                    "n = %d" % (self.number, self.txns)) == "1"
            except PgError:
                time.sleep(0.1)

    def compose(self):
        """SQL of one transaction and what it does if it commits."""
        rnd = self.random
        self.txns += 1
        sql = ["INSERT INTO load.txn VALUES (%d, %d)"
               % (self.number, self.txns)]
        events = [("txn", (self.number, self.txns), "c", None)]
        alive = {t: set(keys) for t, keys in self.alive.items()}
        # Everybody takes hot rows in one order: no deadlock.
        hot_keys = sorted(rnd.sample(range(1, 6), 2)) \
            if rnd.random() < 0.2 else []
        for _ in range(rnd.choice((1, 1, 2, 3, 5, 10))):
            if rnd.random() < 0.1:
                lost = {t: set(keys) for t, keys in alive.items()}
                sql.append("SAVEPOINT s")
                for _ in range(rnd.randrange(1, 4)):
                    self.operation(sql, [], lost)
                sql.append("ROLLBACK TO s")
            else:
                self.operation(sql, events, alive)
        return sql, events, hot_keys, alive

    def operation(self, sql, events, alive):
        rnd = self.random
        table = rnd.choice(TABLES)
        keys = alive[table]
        base = self.number * 1000
        key = base + rnd.randrange(KEYS_PER_WRITER)
        self.ver += 1
        ver = self.ver
        note = "x" * rnd.choice((5, 50, 500))
        if key not in keys:
            sql.append("INSERT INTO load.%s VALUES (%d, %d, '%s')"
                       % (table, key, ver, note))
            events.append((table, key, "c", ver))
            keys.add(key)
            return
        what = rnd.random()
        if what < 0.65:
            sql.append("UPDATE load.%s SET ver = %d, note = '%s' "
                       "WHERE id = %d" % (table, ver, note, key))
            events.append((table, key, "u", ver))
        elif what < 0.85:
            sql.append("DELETE FROM load.%s WHERE id = %d" % (table, key))
            events += [(table, key, "d", None), (table, key, "x", None)]
            keys.discard(key)
        else:
            free = [k for k in range(base, base + KEYS_PER_WRITER)
                    if k not in keys]
            if not free:
                return
            new = rnd.choice(free)
            sql.append("UPDATE load.%s SET id = %d, ver = %d WHERE id = %d"
                       % (table, new, ver, key))
            events += [(table, key, "d", None), (table, key, "x", None),
                       (table, new, "c", ver)]
            keys.discard(key)
            keys.add(new)


class Load:
    def __init__(self, cluster, seed, writers=4, pause=0.01):
        self.cluster = cluster
        self.seed = seed
        self.pause = pause
        self.stopping = threading.Event()
        self.down_until = 0.0   # until then clients may see errors
        self.gate = threading.Event()
        self.gate.set()
        self.writers = [Writer(self, n + 1) for n in range(writers)]

    def start(self):
        for writer in self.writers:
            writer.start()
        return self

    def stop(self):
        self.stopping.set()
        self.gate.set()
        for writer in self.writers:
            writer.join(60)
            if writer.is_alive():
                raise TestbedError("a client hangs")
            if writer.failure:
                raise writer.failure

    def hold(self):
        """Nobody writes any more, until the gate is set."""
        self.gate.clear()
        for writer in self.writers:
            with writer.busy:
                pass

    def server_goes_down(self):
        self.down_until = float("inf")

    def server_is_up(self):
        """Clients on their way notice a little later."""
        self.down_until = time.monotonic() + 10

    def errors(self):
        return [e for w in self.writers for e in w.errors]

    def slowest(self):
        return max(w.slowest for w in self.writers)

    def expected(self):
        """(topic's table, key) -> [(op, ver)] in commit order."""
        keys = collections.defaultdict(list)
        for writer in self.writers:
            for table, key, op, ver in writer.events:
                keys[table, key].append((op, ver))
        hot = collections.defaultdict(list)
        for writer in self.writers:
            for key, ver in writer.hot:
                hot[key].append(ver)
        for key, versions in hot.items():
            keys["hot", key] = [("u", v) for v in sorted(versions)]
        return keys

    def counts(self):
        return (sum(len(w.events) + len(w.hot) for w in self.writers),
                sum(w.rolled_back for w in self.writers))


class Seen:
    """What a topic says of one key."""
    __slots__ = ("order", "index", "last", "problem", "partition")

    def __init__(self):
        self.order = []         # (op, ver), each record once
        self.index = {}         # (lsn, op) -> place in order
        self.last = -1
        self.problem = None
        self.partition = None


def check(broker, prefix, load):
    """Returns (records, places of repeated records, problems)."""
    keys = collections.defaultdict(Seen)
    records, repeats, problems = 0, [], []
    for table in TABLES + ("hot", "txn"):
        topic = "%s.load.%s" % (prefix, table)
        last_lsn = {}
        for rec in broker.iterate(topic, timeout=600):
            records += 1
            if not see(keys, table, rec, last_lsn, problems):
                repeats.append((topic, rec.partition, rec.offset))
    expected = load.expected()
    for place in sorted(set(expected) | set(keys), key=str):
        want, seen = expected.get(place, []), keys.get(place)
        if seen is None:
            problems.append("%s %s: nothing on the topic, expected %d "
                            "records" % (*place, len(want)))
        elif seen.order != want:
            problems.append("%s %s: %s" % (*place, first_difference(
                seen.order, want)))
        elif seen.last != len(want) - 1:
            problems.append("%s %s: the last record is version %d of %d"
                            % (*place, seen.last, len(want) - 1))
        if seen is not None and seen.problem:
            problems.append("%s %s: %s" % (*place, seen.problem))
    return records, repeats, problems


def see(keys, table, rec, last_lsn, problems):
    """False for a record that was there before."""
    key = json.loads(rec.key)
    name = key["id"] if "id" in key else (key["writer"], key["n"])
    seen = keys[table, name]
    if rec.value is None:
        op, ver, lsn = "x", None, last_lsn.get(name)
        if lsn is None:
            problems.append("%s %s: a tombstone without a delete"
                            % (table, name))
            return True
    else:
        value = json.loads(rec.value)
        op, lsn = value["op"], value["source"]["lsn"]
        ver = (value["after"] or {}).get("ver") if op in "cu" else None
        last_lsn[name] = lsn
    if seen.partition not in (None, rec.partition):
        seen.problem = "in two partitions"
    seen.partition = rec.partition
    place = seen.index.get((lsn, op))
    is_new = place is None
    if is_new:
        place = len(seen.order)
        seen.index[lsn, op] = place
        seen.order.append((op, ver))
        if seen.last != place - 1:
            seen.problem = seen.problem or (
                "record %d (%s) overtook %d: it follows record %d at offset "
                "%d" % (place, op, place - 1, seen.last, rec.offset))
    elif place > seen.last + 1:
        seen.problem = seen.problem or (
            "a repeated run skips records %d to %d at offset %d"
            % (seen.last + 1, place - 1, rec.offset))
    seen.last = place
    return is_new


def first_difference(got, want):
    for i in range(max(len(got), len(want))):
        a = got[i] if i < len(got) else "nothing"
        b = want[i] if i < len(want) else "nothing"
        if a != b:
            return "record %d of %d is %s, expected %s of %d" % (
                i, len(got), a, b, len(want))
    return "equal"
