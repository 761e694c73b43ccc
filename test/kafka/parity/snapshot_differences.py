"""Where a row that we read differs from Debezium's on purpose.

Debezium reads tables through JDBC, with other conversions than its stream
has; we have one encoder, and it is the stream's.
"""
from dataclasses import replace

import differences
from compare import MISSING
from differences import ANY, Known

_STREAM = "dates as in the stream, and right in both"
_GENERATED = "generated columns are absent, as in the stream"

# What the stream mends holds for rows that are read; some of it is not met.
PLAIN = [
    replace(known, may_be_absent=True)
    for known in differences.WITHOUT_REPLACED_NULLS + differences.MENDED
] + [
    Known("inv.generated", "value.after.area", "12", MISSING, _GENERATED),
] + [
    Known("typ." + table, "value.after." + column, "-703383", "-735160",
          _STREAM) for table, column in (("dates", "d"),
                                         ("special_defaults", "bc"))
] + [
    Known("typ." + table, "value.after." + column, theirs, ours, _STREAM)
    for theirs, ours, tables in (
        ("-622191234", "2146033979", (("dates", "dn"), ("nanos", "d"),
                                      ("special_defaults", "d"))),
        ("-625821272", "-2147472691", (("dates", "dn"), ("nanos", "d"))),
        ("1002552", "-2440588", (("dates", "dn"),)))
    for table, column in tables
]
SCHEMAS = [
    replace(known, may_be_absent=True)
    for known in differences.MENDED_SCHEMAS
] + [
    Known("inv.generated", "schema.fields.%s.fields.area" % row, ANY, MISSING,
          _GENERATED) for row in ("before", "after")
]
