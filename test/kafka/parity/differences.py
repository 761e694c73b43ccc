"""Where our records differ from Debezium's on purpose, each with its reason.

A pattern of topic and path, and what each side says there; ANY takes what
comes.  In a path "*" and "?" are wildcards.
"""
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
    Known("typ.mended", "value.after.neg", ANY, "ew==",
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
    Known("ddl.born", "key", None, {"id": "1"},
          "created and filled in one transaction: Debezium's look into the "
          "catalog races with the commit", may_be_absent=True),
    Known("ddl.born", "key bytes", None, '{"id":1}', "as above",
          may_be_absent=True),
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
    _in_rows("typ.mended", "neg.parameters.*scale", "2046", ANY,
             "a negative scale is sent as none"),
    _in_rows("typ.composites", "p", MISSING, ANY, _DROPPED),
    _in_rows("typ.composites", "pa", MISSING, ANY, _DROPPED),
    _in_rows("typ.computed", "e2.default", "a", MISSING, _OF_EXPRESSION),
    _in_rows("typ.computed", "iv.default", "1000000", MISSING,
             _OF_EXPRESSION),
    _in_rows("typ.nullable", "n.parameters.*", ANY, ANY, "Debezium has this "
             "one numeric from the driver and not from the stream", True),
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

# Topics that only we write: Debezium has no record for a row without columns.
OURS_ALONE = {"inv.no_columns": 1}
