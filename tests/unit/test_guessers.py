"""Clients whose logins keep failing, and those that are known beside them."""

import os
from types import SimpleNamespace
from typing import Any

import pytest

from sippulse_ws.serving import guessers, proofs
from sippulse_ws.serving.guessers import SOME, SOME_IN_FLOOD, Guessers
from sippulse_ws.serving.proofs import Proofs


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


def _flood(known: Guessers, clock: _Clock) -> None:
    for number in range(1000):
        known.note(f"10.{number % 250}.{number // 250}.1")
        clock.now += 0.01


def test_in_a_flood_from_many_a_few_failures_are_enough(clock: _Clock) -> None:
    known = Guessers()
    for _ in range(SOME_IN_FLOOD):
        known.note("192.0.2.1")
    known.note("198.51.100.1")
    assert "192.0.2.1" not in known

    _flood(known, clock)

    assert "192.0.2.1" in known
    assert "198.51.100.1" not in known  # once is a typing error


def test_after_a_flood_they_are_no_guessers_any_more(clock: _Clock) -> None:
    known = Guessers()
    _flood(known, clock)
    clock.now += guessers.FLOOD_MOST / guessers.FLOOD + 1
    for _ in range(SOME_IN_FLOOD):
        known.note("192.0.2.1")

    assert "192.0.2.1" not in known


def test_those_who_guess_have_so_many_turns_a_second(clock: _Clock) -> None:
    known = Guessers()
    _flood(known, clock)
    turns = 0
    for _ in range(5000):
        known.note_other()
        turns += known.has_turn()
        known.note("192.0.2.1")
        clock.now += 0.002  # ten seconds of 500 requests

    assert turns == pytest.approx(guessers.TURNS * 10 + guessers.TURNS_SAVED, abs=2)


def test_where_nobody_else_is_there_all_have_a_turn(clock: _Clock) -> None:
    known = Guessers()
    known.note_other()
    _flood(known, clock)
    for _ in range(2000):
        assert known.has_turn()


def test_160_a_second_all_have_a_turn(clock: _Clock) -> None:
    known = Guessers()
    for _ in range(2000):
        known.note("192.0.2.1")
        known.note_other()
        assert known.has_turn()
        clock.now += 1 / 160


def test_other_workers_know_too() -> None:
    known = Guessers()
    if (pid := os.fork()) == 0:
        for _ in range(SOME):
            known.note("192.0.2.1")
        os._exit(0)
    os.waitpid(pid, 0)

    assert "192.0.2.1" in known


def _request(body: bytes, **headers: str) -> Any:
    return SimpleNamespace(body=body, scope=SimpleNamespace(headers=headers))


def _soap(login: str, password: str, prefix: str = "") -> Any:
    inside = (
        f"<{prefix}login>{login}</{prefix}login><{prefix}password>{password}</{prefix}password>"
    )
    return _request(
        b"<a><subscriber><password>sip</password></subscriber>"
        + f"<{prefix}principal>{inside}</{prefix}principal></a>".encode()
    )


def _json(login: str, password: str) -> Any:
    return _request(f'{{"principal": {{"login": "{login}", "password": "{password}"}}}}'.encode())


@pytest.mark.parametrize(
    ("good", "other"),
    [
        (_soap("crm", "right"), _soap("crm", "guess")),
        (_soap("crm", "right", "ns:"), _soap("crn", "right", "ns:")),
        (_json("crm", "right"), _json("crm", "guess")),
        (_request(b"{}", authorization="Basic Y3Jt"), _request(b"{}", authorization="Basic eA==")),
    ],
)
def test_who_was_right_is_known_at_that_address(good: Any, other: Any) -> None:
    known = Proofs()
    assert not known.has(good, "192.0.2.1")

    known.note(good, "192.0.2.1", suspected=False)

    assert known.has(good, "192.0.2.1")
    assert not known.has(other, "192.0.2.1")
    assert not known.has(good, "192.0.2.2")


def test_without_a_principal_nobody_is_known() -> None:
    known = Proofs()
    for body in (b"", b"<login>crm</login>", b'"principal"', b"<principal></principal>", b"\xff"):
        known.note(_request(body), "192.0.2.1", suspected=True)
        assert not known.has(_request(body), "192.0.2.1")


@pytest.mark.parametrize(
    "body",
    [b"<principal" * 500_000, b"principal>" * 500_000, b'{"principal"' * 400_000],
)
@pytest.mark.timeout(60)
def test_no_request_holds_up_the_event_loop(body: bytes) -> None:
    assert not Proofs().has(_request(body), "192.0.2.1")


def test_a_proof_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Proofs()
    good = _soap("crm", "right")
    known.note(good, "192.0.2.1", suspected=True)
    monkeypatch.setattr(proofs, "SECONDS", -1)

    assert not known.has(good, "192.0.2.1")
