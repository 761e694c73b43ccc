#!/usr/bin/env python3
"""House rules that a machine can check: who includes whom, what stands in one
place only, how long files and functions are, and clang-format.

    test/tools/house.py         checks; exit code 1 when a rule is broken
    test/tools/house.py edges   prints every include that crosses areas
"""
import collections
import glob
import os
import re
import shutil
import subprocess
import sys

REPO = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))

# area -> areas whose headers it may include, besides the root's
MAY_INCLUDE = {
    "config": set(),
    "schema": {"config"},
    "encode": {"schema", "wire"},
    "transform": {"encode", "schema", "config"},
    "decode": {"transform", "encode", "schema", "config", "wire"},
    "wire": set(),
    "sender": {"wire"},
    "status": set(),
    # heartbeats are made by the worker, and go through transforms
    "worker": {"transform", "encode", "schema", "config", "wire", "status"},
    # peek() decodes like a worker and so reads frames; of the worker's area
    # it sees the shared registry only.
    "api": {"config", "schema", "status", "wire", "worker"},
    # readers of snapshots: processes of their own, which encode rows and talk
    # to a connector's worker
    "snapshot": {"decode", "encode", "schema", "config", "wire", "worker"},
    "root": {"api", "config", "worker"},
}
# what an area may see of another that it else knows nothing of, or not all of
ONLY_HEADERS = {
    ("api", "worker"): {"slots.h"},
    # what a table's schema is now, to compare it with the registered ones
    ("api", "decode"): {"table_schemas.h"},
    # an incremental snapshot watches the changes that its process decodes
    ("worker", "decode"): {"window.h"},
}

# what may stand in these files only (None: in none)
ONLY_IN = [
    (r"\bPG_VERSION_NUM\b", {"src/compat.h"}),
    (r"#include\s*<librdkafka/", {"src/sender/producer.c",
                                  "src/sender/topics.c",
                                  "src/sender/signals.c"}),
    (r"#include\s*<curl/", {"src/sender/registry.c"}),
    (r"#include\s*<jansson", {"src/sender/registry_api.c"}),
    (r"#include\s*<openssl/", {"src/sender/schemas.c"}),
    (r"\bPG_FUNCTION_INFO_V1\b", re.compile(r"src/api/")),
    (r"replication/(logical|output_plugin|reorderbuffer)\.h",
     re.compile(r"src/(decode/|worker/|api/peek|schema/|compat\.h)")),
    (r"\b(TODO|FIXME)\b", set()),
    (r"\bsprintf\s*\(|\bstrcpy\s*\(|\bstrcat\s*\(", set()),
    (r"(?<![\w_])(malloc|calloc|realloc)\s*\(",
     re.compile(r"src/sender/")),
]

MAX_C, MAX_H, MAX_FUNCTION = 700, 120, 120
# longer than the rule, and why
LONG_FILES = {
    "src/decode/change.h": "every field of a session",
    "src/schema/connect.h": "the schema's tree, its rows and their makers",
    "src/schema/relation.h": "every field of a relation and a column",
    "src/encode/protowire.h": "inline: the bytes of a hot path",
    "src/worker/snapshot_message.h": "every message with its fields",
    "src/wire/frame.h": "the protocol's description is its header comment",
    "src/worker/slots.h": "every shared field with its lock",
    "src/config/connector.h": "every property a connector has",
    "src/config/properties.h": "the table's row, and how it is read",
    "src/sender/producer.h": "all that the sender knows of a producer",
    "src/config/properties.c": "one table's parser",
    "src/config/property_table.c": "a table",
    "src/sender/producer.c": "the only file that sees librdkafka's producer",
    "src/sender/session.c": "the sender's one loop state",
    "src/compat.h": "every difference between server versions",
}

problems = []
checks = 0


def check(good, text):
    global checks
    checks += 1
    if not good:
        problems.append(text)


def area_of(path):
    parts = path.split("/")
    return parts[1] if len(parts) > 2 else "root"


def read(path):
    with open(os.path.join(REPO, path)) as f:
        return f.read()


def without_comments(text):
    return re.sub(r"/\*.*?\*/", lambda m: "\n" * m[0].count("\n"), text,
                  flags=re.S)


def includes(path):
    for name in re.findall(r'^#include "([^"]+)"', read(path), re.M):
        if os.path.exists(os.path.join(REPO, "src", name)):
            yield "src/" + name


def check_edges(files):
    edges = collections.Counter()
    for path in files:
        area = area_of(path)
        for header in includes(path):
            other = area_of(header)
            if other in (area, "root"):
                continue
            edges[area, other] += 1
            good = other in MAY_INCLUDE[area]
            if (area, other) in ONLY_HEADERS:
                good = os.path.basename(header) in ONLY_HEADERS[area, other]
            check(good, "%s must not include %s" % (path, header))
    return edges


def functions(text):
    """(name, lines) of each function: a brace in column 0 to its partner."""
    lines = text.split("\n")
    start = None
    for i, line in enumerate(lines):
        if line == "{" and i > 0 and re.match(r"^\w+\(|^\s", lines[i - 1]):
            start = i
        elif line == "}" and start is not None:
            j = start - 1
            while j > 0 and not re.match(r"^\w+\(", lines[j]):
                j -= 1
            yield lines[j].split("(")[0], i - start + 1
            start = None


def check_sizes(files):
    for path in files:
        text = read(path)
        limit = MAX_H if path.endswith(".h") else MAX_C
        n = text.count("\n")
        check(n <= limit or path in LONG_FILES,
              "%s has %d lines, more than %d" % (path, n, limit))
        for name, length in functions(text):
            check(length <= MAX_FUNCTION, "%s: %s has %d lines"
                  % (path, name, length))


def check_places(files):
    for path in files:
        code = without_comments(read(path))
        for pattern, allowed in ONLY_IN:
            if hasattr(allowed, "match"):
                good = bool(allowed.match(path))
            else:
                good = path in allowed
            found = re.search(pattern, code)
            check(good or not found, "%s: \"%s\" does not belong here"
                  % (path, found and found[0]))


def check_headers(files):
    for path in files:
        text = read(path)
        if path.endswith(".h"):
            guard = "W2K_" + re.sub(r"\W", "_", path[4:]).upper()
            check("#ifndef " + guard in text, "%s: guard is not %s"
                  % (path, guard))
            check('#include "postgres.h"' not in text,
                  "%s must not include postgres.h" % path)
        else:
            check(text.startswith("/*\n * " + os.path.basename(path)),
                  "%s does not begin with its name" % path)


def check_format(files):
    tool = shutil.which("clang-format-14") or shutil.which("clang-format")
    if tool is None:
        print("SKIP: clang-format is not installed")
        return 1
    version = subprocess.run([tool, "--version"], capture_output=True,
                             text=True).stdout
    if not re.search(r"version 14\.", version):
        print("SKIP: clang-format 14 decides, this is " + version.strip())
        return 1
    for path in files:
        # A table of long rows keeps one row a line.
        if path == "src/config/property_table.c":
            continue
        done = subprocess.run([tool, "--dry-run", "-Werror", path], cwd=REPO,
                              capture_output=True)
        check(done.returncode == 0, "%s is not as clang-format has it" % path)
    return 0


def main():
    files = sorted(os.path.relpath(p, REPO) for pattern in ("*", "*/*")
                   for p in glob.glob(os.path.join(REPO, "src", pattern))
                   if p.endswith((".c", ".h")))
    edges = check_edges(files)
    if sys.argv[1:] == ["edges"]:
        for (a, b), n in sorted(edges.items()):
            print("%-8s -> %-8s %3d" % (a, b, n))
        return 0
    check_sizes(files)
    check_places(files)
    check_headers(files)
    skipped = check_format(files)
    for text in problems:
        print("not ok: " + text)
    print("house: %d passed, %d failed, %d skipped"
          % (checks - len(problems), len(problems), skipped))
    return 1 if problems else 0


sys.exit(main())
