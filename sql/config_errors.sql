-- Wrong configurations, with the exact words.  Each is wrong in one way.
CREATE EXTENSION wal2kafka;

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

\pset format unaligned
\pset tuples_only on
\pset fieldsep '\n\t'
\pset recordsep '\n\n'

SELECT t.change, e.state || ': ' || e.message,
	concat_ws(' / ', nullif(e.detail, ''), nullif(e.hint, ''))
FROM (VALUES
	-- the document
	(1, '{"config": {"name": "a"}}'),
	(2, '{"table.include.list": ["public.a", "public.b"]}'),
	(3, '{"topic.prefix": null}'),
	(4, '{"tabel.include.list": "public.a"}'),
	(5, '{"nothing.like.it": 1}'),
	(6, '{"database.server.name": "shop"}'),
	(7, '{"table.whitelist": "public.a"}'),
	(8, '{"framing": "binary"}'),
	(9, '{"initial_state": "PAUSED"}'),
	(10, '{"connector.class": "io.debezium.connector.mysql.MySqlConnector"}'),
	-- values
	(20, '{"tombstones.on.delete": "maybe"}'),
	(21, '{"status.update.interval.ms": "10s"}'),
	(22, '{"status.update.interval.ms": 1.5}'),
	(23, '{"status.update.interval.ms": 5}'),
	(24, '{"status.update.interval.ms": 99999999999999999999}'),
	(25, '{"max.slot.lag.bytes": -1}'),
	(26, '{"skipped.operations": "c,x"}'),
	(27, '{"skipped.operations": "none,c"}'),
	(28, '{"skipped.operations": ""}'),
	(29, '{"topic.prefix": "my shop"}'),
	(30, '{"topic.prefix": ""}'),
	(31, '{"topic.delimiter": "/"}'),
	(32, '{"slot.name": "Debezium"}'),
	(33, '{"slot.name": ""}'),
	(34, '{"unavailable.value.placeholder": "hex:123"}'),
	(35, '{"event.processing.failure.handling.mode": "explode"}'),
	(36, '{"start.after.lsn": "123"}'),
	(37, '{"start.after.lsn": "0/123456789"}'),
	(38, '{"before.unknown.values": "nil"}'),
	(40, '{"logical.decoding.work.mem.kb": 63}'),
	(41, '{"max.slot.lag.bytes": 9223372036854775808}'),
	(39, '{"decimal.handling.mode": "exact"}'),
	(42, '{"replica.identity.autoset.values": "public.a"}'),
	(43, '{"replica.identity.autoset.values": "public.a:FULL,,b:FULL"}'),
	(44, '{"replica.identity.autoset.values": "public.a:SOME"}'),
	(45, '{"replica.identity.autoset.values": "public.a:INDEX"}'),
	(46, '{"replica.identity.autoset.values": "public.a:INDEX a b"}'),
	(47, '{"replica.identity.autoset.values": "public.(a:FULL"}'),
	(48, '{"guardrail.collections.max": -1}'),
	(49, '{"guardrail.collections.limit.action": "stop"}'),
	-- lists
	(50, '{"table.include.list": "a", "table.exclude.list": "b"}'),
	(51, '{"schema.include.list": "a", "schema.exclude.list": "b"}'),
	(52, '{"column.include.list": "a", "column.exclude.list": "b"}'),
	(53, '{"table.include.list": "public.a,public.(b"}'),
	(54, '{"table.include.list": "public.[a"}'),
	(55, '{"table.include.list": "public.(?<name>a)"}'),
	(56, '{"table.include.list": "public.a*+"}'),
	(57, '{"table.include.list": "public.\\p{Lower}+"}'),
	(58, '{"table.include.list": "public.[a-z&&[^b]]"}'),
	(59, '{"table.include.list": "public.[[a-z]b]"}'),
	(60, '{"table.include.list": "public.(?>a)"}'),
	(61, '{"table.include.list": "public.a\\"}'),
	(62, '{"table.include.list": "public.a{2,1}"}'),
	(64, '{"table.include.list": " , "}'),
	(63, '{"column.exclude.list": "public.a.b{1,2}"}'),
	-- what is known, and not supported
	(72, '{"snapshot.mode": "initial"}'),
	(73, '{"snapshot.mode": "sometimes"}'),
	(74, '{"exactly.once.support": "required"}'),
	(75, '{"heartbeat.interval.ms": -1}'),
	(76, '{"heartbeat.interval.ms": "often"}'),
	(77, '{"transaction.metadata.factory": "com.example.Factory"}'),
	(78, '{"message.key.columns": "public.a"}'),
	(79, '{"transforms": "unwrap"}'),
	(80, '{"transforms.unwrap.type": "io.debezium.transforms.ExtractNewRecordState"}'),
	(81, '{"column.mask.with.ten.chars": "public.a.b"}'),
	(1081, '{"column.mask.with.10001.chars": "public.a.b"}'),
	(82, '{"column.mask.hash.SHA3-256.with.salt.CzQMA0cB5K": "public.a.b"}'),
	(83, '{"signal.data.collection": "signals"}'),
	(834, '{"signal.data.collection": "db.public.signals"}'),
	(835, '{"signal.enabled.channels": "source,file"}'),
	(831, '{"notification.enabled.channels": "log,http"}'),
	(832, '{"notification.enabled.channels": "log, sink"}'),
	(833, '{"notification.enabled.channels": "sink", "notification.sink.topic.name": "a b"}'),
	(85, '{"slot.drop.on.stop": true}'),
	(86, '{"errors.tolerance": "all"}'),
	(87, '{"topic.naming.strategy": "io.debezium.schema.SchemaRegexTopicNamingStrategy"}'),
	(88, '{"header.converter": "org.apache.kafka.connect.storage.StringConverter"}'),
	(90, '{"publish.via.partition.root": "perhaps"}'),
	(89, '{"publication.autocreate.mode": "no_tables"}'),
	-- formats
	(100, '{"format": "avro"}'),
	(101, '{"format": "xml"}'),
	(102, '{"key.converter.replace.null.with.default": "maybe"}'),
	(103, '{"schema.name.adjustment.mode": "upper"}'),
	(104, '{"key.converter": "org.apache.kafka.connect.storage.StringConverter"}'),
	(105, '{"value.converter": "io.confluent.connect.avro.AvroConverter", "value.converter.schemas.enable": false}'),
	(106, '{"value.converter": "org.apache.kafka.connect.json.JsonConverter", "value.converter.schemas.enable": false, "format": "json"}'),
	(107, '{"value.converter": "org.apache.kafka.connect.json.JsonConverter", "value.converter.schemas.enabled": false}'),
	(108, '{"value.converter.decimal.format": "HEX"}'),
	(109, '{"format": "json-with-schemas", "key.converter": "JsonConverter"}'),
	(110, '{"column.propagate.source.type": "a.("}'),
	(111, '{"format": "protobuf", "decimal.handling.mode": "double"}'),
	(112, '{"format": "protobuf", "value.converter.schemas.enable": false}'),
	(113, '{"format": "protobuf", "unavailable.value.placeholder": "x"}'),
	(115, '{"format": "protobuf", "value.converter": "JsonConverter"}'),
	-- the database
	(120, '{"database.dbname": "elsewhere"}'),
	(121, '{"publication.name": "nowhere", "publication.autocreate.mode": "disabled"}')
) AS t(number, change), try(t.change::jsonb) AS e
ORDER BY t.number;

-- More than one is wrong: the first is raised, validate_config tells them all.
SELECT state || ': ' || message
FROM try('{"tasks.max": 1, "slot.name": "A", "topic.prefix": "a b"}');
SELECT property, severity, problem FROM wal2kafka.validate_config(
	'{"tasks.max": 1, "slot.name": "A", "topic.prefix": "a b"}');

-- What nobody minds, although it is odd
SELECT t.change, coalesce(e.state || ': ', '') || e.message
FROM (VALUES
	(1, '{}'),
	(2, '{"tombstones.on.delete": true, "topic.delimiter": "_"}'),
	(3, '{"tombstones.on.delete": 1}'),
	(4, '{"tombstones.on.delete": " TRUE "}'),
	(5, '{"status.update.interval.ms": 1e3}'),
	(6, '{"status.update.interval.ms": " 1000 "}'),
	(7, '{"table.include.list": ""}'),
	(8, '{"table.include.list": "a", "table.exclude.list": ""}'),
	(9, '{"table.include.list": " public\\.a , public\\.b , "}'),
	(10, '{"skipped.operations": "none"}'),
	(11, '{"skipped.operations": "c, U ,d"}'),
	(12, '{"event.processing.failure.handling.mode": "IGNORE"}'),
	(13, '{"decimal.handling.mode": "PRECISE"}'),
	(14, '{"heartbeat.interval.ms": "00"}'),
	(15, '{"transforms": ""}'),
	(16, '{"lsn.flush.mode": "connector_and_driver"}'),
	(17, '{"value.converter": "org.apache.kafka.connect.json.JsonConverter", "value.converter.schemas.enable": "false"}'),
	(18, '{"value.converter": "", "key.converter.schemas.enable": false}'),
	(19, '{"format": "JSON"}'),
	(191, '{"value.converter": "org.apache.kafka.connect.json.JsonConverter"}'),
	(192, '{"key.converter": "JsonConverter", "key.converter.schemas.enable": true}'),
	(193, '{"format": "json-with-schemas", "value.converter.decimal.format": "numeric", "value.converter.replace.null.with.default": "FALSE"}'),
	(194, '{"format": "protobuf", "decimal.handling.mode": "precise"}'),
	(20, '{"connector.class": ""}'),
	(21, '{"connector.class": "wal2kafka"}'),
	(22, '{"start.after.lsn": "16/B374D848"}'),
	(23, '{"unavailable.value.placeholder": "hex:00fF"}'),
	(24, '{"snapshot.mode": "never"}'),
	(240, '{"signal.data.collection": "public.\"a.b\"", "signal.enabled.channels": "source, jmx"}'),
	(241, '{"notification.enabled.channels": "jmx"}'),
	(242, '{"notification.enabled.channels": "sink,log,jmx", "notification.sink.topic.name": "news"}'),
	(25, '{"name": "any"}'),
	(26, '{"replica.identity.autoset.values": " public.a : full , public.b:index  B_Key,c.*:Nothing,d:default,"}'),
	(27, '{"guardrail.collections.max": 10, "guardrail.collections.limit.action": "FAIL"}')
) AS t(number, change), try(t.change::jsonb) AS e
ORDER BY t.number;

-- Notices
\set VERBOSITY terse
SELECT count(*) FROM wal2kafka.kafka_settings(
	'{"bootstrap.servers": "broker:9092", "database.hostname": "db",
	  "database.port": 5432, "database.password": "geheim", "tasks.max": "1",
	  "producer.override.max.block.ms": 1, "publication.name": "nowhere"}');
\set VERBOSITY default
SELECT count(*) FROM wal2kafka.kafka_settings(
	'{"bootstrap.servers": "broker:9092", "plugin.name": "pgoutput",
	  "snapshot.mode": "no_data"}');

-- Publications
CREATE TABLE t (id int PRIMARY KEY);
SET client_min_messages = error;
CREATE PUBLICATION everything FOR ALL TABLES;
CREATE PUBLICATION inserts FOR ALL TABLES WITH (publish = 'insert');
CREATE PUBLICATION one_table FOR TABLE t;
CREATE PUBLICATION via_root FOR TABLE t WITH (publish_via_partition_root);
RESET client_min_messages;
SELECT p.name, coalesce(e.state || ': ', '') || e.message, e.hint
FROM unnest('{everything,inserts,one_table,via_root}'::text[]) AS p(name),
	try(jsonb_build_object('publication.name', p.name)) AS e;
DROP PUBLICATION everything, inserts, one_table, via_root;
DROP TABLE t;

DROP FUNCTION try(jsonb);
DROP EXTENSION wal2kafka;
