-- DDL between changes: a record shows the columns as of its change.
CREATE TABLE ddl.t (id int PRIMARY KEY, a text, b int);
INSERT INTO ddl.t VALUES (1, 'a', 1);
-- sync
ALTER TABLE ddl.t ADD COLUMN c text;
INSERT INTO ddl.t VALUES (2, 'a', 2, 'c');
-- sync
ALTER TABLE ddl.t DROP COLUMN a;
INSERT INTO ddl.t VALUES (3, 3, 'c');
UPDATE ddl.t SET b = 4 WHERE id = 1;
-- sync
ALTER TABLE ddl.t RENAME COLUMN b TO bb;
INSERT INTO ddl.t VALUES (4, 4, 'c');
-- sync
ALTER TABLE ddl.t ALTER COLUMN bb TYPE bigint;
INSERT INTO ddl.t VALUES (5, 5000000000, 'c');
-- sync
ALTER TABLE ddl.t ALTER COLUMN bb TYPE text USING bb::text;
UPDATE ddl.t SET bb = 'text' WHERE id = 5;
-- sync
ALTER TABLE ddl.t ADD COLUMN d int;
UPDATE ddl.t SET c = 'c2' WHERE id = 1;
-- sync
ALTER TABLE ddl.t RENAME TO t2;
INSERT INTO ddl.t2 (id, bb) VALUES (6, 'x');
-- sync
ALTER TABLE ddl.t2 DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (id, bb);
INSERT INTO ddl.t2 (id, bb) VALUES (7, 'x');
-- sync
UPDATE ddl.t2 SET bb = 'y' WHERE id = 7;
DELETE FROM ddl.t2 WHERE id = 7;
-- sync
ALTER TABLE ddl.t2 REPLICA IDENTITY FULL;
DELETE FROM ddl.t2 WHERE id = 6;
-- sync
-- Within one transaction.
BEGIN;
INSERT INTO ddl.t2 (id, bb) VALUES (8, 'before');
ALTER TABLE ddl.t2 ADD COLUMN e int;
INSERT INTO ddl.t2 (id, bb, e) VALUES (9, 'after', 1);
COMMIT;
-- sync
BEGIN;
CREATE TABLE ddl.born (id int PRIMARY KEY, v text);
INSERT INTO ddl.born VALUES (1, 'x');
COMMIT;
-- sync
CREATE TABLE ddl.made AS SELECT i AS id, 'v' || i AS v FROM generate_series(1, 3) i;
-- sync
-- A rewrite with nothing else.
ALTER TABLE ddl.born ADD COLUMN r float8 DEFAULT random();
-- sync
UPDATE ddl.born SET r = 0.5;
-- sync
CREATE TYPE ddl.mood AS ENUM ('sad', 'ok');
ALTER TABLE ddl.born ADD COLUMN m ddl.mood;
UPDATE ddl.born SET m = 'ok';
-- sync
ALTER TYPE ddl.mood ADD VALUE 'happy' AFTER 'sad';
UPDATE ddl.born SET m = 'happy';
-- sync
ALTER TYPE ddl.mood RENAME VALUE 'happy' TO 'glad';
UPDATE ddl.born SET v = 'y';
-- sync
CREATE SCHEMA ddl_other;
ALTER TABLE ddl.born DROP COLUMN v, DROP COLUMN r;
UPDATE ddl.born SET m = 'sad';
-- sync
DELETE FROM ddl.born;
-- sync
DROP TABLE ddl.born;
CREATE TABLE ddl.born (id text PRIMARY KEY, other int);
INSERT INTO ddl.born VALUES ('new', 1);
-- sync
