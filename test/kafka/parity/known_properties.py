"""Every property that the real connector defines is in connector_properties,
with the same default where ours is not another one on purpose."""
import re

from testbed import kafka

# What a document means that leaves these out is said in the view's text.
OTHER_DEFAULTS = {
    "connector.class", "connector.plugin.version", "custom.sanitize.pattern",
    "header.converter.plugin.version", "include.unknown.datatypes",
    "key.converter", "key.converter.plugin.version",
    "key.converter.replace.null.with.default", "lsn.flush.mode",
    "publication.name", "slot.name", "snapshot.fetch.size", "value.converter",
    "value.converter.plugin.version",
    "value.converter.replace.null.with.default"}


def check(checks, cluster, connect):
    """Asks Connect for the definitions that its validation uses."""
    answer = connect.call(
        "PUT", "/connector-plugins/PostgresConnector/config/validate",
        kafka.debezium_config(cluster, "any"))
    theirs = {c["definition"]["name"]: c["definition"]["default_value"]
              for c in answer["configs"]}
    ours = dict(cluster.query('SELECT name, "default" FROM '
                              "wal2kafka.connector_properties"))
    families = [re.compile(re.sub(r"<[^>]*>", ".+", re.escape(name)))
                for name in ours if "<" in name]
    missing = [name for name in theirs if name not in ours and not any(
        family.fullmatch(name) for family in families)]
    checks.ok(len(theirs) > 150 and not missing,
              "all %d properties of the real connector are known"
              % len(theirs), ", ".join(missing))
    other = ["%s: %s, ours %s" % (name, default, ours[name])
             for name, default in theirs.items()
             if name in ours and name not in OTHER_DEFAULTS
             and (default or "").lower() != (ours[name] or "").lower()]
    checks.ok(not other, "their defaults are the same", "\n".join(other))
