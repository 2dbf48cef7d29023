"""The processes of `serve`: killed, orphaned, started beside another, or before the database."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
import sqlalchemy as sa

from tests.e2e.gate import Gate
from tests.fixtures.server import PROGRAM, Server

PATIENCE = 60  # seconds; the machine may be busy with other tests

sqlite = pytest.mark.engines("sqlite")


def eventually(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def workers(server: Server) -> set[int]:
    """Those that serve: the background process is another program."""
    found = set()
    for pid in server.workers():
        command = Path(f"/proc/{pid}/cmdline")
        if command.exists() and b"serve" in command.read_bytes():
            found.add(pid)
    return found


def answers(server: Server) -> bool:
    try:
        return requests.get(f"{server.base}/healthz", timeout=PATIENCE).ok
    except requests.RequestException:
        return False


def lives(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    try:
        return state.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@sqlite
def test_killed_workers_come_back_as_often_as_it_happens(
    installed_url: str, tmp_path: Path
) -> None:
    server = Server(installed_url, tmp_path / "log")
    eventually(lambda: len(workers(server)) == 2)
    for _ in range(6):  # twice within five seconds ended the whole server
        for pid in workers(server):
            os.kill(pid, signal.SIGKILL)
        eventually(lambda: answers(server))
    eventually(lambda: len(workers(server)) == 2)
    assert server.post("DomainWS", "listDomains", "").ok
    server.stop()


@sqlite
def test_workers_are_replaced_by_sighup_one_after_the_other(
    installed_url: str, tmp_path: Path
) -> None:
    server = Server(installed_url, tmp_path / "log")
    eventually(lambda: len(workers(server)) == 2)
    before = workers(server)
    os.kill(server.pid, signal.SIGHUP)
    eventually(lambda: len(workers(server)) == 2 and not workers(server) & before)
    assert server.post("DomainWS", "listDomains", "").ok
    server.stop()


@sqlite
def test_workers_end_with_their_master(installed_url: str, tmp_path: Path) -> None:
    server = Server(installed_url, tmp_path / "log")
    eventually(lambda: len(workers(server)) == 2)
    left = workers(server)
    os.kill(server.pid, signal.SIGKILL)
    eventually(lambda: not any(map(lives, left)))
    server.stop()


def serve_status(port: int, host: str, url: str) -> tuple[int, list[str]]:
    """Of a server that cannot start, and what it says."""
    ended = subprocess.run(
        [PROGRAM, "serve", "--host", host, "--port", str(port)],
        env=os.environ | {"SIPPULSE_DATABASE_URL": url, "SIPPULSE_LANGUAGE": "en"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return ended.returncode, (ended.stdout + ended.stderr).splitlines()


@sqlite
def test_an_occupied_port_and_a_bad_address_are_told_in_one_line(
    installed_url: str, tmp_path: Path
) -> None:
    server = Server(installed_url, tmp_path / "log", ("--host", "localhost"))
    status, (line,) = serve_status(server.port, "127.0.0.1", installed_url)
    assert status == 1
    assert line == f"cannot listen on 127.0.0.1:{server.port}: Address already in use"
    server.stop()
    status, (line,) = serve_status(server.port, "no-such-host.invalid", installed_url)
    assert (status, line) == (1, "cannot listen on no-such-host.invalid: no such address")
    status, (line,) = serve_status(server.port, "203.0.113.7", installed_url)
    assert status == 1
    assert line.startswith(f"cannot listen on 203.0.113.7:{server.port}: ")


@pytest.mark.engines("mariadb")
def test_it_waits_for_a_database_that_is_away_at_its_start(
    installed_url: str, tmp_path: Path
) -> None:
    url = sa.make_url(installed_url)
    gate = Gate(url.host or "", url.port or 3306)
    gate.shut()
    behind = url.set(host="127.0.0.1", port=gate.port).render_as_string(hide_password=False)
    server = Server(behind, tmp_path / "log")
    eventually(lambda: "unavailable" in server.get("/readyz").text)
    assert server.get("/healthz").ok
    assert "Database unavailable" in server.post("DomainWS", "listDomains", "").text
    gate.open()
    eventually(lambda: bool(server.get("/readyz").ok))
    assert server.post("DomainWS", "listDomains", "").ok
    assert server.log.read_text().count("database lost") == 1
    server.stop()
    gate.remove()
