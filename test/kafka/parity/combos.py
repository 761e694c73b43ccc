"""Combinations of settings that random_parity.py gives to both sides.

Those of OPEN stand for whatever the tree can do today; each of them is taken
where wal2kafka.connector_properties calls all its properties implemented.
"""
import re
from dataclasses import dataclass, field

import differences

SCHEMAS = "inv,r1,r2,Odd\\.Schema"
_JSON = "org.apache.kafka.connect.json.JsonConverter"
_NULL = ".converter.replace.null.with.default"


@dataclass
class Combo:
    name: str
    shared: dict
    schemas: bool = True        # captures SCHEMAS; else selects by itself
    has_schemas: bool = False   # records carry their schema
    known: list = field(default_factory=list)
    # Kinds whose columns may not be NOT NULL: Debezium writes null for some
    # of their values, and that ends its task.
    nullable: tuple = ()

    @property
    def delimiter(self):
        return self.shared.get("topic.delimiter", ".")

    @property
    def is_structured(self):
        return self.shared.get("time.precision.mode") == "structured"

    def theirs(self):
        """What only Debezium is told: a null is a null, as it is for us
        unless something is said."""
        if "value" + _NULL in self.shared:
            return {}
        return {"key" + _NULL: "false", "value" + _NULL: "false"}

    def all_known(self):
        nulls = [] if "value" + _NULL in self.shared \
            else differences.WITHOUT_REPLACED_NULLS + _SNAPSHOT_OF_SCHEMAS \
            + [differences.KnownInKeyHeaders()]
        by_type = differences.BY_TYPE
        if any(".mask." in name for name in self.shared):
            by_type = [known.without_shapes() for known in by_type]
        return nulls + by_type + self.known

    def set_columns(self, seen):
        """Tells what goes by type the types of columns."""
        for known in differences.BY_TYPE + self.known:
            if isinstance(known, differences.KnownByType):
                known.columns = seen

    def config(self):
        config = dict(self.shared)
        if self.schemas:
            config["schema.include.list"] = SCHEMAS
        for side in ("key", "value"):
            config[side + ".converter"] = _JSON
            config[side + ".converter.schemas.enable"] = \
                "true" if self.has_schemas else "false"
        return config

    def per_sync(self):
        """Records that one insert, update and delete give."""
        skipped = self.shared.get("skipped.operations", "t")
        tombstones = self.shared.get("tombstones.on.delete", "true")
        return (("c" not in skipped) + ("u" not in skipped)
                + ("d" not in skipped) * (1 + (tombstones == "true")))


# The same under schemas.enable.
_SNAPSHOT_OF_SCHEMAS = [
    differences.Known("*", "value.payload.source.snapshot", None, "false",
                      "as without schemas", may_be_absent=True)]

# Never a column list with skip.messages.without.change: Debezium then loses a
# changed key that is left out of values, where the old row's other columns
# are not known.
NOW = [
    Combo("plain", {}),
    Combo("everything", {"skipped.operations": "none",
                         "tombstones.on.delete": "false"}),
    Combo("noheaders", {"extended.headers.enabled": "false",
                        "skip.messages.without.change": "true"}),
    Combo("births", {"skipped.operations": "u,d"}),
    Combo("deaths", {"skipped.operations": "c,u,t",
                     "extended.headers.enabled": "false"}),
    Combo("tables", {"table.include.list":
                     "inv\\..*,r1\\.t[ac].*,r2\\.(tb|[^t]).*,"
                     "Odd\\.Schema\\..*"}),
    Combo("nottables", {"table.exclude.list":
                        "r1\\.t[bd].*,R2\\.(T[a-b]|[e-s]).*",
                        "skip.messages.without.change": "true"}),
    Combo("columns", {"column.include.list":
                      "inv\\..*,.*\\..*[02468],r2\\..*",
                      "skipped.operations": "none"}),
    Combo("notcolumns", {"column.exclude.list":
                         "(r1|r2)\\..*\\.[cn][0-9]*[369]",
                         "tombstones.on.delete": "false"}),
    Combo("placeholder", {"unavailable.value.placeholder": "~ä\"gone\""}),
    Combo("hexplaceholder", {"unavailable.value.placeholder": "hex:00ff80",
                             "tombstones.on.delete": "false"}),
    Combo("delimiter", {"topic.delimiter": "_",
                        "skipped.operations": "none"}),
    Combo("notschemas", {"schema.exclude.list": "r2,wal2kafka"},
          schemas=False),
    Combo("failures", {"event.converting.failure.handling.mode": "skip",
                       "topic.delimiter": "-"}),
]

OPEN = [
    Combo("doubles", {"decimal.handling.mode": "double",
                      "interval.handling.mode": "string",
                      "binary.handling.mode": "base64"},
          nullable=("bytea",)),
    Combo("strings", {"decimal.handling.mode": "string",
                      "time.precision.mode": "isostring",
                      "binary.handling.mode": "hex"},
          known=differences.ISO_TEXT),
    Combo("connecttimes", {"time.precision.mode": "connect",
                           "binary.handling.mode": "base64-url-safe"},
          known=differences.CONNECT_TIMES, nullable=("bytea",)),
    Combo("micros", {"time.precision.mode": "microseconds",
                     "hstore.handling.mode": "map"}),
    Combo("adaptivemicros", {"time.precision.mode":
                             "adaptive_time_microseconds"}),
    Combo("nanos", {"time.precision.mode": "nanoseconds",
                    "decimal.handling.mode": "double"},
          nullable=("timestamp", "timestamp3", "ts3"),
          known=differences.NANOSECONDS),
    Combo("structured", {"time.precision.mode": "structured",
                         "money.fraction.digits": "1"},
          known=differences.STRUCTURED),
    Combo("schemas", {}, has_schemas=True),
    Combo("schemasall", {
        "key" + _NULL: "true", "value" + _NULL: "true",
        "decimal.handling.mode": "string",
        "column.propagate.source.type": ".*",
        "schema.name.adjustment.mode": "avro"}, has_schemas=True),
    Combo("defaults", {"key" + _NULL: "true", "value" + _NULL: "true"}),
    Combo("numbers", {"key.converter.decimal.format": "NUMERIC",
                      "value.converter.decimal.format": "NUMERIC"}),
    Combo("transactions", {"provide.transaction.metadata": "true",
                           "skipped.operations": "none"}),
    Combo("keys", {"message.key.columns": "as the tables are"}),
    Combo("masks", {"column.truncate.to.5.chars": "(r1|r2)\\..*\\.c.*[05]",
                    "column.mask.with.7.chars": "(r1|r2)\\..*\\.c.*[16]",
                    "column.mask.hash.v2.SHA-256.with.salt.Pepper":
                    "(r1|r2)\\..*\\.c.*[27]"},
          known=differences.CUT),
    Combo("avronames", {"field.name.adjustment.mode": "avro",
                        "schema.name.adjustment.mode": "avro"},
          has_schemas=True),
    Combo("unicodenames", {"field.name.adjustment.mode": "avro_unicode"}),
    Combo("bytesofunknown", {"include.unknown.datatypes": "true"},
          known=differences.BYTES_OF_UNKNOWN, nullable=("pair[]",)),
    Combo("notunknown", {"include.unknown.datatypes": "false"}),
]


def missing(combo, support):
    """Properties of a combo that are not implemented; support: name ->
    word, with families as name.<part>."""
    families = [re.compile(re.sub(r"<[^<>]*>", "[^<>]+", name.replace(
        ".", r"\.")) + "$") for name, word in support.items()
        if "<" in name and word == "implemented"]
    return [name for name in combo.shared
            if support.get(name) != "implemented"
            and not any(f.match(name) for f in families
                        if name not in support)]
