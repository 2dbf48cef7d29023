"""Servers under test: started as a user starts them, stopped at the end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO

from bench.cases import RETRIEVE_SUBSCRIBER
from bench.database import BenchDatabase
from bench.processes import family
from bench.soap import Client

START_SECONDS = 300  # on a machine that is busy
STOP_SECONDS = 10
WORKERS = 2
DRIVERS = {"pymysql": "PyMySQL", "mysqldb": "mysqlclient"}
OUT = Path(__file__).with_name("out")


@dataclass(frozen=True, slots=True)
class Served:
    """A server that answers; `start_seconds` from its start to its first right answer."""

    name: str
    url: str
    roots: tuple[int, ...]
    start_seconds: float

    def pids(self) -> list[int]:
        return family(self.roots)


@contextmanager
def serving(
    name: str,
    commands: Sequence[Sequence[str]],
    port: int,
    environment: Mapping[str, str] = MappingProxyType({}),
    cwd: Path | None = None,
) -> Iterator[Served]:
    """Start programs that make a server together; what they say goes to bench/out/NAME.log."""
    OUT.mkdir(exist_ok=True)
    log = OUT / f"{name.replace(' ', '-')}.log"
    url = f"http://127.0.0.1:{port}"
    started = time.perf_counter()
    programs: list[subprocess.Popen[bytes]] = []
    with log.open("wb") as output:
        try:
            for command in commands:
                programs.append(_start(command, output, environment, cwd))  # noqa: PERF401
            _wait(url, programs, log)
            seconds = time.perf_counter() - started
            yield Served(name, url, tuple(one.pid for one in programs), seconds)
        finally:
            _stop(programs)


def ours(
    name: str, db: BenchDatabase, driver: str, program: Sequence[str] = ()
) -> AbstractContextManager[Served]:
    """`sippulse-ws serve`, as docs/operations.md starts it; `program` is another `sippulse-ws`."""
    port = free_port()
    program = program or [str(Path(sys.executable).with_name("sippulse-ws"))]
    command = [*program, "serve", "--port", str(port), "--workers", str(WORKERS)]
    return serving(name, [command], port, {"SIPPULSE_DATABASE_URL": db.url(driver)})


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _start(
    command: Sequence[str], output: IO[bytes], environment: Mapping[str, str], cwd: Path | None
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        env=os.environ | dict(environment),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
    )


def _stop(programs: Sequence[subprocess.Popen[bytes]]) -> None:
    for program in programs:
        program.terminate()
    for program in programs:
        try:
            program.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            for pid in reversed(family([program.pid])):
                os.kill(pid, signal.SIGKILL)
            program.wait()


def _wait(url: str, programs: Sequence[subprocess.Popen[bytes]], log: Path) -> None:
    """Until it answers its first request."""
    deadline = time.monotonic() + START_SECONDS
    request = RETRIEVE_SUBSCRIBER.filled(1, 1)
    while time.monotonic() < deadline and all(one.poll() is None for one in programs):
        client = Client(url)
        try:
            if client.send(RETRIEVE_SUBSCRIBER.path, request).status == 200:
                return
        except OSError:
            pass
        finally:
            client.close()
        time.sleep(0.01)
    raise RuntimeError(f"{programs[0].args!r} did not start:\n{log.read_text()[-2000:]}")
