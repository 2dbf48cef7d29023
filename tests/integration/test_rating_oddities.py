"""Raw records that cannot be rated, come twice or hold nonsense; and money that was held."""

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.charging import rating
from sippulse_ws.charging.rated_call import IMPLAUSIBLE, NO_SUCH_ACCOUNT, TOO_LARGE
from sippulse_ws.charging.rating import RatingWorker
from sippulse_ws.db import Session
from sippulse_ws.models import (
    CallHold,
    Cdr,
    Rate,
    RawCall,
    Reseller,
    Subscriber,
)
from tests.factories.platform import Platform
from tests.factories.raw_calls import (
    balance,
    hold,
    rate_all,
    raw_call,
    record,
)

VIEW = "SELECT * FROM vi_cdrs WHERE sip_call_id = :call_id"


@pytest.fixture
def caller(platform: Platform) -> int:
    """A subscriber with a credit of 10 and the plan 30/6 at 0.18 a minute and 10 per cent."""
    plan = platform.rate_plan(
        name="PRÉ-BRONZE", rate_id=7, prepaid=True, tx_connection=30, cadency=6, markup=10.0
    )
    platform.rate("5548", rate_id=7, name="FLORIPA", rate_value=Decimal("0.18"))
    platform.rate("55", rate_id=7, name="BRASIL", rate_value=Decimal("0.5"))
    subscriber_id = platform.subscriber("1000", rate_plan_id=plan)
    change(platform.db, credit=Decimal(10))
    return subscriber_id


def change(db: Session, username: str = "1000", **values: Any) -> None:
    db.execute(sa.update(Subscriber).where(Subscriber.username == username).values(values))


def state(db: Session, raw_id: int) -> tuple[int, str | None]:
    query = sa.select(RawCall.state, RawCall.reason).where(RawCall.id == raw_id)
    return tuple(db.execute(query).one())


class TestUnrated:
    @pytest.mark.usefixtures("caller")
    @pytest.mark.parametrize(
        ("values", "reason"),
        [
            ({"account": "nobody"}, NO_SUCH_ACCOUNT),
            ({"account": None}, NO_SUCH_ACCOUNT),
            ({"number": "1212"}, "no rate"),
            ({"number": ""}, "no rate"),
            ({"seconds": 10**8}, IMPLAUSIBLE),
        ],
    )
    def test_is_kept_without_a_price(
        self, db: Session, values: dict[str, Any], reason: str
    ) -> None:
        raw_id = raw_call(db, **values)
        rate_all(db)
        assert state(db, raw_id) == (rating.UNRATED, reason)
        assert record(db, raw_id).price is None
        assert balance(db) == Decimal(10)

    @pytest.mark.usefixtures("caller")
    def test_is_rated_again_when_it_can_be(self, db: Session, platform: Platform) -> None:
        raw_id = raw_call(db, number="1212")
        rate_all(db)
        first = record(db, raw_id)
        platform.rate("12", rate_id=7, rate_value=Decimal(1))
        db.execute(sa.update(RawCall).values(state=rating.NEW))
        rate_all(db, RatingWorker("UTC"))
        again = record(db, raw_id)
        assert (again.id, again.call_start_time) == (first.id, first.call_start_time)
        assert again.price == Decimal("0.88")
        assert balance(db) == Decimal("9.12")
        assert state(db, raw_id) == (rating.RATED, None)

    def test_a_price_that_no_column_holds(
        self, db: Session, platform: Platform, caller: int
    ) -> None:
        db.execute(sa.update(Rate).values(rate_value=Decimal(999999999999)))
        raw_id = raw_call(db, seconds=3600)
        rate_all(db)
        assert state(db, raw_id) == (rating.UNRATED, TOO_LARGE)

    @pytest.mark.usefixtures("caller")
    def test_a_balance_that_no_column_holds(self, db: Session) -> None:
        change(db, credit=Decimal("-999999999999.9"))
        fits, does_not = raw_call(db, seconds=1), raw_call(db, seconds=60)
        rate_all(db)
        assert state(db, fits) == (rating.RATED, None)
        assert state(db, does_not) == (rating.UNRATED, "balance would not fit")

    @pytest.mark.usefixtures("caller")
    def test_the_same_call_twice_is_charged_once(self, db: Session) -> None:
        first = raw_call(db, call_id="same", proxy="sip1", account=None)
        second = raw_call(db, call_id="same", proxy="sip2")
        third = raw_call(db, call_id="same", proxy="sip3")
        rate_all(db)
        assert [state(db, one) for one in (first, second, third)] == [
            (rating.RATED, rating.DUPLICATE),
            (rating.RATED, None),
            (rating.RATED, rating.DUPLICATE),
        ]
        raw_call(db, call_id="same", proxy="sip4")
        rate_all(db)
        assert balance(db) == Decimal("9.8416")
        assert db.scalar(sa.select(sa.func.count()).select_from(Cdr)) == 1

    @pytest.mark.usefixtures("caller")
    def test_what_is_written_into_a_record_is_only_text(self, db: Session) -> None:
        bad = "'; DROP TABLE cdr; -- \" \\ %s {}"
        fields = "call_id from_tag to_tag src_uri dst_uri number service user_agent src_ip".split()
        values: dict[str, Any] = dict.fromkeys([*fields, "caller_domain", "profile"], bad)
        raw_id = raw_call(db, **values)
        rate_all(db)
        found = record(db, raw_id)
        assert (found.sip_call_id, found.user_agent, found.caller_domain) == (bad, bad, bad)
        assert state(db, raw_id) == (rating.UNRATED, "no rate")

    @pytest.mark.usefixtures("caller")
    @pytest.mark.parametrize("number", ["5" * 64, "+5548123", "0055", "55abc", "+"])
    def test_odd_numbers(self, db: Session, number: str) -> None:
        raw_id = raw_call(db, number=number)
        rate_all(db)
        priced = number.lstrip("+").startswith("55")
        assert (state(db, raw_id)[0] == rating.RATED) == priced

    @pytest.mark.usefixtures("caller")
    def test_a_clock_that_jumped_back(self, db: Session) -> None:
        raw_id = raw_call(db, seconds=-30)
        rate_all(db)
        assert (record(db, raw_id).duration, record(db, raw_id).price) == (0, Decimal(0))


class TestHolds:
    def test_are_given_back_with_the_price_taken(self, db: Session, caller: int) -> None:
        other = hold(db, caller, "1")
        raw_id = raw_call(db, hold_id=hold(db, caller, "0.5"))
        rate_all(db)
        assert db.scalar(sa.select(Subscriber.held)) == Decimal(1)
        assert balance(db) == Decimal("9.8416")
        assert db.execute(sa.select(CallHold.id)).scalars().all() == [other]
        assert state(db, raw_id)[0] == rating.RATED

    def test_of_calls_that_cannot_be_rated_too(self, db: Session, caller: int) -> None:
        raw_call(db, number="1212", hold_id=hold(db, caller, "0.5"))
        raw_call(db, account="nobody", hold_id=hold(db, caller, "0.25"))
        rate_all(db)
        assert db.scalar(sa.select(Subscriber.held)) == Decimal(0)
        assert db.execute(sa.select(CallHold.id)).all() == []

    def test_the_price_is_the_one_that_was_shown(
        self, db: Session, platform: Platform, caller: int
    ) -> None:
        reseller_id = platform.reseller(credit=Decimal(100))
        change(db, reseller_id=reseller_id)
        blocks = {"first_block": 30, "next_block": 6}
        hold_id = hold(
            db,
            caller,
            "0.5",
            tariff="18",
            **blocks,
            reseller_id=reseller_id,
            reseller_amount=Decimal("0.4"),
            reseller_tariff="12",
            **{f"reseller_{name}": value for name, value in blocks.items()},
        )
        db.execute(sa.update(Rate).values(rate_value=Decimal(100)))
        raw_id = raw_call(db, hold_id=hold_id)
        rate_all(db)
        found = record(db, raw_id)
        assert (found.price, found.reseller_price) == (Decimal("0.144"), Decimal("0.096"))
        assert db.scalar(sa.select(Reseller.held)) == Decimal(0)

    def test_one_that_is_gone_is_not_missed(self, db: Session, caller: int) -> None:
        raw_call(db, hold_id=4711)
        rate_all(db)
        assert balance(db) == Decimal("9.8416")
