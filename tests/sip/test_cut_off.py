"""A prepaid call ends when its money ends: money a second, so that seconds are money."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.sip.money import Money, money
from tests.sip.phone import Call, Phone
from tests.sip.servers import Kamailio

__all__ = ["money"]
pytestmark = [pytest.mark.sip, pytest.mark.engines("mariadb")]

NUMBER = "5548999990000"
LATE = 15  # seconds that a loaded machine may need to tell
# slices of 3 seconds, lengthened as soon as possible, so that a test need not take minutes
SLICES = "#!define HOLD_SLICE 3\n#!define HOLD_LEAD 3\n"


def call_id(call: Call) -> str:
    return dict(call.headers)["Call-ID"]


@pytest.fixture
def proxy(tmp_path: Path, proxy_database: str) -> Iterator[Kamailio]:
    made = Kamailio(tmp_path / "kamailio", proxy_database, local=SLICES)
    yield made
    made.stop()


def at(proxy: Kamailio, *phones: Phone) -> None:
    for phone in phones:
        phone.proxy = proxy.address


def money_left(money: Money) -> Decimal:
    """The account's credit, once all its calls are rated."""
    money.wait("SELECT id FROM call_raw WHERE state = 0", 0, seconds=60)
    money.wait("SELECT id FROM subscriber WHERE username = '1000' AND held = 0", 1)
    return Decimal(money.rows("SELECT credit FROM subscriber WHERE username = '1000'")[0]["credit"])


def seconds_of(money: Money, *calls: Call) -> list[float]:
    """Their durations, from the records."""
    return [money.records(call_id(call))[0]["duration_ms"] / 1000 for call in calls]


def granted(money: Money, *calls: Call, seconds: float) -> list[int]:
    """The seconds that the database let each call have, once all got their BYE."""
    found: dict[str, int] = {}
    deadline = time.monotonic() + seconds + LATE
    while not all(call.caller.byes for call in calls) and time.monotonic() < deadline:
        holds = money.rows("SELECT call_id, seconds FROM call_hold")
        found |= {hold["call_id"]: hold["seconds"] for hold in holds}
        time.sleep(0.05)
    assert all(call.caller.byes for call in calls)
    return [found[call_id(call)] for call in calls]


def test_both_sides_get_bye_when_the_money_ends(money: Money, proxy: Kamailio) -> None:
    network, caller = money.gateway("gw1"), money.caller("1000", money.plan(), credit=7)
    at(proxy, network, caller)
    call = caller.call(NUMBER)
    assert granted(money, call, seconds=7) == [7]
    network.wait_for_bye(LATE)
    (duration,) = seconds_of(money, call)
    assert 5 <= duration < 7 + LATE
    (row,) = money.records(call_id(call))
    assert (row["ended_by"], row["service"]) == ("proxy", "timeout")


def test_the_first_bye_may_be_answered_before_the_second_is_sent(
    money: Money, tmp_path: Path, proxy_database: str
) -> None:
    """Whoever gets a BYE runs at once, and whoever sends it only when nobody else wants to."""
    proxy = Kamailio(tmp_path / "kamailio", proxy_database, local="#!define LONGEST_CALL 2\n")
    everywhere = os.sched_getaffinity(0)
    cpu, calls = {min(everywhere)}, 10
    os.sched_setaffinity(0, cpu)
    try:
        network, caller = money.gateway("gw1"), money.caller("1000", money.plan(prepaid=False))
        lines = [money.telephones.phone("1000") for _ in range(calls)]
    finally:
        os.sched_setaffinity(0, everywhere)
    at(proxy, network, caller, *lines)
    processes: Any = proxy.rpc("core.psx")
    for process in processes:
        os.sched_setaffinity(process["PID"], cpu)
        if "receiver" not in process["DSC"]:
            os.sched_setscheduler(process["PID"], os.SCHED_IDLE, os.sched_param(0))
    for line in lines:
        assert line.call(NUMBER).status == 200
    for line in lines:
        line.wait_for_bye(180)
    deadline = time.monotonic() + 180
    while len(network.byes) < calls and time.monotonic() < deadline:
        time.sleep(0.05)
    proxy.stop()
    assert len(network.byes) == calls


def test_whole_blocks_are_paid(money: Money, proxy: Kamailio) -> None:
    """Of 7, first 4 and then 2: 6 seconds."""
    network = money.gateway("gw1")
    caller = money.caller("1000", money.plan(txConnection=4, cadency=2), credit=7)
    at(proxy, network, caller)
    call = caller.call(NUMBER)
    assert granted(money, call, seconds=6) == [6]
    (duration,) = seconds_of(money, call)
    assert 4 <= duration < 6 + LATE


@pytest.mark.parametrize("calls", [2, 3, 10])
def test_calls_at_once_spend_no_more_than_the_credit(
    money: Money, proxy: Kamailio, calls: int
) -> None:
    network, credit = money.gateway("gw1"), 3 * calls
    caller = money.caller("1000", money.plan(), credit=credit)
    lines = [money.telephones.phone("1000") for _ in range(calls)]
    at(proxy, network, caller, *lines)
    with ThreadPoolExecutor(calls) as pool:
        made = list(pool.map(lambda line: line.call(NUMBER), lines))
    answered = [call for call in made if call.status == 200]
    assert answered
    assert {call.status for call in made} <= {200, 402}
    promised = granted(money, *answered, seconds=credit)
    durations = seconds_of(money, *answered)
    # how late a loaded machine ends a call is not what was promised to it
    assert sum(map(min, promised, map(int, durations))) <= credit
    assert sum(promised) >= credit / 2
    for most, duration in zip(promised, durations, strict=True):
        assert most - 2 <= duration < most + LATE
    assert money_left(money) == credit - sum(map(int, durations))


def test_a_database_that_lingers_gives_no_time_away(
    money: Money, tmp_path: Path, proxy_database: str
) -> None:
    """What a call is lengthened by counts from the question, not from its late answer."""
    slices = "#!define HOLD_SLICE 60\n#!define HOLD_LEAD 59\n"
    proxy = Kamailio(tmp_path / "kamailio", proxy_database, local=slices)
    network, caller = money.gateway("gw1"), money.caller("1000", money.plan(), credit=500)
    at(proxy, network, caller)
    call = caller.call(NUMBER)
    locked = money.engine.execution_options(isolation_level="READ COMMITTED")
    with locked.begin() as db:
        db.execute(sa.text("SELECT id FROM subscriber WHERE username = '1000' FOR UPDATE"))
        time.sleep(6)
    money.wait("SELECT id FROM call_hold WHERE seconds > 60", 1, seconds=60)
    deadline = time.monotonic() + 60
    while (longest := proxy.longest(call_id(call))) < 100 and time.monotonic() < deadline:
        time.sleep(0.1)
    (hold,) = money.rows("SELECT seconds FROM call_hold")
    assert call.hang_up() == 200
    proxy.stop()
    assert 100 <= longest <= hold["seconds"] + 2  # clocks that tick by the second


def test_a_top_up_lengthens_the_call(money: Money, proxy: Kamailio) -> None:
    network, caller = money.gateway("gw1"), money.caller("1000", money.plan(), credit=6)
    at(proxy, network, caller)
    call = caller.call(NUMBER)
    money.wait("SELECT id FROM call_hold WHERE seconds = 6", 1)
    money.top_up("1000", 5)
    assert granted(money, call, seconds=11) == [11]
    (duration,) = seconds_of(money, call)
    assert 8 <= duration < 11 + LATE


def test_another_proxy_knows_what_is_held(
    money: Money, proxy: Kamailio, kamailio: Kamailio
) -> None:
    """The second proxy's slice is of 60 seconds: it takes all that the first has left."""
    network, caller = money.gateway("gw1"), money.caller("1000", money.plan(), credit=10)
    other = money.telephones.phone("1000")
    at(proxy, caller)
    at(kamailio, other)
    first = caller.call(NUMBER)
    second = other.call(NUMBER)
    assert (first.status, second.status) == (200, 200)
    assert money.telephones.phone("1000").call(NUMBER).status == 402
    promised = granted(money, first, second, seconds=10)
    durations = seconds_of(money, first, second)
    assert sum(map(min, promised, map(int, durations))) <= 10
    assert max(durations) < 10 + LATE
    assert len(network.invites) == 2


def test_a_proxy_that_was_killed_cuts_the_call_all_the_same(money: Money, proxy: Kamailio) -> None:
    network, caller = money.gateway("gw1"), money.caller("1000", money.plan(), credit=9)
    at(proxy, network, caller)
    call = caller.call(NUMBER)
    time.sleep(4)
    proxy.kill()
    proxy.start()
    caller.wait_for_bye(9 + LATE)
    network.wait_for_bye(LATE)
    (duration,) = seconds_of(money, call)
    assert 3 <= duration < 9 + LATE
    money.wait("SELECT id FROM call_hold", 0)


def test_holds_of_dead_calls_are_freed(money: Money, tmp_path: Path, proxy_database: str) -> None:
    proxy = Kamailio(tmp_path / "kamailio", proxy_database)
    money.gateway("gw1", on_invite=180)
    caller = money.caller("1000", money.plan(), credit=9)
    at(proxy, caller)
    with ThreadPoolExecutor(1) as pool:
        ringing: Any = pool.submit(caller.call, NUMBER)
        money.wait("SELECT id FROM call_hold", 1)
        proxy.kill()
        assert isinstance(ringing.exception(), TimeoutError)
    money.run("UPDATE call_hold SET created_at = created_at - INTERVAL 1 HOUR")
    money.wait("SELECT id FROM call_hold", 0, seconds=60)
    (account,) = money.rows("SELECT credit, held FROM subscriber WHERE username = '1000'")
    assert account == {"credit": 9, "held": 0}
