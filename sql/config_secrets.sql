-- No secret is ever shown, and files are for superusers only.
CREATE EXTENSION wal2kafka;

\pset format unaligned
\pset tuples_only on
\pset fieldsep '\n\t'

-- Everything that is said of a configuration, in all ways that there are
CREATE FUNCTION everything_said(config jsonb) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	said text;
	detail text;
	hint text;
BEGIN
	SELECT string_agg(v::text, E'\n') INTO said
	FROM wal2kafka.validate_config(config) v;
	BEGIN
		SELECT concat_ws(E'\n', said, string_agg(k::text, E'\n')) INTO said
		FROM wal2kafka.kafka_settings(config) k;
	EXCEPTION WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL,
			hint = PG_EXCEPTION_HINT;
		said := concat_ws(E'\n', said, SQLERRM, detail, hint);
	END;
	RETURN said;
END $$;

-- Secrets in their places, in wrong places, wrongly written
SET client_min_messages = warning;
SELECT c.config
FROM unnest(ARRAY[
	'{"database.password": "geheim"}',
	'{"database.sslpassword": "geheim"}',
	'{"database.pasword": "geheim"}',
	'{"databse.password": "geheim"}',
	'{"my.token": "geheim"}',
	'{"some.api.key": "geheim"}',
	'{"producer.override.sasl.password": "geheim"}',
	'{"producer.override.sasl.pasword": "geheim"}',
	'{"producer.override.sasl.username": "a", "producer.override.sasl.password": "geheim", "producer.override.sasl.jaas.config": "geheim"}',
	'{"producer.override.sasl.password": "a", "producer.override.sasl.jaas.config": "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=\"geheim\";"}',
	'{"producer.override.sasl.jaas.config": "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=\"geheim"}',
	'{"producer.override.sasl.jaas.config": "org.apache.kafka.common.security.plain.PlainLoginModule required geheim"}',
	'{"producer.override.sasl.jaas.config": "geheim"}',
	'{"producer.override.sasl.oauthbearer.client.secret": "geheim"}',
	'{"producer.override.sasl.oauthbearer.config": "secret=geheim"}',
	'{"producer.override.ssl.key.password": "geheim"}',
	'{"producer.override.ssl.key.pem": "geheim"}',
	'{"producer.override.ssl.keystore.key": "geheim"}',
	'{"producer.override.ssl.keystore.password": "geheim"}',
	'{"producer.override.ssl.truststore.password": "geheim"}',
	'{"consumer.override.sasl.password": "geheim"}',
	'{"column.mask.hash.SHA-256.with.salt.geheim": "public.a.b"}',
	'{"column.mask.hash.v2.SHA-256.with.salt.geheim": "("}',
	'{"signal.consumer.sasl.jaas.config": "geheim"}',
	'{"signal.consumer.sasl.jaas.config": "geheim", "signal.enabled.channels": "kafka"}',
	'{"signal.consumer.sasl.pasword": "geheim", "signal.enabled.channels": "kafka"}',
	'{"value.converter": "x", "value.converter.basic.auth.user.info": "u:geheim"}',
	'{"value.converter.schema.registry.url": "https://user:geheim@registry"}',
	'{"notification.http.url": "https://user:geheim@host/x"}',
	'{"transforms.a.secret": "geheim"}']) AS c(config)
WHERE everything_said('{"bootstrap.servers": "k:1", "snapshot.mode": "no_data"}'
	|| c.config::jsonb) ~ 'geheim';

-- What is shown in their place
SELECT property, value FROM wal2kafka.validate_config('{
	"bootstrap.servers": "k:1", "snapshot.mode": "no_data",
	"database.password": "geheim",
	"notification.http.url": "https://user:geheim@host/x",
	"offsets.storage.topic": "${file:/etc/secrets:topic}",
	"producer.override.sasl.jaas.config": "geheim"}');
RESET client_min_messages;

-- The views
SELECT wal2kafka.create_connector('{"name": "regress_secrets",
	"initial_state": "STOPPED", "config": {
	"bootstrap.servers": "127.0.0.1:1", "snapshot.mode": "no_data",
	"producer.override.security.protocol": "SASL_SSL",
	"producer.override.sasl.mechanism": "PLAIN",
	"producer.override.sasl.username": "app",
	"producer.override.sasl.password": "geheim",
	"producer.override.ssl.key.password": "${env:KEY_PASSWORD}",
	"column.mask.hash.v2.SHA-256.with.salt.geheim": "public.a.b"}}');
SELECT jsonb_pretty(config) FROM wal2kafka.connectors;
SELECT config ->> 'producer.override.sasl.password' FROM wal2kafka.connector;

-- Files and the environment: where and how
CREATE FUNCTION problems(config jsonb) RETURNS text
LANGUAGE sql AS $$
	SELECT string_agg(concat_ws(E'\n\t', problem, hint), E'\n\t')
	FROM wal2kafka.validate_config(
		'{"bootstrap.servers": "k:1", "snapshot.mode": "no_data"}' || config)
	WHERE severity = 'error'
$$;
SELECT c.config, problems(c.config::jsonb) FROM unnest(ARRAY[
	'{"producer.override.sasl.password": "${file:/etc/secrets:key}"}',
	'{"producer.override.sasl.password": "a${env:B}c${env:D}"}',
	'{"bootstrap.servers": "${file:/etc/secrets:brokers}"}',
	'{"producer.override.sasl.jaas.config": "${file:/etc/secrets:jaas}"}',
	'{"producer.override.sasl.jaas.config": "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=\"${file:/etc/secrets:key}\";"}',
	'{"database.password": "${file:/etc/secrets:key}"}',
	'{"producer.override.sasl.password": "${not a reference}"}',
	'{"producer.override.sasl.password": "${file:secrets:key}"}',
	'{"producer.override.sasl.password": "${file:/etc/secrets}"}',
	'{"producer.override.sasl.password": "${file:/etc/secrets:}"}',
	'{"producer.override.sasl.password": "${env:}"}',
	'{"producer.override.sasl.password": "${vault:secret/kafka:password}"}',
	'{"producer.override.acks": "${env:ACKS}"}',
	'{"topic.prefix": "${env:PREFIX}"}',
	'{"table.include.list": "${file:/etc/tables:list}"}',
	'{"topic.creation.default.partitions": "${env:N}", "topic.creation.default.replication.factor": 1}'
	]) AS c(config);

CREATE ROLE regress_w2k_secrets IN ROLE wal2kafka_admin;
GRANT EXECUTE ON FUNCTION problems(jsonb) TO regress_w2k_secrets;
SET ROLE regress_w2k_secrets;
SELECT c.config, problems(c.config::jsonb) FROM unnest(ARRAY[
	'{"producer.override.sasl.password": "${file:/etc/secrets:key}"}',
	'{"bootstrap.servers": "${env:BROKERS}"}',
	'{"database.password": "${file:/etc/secrets:key}"}',
	'{"producer.override.sasl.jaas.config": "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=\"${file:/etc/secrets:key}\";"}',
	'{"producer.override.ssl.ca.location": "${env:HOME}"}'
	]) AS c(config);
RESET ROLE;

-- In the worker: read at every start, and what is wrong is said
CREATE FUNCTION wait_for_error(pattern text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	said text;
BEGIN
	FOR i IN 1..6000 LOOP
		SELECT last_error INTO said FROM wal2kafka.connectors;
		EXIT WHEN said ~ pattern;
		PERFORM pg_sleep(0.02);
	END LOOP;
	RETURN replace(said, current_setting('data_directory'), 'DIR');
END $$;
SELECT current_setting('data_directory') || '/w2k_secrets.properties' AS file \gset
SELECT wal2kafka.patch_connector('regress_secrets', jsonb_build_object(
	'producer.override.ssl.key.password', NULL,
	'producer.override.security.protocol', NULL,
	'bootstrap.servers', '${file:' || :'file' || ':brokers}',
	'producer.override.sasl.password', '${file:' || :'file' || ':kafka.password}'));
SELECT wal2kafka.resume_connector('regress_secrets');
SELECT wait_for_error('open');

COPY (SELECT '# secrets' UNION ALL SELECT 'brokers=127.0.0.1:1') TO :'file';
SELECT wal2kafka.restart_connector('regress_secrets');
SELECT wait_for_error('key');

-- The broker is the one of the file, which was read as Java would read it
COPY (SELECT unnest(ARRAY['! secrets', '', 'brokers=127.0.0.1:1', ' brokers :\',
	'    127.0.0.1\u003a2', 'kafka.password', 'kafka.password = geheim']))
TO :'file' WITH (FORMAT csv, DELIMITER '|', QUOTE E'\x01');
SELECT wal2kafka.restart_connector('regress_secrets');
SELECT wait_for_error('127.0.0.1:2/') ~ '127.0.0.1:2/' AS is_second_broker_tried;

SELECT wal2kafka.patch_connector('regress_secrets',
	'{"producer.override.sasl.password": "${env:W2K_REGRESS_NOT_SET}"}');
SELECT wait_for_error('environment');

SELECT wal2kafka.drop_connector('regress_secrets');
DO $$
BEGIN
	FOR i IN 1..6000 LOOP
		PERFORM FROM wal2kafka.connectors;
		EXIT WHEN NOT FOUND;
		PERFORM pg_sleep(0.02);
	END LOOP;
END $$;

DROP FUNCTION everything_said(jsonb);
DROP FUNCTION problems(jsonb);
DROP FUNCTION wait_for_error(text);
DROP EXTENSION wal2kafka;
DROP ROLE regress_w2k_secrets;
