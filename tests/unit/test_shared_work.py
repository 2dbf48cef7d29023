"""Those who ask for the same work at the same time share it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from sippulse_ws.domain.shared_work import SharedWork

LATER = 60.0


def test_those_who_wait_share_the_next_time() -> None:
    shared, done, go = SharedWork(), list[int](), threading.Event()

    def work() -> None:
        go.wait(LATER)
        done.append(1)

    with ThreadPoolExecutor(12) as callers:
        end = time.monotonic() + LATER
        calls = [callers.submit(shared.run, "kind", work, end) for _ in range(12)]
        time.sleep(1)  # all of them have asked
        go.set()
        for call in calls:
            call.result()
    assert len(done) == 2


def test_another_kind_does_not_wait() -> None:
    shared, go = SharedWork(), threading.Event()

    def work() -> None:
        go.wait(LATER)

    with ThreadPoolExecutor(1) as callers:
        end = time.monotonic() + LATER
        call = callers.submit(shared.run, "a", work, end)
        shared.run("b", lambda: None, end)
        go.set()
        call.result()


def test_an_error_is_everybodys_and_the_next_one_begins_anew() -> None:
    shared, go = SharedWork(), threading.Event()

    def fail() -> None:
        go.wait(LATER)
        raise BlockingIOError("ocupado", "busy")

    with ThreadPoolExecutor(4) as callers:
        calls = [callers.submit(shared.run, "a", fail, time.monotonic() + LATER) for _ in range(4)]
        go.set()
        for call in calls:
            with pytest.raises(BlockingIOError) as raised:
                call.result()
            assert raised.value.args == ("ocupado", "busy")
    shared.run("a", lambda: None, time.monotonic() + LATER)


def test_who_waits_too_long_is_told() -> None:
    shared, go, begun = SharedWork(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go.wait(LATER)

    with ThreadPoolExecutor(1) as callers:
        call = callers.submit(shared.run, "a", work, time.monotonic() + LATER)
        begun.wait(LATER)
        with pytest.raises(TimeoutError):
            shared.run("a", lambda: None, time.monotonic() + 0.1)
        go.set()
        call.result()
    shared.run("a", lambda: None, time.monotonic() + LATER)
