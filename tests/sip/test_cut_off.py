"""A prepaid call ends when its money ends: money a second, so that seconds are money."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sip.money import Money, money
from tests.sip.phone import Call, Phone
from tests.sip.servers import Kamailio

__all__ = ["money"]
pytestmark = [pytest.mark.sip, pytest.mark.engines("mariadb")]

NUMBER = "5548999990000"
LATE = 15  # seconds that a loaded machine may need to tell
# slices of 3 seconds, lengthened 2 before their end, so that a test need not take minutes
SLICES = "#!define HOLD_SLICE 3\n#!define HOLD_LEAD 2\n"


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


def test_both_sides_get_bye_when_the_money_ends(money: Money, proxy: Kamailio) -> None:
    network, caller = money.gateway("gw1"), money.caller("1000", money.plan(), credit=7)
    at(proxy, network, caller)
    call = caller.call(NUMBER)
    caller.wait_for_bye(7 + LATE)
    network.wait_for_bye(LATE)
    (duration,) = seconds_of(money, call)
    assert 5 <= duration < 8.5
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
    caller.wait_for_bye(7 + LATE)
    (duration,) = seconds_of(money, call)
    assert 4 <= duration < 7.5


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
    for call in answered:
        call.caller.wait_for_bye(credit + LATE)
    durations = seconds_of(money, *answered)
    # a second over for each: the dialogs' clock ticks by the second
    assert sum(int(duration) for duration in durations) <= credit + len(answered)
    assert sum(durations) >= credit / 2
    assert money_left(money) >= -len(answered)


def test_a_top_up_lengthens_the_call(money: Money, proxy: Kamailio) -> None:
    network, caller = money.gateway("gw1"), money.caller("1000", money.plan(), credit=6)
    at(proxy, network, caller)
    call = caller.call(NUMBER)
    time.sleep(2)
    money.top_up("1000", 5)
    caller.wait_for_bye(11 + LATE)
    (duration,) = seconds_of(money, call)
    assert 8 <= duration < 12.5


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
    for phone in (caller, other):
        phone.wait_for_bye(10 + LATE)
    durations = seconds_of(money, first, second)
    assert sum(int(duration) for duration in durations) <= 10 + 2
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
    assert 3 <= duration < 13
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
