#!/bin/bash
# installcheck.sh [TEST...]: regression and isolation tests of the installed
# extension, in servers of their own.
#
# What PGXS's own installcheck would do, with two differences.  A server does
# not run as root: root's run goes through a copy of the tests that the
# postgres user owns.  And output_plugin_libraries is set where the server has
# it; an older minor version would not start with it.
#
# Without arguments every test runs; else those named.
set -euo pipefail
cd "$(dirname "$0")/../.."
PG_CONFIG=${PG_CONFIG:-pg_config}
bindir=$("$PG_CONFIG" --bindir)
tools=$(dirname "$("$PG_CONFIG" --pgxs)")/../../src/test
# The test programs do not care whose server they test; some installations
# have broken ones, or none.
if ! "$tools/regress/pg_regress" --version >/dev/null 2>&1; then
	tools=/usr/lib/postgresql/15/lib/pgxs/src/test
fi

if [ ! -e "$("$PG_CONFIG" --pkglibdir)/wal2kafka.so" ]; then
	echo "wal2kafka is not installed there: run \"make install\" first" >&2
	exit 1
fi

regress=() isolation=()
for file in sql/*.sql; do
	name=$(basename "$file" .sql)
	case $name in *--*) continue ;; esac
	[ -e "expected/$name.out" ] && regress+=("$name")
done
for file in test/isolation/specs/*.spec; do
	[ -e "$file" ] && isolation+=("$(basename "$file" .spec)")
done
if [ $# -gt 0 ]; then
	wanted=" $* "
	keep() { local t; for t in "$@"; do [[ $wanted == *" $t "* ]] && echo "$t"; done; true; }
	mapfile -t regress < <(keep "${regress[@]}")
	mapfile -t isolation < <(keep "${isolation[@]}")
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/wal2kafka-check.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/test"
cp -r sql expected "$work/"
[ -d test/isolation ] && cp -r test/isolation "$work/test/"
cp test/logical.conf "$work/temp.conf"

as_user() { "$@"; }
if [ "$(id -u)" = 0 ]; then
	chown -R postgres "$work"
	as_user() {
		setpriv --reuid=postgres --regid=postgres --clear-groups \
			env HOME="$work" TMPDIR="$work" "$@"
	}
fi
if (cd "$work" && as_user "$bindir/postgres" --describe-config) |
	grep '^output_plugin_libraries' >/dev/null; then
	echo "output_plugin_libraries = 'pgoutput, test_decoding, wal2kafka'" \
		>> "$work/temp.conf"
fi

port=$((${W2K_PORT_BASE:-$((20000 + RANDOM % 9000))} + 390))
failed=0
# A server that finds no room for its socket's name under a deep folder fails.
run() { # program, folder, names...
	local program=$1 out=$2
	shift 2
	(cd "$work" && as_user "$tools/$program" --bindir="$bindir" \
		--temp-instance="$work/instance" --temp-config="$work/temp.conf" \
		--port="$port" --no-locale --encoding=UTF8 "$@") || {
		failed=1
		rm -rf "$out"
		mkdir -p "$out"
		find "$work" -name 'regression.*' -exec cp {} "$out/" \;
		cp -r "$work/instance/log" "$work/results" "$out/" 2>/dev/null || true
		cp -r "$work/log" "$out/" 2>/dev/null || true
		[ -d "$work/output_iso" ] && cp -r "$work/output_iso" "$out/"
		cat "$out"/regression.diffs 2>/dev/null | head -300 || true
		echo "results and logs are in $out" >&2
	}
	rm -rf "$work/instance"
}
if [ ${#regress[@]} -gt 0 ]; then
	run regress/pg_regress log/regress \
		--inputdir=. --outputdir=. --dbname=contrib_regression "${regress[@]}"
fi
if [ ${#isolation[@]} -gt 0 ]; then
	(cd "$work" && as_user mkdir -p output_iso)
	run isolation/pg_isolation_regress log/isolation \
		--inputdir=test/isolation --outputdir=output_iso \
		--dbname=isolation_regression "${isolation[@]}"
fi
[ ${#regress[@]} -gt 0 ] || [ ${#isolation[@]} -gt 0 ] || echo "no tests"
exit $failed
