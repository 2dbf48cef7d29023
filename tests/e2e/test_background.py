"""The background process: beside each server, at work on one, wherever processes are killed."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Database
from sippulse_ws.jobs.lease import find_lease
from sippulse_ws.models import BackgroundLease
from tests.fixtures.server import PROGRAM, WITH_US, Cli, Server

PATIENCE = 90  # seconds; what is waited for takes some ten


@pytest.fixture
def holder(installed_url: str) -> Iterator[Callable[[], str | None]]:
    """Who has the lease now; nobody at first, whoever was killed in another test."""
    database = Database(installed_url)
    with database.writing() as db:
        db.execute(sa.delete(BackgroundLease))

    def find() -> str | None:
        with database.reading() as db:
            lease = find_lease(db)
            return lease.holder if lease else None

    yield find
    database.close()


def wait_for(what: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.1)
    pytest.fail(f"waited in vain for {what}")


def pid_of(holder: str) -> int:
    return int(holder.split(":")[1])


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


class Process:
    """`jobs run`: works as the background process of `serve` does, without a server."""

    def __init__(self, url: str) -> None:
        environment = os.environ | {"SIPPULSE_DATABASE_URL": url}
        self._process = subprocess.Popen(
            [*WITH_US, PROGRAM, "jobs", "run"], env=environment, stderr=subprocess.DEVNULL
        )
        self.pid = self._process.pid

    def end(self, how: signal.Signals) -> int:
        self._process.send_signal(how)
        return self._process.wait(PATIENCE)


@pytest.fixture
def process(installed_url: str) -> Iterator[Callable[[], Process]]:
    started: list[Process] = []

    def start() -> Process:
        started.append(Process(installed_url))
        return started[-1]

    yield start
    for one in started:
        one.end(signal.SIGKILL)


def test_another_server_takes_over_from_one_that_is_killed(
    process: Callable[[], Process], holder: Callable[[], str | None], cli: Cli
) -> None:
    first = process()
    name = wait_for(holder)
    assert pid_of(name) == first.pid
    second = process()
    time.sleep(3)
    assert holder() == name
    first.end(signal.SIGKILL)
    assert wait_for(lambda: (now := holder()) != name and now)
    assert pid_of(str(holder())) == second.pid
    assert f"works: {holder()}" in cli("jobs", "status").output


def test_one_that_is_told_to_end_leaves_the_lease_to_the_next(
    process: Callable[[], Process], holder: Callable[[], str | None]
) -> None:
    first = process()
    wait_for(lambda: (name := holder()) and pid_of(name) == first.pid)
    assert first.end(signal.SIGTERM) == 0
    assert holder() is None


def test_a_server_has_one_again_when_it_dies_and_ends_it_with_itself(
    installed_url: str, tmp_path: Path, holder: Callable[[], str | None]
) -> None:
    server = Server(installed_url, tmp_path / "log")
    try:
        name = wait_for(holder)
        os.kill(pid_of(name), signal.SIGKILL)
        again = wait_for(lambda: (now := holder()) != name and now)
        assert is_alive(pid_of(again))
    finally:
        server.stop()
    assert not is_alive(pid_of(again))
    assert holder() is None


def test_it_ends_with_a_server_that_is_killed(
    installed_url: str, tmp_path: Path, holder: Callable[[], str | None]
) -> None:
    server = Server(installed_url, tmp_path / "log")
    pid = pid_of(wait_for(holder))
    workers = server.workers()
    server.kill()
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    wait_for(lambda: not is_alive(pid))
