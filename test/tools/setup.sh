#!/bin/bash
# setup.sh base|test: install with apt what is missing, as root; for others
# say what to install.  The machine's own PostgreSQL cluster is left alone, and
# none is made where PostgreSQL comes with this.
set -euo pipefail
packages=(postgresql-15 postgresql-server-dev-15 librdkafka-dev
	libcurl4-openssl-dev libjansson-dev libprotobuf-c-dev protobuf-c-compiler
	kcat gcc make python3)
if [ "${1:-base}" = test ]; then
	packages+=(libipc-run-perl default-jdk-headless maven curl gpgv patchelf
		unzip python3-pip clang-format valgrind libc6-dbg locales
		postgresql-15-postgis-3)
fi

missing=()
for package in "${packages[@]}"; do
	dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null |
		grep -qx installed || missing+=("$package")
done
# Another Java 17 or later serves as well.
if command -v java >/dev/null && command -v javac >/dev/null; then
	missing=("${missing[@]/default-jdk-headless/}")
fi
read -ra missing <<< "${missing[*]-}"
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ]; then
	echo "please install: apt-get install ${missing[*]}" >&2
	exit 1
fi
echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
case " ${missing[*]} " in
*" postgresql-15 "*)
	apt-get install -y -qq --no-install-recommends postgresql-common
	conf=/etc/postgresql-common/createcluster.conf
	cp -a $conf $conf.wal2kafka
	echo "create_main_cluster = false" >> $conf
	restore() { mv $conf.wal2kafka $conf; }
	trap restore EXIT
	;;
esac
apt-get install -y -qq --no-install-recommends "${missing[@]}"
