#!/usr/bin/env bash
# Sees to it that programs are there.
# Usage: scripts/debian.sh COMMAND=PACKAGE…
# A COMMAND is looked up in PATH and /usr/sbin; one that begins with / is a file's pattern. As root
# on Debian the PACKAGE of a missing one is installed, after asking on a terminal unless CI or YES is
# set (make ARGS=-y for `make run`, YES=1 for all); otherwise one line names all that is missing,
# and the script fails.
set -euo pipefail
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

missing=()
for pair in "$@"; do
    case ${pair%%=*} in
        python-venv) "${PYTHON:-python3}" -c "import ensurepip" 2>/dev/null || missing+=("${pair#*=}") ;;
        python-headers) "${PYTHON:-python3}" -c 'import os, sysconfig as s, sys; sys.exit(
            not os.path.exists(s.get_path("include") + "/Python.h"))' || missing+=("${pair#*=}") ;;
        /*) compgen -G "${pair%%=*}" >/dev/null || missing+=("${pair#*=}") ;;
        php-soap) php -m 2>/dev/null | grep -qix soap || missing+=("${pair#*=}") ;;
        php-mysql) php -m 2>/dev/null | grep -qix pdo_mysql || missing+=("${pair#*=}") ;;
        *) command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}") ;;
    esac
done
[ ${#missing[@]} -gt 0 ] || exit 0
mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Missing: install ${missing[*]} (Debian: apt-get install ${missing[*]})" >&2
    exit 1
fi
# A person is asked; where there is none to ask (CI, no terminal), the command is answer enough.
if [ -z "${CI:-}${YES:-}" ] && [ -t 0 ] && [ -t 2 ]; then
    read -r -p "Install ${missing[*]} with apt-get? [Y/n] " answer </dev/tty
    case $answer in
        "" | [YySs]*) ;;
        *) echo "Not installed: ${missing[*]}" >&2; exit 1 ;;
    esac
fi
echo "Installing ${missing[*]}"
if command -v flock >/dev/null; then # targets that run beside each other
    exec 9>"${TMPDIR:-/tmp}/sippulse-ws-debian.lock"
    flock 9
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
if ! { apt-get update && apt-get install --yes --no-install-recommends "${missing[@]}"; } \
    >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    echo "Could not install ${missing[*]}; see $log" >&2
    exit 1
fi
rm -f "$log"
