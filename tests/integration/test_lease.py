"""Of several background processes one works: the lease, with clocks that a test moves."""

import datetime as dt

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Database, Session
from sippulse_ws.jobs.lease import DEAD, STALE, Lease, find_lease, holder_name
from sippulse_ws.models import BackgroundLease
from tests.fixtures.app import TestDatabase


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Contender:
    def __init__(self, database: Database, name: str, now: float) -> None:
        self.clock = Clock(now)
        self.lease = Lease(database, name, self.clock)

    def keep(self, after: float = 0) -> bool:
        self.clock.now += after
        return self.lease.keep()


@pytest.fixture
def one(database: TestDatabase) -> Contender:
    return Contender(database, "one", 1000)


@pytest.fixture
def two(database: TestDatabase) -> Contender:
    return Contender(database, "two", -5)  # a clock that shows something else


def test_the_first_takes_a_free_lease_and_keeps_it(one: Contender, two: Contender) -> None:
    assert one.keep()
    for _ in range(30):
        assert not two.keep(after=1)
        assert one.keep(after=1)
    assert one.lease.held
    assert not two.lease.held


def test_another_takes_over_when_the_holder_is_silent(one: Contender, two: Contender) -> None:
    one.keep()
    assert not two.keep()
    assert not two.keep(after=DEAD - 0.1)
    assert two.keep(after=0.1)
    assert not one.keep(after=DEAD)
    assert not one.lease.held


def test_the_time_until_then_is_well_below_fifteen_seconds(one: Contender, two: Contender) -> None:
    one.keep()
    two.keep()
    seconds = 0
    while not two.keep(after=1):
        seconds += 1
    assert seconds < 12


def test_a_sign_of_life_starts_the_waiting_anew(one: Contender, two: Contender) -> None:
    one.keep()
    two.keep()
    two.keep(after=DEAD - 1)
    one.keep(after=DEAD - 1)
    assert not two.keep(after=DEAD - 1)
    assert not two.keep(after=DEAD - 1)
    assert two.keep(after=1)


def test_a_holder_that_hears_nothing_stops_before_another_begins(one: Contender) -> None:
    def held(after: float) -> bool:
        one.clock.now += after
        return one.lease.held

    one.keep()
    assert [held(after=STALE - 0.1), held(after=0.1)] == [True, False]
    assert STALE < DEAD - 1


def test_a_lease_given_back_is_taken_at_once(one: Contender, two: Contender) -> None:
    one.keep()
    two.keep()
    one.lease.give_back()
    assert not one.lease.held
    assert two.keep()


def test_only_the_holder_can_give_it_back(one: Contender, two: Contender) -> None:
    one.keep()
    two.lease.give_back()
    assert not two.keep()
    assert one.keep(after=1)


def test_of_two_that_saw_the_same_silence_one_wins(
    one: Contender, two: Contender, database: TestDatabase
) -> None:
    three = Contender(database, "three", 7)
    one.keep()
    two.keep()
    three.keep()
    assert [two.keep(after=DEAD), three.keep(after=DEAD)] == [True, False]


def test_a_database_without_the_row_gets_one(one: Contender, db: Session) -> None:
    db.execute(sa.delete(BackgroundLease))
    assert not one.keep()
    assert one.keep(after=1)


def test_who_holds_it_since_when_can_be_read(one: Contender, db: Session) -> None:
    before = dt.datetime.now(dt.UTC)
    one.keep()
    one.keep(after=1)
    row = find_lease(db)
    assert row is not None
    assert row.holder == "one"
    assert before <= row.since <= row.beat_at <= dt.datetime.now(dt.UTC)


def test_no_two_processes_have_one_name() -> None:
    assert holder_name() != holder_name()
    assert len(holder_name()) <= 128
