#!/usr/bin/env python3
"""properties_md.py [--check]: doc/properties.md.

Made of expected/config_properties.out, which the regression test keeps equal
to the property table of the library.  Writes it between the markers of
doc/properties.md; with --check it only says whether it is there already.
"""
import os
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SOURCE = os.path.join(ROOT, "expected", "config_properties.out")
DOCUMENT = os.path.join(ROOT, "doc", "properties.md")
BEGIN = "<!-- properties: made by test/tools/properties_md.py -->\n"
END = "<!-- end of properties -->\n"
HEADER = "category|name|type|default|range|support|description"
NO_EFFECT = "no effect here: "
PREFIX = "producer.override."


def read_rows():
    """The rows of the table, as dictionaries; '-' is null."""
    names = HEADER.split("|")
    rows = []
    with open(SOURCE, encoding="utf-8") as source:
        lines = iter(source)
        for line in lines:
            if line.rstrip("\n") == HEADER:
                break
        for line in lines:
            if line.startswith("("):
                return rows
            values = line.rstrip("\n").split("|")
            if len(values) != len(names):
                sys.exit("unexpected line in %s: %s" % (SOURCE, line))
            rows.append({name: None if value == "-" else value
                         for name, value in zip(names, values)})
    sys.exit("no table in %s" % SOURCE)


def code(text):
    return "`%s`" % text if text else ""


def table(rows, strip):
    """Rows that do something, or may come to."""
    yield "| property | type | default | |"
    yield "|---|---|---|---|"
    for row in rows:
        text = row["description"] or ""
        if row["support"].startswith("not yet"):
            text = "%s **N%s**" % (text, row["support"][1:])
        if row["range"]:
            text = "%s (%s)" % (text, row["range"])
        yield "| `%s` | %s | %s | %s |" % (
            row["name"][len(strip):], row["type"], code(row["default"]),
            text.strip())


def by_reason(rows, strip, reason_of):
    """Rows of which there is only to say why nothing comes of them."""
    reasons = {}
    for row in rows:
        name = code(row["name"][len(strip):])
        reasons.setdefault(reason_of(row), []).append(name)
    for reason, names in reasons.items():
        yield "- %s: %s" % (reason.rstrip("."), ", ".join(names))


def section(title, rows, strip=""):
    done = [row for row in rows
            if row["support"].startswith(("implemented", "not yet"))]
    ignored = [row for row in rows if row["support"].startswith(NO_EFFECT)]
    refused = [row for row in rows if row["support"] == "refused"]
    yield "### %s" % title
    yield ""
    if done:
        yield from table(done, strip)
        yield ""
    if ignored:
        yield "Accepted, without effect here:"
        yield ""
        yield from by_reason(ignored, strip,
                             lambda row: row["support"][len(NO_EFFECT):])
        yield ""
    if refused:
        yield "Refused:"
        yield ""
        yield from by_reason(refused, strip, lambda row: row["description"])
        yield ""


def make():
    rows = read_rows()
    lines = []
    for category in dict.fromkeys(row["category"] for row in rows):
        chosen = [row for row in rows if row["category"] == category]
        if category == "Kafka client":
            lines += section("Kafka client (`%s`...)" % PREFIX, chosen, PREFIX)
        elif category.startswith(("Transform ", "Predicate ")):
            kind, name = category.split()
            family = "transforms" if kind == "Transform" else "predicates"
            lines += section("%s %s (`%s.<name>.`...)" % (kind, name, family),
                             chosen, "%s.<%s>." % (family, name))
        elif category == "Output plugin":
            lines += section("Output plugin, besides those above", chosen)
        else:
            lines += section(category, chosen)
    return "\n".join(lines).rstrip("\n") + "\n"


def main():
    with open(DOCUMENT, encoding="utf-8") as document:
        old = document.read()
    if BEGIN not in old or END not in old:
        sys.exit("doc/properties.md has no markers for the list of properties")
    head, rest = old.split(BEGIN, 1)
    new = head + BEGIN + "\n" + make() + "\n" + END + rest.split(END, 1)[1]
    if new == old:
        return
    if "--check" in sys.argv[1:]:
        sys.exit("doc/properties.md has not the properties of the table: "
                 "run test/tools/properties_md.py")
    with open(DOCUMENT, "w", encoding="utf-8") as document:
        document.write(new)


if __name__ == "__main__":
    main()
