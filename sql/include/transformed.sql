--
-- What some of the transform_*.sql share.  The slot is the setting regress.slot.
--
-- The records of the changes so far, through transforms; what differs from
-- run to run is 0.
CREATE FUNCTION transformed(options jsonb, OUT topic text, OUT key text,
	OUT value text, OUT headers text, OUT rest text)
RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
	args text[];
	d json;
BEGIN
	SELECT array_agg(a ORDER BY n, i) INTO args
	FROM jsonb_each_text('{"topic.prefix": "p", "extended.headers.enabled": false}'
			|| options) WITH ORDINALITY AS o(k, v, n),
		LATERAL (VALUES (1, k), (2, v)) AS p(i, a);
	FOR d IN SELECT data::json FROM pg_logical_slot_peek_changes(
		current_setting('regress.slot'), NULL, NULL, VARIADIC args)
	LOOP
		topic := d->>'topic';
		key := d->'key';
		value := regexp_replace(regexp_replace(d->>'value',
			'("(__|meta_)?(ts_.s|source_ts_ms|lsn|txId)":)\d+', '\10', 'g'),
			'"sequence":"[^:]*"\]"', '"sequence":0');
		headers := regexp_replace(d->>'headers', '("__?lsn":)"\d+"', '\10');
		rest := concat_ws(' ', d->>'partition',
			CASE WHEN (d->>'timestamp')::bigint > 1730000000000 THEN 'now' ELSE d->>'timestamp' END);
		RETURN NEXT;
	END LOOP;
END $$;
