"""The budget of hashing: fair between addresses and logins, bounded, and alike for all failures."""

import threading
import time
from collections.abc import Callable

import pytest

from sippulse_ws.domain import hash_gate
from sippulse_ws.domain.hash_gate import HashGate, Verification, network_of
from sippulse_ws.domain.shared_marks import SharedCounters, SharedMarks


class Answers:
    """What became of each verification, in order."""

    def __init__(self) -> None:
        self.order: list[tuple[str, bool | None]] = []
        self.changed = threading.Condition()

    def __call__(self, name: str) -> Callable[[bool | None], None]:
        def done(right: bool | None) -> None:
            with self.changed:
                self.order.append((name, right))
                self.changed.notify_all()

        return done

    def wait(self, number: int) -> list[str]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.order) >= number, 30), self.order
            return [name for name, _ in self.order]


@pytest.fixture
def answers() -> Answers:
    return Answers()


def yes() -> bool:
    return True


def no() -> bool:
    return False


def test_a_result_is_told(answers: Answers) -> None:
    gate = HashGate(no)
    for name, verify in (("right", yes), ("wrong", no), ("nobody", None)):
        assert gate.submit(Verification("192.0.2.0/24", name, verify, answers(name)))
    answers.wait(3)
    assert dict(answers.order) == {"right": True, "wrong": False, "nobody": False}


def test_an_address_without_failures_goes_first(answers: Answers) -> None:
    gate = HashGate(no)
    go = threading.Event()
    gate.submit(Verification("a", "first", go.wait, answers("first")))
    time.sleep(0.2)  # it is being verified
    gate.note_failure("bad")
    for number in range(20):
        gate.submit(Verification("bad", f"guess{number}", no, answers("bad")))
    gate.submit(Verification("good", "clerk", yes, answers("good")))
    go.set()
    assert answers.wait(22)[:2] == ["first", "good"]


def test_addresses_and_their_logins_take_turns(answers: Answers) -> None:
    gate = HashGate(no)
    go = threading.Event()
    gate.submit(Verification("a", "first", go.wait, answers("first")))
    time.sleep(0.2)
    for network in ("one", "two"):
        gate.note_failure(network)
    for number in range(30):
        gate.submit(Verification("one", "clerk", no, answers(f"clerk{number}")))
    gate.submit(Verification("one", "other", yes, answers("other")))
    gate.submit(Verification("two", "clerk", yes, answers("two")))
    go.set()
    order = answers.wait(33)
    assert max(order.index("other"), order.index("two")) <= 4


def test_failures_beyond_the_budget_wait_and_strangers_do_not(
    answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hash_gate, "SUSPECTED_SHARE", 0.0)
    monkeypatch.setattr(hash_gate, "SUSPECTED_BURST", 0.0)
    gate = HashGate(no)
    gate.note_failure("bad")
    gate.submit(Verification("bad", "guess", no, answers("bad")))
    gate.submit(Verification("good", "clerk", yes, answers("good")))
    assert answers.wait(1) == ["good"]


def test_unknown_logins_cost_a_wait_but_no_hash_while_others_wait(answers: Answers) -> None:
    hashed: list[int] = []

    def dummy() -> bool:
        hashed.append(1)
        time.sleep(0.05)
        return False

    gate = HashGate(dummy)
    gate.submit(Verification("a", "nobody", None, answers("dear")))
    answers.wait(1)
    started = time.monotonic()
    for number in range(50):
        gate.submit(Verification("a", f"nobody{number}", None, answers("cheap")))
    answers.wait(51)
    assert time.monotonic() - started > 0.04
    assert len(hashed) <= 3  # the last one, when nobody waits any more


def test_logins_of_addresses_without_failures_take_turns(answers: Answers) -> None:
    """Many addresses guess at one login: who comes with another one is not the last."""
    gate = HashGate(no)
    go = threading.Event()
    gate.submit(Verification("a", "first", go.wait, answers("first")))
    time.sleep(0.2)
    for number in range(30):
        gate.submit(Verification(f"n{number}", "clerk", no, answers("guess")))
    gate.submit(Verification("good", "other", yes, answers("good")))
    go.set()
    assert answers.wait(32).index("good") <= 3


def test_what_waits_is_bounded(answers: Answers) -> None:
    gate = HashGate(no)
    begun, go = threading.Event(), threading.Event()

    def verify() -> bool:
        begun.set()
        return go.wait()

    gate.submit(Verification("a", "first", verify, answers("first")))
    assert begun.wait(30)  # from here on nobody leaves the queue
    taken = [
        gate.submit(Verification(f"n{number % 8}", str(number), no, answers("x")))
        for number in range(2000)
    ]
    assert sum(taken) <= hash_gate.MOST
    assert not gate.submit(Verification("n0", "y", no, answers("y")))
    go.set()
    answers.wait(1 + sum(taken))


def test_who_guesses_leaves_room_for_addresses_without_failures(answers: Answers) -> None:
    gate = HashGate(no)
    begun, go = threading.Event(), threading.Event()

    def verify() -> bool:
        begun.set()
        return go.wait()

    gate.submit(Verification("a", "first", verify, answers("first")))
    assert begun.wait(30)
    networks = [f"n{number}" for number in range(16)]
    for network in networks:
        gate.note_failure(network)
    taken = [
        gate.submit(Verification(networks[number % 16], str(number), no, answers("x")))
        for number in range(2000)
    ]
    assert sum(taken) < 2000
    assert gate.submit(Verification("good", "clerk", yes, answers("good")))
    go.set()
    assert answers.wait(2)[:2] == ["first", "good"]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix", "unix"),
        ("", ""),
    ],
)
def test_an_address_counts_as_its_network(address: str, network: str) -> None:
    assert network_of(address) == network


def test_marks_are_found_until_others_take_their_place() -> None:
    marks = SharedMarks(buckets=4)
    keys = [bytes([number]) * 16 for number in range(200)]
    for key in keys:
        marks.put(key, key[::-1])
        found = marks.get(key)
        assert found is not None
        assert found[0] == key[::-1]
    assert sum(marks.get(key) is not None for key in keys) == 16
    assert marks.get(b"x" * 16) is None


def test_counters_count_each_key_for_itself() -> None:
    counters = SharedCounters(size=8)
    assert [counters.add(b"aaaabbbb") for _ in range(3)] == [1, 2, 3]
    assert counters.add(b"aaaacccc") == 1
