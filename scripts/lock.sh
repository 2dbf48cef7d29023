#!/usr/bin/env bash
# Locks all dependencies: versions and hashes for every Python and platform we support.
# Usage: scripts/lock.sh [--upgrade]
set -euo pipefail
cd "$(dirname "$0")/.."

uv=.tools/uv/bin/uv
if [ ! -x $uv ]; then
    "${PYTHON:-python3}" -m venv .tools/uv
    .tools/uv/bin/pip install --quiet "uv>=0.9,<1"
fi

lock() { # lock OUTPUT ARGUMENTS…: what stands in OUTPUT stays, unless --upgrade is given
    local output=requirements/$1.txt
    shift
    $uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
        --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
        --output-file "$output" "$@"
    grep -c == "$output" | sed "s|^|$output: |; s|$| packages|"
}

lock build "$@" --group build
lock main "$@" pyproject.toml
lock dev "$@" pyproject.toml --group dev --constraint requirements/main.txt
lock fast "$@" pyproject.toml --extra fast --constraint requirements/main.txt
lock parquet "$@" pyproject.toml --extra parquet --constraint requirements/main.txt
lock openapi "$@" --group openapi

# The lowest versions that pyproject.toml allows, with the tests' own tools as they are in dev.txt.
tools=$(mktemp)
trap 'rm -f "$tools"' EXIT
for tool in aiosmtpd hypothesis pytest-randomly pytest-timeout pytest-xdist requests \
    standardwebhooks suds-community zeep; do
    grep -o "^$tool==[^ ]*" requirements/dev.txt >>"$tools"
done
extras=(--extra excel --extra otel --extra parquet --extra testing)
lock lowest "$@" pyproject.toml "$tools" "${extras[@]}" --resolution lowest-direct
