-- Everything both sides see from the start.  "-- sync" lines make the runner
-- wait until both have delivered what came before: Debezium reads keys and
-- defaults from the catalog of the moment, not of the change.
CREATE SCHEMA IF NOT EXISTS inv;
CREATE SCHEMA typ;
CREATE SCHEMA ddl;
CREATE SCHEMA "Odd.Schema";
CREATE SCHEMA skipped;
CREATE EXTENSION IF NOT EXISTS citext SCHEMA public;
CREATE EXTENSION IF NOT EXISTS ltree SCHEMA public;
CREATE TABLE inv.warmup (id int PRIMARY KEY, note text);
CREATE TABLE inv.sync (id int PRIMARY KEY);

CREATE TABLE inv.customer (
	id int PRIMARY KEY, name text NOT NULL, email text, age int,
	balance numeric(12,2), created timestamptz);
CREATE TABLE inv.ri_full (
	id int PRIMARY KEY, a text NOT NULL, b int, c numeric(8,3), d bool);
ALTER TABLE inv.ri_full REPLICA IDENTITY FULL;
CREATE TABLE inv.ri_index (
	id int PRIMARY KEY, code text NOT NULL, region int NOT NULL, v text);
CREATE UNIQUE INDEX ri_index_key ON inv.ri_index (region, code);
ALTER TABLE inv.ri_index REPLICA IDENTITY USING INDEX ri_index_key;
CREATE TABLE inv.ri_nothing (id int PRIMARY KEY, v text);
ALTER TABLE inv.ri_nothing REPLICA IDENTITY NOTHING;
CREATE TABLE inv.keyless (a int, b text);
CREATE TABLE inv.keyless_full (a int, b text);
ALTER TABLE inv.keyless_full REPLICA IDENTITY FULL;
-- A key by a unique index: no primary key.
CREATE TABLE inv.unique_only (
	a int, b int NOT NULL, c text NOT NULL, d text);
CREATE UNIQUE INDEX unique_only_b ON inv.unique_only (c, b);
CREATE UNIQUE INDEX unique_only_a ON inv.unique_only (a);
ALTER TABLE inv.unique_only REPLICA IDENTITY FULL;
CREATE TABLE inv.unique_expr (a int NOT NULL, b text NOT NULL);
CREATE UNIQUE INDEX unique_expr_1 ON inv.unique_expr (lower(b));
CREATE UNIQUE INDEX unique_expr_2 ON inv.unique_expr (b) WHERE a > 0;
ALTER TABLE inv.unique_expr REPLICA IDENTITY FULL;
-- The key's order is the definition's.
CREATE TABLE inv.composite (
	b text, v int, a int, c date, PRIMARY KEY (c, a, b));
CREATE TABLE inv.all_key (a int, b text, PRIMARY KEY (a, b));
CREATE TABLE inv.parent (id int PRIMARY KEY, v text);
CREATE TABLE inv.child (
	id int PRIMARY KEY, parent_id int REFERENCES inv.parent ON DELETE CASCADE,
	v text);
CREATE TABLE inv.base (id int PRIMARY KEY, v text);
CREATE TABLE inv.derived (extra int, PRIMARY KEY (id)) INHERITS (inv.base);
CREATE TABLE inv.part (
	id int, region text NOT NULL, v text, PRIMARY KEY (id, region))
	PARTITION BY LIST (region);
CREATE TABLE inv.part_eu PARTITION OF inv.part FOR VALUES IN ('eu');
CREATE TABLE inv.part_us PARTITION OF inv.part FOR VALUES IN ('us');
-- A partition with its columns in another order, and a dropped one.
CREATE TABLE inv.part_as (
	v text, gone int, region text NOT NULL, id int, PRIMARY KEY (id, region));
ALTER TABLE inv.part_as DROP COLUMN gone;
ALTER TABLE inv.part ATTACH PARTITION inv.part_as FOR VALUES IN ('as');
CREATE TABLE inv.generated (
	id int PRIMARY KEY, w int, h int NOT NULL,
	area int GENERATED ALWAYS AS (w * h) STORED, label text);
CREATE TABLE inv.serials (
	id serial PRIMARY KEY, big bigserial, ident int GENERATED ALWAYS AS IDENTITY,
	v text);
CREATE TABLE inv.toast (
	id int PRIMARY KEY, t text, tn text NOT NULL, b bytea, j jsonb, js json,
	x xml, n numeric, ns numeric(1000, 2), v varchar, small int);
CREATE TABLE inv.toast_full (
	id int PRIMARY KEY, t text, b bytea, j jsonb, small int);
ALTER TABLE inv.toast_full REPLICA IDENTITY FULL;
CREATE TABLE inv.toast_arrays (
	id int PRIMARY KEY, ta text[], va varchar[], ia int[], ba bigint[],
	da date[], ua uuid[], ja jsonb[], ya bytea[], sa smallint[], fa float8[],
	na numeric[], tsa timestamp[], small int);
CREATE TABLE inv.toast_key (k text PRIMARY KEY, v text, small int);
CREATE TABLE inv.many (id int PRIMARY KEY, v int);
CREATE UNLOGGED TABLE inv.unlogged (id int PRIMARY KEY);
CREATE MATERIALIZED VIEW inv.matview AS SELECT id, v FROM inv.many;
CREATE TABLE inv.no_columns ();
CREATE TABLE skipped.t (id int PRIMARY KEY, v text);
CREATE TABLE inv.trunc_a (id int PRIMARY KEY);
CREATE TABLE inv.trunc_b (id int PRIMARY KEY, a_id int REFERENCES inv.trunc_a);
CREATE TABLE inv.audited (id int PRIMARY KEY, v text);
CREATE TABLE inv.audit (id int PRIMARY KEY, old text, new text);
CREATE FUNCTION inv.do_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO inv.audit VALUES ((SELECT count(*) FROM inv.audit), OLD.v, NEW.v);
	RETURN NEW;
END $$;
CREATE TRIGGER audit AFTER UPDATE ON inv.audited
	FOR EACH ROW EXECUTE FUNCTION inv.do_audit();

CREATE TABLE "Odd.Schema"."Tab le.x" (
	"Id" int PRIMARY KEY, "quo""te" text, "dot.ted" text, "ümlaut" text,
	"sp ace" text, "back\slash" text, "1st" text, "a-b" text, "tab	here" text,
	"emoji😀" text, "dollar$" text);
CREATE TABLE "Odd.Schema"."täble-1" (id int PRIMARY KEY, v text);
CREATE TABLE "Odd.Schema"."1digit" (id int PRIMARY KEY, v text);
CREATE TABLE "Odd.Schema"."quo""te'd" (id int PRIMARY KEY, v text);
CREATE TABLE "Odd.Schema"."UPPER" (id int PRIMARY KEY, v text);
CREATE TABLE inv."select" ("from" int PRIMARY KEY, "table" text);
