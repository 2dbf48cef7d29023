"""One name, two who want it."""

import pytest
import sqlalchemy as sa

from sippulse_ws.models import DbAlias, Did, Subscriber
from tests.factories.requests import new_subscriber
from tests.fixtures.races import Racer

ROUNDS = 12


def alias(name: str, owner: str = "owner") -> tuple[str, str, str]:
    key = f"<username>{owner}</username><domain>example.com</domain>"
    inner = f"<aliasUsername>{name}</aliasUsername><aliasDomain>example.com</aliasDomain>{key}"
    return "SubscriberWS", "insertDBAliases", f"<dbAliases>{inner}</dbAliases>"


def subscriber(name: str) -> tuple[str, str, str]:
    return "SubscriberWS", "insertSubscriber", new_subscriber(username=name)


@pytest.fixture(autouse=True)
def owner(racer: Racer) -> None:
    said = racer.say(*subscriber("owner"))
    assert said in ("", "Subscriber already exists: owner@example.com")


def test_a_subscriber_and_an_alias_never_share_a_name(racer: Racer) -> None:
    for number in range(ROUNDS):
        name = f"both-{number}"
        said = racer.race(subscriber(name), alias(name), subscriber(name), alias(name))
        assert said.count("") == 1
        faults = {f"Alias already in use: {name}@example.com"}
        faults.add(f"Subscriber already exists: {name}@example.com")
        assert {one for one in said if one} <= faults
        with racer.database.reading() as db:
            there = db.scalar(sa.select(sa.func.count()).where(Subscriber.username == name))
            aliased = db.scalar(sa.select(sa.func.count()).where(DbAlias.alias_username == name))
        assert there + aliased == 1


def test_a_name_is_free_again_when_its_owner_goes(racer: Racer) -> None:
    gone = "<username>{}</username><domain>example.com</domain>"
    assert racer.say(*subscriber("first")) == ""
    assert racer.say(*alias("second", "first")) == ""
    assert racer.say("SubscriberWS", "removeSubscriber", gone.format("first")) == ""
    assert racer.say(*alias("first")) == ""
    assert racer.say(*subscriber("second")) == ""
    with racer.database.reading() as db:
        alias_id = db.scalar(sa.select(DbAlias.id).where(DbAlias.alias_username == "first"))
    body = f"<dbAliases>{alias_id}</dbAliases>"
    assert racer.say("SubscriberWS", "deleteDBAliases", body) == ""
    assert racer.say(*subscriber("first")) == ""


def test_the_removed_owner_of_a_new_alias_is_told_as_such(racer: Racer) -> None:
    for number in range(ROUNDS):
        owner = f"gone-{number}"
        assert racer.say(*subscriber(owner)) == ""
        body = f"<username>{owner}</username><domain>example.com</domain>"
        said = racer.race(
            ("SubscriberWS", "removeSubscriber", body),
            *(alias(f"{owner}-{one}", owner) for one in range(5)),
        )
        assert said[0] == ""
        assert set(said[1:]) <= {"", f"Subscriber not found: {owner}@example.com"}


def test_a_number_with_and_without_the_plus_has_one_owner(racer: Racer) -> None:
    for number in range(ROUNDS):
        both = [f"+55480000{number:03}", f"55480000{number:03}"] * 2
        wanted = [
            "<did><accountCode>owner@example.com</accountCode><domain>example.com</domain>"
            f"<aliasUsername>{one}</aliasUsername></did>"
            for one in both
        ]
        said = racer.race(*(("DidWS", "insertDid", body) for body in wanted))
        assert said.count("") == 1
        assert {one for one in said if one} <= {f"DID already in use: {one}" for one in both}
        with racer.database.reading() as db:
            spelt = sa.select(sa.func.count()).where(Did.alias_username.in_(both))
            assert db.scalar(spelt) == 1
