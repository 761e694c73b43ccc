-- Properties of a schema registry's client: for both sides, or below a
-- converter.
CREATE EXTENSION wal2kafka;
\pset format unaligned
\pset tuples_only on

CREATE FUNCTION problems(config jsonb) RETURNS SETOF text LANGUAGE sql AS
	$$ SELECT concat_ws(E'\n\t', severity || ': ' || problem, hint)
	FROM wal2kafka.validate_config('{"bootstrap.servers": "k:1",
		"snapshot.mode": "no_data"}' || config)
	WHERE property <> 'format' $$;
CREATE FUNCTION with_registry(config jsonb) RETURNS SETOF text LANGUAGE sql AS
	$$ SELECT problems('{"format": "avro", "schema.registry.url":
		"http://registry:8081"}' || config) $$;

-- Without a format that has a registry, each of them was meant for another
SELECT problems('{"schema.registry.url": "http://registry:8081"}');
SELECT problems('{"format": "json", "auto.register.schemas": "false"}');
SELECT problems('{"value.converter": "org.apache.kafka.connect.json.JsonConverter",
	"value.converter.schema.registry.url": "http://registry:8081",
	"value.converter.schema.registry.ssl.truststore.type": "PEM",
	"value.converter.basic.auth.user.info": "u:p"}');
-- nothing is said by an empty text
SELECT problems('{"schema.registry.url": ""}');

-- With one, it needs the URL, for both sides or for each
SELECT problems('{"format": "avro"}');
SELECT problems('{"format": "avro",
	"key.converter.schema.registry.url": "http://a"}');
SELECT problems('{"format": "avro",
	"key.converter.schema.registry.url": "http://a",
	"value.converter.schema.registry.url": "https://b/path, http://c:1"}');
SELECT with_registry('{}');
SELECT with_registry(jsonb_build_object('schema.registry.url', url))
FROM (VALUES ('registry:8081'), ('mock://scope'), ('http://a,file:///etc/passwd'),
	('ftp://me:geheim@host'), ('HTTPS://a'), ('${file:/x:url}')) AS u(url);

-- Who we are
SELECT with_registry('{"basic.auth.user.info": "u:p"}');
SELECT with_registry('{"basic.auth.credentials.source": "USER_INFO"}');
SELECT with_registry('{"basic.auth.credentials.source": "USER_INFO",
	"basic.auth.user.info": "geheim"}');
SELECT with_registry('{"basic.auth.credentials.source": "USER_INFO",
	"basic.auth.user.info": "u:p"}');
SELECT with_registry('{"basic.auth.credentials.source": "user_info",
	"schema.registry.basic.auth.user.info": "u:p"}');
SELECT with_registry('{"basic.auth.credentials.source": "KERBEROS"}');
SELECT with_registry('{"basic.auth.credentials.source": "SASL_INHERIT"}');
SELECT with_registry('{"basic.auth.credentials.source": "SASL_INHERIT",
	"producer.override.security.protocol": "SASL_SSL",
	"producer.override.sasl.mechanism": "PLAIN",
	"producer.override.sasl.username": "u",
	"producer.override.sasl.password": "p"}');
SELECT with_registry('{"sasl.jaas.config": "geheim"}');
SELECT with_registry('{"bearer.auth.token": "geheim"}');
SELECT with_registry('{"bearer.auth.credentials.source": "STATIC_TOKEN"}');
SELECT with_registry('{"bearer.auth.credentials.source": "STATIC_TOKEN",
	"bearer.auth.token": "geheim", "bearer.auth.logical.cluster": "lsrc-1"}');
SELECT with_registry('{"bearer.auth.credentials.source": "STATIC_TOKEN",
	"bearer.auth.token": "geheim",
	"basic.auth.credentials.source": "USER_INFO",
	"basic.auth.user.info": "u:p"}');
SELECT with_registry('{"bearer.auth.credentials.source": "OAUTHBEARER",
	"bearer.auth.client.secret": "geheim"}');
SELECT with_registry('{"bearer.auth.client.secret": "geheim", "bearer.auth.scope": "s"}');
SELECT with_registry(jsonb_build_object('bearer.auth.credentials.source', 'OAUTHBEARER',
	'bearer.auth.issuer.endpoint.url', url, 'bearer.auth.client.id', 'me',
	'bearer.auth.client.secret', 'geheim', 'bearer.auth.sub.claim.name', 'sub'))
FROM (VALUES ('https://issuer/token'), ('issuer/token'), ('https://me:geheim@issuer'), ('${file:/x:url}')) AS u(url);
SELECT with_registry('{"bearer.auth.credentials.source": "OAUTHBEARER",
	"basic.auth.credentials.source": "USER_INFO", "basic.auth.user.info": "u:p",
	"bearer.auth.issuer.endpoint.url": "http://i", "bearer.auth.client.id": "me",
	"bearer.auth.client.secret": "geheim", "bearer.auth.token": "geheim",
	"bearer.auth.cache.expiry.buffer.seconds": "-1"}');
SELECT with_registry('{"bearer.auth.credentials.source": "CUSTOM"}');
SELECT with_registry('{"request.header.X-Mine": "a"}');
SELECT with_registry('{"request.header.X: Y": "geheim"}');
SELECT with_registry(jsonb_build_object('value.converter.request.header.X',
	E'a\r\nAuthorization: geheim'));

-- TLS: the Kafka client's properties
SELECT with_registry('{"schema.registry.ssl.truststore.location": "/x/ca.pem",
	"schema.registry.ssl.truststore.type": "PEM",
	"schema.registry.ssl.keystore.location": "/x/client.pem",
	"schema.registry.ssl.keystore.type": "PEM",
	"schema.registry.ssl.key.password": "geheim",
	"schema.registry.ssl.endpoint.identification.algorithm": ""}');
SELECT with_registry('{"schema.registry.ssl.truststore.location": "/x/ca.jks"}');
SELECT with_registry('{"schema.registry.ssl.truststore.location": "/x/ca.jks",
	"schema.registry.ssl.truststore.type": "JKS"}');
SELECT with_registry('{"schema.registry.ssl.keystore.location": "/x/key.p12",
	"schema.registry.ssl.keystore.type": "PKCS12"}');
SELECT with_registry('{"schema.registry.ssl.keystore.location": "/x/key.jks",
	"schema.registry.ssl.keystore.type": "JKS"}');
SELECT with_registry('{"schema.registry.ssl.keystore.password": "geheim"}');
SELECT with_registry('{"schema.registry.ssl.truststore.location": "ca.pem",
	"schema.registry.ssl.truststore.type": "PEM"}');
SELECT with_registry('{"key.converter.schema.registry.ssl.curves.list": "x"}');
SELECT with_registry('{"schema.registry.ssl.engine.factory.class": "x"}');
SELECT with_registry('{"schema.registry.ssl.keymanager.algorithm": "PKIX"}');
SELECT with_registry('{"schema.registry.ssl.truststore.lokation": "/x"}');

-- Schemas and their subjects
SELECT with_registry('{"use.latest.version": "true"}');
SELECT with_registry('{"use.latest.version": "true",
	"auto.register.schemas": "false"}');
SELECT with_registry('{"latest.compatibility.strict": "false"}');
SELECT with_registry('{"use.schema.id": "7"}');
SELECT with_registry('{"value.subject.name.strategy": "RecordNameStrategy",
	"key.subject.name.strategy":
	"io.confluent.kafka.serializers.subject.TopicRecordNameStrategy"}');
SELECT with_registry('{"value.subject.name.strategy": "com.example.Mine"}');
SELECT with_registry('{"key.converter.value.subject.name.strategy":
	"RecordNameStrategy"}');

-- Numbers, a proxy, names that are nearly right
SELECT with_registry('{"http.connect.timeout.ms": "0"}');
SELECT with_registry('{"key.converter.http.read.timeout.ms": "soon"}');
SELECT with_registry('{"proxy.host": "proxy"}');
SELECT with_registry('{"proxy.host": "http://proxy", "proxy.port": "1"}');
SELECT with_registry('{"proxy.host": "proxy", "proxy.port": "3128"}');
SELECT with_registry('{"max.retries": "3", "max.schemas.per.subject": "10"}');
SELECT with_registry('{"value.converter.schema.registry.ulr": "http://a"}');
SELECT with_registry('{"key.converter.key.converter.schema.registry.url": "x"}');
SELECT with_registry('{"header.converter.schema.registry.url": "http://a"}');

-- Files are for superusers
CREATE ROLE regress_w2k_registry;
GRANT wal2kafka_admin TO regress_w2k_registry;
SET ROLE regress_w2k_registry;
SELECT concat_ws(E'\n\t', problem, hint) FROM wal2kafka.validate_config('{
	"bootstrap.servers": "k:1", "snapshot.mode": "no_data", "format": "avro",
	"schema.registry.url": "https://${env:HOST}",
	"value.converter.schema.registry.url": "https://a",
	"basic.auth.user.info": "${file:/etc/secrets:user}",
	"schema.registry.ssl.truststore.type": "PEM",
	"schema.registry.ssl.truststore.location": "/x"}')
WHERE property <> 'format';
RESET ROLE;
DROP ROLE regress_w2k_registry;

-- Protobuf: names, and what it has no use for
SELECT problems(jsonb_build_object('format', 'protobuf-registry', 'schema.registry.url', 'http://a',
	'topic.prefix', prefix) || more)
FROM (VALUES ('shop.x_1', '{}'::jsonb), ('my-shop', '{}'), ('1shop', '{}'), ('a.2', '{}'),
	('my-shop', '{"key.converter.scrub.invalid.names": "true", "value.converter.scrub.invalid.names": "true"}'),
	('my-shop', '{"schema.name.adjustment.mode": "avro"}'),
	('shop', '{"value.converter.skip.known.types": "false", "value.converter.int.for.enums": "true"}')) AS p(prefix, more);

-- Secrets
SELECT key, value FROM jsonb_each_text((SELECT wal2kafka_masked FROM (
	SELECT jsonb_object_agg(property, value) AS wal2kafka_masked
	FROM wal2kafka.validate_config('{"bootstrap.servers": "k:1",
	"schema.registry.url": "https://me:geheim@host",
	"value.converter.basic.auth.user.info": "geheim",
	"schema.registry.basic.auth.user.info": "geheim",
	"value.converter.bearer.auth.token": "geheim",
	"key.converter.request.header.Authorization": "geheim",
	"key.converter.schema.registry.ssl.key.password": "geheim",
	"schema.registry.ssl.keystore.key": "geheim",
	"sasl.jaas.config": "geheim"}')) AS m));

-- What the client is told, by side; secrets are masked
CREATE FUNCTION told(config jsonb) RETURNS SETOF text LANGUAGE sql AS
	$$ SELECT name || '=' || value FROM wal2kafka.kafka_settings('{"bootstrap.servers": "k:1",
		"snapshot.mode": "no_data", "schema.registry.url": "http://registry:8081"}' || config)
	WHERE name LIKE 'w2k.registry.%' $$;
SELECT told('{"format": "avro"}');
SELECT told('{"value.converter": "io.confluent.connect.avro.AvroConverter",
	"basic.auth.credentials.source": "USER_INFO", "basic.auth.user.info": "me:geheim",
	"auto.register.schemas": "false", "use.latest.version": "yes", "normalize.schemas": "on",
	"http.connect.timeout.ms": "1000", "http.read.timeout.ms": "2000",
	"retries.wait.ms": "10", "retries.max.wait.ms": "100",
	"proxy.host": "p", "proxy.port": "3128", "request.header.X-Team": "geheim"}');
SELECT told('{"format": "json-registry",
	"key.converter.schema.registry.url": "https://a, https://b",
	"key.converter.bearer.auth.credentials.source": "STATIC_TOKEN",
	"key.converter.bearer.auth.token": "geheim",
	"key.converter.bearer.auth.logical.cluster": "lsrc-1",
	"key.converter.bearer.auth.identity.pool.id": "pool-1",
	"value.converter.schema.registry.url": "http://me:geheim@c",
	"value.converter.basic.auth.credentials.source": "SASL_INHERIT",
	"producer.override.security.protocol": "SASL_SSL",
	"producer.override.sasl.mechanism": "PLAIN",
	"producer.override.sasl.username": "u", "producer.override.sasl.password": "geheim"}');
SELECT told('{"value.converter": "io.confluent.connect.avro.AvroConverter",
	"bearer.auth.credentials.source": "OAUTHBEARER",
	"bearer.auth.issuer.endpoint.url": "https://issuer/token", "bearer.auth.client.id": "me",
	"bearer.auth.client.secret": "geheim", "bearer.auth.scope": "schemas",
	"bearer.auth.cache.expiry.buffer.seconds": "30",
	"bearer.auth.logical.cluster": "lsrc-1", "bearer.auth.identity.pool.id": "pool-1"}');
SELECT told('{"format": "protobuf-registry", "schema.registry.url": "https://a",
	"schema.registry.ssl.truststore.type": "PEM",
	"schema.registry.ssl.truststore.certificates": "certificates",
	"schema.registry.ssl.keystore.type": "PEM",
	"schema.registry.ssl.keystore.certificate.chain": "chain",
	"schema.registry.ssl.keystore.key": "geheim", "schema.registry.ssl.key.password": "geheim",
	"schema.registry.ssl.endpoint.identification.algorithm": ""}');

DROP FUNCTION told(jsonb);
DROP FUNCTION with_registry(jsonb), problems(jsonb);
DROP EXTENSION wal2kafka;
