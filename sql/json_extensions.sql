--
-- Types of extensions, where the server has them, and a range made here.
--
SELECT count(*) < 2 AS is_bare FROM pg_available_extensions
    WHERE name IN ('citext', 'hstore') \gset
\if :is_bare
\quit
\endif
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS citext SCHEMA public;
CREATE EXTENSION IF NOT EXISTS hstore SCHEMA public;
RESET client_min_messages;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_json_extensions', 'wal2kafka');
CREATE TYPE weird AS RANGE (subtype = text, collation = "C");
CREATE TABLE json_extensions (id int PRIMARY KEY, c public.citext, h public.hstore, w weird, ca public.citext[]);
INSERT INTO json_extensions VALUES (1, 'CiText', 'a=>1, "b c"=>NULL', '[a,b)', '{A,b}');
SELECT data::json#>'{value,after}' AS after
    FROM pg_logical_slot_get_changes('regress_json_extensions', NULL, NULL, 'topic.prefix', 'p');
SELECT pg_drop_replication_slot('regress_json_extensions');
DROP TABLE json_extensions;
DROP TYPE weird;
