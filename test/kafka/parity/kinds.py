"""Column types for random tables: how each is declared, how a value of it is
made, and in what way Debezium is known to differ about it.

A value is SQL text: a quoted literal, an expression, or NULL.
"""
import json
from dataclasses import dataclass, field

_WORDS = ("a", "", "NULL", "null", "ä€", "😀𐍈", 'q"uo\'te', "back\\slash",
          "tab\there", "new\nline", "</a>&", "\u2028", "\x01\x1f\x7f", "x y",
          "{}", "1", "__debezium_unavailable_value", " lead", "trail ")


def lit(text):
    text = str(text)
    if "\\" in text:
        return "E'%s'" % text.replace("\\", "\\\\").replace("'", "''")
    return "'%s'" % text.replace("'", "''")


@dataclass
class Kind:
    """One column type."""
    name: str
    decl: str
    make: object                    # rng -> SQL
    default: str = None             # a literal default, as SQL
    # What Debezium does otherwise: tags of differences.BY_TYPE.
    differs: set = field(default_factory=set)
    key: bool = False               # many enough values for a key
    # May be NOT NULL: not where Debezium makes a null of some value, since
    # that ends its task.
    not_null: bool = True
    # Types that this column may be changed to, by name.
    becomes: tuple = ()
    # Of what Debezium has nothing to compare with: a pattern of our value.
    shape: str = None


def word(rng, most=40):
    if rng.random() < 0.3:
        return "".join(rng.choice(_WORDS) for _ in range(rng.randint(1, 3)))
    return "".join(rng.choice("abcdefghijklmnopqrstuvwxyz 0123456789äß€")
                   for _ in range(rng.randint(0, most)))


def text(rng):
    if rng.random() < 0.04:         # out of line
        return ("(SELECT string_agg(md5(i::text || %d), '') "
                "FROM generate_series(1, %d) i)"
                % (rng.randrange(10**6), rng.randint(90, 250)))
    return lit(word(rng))


def octets(rng):
    if rng.random() < 0.04:
        return "decode(%s, 'hex')" % (
            "(SELECT string_agg(md5(i::text || %d), '') "
            "FROM generate_series(1, %d) i)"
            % (rng.randrange(10**6), rng.randint(160, 300)))
    return lit("\\x" + rng.randbytes(rng.randint(0, 20)).hex())


def integer(bits):
    def make(rng):
        pick = rng.random()
        if pick < 0.1:
            return lit(rng.choice((-2**(bits - 1), 2**(bits - 1) - 1, 0, -1)))
        return lit(rng.randrange(-2**(bits - 1), 2**(bits - 1))
                   if pick < 0.6 else rng.randrange(-1000, 1000))
    return make


def floating(rng):
    pick = rng.random()
    if pick < 0.15:
        return lit(rng.choice(("NaN", "Infinity", "-Infinity", "-0", "0",
                               "1e7", "9999999", "0.001", "0.00099")))
    if pick < 0.5:
        return lit("%.*g" % (rng.randint(1, 17),
                             rng.uniform(-1, 1) * 10**rng.randint(-30, 30)))
    return lit(round(rng.uniform(-10**6, 10**6), rng.randint(0, 4)))


def numeric(precision=None, scale=0, nan=0):
    def make(rng):
        if rng.random() < nan:
            return lit("NaN")
        digits = rng.randint(1, precision or 40)
        number = rng.randrange(10**digits) * rng.choice((1, 1, -1))
        places = scale if precision else rng.randint(0, digits + 3)
        text = "%0*d" % (places + 1, abs(number))
        if places:
            text = text[:-places] + "." + text[-places:]
        return lit(("-" if number < 0 else "") + text)
    return make


def day(rng):
    if rng.random() < 0.06:
        return rng.choice(("infinity", "-infinity", "0044-03-15 BC",
                           "1582-10-10", "9999-12-31", "0001-01-01"))
    return "%04d-%02d-%02d" % (rng.randint(1, 3000) if rng.random() < 0.2
                               else rng.randint(1960, 2040),
                               rng.randint(1, 12), rng.randint(1, 28))


def clock(rng):
    text = "%02d:%02d:%02d" % (rng.randrange(24), rng.randrange(60),
                               rng.randrange(60))
    if rng.random() < 0.6:
        digits = rng.choice((1, 3, 6))
        text += ".%0*d" % (digits, rng.randrange(10**digits))
    return text


def moment(zone):
    def make(rng):
        date = day(rng)
        if "inf" in date:
            return lit(date)
        era = " BC" if "BC" in date else ""
        offset = rng.choice(("+00", "-07", "+05:30", "+13")) if zone else ""
        return lit(date.replace(" BC", "") + " " + clock(rng) + offset + era)
    return make


def zoned_time(rng):
    offset = rng.choice(("+00", "+02", "-11", "+05:45", "+01:23:45"))
    return lit(clock(rng) + offset)


def interval(rng):
    return lit(" ".join("%d %s" % (rng.randint(-50, 50), unit) for unit in
                        ("years", "mons", "days", "hours", "secs")
                        if rng.random() < 0.5)
               + " %d.%06d secs" % (rng.randrange(99), rng.randrange(10**6)))


def document(rng):
    def node(depth):
        pick = rng.random()
        if depth > 2 or pick < 0.5:
            return rng.choice((None, True, False, rng.randint(-999, 999),
                               round(rng.random(), 4),
                               word(rng).replace("\x01", "")))
        if pick < 0.75:
            return [node(depth + 1) for _ in range(rng.randint(0, 3))]
        return {"k%d" % i: node(depth + 1) for i in range(rng.randint(0, 4))}
    return lit(json.dumps(node(0), ensure_ascii=rng.random() < 0.3))


def markup(rng):
    return lit("<a b=\"%d\">%s</a>" % (rng.randrange(99), rng.choice(
        ("", "ä", "&amp;", "<c/>", "text"))))


def bits(least, most):
    return lambda rng: lit("".join(
        rng.choice("01") for _ in range(rng.randint(least, most))))


def address(rng):
    if rng.random() < 0.3:
        return lit("2001:db8::%x/%d" % (rng.randrange(65536),
                                        rng.randint(64, 128)))
    return lit(".".join(str(rng.randrange(256)) for _ in range(4))
               + rng.choice(("", "/24", "/32")))


def network(rng):
    return lit("10.%d.0.0/16" % rng.randrange(256))


def mac(count):
    return lambda rng: lit(":".join("%02x" % rng.randrange(256)
                                    for _ in range(count)))


def identifier(rng):
    text = rng.randbytes(16).hex()
    return lit("-".join((text[:8], text[8:12], text[12:16], text[16:20],
                         text[20:])))


def span(make):
    """A range over a type whose values sort as they are made."""
    def value(rng):
        if rng.random() < 0.1:
            return lit(rng.choice(("empty", "(,)")))
        low, high = sorted((make(rng), make(rng)))
        return lit("%s%s,%s%s" % (rng.choice("[("), low, high,
                                  rng.choice(")]")))
    return value


def _plain_int(rng):
    return "%04d" % rng.randrange(10000)


def _plain_number(rng):
    return "%04d.%d" % (rng.randrange(10000), rng.randrange(10))


def _plain_day(rng):
    return "%d-%02d-%02d" % (rng.randint(1970, 2040), rng.randint(1, 12),
                             rng.randint(1, 28))


def _plain_moment(rng):
    return '"%s %02d:00:00"' % (_plain_day(rng), rng.randrange(24))


def choice(*values):
    return lambda rng: lit(rng.choice(values))


def element(sql):
    """What a literal says, quoted for an array's text; None: no literal."""
    if sql.startswith("E'"):
        plain = sql[2:-1].replace("''", "'").replace("\\\\", "\\")
    elif sql.startswith("'"):
        plain = sql[1:-1].replace("''", "'")
    else:
        return None
    return '"%s"' % plain.replace("\\", "\\\\").replace('"', '\\"')


def array_of(kind, nulls=True, nested=0.03):
    def items(rng, count):
        texts = []
        while len(texts) < count:
            text = element(kind.make(rng))
            if nulls and rng.random() < 0.1:
                text = "NULL"
            if text is not None:
                texts.append(text)
        return "{%s}" % ",".join(texts)

    def make(rng):
        count = rng.choice((0, 1, 1, 2, 3, 5))
        if count and rng.random() < nested:
            return lit("{%s,%s}" % (items(rng, count), items(rng, count)))
        return lit(items(rng, count))
    differs = {"nested"} if nested else set()
    for name, tag in (("time", "times"), ("numericnan", "nan"),
                       ("date", "days"), ("timestamp3", "milliseconds"),
                       ("timestamp", "microseconds"),
                       ("timestamptz", "zoned")):
        if kind.name == name:
            differs.add(tag)
    return Kind(kind.name + "[]", kind.decl + "[]", make,
                differs=differs | kind.differs,
                not_null=kind.not_null)


_SCALARS = [
    Kind("bool", "bool", choice("t", "f"), "true", becomes=("text",)),
    Kind("int2", "smallint", integer(16), "7", becomes=("int4", "int8")),
    Kind("int4", "int", integer(32), "-42", key=True,
         becomes=("int8", "text", "numeric")),
    Kind("int8", "bigint", integer(64), "5000000000", key=True,
         becomes=("text",)),
    Kind("oid", "oid", lambda rng: lit(rng.randrange(2**32))),
    Kind("float4", "real", floating, "1.5", becomes=("float8",)),
    Kind("float8", "double precision", floating, "2.5"),
    Kind("numeric", "numeric", numeric(), "1.50", {"open"},
         becomes=("text",)),
    Kind("numeric12_3", "numeric(12,3)", numeric(12, 3), "3.5", key=True,
         becomes=("numeric",)),
    Kind("numeric5", "numeric(5)", numeric(5, 0), "12",
         becomes=("numeric12_3",)),
    Kind("numeric40_20", "numeric(40,20)", numeric(40, 20)),
    Kind("numericnan", "numeric(9,3)", numeric(9, 3, 0.2), not_null=False,
         becomes=("numericnan2",)),
    Kind("numericnan2", "numeric", numeric(nan=0.2), differs={"open"},
         not_null=False),
    Kind("money", "money", lambda rng: lit("%.2f" % rng.uniform(-1e6, 1e6))),
    Kind("char4", "char(4)", lambda rng: lit(word(rng, 4)[:4]), "'x'",
         becomes=("text",)),
    Kind("varchar20", "varchar(20)", lambda rng: lit(word(rng, 20)[:20]),
         "'dflt'", key=True, becomes=("text", "varchar")),
    Kind("varchar", "varchar", text, "'it''s'"),
    Kind("text", "text", text, "'a \"text\"'"),
    Kind("\"char\"", "\"char\"", choice("a", "z", "\"")),
    Kind("uuid", "uuid", identifier,
         "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", key=True,
         becomes=("text",)),
    Kind("json", "json", document, "'{\"a\": 1}'", becomes=("jsonb",)),
    Kind("jsonb", "jsonb", document, "'[]'"),
    Kind("xml", "xml", markup, "'<a/>'"),
    Kind("bytea", "bytea", octets),
    Kind("date", "date", lambda rng: lit(day(rng)), "'2020-02-03'",
         key=True, becomes=("timestamp", "text")),
    Kind("time", "time", lambda rng: lit(clock(rng)), "'01:02:03.5'"),
    Kind("time3", "time(3)", lambda rng: lit(clock(rng)), "'01:02:03'"),
    Kind("time0", "time(0)", lambda rng: lit(clock(rng))),
    Kind("timetz", "timetz", zoned_time, differs={"offset"},
         not_null=False),
    Kind("timetz3", "timetz(3)", zoned_time, differs={"offset"},
         not_null=False),
    Kind("timestamp", "timestamp", moment(False), "'2020-01-02 03:04:05'",
         key=True, becomes=("timestamp3",)),
    Kind("timestamp3", "timestamp(3)", moment(False),
         "'2020-01-02 03:04:05.5'", becomes=("timestamp",)),
    Kind("timestamptz", "timestamptz", moment(True),
         "'2020-01-02 03:04:05+00'", key=True),
    Kind("timestamptz0", "timestamptz(0)", moment(True)),
    Kind("interval", "interval", interval, "'1 day'", {"rounded"}),
    Kind("bit", "bit", bits(1, 1), "B'1'"),
    Kind("bit11", "bit(11)", bits(11, 11), "B'10101010101'"),
    Kind("varbit", "varbit", bits(0, 70)),
    Kind("varbit9", "varbit(9)", bits(0, 9)),
    Kind("inet", "inet", address, becomes=("text",)),
    Kind("cidr", "cidr", network),
    Kind("macaddr", "macaddr", mac(6)),
    Kind("macaddr8", "macaddr8", mac(8)),
    Kind("tsvector", "tsvector", choice("the fat cat", "a:1A b:2", "")),
    Kind("citext", "public.citext", text),
    Kind("ltree", "public.ltree", choice("a.b.c", "Top.Sub_1", "")),
    Kind("int4range", "int4range", span(_plain_int)),
    Kind("int8range", "int8range", span(_plain_int)),
    Kind("numrange", "numrange", span(_plain_number)),
    Kind("daterange", "daterange", span(_plain_day)),
    Kind("tsrange", "tsrange", span(_plain_moment)),
    Kind("tstzrange", "tstzrange", span(_plain_moment)),
    Kind("mood", "r1.mood", choice("sad", "ok", "hap,py", "qu\"ote"),
         "'ok'"),
    # Domains, and one over another.
    Kind("posint", "r1.posint", lambda rng: lit(rng.randint(1, 10**6)),
         key=True),
    Kind("amount", "r1.amount", numeric(10, 2)),
    Kind("small_amount", "r1.small_amount", numeric(10, 2)),
    Kind("word10", "r1.word10", lambda rng: lit(word(rng, 10)[:10])),
    Kind("ts3", "r1.ts3", moment(False)),
    Kind("mooddom", "r1.mooddom", choice("sad", "ok")),
]

# What Debezium has no converter for, or loses; and, as JSON, what we may say
# instead: null, what stands for it in an image that lacks it, or its values.
_UNKNOWN = [
    Kind("pair", "r1.pair", lambda rng: lit("(%d,%s)" % (
        rng.randrange(99), rng.choice(("x", "\"x y\"", "")))),
        differs={"dropped"},
        shape=r'""|"\(\d+,(x|\\"x y\\"|)\)"'),
    Kind("pair[]", "r1.pair[]", choice("{\"(1,x)\",NULL}", "{}"),
         differs={"dropped"}, shape=r'\[("\(1,x\)",null)?\]'),
    Kind("int4multirange", "int4multirange",
         choice("{[1,2),[5,7)}", "{}"), differs={"dropped"},
         shape=r'""|"\{\[1,2\),\[5,7\)\}"|"\{\}"'),
    Kind("pg_lsn", "pg_lsn", choice("0/16B3748", "FF/0"),
         differs={"dropped"}, shape='""|"0/16B3748"|"FF/0"'),
    Kind("tsquery", "tsquery", choice("fat & cat"), differs={"dropped"},
         shape="\"\"|\"'fat' & 'cat'\""),
    Kind("posint[]", "r1.posint[]", choice("{1,2}", "{}"),
         differs={"dropped"}, shape=r'\[("1","2")?\]'),
    Kind("money[]", "money[]", choice("{1.5,2}"), differs={"dropped"},
         shape=r'\[("AJY=","AMg="|"Dw==","FA=="|"1\.5","2\.0"'
         r'|"1\.50?","2(\.00?)?"|"1\.50","2\.00")?\]'),
    Kind("interval[]", "interval[]", choice("{1 day,2 mons}"),
         differs={"dropped"},
         shape=r'\[("86400000000","5259600000000"'
         r'|"P0Y0M1DT0H0M0S","P0Y2M0DT0H0M0S"|"\{.*)?\]'),
    Kind("varbit[]", "varbit[]", choice("{101,1}"), differs={"dropped"},
         shape=r'\[("BQ==","AQ==")?\]'),
    Kind("xml[]", "xml[]", choice("{<a/>,<b/>}"), differs={"dropped"},
         shape=r'\[("<a/>","<b/>")?\]'),
    Kind("name", "name", choice("a_name", "other"), differs={"nulled"},
         not_null=False, shape='""|"a_name"|"other"'),
]

# Types whose form may still be missing: taken where our record is not just
# the text (random_parity.py asks).
PROBED = [
    Kind("point", "point", choice("(1,2)", "(-1.5,1e10)")),
    Kind("box", "box", choice("(1,2),(0,0)")),
    Kind("lseg", "lseg", choice("[(1,2),(3,4.5)]")),
    Kind("path", "path", choice("[(1,2),(3,4)]", "((0,0),(1,1),(2,0))")),
    Kind("polygon", "polygon", choice("((0,0),(1,1),(2,0))")),
    Kind("circle", "circle", choice("<(1,2),3>")),
    Kind("line", "line", choice("{1,2,3}")),
    # One member: Debezium's order of several is a hash's.
    Kind("hstore", "public.hstore", choice("a=>1", "\"b x\"=>NULL", "",
                                           "a=>\"q\\\"t\"")),
]

_ARRAYS_OF = ("bool", "int2", "int4", "int8", "float4", "float8", "text",
              "varchar20", "char4", "numericnan", "numeric", "date", "time",
              "timestamp", "timestamp3", "timestamptz", "uuid", "json",
              "jsonb", "bytea", "inet", "cidr", "macaddr", "oid")


def all_kinds():
    kinds = {kind.name: kind for kind in _SCALARS}
    arrays = [array_of(kinds[name]) for name in _ARRAYS_OF]
    # A null in an array of an enum ends Debezium's task.
    arrays.append(array_of(kinds["mood"], nulls=False, nested=0))
    kinds.update((kind.name, kind) for kind in arrays + _UNKNOWN)
    return kinds


TYPES = """
CREATE TYPE r1.mood AS ENUM ('sad', 'ok', 'hap,py', 'qu"ote');
CREATE DOMAIN r1.posint AS int CHECK (VALUE > 0);
CREATE DOMAIN r1.amount AS numeric(10,2);
CREATE DOMAIN r1.small_amount AS r1.amount;
CREATE DOMAIN r1.word10 AS varchar(10);
CREATE DOMAIN r1.ts3 AS timestamp(3);
CREATE DOMAIN r1.mooddom AS r1.mood;
CREATE TYPE r1.pair AS (a int, b text);
"""
