-- Transforms that are configured wrongly, with the exact words.
CREATE EXTENSION wal2kafka;
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
\pset fieldsep '\n\t'
\pset recordsep '\n\n'

-- What create_connector() would raise, as one row.
CREATE FUNCTION try(change jsonb, OUT state text, OUT message text,
	OUT detail text, OUT hint text)
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM wal2kafka.kafka_settings(
		'{"bootstrap.servers": "broker:9092", "snapshot.mode": "no_data"}'
		|| change);
	message := 'accepted';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE,
		message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
		hint = PG_EXCEPTION_HINT;
END $$;

SELECT t.change, concat_ws(': ', e.state, e.message),
	concat_ws(' / ', nullif(e.detail, ''), nullif(e.hint, ''))
FROM (VALUES
	-- names and types
	(1, '{"transforms": "a"}'),
	(2, '{"transforms": "a", "transforms.a.type": ""}'),
	(3, '{"transforms": "a", "transforms.a.type": "org.apache.kafka.connect.transforms.Flatten$Value"}'),
	(4, '{"transforms": "a", "transforms.a.type": "io.debezium.transforms.Filter"}'),
	(5, '{"transforms": "a,a", "transforms.a.type": "RegexRouter", "transforms.a.regex": "a", "transforms.a.replacement": "b"}'),
	(6, '{"transforms": "a,,b"}'),
	(7, '{"transforms": "a.b"}'),
	(8, '{"transforms.a.type": "RegexRouter"}'),
	(9, '{"transforms": "a", "transforms.ab.type": "RegexRouter", "transforms.a.type": "ExtractNewRecordState"}'),
	-- options
	(20, '{"transforms": "a", "transforms.a.type": "RegexRouter", "transforms.a.regex": "a"}'),
	(21, '{"transforms": "a", "transforms.a.type": "RegexRouter", "transforms.a.regex": "a", "transforms.a.replacment": "b"}'),
	(22, '{"transforms": "a", "transforms.a.type": "ExtractNewRecordState", "transforms.a.drop.tombstones": "false"}'),
	(23, '{"transforms": "a", "transforms.a.type": "ExtractNewRecordState", "transforms.a.delete.tombstone.handling.mode": "keep"}'),
	(24, '{"transforms": "a", "transforms.a.type": "ExtractNewRecordState", "transforms.a.drop.fields.from.key": "perhaps"}'),
	(25, '{"transforms": "a", "transforms.a.type": "ExtractNewRecordState", "transforms.a.add.fields": "a:b:c"}'),
	(26, '{"transforms": "a", "transforms.a.type": "ExtractNewRecordState", "transforms.a.add.headers": "op,,x"}'),
	(27, '{"transforms": "a", "transforms.a.type": "HeaderToValue", "transforms.a.headers": "a,b", "transforms.a.fields": "a", "transforms.a.operation": "copy"}'),
	(28, '{"transforms": "a", "transforms.a.type": "HeaderToValue", "transforms.a.headers": "a", "transforms.a.fields": "a", "transforms.a.operation": "remove"}'),
	(29, '{"transforms": "a", "transforms.a.type": "EventRouter", "transforms.a.table.fields.additional.placement": "a:body"}'),
	(30, '{"transforms": "a", "transforms.a.type": "EventRouter", "transforms.a.table.op.invalid.behavior": "ignore"}'),
	(31, '{"transforms": "a", "transforms.a.type": "EventRouter", "transforms.a.route.topic.replacement": "${route}"}'),
	(32, '{"transforms": "a", "transforms.a.type": "ByLogicalTableRouter", "transforms.a.topic.regex": "a", "transforms.a.topic.replacement": "b", "transforms.a.key.field.regex": "a"}'),
	-- empty elements, and empty parts of them
	(33, '{"transforms": "a", "transforms.a.type": "HeaderToValue", "transforms.a.headers": "a,b", "transforms.a.fields": "task,", "transforms.a.operation": "copy"}'),
	(34, '{"transforms": "a", "transforms.a.type": "HeaderToValue", "transforms.a.headers": "a,", "transforms.a.fields": "task,b", "transforms.a.operation": "copy"}'),
	(35, '{"transforms": "a", "transforms.a.type": "HeaderToValue", "transforms.a.headers": "a", "transforms.a.fields": "a..b", "transforms.a.operation": "copy"}'),
	(36, '{"transforms": "a", "transforms.a.type": "HeaderToValue", "transforms.a.headers": "a", "transforms.a.fields": ".", "transforms.a.operation": "copy"}'),
	(37, '{"transforms": "a", "transforms.a.type": "HeaderToValue", "transforms.a.headers": ",", "transforms.a.fields": ",", "transforms.a.operation": "copy"}'),
	-- regular expressions and replacements
	(40, '{"transforms": "a", "transforms.a.type": "RegexRouter", "transforms.a.regex": "(a", "transforms.a.replacement": "b"}'),
	(41, '{"transforms": "a", "transforms.a.type": "RegexRouter", "transforms.a.regex": "a*+", "transforms.a.replacement": "b"}'),
	(42, '{"transforms": "a", "transforms.a.type": "RegexRouter", "transforms.a.regex": "(a)", "transforms.a.replacement": "$2"}'),
	(43, '{"transforms": "a", "transforms.a.type": "RegexRouter", "transforms.a.regex": "(a)", "transforms.a.replacement": "$x"}'),
	(44, '{"transforms": "a", "transforms.a.type": "RegexRouter", "transforms.a.regex": "(a)", "transforms.a.replacement": "x\\"}'),
	(45, '{"transforms": "a", "transforms.a.type": "RegexRouter", "transforms.a.regex": "a(.*?)", "transforms.a.replacement": "$1"}'),
	(46, '{"transforms": "a", "transforms.a.type": "RegexRouter", "transforms.a.regex": "(?<1a>a)", "transforms.a.replacement": "$1"}'),
	-- time zones
	(50, '{"transforms": "a", "transforms.a.type": "TimezoneConverter", "transforms.a.converted.timezone": "Nowhere/City"}'),
	(51, '{"transforms": "a", "transforms.a.type": "TimezoneConverter", "transforms.a.converted.timezone": "UTC+3"}'),
	(52, '{"transforms": "a", "transforms.a.type": "TimezoneConverter", "transforms.a.converted.timezone": "+19:00"}'),
	(53, '{"transforms": "a", "transforms.a.type": "TimezoneConverter", "transforms.a.converted.timezone": "+01:00", "transforms.a.include.list": "table"}'),
	(54, '{"transforms": "a", "transforms.a.type": "TimezoneConverter", "transforms.a.converted.timezone": "+01:00", "transforms.a.include.list": "a:b", "transforms.a.exclude.list": "c:d"}'),
	-- predicates
	(60, '{"transforms": "a", "transforms.a.type": "ExtractNewRecordState", "transforms.a.predicate": "p"}'),
	(61, '{"transforms": "a", "transforms.a.type": "ExtractNewRecordState", "transforms.a.negate": true}'),
	(62, '{"predicates": "p", "predicates.p.type": "org.example.Matches"}'),
	(63, '{"predicates": "p", "predicates.p.type": "TopicNameMatches"}'),
	(64, '{"predicates": "p", "predicates.p.type": "TopicNameMatches", "predicates.p.pattern": "["}'),
	(65, '{"predicates": "p", "predicates.p.type": "RecordIsTombstone", "predicates.p.pattern": "a"}'),
	(66, '{"predicates.p.type": "RecordIsTombstone"}'),
	(67, '{"transforms": "a", "transforms.a.type": "ExtractNewRecordState", "transforms.a.predicate": "p", "transforms.a.negate": "x", "predicates": "p", "predicates.p.type": "RecordIsTombstone"}'),
	-- the same of other lists
	(70, '{"transforms": "a", "transforms.a.type": "ExtractNewRecordState", "transforms.a.add.fields": "op,"}'),
	(71, '{"transforms": "a", "transforms.a.type": "ExtractNewRecordState", "transforms.a.add.fields": "before."}'),
	(72, '{"transforms": "a", "transforms.a.type": "ExtractNewRecordState", "transforms.a.add.fields": "a.b.c"}'),
	(73, '{"transforms": "a", "transforms.a.type": "ExtractNewRecordState", "transforms.a.add.headers": "op: "}'),
	(74, '{"transforms": "a", "transforms.a.type": "ExtractNewRecordState", "transforms.a.add.headers": " :x"}'),
	(75, '{"transforms": "a", "transforms.a.type": "EventRouter", "transforms.a.table.fields.additional.placement": "a:header,"}'),
	(76, '{"transforms": "a", "transforms.a.type": "EventRouter", "transforms.a.table.fields.additional.placement": "a:"}'),
	(77, '{"transforms": "a", "transforms.a.type": "EventRouter", "transforms.a.table.fields.additional.placement": ":header"}'),
	(78, '{"transforms": "a", "transforms.a.type": "EventRouter", "transforms.a.table.fields.additional.placement": "a:header:"}'),
	(90, '{"transforms": "a", "transforms.a.type": "TimezoneConverter", "transforms.a.converted.timezone": "+01:00", "transforms.a.include.list": "a:b,"}'),
	(91, '{"transforms": "a", "transforms.a.type": "TimezoneConverter", "transforms.a.converted.timezone": "+01:00", "transforms.a.include.list": "source:"}'),
	(92, '{"transforms": "a", "transforms.a.type": "TimezoneConverter", "transforms.a.converted.timezone": "+01:00", "transforms.a.include.list": ":a"}'),
	(93, '{"transforms": "a", "transforms.a.type": "TimezoneConverter", "transforms.a.converted.timezone": "+01:00", "transforms.a.include.list": "source:a:"}'),
	-- what nobody minds
	(80, '{"transforms": "", "predicates": ""}'),
	(81, '{"transforms": " a , b ", "transforms.a.type": "io.debezium.transforms.ExtractNewRecordState", "transforms.a.add.fields.prefix": "", "transforms.b.type": "org.apache.kafka.connect.transforms.RegexRouter", "transforms.b.regex": "a", "transforms.b.replacement": "b"}'),
	(82, '{"transforms": "a", "transforms.a.type": "TimezoneConverter", "transforms.a.converted.timezone": "Etc/GMT+3"}')
) AS t(number, change), try(t.change::jsonb) AS e
ORDER BY t.number;

-- Options without effect say so, and all problems come at once.
SELECT property, severity, problem FROM wal2kafka.validate_config('{"bootstrap.servers": "b:1", "snapshot.mode": "no_data",
	"transforms": "o,r", "transforms.o.type": "EventRouter", "transforms.o.tracing.operation.name": "x",
	"transforms.o.table.field.event.type": "kind", "transforms.r.type": "RegexRouter", "transforms.r.regx": "a"}');

-- The same as options of the plugin
SELECT 'init' FROM pg_create_logical_replication_slot('regress_transform_errors', 'wal2kafka');
SELECT count(*) FROM pg_logical_slot_get_changes('regress_transform_errors', NULL, NULL, 'transforms', 'a');
SELECT count(*) FROM pg_logical_slot_get_changes('regress_transform_errors', NULL, NULL, 'transforms', 'a', 'transforms.a.type', 'RegexRouter', 'transforms.a.regex', 'b');

-- A record that a transform cannot do with is passed over where that is asked for.
CREATE TABLE transform_errors (id int PRIMARY KEY, route int);
INSERT INTO transform_errors VALUES (1, 2);
SELECT data FROM pg_logical_slot_peek_changes('regress_transform_errors', NULL, NULL, 'transforms', 'a', 'transforms.a.type', 'ExtractNewRecordState', 'transforms.a.route.by.field', 'route');
SELECT data FROM pg_logical_slot_peek_changes('regress_transform_errors', NULL, NULL, 'transforms', 'a', 'transforms.a.type', 'ExtractNewRecordState', 'transforms.a.route.by.field', 'route',
	'suspect.lsn', '0/1', 'event.processing.failure.handling.mode', 'skip');
-- Nothing of them stays in memory, in kB (it was 2 for each).
SELECT 'read' FROM pg_logical_slot_get_changes('regress_transform_errors', NULL, NULL) LIMIT 1;
INSERT INTO transform_errors SELECT i, i FROM generate_series(2, 40000) AS i;
CREATE FUNCTION peak_memory() RETURNS int LANGUAGE sql AS $$
	SELECT substring(pg_read_file('/proc/self/status') FROM 'VmHWM:\s*(\d+)')::int $$;
SELECT peak_memory() AS before \gset
SELECT count(*) FROM pg_logical_slot_peek_changes('regress_transform_errors', NULL, NULL, 'transforms', 'a', 'transforms.a.type', 'ExtractNewRecordState',
	'transforms.a.add.fields', 'source.db,source.lsn,source.table,ts_ms,ts_us,op:id', 'transforms.a.add.fields.prefix', '',
	'suspect.lsn', '0/1', 'event.processing.failure.handling.mode', 'skip');
SELECT peak_memory() - :before < 50000;
DROP FUNCTION peak_memory;

-- The same of logical messages, and of the records of a transaction's begin and
-- end: a topic without a name.  The rows arrive, whichever of them fail.
SELECT 'read' FROM pg_logical_slot_get_changes('regress_transform_errors', NULL, NULL) LIMIT 1;
CREATE FUNCTION records(topics text, VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (topic text, key text, said text)
LANGUAGE sql AS $$
	SELECT d->>'topic', regexp_replace(d->>'key', '\d+:\d+', '?'), concat_ws(' ', d#>>'{value,status}', d#>>'{value,event_count}',
		d#>>'{value,transaction,total_order}')
	FROM (SELECT data::json AS d FROM pg_logical_slot_peek_changes('regress_transform_errors', NULL, NULL,
		VARIADIC ARRAY['topic.prefix', 'p', 'provide.transaction.metadata', 'true', 'transforms', 'r', 'transforms.r.type', 'RegexRouter',
			'transforms.r.regex', '(x?)' || topics, 'transforms.r.replacement', '$1'] || options)) AS x
$$;
SELECT 'sent' FROM pg_logical_emit_message(false, 'alone', 'b');
BEGIN;
INSERT INTO transform_errors VALUES (50001, 1);
SELECT 'sent' FROM pg_logical_emit_message(true, 'inside', 'a');
INSERT INTO transform_errors VALUES (50002, 1);
COMMIT;
SELECT * FROM records('none');
SELECT * FROM records('p\.transaction');
SELECT * FROM records('p\.message');
SELECT * FROM records('p\.transaction', 'suspect.lsn', '0/1', 'event.processing.failure.handling.mode', 'skip');
SELECT * FROM records('p\.message', 'suspect.lsn', '0/1', 'event.processing.failure.handling.mode', 'skip');
SELECT * FROM records('p\.(message|transaction)', 'suspect.lsn', '0/1', 'event.processing.failure.handling.mode', 'skip');
SELECT * FROM records('.*', 'suspect.lsn', '0/1', 'event.processing.failure.handling.mode', 'skip');
-- Not before the suspect one, nor where it is the policy to fail
SELECT count(*) FROM records('p\.message', 'suspect.lsn', 'FFFFFFFF/0', 'event.processing.failure.handling.mode', 'skip');
SELECT count(*) FROM records('p\.transaction', 'suspect.lsn', '0/1');
-- As frames: where the begin was skipped the transaction begins with the row, and each one skipped is told.
CREATE FUNCTION frames(topics text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	b bytea := (SELECT string_agg(data, '') FROM pg_logical_slot_peek_binary_changes('regress_transform_errors', NULL, NULL,
		'framing', 'binary', 'topic.prefix', 'p', 'provide.transaction.metadata', 'true', 'transforms', 'r',
		'transforms.r.type', 'RegexRouter', 'transforms.r.regex', '(x?)' || topics, 'transforms.r.replacement', '$1',
		'suspect.lsn', '0/1', 'event.processing.failure.handling.mode', 'skip'));
	at int := 0;
BEGIN
	WHILE at < length(b) LOOP
		RETURN NEXT chr(get_byte(b, at + 1));
		at := at + 8 + get_byte(b, at + 4) + (get_byte(b, at + 5) << 8) + (get_byte(b, at + 6) << 16);
	END LOOP;
END $$;
SELECT string_agg(f, ' ') FROM frames('none') f;
SELECT string_agg(f, ' ') FROM frames('p\.transaction') f;
SELECT string_agg(f, ' ') FROM frames('p\.message') f;
SELECT string_agg(f, ' ') FROM frames('.*') f;
DROP FUNCTION records, frames;
DROP TABLE transform_errors;
SELECT 'drop' FROM pg_drop_replication_slot('regress_transform_errors');
DROP FUNCTION try;
DROP EXTENSION wal2kafka;
