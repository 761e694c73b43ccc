"""Pairs for the modes of types: each pair a combination of them.

They see the tables of types, and of inv what the runner and the placeholders
of unchanged TOAST values need.  What differs on purpose is as in
differences.py, in the forms of the mode.
"""
from dataclasses import replace

import differences
from differences import ANY, MISSING, Known

# A pair of modes compares at least so many records.
ENOUGH = 250

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


def _known(topic, path, theirs, ours, reason):
    return Known(topic, path, theirs, ours, reason, may_be_absent=True)


def _pair(name, shared, known, tables=_TABLES):
    return ("modes-" + name, dict(shared, **{"table.include.list": tables}),
            _NULLS, known + _COMMON)


PAIRS = [
    _pair("text", {
        "decimal.handling.mode": "string",
        "time.precision.mode": "isostring",
        "binary.handling.mode": "hex",
        "interval.handling.mode": "string",
        "hstore.handling.mode": "map"}, []),
    _pair("connect", {
        "decimal.handling.mode": "double",
        "time.precision.mode": "connect",
        "binary.handling.mode": "base64",
        "include.unknown.datatypes": "true"}, []),
    _pair("nanos", {
        "time.precision.mode": "nanoseconds",
        "binary.handling.mode": "base64-url-safe",
        "money.fraction.digits": "4",
        "include.unknown.datatypes": "false"}, [], _NANO_TABLES),
    _pair("structured", {
        "time.precision.mode": "structured",
        "interval.handling.mode": "string",
        "hstore.handling.mode": "map",
        "money.fraction.digits": "0"}, []),
    _pair("micros", {
        "time.precision.mode": "microseconds",
        "binary.handling.mode": "hex",
        "unavailable.value.placeholder": "hex:00ff41",
        "include.unknown.datatypes": "true"}, []),
    _pair("adaptive-micros", {
        "time.precision.mode": "adaptive_time_microseconds",
        "decimal.handling.mode": "string",
        "include.unknown.datatypes": "false"}, []),
]
