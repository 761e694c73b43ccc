-- The property table, row by row: what is printed here is what the view and
-- the README say.
CREATE EXTENSION wal2kafka;

SELECT class, type, version = (SELECT extversion FROM pg_extension
	WHERE extname = 'wal2kafka') AS is_installed_version
FROM wal2kafka.connector_plugins();

\pset format unaligned
\pset null '-'

-- test/tools/properties_md.py makes the doc/properties.md of this
SELECT category, name, type, "default", range, support, description
FROM wal2kafka.connector_properties;

SELECT name, is_secret, superuser_only FROM wal2kafka.connector_properties
WHERE is_secret OR superuser_only;

-- What must hold for every row
SELECT name FROM wal2kafka.connector_properties
GROUP BY name HAVING count(*) > 1;

SELECT name FROM wal2kafka.connector_properties
WHERE description IS NULL AND support NOT LIKE 'no effect here: %'
	AND category <> 'Kafka client';

-- Every default is itself accepted, and changes nothing
SELECT p.name, v.problem
FROM wal2kafka.connector_properties p,
	wal2kafka.validate_config(jsonb_build_object(
		'bootstrap.servers', 'broker:9092',
		'snapshot.mode', 'no_data',
		'database.dbname', current_database(),
		p.name, p."default")) v
WHERE p."default" IS NOT NULL AND p.name !~ '<' AND v.severity = 'error'
	AND p.category NOT IN ('Output plugin', 'Schema registry');

DROP EXTENSION wal2kafka;
