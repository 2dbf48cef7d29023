"""The Debian package in a bare Debian: installed, filled, backed up, lost, restored, moved on.

The first database is the package's own SQLite file; then two MariaDB servers outside the chroot,
with accounts of different names, stand in for two machines.
"""

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pymysql
import pytest

from sippulse_ws.db.schema.revisions import NEWEST
from tests.deploy.debian import ROOT, Debian, bare_debian
from tests.mariadb import PrivateMariaDB

PATIENCE = 120  # seconds
CONFIG = "etc/sippulse-ws/settings.toml"

pytestmark = [pytest.mark.chroot, pytest.mark.timeout(1800)]


class RunningServer:
    """What the unit starts, without systemd."""

    def __init__(self, debian: Debian) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = listener.getsockname()[1]
        command = debian.command(
            "sippulse-ws", "serve", "--port", str(self.port), "--workers", "1", user="sippulse-ws"
        )
        self._process = subprocess.Popen(command, start_new_session=True)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=10):
                    return
            except (URLError, OSError):
                time.sleep(0.3)
        pytest.fail("the server is not ready")

    def stop(self) -> None:
        with suppress(ProcessLookupError):  # it has ended, and said why
            os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(PATIENCE)


@pytest.fixture(scope="module")
def debian() -> Iterator[Debian]:
    """With the package installed, which is built while Debian is made."""
    if os.geteuid() != 0:
        pytest.fail("a chroot needs root")
    building = subprocess.Popen(["make", "-s", "deb"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with bare_debian() as made:
        said, _ = building.communicate()
        assert building.returncode == 0, said
        (package,) = (ROOT / "dist").glob("sippulse-ws_*.deb")
        shutil.copy(package, made.folder / "tmp" / "sippulse-ws.deb")
        made.run("dpkg", "-i", "/tmp/sippulse-ws.deb")
        yield made


@pytest.fixture(scope="module")
def machines() -> Iterator[list[tuple[str, PrivateMariaDB]]]:
    """Two database servers, each with an account and a database of its own name."""
    servers = [PrivateMariaDB(), PrivateMariaDB()]
    found = []
    for name, server in zip(("first", "second"), servers, strict=True):
        password = secrets.token_urlsafe(9)
        connection = pymysql.connect(host="127.0.0.1", port=server.port, user="root")
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE sp_{name} CHARACTER SET utf8mb4")
            cursor.execute(f"CREATE USER {name}@'127.0.0.1' IDENTIFIED BY '{password}'")
            cursor.execute(f"GRANT ALL ON sp_{name}.* TO {name}@'127.0.0.1'")
        connection.close()
        url = f"mysql+pymysql://{name}:{password}@127.0.0.1:{server.port}/sp_{name}?charset=utf8mb4"
        found.append((url, server))
    yield found
    for server in servers:
        server.stop()


def configure(debian: Debian, url: str) -> None:
    file = debian.folder / CONFIG
    text = re.sub(
        r"^database_url = .*$", f'database_url = "{url}"', file.read_text(), flags=re.MULTILINE
    )
    file.write_text(text)


def test_the_package_installs_what_debian_expects(debian: Debian) -> None:
    status = debian.run("dpkg", "-s", "sippulse-ws")
    assert "Status: install ok installed" in status
    assert debian.run("getent", "passwd", "sippulse-ws").startswith("sippulse-ws:")
    found = debian.run("stat", "-c", "%a %U %G", "/etc/sippulse-ws/settings.toml")
    assert found == "640 root sippulse-ws\n"
    for path in (
        "/usr/lib/systemd/system/sippulse-ws.service",
        "/usr/share/man/man1/sippulse-ws.1.gz",
        "/usr/share/man/man1/sippulse-ws-backup.1.gz",
        "/etc/logrotate.d/sippulse-ws",
        "/usr/share/doc/sippulse-ws/examples/nginx/sippulse-ws.conf",
    ):
        debian.run("test", "-s", path)


def test_it_serves_at_once_on_sqlite(debian: Debian) -> None:
    server = RunningServer(debian)
    try:
        server.wait_until_ready()
    finally:
        server.stop()


def test_its_life_on_two_machines(
    debian: Debian, machines: list[tuple[str, PrivateMariaDB]]
) -> None:
    """Filled, backed up, destroyed, restored on another machine's account, down and up again."""
    try:
        live(debian, machines)
    finally:
        configure(debian, "sqlite:////var/lib/sippulse-ws/sippulse.db")  # for the other tests


def live(debian: Debian, machines: list[tuple[str, PrivateMariaDB]]) -> None:
    (first, server), (second, _) = machines
    backup = "/var/lib/sippulse-ws/backup"
    configure(debian, first)
    debian.ours("db", "upgrade")
    debian.ours("db", "demo")
    debian.ours("backup", "create", backup)
    before = debian.ours("admin", "list")
    server.stop()

    configure(debian, second)
    restored = debian.ours("backup", "restore", backup)
    assert "DIFFERENT" not in restored
    assert debian.ours("admin", "list") == before
    doctor: Any = debian.run("sippulse-ws", "doctor", user="sippulse-ws", status=1)
    assert "error" not in doctor, doctor

    running = RunningServer(debian)
    try:
        running.wait_until_ready()
    finally:
        running.stop()

    said = debian.ours("db", "downgrade", "0006", "--yes")
    assert "the schema is at 0006" in said
    assert "run: sippulse-ws db upgrade" in debian.ours("admin", "list", status=1)
    debian.ours("db", "upgrade")
    assert debian.ours("admin", "list") == before
    assert NEWEST in debian.run("sippulse-ws", "doctor", user="sippulse-ws", status=1)


def test_data_survive_the_package(debian: Debian) -> None:
    debian.run("dpkg", "-r", "sippulse-ws")
    debian.run("test", "-s", "/var/lib/sippulse-ws/sippulse.db")
    debian.run("test", "-s", "/etc/sippulse-ws/settings.toml")
    debian.run("dpkg", "-P", "sippulse-ws")
    debian.run("test", "!", "-e", "/etc/sippulse-ws/settings.toml")
    debian.run("test", "-s", "/var/lib/sippulse-ws/sippulse.db")
    debian.run("dpkg", "-i", "/tmp/sippulse-ws.deb")  # for the other tests
