#!/usr/bin/env bash
# Runs the suite on every supported CPython of this machine: those in PATH and pyenv's.
# Usage: scripts/test_pythons.sh [pytest OPTION…]
set -euo pipefail
cd "$(dirname "$0")/.."

find_python() { # find_python 3.12: an interpreter of that version that works
    local candidate
    for candidate in $(type -ap "python$1") \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$1"*/bin/python; do
        # pyenv's shims are there for versions that aren't chosen, too; they don't run.
        if [ "$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" \
            = "$1" ]; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return
        fi
    done
}

found=() missing=() failed=()
for version in 3.11 3.12 3.13 3.14; do
    python=$(find_python $version)
    if [ -z "$python" ]; then
        missing+=("$version")
        continue
    fi
    found+=("$version")
    echo "== CPython $version: $python"
    PYTHON=$python scripts/venv.sh ".venv-$version" dev
    ".venv-$version/bin/pytest" "$@" || failed+=("$version")
done

echo "== Found: ${found[*]:-none}. Not found: ${missing[*]:-none}. Failed: ${failed[*]:-none}."
[ ${#found[@]} -gt 0 ] && [ ${#failed[@]} -eq 0 ]
