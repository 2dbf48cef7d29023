"""How soon `serve` answers again after its workers were killed, however often that happens."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.e2e.test_processes import answers, eventually, workers
from tests.fixtures.server import Server

PROMISED = 4.0  # seconds from the last kill to an answer
USUAL = 1.0  # of them for a worker to start in, of any machine that is not overloaded
KILLS = 6  # after so many a worker's pause is the longest
TRIES = 4


def seconds_until_it_answers(server: Server) -> float:
    """After all workers were killed at once."""
    for pid in workers(server):
        os.kill(pid, signal.SIGKILL)
    killed = time.monotonic()
    eventually(lambda: answers(server))
    return time.monotonic() - killed


@pytest.mark.engines("sqlite")
def test_some_worker_answers_within_four_seconds_of_the_last_kill(
    installed_url: str, tmp_path: Path
) -> None:
    """The best of some tries: the machine may be busy with other tests.

    The first kill is followed by no pause: what a mere start takes too long there is not held
    against the others.
    """
    server = Server(installed_url, tmp_path / "log")
    eventually(lambda: len(workers(server)) == 2)
    overload = max(0.0, seconds_until_it_answers(server) - USUAL)
    best = float("inf")
    for _ in range(TRIES):
        for _ in range(KILLS):
            last = seconds_until_it_answers(server)
        best = min(best, last)
        if best < PROMISED:
            break
    assert best < PROMISED + overload
    server.stop()
