"""Credit added and taken back at once."""

from collections.abc import Callable
from functools import partial

import sqlalchemy as sa

from sippulse_ws.domain.errors import DomainError
from sippulse_ws.domain.ledger import reverse_entry
from sippulse_ws.models import CreditLedger, Subscriber
from tests.factories.requests import new_subscriber
from tests.fixtures.races import Racer

ROUNDS = 4


def credit(username: str, obs: str) -> tuple[str, str, str]:
    body = f"<username>{username}</username><domain>example.com</domain><value>10</value>"
    return "SubscriberWS", "addCredit", body + f"<obs>{obs}</obs>"


def test_a_repeated_credit_is_seen_by_those_at_the_same_moment(
    racer_with: Callable[..., Racer],
) -> None:
    racer = racer_with(repeated_credit_minutes=10)
    assert racer.say("SubscriberWS", "insertSubscriber", new_subscriber(username="4711")) == ""
    for number in range(1, ROUNDS + 1):
        said = racer.race(*[credit("4711", f"Pix {number}")] * 6)
        assert said.count("") == 1
        assert all("Repeated credit" in one for one in said if one)


def reverse(racer: Racer, row: int) -> str:
    """The code of the refusal, or nothing."""
    try:
        with racer.database.writing() as db:
            reverse_entry(db, row, "em dobro", "root")
    except DomainError as error:
        return error.code
    return ""


def test_a_row_is_reversed_once(racer: Racer) -> None:
    assert racer.say("SubscriberWS", "insertSubscriber", new_subscriber(username="4712")) == ""
    for number in range(1, ROUNDS + 1):
        assert racer.say(*credit("4712", f"Pix {number}")) == ""
        with racer.database.reading() as db:
            row = db.scalar(sa.select(sa.func.max(CreditLedger.id)))
        said = racer.at_once([partial(reverse, racer, row)] * 6)
        assert sorted(said) == [""] + ["ledger-row-reversed"] * 5
    with racer.database.reading() as db:
        assert db.scalar(sa.select(Subscriber.credit).filter_by(username="4712")) == 0
