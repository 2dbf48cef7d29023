#!/usr/bin/env bash
# Builds the Debian package into dist/, for the Python of the Debian it runs on.
# Usage: scripts/deb.sh
set -euo pipefail
cd "$(dirname "$0")/.."

python=/usr/bin/python3
scripts/debian.sh python-venv=python3-venv dpkg-deb=dpkg gzip=gzip
version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' src/sippulse_ws/__init__.py)
series=$($python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
next=$($python -c 'import sys; print("%d.%d" % (sys.version_info[0], sys.version_info[1] + 1))')
architecture=$(dpkg --print-architecture)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root

# Packages by their locked hashes; the tools that make them stay outside.
$python -m venv "$work/venv"
pip() { "$work/venv/bin/python" -m pip --quiet --disable-pip-version-check "$@" </dev/null; }
pip install --require-hashes --requirement requirements/build.txt
pip wheel --require-hashes --no-build-isolation --wheel-dir "$work/wheels" \
    --requirement requirements/main.txt
pip wheel --no-deps --no-build-isolation --wheel-dir "$work/wheels" .
pip install --no-index --no-deps --no-compile --target "$root/usr/lib/sippulse-ws" "$work"/wheels/*.whl
rm -rf "$root/usr/lib/sippulse-ws/bin"

install -D -m 0755 deploy/debian/launcher "$root/usr/bin/sippulse-ws"
install -D -m 0644 deploy/systemd/sippulse-ws.service \
    "$root/usr/lib/systemd/system/sippulse-ws.service"
install -D -m 0640 deploy/debian/settings.toml "$root/etc/sippulse-ws/settings.toml"
install -D -m 0640 deploy/debian/default "$root/etc/default/sippulse-ws"
install -D -m 0644 deploy/debian/logrotate "$root/etc/logrotate.d/sippulse-ws"
doc=$root/usr/share/doc/sippulse-ws
mkdir -p "$doc/examples"
cp -r README.md README.pt-BR.md docs "$doc/"
cp -r deploy/nginx deploy/caddy deploy/prometheus deploy/kamailio "$doc/examples/"
cp LICENSE "$doc/copyright"
gzip -9n <CHANGELOG.md >"$doc/changelog.gz"
mkdir -p "$root/usr/share/man/man1"
PYTHONPATH=$root/usr/lib/sippulse-ws $python -B scripts/man.py "$root/usr/share/man/man1"
gzip -9n "$root"/usr/share/man/man1/*.1
find "$root" -name __pycache__ -type d -prune -exec rm -rf {} +

mkdir -p "$root/DEBIAN"
for script in postinst prerm postrm; do
    install -m 0755 deploy/debian/$script "$root/DEBIAN/$script"
done
printf '/etc/sippulse-ws/settings.toml\n/etc/default/sippulse-ws\n/etc/logrotate.d/sippulse-ws\n' \
    >"$root/DEBIAN/conffiles"
cat >"$root/DEBIAN/control" <<CONTROL
Package: sippulse-ws
Version: $version
Architecture: $architecture
Maintainer: sippulse-ws developers <sippulse-ws@localhost>
Section: comm
Priority: optional
Installed-Size: $(du -ks "$root" | cut -f1)
Depends: python3 (>= $series), python3 (<< $next~), adduser, util-linux
Recommends: mariadb-client
Suggests: mariadb-server, nginx | caddy, prometheus
Description: SOAP provisioning API of the SIPPulse PCRT softswitch
 A drop-in compatible server for the SOAP web services of the SIPPulse PCRT
 softswitch: subscribers, credit, DIDs, rates and call records, on SQLite or
 MariaDB, for a stock Kamailio or OpenSIPS.
CONTROL
mkdir -p dist
file=dist/sippulse-ws_${version}_$architecture.deb
dpkg-deb --root-owner-group --build "$root" "$file" >/dev/null
echo "$file ($(du -m "$file" | cut -f1) MB, Python $series)"
