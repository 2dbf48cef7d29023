"""Lists that the database tells as one text: the bytes are those of row by row."""

from collections.abc import Iterator
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sippulse_ws.text_of_rows import RowText
from sippulse_ws.wire import spooled
from sippulse_ws.wire.fields import (
    Dto,
    Field,
    boolean,
    date_time,
    double,
    integer,
    long,
    nested,
    string,
)
from sippulse_ws.wire.row_text import Shape, shape_of
from sippulse_ws.wire.spooled import Spooled
from sippulse_ws.wire.writing import response_writer


class EveryDto(Dto):
    __type_name__ = "every"

    price = double("price")
    name = string("name")
    count = integer("count", required=True)
    long = long("long")
    active = boolean("active", required=True)
    shut = boolean("shut")
    fee = double("fee", required=True)


FIELD = Field("every", "every", "", EveryDto, required=False, many=True, filter=False)
ODD = "&<>\r\n\t\x01\x02\x1f\x7f\x85\ufffe\uffff0."
TEXTS = st.text(
    st.one_of(st.sampled_from(ODD), st.characters(exclude_categories=["Cs"])), max_size=12
)
EDGES = ["0", "0.000001", "0.0009", "0.00012", "0.001", "10.0005", "100000", "9999999.999999"]
PRICES = st.one_of(st.decimals(0, 9_999_999, places=6), st.sampled_from(EDGES).map(Decimal))
ROW: dict[str, Any] = {
    "price": Decimal("0.0005"),
    "name": "0.0005",
    "count": 1,
    "long": 0,
    "active": True,
    "shut": None,
    "fee": Decimal("10.0005"),
}
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "price": st.none() | PRICES,
            "name": st.none() | TEXTS,
            "count": st.none() | st.integers(-(2**31), 2**31 - 1),
            "long": st.none() | st.integers(-(2**63), 2**63 - 1),
            "active": st.none() | st.booleans(),
            "shut": st.none() | st.booleans(),
            "fee": st.none() | PRICES,
        }
    ),
    max_size=4,
)


class Told(Iterator[Any]):
    """Rows as a database tells them."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows
        self._left = iter(rows)

    def __next__(self) -> Any:
        return SimpleNamespace(**next(self._left))

    def as_text(self, shape: Shape) -> RowText | None:
        values = [(row[one.attribute], one) for row in self.rows for one in shape.columns]
        text = "".join(_written(value, one.kind, shape.null) + one.mark for value, one in values)
        return RowText(text, len(self.rows), sum(value is None for value, _ in values))


def _written(value: Any, kind: str, null: str) -> str:
    if value is None:
        return null
    if kind == "boolean":
        return "true" if value else "false"
    return f"{value:.6f}" if kind == "double" else str(value)


def _bytes(rows: Any) -> bytes:
    made = response_writer("list", FIELD)(rows)
    return b"".join(made) if isinstance(made, Spooled) else made  # and it is closed


@given(ROWS)
@example([ROW])
def test_a_text_becomes_what_its_rows_become(rows: list[dict[str, Any]]) -> None:
    plain = _bytes(iter([SimpleNamespace(**row) for row in rows]))
    assert _bytes(Told(rows)) == plain


@given(ROWS)
def test_a_text_is_enough_unless_a_value_has_what_xml_lacks(rows: list[dict[str, Any]]) -> None:
    shape = shape_of(FIELD)
    assert shape is not None
    told = Told(rows).as_text(shape)
    assert told is not None
    fits = not any(
        character in (row["name"] or "")
        for row in rows
        for character in [*map(chr, [*range(9), 11, 12, *range(14, 32)]), "\ufffe", "\uffff"]
    )
    assert (shape.elements(told) is not None) == fits


def test_a_text_that_was_cut_off_is_none() -> None:
    shape = shape_of(FIELD)
    assert shape is not None
    told = Told([ROW, ROW]).as_text(shape)
    assert told is not None
    for length in range(len(told.text)):
        assert shape.elements(told._replace(text=told.text[:length])) is None


def test_a_text_with_as_many_controls_as_were_cut_off_is_none() -> None:
    shape = shape_of(FIELD)
    assert shape is not None
    last = shape.columns[-1].mark
    rows = [ROW | {"name": last * 8 + "n"}, ROW, ROW]
    told = Told(rows).as_text(shape)
    assert told is not None
    ends = [at for at, one in enumerate(told.text) if one < " "]
    for cut in ends[-16:]:
        assert shape.elements(told._replace(text=told.text[:cut])) is None


def test_a_long_text_is_kept_like_any_long_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spooled, "IN_MEMORY", 100)
    made = response_writer("list", FIELD)(Told([ROW]))
    assert isinstance(made, Spooled)
    assert made.is_file
    made.close()


def test_what_has_objects_dates_or_lists_in_it_is_read_row_by_row() -> None:
    class Inner(Dto):
        at = date_time("at")

    class Outer(Dto):
        inner = nested(Inner, "inner")

    class Lists(Dto):
        names = string("names", many=True)

    for model in (Inner, Outer, Lists):
        assert shape_of(FIELD._replace(model=model)) is None
    assert shape_of(FIELD._replace(many=False)) is None
    assert shape_of(None) is None
