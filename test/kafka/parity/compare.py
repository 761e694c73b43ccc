"""Compares what two connectors wrote about the same changes.

Records are compared parsed, with the order of fields, and numbers by their
text, so that 1.50 is not 1.5 and 1e5 is not 100000.0.  Only what must differ
is taken out: versions, processing times, the run id and the prefix.  Any
other difference has to be in the list of known ones (differences.py), and
each entry of that list has to be met: a difference that went away is news.
"""
import json
import struct

MISSING = "(absent)"


class Number(str):
    """A JSON number as it was spelled."""
    __slots__ = ()


def parse(text):
    return json.loads(text, object_pairs_hook=lambda pairs: dict(pairs),
                      parse_float=Number, parse_int=Number,
                      parse_constant=Number)


def _same_number(a, b):
    """Two spellings of one binary number?  (Java 17 prints 2.0E-3's like.)"""
    if a == b:
        return True
    if not (isinstance(a, Number) and isinstance(b, Number)):
        return False
    if not any(c in a + b for c in ".eE"):
        return False
    if float(a) == float(b):
        return True
    try:
        return struct.pack("f", float(a)) == struct.pack("f", float(b)) \
            and min(len(a), len(b)) <= 13
    except OverflowError:
        return False


def differences(a, b, path=""):
    """Yields (path, of a, of b)."""
    if isinstance(a, dict) and isinstance(b, dict):
        if [k for k in a if k in b] != [k for k in b if k in a]:
            yield path + "#order", list(a), list(b)
        for key in list(a) + [k for k in b if k not in a]:
            yield from differences(a.get(key, MISSING), b.get(key, MISSING),
                                   path + "." + key if path else key)
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, (x, y) in enumerate(zip(a, b)):
            yield from differences(x, y, "%s[%d]" % (path, i))
    elif type(a) is not type(b) or not (a == b or _same_number(a, b)):
        yield path, a, b


class Problem(str):
    """A difference in words, with where it was."""
    topic = path = None
    theirs = ours = None        # the two records, as they were read


# Processing times and the version: there, but never equal.
_NOT_COMPARED = [("source", "version"), ("ts_ms",), ("ts_us",), ("ts_ns",)]


def fields_by_name(schema):
    """A schema whose fields are found by name, in their order."""
    if isinstance(schema, list):
        return [fields_by_name(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {k: fields_by_name(v) for k, v in schema.items()}
    if schema.get("type") == "struct" and isinstance(schema["fields"], list):
        schema["fields"] = {f["field"]: f for f in schema["fields"]}
    return schema


def unwrap(data):
    """(schema, payload) of JSON with schemas, else (None, data)."""
    if isinstance(data, dict) and list(data) == ["schema", "payload"]:
        return fields_by_name(data["schema"]), data["payload"]
    return None, data


def without_prefix(text, prefix):
    """The prefix is part of schemas' names, however it is adjusted."""
    for name in (prefix, prefix.replace("-", "_"),
                 prefix.replace("-", "_u002d")):
        text = text.replace('"name":"%s.' % name, '"name":"(prefix).')
    return text


def normal(rec, prefix):
    """A record without what must differ, ready to be compared."""
    value, schema = rec["value"], None
    if value is not None:
        if isinstance(value, str):
            value = parse(without_prefix(value, prefix))
        schema, value = unwrap(value)
        if isinstance(value, dict):
            for path in _NOT_COMPARED:
                place = value
                for step in path[:-1]:
                    place = place.get(step) or {}
                if path[-1] in place:
                    place[path[-1]] = type(place[path[-1]]).__name__
            if value.get("status") == "END":
                value["data_collections"] = collections(
                    value["data_collections"])
            source = value.get("source")
            if isinstance(source, dict) and source.get("name") == prefix:
                source["name"] = "(prefix)"
    key = rec["key"]
    if isinstance(key, str):
        key = without_prefix(key, prefix)
    headers = []
    for name, text in rec["headers"]:
        if name == "__debezium.context.runId":
            text = "(run id)" if len(text) == 36 else "not a UUID: " + text
        elif name == "__debezium.context.connectorLogicalName":
            text = "(prefix)" if text == prefix else text
        headers.append([name, text])
    return {"key": parse(key) if isinstance(key, str) else key,
            "key bytes": key, "headers": headers, "schema": schema,
            "value": value}


def collections(listed):
    """Counts by name, since Debezium's are in the order of a hash.  It names
    each logical message by the address of a Java object."""
    counts = {}
    for item in listed:
        name = item["data_collection"]
        if "LogicalDecodingMessageId@" in name:
            name = "message"
        counts[name] = counts.get(name, 0) + int(item["event_count"])
    return dict(sorted(counts.items()))


def from_warmup(records):
    """The two connectors did not begin at one time; the first transaction
    that both of them surely see is the warm-up's."""
    for i, rec in enumerate(records):
        if "inv.warmup" in json.dumps(rec["value"]):
            return records[i - 1:]
    return records


def by_topic(records, prefix):
    topics = {}
    for rec in records:
        name = rec["topic"]
        # Behind the prefix comes topic.delimiter.
        if name.startswith(prefix) and name[len(prefix)] in "._-":
            name = name[len(prefix) + 1:]
        topics.setdefault(name, []).append(rec)
    if "transaction" in topics:
        topics["transaction"] = from_warmup(topics["transaction"])
    return topics


def compare(theirs, their_prefix, ours, our_prefix, known, ours_alone,
            skip_topics=()):
    """Returns (records compared, problems, entries of known never met)."""
    a_topics = by_topic(theirs, their_prefix)
    b_topics = by_topic(ours, our_prefix)
    problems, met, compared = [], set(), 0
    for topic in sorted(set(a_topics) | set(b_topics)):
        if topic in skip_topics:
            continue
        a_recs, b_recs = a_topics.get(topic, []), b_topics.get(topic, [])
        if topic in ours_alone:
            if a_recs or len(b_recs) != ours_alone[topic]:
                problems.append("topic %s: expected %d records of ours alone"
                                % (topic, ours_alone[topic]))
            continue
        if len(a_recs) != len(b_recs):
            problems.append(
                "topic %s: %d records of Debezium's, %d of ours%s"
                % (topic, len(a_recs), len(b_recs),
                   first_unmatched(a_recs, b_recs)))
        for i, (a_rec, b_rec) in enumerate(zip(a_recs, b_recs)):
            compared += 1
            a = normal(a_rec, their_prefix)
            b = normal(b_rec, our_prefix)
            if not isinstance(b["key bytes"], str):
                b["key bytes"] = a["key bytes"]     # read by SQL: no bytes
            for path, x, y in differences(a, b):
                number = known_as(known, topic, path, x, y, a)
                if number is None:
                    problem = Problem(
                        "%s record %d: %s\n    Debezium: %s\n    ours:     %s"
                        % (topic, i, path, short(x), short(y)))
                    problem.topic, problem.path = topic, path
                    problem.theirs, problem.ours = a_rec, b_rec
                    problems.append(problem)
                else:
                    met.add(number)
    unmet = [entry for i, entry in enumerate(known)
             if i not in met and not entry.may_be_absent]
    return compared, problems, unmet


def first_unmatched(a_recs, b_recs):
    for i, (a, b) in enumerate(zip(a_recs, b_recs)):
        if a["key"] != b["key"] or (a["value"] is None) != (b["value"] is None):
            return "; the first of another key: %d, %s / %s" % (
                i, short(a["key"]), short(b["key"]))
    longer = a_recs if len(a_recs) > len(b_recs) else b_recs
    rest = longer[min(len(a_recs), len(b_recs)):]
    return "; the first too many: %s" % short(
        [rest[0]["key"], rest[0]["value"]]) if rest else ""


def known_as(known, topic, path, x, y, rec):
    for i, entry in enumerate(known):
        if entry.matches(topic, path, x, y, rec):
            return i
    return None


def short(value):
    text = value if isinstance(value, str) else json.dumps(
        value, ensure_ascii=False)
    return text if len(text) <= 300 else text[:200] + " ... " + text[-80:]
