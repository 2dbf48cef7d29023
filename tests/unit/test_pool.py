"""Whose turn it is among the requests that wait."""

from threading import Event

from sippulse_ws.lanes import OPERATIONS
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


def test_who_waited_for_other_writers_comes_before_those_that_came_later() -> None:
    ran: list[str] = []
    begin, over = Event(), Event()

    def run(job: Job) -> None:
        begin.wait(_SECONDS)
        ran.append(job.request)
        if len(ran) == 4:
            over.set()

    pool = Pool(1, 1, 100, run, lambda job: None)
    parked = _job(pool, "parked")
    assert pool.writers.enter("account", parked)
    assert not pool.writers.enter("account", parked)
    for name in ("ends", "later", "last"):
        pool.queue(_job(pool, name))
    parked.leave("account")
    begin.set()
    assert over.wait(_SECONDS)
    assert ran.index("parked") < ran.index("later")
