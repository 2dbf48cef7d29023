"""An outage is a line a minute with a count, told once by all processes."""

import logging
import os
from collections.abc import Callable

import pytest

from sippulse_ws.observability.outages import EVERY, Outage

AWAY = OSError("no route\nto host")


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outage(clock: Clock) -> Outage:
    return Outage(clock=clock)


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[[], list[tuple[str, int]]]:
    caplog.set_level(logging.INFO, "sippulse_ws.lifecycle")

    def take() -> list[tuple[str, int]]:
        lines = [(one.message, vars(one)["failures"]) for one in caplog.records]
        caplog.clear()
        return lines

    return take


def test_an_outage_is_a_line_a_minute_with_a_count(
    outage: Outage, clock: Clock, told: Callable[[], list[tuple[str, int]]]
) -> None:
    for _ in range(100):
        outage.lost(AWAY)
    assert told() == [("database lost", 1)]
    assert outage.is_on
    clock.now += EVERY
    outage.lost(AWAY)
    outage.lost(AWAY)
    assert told() == [("database still away", 100)]
    outage.back()
    outage.back()
    assert told() == [("database back", 1)]
    assert not outage.is_on


def test_a_database_that_comes_and_goes_fills_no_log(
    outage: Outage, clock: Clock, told: Callable[[], list[tuple[str, int]]]
) -> None:
    for _ in range(50):
        outage.lost(AWAY)
        outage.back()
    assert told() == [("database lost", 1), ("database back", 0)]
    clock.now += EVERY
    outage.lost(AWAY)
    assert told() == [("database lost", 50)]


def test_forked_processes_tell_it_together(
    outage: Outage, told: Callable[[], list[tuple[str, int]]], clock: Clock
) -> None:
    outage.lost(AWAY)
    child = os.fork()
    if child == 0:
        for _ in range(7):
            outage.lost(AWAY)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    clock.now += EVERY
    outage.lost(AWAY)
    assert told() == [("database lost", 1), ("database still away", 8)]


def test_the_line_holds_no_statement(outage: Outage, caplog: pytest.LogCaptureFixture) -> None:
    error = RuntimeError("(pymysql.err.OperationalError) [SQL: SELECT password FROM x]")
    error.orig = OSError(2003, "Can't connect to\nserver")  # type: ignore[attr-defined]
    outage.lost(error)
    (record,) = caplog.records
    assert vars(record)["error"] == "[Errno 2003] Can't connect to server"
