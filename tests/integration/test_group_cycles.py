"""Groups whose managers are in each other's: each pays for the other, once, never for free."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.charging.lookup import look_up
from sippulse_ws.db import Database, Session
from sippulse_ws.domain import new_subscribers
from sippulse_ws.domain.account_groups import add_account_group
from sippulse_ws.domain.rows import insert_row
from sippulse_ws.domain.vault import Vault
from sippulse_ws.models import AccountGroup, AccountGroupMember, Rate, RatePlan, Subscriber
from tests.factories.platform import DOMAIN, PASSWORD
from tests.factories.raw_calls import NUMBER, balance, ledger, rate_all, raw_call
from tests.fixtures.proxy_functions import Functions
from tests.fixtures.server import Cli

RING = ("1000", "1001", "1002")  # each is managed by the next one
PRICE = Decimal("0.144")  # 48 seconds at 0.18 a minute


def account(username: str) -> str:
    return f"{username}@{DOMAIN}"


def fill(db: Session) -> None:
    plan = {"domain": DOMAIN, "name": "ring", "rate_id": 7, "prepaid": True}
    paid = insert_row(db, RatePlan, plan | {"tx_connection": 30, "cadency": 6})
    rate = {"domain": DOMAIN, "rate_id": 7, "prefix": "55", "name": "BRASIL"}
    insert_row(db, Rate, rate | {"rate_value": Decimal("0.18")})
    for username in RING:
        given: dict[str, Any] = {"username": username, "domain": DOMAIN, "profile": "DEFAULT"}
        given |= {"password": PASSWORD, "rate_plan_id": paid}
        new_subscribers.insert_subscriber(db, Vault(), given)


def close_ring(db: Session, ring: tuple[str, ...]) -> None:
    for member, manager in zip(ring, (*ring[1:], ring[0]), strict=True):
        add_account_group(db, account(manager), "DEFAULT", [account(member)])


def set_credit(db: Session, **credits: str) -> None:
    for name, credit in credits.items():
        row = Subscriber.username == name.removeprefix("of_")
        db.execute(sa.update(Subscriber).where(row).values(credit=Decimal(credit)))


@pytest.mark.usefixtures("platform")
@pytest.mark.parametrize("ring", [RING[:2], RING], ids=len)
def test_each_call_is_paid_once_by_the_manager(db: Session, ring: tuple[str, ...]) -> None:
    fill(db)
    close_ring(db, ring)
    calls = {username: raw_call(db, username, seconds=48) for username in ring}
    more = raw_call(db, ring[0], seconds=48)
    rate_all(db)
    for member, manager in zip(ring, (*ring[1:], ring[0]), strict=True):
        ((_, payer, *_),) = ledger(db, calls[member])
        assert payer == account(manager)
    assert len(ledger(db, more)) == 1
    paid = {username: -balance(db, username) for username in ring}
    assert paid == dict.fromkeys(ring, PRICE) | {ring[1]: 2 * PRICE}


@pytest.mark.usefixtures("platform")
def test_the_managers_credit_decides(db: Session) -> None:
    fill(db)
    close_ring(db, RING[:2])
    set_credit(db, of_1000="0", of_1001="10")
    assert look_up(db, account("1000"), NUMBER).allowed
    assert not look_up(db, account("1001"), NUMBER).allowed
    set_credit(db, of_1001="0")
    assert not look_up(db, account("1000"), NUMBER).allowed


@pytest.fixture
def functions(cli: Cli, installed_url: str) -> Iterator[Functions]:
    made = Functions(cli, installed_url)
    yield made
    made.drop()


@pytest.mark.engines("mariadb")
def test_the_proxy_is_told_the_same(functions: Functions, installed_url: str) -> None:
    database = Database(installed_url)
    with database.writing() as db:
        fill(db)
        close_ring(db, RING[:2])
        set_credit(db, of_1000="0", of_1001="10")

    def admitted(username: str) -> str:
        told = functions(
            "sippulse_admit(:a, :n, :n, 'pstn', :c, 't', 'p', 1, 1, 60)",
            a=account(username),
            n=NUMBER,
            c=f"cycle {username}",
        )
        return str(told).partition("|")[0]

    assert (admitted("1000"), admitted("1001")) == ("1", "0")
    with database.writing() as db:
        for model in (AccountGroupMember, AccountGroup):
            db.execute(sa.delete(model))
    database.close()
