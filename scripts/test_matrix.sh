#!/usr/bin/env bash
# Runs the tests on newer systems, each a Debian of its own under var/matrix/, and prints the table
# that stands in docs/compatibility.md. Root only; some 20 minutes, most of them for the first time.
# Usage: scripts/test_matrix.sh [trixie] [sid]
# MIRROR= chooses another place than debootstrap's own; PYTEST= has options for the tests.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "Chroots need root" >&2; exit 1; }

# All that is mounted belongs to this process, and is gone with it.
[ -n "${MATRIX_INSIDE:-}" ] || MATRIX_INSIDE=1 exec unshare --mount "$0" "$@"

home=$PWD/var/matrix
tools=ca-certificates,curl,gcc,git,haproxy,make,openssl,procps,python3-dev,python3-venv
proxy=kamailio,kamailio-mysql-modules,kamailio-extra-modules
declare -A packages=(
    [trixie]=$tools,$proxy,mariadb-server-core,mariadb-client,libmariadb-dev,pkgconf
    [sid]=$tools,$proxy,mysql-server-core,mysql-client,default-libmysqlclient-dev,pkgconf
)

inside() { # inside SUITE COMMAND…: in its /src, with nothing of this shell but what pip needs
    local root=$home/$1 kept
    shift
    mapfile -t kept < <(env | grep -E '^(PIP_INDEX|PIP_CERT|SSL_CERT|REQUESTS_CA|https?_proxy=|no_proxy=)')
    env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        CI=1 DEBIAN_FRONTEND=noninteractive "${kept[@]}" \
        chroot "$root" sh -c 'cd /src && exec "$@"' sh "$@" </dev/null
}

prepare() { # prepare SUITE: the system, what it needs, and this project in /src
    local root=$home/$1 log=$home/$1.log
    mkdir -p "$home"
    if [ ! -e "$root/var/lib/dpkg/info/make.list" ]; then
        echo "== $1: making a system (see $log)"
        [ -e "$root/etc/debian_version" ] || debootstrap --variant=minbase "$1" "$root" ${MIRROR:-} >"$log" 2>&1
    fi
    mount --rbind /dev "$root/dev"
    mount -t proc proc "$root/proc"
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    mkdir -p "$root/src"
    # a mirror may have stood still for longer than a release file of sid is valid
    inside "$1" sh -c 'apt-get -o Acquire::Check-Valid-Until=false update &&
        apt-get install --yes --no-install-recommends "$@"' \
        sh ${packages[$1]//,/ } >>"$log" 2>&1
    # whom this machine trusts, its copy trusts
    cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
    find "$root/src" -mindepth 1 -maxdepth 1 ! -name '.venv*' -exec rm -rf {} +
    git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
        [ ! -e "$file" ] || printf '%s\0' "$file"
    done | tar --create --null --files-from=- | tar --extract --directory "$root/src"
    inside "$1" git init --quiet
    inside "$1" make --silent venv
}

rows=() status=0
run() { # run SUITE WHAT COMMAND…: one line of the table
    local suite=$1 what=$2 log=$home/$1-$((${#rows[@]} + 1)).txt
    shift 2
    echo "== $suite: $what (see $log)"
    nice bash -c '"$@"' sh inside_exported "$suite" "$@" >"$log" 2>&1 || true
    local said
    said=$(grep -aE '[0-9]+ (passed|failed|error)' "$log" | tail -n 1 | tr -d '=' | xargs)
    said=${said% in *}
    [[ -n $said && $said != *failed* && $said != *error* ]] || status=1
    rows+=("| $suite | $what | ${said:-did not run} |")
    echo "   ${said:-did not run}"
}
inside_exported() { inside "$@"; }
export -f inside inside_exported
export home

version() { inside "$@" 2>&1 | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1; }

for suite in "${@:-trixie sid}"; do
    for one in $suite; do
        prepare "$one"
        python="CPython $(version "$one" python3 --version)"
        kamailio="Kamailio $(version "$one" kamailio -v)"
        pytest=(.venv/bin/pytest -n auto ${PYTEST:-})
        if [ "$one" = trixie ]; then
            server="MariaDB $(version "$one" mariadbd --version)" with=()
        else
            server="MySQL $(version "$one" mysqld --version)" with=(.venv/bin/python -m tests.mysql)
        fi
        run "$one" "$python, SQLite" "${pytest[@]}" --engine sqlite
        run "$one" "$python, $server" "${with[@]}" "${pytest[@]}" --engine mariadb
        run "$one" "$kamailio, $server" "${with[@]}" .venv/bin/pytest -m sip tests/sip
    done
done

printf '\n| Debian | system | tests |\n|---|---|---|\n'
printf '%s\n' "${rows[@]}"
exit $status
