"""Reloads asked for at the same time, of several workers and of several servers: they share one."""

import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.test_processes import answers, eventually, workers
from tests.fixtures.proxies import KamailioStandIn, Refusal
from tests.fixtures.server import Server

LATER = 60.0
METHOD = "permissions.addressReload"
Servers = Callable[[], Server]


class SlowReload:
    """A proxy's: it refuses a second one meanwhile. The first one waits until `go`."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.begun = threading.Event()
        self.done = 0
        self.refused = 0
        self._alone = threading.Lock()

    def __call__(self, _: Any) -> Any:
        if not self._alone.acquire(blocking=False):
            self.refused += 1
            return Refusal(500, "ongoing reload")
        try:
            self.begun.set()
            assert self.go.wait(LATER)
            self.done += 1
            return "Reload OK"
        finally:
            self._alone.release()


@pytest.fixture
def slow(kamailio_stand_in: KamailioStandIn) -> SlowReload:
    reload = SlowReload()
    kamailio_stand_in.answers[METHOD] = reload
    return reload


@pytest.fixture
def serve(
    installed_url: str, tmp_path: Path, kamailio_stand_in: KamailioStandIn
) -> Iterator[Servers]:
    """Start a server with two workers that knows the proxy, and time enough."""
    running: list[Server] = []

    def start() -> Server:
        settings = {
            "PROXIES": json.dumps([kamailio_stand_in.settings]),
            "PROXY_TIMEOUT": "60",
            "PROXY_PATIENCE": "120",
            "OPERATION_SECONDS": "120",
        }
        running.append(Server(installed_url, tmp_path / f"{len(running)}.log", (), **settings))
        return running[-1]

    yield start
    for one in running:
        one.stop()


def asking(server: Server) -> int:
    """Requests that wait for a proxy, or for a thread that does."""
    text = server.get("/metrics").text
    found = re.findall(r'_(?:threads_busy|requests_queued)\{lane="proxies"\} ([0-9.]+)', text)
    return int(sum(map(float, found)))


@pytest.mark.parametrize("count", [1, 2])
def test_twelve_at_once_share_two_reloads(serve: Servers, slow: SlowReload, count: int) -> None:
    servers = [serve() for _ in range(count)]
    with ThreadPoolExecutor(12) as clients:

        def ask(number: int) -> Any:
            return servers[number % count].post("ReloadModulesWS", "reloadAddress", "")

        calls = [clients.submit(ask, 0)]
        assert slow.begun.wait(LATER)
        calls += [clients.submit(ask, number) for number in range(1, 12)]
        eventually(lambda: sum(map(asking, servers)) == 12)
        time.sleep(2)  # they look which reload goes on
        slow.go.set()
        texts = [call.result().text for call in calls]
    assert [text for text in texts if "reloadAddressResponse" not in text] == []
    assert slow.refused == 0
    # the one that was going on, and the next; more when a worker got more than it has threads
    assert 2 <= slow.done <= 4


def test_a_worker_killed_in_a_reload_keeps_no_other_one_from_it(
    serve: Servers, slow: SlowReload
) -> None:
    server = serve()
    eventually(lambda: len(workers(server)) == 2)
    with ThreadPoolExecutor(1) as clients:
        lost = clients.submit(server.post, "ReloadModulesWS", "reloadAddress", "")
        assert slow.begun.wait(LATER)
        for pid in workers(server):
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(requests.ConnectionError):
            lost.result()
    slow.go.set()
    eventually(lambda: answers(server))
    assert "reloadAddressResponse" in server.post("ReloadModulesWS", "reloadAddress", "").text
