"""`serve` keeps each worker on a core of its own, or leaves them alone."""

import os
import time
from pathlib import Path

import pytest

from tests.fixtures.server import START_SECONDS, Server

CORES = os.sched_getaffinity(0)

pytestmark = pytest.mark.engines("sqlite")


def cores_of(worker: int) -> set[int]:
    """Of all its threads, which have to be the same; and so has their scheduling."""
    deadline = time.monotonic() + START_SECONDS
    while len(threads := list(Path(f"/proc/{worker}/task").iterdir())) == 1:
        assert time.monotonic() < deadline, "the worker starts no threads"
        time.sleep(0.05)
    (cores,) = {frozenset(os.sched_getaffinity(int(one.name))) for one in threads}
    (policy,) = {os.sched_getscheduler(int(one.name)) for one in threads}
    assert policy == (os.SCHED_BATCH if len(cores) < len(CORES) else os.SCHED_OTHER)
    return set(cores)


def cores_of_workers(url: str, tmp_path: Path, *options: str) -> list[set[int]]:
    server = Server(url, tmp_path / "log", options)
    try:
        return [cores_of(worker) for worker in server.workers()]
    finally:
        server.stop()


def test_pinned_workers_have_a_core_each(installed_url: str, tmp_path: Path) -> None:
    first, second = cores_of_workers(installed_url, tmp_path, "--pin")
    assert (len(first), len(second)) == (1, 1)
    assert first | second <= CORES
    assert len(first | second) == min(2, len(CORES))


def test_workers_that_are_not_pinned_have_all(installed_url: str, tmp_path: Path) -> None:
    assert cores_of_workers(installed_url, tmp_path, "--no-pin") == [CORES, CORES]
