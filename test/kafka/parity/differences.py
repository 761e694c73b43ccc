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
]

_NESTED = "nested arrays instead of one null (or Java object) per element"
_DROPPED = "Debezium has no converter for the type and drops the column"
_AS_SCALAR = "an element of an array is what the scalar is"
_TOO_BIG = "beyond int64 microseconds: null and a warning, not another number"
_PART_OF_DEFAULT = ("of a default that is an expression Debezium takes the "
                    "first literal; we take none")
_OFFSET = "an offset with seconds or of 16 hours: the time, not null"

MENDED = [
    Known("typ.mended", "value.*.na", None, ANY,
          "name columns: Debezium streams null"),
    Known("typ.mended", "value.after.md[?]", None, ANY, _NESTED),
    Known("typ.mended", "value.after.mdt[?]", ANY, ANY, _NESTED),
    Known("typ.mended", "value.after.neg", ANY, "ew==",
          "negative scale: the number, not one with 2046 zeros"),
    Known("typ.mended", "value.after.ba", None, ["BQ==", "Ag=="],
          "bit(n)[]: Debezium writes null"),
] + [
    Known("typ.mended", "value.*." + column, MISSING, ANY, _DROPPED)
    for column in ("ma", "naa", "iva", "vba", "xa", "doms", "ls", "tq", "rc",
                   "mr", "x", "tid")
] + [
    Known("typ.composites", "value.after.p", MISSING, '(1,"x y")', _DROPPED),
    Known("typ.composites", "value.after.pa", MISSING, ["(1,x)", None],
          _DROPPED),
    Known("typ.nan_arrays", "value.after.n", None, ["AJY=", None],
          "one NaN makes one null, not the whole array"),
    Known("typ.nan_arrays", "value.after.d[?]", ANY, ANY, _AS_SCALAR),
    Known("typ.arrays", "value.after.dt[1]", "-703383", "-735160",
          _AS_SCALAR),
    Known("typ.arrays", "value.after.ti[0]", "45296789000", "45296789123",
          _AS_SCALAR),
    Known("typ.times", "value.after.z0", None, "06:36:16Z", _OFFSET),
    Known("typ.times", "value.after.z0", None, "17:02:02Z", _OFFSET),
    Known("typ.intervals", "value.after.n", "-9223372036854775808", None,
          _TOO_BIG),
    Known("typ.intervals", "value.after.n", "9223372036854775807", None,
          _TOO_BIG),
] + [
    Known("typ.timestamps", "value.after." + column, "-9223372036853775810",
          None, _TOO_BIG) for column in ("t", "t6", "tn")
] + [
    Known("typ.computed", "value.before.e2", "a", "", _PART_OF_DEFAULT,
          may_be_absent=True),
    Known("typ.computed", "value.before.iv", "1000000", "0",
          _PART_OF_DEFAULT, may_be_absent=True),
    Known("ddl.born", "key", None, {"id": "1"},
          "created and filled in one transaction: Debezium's look into the "
          "catalog races with the commit", may_be_absent=True),
    Known("ddl.born", "key bytes", None, '{"id":1}', "as above",
          may_be_absent=True),
]

_EMPTY_ROW = "a row without columns is an event to us"
TRANSACTIONS = [
    Known("transaction", "value.event_count", "0", "1", _EMPTY_ROW),
    Known("transaction", "value.data_collections.inv.no_columns", MISSING, 1,
          _EMPTY_ROW),
]

# Topics that only we write: Debezium has no record for a row without columns.
OURS_ALONE = {"inv.no_columns": 1}
