"""`serve` keeps each worker on a core of its own, or leaves them alone."""

import os
from pathlib import Path

import pytest

from tests.fixtures.server import Server

CORES = os.sched_getaffinity(0)

pytestmark = pytest.mark.engines("sqlite")


def cores_of_workers(url: str, tmp_path: Path, *options: str) -> list[set[int]]:
    """The cores of each worker, and of its threads, which have to be the same."""
    server = Server(url, tmp_path / "log", options)
    try:
        found = []
        for worker in server.workers():
            threads = [int(one.name) for one in Path(f"/proc/{worker}/task").iterdir()]
            assert len(threads) > 1
            (cores,) = {frozenset(os.sched_getaffinity(thread)) for thread in threads}
            found.append(set(cores))
        return found
    finally:
        server.stop()


def test_pinned_workers_have_a_core_each(installed_url: str, tmp_path: Path) -> None:
    first, second = cores_of_workers(installed_url, tmp_path, "--pin")
    assert (len(first), len(second)) == (1, 1)
    assert first | second <= CORES
    assert len(first | second) == min(2, len(CORES))


def test_workers_that_are_not_pinned_have_all(installed_url: str, tmp_path: Path) -> None:
    assert cores_of_workers(installed_url, tmp_path, "--no-pin") == [CORES, CORES]
