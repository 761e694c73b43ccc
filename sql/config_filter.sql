-- Which tables and columns the lists choose, seen through the output plugin.
CREATE EXTENSION wal2kafka;

SELECT 'init' FROM pg_create_logical_replication_slot('regress_w2k_filter',
	'wal2kafka');

CREATE SCHEMA shop;
CREATE SCHEMA "Shop-2";
CREATE TABLE shop.orders (id int PRIMARY KEY, note text, "no.te" text);
CREATE TABLE shop.orders_old (id int PRIMARY KEY, note text);
CREATE TABLE shop."od.d" (id int PRIMARY KEY, note text);
CREATE TABLE shop."a,b" (id int PRIMARY KEY, note text);
CREATE TABLE shop."müll" (id int PRIMARY KEY, note text);
CREATE TABLE "Shop-2"."Orders" (id int PRIMARY KEY, note text);
CREATE TABLE public.log (id int PRIMARY KEY, note text);
CREATE TEMPORARY TABLE scratch (id int PRIMARY KEY, note text);

INSERT INTO shop.orders VALUES (1, 'n', 'x');
INSERT INTO shop.orders_old VALUES (1, 'n');
INSERT INTO shop."od.d" VALUES (1, 'n');
INSERT INTO shop."a,b" VALUES (1, 'n');
INSERT INTO shop."müll" VALUES (1, 'n');
INSERT INTO "Shop-2"."Orders" VALUES (1, 'n');
INSERT INTO public.log VALUES (1, 'n');
INSERT INTO scratch VALUES (1, 'n');

-- The tables whose changes are seen with these options
CREATE FUNCTION tables(VARIADIC options text[]) RETURNS text
LANGUAGE sql AS $$
	SELECT string_agg(format('%s.%s', r->'value'->'source'->>'schema',
		r->'value'->'source'->>'table'), ' ' ORDER BY ordinality)
	FROM pg_logical_slot_peek_changes('regress_w2k_filter', NULL, NULL,
			VARIADIC options) WITH ORDINALITY,
		LATERAL (SELECT data::jsonb AS r) AS j
$$;

-- The columns of the first of them
CREATE FUNCTION columns(VARIADIC options text[]) RETURNS text
LANGUAGE sql AS $$
	SELECT (data::json)->>'key' || ' ' || ((data::json)->'value'->>'after')
	FROM pg_logical_slot_peek_changes('regress_w2k_filter', NULL, NULL,
		VARIADIC options)
	LIMIT 1
$$;

\pset format unaligned
\pset tuples_only on

SELECT tables('topic.prefix', 't');

-- Whole names, without regard to case, dots being any character
SELECT tables('table.include.list', 'shop.orders');
SELECT tables('table.include.list', 'shop\.orders');
SELECT tables('table.include.list', 'SHOP.ORDERS,PUBLIC.LOG');
SELECT tables('table.include.list', 'orders');
SELECT tables('table.include.list', 'shop.orders.*');
SELECT tables('table.include.list', 'shop.o');
SELECT tables('table.include.list', 'shop.o..d');
SELECT tables('table.include.list', 'shop\.od\.d');
SELECT tables('table.include.list', 'shop\.orders|public\.log');
SELECT tables('table.include.list', 'shop-2.orders');
SELECT tables('table.include.list', ' shop.orders , ,public.log, ');
SELECT tables('table.include.list', 'shop.a\,b');
SELECT tables('table.include.list', 'shop.müll');
SELECT tables('table.include.list', 'shop.MÜLL');
SELECT tables('table.include.list', 'shop.m.ll');
SELECT tables('table.include.list', 'nothing.matches');

-- Java's constructs
SELECT tables('table.include.list', '(?i)shop.orders');
SELECT tables('table.include.list', '\Qshop.orders\E');
SELECT tables('table.include.list', '\Qshop.or\E.*');
SELECT tables('table.include.list', 'shop\.\w+');
SELECT tables('table.include.list', '\bshop\b.*');
SELECT tables('table.include.list', 'shop\.orders(?:_old)?');
SELECT tables('table.include.list', 'shop\.(?!orders).*');
SELECT tables('table.include.list', '(?!shop).*');
SELECT tables('table.include.list', '.*(?<=old)');
SELECT tables('table.include.list', 'shop\.[^o].*');
SELECT tables('table.include.list', 'shop\.[a-z_]{6\,10}');
SELECT tables('table.include.list', 'shop\x2eorders\z');
SELECT tables('table.include.list', 'shop\.m\u00fcll');
SELECT tables('table.include.list', '(s)hop\.o.*\1?');
SELECT tables('table.include.list', 'shop\.(.)\1.*');
SELECT tables('table.include.list', 'shop.o.*?');

-- The other lists
SELECT tables('table.exclude.list', 'shop\..*');
SELECT tables('table.exclude.list', 'shop\.orders,.*\.log');
SELECT tables('schema.include.list', 'shop');
SELECT tables('schema.include.list', 'sho');
SELECT tables('schema.include.list', 'shop.*');
SELECT tables('schema.exclude.list', 'shop');
SELECT tables('schema.exclude.list', 'shop.*', 'table.include.list', 'shop.orders,public.log');
SELECT tables('schema.include.list', 'shop', 'table.exclude.list', 'shop.orders');
SELECT tables('schema.include.list', 'pg_catalog,wal2kafka,information_schema');

-- Columns: never those of keys
SELECT columns('table.include.list', 'shop.orders');
SELECT columns('column.include.list', 'shop\.orders\.note');
SELECT columns('column.exclude.list', 'shop\.orders\.note');
SELECT columns('column.exclude.list', '.*\.id');
SELECT columns('column.exclude.list', 'shop\.orders\.no\.te');
SELECT columns('column.exclude.list', 'shop\.orders\.NO.*');
SELECT columns('column.exclude.list', 'note');
SELECT columns('column.include.list', 'shop\.orders\.(id|note)');

-- Wrong ones stop the reader, in words
\set VERBOSITY terse
SELECT tables('table.include.list', 'shop.(orders');
SELECT tables('table.include.list', 'a', 'table.exclude.list', 'b');
SELECT tables('tabel.include.list', 'a');
SELECT tables('slot.name', 'a');
SELECT tables('topic.prefix', 'a', 'topic.prefix', 'b');
SELECT tables('table.include.list', NULL);
SELECT tables('tombstones.on.delete', NULL);

SELECT pg_drop_replication_slot('regress_w2k_filter');
DROP FUNCTION tables(VARIADIC text[]);
DROP FUNCTION columns(VARIADIC text[]);
DROP SCHEMA shop, "Shop-2" CASCADE;
DROP TABLE public.log;
DROP EXTENSION wal2kafka;
