"""Workers replaced and the server restarted behind HAProxy, under load: no request is lost.

`make test-drain` makes 5,000 calls across 20 replacements and two restarts; a usual run is shorter.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

import pytest
import requests
import sqlalchemy as sa

from sippulse_ws.db import Database
from sippulse_ws.models import Subscriber
from tests.e2e.test_processes import workers
from tests.factories.requests import new_subscriber
from tests.fixtures.server import LOGIN, WITH_US, Server, free_port
from tests.soap import ENVELOPE, principal_xml

CALLS = int(os.environ.get("SIPPULSE_TEST_DRAIN_CALLS", "600"))
REPLACEMENTS = int(os.environ.get("SIPPULSE_TEST_DRAIN_REPLACEMENTS", "4"))
RESTARTS = 2
CLIENTS = 4
PATIENCE = 120
# A retry of a connection that was refused repeats no request.
CONFIGURATION = """
defaults
    mode http
    timeout client 120s
    timeout server 120s
    timeout connect 5s
    retries 100
frontend clients
    bind 127.0.0.1:{port}
    default_backend servers
backend servers
    http-reuse safe
    server one 127.0.0.1:{server}
"""


@pytest.fixture
def haproxy(tmp_path: Path) -> Iterator[Callable[[int], int]]:
    """Start it before a server's port; gives its own."""
    started = []

    def start(server: int) -> int:
        port = free_port()
        file = tmp_path / "haproxy.cfg"
        file.write_text(CONFIGURATION.format(port=port, server=server))
        program = shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin")
        assert program, "apt-get install haproxy"
        started.append(subprocess.Popen([*WITH_US, program, "-db", "-q", "-f", str(file)]))
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return port
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    yield start
    for process in started:
        process.terminate()
        process.wait()


class TopUps:
    """Clients that top up one account by 1 until there were enough; every answer is kept."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/SipPulse/SubscriberWS"
        key = "<username>1000</username><domain>example.com</domain><value>1</value>"
        self._envelope = ENVELOPE.format(operation="addCredit", body=key + principal_xml(LOGIN))
        self._left = CALLS
        self._lock = Lock()
        self.failures: list[str] = []

    @property
    def done(self) -> int:
        return CALLS - self._left

    def run(self) -> None:
        session = requests.Session()
        session.headers["Content-Type"] = "text/xml; charset=utf-8"
        while True:
            with self._lock:
                if not self._left:
                    return
                self._left -= 1
            answer = session.post(self._url, data=self._envelope.encode(), timeout=PATIENCE)
            if not answer.ok:
                self.failures.append(f"{answer.status_code} {answer.text}")


def balance(url: str) -> int:
    database = Database(url)
    with database.reading() as db:
        found = db.scalar(sa.select(Subscriber.credit).where(Subscriber.username == "1000"))
    database.close()
    return int(found or 0)


def replace_all(server: Server) -> None:
    """Every worker, one after the other."""
    before = workers(server)
    os.kill(server.pid, signal.SIGHUP)
    deadline = time.monotonic() + PATIENCE
    while len(now := workers(server)) != 2 or now & before:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.timeout(1800)
@pytest.mark.engines("sqlite")
def test_replacements_and_restarts_under_load_lose_no_request_and_double_none(
    installed_url: str, tmp_path: Path, haproxy: Callable[[int], int]
) -> None:
    server = Server(installed_url, tmp_path / "log")
    assert server.post("SubscriberWS", "insertSubscriber", new_subscriber()).ok
    top_ups = TopUps(haproxy(server.port))
    # the calls are shared out over what happens meanwhile
    happenings = [replace_all] * (REPLACEMENTS // 2)
    restarts = {len(happenings) * (n + 1) // (RESTARTS + 1) for n in range(RESTARTS)}
    with ThreadPoolExecutor(CLIENTS) as clients:
        calls = [clients.submit(top_ups.run) for _ in range(CLIENTS)]
        for number, happening in enumerate(happenings):
            while top_ups.done < CALLS * number // len(happenings) and not any(
                call.done() for call in calls
            ):
                time.sleep(0.01)
            happening(server)
            if number in restarts:
                server.stop()
                server = Server(installed_url, tmp_path / f"log{number}", (), server.port)
        for call in calls:
            call.result()
    assert top_ups.failures == []
    assert balance(installed_url) == CALLS
    server.stop()
