-- What the transforms are shown.  A line "-- sync" waits for both sides.
CREATE TYPE tr.mood AS ENUM ('sad', 'fine');
CREATE TABLE tr.item (
    id int PRIMARY KEY,
    name text NOT NULL,
    note text,
    "Größe" int,
    price numeric(10, 2),
    flag boolean,
    n int DEFAULT 7,
    real8 double precision,
    raw bytea,
    mood tr.mood,
    doc jsonb,
    tags text[],
    target text,
    drops text[],
    day date,
    clock time,
    at timestamp,
    at3 timestamp(3),
    atz timestamptz,
    clockz timetz
);
ALTER TABLE tr.item REPLICA IDENTITY FULL;
CREATE TABLE tr.order_1 (a int, b int, id int, item text, PRIMARY KEY (b, id));
CREATE TABLE tr.order_2 (LIKE tr.order_1 INCLUDING ALL);
CREATE TABLE tr.keyless (v text);
ALTER TABLE tr.keyless REPLICA IDENTITY FULL;
CREATE TABLE tr.outbox (
    id uuid PRIMARY KEY,
    aggregatetype text NOT NULL,
    aggregateid text,
    type text,
    payload jsonb,
    at timestamp,
    ver int,
    part int,
    tenant text
);
-- sync
INSERT INTO tr.item VALUES
    (1, 'first', 'a "note"', 5, 12.5, true, 1, 1.5, '\x0001ff', 'sad', '{"b": 1, "a": [1, 2]}', '{a,"b c",NULL}',
     'tr-here', '{note,price}', '2024-02-29', '12:34:56.789', '2024-07-01 10:00:00', '2024-01-01 23:30:00.123',
     '2024-07-01 10:00:00.123456+00', '10:00:00.5+00'),
    (2, 'Zweiter 😀', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
-- where clocks go forward and back, and before 1970
INSERT INTO tr.item (id, name, at, at3, atz, clockz, drops) VALUES
    (3, 'gap', '2024-03-10 02:30:00', '2024-03-31 02:30:00', '2024-03-10 07:30:00+00', '23:59:59+00', '{}'),
    (4, 'overlap', '2024-11-03 01:30:00.5', '2024-10-27 02:30:00', '2024-11-03 05:30:00.120+00', '00:00:00+02', '{id,name,at}'),
    (5, 'old', '1969-12-31 23:59:59.999999', '1900-01-01 00:00:00.001', '1850-06-01 00:00:00+00', '12:00:00.000001+00', NULL),
    (6, 'late', '9999-12-31 23:59:59', '2038-01-19 03:14:08', '9999-12-31 23:59:59.999+00', '12:00:00-11:30', NULL);
UPDATE tr.item SET note = 'changed', target = 'tr-there' WHERE id = 1;
UPDATE tr.item SET id = 20 WHERE id = 2;
DELETE FROM tr.item WHERE id = 1;
DELETE FROM tr.item WHERE id = 20;
-- sync
INSERT INTO tr.order_1 VALUES (1, 2, 3, 'one');
INSERT INTO tr.order_2 VALUES (1, 2, 3, 'two');
UPDATE tr.order_1 SET item = 'ONE';
UPDATE tr.order_2 SET b = 5;
DELETE FROM tr.order_1;
DELETE FROM tr.order_2;
INSERT INTO tr.keyless VALUES ('x'), (NULL);
UPDATE tr.keyless SET v = 'y' WHERE v = 'x';
DELETE FROM tr.keyless;
TRUNCATE tr.order_1, tr.keyless;
-- a table that changes gets schemas anew
ALTER TABLE tr.order_1 ADD COLUMN extra text, DROP COLUMN a;
INSERT INTO tr.order_1 VALUES (7, 8, 'after', 'more');
ALTER TABLE tr.item DROP COLUMN price;
INSERT INTO tr.item (id, name, atz, drops) VALUES (30, 'altered', '2024-07-01 10:00:00+00', '{note}');
-- sync
INSERT INTO tr.outbox (id, aggregatetype, aggregateid, type, payload, at, ver, part, tenant) VALUES
    ('00000000-0000-0000-0000-000000000001', 'Order', '17', 'created', '{"id": 17, "z": [1, 2], "a": {"x": 1.50, "y": null}, "e": [], "big": 5000000000, "t": true}',
     '2024-07-01 10:00:00.123456', 1, 0, 'acme'),
    ('00000000-0000-0000-0000-000000000002', 'Order', '18', 'paid', '{"items": [{"p": 1, "q": "a"}, {"p": 2}], "s": "ä\"\u0001"}', NULL, 1, 1, NULL),
    ('00000000-0000-0000-0000-000000000003', 'Cust.omer', NULL, 'made', NULL, '1970-01-02 00:00:00.999', 2, 1, ''),
    ('00000000-0000-0000-0000-000000000004', 'Order', '19', 'text', '"only text"', '2024-07-01 10:00:00', 1, 0, 'x'),
    ('00000000-0000-0000-0000-000000000005', 'Order', '20', 'mixed', '{"m": [1, "a"]}', '2024-07-01 10:00:00', 1, 0, 'x'),
    ('00000000-0000-0000-0000-000000000006', 'Order', '20', 'empty', '{}', '2024-07-01 10:00:00', 1, 0, 'x'),
    ('00000000-0000-0000-0000-000000000007', 'Order', '20', 'deep', '{"a": [[1, 2], [3]], "b": [[{"c": 1}]], "d": {"e": {"f": "g"}}}', '2024-07-01 10:00:00', 1, 0, 'x');
UPDATE tr.outbox SET type = 'updated' WHERE aggregateid = '17';
DELETE FROM tr.outbox;
