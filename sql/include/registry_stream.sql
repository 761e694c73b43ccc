--
-- What the registry_*.sql share: the frames of a stream, taken apart.
--
-- A key or a value: a reference of five bytes and what follows it.
CREATE FUNCTION shown(bytes bytea, is_text boolean) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN bytes IS NULL THEN 'null'
        WHEN is_text THEN encode(substr(bytes, 1, 5), 'hex') || ' ' || convert_from(substr(bytes, 6), 'UTF8')
        ELSE encode(bytes, 'hex') END
$$;
-- What a stream says: schemas, and keys and values behind their references.
-- With is_text what follows a reference is shown as text.
CREATE FUNCTION stream_of(slot name, is_text boolean, options text[])
RETURNS TABLE (what text, subject text, data text) LANGUAGE plpgsql AS $$
DECLARE
    msg bytea; at int; len int; p bytea; texts text[]; key_len int; value_len int; n int;
BEGIN
    FOR msg IN SELECT x.data FROM pg_logical_slot_peek_binary_changes(slot, NULL, NULL,
            VARIADIC ARRAY['framing', 'binary'] || options) x LOOP
        at := 0;
        WHILE at < length(msg) LOOP
            len := get_byte(msg, at + 4) + 256 * (get_byte(msg, at + 5) + 256 * get_byte(msg, at + 6));
            p := substr(msg, at + 9, len);
            IF get_byte(msg, at + 1) = ascii('X') THEN
                n := 8; texts := '{}';
                FOR i IN 1..3 LOOP
                    len := get_byte(p, n) + 256 * (get_byte(p, n + 1) + 256 * get_byte(p, n + 2));
                    texts := texts || convert_from(substr(p, n + 5, len), 'UTF8');
                    n := n + 4 + len;
                END LOOP;
                what := format('%s %s of %s', CASE get_byte(p, 4) WHEN 1 THEN 'keys' ELSE 'values' END, get_byte(p, 5), texts[1]);
                subject := texts[2]; data := texts[3];
                RETURN NEXT;
            ELSIF get_byte(msg, at + 1) = ascii('R') THEN
                key_len := get_byte(p, 24) + 256 * get_byte(p, 25);
                value_len := get_byte(p, 28) + 256 * get_byte(p, 29);
                what := format('record %s, flags %s', chr(get_byte(p, 38)), get_byte(p, 39));
                subject := shown(substr(p, 41, NULLIF(key_len, 65535)), is_text);
                data := shown(substr(p, 41 + COALESCE(NULLIF(key_len, 65535), 0), NULLIF(value_len, 65535)), is_text);
                RETURN NEXT;
            END IF;
            at := at + 8 + length(p);
        END LOOP;
    END LOOP;
END $$;
-- The options of most of these tests.
CREATE FUNCTION stream_options(format text, options text[]) RETURNS text[] LANGUAGE sql AS $$
    SELECT ARRAY['topic.prefix', 'p'] || CASE WHEN 'key.converter' = ANY (options) THEN '{}' ELSE ARRAY['format', format] END || options
$$;
