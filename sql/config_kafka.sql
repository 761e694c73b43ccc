-- What the Kafka client is told: librdkafka's names whatever people wrote.
CREATE EXTENSION wal2kafka;

-- The settings of a configuration, or what is wrong with it, on one line.
CREATE FUNCTION settings(change jsonb, OUT result text)
LANGUAGE plpgsql AS $$
DECLARE
	detail text;
	hint text;
BEGIN
	SELECT string_agg(name || '=' || value, ', ') INTO result
	FROM wal2kafka.kafka_settings(
		'{"bootstrap.servers": "broker:9092", "snapshot.mode": "no_data"}'
		|| change)
	WHERE name NOT IN ('bootstrap.servers', 'w2k.on.record.error',
		'w2k.statistics.interval.ms');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL,
		hint = PG_EXCEPTION_HINT;
	result := concat_ws(E'\n\t', SQLSTATE || ': ' || SQLERRM,
		nullif(detail, ''), nullif(hint, ''));
END $$;

-- The same of producer.override.*
CREATE FUNCTION client_settings(change jsonb) RETURNS text
LANGUAGE sql AS $$
	SELECT settings(jsonb_object_agg('producer.override.' || key, value))
	FROM jsonb_each(change)
$$;

\pset format unaligned
\pset tuples_only on
\pset fieldsep '\n\t'

-- Brokers
SELECT * FROM wal2kafka.kafka_settings('{"name": "orders",
	"snapshot.mode": "no_data",
	"bootstrap.servers": "a:9092, PLAINTEXT://b:9092,[::1]:9093,c",
	"event.processing.failure.handling.mode": "warn",
	"statistics.interval.ms": 1000}');
SELECT settings('{"bootstrap.servers": ""}');
SELECT settings('{"bootstrap.servers": " , "}');
SELECT settings('{"bootstrap.servers": "a:b"}');
SELECT settings('{"bootstrap.servers": "a:0"}');
SELECT settings('{"bootstrap.servers": "a:65536"}');
SELECT settings('{"bootstrap.servers": ":9092"}');
SELECT settings('{"producer.override.bootstrap.servers": "other:9092"}');
SELECT settings('{"bootstrap.servers": "", "producer.override.bootstrap.servers": "other:x"}');

-- One property by its names and values
SELECT c.change, client_settings(c.change::jsonb) FROM unnest(ARRAY[
	'{"acks": "all"}',
	'{"acks": -1}',
	'{"acks": "ALL"}',
	'{"acks": 1}',
	'{"acks": 0}',
	'{"linger.ms": 5}',
	'{"linger.ms": 0.5}',
	'{"linger.ms": "soon"}',
	'{"linger.ms": 900001}',
	'{"queue.buffering.max.ms": 5}',
	'{"linger.ms": 5, "queue.buffering.max.ms": 5}',
	'{"linger.ms": 5, "queue.buffering.max.ms": 6}',
	'{"buffer.memory": 33554432}',
	'{"buffer.memory": 1023}',
	'{"queue.buffering.max.kbytes": 1024}',
	'{"max.request.size": 2097152}',
	'{"batch.size": 16384}',
	'{"compression.type": "ZSTD", "compression.level": 3}',
	'{"compression.type": "brotli"}',
	'{"delivery.timeout.ms": 120000}',
	'{"delivery.timeout.ms": 2147483647}',
	'{"send.buffer.bytes": -1}',
	'{"retries": 2147483647}',
	'{"metadata.max.age.ms": 300000}',
	'{"socket.keepalive.enable": "yes"}',
	'{"partitioner": "murmur2"}',
	'{"partitioner": "random"}',
	'{"client.id": "me"}',
	'{"debug": "broker,topic"}',
	'{"linger.mss": 5}',
	'{"group.id": "x"}']) AS c(change);

-- Order and safety
SELECT c.change, client_settings(c.change::jsonb) FROM unnest(ARRAY[
	'{"enable.idempotence": true, "acks": 1}',
	'{"enable.idempotence": true, "retries": 0}',
	'{"enable.idempotence": false, "acks": 1}',
	'{"max.in.flight.requests.per.connection": 5}',
	'{"max.in.flight.requests.per.connection": 6}',
	'{"enable.idempotence": false, "max.in.flight": 2}',
	'{"acks": 1, "max.in.flight": 2}',
	'{"acks": 1, "max.in.flight": 1}']) AS c(change);

-- Credentials
SELECT c.change, client_settings(c.change::jsonb) FROM unnest(ARRAY[
	'{"security.protocol": "SASL_SSL", "sasl.mechanism": "plain", "sasl.username": "app", "sasl.password": "geheim"}',
	'{"security.protocol": "SASL_SSL", "sasl.mechanisms": "SCRAM-SHA-512", "sasl.username": "app", "sasl.password": "geheim"}',
	'{"security.protocol": "SASL_SSL"}',
	'{"security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN", "sasl.username": "app"}',
	'{"security.protocol": "SASL_SSL", "sasl.mechanism": "DIGEST-MD5"}',
	'{"security.protocol": "TLS"}',
	'{"security.protocol": "SASL_SSL", "sasl.mechanism": "GSSAPI"}',
	'{"security.protocol": "SASL_SSL", "sasl.mechanism": "OAUTHBEARER", "sasl.oauthbearer.method": "OIDC", "sasl.oauthbearer.client.id": "me", "sasl.oauthbearer.client.secret": "geheim", "sasl.oauthbearer.token.endpoint.url": "https://idp/token"}',
	'{"sasl.oauthbearer.token.endpoint.url": "file:///etc/passwd"}']) AS c(change);

-- sasl.jaas.config
SELECT c.jaas, client_settings(jsonb_build_object('sasl.jaas.config', c.jaas,
	'security.protocol', 'SASL_PLAINTEXT', 'sasl.mechanism',
	CASE WHEN c.jaas ~ 'scram' THEN 'SCRAM-SHA-256' ELSE 'PLAIN' END))
FROM unnest(ARRAY[
	'org.apache.kafka.common.security.plain.PlainLoginModule required username="app" password="geheim";',
	'org.apache.kafka.common.security.scram.ScramLoginModule required username=''app'' password="ge;heim";',
	E'org.apache.kafka.common.security.plain.PlainLoginModule\n\trequired // a comment\n\tusername=app /* another */\n\tpassword = "a\\"b\\\\c" ;',
	'org.apache.kafka.common.security.plain.PlainLoginModule REQUIRED username="a\x70p\101" password="";',
	'org.apache.kafka.common.security.plain.PlainLoginModule required username="app" password="geheim"',
	'org.apache.kafka.common.security.plain.PlainLoginModule required username="app";',
	'org.apache.kafka.common.security.plain.PlainLoginModule required username="app" password="geheim" user_x="y";',
	'org.apache.kafka.common.security.plain.PlainLoginModule required username="app" password="geheim',
	'org.apache.kafka.common.security.plain.PlainLoginModule required username "app";',
	'org.apache.kafka.common.security.plain.PlainLoginModule username="app" password="geheim";',
	'org.apache.kafka.common.security.plain.PlainLoginModule required username="app" password="geheim"; org.apache.X required;',
	'com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true;',
	'org.apache.kafka.common.security.plain.PlainLoginModule required /* no end',
	';']) AS c(jaas);
SELECT client_settings('{"sasl.mechanism": "PLAIN", "sasl.jaas.config": "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"a\" password=\"geheim\";"}');
SELECT client_settings('{"sasl.mechanism": "SCRAM-SHA-256", "sasl.jaas.config": "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"a\" password=\"geheim\";"}');
SELECT client_settings('{"sasl.username": "b", "sasl.jaas.config": "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"a\" password=\"geheim\";"}');

-- Stores of keys and certificates
SELECT c.change, client_settings(c.change::jsonb) FROM unnest(ARRAY[
	'{"ssl.ca.location": "/etc/ca.pem"}',
	'{"ssl.ca.location": "probe"}',
	'{"ssl.ca.location": "ca.pem"}',
	'{"ssl.truststore.type": "PEM", "ssl.truststore.location": "/etc/ca.pem"}',
	'{"ssl.truststore.type": "PEM", "ssl.truststore.certificates": "-----BEGIN"}',
	'{"ssl.truststore.location": "/etc/ca.jks", "ssl.truststore.password": "geheim"}',
	'{"ssl.truststore.type": "JKS", "ssl.truststore.location": "/etc/ca.jks"}',
	'{"ssl.keystore.type": "PEM", "ssl.keystore.location": "/etc/me.pem", "ssl.key.password": "geheim"}',
	'{"ssl.keystore.type": "PEM", "ssl.keystore.certificate.chain": "-----BEGIN", "ssl.keystore.key": "geheim"}',
	'{"ssl.keystore.type": "PKCS12", "ssl.keystore.location": "/etc/me.p12", "ssl.keystore.password": "geheim"}',
	'{"ssl.keystore.type": "JKS", "ssl.keystore.location": "/etc/me.jks"}',
	'{"ssl.endpoint.identification.algorithm": ""}',
	'{"ssl.endpoint.identification.algorithm": "HTTPS"}',
	'{"enable.ssl.certificate.verification": false}']) AS c(change);

-- What nobody may set
SELECT name, client_settings(jsonb_build_object(
	substr(name, length('producer.override.') + 1), '1'))
FROM wal2kafka.connector_properties
WHERE category = 'Kafka client' AND support = 'refused';

-- What only superusers may set
CREATE ROLE regress_w2k_config IN ROLE wal2kafka_admin;
GRANT EXECUTE ON FUNCTION settings(jsonb), client_settings(jsonb) TO regress_w2k_config;
SET ROLE regress_w2k_config;
SELECT p.name, client_settings(jsonb_build_object(
	substr(p.name, length('producer.override.') + 1), '/etc/x'))
FROM wal2kafka.connector_properties p
WHERE p.superuser_only;
SELECT client_settings('{"security.protocol": "SASL_SSL", "sasl.mechanism": "GSSAPI"}');
SELECT client_settings('{"security.protocol": "SSL", "ssl.ca.pem": "-----BEGIN", "linger.ms": 1}');
RESET ROLE;

-- Topics
SELECT c.change, settings(c.change::jsonb) FROM unnest(ARRAY[
	'{"topic.creation.default.partitions": 3, "topic.creation.default.replication.factor": -1, "topic.creation.default.cleanup.policy": "compact"}',
	'{"topic.creation.default.partitions": 3}',
	'{"topic.creation.default.replication.factor": 1}',
	'{"topic.creation.default.partitions": 0, "topic.creation.default.replication.factor": 1}',
	'{"topic.creation.default.partitions": -2, "topic.creation.default.replication.factor": 1}',
	'{"topic.creation.default.partitions": 1, "topic.creation.default.replication.factor": "many"}',
	'{"topic.creation.default.partitions": 1, "topic.creation.default.replication.factor": 1, "topic.creation.default.cleanup.polic": "compact"}',
	'{"topic.creation.default.partitions": 1, "topic.creation.default.replication.factor": 1, "topic.creation.default.colour": "blue"}',
	'{"topic.creation.default.partitions": 1, "topic.creation.default.replication.factor": 1, "topic.creation.big.partitions": 10}',
	'{"topic.creation.default.partitions": 1, "topic.creation.default.replication.factor": 1, "topic.creation.groups": "big", "topic.creation.big.partitions": 10}',
	'{"topic.creation.default.partitions": 1, "topic.creation.default.replication.factor": 1, "topic.creation.groups": "big, small", "topic.creation.big.include": "shop\\.sales\\..*", "topic.creation.big.partitions": 10, "topic.creation.big.retention.ms": 1000, "topic.creation.small.include": "x", "topic.creation.small.exclude": "y"}',
	'{"topic.creation.default.partitions": 1, "topic.creation.default.replication.factor": 1, "topic.creation.groups": "big", "topic.creation.big.include": "shop("}',
	'{"topic.creation.default.partitions": 1, "topic.creation.default.replication.factor": 1, "topic.creation.groups": "big", "topic.creation.big.include": "(?:shop).*"}',
	'{"topic.creation.default.partitions": 1, "topic.creation.default.replication.factor": 1, "topic.creation.groups": "big", "topic.creation.big.include": "shop\\D"}']) AS c(change);

-- The consumer of signals: reaches its brokers as the producer does, unless it
-- has brokers of its own.
SELECT c.change, settings(c.change::jsonb || '{"topic.prefix": "shop"}') FROM unnest(ARRAY[
	'{"signal.kafka.topic": "t", "signal.consumer.ssl.ca.location": "x"}',
	'{"signal.enabled.channels": "kafka"}',
	'{"signal.enabled.channels": "source,kafka", "signal.kafka.topic": "t", "signal.kafka.groupId": "g",
		"producer.override.security.protocol": "SASL_SSL", "producer.override.sasl.mechanism": "PLAIN",
		"producer.override.sasl.username": "u", "producer.override.sasl.password": "p",
		"producer.override.linger.ms": 5, "signal.consumer.sasl.username": "other",
		"signal.consumer.auto.offset.reset": "latest", "signal.consumer.max.poll.records": 10}',
	'{"signal.enabled.channels": "kafka", "signal.kafka.bootstrap.servers": "b:1",
		"producer.override.security.protocol": "SSL"}',
	'{"signal.enabled.channels": "kafka", "signal.kafka.bootstrap.servers": "b:x"}',
	'{"signal.enabled.channels": "kafka", "signal.consumer.bootstrap.servers": "b:1",
		"signal.consumer.security.protocol": "SASL_PLAINTEXT", "signal.consumer.sasl.mechanism": "PLAIN",
		"signal.consumer.sasl.jaas.config": "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=\"p\";"}',
	'{"signal.enabled.channels": "kafka", "signal.consumer.security.protocol": "SASL_PLAINTEXT"}',
	'{"signal.enabled.channels": "kafka", "signal.consumer.sasl.mechanism": "PLAIN", "signal.consumer.security.protocol": "SASL_SSL"}',
	'{"signal.enabled.channels": "kafka", "signal.consumer.auto.offset.reset": "none"}',
	'{"signal.enabled.channels": "kafka", "signal.consumer.group.id": "g"}',
	'{"signal.enabled.channels": "kafka", "signal.consumer.ssl.truststore.location": "/a.jks"}',
	'{"signal.enabled.channels": "kafka", "signal.consumer.security.protokol": "SSL"}',
	'{"signal.enabled.channels": "kafka", "signal.consumer.plugin.library.paths": "/tmp/x"}']) AS c(change);

DROP FUNCTION settings(jsonb) CASCADE;
DROP FUNCTION client_settings(jsonb);
DROP EXTENSION wal2kafka;
DROP ROLE regress_w2k_config;
