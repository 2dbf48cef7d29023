"""Whose turn it is among the requests that wait."""

from threading import Event
from typing import Any

import pytest

from sippulse_ws.lanes import OPERATIONS
from sippulse_ws.serving import guessers
from sippulse_ws.serving.guessers import SOME, Guessers
from sippulse_ws.serving.pool import GUESSERS_TURN, Job, Pool

_SECONDS = 30.0


def _job(pool: Pool, name: str, *, guesses: bool = False) -> Job:
    job = Job(pool, OPERATIONS, name, None, float("inf"))
    job.guesses = guesses
    return job


def _run_all(names: list[tuple[str, bool]]) -> list[str]:
    """The order in which one thread runs jobs that wait when it begins."""
    ran: list[str] = []
    begin, over = Event(), Event()

    def run(job: Job) -> None:
        begin.wait(_SECONDS)
        ran.append(job.request)
        if len(ran) == len(names) + 1:
            over.set()

    pool = Pool(1, 1, 100, run, lambda job: None)
    pool.queue(_job(pool, "first"))
    for name, guesses in names:
        pool.queue(_job(pool, name, guesses=guesses))
    begin.set()
    assert over.wait(_SECONDS)
    return ran[1:]


def test_who_guesses_gets_one_turn_in_some() -> None:
    waiting = [("guess", True)] * 50 + [("good", False)] * 20

    ran = _run_all(waiting)

    last_good = len(ran) - 1 - ran[::-1].index("good")
    assert ran[:last_good].count("guess") <= last_good // GUESSERS_TURN + 1
    assert ran.count("guess") == 50


def test_who_guesses_is_not_held_up_where_nobody_else_waits() -> None:
    assert _run_all([("guess", True)] * 5) == ["guess"] * 5


def test_guesses_go_on_while_others_never_end() -> None:
    waiting = [("good", False)] * 40 + [("guess", True)]

    assert "guess" in _run_all(waiting)[:GUESSERS_TURN]


def test_a_queue_full_of_guesses_has_room_for_others() -> None:
    held = Event()

    def hold(job: Job) -> None:
        held.wait(_SECONDS)

    pool = Pool(1, 1, 4, hold, lambda job: None)
    for _ in range(4):
        pool.queue(_job(pool, "guess", guesses=True))

    assert pool.is_full(OPERATIONS, guesses=True)
    assert not pool.is_full(OPERATIONS)
    held.set()


class _Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    made = _Clock()
    monkeypatch.setattr(guessers, "monotonic", made)
    return made


def test_typing_errors_are_no_guesses(clock: _Clock) -> None:
    known = Guessers()
    for _ in range(SOME - 1):
        known.note("192.0.2.1")
    assert "192.0.2.1" not in known

    known.note("192.0.2.77")  # the same network

    assert "192.0.2.1" in known
    assert "198.51.100.1" not in known


def test_guesses_are_forgotten(clock: _Clock) -> None:
    known = Guessers()
    for _ in range(SOME):
        known.note("2001:db8::1")
    clock.now += 3 * guessers.WITHIN

    assert "2001:db8::2" not in known


def test_a_few_errors_a_minute_never_add_up(clock: _Clock) -> None:
    known = Guessers()
    for _ in range(10 * SOME):
        known.note("192.0.2.1")
        clock.now += guessers.WITHIN / (SOME - 2)

    assert "192.0.2.1" not in known


def test_who_goes_on_guessing_stays_known(clock: _Clock) -> None:
    known = Guessers()
    for _ in range(3000):
        known.note("192.0.2.1")
        clock.now += 0.1

    assert "192.0.2.1" in known
