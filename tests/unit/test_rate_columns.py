"""Lists of rates that are checked by columns are stored as each rate by itself would be."""

import math
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sippulse_ws.db.statements import NumberTexts
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.domain.rate_columns import FIELDS, KEY, fitting
from sippulse_ws.domain.rates import checked
from sippulse_ws.models.types import as_money
from sippulse_ws.row_columns import RowColumns

USUAL: dict[str, Any] = {
    "domain": "example.com",
    "rate_id": 1,
    "prefix": "5548",
    "name": "Florianópolis",
    "rate_value": 0.35,
    "service_type": "FIXO",
    "cadency": 6,
    "tx_connection": None,
    "tx_delay": None,
    "tx_discard": 0,
}
MORE: dict[str, list[Any]] = {
    "domain": ["b.example.com", "", None, "x" * 65, "a\x01b"],
    "rate_id": [2, 0, -1, None, 2**31 - 1, 2**31, -(2**31) - 1, True],
    "prefix": ["55", "5", "", None, "+55", "5x", "٣", "1" * 20, "1" * 21, " 5"],
    "name": ["it's 100 %", "x" * 128, "x" * 129, "", None, "a\nb", "😀"],
    "rate_value": [
        *(0.0, -0.0, 1.0, 1e-6, 1e-7, 5e-7, 0.1234565, 999999999.5, 1e9, 1e12, 1e300, -0.01),
        *(math.nan, math.inf, -math.inf, None, 3, Decimal("0.35"), 0.1 + 0.2),
    ],
    "service_type": [None, "", "x" * 32, "x" * 33, "MÓVEL"],
    "cadency": [None, 0, -1, 2**31, 60],
    "tx_connection": [None, 0, -1, 2**31 - 1],
    "tx_delay": [None, 5],
    "tx_discard": [None, -5],
}


@st.composite
def tables(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows with few unusual values, most of them with keys of their own."""
    rows = [
        {**USUAL, "prefix": f"55{number}", "rate_value": number / 1000}
        for number in range(draw(st.integers(1, 8)))
    ]
    for _ in range(draw(st.integers(0, 3))):
        name = draw(st.sampled_from(FIELDS))
        draw(st.sampled_from(rows))[name] = draw(st.sampled_from([USUAL[name], *MORE[name]]))
    return rows


def one_by_one(rows: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
    try:
        stored = [checked(row) for row in rows]
    except DomainError:
        return None
    keys = {tuple(row[name] for name in KEY) for row in stored}
    return stored if len(keys) == len(rows) else None


@settings(max_examples=300)
@given(tables())
def test_columns_fit_only_where_each_row_does(rows: list[dict[str, Any]]) -> None:
    columns = fitting(RowColumns.of_rows(rows).columns)
    if columns is None:
        return
    prices = columns["rate_value"]
    if isinstance(prices, NumberTexts):
        columns = {**columns, "rate_value": list(map(as_money, prices.decimals()))}
    expected = one_by_one(rows)
    assert expected is not None
    names = set().union(*expected)
    assert columns.keys() == names
    filled = [dict.fromkeys(names) | row for row in expected]
    assert list(RowColumns(columns)) == filled


def test_usual_lists_fit() -> None:
    rows = [{**USUAL, "prefix": str(n), "rate_value": n / 1000} for n in range(1, 3000)]
    for few in (rows, rows[:1], [{**one, "rate_id": n} for n, one in enumerate(rows)]):
        assert fitting(RowColumns.of_rows(few).columns) is not None
    missing = [{**rows[0], "service_type": None}, {**rows[1], "cadency": None}]
    assert fitting(RowColumns.of_rows(missing).columns) is not None
