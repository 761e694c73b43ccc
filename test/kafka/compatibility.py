#!/usr/bin/env python3
"""Does a real registry say of two schemas what check_compatibility says?

The pairs are those of the regress files compatibility_*.sql, and of the tables
that ddl_compatibility.sql alters.  Each is asked under backward, forward and
full.  Where Apicurio takes what we refuse, the pair says so in its column
"laxer"; the other way round is never right.
"""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../tools"))

from testbed import (Checks, REPO, TestbedError, log, main, registry,
                     wait_until)
from testbed.mock import MockBroker
from testbed.postgres import Cluster, Installation
from testbed.pq import PgError

RULES = ("backward", "forward", "full")
LANGUAGES = ("avro", "json", "protobuf")
# where the pairs of a file are complete
MARK = "\nSELECT what, rule"
DDL_MARK = "\n-- It is what check_compatibility says of the schemas."

_QUERY = """
\\pset format unaligned
\\pset tuples_only on
\\qecho ====
SELECT json_agg(json_build_object('what', what, 'old', old_schema,
	'new', new_schema, 'laxer', coalesce(laxer, ''), 'ours',
	(SELECT json_object_agg(rule, NOT EXISTS (
		SELECT FROM wal2kafka.check_compatibility('%s', rule, old_schema,
			new_schema))) FROM unnest('{%s}'::text[]) rule)) ORDER BY id)
FROM %s;
"""


def run_file(cluster, name, mark, language, pairs):
    """The pairs of a regress file, with our answers by rule."""
    name = "%s/sql/%s.sql" % (REPO, name)
    with open(name) as file:
        head, found, _ = file.read().partition(mark)
    if not found:
        raise TestbedError("%s has no line \"%s\"" % (name, mark.strip()))
    out = cluster.script(head + _QUERY % (language, ",".join(RULES), pairs),
                         "pairs")
    return json.loads(out.split("====\n")[1])


def read_pairs(cluster, language):
    pairs = run_file(cluster, "compatibility_" + language, MARK, language,
                     "pair")
    cluster.script("DROP EXTENSION wal2kafka", "pairs")
    return pairs


def read_ddl(cluster, languages):
    """What ALTERs make of a table's schemas, by language."""
    pairs = {languages[0]: run_file(
        cluster, "ddl_compatibility", DDL_MARK, languages[0],
        "dc_hidden.pair WHERE type = upper('%s')" % languages[0])}
    for language in languages[1:]:
        out = cluster.script(_QUERY % (
            language, ",".join(RULES), "dc_hidden.pair WHERE type = upper('%s')"
            % language), "pairs")
        pairs[language] = json.loads(out.split("====\n")[1])
    return pairs


class Judge:
    """One subject for each pair, with the older schema in it."""

    def __init__(self, server):
        self.server = server
        self.subjects = 0

    def answers(self, language, old, new):
        """By rule: may new follow old?"""
        self.subjects += 1
        subject = "pair-%d" % self.subjects
        schema_type = language.upper()
        call = self.server.call
        call("POST", "/subjects/%s/versions" % subject,
             {"schema": old, "schemaType": schema_type})
        answers = {}
        for rule in RULES:
            self.server.set_compatibility(subject, rule.upper())
            answers[rule] = call(
                "POST", "/compatibility/subjects/%s/versions/latest" % subject,
                {"schema": new, "schemaType": schema_type})["is_compatible"]
        return answers


def compare(checks, judge, language, pairs):
    """Each pair is a check; those that are laxer must really be."""
    laxer = 0
    for pair in pairs:
        theirs = judge.answers(language, pair["old"], pair["new"])
        wrong = []
        for rule in RULES:
            ours = pair["ours"][rule]
            expected = ours or rule in pair["laxer"].split(",")
            laxer += expected != ours
            if theirs[rule] != expected:
                wrong.append("%s: ours %s, the registry's %s"
                             % (rule, ours, theirs[rule]))
        checks.ok(not wrong, "%s: %s" % (language, pair["what"]),
                  "\n".join(wrong))
    log("%s: %d pairs, %d answers, %d stricter than the registry's"
        % (language, len(pairs), len(pairs) * len(RULES), laxer))


def check_story(checks, cluster, server):
    """A worker registers, an ALTER is refused; done all the same, the
    registry refuses it, and the connector says so."""
    database, subject = "story", "story.public.t-value"
    broker = MockBroker()
    cluster.script("CREATE DATABASE story")
    cluster.script("CREATE EXTENSION wal2kafka;"
                   "CREATE TABLE t (id int PRIMARY KEY, v text)", database)

    def query(sql):
        return cluster.query(sql, database)

    def versions():
        return query("SELECT version FROM wal2kafka.registered_schemas "
                     "WHERE subject = '%s' ORDER BY version" % subject)

    def refusal(sql):
        try:
            query(sql)
            return ""
        except PgError as err:
            return str(err)

    try:
        cluster.create_connector("story", {
            "bootstrap.servers": broker.address, "format": "avro",
            "schema.registry.url": server.url, "topic.prefix": "story",
            "schema.compatibility": "backward", "snapshot.mode": "no_data"},
            database)
        cluster.wait_connector("story", database=database)
        checks.ok(not refusal("ALTER TABLE t ADD early int NOT NULL"),
                  "before the first record anything goes")
        query("INSERT INTO t VALUES (1, 'a', 1)")
        wait_until("the schema is known", versions)
        server.set_compatibility(subject, "BACKWARD")
        text = refusal("ALTER TABLE t ALTER v TYPE int USING 1")
        checks.ok('column "v"' in text and "backward" in text,
                  "what the worker registered is what counts", text)
        query("ALTER TABLE t ADD w int")
        query("INSERT INTO t VALUES (2, 'b', 2, 2)")
        wait_until("the second is known", lambda: len(versions()) == 2)
        checks.ok(len(server.versions(subject)) == 2,
                  "the registry took what was allowed")
        query("SET wal2kafka.allow_incompatible_ddl = on;"
              "ALTER TABLE t ADD x int NOT NULL DEFAULT 0;"
              "ALTER TABLE t ALTER x DROP DEFAULT")
        query("INSERT INTO t VALUES (3, 'c', 3, 3, 3)")
        text = wait_until("the connector fails", lambda: cluster.value(
            "SELECT last_error FROM wal2kafka.connectors "
            "WHERE state = 'failed'", database))
        checks.ok(subject in text and "schema.compatibility" in text,
                  "what was allowed here and not there: failed, in words",
                  text)
        log(text)
    finally:
        broker.close()


def run_compatibility():
    checks = Checks("compatibility")
    if not registry.fetch():
        checks.skip("compatibility", "no registry")
        return checks.finish()
    inst = Installation.private()
    inst.install_extension()
    cluster = Cluster(inst, "compatibility")
    server = registry.Registry()
    try:
        cluster.init().start()
        cluster.script("CREATE DATABASE pairs")
        server.start()
        judge = Judge(server)
        for language in LANGUAGES:
            compare(checks, judge, language, read_pairs(cluster, language))
        for language, pairs in read_ddl(cluster, LANGUAGES).items():
            compare(checks, judge, language, pairs)
        check_story(checks, cluster, server)
    finally:
        server.stop()
        cluster.destroy()
    return checks.finish()


main(run_compatibility)
