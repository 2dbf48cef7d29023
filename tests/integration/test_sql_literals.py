"""Literals of our statements: the server reads back what was meant, the drivers write the same."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects.mysql import DATETIME, DOUBLE

from sippulse_ws.db import Database, Session
from sippulse_ws.db.statements import Prepared
from sippulse_ws.db.statements.drivers import LITERALS

pytestmark = pytest.mark.engines("mariadb")

MODES = ["", "NO_BACKSLASH_ESCAPES", "ANSI_QUOTES", "NO_BACKSLASH_ESCAPES,ANSI_QUOTES"]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
NASTY = st.text(st.sampled_from("'\"\\%;\0\n\r\x1a`-#éĀ😀_a"))
NUMBERS = st.decimals(-(10**12), 10**12, places=6)
FLOATS = st.floats(-1e300, 1e300, allow_subnormal=False)
MOMENTS = st.datetimes(dt.datetime(1000, 1, 1), dt.datetime(9999, 12, 31))  # noqa: DTZ001 - as stored
INTEGERS = st.integers(-(2**63), 2**63 - 1)

tried = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


def echo(kind: Any, shown: Any = None) -> Prepared:
    """What the server makes of one value."""
    value: Any = sa.bindparam("value", type_=kind)
    return Prepared(sa.select((value if shown is None else sa.cast(value, shown)).label("echo")))


ECHO_TEXT = echo(sa.String())
ECHO_DECIMAL = echo(sa.Numeric(), sa.Numeric(30, 6))
ECHO_FLOAT = echo(sa.Float(), DOUBLE(asdecimal=False))
ECHO_MOMENT = echo(sa.DateTime(), DATETIME(fsp=6))
ECHO_INTEGER = echo(sa.BigInteger())


@pytest.fixture(params=MODES)
def session(request: pytest.FixtureRequest, migrated_url: str) -> Iterator[Session]:
    """A session whose server reads strings in one of its ways."""
    database = Database(migrated_url)
    with database.reading() as db:
        db.exec_driver_sql(f"SET SESSION sql_mode = '{request.param}'")
        yield db
    database.close()


@tried
@given(text=TEXTS | NASTY)
@example(text="\\")
@example(text="\\'; DROP TABLE subscriber; -- ")
@example(text="%s %(value)s %%")
def test_texts_come_back(session: Session, text: str) -> None:
    assert ECHO_TEXT.first(session, value=text).echo == text


@tried
@given(value=NUMBERS | st.decimals(-1, 1, places=6))
@example(value=Decimal("1E+3"))
@example(value=Decimal("-0.000001"))
def test_amounts_come_back(session: Session, value: Decimal) -> None:
    assert ECHO_DECIMAL.first(session, value=value).echo == value


@tried
@given(number=INTEGERS, real=FLOATS, moment=MOMENTS)
def test_numbers_and_moments_come_back(
    session: Session, number: int, real: float, moment: dt.datetime
) -> None:
    assert ECHO_INTEGER.first(session, value=number).echo == number
    assert ECHO_FLOAT.first(session, value=real).echo == real
    assert ECHO_MOMENT.first(session, value=moment).echo == moment
    assert ECHO_TEXT.first(session, value=None).echo is None


@tried
@given(value=st.one_of(TEXTS, NASTY, NUMBERS, FLOATS, INTEGERS, MOMENTS, st.booleans(), st.none()))
def test_the_driver_itself_writes_the_same(session: Session, value: Any) -> None:
    connection: Any = session.connection.connection.dbapi_connection
    cursor = connection.cursor()
    theirs = as_bytes(cursor.mogrify("%s", (value,)))
    if isinstance(value, str):
        ours = ECHO_TEXT._plan(session).driver.quote(connection)(value)
    else:
        ours = LITERALS[type(value)](value)
    if (
        isinstance(value, Decimal) and b"E" in theirs
    ):  # the same number, which MariaDB takes for a float
        assert Decimal(ours.decode()) == Decimal(theirs.decode().strip("'"))
    else:
        assert ours == theirs


def as_bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
