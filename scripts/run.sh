#!/usr/bin/env bash
# Serves this checkout on an SQLite database under var/, with demo data at the first run.
# Usage: scripts/run.sh [-y] [OPTION…]   (options of `sippulse-ws serve`; -y asks nothing)
set -euo pipefail
cd "$(dirname "$0")/.."

host=127.0.0.1 port=8080 options=()
while [ $# -gt 0 ]; do
    case $1 in
        -y) export YES=1 ;;
        --host=*) host=${1#*=} ;;
        --port=*) port=${1#*=} ;;
        --host | --port)
            [ $# -gt 1 ] || { echo "$1 needs a value" >&2; exit 2; }
            declare "${1#--}=$2"
            shift ;;
        *) options+=("$1") ;;
    esac
    shift
done

# What developing needs is five times as large, and not needed here.
scripts/venv.sh .venv-run main
mkdir -p var
export SIPPULSE_DATABASE_URL=${SIPPULSE_DATABASE_URL:-sqlite:///var/sippulse.db}
.venv-run/bin/sippulse-ws db upgrade
case $host in 0.0.0.0 | :: | \*) shown=127.0.0.1 ;; *) shown=$host ;; esac
.venv-run/bin/sippulse-ws db demo --url "http://$shown:$port"
exec .venv-run/bin/sippulse-ws serve --host "$host" --port "$port" ${options[@]+"${options[@]}"}
