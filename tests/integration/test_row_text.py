"""Lists that the database tells as one text: the wire has the bytes of row by row."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sippulse_ws.app import create_app
from sippulse_ws.config import Settings
from sippulse_ws.db import Database
from sippulse_ws.db.schema.migrate import upgrade
from sippulse_ws.db.statements import Listing, row_text
from sippulse_ws.domain import rates
from sippulse_ws.models import Rate
from sippulse_ws.text_of_rows import RowText
from tests.factories.platform import DOMAIN, Platform
from tests.soap import Soap, principal_xml

OPERATION = "listRatesByParams"
ODD = "&<>\r\n\t\x01\x1f\x7f\x85\xa0\ufffe\uffffÉé😀%_'\"\\ "
TEXTS = st.text(st.sampled_from(ODD + "ab0"), max_size=8)
PRICES = st.one_of(
    st.decimals(0, 10, places=6),
    st.sampled_from(["0.000001", "0.000999", "0.001", "9999999.999999", "10000000", "-1"]).map(
        Decimal
    ),
)
SECONDS = st.none() | st.integers(-(2**31), 2**31 - 1)
RATES = st.lists(
    st.fixed_dictionaries(
        {
            "prefix": st.text(st.sampled_from("019+ é&"), min_size=1, max_size=4),
            "name": TEXTS,
            "rate_id": st.integers(1, 2),
            "rate_value": PRICES,
            "service_type": st.none() | TEXTS,
            "cadency": SECONDS,
            "tx_connection": SECONDS,
            "tx_delay": SECONDS,
            "tx_discard": SECONDS,
        }
    ),
    unique_by=lambda row: (row["rate_id"], row["prefix"]),
    max_size=5,
)
FILTERS = st.sampled_from(
    [
        "",
        "<rateId>1</rateId>",
        "<prefix>1</prefix>",
        "<descripion>A</descripion>",
        "<descripion>&amp;</descripion><rateId>2</rateId>",
        "<descripion>%é</descripion><rateId>2</rateId><prefix>0</prefix>",
    ]
)


@pytest.fixture(scope="module")
def platform(fresh_url: str) -> Iterator[tuple[Database, Soap]]:
    made = Database(fresh_url, pool_size=1)
    upgrade(made)
    with made.writing() as db:
        principal = Platform(db).principal
    yield made, Soap(create_app(Settings(language="en"), made), principal)
    made.close()


def _store(database: Database, rows: list[dict[str, Any]]) -> None:
    with database.writing() as db:
        db.execute(sa.delete(Rate))
        if rows:
            db.execute(sa.insert(Rate), [{"domain": DOMAIN, **row} for row in rows])


def _rate(number: int, **values: Any) -> dict[str, Any]:
    name = f"São Tomé & {number}"
    rate = {"prefix": f"55{number:04}", "name": name, "rate_id": 1, "rate_value": Decimal(1)}
    return {**rate, "cadency": number % 7 or None, **values}


def _list(soap: Soap, filters: str = "", domain: str = DOMAIN) -> bytes:
    body = f"<domain>{domain}</domain>{filters}{principal_xml(soap.principal)}"
    answer = soap.post("RateWS", OPERATION, body)
    assert answer.status_code == 200, answer.data
    data: bytes = answer.data
    return data


def _row_by_row(soap: Soap, filters: str = "") -> bytes:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Listing, "as_text", lambda *_: None)
        return _list(soap, filters)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=RATES, filters=FILTERS)
def test_the_bytes_are_those_of_row_by_row(
    platform: tuple[Database, Soap], rows: list[dict[str, Any]], filters: str
) -> None:
    database, soap = platform
    _store(database, rows)
    assert _list(soap, filters) == _row_by_row(soap, filters)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[RowText | None]:
    """What the database told at once."""
    tell, seen = Listing.as_text, list[RowText | None]()

    def telling(listing: Listing, shape: Any) -> Any:
        seen.append(tell(listing, shape))
        return seen[-1]

    monkeypatch.setattr(Listing, "as_text", telling)
    return seen


def test_a_list_comes_as_one_text_where_the_server_can_join_it(
    platform: tuple[Database, Soap], told: list[RowText | None]
) -> None:
    database, soap = platform
    prices = (Decimal(number) / 1000 for number in range(1200))
    _store(database, [_rate(one, rate_value=price) for one, price in enumerate(prices)])
    assert _list(soap) == _row_by_row(soap)
    (one,) = told
    assert database.is_sqlite or (one is not None and one.rows == 1200)


@pytest.fixture
def fresh_queries() -> Iterator[None]:
    """Statements are made anew, by what a test sets."""
    rates._listing.cache_clear()
    yield
    rates._listing.cache_clear()


@pytest.mark.usefixtures("fresh_queries")
@pytest.mark.parametrize("case", ["too many", "too dear", "below zero"])
def test_other_lists_are_read_row_by_row(
    platform: tuple[Database, Soap],
    told: list[RowText | None],
    monkeypatch: pytest.MonkeyPatch,
    case: str,
) -> None:
    database, soap = platform
    price = {"too dear": Decimal(10_000_000), "below zero": Decimal(-1)}.get(case, Decimal(1))
    _store(database, [_rate(number, rate_value=price) for number in range(20)])
    if case == "too many":
        monkeypatch.setattr(row_text, "MOST", 19)
    answer = _list(soap)
    assert answer.count(b"<rate>") == 20
    assert answer == _row_by_row(soap)
    assert told == [None]


def test_a_text_that_the_server_cut_off_is_read_row_by_row(
    platform: tuple[Database, Soap], told: list[RowText | None]
) -> None:
    database, soap = platform
    _store(database, [_rate(number, name="x" * 120) for number in range(20)])
    _limit_texts(database, 1500)
    answer = _list(soap)
    _limit_texts(database, 1048576)
    assert answer.count(b"<rate>") == 20
    assert answer == _row_by_row(soap)
    assert told == [None]


def _limit_texts(database: Database, length: int) -> None:
    """On the connection on which this thread reads."""
    if not database.is_sqlite:
        with database.reading() as db:
            db.execute(sa.text(f"SET SESSION group_concat_max_len = {length}"))


def test_a_domain_that_is_not_there_is_a_fault_and_an_empty_list_is_none(
    platform: tuple[Database, Soap],
) -> None:
    database, soap = platform
    _store(database, [])
    assert soap("RateWS", OPERATION, domain=DOMAIN) == []
    assert "none.example" in soap.fault("RateWS", OPERATION, domain="none.example")
