"""Pairs for the modes of types: each pair a combination of them.

They see the tables of types, and of inv what the runner and the placeholders
of unchanged TOAST values need.  What differs on purpose is as in
differences.py, in the forms of the mode.
"""
from dataclasses import replace

import differences
from differences import ANY, Known

# A pair of modes compares at least so many records.
ENOUGH = 200

_TABLES = "inv\\.(warmup|sync|toast.*),typ\\..*"
# In nanoseconds Debezium's task fails at a NOT NULL timestamp that an image
# lacks, so that pair is not shown those tables.
_NANO_TABLES = ("inv\\.(warmup|sync),typ\\.(ints|floats|numerics|moneys|texts|"
                "bytes|bits|dates|times|nanos|intervals|others|arrays|keys|"
                "ext|ext_arrays|more_keys|more_toast|mended|composites)")
_NULLS = {"key.converter.replace.null.with.default": "false",
          "value.converter.replace.null.with.default": "false"}

# What holds in every mode; not each of them is met in each.
_COMMON = [replace(known, may_be_absent=True)
           for known in differences.WITHOUT_REPLACED_NULLS
           + differences.MENDED]

_ORDER = Known("typ.ext", "value.after.h#order", ANY, ANY, differences.ORDER)
_NEGATIVE_SCALE = Known("typ.mended", "value.after.neg", ANY, "12300",
                        "negative scale: without 2046 zeros")
_ONE_NULL = "one null element makes one null, not the whole array"


def _pair(name, shared, known, tables=_TABLES):
    return ("modes-" + name, dict(shared, **{"table.include.list": tables}),
            _NULLS, known + _COMMON)


def _element(path, theirs, ours):
    return Known("typ.arrays", "value.after." + path, theirs, ours,
                 differences.AS_SCALAR)


def _nan(*ours):
    return Known("typ.nan_arrays", "value.after.n", None, list(ours),
                 differences.LOST)


def _midnight(topic, column, precision):
    return Known(topic, "value.after." + column, None,
                 {"hour": "24", "minute": "0", "second": "0", "nanos": "0",
                  "precision": precision}, "24:00 is a time")


PAIRS = [
    _pair("text", {
        "decimal.handling.mode": "string",
        "time.precision.mode": "isostring",
        "binary.handling.mode": "hex",
        "interval.handling.mode": "string",
        "hstore.handling.mode": "map",
    }, [
        _ORDER, _NEGATIVE_SCALE, _nan("1.50", "NAN"),
        _element("dt[1]", "0044-03-15Z", "-0043-03-15Z"),
        _element("ti[0]", "12:34:56.789Z", "12:34:56.789123Z"),
        Known("typ.computed", "value.before.iv", "P0Y0M0DT0H0M1S",
              "P0Y0M0DT0H0M0S", differences.PART_OF_DEFAULT,
              may_be_absent=True),
    ]),
    _pair("connect", {
        "decimal.handling.mode": "double",
        "time.precision.mode": "connect",
        "binary.handling.mode": "base64",
        "include.unknown.datatypes": "true",
    }, [
        _nan("1.5", "NaN"),
        Known("typ.composites", "value.after.pa", None, ["KDEseCk=", None],
              _ONE_NULL),
    ]),
    _pair("nanos", {
        "time.precision.mode": "nanoseconds",
        "binary.handling.mode": "base64-url-safe",
        "money.fraction.digits": "4",
        "include.unknown.datatypes": "false",
    }, [
        _element("ti[0]", "45296789000000", "45296789123000"),
        Known("typ.nanos", "value.after.t", None, "-9223372036854775000",
              "it does fit 64 bits"),
        Known("typ.nanos", "value.after.t3", None, "-9223372036854000000",
              "it does fit 64 bits"),
    ], _NANO_TABLES),
    _pair("structured", {
        "time.precision.mode": "structured",
        "interval.handling.mode": "string",
        "hstore.handling.mode": "map",
        "money.fraction.digits": "0",
    }, [
        _ORDER,
        _element("dt[1].year", "44", "-43"),
        _element("ti[0].nanos", "789000000", "789123000"),
        _midnight("typ.nanos", "t0", "0"), _midnight("typ.nanos", "ti", "6"),
        _midnight("typ.times", "t", "6"), _midnight("typ.times", "t0", "0"),
        _midnight("typ.times", "t1", "1"), _midnight("typ.times", "t3", "3"),
        _midnight("typ.times", "t4", "4"), _midnight("typ.times", "t6", "6"),
        _midnight("typ.special_defaults", "t24", "6"),
    ]),
    _pair("micros", {
        "time.precision.mode": "microseconds",
        "binary.handling.mode": "hex",
        "unavailable.value.placeholder": "hex:00ff41",
        "include.unknown.datatypes": "true",
    }, [
        Known("typ.composites", "value.after.pa", None, ["28312c7829", None],
              _ONE_NULL),
        Known("typ.timestamps", "value.after.t0", "9223372036854775807", None,
              differences.TOO_BIG),
        Known("typ.timestamps", "value.after.t3", "9223372036854775807", None,
              differences.TOO_BIG),
    ]),
    _pair("adaptive-micros", {
        "time.precision.mode": "adaptive_time_microseconds",
        "decimal.handling.mode": "string",
        "include.unknown.datatypes": "false",
    }, [_NEGATIVE_SCALE, _nan("1.50", "NAN")]),
]
