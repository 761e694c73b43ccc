"""A heavy mix of changes to many sorts of tables, and the tables' state as a
consumer rebuilds it from the topics.

Each writer owns its keys and takes versions from one sequence, so a row's
versions only grow, across deletes and changes of its key too; rows of "hot"
are everybody's and count their versions themselves.
"""
import collections
import json
import random
import threading
import time

from testbed import TestbedError
from testbed.pq import PgError

PLACEHOLDER = "__debezium_unavailable_value"
WRITERS = 4


class Table:
    """How it is made, and how a number becomes a row of it.

    "at" finds row number i, "moved" gives it another key, that of number j.
    "pseudo" names the column that identifies rows where there is no key.
    """

    def __init__(self, name, columns, insert, at, moved, note="note",
                 more=(), pseudo=None, leaves=None):
        self.name = name
        self.columns = columns
        self.insert = insert
        self.at = at
        self.moved = moved
        self.note = note
        self.more = more
        self.pseudo = pseudo
        self.leaves = leaves or [name]


_TOASTED = ("repeat(md5(random()::text), 80 + (random() * 40)::int)")
_ODD = '"Odd Schema"."Täb.le-1"'
TABLES = [
    Table("snap.plain", "id int PRIMARY KEY, ver bigint, note text",
          "i, v, n", "id = i", "id = j"),
    Table("snap.pair", "b text, ver bigint, a int, note text, "
          "PRIMARY KEY (a, b)",
          "'b' || i, v, i % 100, n", "a = i % 100 AND b = 'b' || i",
          "a = j % 100, b = 'b' || j"),
    Table("snap.words", "k text PRIMARY KEY, ver bigint, note text",
          "'wörd \"' || i, v, n", "k = 'wörd \"' || i", "k = 'wörd \"' || j"),
    # A value out of line comes with a new key: it would be unknown else.
    Table("snap.toasted", "id int PRIMARY KEY, ver bigint, big text, "
          "note text", "i, v, %s, n" % _TOASTED, "id = i",
          "id = j, big = %s" % _TOASTED,
          more=("ALTER TABLE snap.toasted ALTER big SET STORAGE EXTERNAL",)),
    Table("snap.parted", "id int, region int, ver bigint, note text, "
          "PRIMARY KEY (id, region)) PARTITION BY LIST (region",
          "i, (random() * 2)::int, v, n", "id = i", "region = (region + 1) % 3",
          more=("CREATE TABLE snap.parted_0 PARTITION OF snap.parted "
                "FOR VALUES IN (0)",
                "CREATE TABLE snap.parted_1 (note text, gone int, region int "
                "NOT NULL, ver bigint, id int NOT NULL)",
                "ALTER TABLE snap.parted_1 DROP COLUMN gone",
                "ALTER TABLE snap.parted ATTACH PARTITION snap.parted_1 "
                "FOR VALUES IN (1)",
                "CREATE TABLE snap.parted_2 PARTITION OF snap.parted "
                "FOR VALUES IN (2) PARTITION BY HASH (id)",
                "CREATE TABLE snap.parted_2a PARTITION OF snap.parted_2 "
                "FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
                "CREATE TABLE snap.parted_2b PARTITION OF snap.parted_2 "
                "FOR VALUES WITH (MODULUS 2, REMAINDER 1)"),
          leaves=["snap.parted_0", "snap.parted_1", "snap.parted_2a",
                  "snap.parted_2b"]),
    Table("snap.keyless", "id int, ver bigint, note text",
          "i, v, n", "id = i", "id = j", pseudo="id",
          more=("ALTER TABLE snap.keyless REPLICA IDENTITY FULL",
                "CREATE INDEX ON snap.keyless (id)")),
    Table(_ODD, '"Kéy Col" int PRIMARY KEY, ver bigint, "no""te" text',
          "i, v, n", '"Kéy Col" = i', '"Kéy Col" = j', note='"no""te"'),
]
# Rows that are equal: no more can be said of them than how many there are.
BAG = "snap.bag"
HOT = "snap.hot"

_WORK = """
CREATE FUNCTION snap.one(i int, j int)
RETURNS void LANGUAGE plpgsql AS $one$
#variable_conflict use_variable
DECLARE
	v bigint;
	n text := repeat('x', (random() * random() * 300)::int);
	what float8 := random();
BEGIN
	CASE floor(random() * %(kinds)d)::int
%(cases)s
	ELSE
		IF what < 0.5 THEN
			INSERT INTO snap.bag VALUES (floor(random() * 50), 'w');
		ELSIF what < 0.75 THEN
			DELETE FROM snap.bag WHERE ctid = ANY (ARRAY(
				SELECT b.ctid FROM snap.bag b
				WHERE b.v = floor(random() * 50)
				LIMIT 1 FOR UPDATE SKIP LOCKED));
		ELSE
			UPDATE snap.bag b SET v = (b.v + 1) %% 50
			WHERE ctid = ANY (ARRAY(SELECT b.ctid FROM snap.bag b
				WHERE b.v = floor(random() * 50)
				LIMIT 1 FOR UPDATE SKIP LOCKED));
		END IF;
	END CASE;
END $one$;

-- Some of it in subtransactions, of which some roll back.
CREATE FUNCTION snap.work(writer int, keys int, ops int, nap float8)
RETURNS void LANGUAGE plpgsql AS $work$
DECLARE
	i int; j int;
	any_of int := 1 + floor(random() * 5)::int;
BEGIN
	FOR round IN 1 .. ops LOOP
		i := writer + %(writers)d * floor(random() * keys)::int;
		j := writer + %(writers)d * floor(random() * keys)::int;
		IF random() < 0.7 THEN
			PERFORM snap.one(i, j);
		ELSE
			BEGIN
				PERFORM snap.one(i, j);
				IF random() < 0.3 THEN
					RAISE EXCEPTION SQLSTATE 'W2K01';
				END IF;
			EXCEPTION WHEN SQLSTATE 'W2K01' THEN
				NULL;
			END;
		END IF;
		IF nap > 0 THEN
			PERFORM pg_sleep(nap / ops);
		END IF;
	END LOOP;
	IF random() < 0.2 THEN
		UPDATE snap.hot SET ver = ver + 1 WHERE id = any_of;
	END IF;
END $work$;
"""
_CASE = """\
	WHEN %(number)d THEN
		v := nextval('snap.version');
		IF what < 0.6 THEN
			UPDATE %(name)s t SET ver = v, %(note)s = n WHERE %(at)s;
			IF NOT FOUND THEN
				INSERT INTO %(name)s VALUES (%(insert)s);
			END IF;
		ELSIF what < 0.8 THEN
			DELETE FROM %(name)s t WHERE %(at)s;
		ELSIF NOT EXISTS (SELECT FROM %(name)s t WHERE %(there)s) THEN
			UPDATE %(name)s t SET %(moved)s, ver = v WHERE %(at)s;
		END IF;
"""


def schema(rows):
    """SQL that makes the tables, and about so many rows in each."""
    sql = ["CREATE SCHEMA snap", 'CREATE SCHEMA "Odd Schema"',
           "CREATE SEQUENCE snap.version",
           "CREATE TABLE snap.bag (v int, w text)",
           "ALTER TABLE snap.bag REPLICA IDENTITY FULL",
           "INSERT INTO snap.bag SELECT random() * 50, 'w' "
           "FROM generate_series(1, 2000)",
           "CREATE TABLE snap.hot (id int PRIMARY KEY, ver bigint)",
           "INSERT INTO snap.hot SELECT i, 0 FROM generate_series(1, 5) i"]
    cases = []
    for number, table in enumerate(TABLES):
        sql.append("CREATE TABLE %s (%s)" % (table.name, table.columns))
        sql += table.more
        sql.append("INSERT INTO %s SELECT %s FROM (SELECT i, nextval("
                   "'snap.version') v, repeat('n', i %% 60) n FROM "
                   "generate_series(1, %d) i WHERE i %% 7 <> 0) s"
                   % (table.name, table.insert, rows))
        there = table.at.replace("= i", "= j").replace("|| i", "|| j")
        cases.append(_CASE % dict(
            number=number, name=table.name, note=table.note, at=table.at,
            insert=table.insert, moved=table.moved,
            there="false" if table.leaves != [table.name] else there))
    sql.append(_WORK % dict(writers=WRITERS, kinds=len(TABLES) + 1,
                            cases="".join(cases)))
    # Versions of the rows that are there are less than any later one.
    return ";\n".join(sql) + ";\nANALYZE;\n"


class Writer(threading.Thread):
    def __init__(self, mix, number):
        super().__init__(daemon=True)
        self.mix = mix
        self.number = number
        self.random = random.Random(mix.seed * 100 + number)
        self.done = 0
        self.failure = None
        self.busy = threading.Lock()    # held while in a transaction

    def run(self):
        try:
            while not self.mix.stopping.is_set():
                try:
                    self.session()
                except PgError as err:
                    if not (err.is_broken or err.sqlstate is None
                            or err.sqlstate.startswith("57P")):
                        raise
                    time.sleep(0.05)
        except Exception as err:    # noqa: shown by Mix.stop
            self.failure = err

    def session(self):
        gid = "mix %d" % self.number
        with self.mix.cluster.connect() as conn:
            # What a crash left prepared holds our own rows.
            for (left,) in conn.query("SELECT gid FROM pg_prepared_xacts "
                                      "WHERE gid = '%s'" % gid):
                conn.query("COMMIT PREPARED '%s'" % left)
            if self.number == 1:
                conn.query("SET synchronous_commit = off")
            conn.query("SELECT setseed(%f)" % self.random.random())
            while not self.mix.stopping.is_set():
                self.mix.gate.wait()
                with self.busy:
                    if not self.mix.gate.is_set():
                        continue
                    self.transaction(conn, gid)
                self.done += 1

    def transaction(self, conn, gid):
        rnd = self.random
        nap = rnd.random() * 2 if rnd.random() < 0.01 else 0
        work = "SELECT snap.work(%d, %d, %d, %f)" % (
            self.number, self.mix.rows // WRITERS,
            rnd.choice((1, 2, 5, 20)), nap)
        how = rnd.random()
        if how < 0.85:
            conn.query(work)
            return
        conn.query("BEGIN")
        conn.query(work)
        if how < 0.93:
            conn.query("ROLLBACK")
        elif how < 0.96:
            conn.query("PREPARE TRANSACTION '%s'" % gid)
            conn.query("COMMIT PREPARED '%s'" % gid)
        else:
            conn.query("COMMIT")


class Mix:
    """The writers, until stop(); hold() and go() in between."""

    def __init__(self, cluster, seed, rows):
        self.cluster = cluster
        self.seed = seed
        self.rows = rows
        self.stopping = threading.Event()
        self.gate = threading.Event()
        self.gate.set()
        self.writers = [Writer(self, n) for n in range(WRITERS)]

    def start(self):
        for writer in self.writers:
            writer.start()
        return self

    def transactions(self):
        return sum(writer.done for writer in self.writers)

    def hold(self):
        """Returns when no writer is in a transaction."""
        self.gate.clear()
        for writer in self.writers:
            with writer.busy:
                pass
        self.check()
        # What a client has lost the connection to, and what was left prepared.
        end = time.monotonic() + 120
        while True:
            busy = self.cluster.value(
                "SELECT (SELECT count(*) FROM pg_stat_activity WHERE "
                "backend_type = 'client backend' AND state <> 'idle' AND "
                "pid <> pg_backend_pid()) + (SELECT count(*) FROM "
                "pg_prepared_xacts)")
            if busy == "0":
                return
            if time.monotonic() > end:
                raise TestbedError("writers do not come to rest")
            time.sleep(0.05)

    def go(self):
        self.gate.set()

    def stop(self):
        self.stopping.set()
        self.gate.set()
        for writer in self.writers:
            writer.join(60)
        self.check()

    def check(self):
        """A writer that failed says so."""
        for writer in self.writers:
            if writer.failure:
                raise writer.failure


class Rebuilt:
    """A table as the records of its topic tell it."""

    def __init__(self, name, pseudo=None):
        self.name = name
        self.pseudo = pseudo
        self.rows = {}
        self.versions = {}      # key -> the newest seen
        self.deleted = set()    # keys whose newest is a delete
        self.reads = collections.Counter()
        self.markers = collections.Counter()
        self.late_reads = 0     # "r" behind a streamed record
        self.has_streamed = False
        self.backwards = []     # where a row's versions went back
        self.records = 0

    def key_of(self, rec, row):
        return rec.key if self.pseudo is None else str(row[self.pseudo])

    def take(self, rec):
        self.records += 1
        if rec.value is None:
            self.rows.pop(rec.key, None)
            return
        value = json.loads(rec.value)
        op, before, after = value["op"], value["before"], value["after"]
        if op == "r":
            self.markers[value["source"]["snapshot"]] += 1
            self.late_reads += self.has_streamed
        else:
            self.has_streamed = True
        if before and (op == "d" or self.pseudo is not None):
            key = self.key_of(rec, before)
            self.rows.pop(key, None)
            self.deleted.add(key)
        if after is None:
            return
        key = self.key_of(rec, after)
        if op == "r":
            self.reads[key] += 1
        self.check_version(rec, op, key, after["ver"])
        former = self.rows.get(key, {})
        self.rows[key] = {
            name: former.get(name, text) if text == PLACEHOLDER else text
            for name, text in after.items()}

    def check_version(self, rec, op, key, version):
        newest = self.versions.get(key, -1)
        # A read row may say again what is known; anything else is news.
        same = op == "r" and key not in self.deleted
        if version < newest or version == newest and not same:
            self.backwards.append(
                "%s offset %d: %s %s version %d after %d%s"
                % (self.name, rec.offset, op, key, version, newest,
                   ", deleted" if key in self.deleted else ""))
        self.versions[key] = max(version, newest)
        self.deleted.discard(key)

    def differences(self, rows):
        """From the rows that there are, as JSON."""
        found = []
        there = {}
        for row in rows:
            there[self.identity(row)] = row
        mine = {self.identity(row): row for row in self.rows.values()}
        for key in sorted(set(there) | set(mine), key=str):
            if there.get(key) != mine.get(key):
                found.append("%s %s: the topic says %s, the table %s" % (
                    self.name, key, brief(mine.get(key)),
                    brief(there.get(key))))
        return found

    @staticmethod
    def identity(row):
        return tuple(v for k, v in sorted(row.items())
                     if k in ("id", "region", "a", "b", "k", "Kéy Col"))


class Bag:
    """Equal rows without a key."""

    def __init__(self):
        self.count = collections.Counter()
        self.seen = set()

    def take(self, rec):
        if rec.value is None:
            return
        value = json.loads(rec.value)
        before, after = value["before"], value["after"]
        if before:
            self.count[before["v"], before["w"]] -= 1
        if after:
            self.count[after["v"], after["w"]] += 1
            self.seen.add((after["v"], after["w"]))


def brief(row):
    return None if row is None else {
        name: text if len(str(text)) < 40 else str(text)[:20] + "..."
        for name, text in row.items()}
