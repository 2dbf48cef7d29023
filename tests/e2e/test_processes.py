"""The processes of `serve`: killed, orphaned, started beside another, or before the database."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
import sqlalchemy as sa

from tests.e2e.gate import Gate
from tests.fixtures.server import PROGRAM, Server, free_port

ROOT = Path(__file__).parents[2]
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


STARTING = """
import pathlib, sys, time
from tests.fixtures.server import Server
server = Server(sys.argv[1], pathlib.Path(sys.argv[2]))
print(server.pid, flush=True)
time.sleep(1000)
"""


@sqlite
def test_what_tests_start_ends_with_them(installed_url: str, tmp_path: Path) -> None:
    """Also when they are killed: servers that nobody stopped slowed down the tests after them."""
    command = [sys.executable, "-c", STARTING, installed_url, str(tmp_path / "log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as tests:
        assert tests.stdout is not None
        pid = int(tests.stdout.readline())
        assert lives(pid)
        tests.kill()
    eventually(lambda: not lives(pid))


def serve_refused(url: str, host: str = "127.0.0.1", port: int = 1, **settings: str) -> str:
    """What the one line on stderr says of a server that cannot start."""
    environment = {f"SIPPULSE_{name}": one for name, one in settings.items()}
    ended = subprocess.run(
        [PROGRAM, "serve", "--host", host, "--port", str(port)],
        env=os.environ | {"SIPPULSE_DATABASE_URL": url, "SIPPULSE_LANGUAGE": "en"} | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    (line,) = ended.stderr.splitlines()
    if settings.get("LOG_FORMAT") == "text":
        return line
    told = json.loads(line)
    assert (told["event"], told["level"]) == ("not started", "critical")
    return str(told["reason"])


@sqlite
def test_an_occupied_port_and_a_bad_address_are_told_in_one_line(
    installed_url: str, tmp_path: Path
) -> None:
    server = Server(installed_url, tmp_path / "log", ("--host", "localhost"))
    told = serve_refused(installed_url, port=server.port)
    assert told == f"cannot listen on 127.0.0.1:{server.port}: Address already in use"
    text = serve_refused(installed_url, port=server.port, LOG_FORMAT="text")
    assert told in text
    assert "not started" in text
    server.stop()
    told = serve_refused(installed_url, "no-such-host.invalid", server.port)
    assert told == "cannot listen on no-such-host.invalid: no such address"
    told = serve_refused(installed_url, "203.0.113.7", server.port)
    assert told.startswith(f"cannot listen on 203.0.113.7:{server.port}: ")


@sqlite
def test_settings_that_cannot_be_used_are_told_in_the_format_asked_for(
    installed_url: str, tmp_path: Path
) -> None:
    assert "SIPPULSE_POOL_SIZE" in serve_refused(installed_url, POOL_SIZE="0")
    assert "unknown setting: SIPPULSE_POOL" in serve_refused(installed_url, POOL="3")
    missing = str(tmp_path / "missing.toml")
    assert missing in serve_refused(installed_url, CONFIG=missing)
    assert "SIPPULSE_POOL" in serve_refused(installed_url, POOL="3", LOG_FORMAT="text")
    assert "SIPPULSE_LOG_FORMAT" in serve_refused(installed_url, LOG_FORMAT="xml")


@sqlite
def test_what_nobody_foresaw_is_a_line_too(installed_url: str) -> None:
    broken = (
        "import sippulse_ws.server as server; from sippulse_ws.entry import main; "
        "server.run_server = lambda *_: 1 / 0; main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", broken, "serve", "--port", str(free_port())],
        env=os.environ | {"SIPPULSE_DATABASE_URL": installed_url},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 1
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    (line,) = [line for line in lines if line["event"] == "uncaught error"]
    assert "ZeroDivisionError" in line["exception"]


@sqlite
@pytest.mark.parametrize(
    "command", ["serve --port 1", "db upgrade", "db demo", "admin list", "jobs run"]
)
def test_a_misplaced_database_is_told_in_one_line_and_nothing_is_made(
    command: str, tmp_path: Path
) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no database", "utf-8")
    for path, said in [
        (tmp_path / "absent" / "x.db", f"there is no folder {tmp_path}/absent"),
        (text, f"{text} is no database of SQLite"),
        (tmp_path, f"{tmp_path} is a folder"),
    ]:
        ended = run_on(path, command)
        lines = (ended.stdout + ended.stderr).splitlines()
        if command.startswith("serve"):
            lines = [json.loads(line)["reason"] for line in lines]
        assert (ended.returncode, lines) == (1, [f"database: {said}"])
    assert list(tmp_path.iterdir()) == [text]


def run_on(path: Path, command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [PROGRAM, *command.split()],
        env=os.environ | {"SIPPULSE_DATABASE_URL": f"sqlite:///{path}", "SIPPULSE_LANGUAGE": "en"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@sqlite
def test_doctor_finds_a_misplaced_database(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no database", "utf-8")
    for path, said in [(tmp_path / "absent" / "x.db", "there is no folder"), (text, "no database")]:
        ended = run_on(path, "doctor --json")
        (found,) = [one for one in json.loads(ended.stdout) if one["state"] == "error"]
        assert (found["check"], said in found["found"]) == ("database", True)


@sqlite
def test_the_default_folder_is_made_and_the_schema_asked_for(tmp_path: Path) -> None:
    environment = {name: one for name, one in os.environ.items() if not name.startswith("SIPPULSE")}
    command = [str(PROGRAM), "serve", "--host", "no-such-host.invalid"]
    ended = subprocess.run(
        command,
        env=environment | {"SIPPULSE_LANGUAGE": "en"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    reasons = [json.loads(line)["reason"] for line in ended.stderr.splitlines()]
    assert reasons[0] == "the database has no schema, run: sippulse-ws db upgrade"
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
    except OSError:
        return False
    return True


@sqlite
@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_an_ipv6_address_is_told_as_one_writes_it(host: str) -> None:
    command = [str(PROGRAM), "serve", "--ephemeral", "--host", host]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        assert url.startswith("http://[::1]:")
        assert requests.get(f"{url}/healthz", timeout=60).ok
        process.terminate()


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
