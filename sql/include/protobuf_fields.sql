--
-- What the protobuf_*.sql share: messages, taken apart.
--
-- A varint and the place behind it.
CREATE FUNCTION varint(b bytea, INOUT at int, OUT v numeric) LANGUAGE plpgsql AS $$
DECLARE shift numeric := 1; octet int;
BEGIN
    v := 0;
    LOOP
        octet := get_byte(b, at);
        v := v + (octet & 127) * shift;
        shift := shift * 128;
        at := at + 1;
        EXIT WHEN octet < 128;
    END LOOP;
END $$;
-- The fields of a message: numbers as they are, the rest as bytes.
CREATE FUNCTION fields(b bytea) RETURNS TABLE (n int, field int, num numeric, data bytea) STRICT LANGUAGE plpgsql AS $$
DECLARE at int := 0; tag numeric; len numeric;
BEGIN
    n := 0;
    WHILE at < length(b) LOOP
        SELECT x.at, x.v INTO at, tag FROM varint(b, at) x;
        field := div(tag, 8); n := n + 1; num := NULL; data := NULL;
        CASE mod(tag, 8)
            WHEN 0 THEN SELECT x.at, x.v INTO at, num FROM varint(b, at) x;
            WHEN 1 THEN data := substr(b, at + 1, 8); at := at + 8;
            WHEN 2 THEN
                SELECT x.at, x.v INTO at, len FROM varint(b, at) x;
                data := substr(b, at + 1, len::int); at := at + len::int;
            WHEN 5 THEN data := substr(b, at + 1, 4); at := at + 4;
        END CASE;
        RETURN NEXT;
    END LOOP;
    ASSERT at = length(b);
END $$;
CREATE FUNCTION u32(b bytea, at int) RETURNS bigint LANGUAGE sql AS $$
    SELECT get_byte(b, at) + 256::bigint * (get_byte(b, at + 1) + 256::bigint * (get_byte(b, at + 2) + 256::bigint * get_byte(b, at + 3)))
$$;
