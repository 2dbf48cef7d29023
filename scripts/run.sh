#!/usr/bin/env bash
# Serves this checkout on an SQLite database under var/, with demo data at the first run.
# Usage: scripts/run.sh [OPTION…]   (options of `sippulse-ws serve`)
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/venv.sh .venv dev
mkdir -p var
export SIPPULSE_DATABASE_URL=${SIPPULSE_DATABASE_URL:-sqlite:///var/sippulse.db}
.venv/bin/sippulse-ws db upgrade
.venv/bin/sippulse-ws db demo
exec .venv/bin/sippulse-ws serve --host 127.0.0.1 --port 8080 "$@"
