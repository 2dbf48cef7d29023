"""Events are written with what they tell, and not at all when it is refused."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Session
from sippulse_ws.domain import events
from sippulse_ws.models import Event
from tests.factories.platform import DOMAIN, Platform
from tests.factories.requests import new_subscriber
from tests.soap import Soap

KEY: dict[str, Any] = {"username": "1000", "domain": DOMAIN}
ACCOUNT = f"1000@{DOMAIN}"


def told(db: Session) -> list[tuple[str, str, Any]]:
    """Kind, account and data of all events."""
    rows = db.execute(sa.select(Event.kind, Event.account, Event.data).order_by(Event.id))
    return [(row.kind, row.account, json.loads(row.data)) for row in rows]


def did(number: str) -> dict[str, object]:
    flags = {"didToRuri": False, "reverseBilling": False}
    return KEY | flags | {"accountCode": ACCOUNT, "aliasUsername": number}


@pytest.fixture
def subscriber(platform: Platform, db: Session) -> int:
    subscriber_id = platform.subscriber("1000")
    db.execute(sa.delete(Event))
    return subscriber_id


def test_a_new_subscriber(soap: Soap, db: Session) -> None:
    soap.xml("SubscriberWS", "insertSubscriber", new_subscriber())
    (event,) = told(db)
    assert event == ("subscriber.inserted", ACCOUNT, {"profile": "DEFAULT", "rate_plan_id": None})


@pytest.mark.usefixtures("subscriber")
def test_credit(soap: Soap, db: Session) -> None:
    soap("SubscriberWS", "addCredit", **KEY, value=10.5, obs="recarga")
    assert told(db) == [
        (
            "credit.added",
            ACCOUNT,
            {"value": "10.500000", "obs": "recarga", "expires_at": None},
        )
    ]


@pytest.mark.usefixtures("subscriber")
def test_changes_are_told_by_name(soap: Soap, db: Session) -> None:
    soap("SubscriberWS", "blockAnonymousCalls", **KEY)
    soap("SubscriberWS", "blockSubscriber", **KEY)
    soap("SubscriberWS", "activateSubscriber", **KEY)
    change = new_subscriber(firstName="Ana", password="other-password")
    soap.xml("SubscriberWS", "updateSubscriber", change)
    names = [event[0] for event in told(db)]
    assert names == [
        "subscriber.changed",
        "subscriber.blocked",
        "subscriber.changed",
        "subscriber.changed",
    ]
    changed = told(db)[-1][2]["changed"]
    assert {"firstName", "password"} <= set(changed)
    assert "other-password" not in db.scalar(sa.select(sa.func.max(Event.data)))


def test_numbers_and_the_end_of_an_account(
    soap: Soap, db: Session, platform: Platform, subscriber: int
) -> None:
    platform.free_number("551130250001")
    first = soap("DidWS", "insertDid", did=did("551130250001"))
    soap("DidWS", "insertDid", did=did("551130250002"))
    soap("DidWS", "deleteDid", didId=first)
    soap("SubscriberWS", "removeSubscriber", **KEY)
    assert [event[:2] for event in told(db)] == [
        ("did.assigned", ACCOUNT),
        ("did.assigned", ACCOUNT),
        ("did.freed", ACCOUNT),
        ("did.freed", ACCOUNT),
        ("subscriber.removed", ACCOUNT),
    ]
    assert [event[2].get("number") for event in told(db)[:4]] == [
        "551130250001",
        "551130250002",
        "551130250001",
        "551130250002",
    ]
    assert subscriber


@pytest.mark.usefixtures("subscriber")
def test_what_is_refused_is_no_event(soap: Soap, db: Session) -> None:
    soap.fault("SubscriberWS", "addCredit", **KEY, value=0)
    soap.fault("SubscriberWS", "blockSubscriber", username="nobody", domain=DOMAIN)
    soap.xml_fault("SubscriberWS", "insertSubscriber", new_subscriber())
    soap.fault("DidWS", "insertDid", did=did("1") | {"username": "nobody"})
    assert told(db) == []


def test_only_known_kinds_can_be_told(db: Session) -> None:
    with pytest.raises(AssertionError):
        events.emit(db, "credit.lost", ACCOUNT, {})
    with pytest.raises(TypeError):
        events.emit(db, events.CREDIT_LOW, ACCOUNT, {"value": object()})
