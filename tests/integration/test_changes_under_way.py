"""What changes while a call is up: who pays, and how much, was settled when it began."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.charging.rating import RATED, UNRATED
from sippulse_ws.db import Session
from sippulse_ws.domain import account_groups, price_lists
from sippulse_ws.models import (
    CallHold,
    CreditLedger,
    PriceListRow,
    Rate,
    RawCall,
    Reseller,
    Subscriber,
)
from tests.factories.platform import DOMAIN, Platform
from tests.factories.raw_calls import balance, hold, ledger, rate_all, raw_call, record

ACCOUNT = f"1000@{DOMAIN}"


class UnderWay:
    """A prepaid call of 45 s, admitted at 0.18 a minute, 30/6, with or without a reseller."""

    def __init__(self, db: Session, platform: Platform) -> None:
        self.db, self.platform = db, platform
        self.plan = platform.rate_plan(rate_id=7, prepaid=True, tx_connection=30, cadency=6)
        platform.rate("5548", rate_id=7, rate_value=Decimal("0.18"), name="FLORIPA")
        self.caller = platform.subscriber("1000", rate_plan_id=self.plan)
        self.change(credit=Decimal(10))
        self.hold_id = 0

    def begin(self, payer: int | None = None, reseller: int | None = None) -> None:
        sides: dict[str, Any] = {"prefix": "5548", "tariff": "18", "rate": Decimal("0.18")}
        sides |= {"first_block": 30, "next_block": 6, "account": ACCOUNT}
        if reseller is not None:
            sides |= {"reseller_id": reseller, "reseller_tariff": "12"}
            sides |= {"reseller_amount": Decimal("0.096")}
            sides |= {"reseller_first_block": 30, "reseller_next_block": 6}
        self.hold_id = hold(self.db, payer or self.caller, "0.144", **sides)

    def end(self) -> int:
        now = dt.datetime.now(dt.UTC)
        raw_id = raw_call(self.db, seconds=45, hold_id=self.hold_id, started=now)
        rate_all(self.db)
        assert self.db.execute(sa.select(CallHold.id)).all() == []
        for model in (Subscriber, Reseller):
            assert set(self.db.execute(sa.select(model.held)).scalars()) <= {Decimal(0)}
        return raw_id

    def change(self, username: str = "1000", **values: Any) -> None:
        one = Subscriber.username == username
        self.db.execute(sa.update(Subscriber).where(one).values(values))

    def state(self, raw_id: int) -> tuple[int, str | None]:
        query = sa.select(RawCall.state, RawCall.reason).where(RawCall.id == raw_id)
        return tuple(self.db.execute(query).one())

    def group(self, manager: str) -> None:
        code = f"{manager}@{DOMAIN}"
        account_groups.add_account_group(self.db, code, "DEFAULT", [ACCOUNT])


@pytest.fixture
def under_way(db: Session, platform: Platform) -> UnderWay:
    return UnderWay(db, platform)


def test_a_rate_list_replaced_in_the_middle(under_way: UnderWay, db: Session) -> None:
    under_way.begin()
    made = price_lists.begin_list(db, DOMAIN, 7, by="root")
    for prefix in ("55", "554830"):
        row = {"price_list_id": made, "prefix": prefix, "name": "x", "rate_value": Decimal(50)}
        db.execute(sa.insert(PriceListRow).values(row))
    price_lists.stage_list(db, made, dt.datetime.now(dt.UTC))
    price_lists.apply_list(db, made)
    found = record(db, under_way.end())
    assert (found.price, found.rate, found.matched_prefix) == (
        Decimal("0.144"),
        Decimal("0.18"),
        "5548",
    )
    assert balance(db) == Decimal("9.856")


def test_a_rate_list_without_the_destination(under_way: UnderWay, db: Session) -> None:
    """What was held is charged: the call was not free because its rate is gone."""
    under_way.begin()
    db.execute(sa.delete(Rate))
    raw_id = under_way.end()
    assert under_way.state(raw_id) == (RATED, None)
    assert (balance(db), record(db, raw_id).matched_prefix) == (Decimal("9.856"), "5548")


@pytest.mark.parametrize("prepaid", [True, False, None])
def test_another_plan(under_way: UnderWay, db: Session, prepaid: bool | None) -> None:
    """Also one without rates, and none at all."""
    under_way.begin()
    other = None
    if prepaid is not None:
        other = under_way.platform.rate_plan(name="Other", rate_id=8, prepaid=prepaid)
        under_way.platform.rate("55", rate_id=8, rate_value=Decimal(2))
    under_way.change(rate_plan_id=other)
    raw_id = under_way.end()
    assert under_way.state(raw_id) == (RATED, None)
    assert balance(db) == Decimal("9.856")


def test_a_group_that_is_joined(under_way: UnderWay, db: Session) -> None:
    under_way.platform.subscriber("9000")
    under_way.begin()
    under_way.group("9000")
    raw_id = under_way.end()
    assert ledger(db, raw_id) == [
        ("subscriber", ACCOUNT, Decimal("-0.144"), Decimal("9.856")),
    ]
    assert balance(db, "9000") == 0


@pytest.mark.parametrize("gone", [False, True])
def test_a_group_that_is_left(under_way: UnderWay, db: Session, gone: bool) -> None:
    """Its manager, whose money was held, pays; where there is none any more, the account."""
    manager = under_way.platform.subscriber("9000")
    under_way.group("9000")
    under_way.change("9000", credit=Decimal(5))
    under_way.begin(payer=manager)
    if gone:
        db.execute(sa.delete(Subscriber).where(Subscriber.id == manager))
    else:
        account_groups.remove_account_group(db, f"9000@{DOMAIN}", None)
    under_way.end()
    if gone:
        assert balance(db) == Decimal("9.856")
    else:
        assert (balance(db), balance(db, "9000")) == (Decimal(10), Decimal("4.856"))


def test_another_reseller(under_way: UnderWay, db: Session) -> None:
    first = under_way.platform.reseller("ACME", credit=Decimal(20))
    second = under_way.platform.reseller("OTHER", credit=Decimal(30))
    under_way.change(reseller_id=first, reseller_markup=50.0)
    under_way.begin(reseller=first)
    under_way.change(reseller_id=second)
    raw_id = under_way.end()
    found = record(db, raw_id)
    assert (found.price, found.reseller_price) == (Decimal("0.144"), Decimal("0.096"))
    credits = dict(db.execute(sa.select(Reseller.name, Reseller.credit)).tuples().all())
    assert credits == {"ACME": Decimal("19.904"), "OTHER": Decimal(30)}


def test_a_reseller_that_is_given(under_way: UnderWay, db: Session) -> None:
    under_way.begin()
    reseller = under_way.platform.reseller("ACME", credit=Decimal(20))
    under_way.change(reseller_id=reseller, reseller_markup=50.0)
    found = record(db, under_way.end())
    assert (found.price, found.reseller_price) == (Decimal("0.144"), None)
    assert db.scalar(sa.select(Reseller.credit)) == 20


@pytest.mark.parametrize("removed", [False, True])
def test_a_reseller_that_is_taken_away(under_way: UnderWay, db: Session, removed: bool) -> None:
    reseller = under_way.platform.reseller("ACME", credit=Decimal(20))
    under_way.change(reseller_id=reseller)
    under_way.begin(reseller=reseller)
    under_way.change(reseller_id=None)
    if removed:
        db.execute(sa.delete(Reseller))
    found = record(db, under_way.end())
    assert found.price == Decimal("0.144")
    assert found.reseller_price == (None if removed else Decimal("0.096"))
    if not removed:
        assert db.scalar(sa.select(Reseller.credit)) == Decimal("19.904")


def test_the_account_is_removed(under_way: UnderWay, db: Session) -> None:
    """Nobody is charged, and the money held for it of a manager is given back."""
    manager = under_way.platform.subscriber("9000")
    under_way.begin(payer=manager)
    db.execute(sa.delete(Subscriber).where(Subscriber.id == under_way.caller))
    assert under_way.state(under_way.end())[0] == UNRATED
    assert db.execute(sa.select(CreditLedger.id)).all() == []


def test_a_quota_of_value_counts_what_the_account_pays(under_way: UnderWay, db: Session) -> None:
    """With the reseller's markup on it, not what the reseller pays."""
    reseller = under_way.platform.reseller("ACME", credit=Decimal(20))
    under_way.change(reseller_id=reseller, reseller_markup=50.0)
    under_way.change(daily_quota=True, daily_quota_type="V", daily_quota_limit=Decimal(9))
    found = record(db, under_way.end())
    used = db.scalar(sa.select(Subscriber.daily_quota_consumed))
    assert (found.price, used) == (Decimal("0.216"), Decimal("0.216"))
