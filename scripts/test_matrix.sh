#!/usr/bin/env bash
# Runs unit, contract, integration, race, binary log and SIP tests on newer systems, each a Debian of its
# own under var/matrix/, both at a time, and prints the table that stands in docs/compatibility.md. Root only; some 20 minutes, and as many
# again the first time.
# Usage: scripts/test_matrix.sh [SYSTEM…] [-- COMMAND…]   (systems: trixie, sid)
# With a COMMAND it runs that inside instead of the tests: … sid -- .venv/bin/pytest tests/unit
# MIRROR= is another place than debootstrap's own; PARTS= (sqlite database sip) leaves some out;
# PYTEST= has options for all tests.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "Chroots need root" >&2; exit 1; }

# All that is mounted or started belongs to this process, and is gone with it.
[ -n "${MATRIX_INSIDE:-}" ] ||
    MATRIX_INSIDE=1 exec unshare --mount --pid --fork --kill-child "$0" "$@"

systems=() command=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do systems+=("$1"); shift; done
[ $# -eq 0 ] || command=("${@:2}")
[ ${#systems[@]} -gt 0 ] || systems=(trixie sid)

home=$PWD/var/matrix
tools=ca-certificates,curl,gcc,git,haproxy,make,openssl,procps,python3-dev,python3-venv
proxy=kamailio,kamailio-mysql-modules,kamailio-extra-modules
declare -A packages=(
    [trixie]=$tools,$proxy,mariadb-server-core,mariadb-client
    [sid]=$tools,$proxy,mysql-server-core,mysql-client
)

inside() { # inside SYSTEM COMMAND…: in its /src, with nothing of this shell but what pip needs
    local root=$home/$1 kept
    shift
    mapfile -t kept < <(env | grep -E '^(PIP_INDEX|PIP_CERT|SSL_CERT|REQUESTS_CA|https?_proxy=|no_proxy=)')
    env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        CI=1 DEBIAN_FRONTEND=noninteractive "${kept[@]}" \
        chroot "$root" sh -c 'cd /src && exec "$@"' sh "$@" </dev/null
}

prepare() { # prepare SYSTEM: Debian, what the tests need, and this project in /src
    local root=$home/$1 log=$home/$1.log
    # a system is made under another name, so that half a one is none
    if [ ! -e "$root" ]; then
        rm -rf "$root.part"
        debootstrap --variant=minbase "$1" "$root.part" ${MIRROR:-} >"$log" 2>&1
        mv "$root.part" "$root"
    fi
    mount --rbind /dev "$root/dev"
    mount -t proc proc "$root/proc"
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    mkdir -p "$root/src"
    # a mirror may have stood still for longer than a release file of sid is valid
    inside "$1" sh -c 'dpkg-query --status "$@" >/dev/null 2>&1 || {
        apt-get -o Acquire::Check-Valid-Until=false update &&
        apt-get install --yes --no-install-recommends "$@"; }' \
        sh ${packages[$1]//,/ } >>"$log" 2>&1
    # whom this machine trusts, its copy trusts
    cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
    find "$root/src" -mindepth 1 -maxdepth 1 ! -name '.venv*' -exec rm -rf {} +
    git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
        [ ! -e "$file" ] || printf '%s\0' "$file"
    done | tar --create --null --files-from=- | tar --extract --directory "$root/src"
    inside "$1" git init --quiet
    inside "$1" make --silent venv >>"$log" 2>&1
}

run() { # run SYSTEM PART WHAT COMMAND…: one line of the table
    local system=$1 part=$2 what=$3 log=$home/$1-$2.txt said
    shift 3
    [[ " ${PARTS:-sqlite database sip} " == *" $part "* ]] || return 0
    nice bash -c 'inside "$@"' sh "$system" "$@" >"$log" 2>&1 || true
    said=$(grep -aE '[0-9]+ (passed|failed|error)' "$log" | tail -n 1 | tr -d '=' | xargs) || true
    said=${said% in *}
    echo "| $system | $what | ${said:-did not run} |" | tee -a "$home/$system.rows"
}
export -f inside
export home

version() { inside "$@" 2>&1 | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1; }

test_system() { # test_system SYSTEM
    local python kamailio server with=() pytest=(.venv/bin/pytest -n 2 ${PYTEST:-})
    local rooms=(tests/unit tests/contract tests/integration tests/races)
    local logs=(tests/e2e/test_binary_log.py tests/e2e/test_point_in_time.py)
    python="CPython $(version "$1" python3 --version)"
    kamailio="Kamailio $(version "$1" kamailio -v)"
    if [ "$1" = trixie ]; then
        server="MariaDB $(version "$1" mariadbd --version)"
    else
        server="MySQL $(version "$1" mysqld --version)"
        with=(.venv/bin/python -m tests.mysql)
    fi
    run "$1" sqlite "$python, SQLite" "${pytest[@]}" --engine sqlite "${rooms[@]}"
    run "$1" database "$python, $server" \
        "${with[@]}" "${pytest[@]}" --engine mariadb --timeout 900 "${rooms[@]}" "${logs[@]}"
    run "$1" sip "$kamailio, $server" \
        "${with[@]}" .venv/bin/pytest ${PYTEST:-} --engine mariadb -m sip --timeout 900 tests/sip
}

mkdir -p "$home"
working=()
for system in "${systems[@]}"; do
    : >"$home/$system.rows"
    echo "== $system: see $home/$system.log"
    prepare "$system"
    if [ ${#command[@]} -gt 0 ]; then
        inside "$system" "${command[@]}"
    else
        test_system "$system" &
        working+=($!)
    fi
done
[ ${#command[@]} -eq 0 ] || exit 0
wait "${working[@]}"

rows=$(for system in "${systems[@]}"; do cat "$home/$system.rows"; done)
printf '\n| Debian | what | tests |\n|---|---|---|\n%s\n' "$rows"
[[ -n $rows && ! $rows =~ failed|error|"did not run" ]]
