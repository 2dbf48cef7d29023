"""Prepared statements: the same values and errors as SQLAlchemy's own execution."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import ArgumentError, IntegrityError

from sippulse_ws.db import Database, Session
from sippulse_ws.db.connections.failures import is_repeatable, is_unavailable
from sippulse_ws.db.statements import Prepared
from sippulse_ws.domain import new_subscribers
from sippulse_ws.models import Domain, Subscriber
from tests.factories.platform import DOMAIN, Platform


def test_rows_bear_the_columns_names_and_types(db: Session, platform: Platform) -> None:
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


def test_parameters_go_through_their_types(db: Session, platform: Platform) -> None:
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


def test_errors_are_sqlalchemys_and_hide_the_parameters(db: Session) -> None:
    insert = Prepared(sa.insert(Domain).values(domain=sa.bindparam("domain")))
    assert insert.insert(db, domain="a.example.com") > 0
    with pytest.raises(IntegrityError) as caught, db.savepoint():
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


class Refused(Exception):
    pass


_NEW = Prepared(sa.insert(Domain).values(domain=sa.bindparam("domain")))
_COUNT = Prepared(
    sa.select(sa.func.count().label("there")).where(Domain.domain == sa.bindparam("domain"))
)


def there(db: Session, domain: str) -> int:
    count = sa.select(sa.func.count()).where(Domain.domain == domain)
    return int(db.execute(count).scalar_one())


def test_a_queued_statement_runs_before_the_next_one(db: Session) -> None:
    first = _NEW.queue(db, domain="a.example.com")
    second = _NEW.queue(db, domain="b.example.com")
    assert _COUNT.first(db, domain="b.example.com").there == 1
    assert (first.result.matched, second.result.matched) == (1, 1)
    assert second.result.row_id > first.result.row_id > 0


def test_a_core_statement_sees_what_was_queued_before_it(db: Session) -> None:
    _NEW.queue(db, domain="a.example.com")
    assert there(db, "a.example.com") == 1
    _NEW.queue(db, domain="b.example.com")
    assert db.exec_driver_sql("SELECT COUNT(*) FROM domain").scalar() == 2
    _NEW.queue(db, domain="c.example.com")
    assert sa.inspect(db.connection).has_table("domain")
    assert there(db, "c.example.com") == 1


def test_what_is_left_in_the_queue_runs_before_the_commit(writer: Database) -> None:
    with writer.writing() as db:
        _NEW.queue(db, domain="left.example.com")
    with writer.reading() as db:
        assert there(db, "left.example.com") == 1
    with writer.writing() as db:
        db.execute(sa.delete(Domain).where(Domain.domain == "left.example.com"))


def test_outside_a_transaction_nothing_waits(writer: Database) -> None:
    with writer.reading() as db:
        assert _COUNT.queue(db, domain="a.example.com").result.rows


def test_what_was_queued_before_a_savepoint_survives_its_failure(db: Session) -> None:
    _NEW.insert(db, domain="a.example.com")
    _NEW.queue(db, domain="audit.example.com")

    def fail() -> None:
        with db.savepoint():
            _NEW.queue(db, domain="lost.example.com")
            _NEW.insert(db, domain="a.example.com")

    with pytest.raises(IntegrityError):
        fail()
    assert there(db, "audit.example.com") == 1
    assert there(db, "lost.example.com") == 0


def test_what_is_queued_in_a_savepoint_belongs_to_it(db: Session) -> None:
    with db.savepoint():
        _NEW.queue(db, domain="a.example.com")
    assert there(db, "a.example.com") == 1

    def fail() -> None:
        with db.savepoint():
            _NEW.queue(db, domain="b.example.com")
            raise Refused

    with pytest.raises(Refused):
        fail()
    assert there(db, "b.example.com") == 0
    with pytest.raises(IntegrityError), db.savepoint():  # not later, where nobody expects it
        _NEW.queue(db, domain="a.example.com")


def test_nothing_queued_runs_after_an_error(writer: Database) -> None:
    def fail() -> None:
        with writer.writing() as db:
            _NEW.queue(db, domain="a.example.com")
            raise Refused

    with pytest.raises(Refused):
        fail()
    with writer.reading() as db:
        assert there(db, "a.example.com") == 0


def test_a_rollback_forgets_the_queue(writer: Database) -> None:
    with writer.writing() as db:
        _NEW.queue(db, domain="a.example.com")
        db.rollback()
    with writer.reading() as db:
        assert there(db, "a.example.com") == 0


def test_an_error_among_several_statements_names_its_own(db: Session) -> None:
    _NEW.insert(db, domain="a.example.com")

    def insert_all() -> None:
        with db.savepoint():
            _NEW.queue(db, domain="b.example.com")
            _NEW.queue(db, domain="a.example.com")
            _COUNT.first(db, domain="a.example.com")

    with pytest.raises(IntegrityError) as caught:
        insert_all()
    assert "INSERT INTO domain" in str(caught.value)
    assert there(db, "b.example.com") == 0


@pytest.mark.engines("mariadb")
def test_a_connection_lost_with_statements_queued_is_told_as_such(migrated_url: str) -> None:
    database = Database(migrated_url)

    def insert_on_a_lost_one() -> None:
        with database.writing() as db:
            number = db.execute(sa.text("SELECT CONNECTION_ID()")).scalar()
            with database.reading() as other:
                other.execute(sa.text(f"KILL {number}"))
            _NEW.queue(db, domain="a.example.com")
            _NEW.insert(db, domain="b.example.com")

    try:
        with pytest.raises(sa.exc.OperationalError) as caught:
            insert_on_a_lost_one()
        assert is_repeatable(caught.value)
        with database.writing() as db:
            assert there(db, "a.example.com") == 0
    finally:
        database.close()


def test_names_that_a_statement_lacks_are_errors(db: Session) -> None:
    with pytest.raises(ArgumentError, match=r"unknown parameters other; no value for domain"):
        _NEW.insert(db, other="a.example.com")
    with pytest.raises(ArgumentError, match="no value for domain"):
        _COUNT.first(db)
    with pytest.raises(ArgumentError, match="unknown parameters other"):
        _COUNT.first(db, domain="a.example.com", other=1)
    with pytest.raises(ArgumentError, match="unknown parameters other"):
        _NEW.run_many(db, [{"domain": "a.example.com"}, {"domain": "b.example.com", "other": 1}])
    with pytest.raises(ArgumentError, match="defaults for unknown parameters other"):
        Prepared(_NEW.statement, {"other": 1}).insert(db, domain="a.example.com")
    assert there(db, "a.example.com") == 0


def test_a_misspelt_column_of_a_subscriber_is_an_error(db: Session, platform: Platform) -> None:
    platform.subscriber("1000")
    with pytest.raises(ArgumentError, match="call_limt, frist_name"):
        new_subscribers._INSERT.insert(db, username="ana", frist_name="Ana", call_limt=9)


def test_names_that_a_core_statement_lacks_are_errors_too(db: Session) -> None:
    count = sa.select(sa.func.count()).where(Domain.domain == sa.bindparam("domain"))
    assert db.scalar(count, {"domain": "a.example.com"}) == 0
    with pytest.raises(ArgumentError, match="other"):
        db.scalar(count, {"domain": "a.example.com", "other": 1})
    with pytest.raises(ArgumentError, match="other"):
        db.execute(sa.insert(Domain), {"domain": "a.example.com", "other": 1})
    with pytest.raises(ArgumentError, match="other"):
        db.execute(sa.insert(Domain), [{"domain": "a"}, {"domain": "b", "other": 1}])
    with pytest.raises(ArgumentError, match="other"):
        db.execute(sa.update(Domain), {"other": 1})
    with pytest.raises(sa.exc.CompileError, match="other"):
        db.execute(sa.insert(Domain).values(domain="a.example.com", other=1))
    assert there(db, "a.example.com") == 0


def test_defaults_stand_for_what_is_not_given(db: Session) -> None:
    insert = Prepared(
        sa.insert(Domain).values(domain=sa.bindparam("domain")), {"domain": "it's.example.com"}
    )
    insert.run(db)
    insert.run(db, domain="a.example.com")
    assert (there(db, "it's.example.com"), there(db, "a.example.com")) == (1, 1)


@pytest.mark.engines("mariadb")
def test_numbers_that_sql_lacks_are_refused(db: Session, subscriber_id: int) -> None:
    for column, value in (
        (Subscriber.reseller_markup, float("inf")),
        (Subscriber.reseller_markup, float("nan")),
        (Subscriber.phone, Decimal("NaN")),
    ):
        change = Prepared(sa.update(Subscriber).values({column.key: sa.bindparam("to")}))
        with pytest.raises(ValueError, match="cannot be stored"):
            change.run(db, to=value)


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
    text="\"\\\t\n\r\x01\x1a\u2028😀'; -- %s %(name)s %%",
    amount=Decimal(3),
    real=1e22,
    number=0,
    moment=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    flag=True,
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_wide_row_is_what_a_narrow_one_is(db: Session, subscriber_id: int, **values: Any) -> None:
    """Nothing may change on the way there, SQLAlchemy's or ours, nor in JSON rows coming back."""
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
    table = Subscriber.__table__.columns
    binds = {name: sa.bindparam(name, type_=table[name].type) for name in columns}
    ours = Prepared(sa.update(Subscriber).values(binds))
    for store in (
        lambda: db.execute(sa.update(Subscriber).values(columns)),
        lambda: ours.run(db, **columns),
    ):
        store()
        check_columns(db, subscriber_id, columns)


def check_columns(db: Session, subscriber_id: int, columns: dict[str, Any]) -> None:
    wide = sa.select(*(Subscriber.__table__.columns[name] for name in columns))
    row = Prepared(wide.where(Subscriber.id == sa.bindparam("key"))).first(db, key=subscriber_id)
    assert row._asdict() == columns
    kinds = [(type(value), type(columns[name])) for name, value in row._asdict().items()]
    assert all(one is other for one, other in kinds)


@pytest.fixture
def subscriber_id(platform: Platform) -> int:
    return platform.subscriber("1000")
