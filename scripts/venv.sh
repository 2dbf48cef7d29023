#!/usr/bin/env bash
# Makes or refreshes a virtual environment with the locked packages and this project, editable.
# Usage: scripts/venv.sh FOLDER LOCK…   (LOCK: main, dev, fast, parquet; see requirements/)
# PYTHON= chooses the interpreter. Takes no time when nothing has changed.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=$1
shift
python=${PYTHON:-python3}
locks=(requirements/build.txt)
requirements=()
for lock in "$@"; do
    locks+=("requirements/$lock.txt")
    requirements+=(--requirement "requirements/$lock.txt")
done

if ! command -v "$python" >/dev/null; then
    echo "No $python here; install Python 3.11 to 3.14, or name one with PYTHON=" >&2
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))'; then
    echo "$("$python" --version) is not supported; name a Python 3.11 to 3.14 with PYTHON=" >&2
    exit 1
fi
# Before the stamp: this may bring a newer Python along.
scripts/debian.sh python-venv=python3-venv
stamp=$({ "$python" -c 'import sys; print(sys.version, sys.base_prefix)'
          sed "/^\[tool\./,\$d" pyproject.toml  # its tool settings change no environment
          cat "${locks[@]}"; } | sha256sum)
[ "$(cat "$venv/.stamp" 2>/dev/null)" != "$stamp" ] || exit 0

if [[ " $* " == *" fast "* ]]; then # mysqlclient is compiled here
    scripts/debian.sh cc=gcc mariadb_config=libmariadb-dev pkg-config=pkg-config \
        python-headers=python3-dev
fi
# What only serves is kept small: no bytecode but of what runs, and no tools that made packages.
slim=()
[ "$*" != main ] || slim=(--no-compile)
echo "Making $venv ($("$python" --version), ${locks[*]})"
rm -rf "$venv"
"$python" -m venv "$venv"
pip() { "$venv/bin/python" -m pip --quiet --disable-pip-version-check "$@" </dev/null; }
pip install "${slim[@]}" --require-hashes --requirement requirements/build.txt
# Without build isolation source packages are built by the locked tools just installed.
pip install "${slim[@]}" --require-hashes --no-build-isolation "${requirements[@]}"
pip install "${slim[@]}" --no-deps --no-build-isolation --editable .
if [ ${#slim[@]} -gt 0 ]; then
    # those of requirements/build.txt, in so far as nothing that runs is among them; pip at last
    mapfile -t tools < <(comm -23 <(sed -n 's/^\([a-z0-9._-]*\)==.*/\1/p' requirements/build.txt | sort) \
        <(sed -n 's/^\([a-z0-9._-]*\)==.*/\1/p' requirements/main.txt | sort))
    pip uninstall --yes "${tools[@]}" setuptools pip >/dev/null 2>&1
    # their packages' own tests, sources and debugging symbols
    find "$venv"/lib -depth -type d \( -name __pycache__ -o -name test -o -name tests -o -name testing \) \
        -exec rm -rf {} +
    find "$venv"/lib -type f -name '*.p[yx][xdi]' -delete
    ! command -v strip >/dev/null || find "$venv"/lib -name '*.so' -exec strip --strip-unneeded {} +
fi
echo "$stamp" >"$venv/.stamp"
