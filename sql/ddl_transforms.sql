-- schema.compatibility with transforms: schemas known beforehand are those that
-- records get, and what cannot be known is refused by name.
SET client_min_messages = warning;
CREATE EXTENSION wal2kafka;
CREATE SCHEMA dt;
CREATE SCHEMA dt_hidden;
CREATE FUNCTION dt_hidden.chain(what text) RETURNS jsonb LANGUAGE sql AS $$
SELECT CASE what
	WHEN 'regex' THEN '{"transforms": "r", "transforms.r.type": "org.apache.kafka.connect.transforms.RegexRouter",
		"transforms.r.regex": "shop\\.dt\\.(.*)", "transforms.r.replacement": "routed-$1"}'
	WHEN 'logical' THEN '{"transforms": "l", "transforms.l.type": "io.debezium.transforms.ByLogicalTableRouter",
		"transforms.l.topic.regex": "shop\\.dt\\.(.*)", "transforms.l.topic.replacement": "shop.all"}'
	WHEN 'unwrap' THEN '{"transforms": "u", "transforms.u.type": "io.debezium.transforms.ExtractNewRecordState"}'
	WHEN 'rewrite' THEN '{"transforms": "u", "transforms.u.type": "io.debezium.transforms.ExtractNewRecordState",
		"transforms.u.delete.tombstone.handling.mode": "rewrite",
		"transforms.u.add.fields": "op,source.ts_ms,transaction.id:tx"}'
	WHEN 'times' THEN '{"transforms": "t", "transforms.t.type": "io.debezium.transforms.TimezoneConverter",
		"transforms.t.converted.timezone": "+02:00"}'
	WHEN 'several' THEN '{"transforms": "l,u,r", "predicates": "p",
		"predicates.p.type": "org.apache.kafka.connect.transforms.predicates.TopicNameMatches",
		"predicates.p.pattern": "shop.all",
		"transforms.l.type": "io.debezium.transforms.ByLogicalTableRouter",
		"transforms.l.topic.regex": "shop\\.dt\\.t", "transforms.l.topic.replacement": "shop.all",
		"transforms.u.type": "io.debezium.transforms.ExtractNewRecordState", "transforms.u.predicate": "p",
		"transforms.r.type": "org.apache.kafka.connect.transforms.RegexRouter",
		"transforms.r.regex": "(.*)all", "transforms.r.replacement": "$1some"}'
	ELSE '{}' END::jsonb
$$;
CREATE FUNCTION dt_hidden.config(format text, what text, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
SELECT '{"bootstrap.servers": "127.0.0.1:1", "topic.prefix": "shop", "snapshot.mode": "no_data",
	"schema.include.list": "dt", "schema.registry.url": "http://127.0.0.1:1",
	"schema.compatibility": "backward"}'::jsonb || jsonb_build_object('format', format) ||
	dt_hidden.chain(what) || more
$$;

-- What a stream says of schemas; the options are those of a connector.
\getenv srcdir PG_ABS_SRCDIR
\set include :srcdir /sql/include/registry_stream.sql
SET search_path = dt_hidden;
\set ECHO none
\i :include
\set ECHO all
RESET search_path;
CREATE FUNCTION dt_hidden.stream(config jsonb)
RETURNS TABLE (is_key bool, subject text, schema text) LANGUAGE sql SET search_path = dt_hidden AS $$
	SELECT what LIKE 'keys %', s.subject, data
	FROM stream_of('regress_dt', false, ARRAY['connector', 'c', 'schema.include.list', 'dt'] ||
		(SELECT array_agg(x) FROM jsonb_each_text(config) e, unnest(ARRAY[e.key, e.value]) x
			WHERE e.key NOT LIKE 'bootstrap%' AND e.key NOT LIKE 'schema.%' AND e.key <> 'snapshot.mode')) s
	WHERE what NOT LIKE 'record %'
$$;

CREATE TYPE dt.mood AS ENUM ('sad', 'ok');
CREATE TABLE dt.t (id int PRIMARY KEY, name text NOT NULL DEFAULT 'x', n int, m dt.mood, price numeric(8, 2) NOT NULL,
	made timestamptz NOT NULL, p point, a int[], j jsonb);
CREATE TABLE dt.plain (id int PRIMARY KEY);
SELECT wal2kafka.create_connector(jsonb_build_object('name', 'c', 'initial_state', 'STOPPED',
	'config', dt_hidden.config('avro', 'regex')));
SELECT 'init' FROM pg_create_logical_replication_slot('regress_dt', 'wal2kafka');
INSERT INTO dt.t VALUES (1, 'a', 1, 'ok', 1.5, '2026-01-01', '(1,2)', '{1}', '{}');
UPDATE dt.t SET n = 2;
DELETE FROM dt.t;

-- Known beforehand, and what records have: the same, whatever is done to a row.
CREATE TABLE dt_hidden.compared AS
	SELECT f.f AS format, w.w AS what, s.*, r.schema IS NOT NULL AS in_stream
	FROM unnest('{avro,json-registry,protobuf-registry}'::text[]) WITH ORDINALITY f (f, o),
		unnest('{none,regex,logical,unwrap,rewrite,times,several}'::text[]) WITH ORDINALITY w (w, o),
		LATERAL (SELECT wal2kafka.alter_connector('c', dt_hidden.config(f.f, w.w))) a,
		LATERAL wal2kafka.table_schemas('c', CASE WHEN a IS NOT NULL THEN 'dt.t'::regclass END) s
		LEFT JOIN LATERAL dt_hidden.stream(dt_hidden.config(f.f, w.w)) r
		ON r.is_key = s.is_key AND r.subject = s.subject AND r.schema = s.schema
	ORDER BY f.o, w.o, s.is_key;
SELECT format, what, is_key, subject, in_stream FROM dt_hidden.compared;
SELECT what, is_key, schema FROM dt_hidden.compared WHERE format = 'avro' AND what IN ('rewrite', 'several');

-- Refused, and allowed.
CREATE FUNCTION dt_hidden.register(version int) RETURNS void LANGUAGE sql AS $$
INSERT INTO wal2kafka.connector_schema
	(name, is_key, subject, type, fingerprint, topic, schema, schema_id,
	version, registered, confirmed)
SELECT 'c', s.is_key, s.subject, s.type, md5(s::text), '', s.schema, 1,
	version, now(), clock_timestamp()
FROM wal2kafka.table_schemas('c', 'dt.t') s
$$;
CREATE FUNCTION dt_hidden.try(format text, what text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	command text;
BEGIN
	DELETE FROM wal2kafka.connector_schema;
	PERFORM wal2kafka.alter_connector('c', dt_hidden.config(format, what));
	PERFORM dt_hidden.register(1);
	FOREACH command IN ARRAY ARRAY['ADD COLUMN x text', 'ADD COLUMN x int NOT NULL', 'ALTER n TYPE text',
		'DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (id, price)'] LOOP
		BEGIN
			EXECUTE 'ALTER TABLE dt.t ' || command;
			RAISE EXCEPTION USING ERRCODE = 'W2K00';
		EXCEPTION
			WHEN SQLSTATE 'W2K00' THEN
				RETURN NEXT command || ': allowed';
			WHEN object_not_in_prerequisite_state THEN
				RETURN NEXT command || ': ' || SQLERRM;
		END;
	END LOOP;
END
$$;
SELECT format, what, t FROM unnest('{avro,protobuf-registry}'::text[]) format,
	unnest('{regex,logical,rewrite,several}'::text[]) what, dt_hidden.try(format, what) t;

-- Tables that share a subject: each answers for what it does itself.
SELECT wal2kafka.alter_connector('c', dt_hidden.config('avro', 'logical'));
SELECT dt_hidden.register(1);
SELECT wal2kafka.patch_connector('c', '{}');
ALTER TABLE dt.plain ADD COLUMN v text;
ALTER TABLE dt.plain ADD COLUMN w int NOT NULL;

DROP TABLE dt.plain;
-- What depends on rows is refused by name, and only with a rule.
SELECT e.problem, e.hint FROM (VALUES
	('{"transforms": "o", "transforms.o.type": "io.debezium.transforms.outbox.EventRouter"}'::jsonb),
	('{"transforms": "h", "transforms.h.type": "io.debezium.transforms.HeaderToValue", "transforms.h.headers": "a",
		"transforms.h.fields": "b", "transforms.h.operation": "copy"}'),
	(dt_hidden.chain('unwrap') || '{"transforms.u.route.by.field": "name"}'),
	(dt_hidden.chain('unwrap') || '{"transforms.u.drop.fields.header.name": "gone"}'),
	(dt_hidden.chain('unwrap') || '{"predicates": "p", "transforms.u.predicate": "p",
		"predicates.p.type": "org.apache.kafka.connect.transforms.predicates.RecordIsTombstone"}')) t (more),
	wal2kafka.validate_config(dt_hidden.config('avro', 'none', t.more)) e WHERE e.severity = 'error';
SELECT count(*) FROM wal2kafka.validate_config(dt_hidden.config('avro', 'none',
	'{"schema.compatibility": "none", "transforms": "o", "transforms.o.type": "io.debezium.transforms.outbox.EventRouter"}'))
	WHERE severity = 'error';
SELECT wal2kafka.alter_connector('c', dt_hidden.config('avro', 'none',
	'{"schema.compatibility": "none", "transforms": "o", "transforms.o.type": "io.debezium.transforms.outbox.EventRouter"}'));
SELECT * FROM wal2kafka.table_schemas('c', 'dt.t');
-- A transform that fails is a warning, as a table without a schema is.
SELECT wal2kafka.alter_connector('c', dt_hidden.config('avro', 'unwrap'));
SELECT dt_hidden.register(2);
SELECT wal2kafka.alter_connector('c', dt_hidden.config('avro', 'unwrap', '{"transforms.u.add.fields": "nothing.op"}'));
ALTER TABLE dt.t ADD COLUMN y int;

SELECT pg_drop_replication_slot('regress_dt');
SELECT wal2kafka.drop_connector('c');
DO $$
BEGIN
	FOR i IN 1 .. 600 LOOP
		EXIT WHEN NOT EXISTS (SELECT FROM wal2kafka.connectors);
		PERFORM pg_sleep(0.1);
	END LOOP;
END
$$;
DROP SCHEMA dt, dt_hidden CASCADE;
DROP EXTENSION wal2kafka;
