--
-- XML, where the server has it.
--
CREATE FUNCTION has_xml() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM '<a/>'::xml;
    RETURN true;
EXCEPTION WHEN feature_not_supported THEN
    RETURN false;
END $$;
SELECT NOT has_xml() AS no_xml \gset
DROP FUNCTION has_xml();
\if :no_xml
\quit
\endif
SELECT 'init' FROM pg_create_logical_replication_slot('regress_json_xml', 'wal2kafka');
CREATE TABLE json_xml (id int PRIMARY KEY, x xml, a xml[], big xml, n xml NOT NULL);
ALTER TABLE json_xml ALTER big SET STORAGE EXTERNAL;
INSERT INTO json_xml VALUES (1, '<a>ä</a>', '{<a/>,NULL}', NULL, '<b/>'),
    (2, '<?xml version="1.0"?><a/>', '{"<?xml version=\"1.0\"?><a/>"}', NULL, 'text'),
    (3, '<?xml version="1.0" standalone="yes"?><a/>', '{}', ('<a>' || repeat('x', 3000) || '</a>')::xml, E'\n<c/>'),
    (4, NULL, NULL, NULL, '');
UPDATE json_xml SET x = '<d/>' WHERE id = 3;
UPDATE json_xml SET id = 5 WHERE id = 4;
SELECT d->>'op' AS op, v.key AS "column", left(v.value::text, 50) AS value
FROM (SELECT data::json AS d FROM pg_logical_slot_get_changes('regress_json_xml', NULL, NULL)) x,
    json_each(coalesce(nullif(d#>>'{value,after}', ''), d#>>'{value,before}', '{}')::json) v
WHERE v.key <> 'id';
SELECT pg_drop_replication_slot('regress_json_xml');
DROP TABLE json_xml;
