"""`serve` keeps each worker on a core of its own, or leaves them alone."""

import os
import time
from pathlib import Path

import pytest

from tests.fixtures.server import START_SECONDS, Server

CORES = os.sched_getaffinity(0)

pytestmark = pytest.mark.engines("sqlite")


def placed(worker: int) -> tuple[set[int], int]:
    """The cores of all its threads and their scheduling, which have to be the same."""
    deadline = time.monotonic() + START_SECONDS
    while len(threads := list(Path(f"/proc/{worker}/task").iterdir())) == 1:
        assert time.monotonic() < deadline, "the worker starts no threads"
        time.sleep(0.05)
    (cores,) = {frozenset(os.sched_getaffinity(int(one.name))) for one in threads}
    (policy,) = {os.sched_getscheduler(int(one.name)) for one in threads}
    return set(cores), policy


def placed_workers(url: str, tmp_path: Path, *options: str) -> list[tuple[set[int], int]]:
    server = Server(url, tmp_path / "log", options)
    try:
        return [placed(worker) for worker in server.workers()]
    finally:
        server.stop()


def test_pinned_workers_have_a_core_each(installed_url: str, tmp_path: Path) -> None:
    (first, policy), (second, other_policy) = placed_workers(installed_url, tmp_path, "--pin")
    assert (len(first), len(second)) == (1, 1)
    assert first | second <= CORES
    assert len(first | second) == min(2, len(CORES))
    assert policy == other_policy == os.SCHED_BATCH


def test_workers_that_are_not_pinned_have_all(installed_url: str, tmp_path: Path) -> None:
    anywhere = (CORES, os.SCHED_OTHER)
    assert placed_workers(installed_url, tmp_path, "--no-pin") == [anywhere, anywhere]
