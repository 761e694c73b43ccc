-- Every kind of change.
INSERT INTO inv.customer VALUES (1, 'Ada', 'ada@example.org', 36, 10.50, '2024-01-02 03:04:05.678901+02');
INSERT INTO inv.customer (id, name) VALUES (2, 'Bob');
INSERT INTO inv.customer VALUES (3, 'C', NULL, NULL, NULL, NULL), (4, 'D', '', 0, 0, 'epoch'), (5, 'quote" back\ nl
tab	end', E'ctrl \x01\x1f\x7f', -1, -0.01, 'infinity');
UPDATE inv.customer SET email = 'bob@example.org' WHERE id = 2;
UPDATE inv.customer SET age = coalesce(age, 0) + 1;
UPDATE inv.customer SET name = name WHERE id = 1;
UPDATE inv.customer SET id = id WHERE id = 1;
UPDATE inv.customer SET id = 10 WHERE id = 1;
UPDATE inv.customer SET id = id + 100, name = name || '!' WHERE id IN (3, 4);
DELETE FROM inv.customer WHERE id = 2;
DELETE FROM inv.customer;
-- A key used again.
INSERT INTO inv.customer (id, name) VALUES (1, 'again');
BEGIN;
INSERT INTO inv.customer (id, name) VALUES (20, 'x');
UPDATE inv.customer SET name = 'y' WHERE id = 20;
DELETE FROM inv.customer WHERE id = 20;
INSERT INTO inv.customer (id, name) VALUES (20, 'z');
COMMIT;
-- Rolled back, whole and in part.
BEGIN;
INSERT INTO inv.customer (id, name) VALUES (30, 'never');
ROLLBACK;
BEGIN;
INSERT INTO inv.customer (id, name) VALUES (31, 'kept');
SAVEPOINT a;
INSERT INTO inv.customer (id, name) VALUES (32, 'never');
SAVEPOINT b;
INSERT INTO inv.customer (id, name) VALUES (33, 'never');
RELEASE b;
ROLLBACK TO a;
INSERT INTO inv.customer (id, name) VALUES (34, 'kept');
SAVEPOINT c;
UPDATE inv.customer SET name = 'kept too' WHERE id = 34;
RELEASE c;
COMMIT;
BEGIN;
SAVEPOINT s1;
INSERT INTO inv.customer (id, name) VALUES (35, 'in s1');
SAVEPOINT s2;
INSERT INTO inv.customer (id, name) VALUES (36, 'in s2');
ROLLBACK TO s2;
RELEASE s1;
COMMIT;
-- Several tables in one transaction.
BEGIN;
INSERT INTO inv.parent VALUES (1, 'p1'), (2, 'p2');
INSERT INTO inv.child VALUES (1, 1, 'c1'), (2, 1, 'c2'), (3, 2, 'c3');
INSERT INTO skipped.t VALUES (1, 'not captured');
UPDATE inv.parent SET v = 'p1 new' WHERE id = 1;
COMMIT;
DELETE FROM inv.parent WHERE id = 1;
INSERT INTO skipped.t VALUES (2, 'alone in its transaction');
INSERT INTO inv.unlogged VALUES (1);
CREATE TEMP TABLE mine (id int PRIMARY KEY);
INSERT INTO mine VALUES (1);

INSERT INTO inv.ri_full VALUES (1, 'one', 1, 1.5, true), (2, 'two', NULL, NULL, NULL);
UPDATE inv.ri_full SET b = 5 WHERE id = 1;
UPDATE inv.ri_full SET b = b;
UPDATE inv.ri_full SET id = 3, a = 'three' WHERE id = 2;
DELETE FROM inv.ri_full;

INSERT INTO inv.ri_index VALUES (1, 'c1', 10, 'v1'), (2, 'c2', 20, NULL);
UPDATE inv.ri_index SET v = 'v1b' WHERE id = 1;
UPDATE inv.ri_index SET code = 'c1x' WHERE id = 1;
UPDATE inv.ri_index SET id = 11 WHERE id = 1;
UPDATE inv.ri_index SET id = 12, region = 30 WHERE id = 11;
DELETE FROM inv.ri_index;

INSERT INTO inv.ri_nothing VALUES (1, 'a'), (2, 'b');
INSERT INTO inv.keyless VALUES (1, 'a'), (1, 'a'), (NULL, NULL);
INSERT INTO inv.keyless_full VALUES (1, 'a'), (2, NULL), (NULL, NULL);
UPDATE inv.keyless_full SET b = 'new' WHERE a = 1;
DELETE FROM inv.keyless_full WHERE a = 2;
DELETE FROM inv.keyless_full;

INSERT INTO inv.unique_only VALUES (1, 1, 'x', 'v'), (NULL, 2, 'y', NULL), (NULL, 3, 'z', NULL);
UPDATE inv.unique_only SET d = 'w' WHERE b = 1;
UPDATE inv.unique_only SET a = 5 WHERE b = 2;
UPDATE inv.unique_only SET b = 9 WHERE b = 3;
DELETE FROM inv.unique_only;
INSERT INTO inv.unique_expr VALUES (1, 'B'), (2, 'C');
UPDATE inv.unique_expr SET b = 'BB' WHERE a = 1;
DELETE FROM inv.unique_expr;

INSERT INTO inv.composite VALUES ('b1', 1, 1, '2020-02-29'), ('b2', 2, 2, '1999-12-31');
UPDATE inv.composite SET v = 3 WHERE a = 1;
UPDATE inv.composite SET b = 'b9' WHERE a = 1;
UPDATE inv.composite SET c = '2000-01-01', a = 7, v = NULL WHERE a = 2;
DELETE FROM inv.composite;
INSERT INTO inv.all_key VALUES (1, 'x');
UPDATE inv.all_key SET b = 'y';
DELETE FROM inv.all_key;

INSERT INTO inv.base VALUES (1, 'base');
INSERT INTO inv.derived VALUES (2, 'derived', 5);
UPDATE inv.base SET v = v || '+';
DELETE FROM inv.base;

INSERT INTO inv.part VALUES (1, 'eu', 'a'), (2, 'us', 'b'), (3, 'as', 'c');
UPDATE inv.part SET v = v || '!';
UPDATE inv.part SET region = 'us' WHERE id = 1;
UPDATE inv.part SET region = 'as' WHERE id = 2;
UPDATE inv.part SET id = 33 WHERE id = 3;
INSERT INTO inv.part_eu VALUES (9, 'eu', 'direct');
DELETE FROM inv.part;

INSERT INTO inv.generated (id, w, h, label) VALUES (1, 2, 3, 'a'), (2, NULL, 4, NULL);
UPDATE inv.generated SET w = 10 WHERE id = 1;
UPDATE inv.generated SET id = 3 WHERE id = 2;
DELETE FROM inv.generated;
INSERT INTO inv.serials (v) VALUES ('a'), ('b');
UPDATE inv.serials SET v = 'c' WHERE id = 1;
UPDATE inv.serials SET id = 99 WHERE id = 2;
DELETE FROM inv.serials;

INSERT INTO inv.audited VALUES (1, 'a'), (2, 'b');
UPDATE inv.audited SET v = v || v;
-- Speculative insertion and MERGE.
INSERT INTO inv.many VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET v = inv.many.v + 1;
INSERT INTO inv.many VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET v = inv.many.v + 1;
INSERT INTO inv.many VALUES (1, 1), (2, 2) ON CONFLICT DO NOTHING;
MERGE INTO inv.many t USING (VALUES (1, 100), (2, NULL), (3, 300)) s (id, v)
	ON t.id = s.id
	WHEN MATCHED AND s.v IS NULL THEN DELETE
	WHEN MATCHED THEN UPDATE SET v = s.v
	WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.v);
REFRESH MATERIALIZED VIEW inv.matview;
-- A swap of keys within one transaction.
BEGIN;
UPDATE inv.many SET id = -1 WHERE id = 1;
UPDATE inv.many SET id = 1 WHERE id = 3;
UPDATE inv.many SET id = 3 WHERE id = -1;
COMMIT;
COPY inv.many FROM stdin;
1000	1
1001	2
1002	\N
\.
INSERT INTO inv.many SELECT i, i * i FROM generate_series(2000, 2999) i;
UPDATE inv.many SET v = -v WHERE id >= 2000 AND id % 10 = 0;
DELETE FROM inv.many WHERE id >= 2000 AND id % 7 = 0;
VACUUM FULL inv.many;
CLUSTER inv.many USING many_pkey;
DELETE FROM inv.many WHERE id < 2000;
INSERT INTO inv.no_columns DEFAULT VALUES;

-- Two-phase commit, and its rollback.
BEGIN;
INSERT INTO inv.customer (id, name) VALUES (50, 'prepared');
PREPARE TRANSACTION 'p1';
INSERT INTO inv.customer (id, name) VALUES (51, 'between');
COMMIT PREPARED 'p1';
BEGIN;
INSERT INTO inv.customer (id, name) VALUES (52, 'never');
PREPARE TRANSACTION 'p2';
ROLLBACK PREPARED 'p2';

-- Logical messages.
SELECT pg_logical_emit_message(true, 'pfx', 'transactional "text" ä');
SELECT pg_logical_emit_message(false, 'pfx', 'at once');
SELECT pg_logical_emit_message(true, '', '');
BEGIN;
INSERT INTO inv.customer (id, name) VALUES (60, 'with a message');
SELECT pg_logical_emit_message(true, 'bin', '\x00ff10'::bytea);
UPDATE inv.customer SET name = 'after the message' WHERE id = 60;
COMMIT;
BEGIN;
SELECT pg_logical_emit_message(true, 'pfx', 'rolled back');
ROLLBACK;
INSERT INTO inv.customer (id, name) VALUES (61, 'after messages');

-- From another origin.
SELECT pg_replication_origin_create('elsewhere');
SELECT pg_replication_origin_session_setup('elsewhere');
BEGIN;
SELECT pg_replication_origin_xact_setup('0/ABCDEF0', '2024-05-06 07:08:09+00');
INSERT INTO inv.customer (id, name) VALUES (70, 'from elsewhere');
UPDATE inv.customer SET name = 'again from elsewhere' WHERE id = 70;
COMMIT;
INSERT INTO inv.customer (id, name) VALUES (71, 'without an lsn');
SELECT pg_replication_origin_session_reset();
INSERT INTO inv.customer (id, name) VALUES (72, 'from here');

-- Truncation: skipped by one pair of connectors, sent by another.
INSERT INTO inv.trunc_a VALUES (1), (2);
INSERT INTO inv.trunc_b VALUES (1, 1);
TRUNCATE inv.trunc_b;
BEGIN;
INSERT INTO inv.trunc_a VALUES (3);
TRUNCATE inv.trunc_a CASCADE;
INSERT INTO inv.trunc_a VALUES (4);
COMMIT;
TRUNCATE inv.ri_nothing, inv.keyless RESTART IDENTITY;
TRUNCATE inv.part;
TRUNCATE skipped.t, inv.trunc_b;
INSERT INTO inv.trunc_a VALUES (5);

INSERT INTO "Odd.Schema"."Tab le.x" VALUES (1, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j');
UPDATE "Odd.Schema"."Tab le.x" SET "quo""te" = '"', "Id" = 2;
DELETE FROM "Odd.Schema"."Tab le.x";
INSERT INTO "Odd.Schema"."täble-1" VALUES (1, 'ä€😀𐍈');
INSERT INTO "Odd.Schema"."1digit" VALUES (1, 'x');
INSERT INTO "Odd.Schema"."quo""te'd" VALUES (1, 'x');
INSERT INTO "Odd.Schema"."UPPER" VALUES (1, 'x');
INSERT INTO inv."select" VALUES (1, 'x');
