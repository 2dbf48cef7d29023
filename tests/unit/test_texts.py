"""Texts of statements: what is made for a set of names writes what a loop over them writes."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sippulse_ws.db.statements.texts import TextWriters, looping_writer, text_writer

NAMES = ("a", "name with 'quotes\"", "c")
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.datetimes(),
    st.text(),
)


def quote(text: str) -> bytes:
    return b"<%b>" % text.encode(errors="surrogatepass")


def test_each_value_stands_in_all_its_places() -> None:
    template = [b"X ", b"NULL", b", ", b"1", b", ", b"NULL", b" Y"]
    gaps = {"a": (None, [1, 5])}
    assert text_writer(template, gaps)({"a": "%s"}, quote) == b"X <%s>, 1, <%s> Y"
    assert text_writer(template, {})({}, quote) == b"X NULL, 1, NULL Y"


@given(
    given=st.lists(st.sampled_from(NAMES), unique=True),
    values=st.fixed_dictionaries(dict.fromkeys(NAMES, VALUES)),
)
def test_both_writers_write_the_same(given: list[str], values: dict[str, Any]) -> None:
    template = [b"(", b"0", b", ", b"1", b", ", b"2", b", ", b"3", b")"]
    all_gaps: list[Any] = [(None, [1]), (str, [3, 7]), (None, [5])]
    gaps = {name: all_gaps[NAMES.index(name)] for name in given}
    row = {name: values[name] for name in given}
    assert text_writer(template, gaps)(row, quote) == looping_writer(template, gaps)(row, quote)


def test_what_has_no_literal_is_refused_by_both() -> None:
    gaps: dict[str, Any] = {"a": (None, [1])}
    for make in (text_writer, looping_writer):
        with pytest.raises(KeyError):
            make([b"", b"", b""], gaps)({"a": b"bytes"}, quote)
        with pytest.raises(ValueError, match="cannot be stored"):
            make([b"", b"", b""], gaps)({"a": Decimal("NaN")}, quote)


def test_a_function_is_made_for_names_that_come_often() -> None:
    """A client may send any combination of fields: none of them is to cost the making of one."""
    names = [f"n{number}" for number in range(300)]
    writers = TextWriters({name: (None, [1]) for name in names}, lambda _: [b"", b"", b""])
    for name in names:
        now = dt.datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 - as stored
        assert writers.find((name,), quote)({name: now}, quote) == b"'2026-01-02 03:04:05'"
    assert not writers.known
    for _ in range(3):
        writers.find(("n1",), quote)
    assert list(writers.known) == [("n1",)]
