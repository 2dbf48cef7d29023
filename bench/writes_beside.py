"""Writes of a process of its own beside something else: how many, and how long the longest took."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sippulse_ws.db import Database
from sippulse_ws.domain import rates

PAUSE = 0.02  # seconds between two
RATE_ID = 999
SECONDS = 60  # for the process to begin, and to end


@contextmanager
def writes_beside(url: str, domain: str, what: str) -> Iterator[None]:
    """A rate into the same table and away again, each in a transaction; said at the end."""
    spawned = multiprocessing.get_context("spawn")
    begun, ended, told = spawned.Event(), spawned.Event(), spawned.Queue()
    writer = spawned.Process(target=_write, args=(url, domain, begun, ended, told))
    writer.start()
    begun.wait(SECONDS)
    try:
        yield
    finally:
        ended.set()
        count, longest = told.get(timeout=SECONDS)
        writer.join()
        print(f"{what}: the longest of {count} writes beside it took {longest * 1000:.0f} ms")


def _write(url: str, domain: str, started: Any, ended: Any, told: Any) -> None:
    database = Database(url)
    with database.reading() as db:
        rates.find_existing(db, [(domain, RATE_ID, "1")])
    started.set()
    row = {"domain": domain, "rate_id": RATE_ID, "prefix": "1", "name": "x", "rate_value": 0.1}
    count, longest = 0, 0.0
    while not ended.is_set():
        begun = time.perf_counter()
        with database.writing() as db:
            rates.insert_rates(db, [row])
        with database.writing() as db:
            rates.remove_all_rates(db, domain, RATE_ID)
        longest = max(longest, time.perf_counter() - begun)
        count += 1
        time.sleep(PAUSE)
    database.close()
    told.put((count, longest))
