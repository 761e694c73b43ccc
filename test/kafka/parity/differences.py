"""Where our records differ from Debezium's on purpose, each with its reason.

A pattern of topic and path, and what each side says there; ANY takes what
comes.  In a path "*" and "?" are wildcards.
"""
import copy
import json
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from compare import MISSING


class _Any:
    def __repr__(self):
        return "anything"


ANY = _Any()
# Brackets are indexes here, never sets of characters.
_PLAIN = str.maketrans("[]", "()")


@dataclass
class Known:
    topic: str
    path: str
    theirs: object
    ours: object
    reason: str
    may_be_absent: bool = False

    def matches(self, topic, path, theirs, ours, rec):
        return (fnmatchcase(topic, self.topic)
                and fnmatchcase(path.translate(_PLAIN),
                                self.path.translate(_PLAIN))
                and (self.theirs is ANY or self.theirs == theirs)
                and (self.ours is ANY or self.ours == ours))


# With replace.null.with.default=false Debezium's converter also prints the
# unset source.snapshot as null.
WITHOUT_REPLACED_NULLS = [
    Known("*", "value.source.snapshot", None, "false",
          "we never touch a user's NULL, and source.snapshot still says "
          "false"),
    Known("typ.default_unique", "headers[0][1]", ANY, ANY,
          "nor in headers, whatever the converter is told"),
]

_NESTED = "nested arrays instead of one null (or Java object) per element"
_DROPPED = "Debezium has no converter for the type and drops the column"
AS_SCALAR = "an element of an array is what the scalar is"
TOO_BIG = "beyond int64 microseconds: null and a warning, not another number"
PART_OF_DEFAULT = ("of a default that is an expression Debezium takes the "
                    "first literal; we take none")
ORDER = "pairs of an hstore as stored, not in the order of a hash table"
LOST = "Debezium fails to convert it and writes null"
_OFFSET = "an offset with seconds or of 16 hours: the time, not null"

MENDED = [
    Known("typ.mended", "value.*.na", None, ANY,
          "name columns: Debezium streams null"),
    Known("typ.mended", "value.after.md[?]", None, ANY, _NESTED),
    Known("typ.mended", "value.after.mdt[?]", ANY, ANY, _NESTED),
    # as a JSON number it is the same one
    Known("typ.mended", "value.after.neg", ANY, "MAw=",
          "negative scale: the number, not one with 2046 zeros",
          may_be_absent=True),
    Known("typ.mended", "value.after.ba", None, ["BQ==", "Ag=="],
          "bit(n)[]: Debezium writes null"),
] + [
    Known("typ.mended", "value.*." + column, MISSING, ANY, _DROPPED)
    for column in ("ma", "naa", "iva", "vba", "xa", "doms", "ls", "tq", "rc",
                   "mr", "x", "tid")
] + [
    Known("typ.ext", "value.*." + column, MISSING, ANY, _DROPPED)
    for column in ("i13", "e", "lq", "mr", "nr")
] + [
    Known("typ.ext_arrays", "value.after." + column, MISSING, ANY, _DROPPED)
    for column in ("mr", "ls")
] + [
    Known("typ.shape_arrays", "value.after." + column, None, ANY, LOST)
    for column in ("l", "s", "b", "pa", "po", "c")
] + [
    Known("typ.shape_arrays", "value.after.p", MISSING, ANY, _DROPPED),
    Known("typ.more_toast", "value.after.iva", MISSING, ANY, _DROPPED),
    Known("typ.ext_arrays", "value.after.lt", None, ["a.b", None], LOST),
    # where there is pgvector
    Known("typ.vector_arrays", "value.after.s", None, ANY, LOST,
          may_be_absent=True),
    Known("typ.ext", "value.after.h",
          '{"q\\"t":"b\\\\s/é😀","kt":"null","n":"1.5"}',
          '{"n":"1.5","kt":"null","q\\"t":"b\\\\s/é😀"}', ORDER),
    Known("typ.composites", "value.after.p", MISSING, '(1,"x y")', _DROPPED),
    Known("typ.composites", "value.after.pa", MISSING, ["(1,x)", None],
          _DROPPED),
    Known("typ.nan_arrays", "value.after.n", None, ANY,
          "one NaN makes one null, not the whole array"),
    Known("typ.nan_arrays", "value.after.d[?]", ANY, ANY, AS_SCALAR),
    Known("typ.arrays", "value.after.dt[1]", "-703383", "-735160",
          AS_SCALAR),
    Known("typ.arrays", "value.after.ti[0]", "45296789000", "45296789123",
          AS_SCALAR),
    Known("typ.times", "value.after.z0", None, "06:36:16Z", _OFFSET),
    Known("typ.times", "value.after.z0", None, "17:02:02Z", _OFFSET),
    Known("typ.intervals", "value.after.n", "-9223372036854775808", None,
          TOO_BIG),
    Known("typ.intervals", "value.after.n", "9223372036854775807", None,
          TOO_BIG),
] + [
    Known("typ.timestamps", "value.after." + column, "-9223372036853775810",
          None, TOO_BIG) for column in ("t", "t6")
] + [
    Known("typ.computed", "value.before.e2", "a", "", PART_OF_DEFAULT,
          may_be_absent=True),
    Known("typ.computed", "value.before.iv", "1000000", "0",
          PART_OF_DEFAULT, may_be_absent=True),
    Known("ddl.born", "key", None, ANY,
          "created and filled in one transaction: Debezium's look into the "
          "catalog races with the commit", may_be_absent=True),
    Known("ddl.born", "key bytes", None, ANY, "as above",
          may_be_absent=True),
    # with a field of the topic's in it there is a key all the same
    Known("ddl.born", "key.schema.fields", ANY, ANY, "as above",
          may_be_absent=True),
    Known("ddl.born", "key.payload.id", MISSING, ANY, "as above",
          may_be_absent=True),
    Known("ddl.born", "schema.fields.*.fields.id.optional", True, False,
          "as above", may_be_absent=True),
]

# What they look like in schemas.
_ROWS = ("schema.fields.before", "schema.fields.after")
_RACE = ("created and filled in one transaction: Debezium's look into the "
         "catalog races with the commit")
_OF_EXPRESSION = "of an expression Debezium takes the first literal"
_INFINITE = "Debezium reads infinite and other odd defaults its own way"


def _in_rows(topic, column, theirs, ours, reason, may_be_absent=False):
    return [Known(topic, "%s.fields.%s" % (row, column), theirs, ours, reason,
                  may_be_absent) for row in _ROWS]


MENDED_SCHEMAS = sum([
    _in_rows("typ.mended", column, MISSING, ANY, _DROPPED)
    for column in ("ma", "naa", "iva", "vba", "xa", "doms", "ls", "tq", "rc",
                   "mr", "x", "tid")
] + [
    _in_rows("typ.ext", column, MISSING, ANY, _DROPPED)
    for column in ("i13", "e", "lq", "mr", "nr")
] + [
    _in_rows("typ.ext_arrays", "mr", MISSING, ANY, _DROPPED),
    _in_rows("typ.ext_arrays", "ls", MISSING, ANY, _DROPPED),
    _in_rows("typ.more_toast", "iva", MISSING, ANY, _DROPPED),
    _in_rows("typ.shape_arrays", "p", MISSING, ANY, _DROPPED),
    _in_rows("ddl.born", "id.optional", True, False, _RACE, True),
    [Known("ddl.born", path, ANY, ANY, _RACE, True)
     for path in ("key.schema.fields[0].optional", "key bytes")],
    _in_rows("typ.mended", "ba*", ANY, ANY, "bit(n)[] is an array"),
    _in_rows("typ.mended", "md.items*", ANY, ANY, _NESTED),
    _in_rows("typ.mended", "mdt.items*", ANY, ANY, _NESTED),
    _in_rows("typ.mended", "neg.parameters.*scale", "2046", "0",
             "a negative scale is sent as none"),
    _in_rows("typ.mended", "neg.parameters.*precision", "3", "5",
             "and its zeros are digits"),
    [Known("typ.mended", "schema.fields.*.neg.parameters.*length", "3", "5",
           "and its zeros are digits", True)],
    _in_rows("typ.composites", "p", MISSING, ANY, _DROPPED),
    _in_rows("typ.composites", "pa", MISSING, ANY, _DROPPED),
    _in_rows("typ.computed", "e2.default", "a", MISSING, _OF_EXPRESSION),
    _in_rows("typ.computed", "iv.default", "1000000", MISSING,
             _OF_EXPRESSION),
    _in_rows("typ.nullable", "n.parameters.*", ANY, ANY, "the domain over "
             "an enum makes Debezium look at the table again, and then it has "
             "the numeric's length from the driver", True),
    _in_rows("typ.special_defaults", "d.default", ANY, ANY, _INFINITE),
    _in_rows("typ.special_defaults", "tsz.default", MISSING, "infinity",
             _INFINITE),
    _in_rows("typ.special_defaults", "t24.default", "86399999999",
             "86400000000", _INFINITE),
], [])
# Where a NULL is replaced by them.
MENDED_DEFAULTS = [
    Known("typ.special_defaults", "value.*.d", ANY, ANY, _INFINITE),
    Known("typ.special_defaults", "value.*.tsz", None, "infinity", _INFINITE),
    Known("typ.special_defaults", "value.*.t24", "86399999999",
          "86400000000", _INFINITE),
]

_EMPTY_ROW = "a row without columns is an event to us"
TRANSACTIONS = [
    Known("transaction", "value.event_count", "0", "1", _EMPTY_ROW),
    Known("transaction", "value.data_collections.inv.no_columns", MISSING, 1,
          _EMPTY_ROW),
]

# Topics that only we write: Debezium has no record for a row without columns.
OURS_ALONE = {"inv.no_columns": 1}


def column_kinds(columns, path, rec):
    """The kinds that a path's column ever had, and the path below it."""
    value = rec["value"] if isinstance(rec["value"], dict) else {}
    source = (value.get("payload") or value).get("source") or {}
    columns = columns.get((source.get("schema"), source.get("table")), {})
    for part in ("value.", "key.", "payload.", "schema.fields.", "before.",
                 "after.", "fields."):
        path = path.removeprefix(part)
    # The longest is it: names may have dots and brackets.
    name = max((name for real in columns for name in forms_of_name(real)
                if path == name or path.startswith((name + "[", name + "."))),
               key=len, default=None)
    if name is None:
        return (), path
    return [kind for real, kinds in columns.items() for kind in kinds
            if name in forms_of_name(real)], path[len(name):]


def forms_of_name(name):
    """A column's name as field.name.adjustment.mode may write it."""
    return name, avro_name(name), unicode_name(name)


def avro_name(name):
    # Java sees two characters in one above U+FFFF.
    name = re.sub(r"[^A-Za-z0-9_]", lambda m: "__" if m[0] > "\uffff" else "_",
                  name)
    return "_" + name if name[:1].isdigit() else name


def unicode_name(name):
    """As avro_unicode; the generator's names have no underscore."""
    units = name.encode("utf-16-be").hex(" ", 2).split(" ")
    return "".join(
        chr(int(unit, 16)) if re.fullmatch(
            "[A-Za-z0-9]" if i else "[A-Za-z]", chr(int(unit, 16)))
        else "_u" + unit for i, unit in enumerate(units))


def has_shape(kind, ours):
    """Is a value what one of the kind may be?  A schema, and nothing, is."""
    if not kind.shape or ours is None or isinstance(ours, dict):
        return True
    return re.fullmatch(kind.shape, json.dumps(ours, separators=(",", ":")))


class KnownByType:
    """A difference of every column of a kind, for random tables.

    "tag" is one of Kind.differs, or None: any column; "test" is given both
    values and the path below the column.
    """
    may_be_absent = True

    def __init__(self, tag, test, reason):
        self.tag = tag
        self.test = test
        self.reason = reason
        self.columns = {}       # set by whoever made the tables
        self.has_shapes = True

    def without_shapes(self):
        """For values that are cut or masked."""
        other = copy.copy(self)
        other.has_shapes = False
        return other

    def matches(self, topic, path, theirs, ours, rec):
        kinds, at = column_kinds(self.columns, path, rec)
        return (any((self.tag in kind.differs or not self.tag)
                    and (at or not self.has_shapes or has_shape(kind, ours))
                    for kind in kinds) and self.test(theirs, ours, at))

    def __repr__(self):
        return "KnownByType(%s: %s)" % (self.tag, self.reason)


class KnownInKeyHeaders:
    """The key in a header, where theirs has defaults for our nulls."""
    may_be_absent = True
    reason = "no null is replaced in headers, either"

    def matches(self, topic, path, theirs, ours, rec):
        if not re.fullmatch(r"headers\[\d\]\[1\]", path):
            return False
        try:
            both = [json.loads(text) for text in (theirs, ours)]
        except ValueError:
            return False
        return all(isinstance(key, dict) for key in both) and list(both[0]) == list(both[1]) and all(
            value is None or value == both[0][name]
            for name, value in both[1].items())


def _are_numbers(*values):
    return all(isinstance(v, str) and v.lstrip("-").isdigit() for v in values)


def _before_1582(unit):
    """Of an array: where Java's calendar is another one, and the ends."""
    def test(theirs, ours, at):
        return at and _are_numbers(theirs, ours) and (
            int(ours) < -141427 * unit
            or theirs in ("-622191234", "-625821272"))
    return test


def _text_before_1582(theirs, ours, at):
    return at and isinstance(ours, str) and (
        ours < "1582-10-15" and ours[0] != "+"
        or theirs in ("+292278994-08-16Z", "+292269055-12-02Z"))


def _is_cut_time(unit):
    """Of an array: no finer than milliseconds."""
    def test(theirs, ours, at):
        return at and _are_numbers(theirs, ours) \
            and int(theirs) == int(ours) // unit * unit
    return test


def _is_cut_text(theirs, ours, at):
    cut = re.match(r"(\d\d:\d\d:\d\d)\.(\d{3})\d+Z$", str(ours))
    return at and cut and theirs == (
        cut[1] + ("." + cut[2]).rstrip("0").rstrip(".") + "Z")


def _is_rounded(theirs, ours, at):
    """Debezium counts an interval's microseconds in a double."""
    return (_are_numbers(theirs, ours)
            and abs(int(theirs) - int(ours)) <= 1 + (abs(int(ours)) >> 50))


def _is_rounded_text(theirs, ours, at):
    parts = [re.match(r"(P.*M)(-?[0-9.]+)S$", str(v)) for v in (theirs, ours)]
    return all(parts) and parts[0][1] == parts[1][1] \
        and abs(float(parts[0][2]) - float(parts[1][2])) < 5e-9


def _has_nan(theirs, ours, at):
    return not at and theirs is None and isinstance(ours, list) and any(
        word in str(ours) for word in ("None", "NaN", "NAN"))


def _structs(*texts):
    """Elements of arrays under time.precision.mode=structured, which
    random_parity.py compares as one text each."""
    if not all(isinstance(t, str) and t[:1] == "{" for t in texts):
        return None
    return [json.loads(t) for t in texts]


def _struct_before_1582(theirs, ours, at):
    both = _structs(theirs, ours)
    if not at or not both:
        return False
    theirs, ours = both
    if ours["specialValue"]:
        return theirs["year"] in ("292278994", "292269055")
    return ours["year"] and int(ours["year"]) < 1583 and ours == dict(
        theirs, **{name: ours[name] for name in ("year", "month", "day")})


def _is_cut_struct(theirs, ours, at):
    both = _structs(theirs, ours)
    return at and both and both[0] == dict(
        both[1], nanos=str(int(both[1]["nanos"]) // 10**6 * 10**6))


def _is_of_driver(theirs, ours, at):
    """Of a numeric without precision."""
    source = ".parameters.__debezium.source.column."
    return ((at == source + "length" and theirs == "0" and ours == "131089")
            or (at == source + "scale" and theirs == MISSING and ours == "0"))


def _is_half_a_character(theirs, ours, at):
    return (isinstance(theirs, str) and theirs[:-1] == ours
            and "\ud800" <= theirs[-1:] <= "\udbff")


BY_TYPE = [
    KnownByType("rounded", _is_rounded, "the exact number of microseconds"),
    KnownByType("rounded", _is_rounded_text, "and so as text"),
    KnownByType("dropped", lambda t, o, at: t == MISSING, _DROPPED),
    KnownByType("generated", lambda t, o, at: o == MISSING,
                "once it has looked at a changed table again, Debezium shows "
                "its generated columns, as null"),
    KnownByType("nulled", lambda t, o, at: t is None and isinstance(o, str),
                "name columns: Debezium streams null"),
    KnownByType("nested", lambda t, o, at: at and isinstance(o, list),
                _NESTED),
    KnownByType("nested", lambda t, o, at: at.startswith(".items."),
                "and their schemas as deep as they are"),
    KnownByType("days", _before_1582(1), AS_SCALAR),
    KnownByType("milliseconds", _before_1582(86400000), AS_SCALAR),
    KnownByType("microseconds", _before_1582(86400000000), AS_SCALAR),
    KnownByType("zoned", _text_before_1582, AS_SCALAR),
    KnownByType("times", _is_cut_time(1000), AS_SCALAR),
    KnownByType("nan", _has_nan, "one NaN makes one null, not the whole array"),
    KnownByType("offset", lambda t, o, at: t is None and isinstance(o, str)
                and o.endswith("Z"), _OFFSET),
    KnownByType("open", _is_of_driver, "once a domain over an enum made it "
                "look at the table again, Debezium has a numeric's length "
                "from the driver"),
]
# In the form of a mode.
ISO_TEXT = [
    KnownByType("days", _text_before_1582, AS_SCALAR),
    KnownByType("milliseconds", _text_before_1582, AS_SCALAR),
    KnownByType("microseconds", _text_before_1582, AS_SCALAR),
    KnownByType("times", _is_cut_text, AS_SCALAR),
]
CONNECT_TIMES = [
    KnownByType("microseconds", _before_1582(86400000), AS_SCALAR),
]
NANOSECONDS = [
    KnownByType("times", _is_cut_time(10**6), AS_SCALAR),
]
STRUCTURED = [
    KnownByType("days", _struct_before_1582, AS_SCALAR),
    KnownByType("milliseconds", _struct_before_1582, AS_SCALAR),
    KnownByType("microseconds", _struct_before_1582, AS_SCALAR),
    KnownByType("zoned", _struct_before_1582, AS_SCALAR),
    KnownByType("times", _is_cut_struct, AS_SCALAR),
]
# Of the first five characters.
CUT = [
    KnownByType("offset", lambda t, o, at: t is None and isinstance(o, str)
                and re.fullmatch(r"\d\d:\d\d", o), _OFFSET),
    KnownByType(None, _is_half_a_character,
                "never half of a character above U+FFFF"),
]
BYTES_OF_UNKNOWN = [known.without_shapes() for known in (
    KnownByType("dropped", lambda t, o, at: not at and t is None
                and isinstance(o, list) and None in o,
                "one null element makes one null, not the whole array"),
    KnownByType("dropped", lambda t, o, at: at == ".items.optional"
                and o is True, "and so its elements are optional"))]
