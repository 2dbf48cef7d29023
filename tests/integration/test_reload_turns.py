"""Those who ask for the same reload at the same time share it, whatever processes they are in."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Database, Session
from sippulse_ws.db.schema.migrate import upgrade
from sippulse_ws.domain import reload_turns
from sippulse_ws.domain.reload_turns import DEAD, SharedReloads
from sippulse_ws.models import ReloadTurn
from sippulse_ws.wording import Wording

LATER = 60.0
Work = Callable[[], None]


def beside(database: Database, store: Callable[[Session], None]) -> None:
    with database.writing() as db:
        store(db)


class World:
    """Processes that know the same database: each has connections of its own."""

    def __init__(self, url: str, count: int) -> None:
        self.processes = [Database(url) for _ in range(count)]

    def reload(
        self, process: int, work: Work, table: str = "address", patience: float = LATER
    ) -> None:
        database = self.processes[process % len(self.processes)]
        with database.reading() as db:
            shared = SharedReloads(db, partial(beside, database))
            shared.run("proxy", table, work, time.monotonic() + patience)

    def row(self) -> sa.Row[tuple[int, int, int | None]]:
        with self.processes[0].reading() as db:
            columns = (ReloadTurn.begun, ReloadTurn.ended, ReloadTurn.beat)
            return db.execute(sa.select(*columns).where(ReloadTurn.table == "address")).one()

    def store(self, **values: object) -> None:
        with self.processes[0].writing() as db:
            db.execute(sa.update(ReloadTurn).values(**values))


@pytest.fixture(scope="module")
def url(fresh_url: str) -> str:
    database = Database(fresh_url)
    upgrade(database)
    database.close()
    return fresh_url


@pytest.fixture
def world(url: str) -> Iterator[World]:
    made = World(url, 3)
    with made.processes[0].writing() as db:
        db.execute(sa.delete(ReloadTurn))
    yield made
    for one in made.processes:
        one.close()


class Reload:
    """Takes until it is told to go on, the first time; remembers its beginnings and ends."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.begun = threading.Event()
        self.go = threading.Event()
        self.times: list[tuple[float, float]] = []
        self._alone = threading.Lock()

    def __call__(self) -> None:
        assert self._alone.acquire(blocking=False), "two reloads at once"
        begun = time.monotonic()
        self.begun.set()
        try:
            assert self.go.wait(LATER)
            if self.error is not None:
                raise self.error
        finally:
            self.times.append((begun, time.monotonic()))
            self._alone.release()


def ask_together(world: World, work: Reload, callers: ThreadPoolExecutor) -> list[Future[None]]:
    """One caller whose reload goes on, and eleven who came after it."""
    calls = [callers.submit(world.reload, 0, work)]
    assert work.begun.wait(LATER)
    calls += [callers.submit(world.reload, number, work) for number in range(1, 12)]
    time.sleep(1)  # all of them have asked
    work.go.set()
    return calls


def test_those_who_wait_share_the_next_one(world: World) -> None:
    work = Reload()
    with ThreadPoolExecutor(12) as callers:
        for call in ask_together(world, work, callers):
            call.result()
    assert len(work.times) == 2


def test_everybodys_reload_begins_after_the_question(world: World) -> None:
    work = Reload()
    work.go.set()

    def ask(number: int) -> None:
        for _ in range(8):
            asked = time.monotonic()
            world.reload(number, work)
            answered = time.monotonic()
            assert any(asked <= begun and end <= answered for begun, end in list(work.times))

    with ThreadPoolExecutor(6) as callers:
        list(callers.map(ask, range(6)))


def test_another_table_does_not_wait(world: World) -> None:
    work = Reload()
    with ThreadPoolExecutor(1) as callers:
        call = callers.submit(world.reload, 0, work)
        assert work.begun.wait(LATER)
        world.reload(1, lambda: None, "domain")
        work.go.set()
        call.result()


def test_a_proxys_error_is_everybodys_and_the_next_one_begins_anew(world: World) -> None:
    work = Reload(BlockingIOError(Wording('"\x00' * 999, "busy")))
    with ThreadPoolExecutor(12) as callers:
        for call in ask_together(world, work, callers):
            with pytest.raises(OSError, match="busy") as raised:
                call.result()
            assert raised.value.args[0].pt.startswith('"\x00"')
    assert len(work.times) == 2
    world.reload(0, lambda: None)
    world.reload(1, lambda: None)


def test_a_failure_that_is_not_the_proxys_is_nobody_elses(world: World) -> None:
    failing, fine = Reload(ZeroDivisionError()), Reload()
    fine.go.set()
    with ThreadPoolExecutor(2) as callers:
        first = callers.submit(world.reload, 0, failing)
        assert failing.begun.wait(LATER)
        second = callers.submit(world.reload, 1, fine)
        failing.go.set()
        with pytest.raises(ZeroDivisionError):
            first.result()
        second.result()
    assert len(fine.times) == 1


def test_who_waits_too_long_is_told(world: World) -> None:
    work = Reload()
    with ThreadPoolExecutor(1) as callers:
        call = callers.submit(world.reload, 0, work)
        assert work.begun.wait(LATER)
        with pytest.raises(TimeoutError):
            world.reload(1, lambda: None, patience=0.1)
        work.go.set()
        call.result()
    world.reload(1, lambda: None)


class Clock:
    """Time that passes while somebody sleeps; `meanwhile` happens then."""

    def __init__(self, meanwhile: Callable[[float], None]) -> None:
        self.now = 0.0
        self.meanwhile = meanwhile

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.meanwhile(self.now)


def test_a_reload_of_a_process_that_died_is_begun_again_and_of_one_that_lives_is_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.reload(0, lambda: None)
    world.store(begun=7, ended=6, beat=0)
    beats = [float(second) for second in range(30)]

    def beat(now: float) -> None:
        while beats and beats[0] <= now:
            world.store(beat=ReloadTurn.beat + 1)
            beats.pop(0)

    clock = Clock(beat)
    monkeypatch.setattr(reload_turns, "monotonic", lambda: clock.now)
    monkeypatch.setattr(reload_turns, "sleep", clock.sleep)
    taken: list[float] = []
    with world.processes[1].reading() as db:
        shared = SharedReloads(db, partial(beside, world.processes[1]))
        shared.run("proxy", "address", lambda: taken.append(clock.now), 1000)
    assert 29 + DEAD < taken[0] < 31 + DEAD
    assert world.row() == (8, 8, None)


def test_while_a_reload_goes_on_its_beat_moves(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reload_turns, "BEAT", 0.05)
    work = Reload()
    with ThreadPoolExecutor(1) as callers:
        call = callers.submit(world.reload, 0, work)
        assert work.begun.wait(LATER)
        end = time.monotonic() + LATER
        while not world.row().beat:
            assert time.monotonic() < end
            time.sleep(0.05)
        work.go.set()
        call.result()
    time.sleep(0.2)  # a late beat
    assert world.row() == (1, 1, None)


def test_where_no_turn_can_be_stored_the_reload_is_done(world: World) -> None:
    def refuse(_: object) -> None:
        raise sa.exc.OperationalError("", None, Exception("read-only"))

    done: list[int] = []
    for existing in (False, True):
        if existing:
            world.reload(0, lambda: None)
        with world.processes[0].reading() as db:
            SharedReloads(db, refuse).run("proxy", "address", lambda: done.append(1), 0)
    assert len(done) == 2
