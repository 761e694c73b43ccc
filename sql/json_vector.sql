--
-- vector, halfvec and sparsevec of pgvector.
--
SELECT count(*) = 0 AS is_bare FROM pg_available_extensions WHERE name = 'vector' \gset
\if :is_bare
\quit
\endif
SET client_min_messages = warning;
CREATE EXTENSION vector SCHEMA public;
CREATE SCHEMA json_vector;
SET search_path = json_vector, public;
CREATE FUNCTION changes(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (op text, before json, after json)
LANGUAGE sql AS $$
    SELECT d->>'op', d#>'{value,before}', d#>'{value,after}'
    FROM (SELECT data::json AS d FROM pg_logical_slot_peek_changes(
              'regress_json_vector', NULL, NULL,
              VARIADIC ARRAY['topic.prefix', 'p'] || options)) x
$$;
CREATE PROCEDURE advance() LANGUAGE sql AS $$
    SELECT pg_replication_slot_advance('regress_json_vector', pg_current_wal_lsn())
$$;
RESET client_min_messages;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_json_vector', 'wal2kafka');

CREATE TABLE v (id int PRIMARY KEY, v vector, v3 vector(3), h halfvec, s sparsevec, a vector[]);
INSERT INTO v VALUES (1, '[1,2.5,-0.1]', '[1,2,3]', '[1.5,0.1,-2]', '{1:1.5,3:2}/5', '{"[1,2]",NULL}'), (2, '[1e-10]', NULL, '[65504]', '{}/3', '{}'), (3, NULL, NULL, NULL, '{1:1}/32767', NULL), (4, '[3.4e38]', NULL, '[0]', '{40000:1}/50000', NULL);
SELECT after FROM changes();
-- its schema
SELECT f FROM pg_logical_slot_peek_changes('regress_json_vector', NULL, NULL, 'format', 'json-with-schemas'), json_array_elements(data::json#>'{value,schema,fields,1,fields}') f
    WHERE data::json#>>'{value,payload,after,id}' = '3';
-- and how long the source says that it is
SELECT f->>'field' AS field, f#>'{parameters,__debezium.source.column.length}' AS length
FROM pg_logical_slot_peek_changes('regress_json_vector', NULL, NULL, 'format', 'json-with-schemas', 'column.propagate.source.type', '.*'), json_array_elements(data::json#>'{value,schema,fields,1,fields}') f
    WHERE data::json#>>'{value,payload,after,id}' = '3';
CALL advance();
CREATE TABLE nn (id int PRIMARY KEY, v vector NOT NULL, h halfvec NOT NULL, s sparsevec NOT NULL, i int);
INSERT INTO nn SELECT 1, '[1]', '[1]', '{}/1', 1;
INSERT INTO nn SELECT 2, ('[' || string_agg((i / 7.0)::text, ',') || ']')::vector, '[1]', '{}/1', 1 FROM generate_series(1, 1500) i;
UPDATE nn SET i = 2;
DELETE FROM nn WHERE id = 1;
SET client_min_messages = error;
SELECT op, before, after FROM changes() WHERE op = 'd';
SELECT json_array_length(after->'v') AS length, after#>'{v,1499}' AS last FROM changes() WHERE op = 'c' AND after->>'id' = '2';
SELECT after->'id' AS id, after->'v' AS v FROM changes() WHERE op = 'u';
SELECT pg_drop_replication_slot('regress_json_vector');
SET client_min_messages = warning;
DROP SCHEMA json_vector CASCADE;
DROP EXTENSION vector;
