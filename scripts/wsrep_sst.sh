#!/usr/bin/env bash
# What copies a Galera node to a new one (wsrep_sst_…), into .tools/: it belongs to mariadb-server, which
# as an installed package would start a server of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
to=$PWD/.tools/wsrep_sst
[ ! -x "$to/wsrep_sst_mariabackup" ] || exit 0

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
(
    cd "$folder"
    apt-get -qq download mariadb-server || { apt-get -qq update && apt-get -qq download mariadb-server; }
    dpkg -x mariadb-server_*.deb .
)
mkdir -p "$to"
cp "$folder"/usr/bin/wsrep_sst_* "$to"
