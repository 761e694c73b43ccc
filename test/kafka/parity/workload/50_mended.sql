-- Where Debezium loses values and we do not: every difference is listed in
-- differences.py.
CREATE TABLE typ.mended (id int PRIMARY KEY, na name, md int[], mdt text[], neg numeric(3,-2), ma money[], naa name[], iva interval[], vba varbit[], xa xml[], ba bit(3)[], naan numeric(5,2)[], di date[], doms typ.posint[], ls pg_lsn, tq tsquery, rc regclass, mr int4multirange, x xid, tid tid);
INSERT INTO typ.mended VALUES (1, 'a_name', '{{1,2},{3,4}}', '{{a,b},{c,NULL}}', 12345, '{1.5,2}', '{n1,n2}', '{1 day,2 mons}', '{101,1}', '{<a/>,<b/>}', '{101,010}', '{1.5,2.25}', '{2020-01-01}', '{1,2}', '0/16B3748', 'fat & cat', 'pg_class', '{[1,2),[5,7)}', '123', '(1,2)');
INSERT INTO typ.mended (id) VALUES (2);
DELETE FROM typ.mended;
CREATE TYPE typ.pair AS (a int, b text);
CREATE TABLE typ.composites (id int PRIMARY KEY, p typ.pair, pa typ.pair[]);
INSERT INTO typ.composites VALUES (1, '(1,"x y")', ARRAY['(1,x)', NULL]::typ.pair[]);
CREATE TABLE typ.nan_arrays (id int PRIMARY KEY, n numeric(5,2)[], d date[]);
INSERT INTO typ.nan_arrays VALUES (1, '{1.5,NaN}', '{infinity,-infinity,2020-01-01}');
-- sync
