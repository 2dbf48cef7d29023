"""Whose callers reach a number: inventories, emergency codes, destinations."""

import os
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Database
from sippulse_ws.db.schema.migrate import upgrade
from sippulse_ws.db.statements import Session
from sippulse_ws.models import Did
from sippulse_ws.models.proxy_views import DIDS
from tests.factories.platform import DOMAIN, Platform
from tests.fixtures.server import Cli
from tests.soap import Soap

OTHER = "other.example.com"


@pytest.fixture(autouse=True)
def owner(platform: Platform) -> int:
    return platform.subscriber("1000")


@pytest.fixture
def here(platform: Platform) -> dict[str, str]:
    return platform.administrator("here", DOMAIN)


def did(number: str, **values: object) -> dict[str, object]:
    fixed: dict[str, object] = {"username": "1000", "domain": DOMAIN, "didToRuri": False}
    account = {"accountCode": f"1000@{DOMAIN}", "aliasUsername": number, "reverseBilling": False}
    return fixed | account | values


def everywhere(db: Session, number: str) -> bool:
    """Whether the SIP proxies' view shows the number to callers of every domain."""
    shown = DIDS.subquery()
    query = sa.select(shown.c.everywhere, shown.c.owner_domain).where(shown.c.number == number)
    row = db.execute(query).one()
    assert row.owner_domain == DOMAIN
    return bool(row.everywhere)


def test_an_administrators_number_is_its_own_domains_only(
    soap: Soap, db: Session, here: dict[str, str]
) -> None:
    soap("DidWS", "insertDid", did=did("5511988887777"), principal=here)
    assert not everywhere(db, "5511988887777")


def test_a_superusers_and_an_inventorys_number_is_everybodys(
    soap: Soap, db: Session, platform: Platform, here: dict[str, str]
) -> None:
    soap("DidWS", "insertDid", did=did("5511988887777"))
    assert everywhere(db, "5511988887777")
    platform.free_number("554830258080")
    soap("DidWS", "insertDid", did=did("554830258080"), principal=here)
    assert everywhere(db, "554830258080")


def test_a_number_given_back_and_taken_again_is_not_trusted_by_its_past(
    soap: Soap, db: Session, here: dict[str, str]
) -> None:
    number = soap("DidWS", "insertDid", did=did("5511988887777"))
    soap("DidWS", "deleteDid", didId=number, principal=here)
    soap("DidWS", "insertDid", did=did("5511988887777"), principal=here)
    assert not everywhere(db, "5511988887777")


@pytest.mark.parametrize(
    "number", ["190", "192", "193", "100", "112", "911", "10315", "+190", "+911", "10000"]
)
def test_emergency_and_service_codes_are_a_superusers(
    soap: Soap, platform: Platform, here: dict[str, str], number: str
) -> None:
    fault = soap.fault("DidWS", "insertDid", did=did(number), principal=here)
    assert number in fault
    assert platform.rows(Did) == []
    soap("DidWS", "insertDid", did=did(number))


@pytest.mark.parametrize("number", ["8080", "1000", "199999", "0800123", "290", "9", "19", "190a"])
def test_other_short_numbers_are_numbers(soap: Soap, here: dict[str, str], number: str) -> None:
    assert soap("DidWS", "insertDid", did=did(number), principal=here)


def test_another_countrys_codes(app_with: Any, here: dict[str, str]) -> None:
    soap = app_with(language="en", emergency_numbers="999,0XX")
    for number in ("999", "017"):
        assert number in soap.fault("DidWS", "insertDid", did=did(number), principal=here)
    assert soap("DidWS", "insertDid", did=did("190"), principal=here)


def test_an_installation_may_take_numbers_of_inventories_only(
    app_with: Any, platform: Platform, here: dict[str, str]
) -> None:
    soap = app_with(language="en", did_source="inventory")
    fault = soap.fault("DidWS", "insertDid", did=did("5511988887777"), principal=here)
    assert "inventory" in fault
    free = platform.free_number("5511988887777")
    assert soap("DidWS", "insertDid", did=did("5511988887777"), principal=here) == free
    assert soap("DidWS", "insertDid", did=did("5511988887778"))


class TestDestination:
    def test_a_subscriber_an_alias_or_a_hunt_group(self, soap: Soap, platform: Platform) -> None:
        alias = {"username": "1000", "domain": DOMAIN, "aliasUsername": "ana"}
        soap("SubscriberWS", "insertDBAliases", dbAliases=alias | {"aliasDomain": DOMAIN})
        values = {"domain": DOMAIN, "description": "x", "method": "serial", "timeout": 1}
        group = soap("HuntGroupWS", "insertHuntGroup", huntGroup=values | {"groupList": "1000"})
        for number, name in enumerate(("1000", "ana", f"huntgroup-{group.id}"), 5000):
            assert soap("DidWS", "insertDid", did=did(str(number), username=name))
        platform.domain(OTHER)
        for name in ("ana", f"huntgroup-{group.id}"):
            elsewhere = did("6000", username=name, domain=OTHER)
            fault = soap.fault("DidWS", "insertDid", did=elsewhere)
            assert f"{name}@{OTHER}" in fault

    @pytest.mark.parametrize(
        "name",
        ["nobody", "huntgroup-1", "huntgroup-99999999999", "huntgroup-01", "huntgroup-", "1000a"],
    )
    def test_nothing_else(self, soap: Soap, platform: Platform, name: str) -> None:
        fault = soap.fault("DidWS", "insertDid", did=did("5000", username=name))
        assert f"{name}@{DOMAIN}" in fault
        assert platform.rows(Did) == []


def test_an_operator_sees_and_revokes_what_was_there_before(cli: Cli) -> None:
    cli("profile", "create", "example.com", "OUTSIDE")
    engine = sa.create_engine(os.environ["SIPPULSE_DATABASE_URL"])
    with engine.begin() as db:
        insert = (
            "INSERT INTO subscriber (username, domain, account_code, profile, ha1, ha1b) "
            "VALUES ('1000', 'example.com', '1000@example.com', 'OUTSIDE', 'x', 'x')"
        )
        db.execute(sa.text(insert))
        account = db.execute(sa.text("SELECT id FROM subscriber")).scalar_one()
        for number, origin in (("190", "upgrade"), ("5000", "administrator")):
            values = {"n": number, "o": origin, "s": account}
            insert = (
                "INSERT INTO did (alias_username, origin, subscriber_id, username, domain) "
                "VALUES (:n, :o, :s, '1000', 'example.com')"
            )
            db.execute(sa.text(insert), values)
    engine.dispose()
    assert [row["number"] for row in cli.rows("did", "list", "--origin", "upgrade")] == ["190"]
    cli("did", "revoke", "190")
    shown = {row["number"]: row["reached by"] for row in cli.rows("did", "list")}
    assert shown == {"190": "own domain", "5000": "own domain"}
    cli("did", "confirm", "190")
    shown = {row["number"]: row["reached by"] for row in cli.rows("did", "list")}
    assert shown["190"] == "everybody"
    assert "5001" in cli("did", "revoke", "5001", status=1).output


def test_numbers_from_before_count_as_inventory_until_revoked(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    upgrade(database, "0006")
    with database.writing() as db:
        db.execute(sa.text("INSERT INTO domain (domain) VALUES ('example.com')"))
        insert = "INSERT INTO did (alias_username, inventory_domain) VALUES (:n, :d)"
        for number, domain in (("190", None), ("5000", "example.com")):
            db.execute(sa.text(insert), {"n": number, "d": domain})
    upgrade(database)
    with database.reading() as db:
        rows = db.execute(sa.select(Did.alias_username, Did.origin)).all()
    database.close()
    assert dict(map(tuple, rows)) == {"190": "upgrade", "5000": "administrator"}
