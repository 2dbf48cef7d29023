"""Prepared statements: the same values and errors as SQLAlchemy's own execution."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from sippulse_ws.db import Database
from sippulse_ws.db.failures import is_repeatable, is_unavailable
from sippulse_ws.db.prepared import Prepared
from sippulse_ws.models import Domain, Subscriber
from tests.factories.platform import DOMAIN, Platform


def test_rows_bear_the_columns_names_and_types(db: sa.Connection, platform: Platform) -> None:
    platform.subscriber("1000", first_name="João", low_credit_limit=0.1)
    columns = (
        Subscriber.first_name,
        Subscriber.low_credit_limit,
        Subscriber.active,
        Subscriber.phone,
        sa.literal("fixed").label("fixed"),
    )
    statement = sa.select(*columns).where(Subscriber.username == sa.bindparam("username"))
    row = Prepared(statement).first(db, username="1000")
    assert row == db.execute(statement, {"username": "1000"}).one()
    assert (row.first_name, row.low_credit_limit, row.fixed) == ("João", Decimal("0.1"), "fixed")
    assert Prepared(statement).first(db, username="nobody") is None


def test_parameters_go_through_their_types(db: sa.Connection, platform: Platform) -> None:
    subscriber_id = platform.subscriber("1000")
    moment = dt.datetime(2026, 1, 2, 3, 4, 5, 678900, dt.UTC)
    change = Prepared(
        sa.update(Subscriber)
        .where(Subscriber.id == sa.bindparam("key"))
        .values(
            credit=Subscriber.credit + sa.bindparam("change", type_=Subscriber.credit.type),
            credit_expires_at=sa.bindparam("until", type_=Subscriber.credit_expires_at.type),
        )
    )
    assert change.run(db, key=subscriber_id, change=Decimal("0.1"), until=moment) == 1
    assert change.run(db, key=subscriber_id, change=Decimal("0.2"), until=moment) == 1
    assert change.run(db, key=0, change=Decimal(1), until=None) == 0
    row = platform.one(Subscriber, id=subscriber_id)
    assert (row.credit, row.credit_expires_at) == (Decimal("0.3"), moment)


def test_errors_are_sqlalchemys_and_hide_the_parameters(db: sa.Connection) -> None:
    insert = Prepared(sa.insert(Domain).values(domain=sa.bindparam("domain")))
    assert insert.insert(db, domain="a.example.com") > 0
    with pytest.raises(IntegrityError) as caught, db.begin_nested():
        insert.insert(db, domain="a.example.com")
    assert not is_unavailable(caught.value)
    assert "[parameters: " not in str(caught.value)


@pytest.mark.engines("mariadb")
def test_a_lost_connection_leaves_the_pool(migrated_url: str) -> None:
    database = Database(migrated_url)
    probe = Prepared(sa.select(Domain.id).where(Domain.domain == sa.bindparam("domain")))
    try:
        with database.reading() as lost, database.writing() as other:
            probe.first(lost, domain=DOMAIN)
            number = lost.execute(sa.text("SELECT CONNECTION_ID()")).scalar()
            other.execute(sa.text(f"KILL {number}"))
            with pytest.raises(sa.exc.OperationalError) as caught:
                probe.first(lost, domain=DOMAIN)
            assert is_repeatable(caught.value)
        with database.reading() as fresh:
            assert probe.first(fresh, domain="none") is None
    finally:
        database.close()


OLDEST = dt.datetime(1000, 1, 1)  # noqa: DTZ001 - MariaDB knows no older one


@given(
    text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40),
    amount=st.decimals(-(10**11), 10**11, allow_nan=False, places=6),
    real=st.floats(allow_nan=False, allow_infinity=False, width=64).filter(
        lambda value: value == 0 or 1e-300 < abs(value) < 1e300
    ),
    number=st.integers(-(2**63), 2**63 - 1),
    moment=st.none() | st.datetimes(OLDEST, timezones=st.just(dt.UTC)),
    flag=st.booleans(),
)
@example(
    text='"\\\t\n\r\x01\u2028😀',
    amount=Decimal(3),
    real=1e22,
    number=0,
    moment=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    flag=True,
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_wide_row_is_what_a_narrow_one_is(
    db: sa.Connection, subscriber_id: int, **values: Any
) -> None:
    """PyMySQL gets wide rows packed into one column; nothing may change on the way."""
    columns = {
        "first_name": values["text"],
        "credit": values["amount"],
        "reseller_markup": values["real"],
        "phone": values["number"],
        "credit_expires_at": values["moment"],
        "voicemail": values["flag"],
        "address": None,
        "id": subscriber_id,
        "ha1": "x",
        "call_limit": None,
    }
    db.execute(sa.update(Subscriber).values(columns))
    wide = sa.select(*(Subscriber.__table__.columns[name] for name in columns))
    row = Prepared(wide.where(Subscriber.id == sa.bindparam("key"))).first(db, key=subscriber_id)
    assert row._asdict() == columns
    kinds = [(type(value), type(columns[name])) for name, value in row._asdict().items()]
    assert all(one is other for one, other in kinds)


@pytest.fixture
def subscriber_id(platform: Platform) -> int:
    return platform.subscriber("1000")
