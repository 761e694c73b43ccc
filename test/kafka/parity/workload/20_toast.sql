-- Values out of line, changed and not.
ALTER TABLE inv.toast ALTER n SET STORAGE EXTERNAL, ALTER ns SET STORAGE EXTERNAL;
INSERT INTO inv.toast SELECT 1, s, s, decode(s, 'hex'), to_jsonb(s), to_json(s),
	('<a>' || s || '</a>')::xml, (repeat('123456789', 3000) || '.5')::numeric,
	(repeat('9', 900))::numeric, s, 0
	FROM (SELECT string_agg(md5(i::text), '') AS s FROM generate_series(1, 400) i) x;
UPDATE inv.toast SET small = 1;
UPDATE inv.toast SET t = 'short now';
UPDATE inv.toast SET id = 2;
UPDATE inv.toast SET tn = repeat('x', 100), id = 3;
UPDATE inv.toast SET t = NULL, b = NULL, j = NULL;
DELETE FROM inv.toast;
INSERT INTO inv.toast_full SELECT 1, s, decode(s, 'hex'), to_jsonb(s), 0
	FROM (SELECT string_agg(md5(i::text), '') AS s FROM generate_series(1, 400) i) x;
UPDATE inv.toast_full SET small = 1;
UPDATE inv.toast_full SET t = 'short', small = 2;
UPDATE inv.toast_full SET id = 2;
DELETE FROM inv.toast_full;
ALTER TABLE inv.toast_arrays ALTER ta SET STORAGE EXTERNAL, ALTER va SET STORAGE EXTERNAL,
	ALTER ia SET STORAGE EXTERNAL, ALTER ba SET STORAGE EXTERNAL, ALTER da SET STORAGE EXTERNAL,
	ALTER ua SET STORAGE EXTERNAL, ALTER ja SET STORAGE EXTERNAL, ALTER ya SET STORAGE EXTERNAL,
	ALTER sa SET STORAGE EXTERNAL, ALTER fa SET STORAGE EXTERNAL, ALTER na SET STORAGE EXTERNAL,
	ALTER tsa SET STORAGE EXTERNAL;
INSERT INTO inv.toast_arrays SELECT 1, array_agg(i::text), array_agg(i::varchar), array_agg(i),
	array_agg(i::bigint), array_agg('2000-01-01'::date + i), array_agg(md5(i::text)::uuid),
	array_agg(to_jsonb(i)), array_agg(i::text::bytea), array_agg(i::smallint), array_agg(i::float8),
	array_agg(i::numeric), array_agg('2000-01-01'::timestamp + i * interval '1 hour'), 0
	FROM generate_series(1, 2000) i;
UPDATE inv.toast_arrays SET small = 1;
UPDATE inv.toast_arrays SET ta = '{a}';
DELETE FROM inv.toast_arrays;
INSERT INTO inv.toast_key SELECT string_agg(md5(i::text), ''), repeat('y', 3000000), 0 FROM generate_series(1, 50) i;
UPDATE inv.toast_key SET small = 1;
UPDATE inv.toast_key SET k = 'short';
DELETE FROM inv.toast_key;
