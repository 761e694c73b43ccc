-- schema.compatibility: ALTERs refused or allowed, by rule and format, in their
-- own transactions.  test/kafka/compatibility.py asks a registry the same.
SET client_min_messages = warning;
CREATE EXTENSION wal2kafka;
CREATE ROLE regress_w2k_owner IN ROLE wal2kafka_admin;
CREATE ROLE regress_w2k_alterer;
CREATE SCHEMA dc;
CREATE SCHEMA dc_other;
CREATE SCHEMA dc_hidden;
GRANT ALL ON SCHEMA dc, dc_other TO regress_w2k_owner, regress_w2k_alterer;

-- A connector for each format and rule, on tables of dc.
CREATE FUNCTION dc_hidden.make_connector(name text, format text, rule text, more jsonb DEFAULT '{}')
RETURNS text LANGUAGE sql AS $$
SELECT wal2kafka.create_connector(jsonb_build_object('name', name,
	'initial_state', 'STOPPED', 'config', jsonb_build_object(
		'bootstrap.servers', '127.0.0.1:1', 'topic.prefix', 'shop',
		'snapshot.mode', 'no_data', 'schema.include.list', 'dc,dc_other,dc_new',
		'schema.registry.url', 'http://127.0.0.1:1', 'format', format,
		'schema.compatibility', rule) || more))
$$;
CREATE FUNCTION dc_hidden.drop_connector(connector text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM wal2kafka.drop_connector(connector);
END
$$;

-- As a worker does when the registry has given ids to what a table is now.
CREATE FUNCTION dc_hidden.register(connector text, "table" regclass, version int DEFAULT 1)
RETURNS void LANGUAGE sql AS $$
INSERT INTO wal2kafka.connector_schema
	(name, is_key, subject, type, fingerprint, topic, schema, schema_id,
	version, registered, confirmed)
SELECT connector, s.is_key, s.subject, s.type, md5(s::text), '', s.schema, 1,
	version, now(), clock_timestamp()
FROM wal2kafka.table_schemas(connector, "table") s
ON CONFLICT (name, fingerprint) DO UPDATE SET confirmed = excluded.confirmed
$$;

-- What was compared, for the registry to judge.
CREATE TABLE dc_hidden.pair (id serial, what text, type text, is_key bool,
	old_schema text, new_schema text, laxer text);
CREATE TABLE dc_hidden.answer (format text, command text, rule text, answer text);

-- Runs a command under a rule, tells whether it was refused, and how, and rolls
-- it back.
CREATE FUNCTION dc_hidden.try(format text, rule text, command text, OUT answer text, OUT schemas jsonb)
LANGUAGE plpgsql AS $$
DECLARE
	relid oid := 'dc.t'::regclass;
BEGIN
	UPDATE wal2kafka.connector SET config = config || jsonb_build_object(
		'schema.compatibility', CASE WHEN name = format THEN rule ELSE 'none' END);
	BEGIN
		EXECUTE command;
		IF EXISTS (SELECT FROM pg_class WHERE oid = relid) THEN
			schemas := jsonb_agg(s) FROM wal2kafka.table_schemas(format, relid) s;
		END IF;
		RAISE EXCEPTION USING ERRCODE = 'W2K00';
	EXCEPTION
		WHEN SQLSTATE 'W2K00' THEN
			answer := 'allowed';
		WHEN object_not_in_prerequisite_state THEN
			answer := regexp_replace(SQLERRM, '^(.*?) breaks rule "\w+" of topic "([^"]*)"', '\1');
	END;
END
$$;
CREATE FUNCTION dc_hidden.judge(format text, command text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO dc_hidden.answer
		SELECT format, command, rule, (dc_hidden.try(format, rule, command)).answer
		FROM unnest('{backward,forward,full}'::text[]) rule;
	INSERT INTO dc_hidden.pair (what, type, is_key, old_schema, new_schema)
		SELECT command, k.type, k.is_key, k.schema, n.schema
		FROM dc_hidden.try(format, 'none', command) t,
			jsonb_to_recordset(t.schemas) n (is_key bool, subject text, schema text),
			wal2kafka.connector_schema k
		WHERE k.name = format AND k.is_key = n.is_key AND k.subject = n.subject
			AND k.schema <> n.schema;
END
$$;

CREATE TYPE dc.mood AS ENUM ('sad', 'ok');
CREATE DOMAIN dc.score AS int;
CREATE TYPE dc.pair AS (a int, b text);
CREATE TABLE dc.t (id int PRIMARY KEY, name text NOT NULL, email text, n int,
	small smallint NOT NULL DEFAULT 1, price numeric(8, 2), m dc.mood, s dc.score,
	made timestamptz, u uuid);

CREATE TABLE dc_hidden.command (id serial, command text);
INSERT INTO dc_hidden.command (command) VALUES
('ALTER TABLE dc.t ADD COLUMN x text'),
('ALTER TABLE dc.t ADD COLUMN x text NOT NULL'),
('ALTER TABLE dc.t ADD COLUMN x text NOT NULL DEFAULT ''a'''),
('ALTER TABLE dc.t ADD COLUMN x int DEFAULT 7'),
('ALTER TABLE dc.t ADD COLUMN x int, ADD COLUMN y int'),
('ALTER TABLE dc.t ADD COLUMN p point'),
('ALTER TABLE dc.t ADD COLUMN a int[]'),
('ALTER TABLE dc.t ADD COLUMN g int GENERATED ALWAYS AS IDENTITY'),
('ALTER TABLE dc.t DROP COLUMN email'),
('ALTER TABLE dc.t DROP COLUMN name'),
('ALTER TABLE dc.t DROP COLUMN small'),
('ALTER TABLE dc.t DROP COLUMN email, ADD COLUMN mail text'),
('ALTER TABLE dc.t RENAME COLUMN email TO mail'),
('ALTER TABLE dc.t RENAME COLUMN name TO title'),
('ALTER TABLE dc.t ALTER n TYPE bigint'),
('ALTER TABLE dc.t ALTER n TYPE smallint'),
('ALTER TABLE dc.t ALTER n TYPE text'),
('ALTER TABLE dc.t ALTER email TYPE varchar(100)'),
('ALTER TABLE dc.t ALTER price TYPE numeric(10, 2)'),
('ALTER TABLE dc.t ALTER price TYPE numeric(10, 4)'),
('ALTER TABLE dc.t ALTER price TYPE float8'),
('ALTER TABLE dc.t ALTER made TYPE timestamp'),
('ALTER TABLE dc.t ALTER name DROP NOT NULL'),
('ALTER TABLE dc.t ALTER email SET NOT NULL'),
('ALTER TABLE dc.t ALTER n SET DEFAULT 5'),
('ALTER TABLE dc.t ALTER small DROP DEFAULT'),
('ALTER TABLE dc.t ALTER small SET DEFAULT 2'),
('ALTER TABLE dc.t DROP CONSTRAINT t_pkey'),
('ALTER TABLE dc.t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (id, name)'),
('ALTER TABLE dc.t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (name)'),
('ALTER TABLE dc.t ALTER id TYPE bigint'),
('ALTER TABLE dc.t RENAME COLUMN id TO key'),
('ALTER TYPE dc.mood ADD VALUE ''happy'''),
('ALTER TYPE dc.mood RENAME VALUE ''ok'' TO ''fine'''),
('ALTER DOMAIN dc.score SET NOT NULL'),
('ALTER DOMAIN dc.score SET DEFAULT 3'),
('DROP TYPE dc.mood CASCADE'),
('DROP DOMAIN dc.score CASCADE'),
('ALTER TABLE dc.t SET SCHEMA dc_other'),
('ALTER TABLE dc.t RENAME TO renamed'),
('ALTER SCHEMA dc RENAME TO dc_new'),
('ALTER TABLE dc.t REPLICA IDENTITY FULL'),
('ALTER TABLE dc.t ADD CHECK (n > 0)'),
('CREATE INDEX ON dc.t (n)'),
('COMMENT ON COLUMN dc.t.n IS ''a number'''),
('DROP TABLE dc.t');

SELECT count(*) AS commands FROM dc_hidden.command;

SELECT dc_hidden.make_connector(f, f, 'backward')
	FROM unnest('{avro,json-registry,protobuf-registry}'::text[]) f;
SELECT dc_hidden.register(f, 'dc.t')
	FROM unnest('{avro,json-registry,protobuf-registry}'::text[]) f;
SELECT name, is_key, subject, type FROM wal2kafka.connector_schema ORDER BY name, is_key;
SELECT count(dc_hidden.judge(f, command)) FROM
	(SELECT f, command FROM unnest('{avro,json-registry,protobuf-registry}'::text[]) f,
		dc_hidden.command ORDER BY f, id) c;

-- Apicurio's "full" takes a message that is new; Confluent's registry does not.
UPDATE dc_hidden.pair SET laxer = 'full' WHERE type = 'PROTOBUF' AND what LIKE '% point';

-- Each command by format and rule.
SELECT c.command, a.format, string_agg(a.rule, ' ' ORDER BY a.rule) AS rules, a.answer
FROM dc_hidden.command c JOIN dc_hidden.answer a USING (command)
GROUP BY c.id, c.command, a.format, a.answer ORDER BY c.id, a.format, rules;

-- It is what check_compatibility says of the schemas.
SELECT a.* FROM dc_hidden.answer a
WHERE (a.answer = 'allowed') = EXISTS (SELECT FROM dc_hidden.pair p,
	wal2kafka.check_compatibility(p.type, a.rule, p.old_schema, p.new_schema)
	WHERE p.what = a.command AND p.type = upper(split_part(a.format, '-', 1)));
SELECT type, is_key, count(*) FROM dc_hidden.pair GROUP BY 1, 2 ORDER BY 1, 2;

-- From here on: Avro and one rule.
SELECT count(dc_hidden.drop_connector(name)) FROM wal2kafka.connector WHERE name <> 'avro';
SELECT wal2kafka.patch_connector('avro', '{"schema.compatibility": "backward"}');

-- The whole of an error.
ALTER TABLE dc.t ADD COLUMN x text NOT NULL, ADD COLUMN y int NOT NULL, ALTER n TYPE text;
\echo :LAST_ERROR_SQLSTATE

-- In a larger transaction, all of it; after a savepoint, that.
BEGIN;
ALTER TABLE dc.t ADD COLUMN x text;
ALTER TABLE dc.t ALTER x SET DEFAULT 'b';
ALTER TABLE dc.t ALTER email SET NOT NULL;
COMMIT;
SELECT count(*) FROM pg_attribute WHERE attrelid = 'dc.t'::regclass AND attname = 'x';
BEGIN;
ALTER TABLE dc.t ADD COLUMN x text;
SAVEPOINT s;
ALTER TABLE dc.t DROP COLUMN name, ADD COLUMN z int NOT NULL;
ROLLBACK TO s;
ALTER TABLE dc.t ADD COLUMN y int;
ROLLBACK;
SELECT count(*) FROM pg_attribute WHERE attrelid = 'dc.t'::regclass AND attname IN ('x', 'y', 'z');

-- Each is compared with what is registered, not with the one before; and with
-- what is registered now, whatever the transaction's snapshot.
BEGIN;
ALTER TABLE dc.t ADD COLUMN x text;
ALTER TABLE dc.t ADD COLUMN y text;
ALTER TABLE dc.t DROP COLUMN x;
ALTER TABLE dc.t DROP COLUMN y;
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT 1;
ALTER TABLE dc.t ADD COLUMN x text NOT NULL;
ROLLBACK;

-- A function's, and one of several tables.
CREATE TABLE dc.second (id int PRIMARY KEY, v text);
SELECT dc_hidden.register('avro', 'dc.second');
DO $$ BEGIN ALTER TABLE dc.second ADD w int NOT NULL; END $$;
DROP TYPE dc.pair;
CREATE TABLE dc.kept (id int PRIMARY KEY, m dc.mood NOT NULL);
ALTER TABLE dc.kept ADD w int NOT NULL;
DROP TABLE dc.kept;

-- A table of another name has another subject; one of that name, this.
ALTER TABLE dc.second RENAME TO third;
ALTER TABLE dc.third ADD w int NOT NULL;
ALTER TABLE dc.third RENAME TO second;
DROP TABLE dc.third;
CREATE TABLE dc.second (id int PRIMARY KEY, w int NOT NULL);

-- Partitions: what is attached has its own subject.
CREATE TABLE dc.parted (id int NOT NULL, v text) PARTITION BY RANGE (id);
CREATE TABLE dc.part (id int NOT NULL, v text);
ALTER TABLE dc.parted ATTACH PARTITION dc.part FOR VALUES FROM (0) TO (10);
SELECT dc_hidden.register('avro', 'dc.part');
ALTER TABLE dc.parted ADD w int NOT NULL;
ALTER TABLE dc.parted ADD w int;
ALTER TABLE dc.parted DETACH PARTITION dc.part;
DROP TABLE dc.parted, dc.part;

-- Every version, or the last.
SELECT wal2kafka.patch_connector('avro', '{"schema.compatibility": "none"}');
ALTER TABLE dc.t ADD COLUMN x int;
SELECT dc_hidden.register('avro', 'dc.t', 2);
ALTER TABLE dc.t DROP COLUMN x;
SELECT dc_hidden.register('avro', 'dc.t', 3);
ALTER TABLE dc.t ADD COLUMN y int;
SELECT dc_hidden.register('avro', 'dc.t', 4);
SELECT wal2kafka.patch_connector('avro', '{"schema.compatibility": "backward"}');
ALTER TABLE dc.t ADD COLUMN x text;
ALTER TABLE dc.t DROP COLUMN x;
SELECT wal2kafka.patch_connector('avro', '{"schema.compatibility": "backward_transitive"}');
ALTER TABLE dc.t ADD COLUMN x text;
-- an old version, word by word
ALTER TABLE dc.t DROP COLUMN y;

-- Who may do it all the same.
GRANT CREATE ON SCHEMA dc TO regress_w2k_alterer;
SELECT wal2kafka.alter_connector_owner('avro', 'regress_w2k_owner');
GRANT SELECT ON ALL TABLES IN SCHEMA dc TO regress_w2k_owner;
ALTER TABLE dc.t OWNER TO regress_w2k_alterer;
SET ROLE regress_w2k_alterer;
ALTER TABLE dc.t ALTER email TYPE int USING 1;
SET wal2kafka.allow_incompatible_ddl = on;
ALTER TABLE dc.t ALTER email TYPE int USING 1;
RESET ROLE;
GRANT regress_w2k_owner TO regress_w2k_alterer;
SET client_min_messages = log;
SET ROLE regress_w2k_alterer;
ALTER TABLE dc.t ALTER email TYPE int USING 1;
RESET ROLE;
ALTER TABLE dc.t ALTER n TYPE text;
SET client_min_messages = warning;
RESET wal2kafka.allow_incompatible_ddl;
-- What it is now was allowed; a grant does not ask again.
GRANT SELECT ON dc.t TO regress_w2k_alterer;
GRANT USAGE ON SCHEMA dc TO regress_w2k_alterer;
REVOKE UPDATE ON ALL TABLES IN SCHEMA dc FROM regress_w2k_alterer;

-- What cannot be compared is not refused.
UPDATE wal2kafka.connector_schema SET schema = '{"type": "nothing"}';
ALTER TABLE dc.t ADD COLUMN z int NOT NULL;
-- What is not captured, or of no rule, is not looked at.
CREATE TABLE dc_hidden.t (id int);
ALTER TABLE dc_hidden.t ADD z int NOT NULL;
SELECT wal2kafka.patch_connector('avro', '{"schema.compatibility": null}');
ALTER TABLE dc.t ADD COLUMN zz int NOT NULL;

-- The schemas of a table, for those who may see them.
CREATE TABLE dc.second (id int PRIMARY KEY, v text);
GRANT SELECT ON dc.second TO regress_w2k_owner;
SELECT is_key, subject, type, left(schema, 80) FROM wal2kafka.table_schemas('avro', 'dc.second');
SELECT * FROM wal2kafka.table_schemas('avro', 'dc_hidden.t');
SELECT * FROM wal2kafka.table_schemas('nobody', 'dc.t');
CREATE ROLE regress_w2k_other IN ROLE wal2kafka_admin;
GRANT USAGE ON SCHEMA dc TO regress_w2k_other;
SET ROLE regress_w2k_other;
SELECT * FROM wal2kafka.table_schemas('avro', 'dc.second');
RESET ROLE;

-- Where there is nothing that a rule could be for.
SELECT property, value, problem, hint FROM wal2kafka.validate_config(
	'{"bootstrap.servers": "b:9092", "schema.compatibility": "full"}') WHERE severity = 'error';
SELECT property, value, problem, hint FROM wal2kafka.validate_config(
	'{"bootstrap.servers": "b:9092", "schema.compatibility": "sideways"}') WHERE severity = 'error';
SELECT property, value, problem, hint FROM wal2kafka.validate_config(
	'{"bootstrap.servers": "b:9092", "schema.compatibility": "full", "format": "avro",
	"schema.registry.url": "http://r", "transforms": "u", "transforms.u.type":
	"io.debezium.transforms.outbox.EventRouter"}') WHERE severity = 'error';

SELECT dc_hidden.drop_connector('avro');
DO $$
BEGIN
	FOR i IN 1 .. 1200 LOOP
		EXIT WHEN NOT EXISTS (SELECT FROM wal2kafka.connectors);
		PERFORM pg_sleep(0.1);
	END LOOP;
END
$$;
DROP EXTENSION wal2kafka;
DROP SCHEMA dc, dc_other, dc_hidden CASCADE;
DROP ROLE regress_w2k_owner, regress_w2k_alterer, regress_w2k_other;
