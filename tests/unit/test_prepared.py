"""Prepared statements: the same values and errors as SQLAlchemy's own execution."""

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa
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
