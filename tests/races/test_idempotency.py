"""The same key in several requests at once: one is done, all get its outcome."""

from typing import Any

import sqlalchemy as sa

from sippulse_ws.models import CreditLedger, IdempotencyKey
from tests.factories.requests import new_subscriber
from tests.fixtures.races import Racer

ROUNDS = 5


def credit(username: str, key: str, value: int = 10) -> tuple[Any, ...]:
    body = f"<username>{username}</username><domain>example.com</domain><value>{value}</value>"
    return "SubscriberWS", "addCredit", body, {"Idempotency-Key": key}


def count(racer: Racer, model: Any, **key: Any) -> Any:
    with racer.database.reading() as db:
        query = sa.select(sa.func.count()).select_from(model).filter_by(**key)
        return db.execute(query).scalar()


def test_credit_is_added_once(racer: Racer) -> None:
    assert racer.say("SubscriberWS", "insertSubscriber", new_subscriber(username="once")) == ""
    for number in range(1, ROUNDS + 1):
        assert racer.race(*[credit("once", f"key-{number}")] * 8) == [""] * 8
        assert count(racer, CreditLedger, account="once@example.com") == number


def test_one_insertion_is_not_two(racer: Racer) -> None:
    for number in range(ROUNDS):
        insert = new_subscriber(username=f"twice-{number}")
        headers = {"Idempotency-Key": f"insert-{number}"}
        request = ("SubscriberWS", "insertSubscriber", insert, headers)
        assert racer.race(*[request] * 6) == [""] * 6


def test_refusals_are_one(racer: Racer) -> None:
    for number in range(ROUNDS):
        told = racer.race(*[credit("nobody", f"refused-{number}")] * 8)
        assert set(told) == {"Subscriber not found: nobody@example.com"}
    assert count(racer, IdempotencyKey, outcome="refused") == ROUNDS


def test_two_requests_with_one_key_are_one_and_a_fault(racer: Racer) -> None:
    assert racer.say("SubscriberWS", "insertSubscriber", new_subscriber(username="two")) == ""
    for number in range(1, ROUNDS + 1):
        told = racer.race(credit("two", f"two-{number}", 1), credit("two", f"two-{number}", 2))
        fault = "Idempotency-Key already used with another request"
        assert sorted(told) == ["", fault]
        assert count(racer, CreditLedger, account="two@example.com") == number
