"""What an .xlsx is written with is what is read of it, and what a spreadsheet shows."""

import datetime as dt
import sys
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Boolean, Column, Double, Integer, String
from sqlalchemy.sql import ColumnElement

from sippulse_ws.domain.values import INT_MAX
from sippulse_ws.files import sheet_writing
from sippulse_ws.files.fields import (
    ContactField,
    DecimalField,
    Field,
    FlagField,
    InstantField,
    IntegerField,
    MomentField,
    NameField,
    NumberField,
    ReadingStyle,
)
from sippulse_ws.files.refusals import CellTooLong, SheetFull, WritingExtraMissing
from sippulse_ws.files.writing import Format, style_of, written
from sippulse_ws.models.types import Money, UtcDateTime, WallTime
from tests.unit.files.test_tables import read

LONG = 2**63 - 1
FIELDS: tuple[Field, ...] = (
    NameField("username"),
    Field("first_name"),
    NumberField("number"),
    ContactField("phone"),
    IntegerField("rings"),
    IntegerField("id", low=-LONG - 1, high=LONG),
    DecimalField("credit"),
    DecimalField("share", binary=True),
    FlagField("voicemail"),
    MomentField("began"),
    InstantField("rated"),
)
TYPES = (
    String, String, String, BigInteger, Integer, BigInteger, Money, Double, Boolean, WallTime,
    UtcDateTime,
)  # fmt: skip
COLUMNS: list[ColumnElement[Any]] = [
    Column(field.name, kind)  # type: ignore[arg-type] # classes, and an object
    for field, kind in zip(FIELDS, TYPES, strict=True)
]

TRICKY = st.sampled_from(
    "=1+1|+55|-|@x|'=x|''=x|#N/A|'#REF!|#N/D|1.5|00123|5.54E+12|_x0041_|__x000D__|a\r\nb| a |\t|\n"
    "|1,5|TRUE|2026-01-01|'|''|<f>|&lt;|\ufeff|'+48".split("|")
)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
moments = st.datetimes(dt.datetime(1000, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59))  # noqa: DTZ001
digits = st.from_regex("[0-9]{1,20}", fullmatch=True)
amounts = st.decimals("-999999999999", "999999999999", places=6)
rows = st.tuples(
    st.from_regex("[a-z]{1,8}", fullmatch=True),
    st.none() | texts | TRICKY,
    st.none() | digits,
    st.none() | st.integers(0, LONG),
    st.none() | st.integers(-INT_MAX - 1, INT_MAX),
    st.none() | st.integers(-LONG, LONG),
    st.none() | amounts | st.decimals("-99", "99", places=6),
    st.none() | st.floats(-1e300, 1e300),
    st.none() | st.booleans(),
    st.none() | moments.map(lambda one: one.replace(microsecond=0)),
    st.none() | moments.map(lambda one: one.replace(tzinfo=dt.UTC)),
)


def write(file: Path, table: Iterable[Sequence[Any]]) -> None:
    with written(file, Format.of(file), COLUMNS, style_of(FIELDS)) as writer:
        writer.write(table)


def cells(value: Any) -> Any:
    return None if value == "" else value


LATE = dt.datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001
EARLY = dt.datetime(1900, 2, 28, 1, 2, 3)  # noqa: DTZ001
EDGES = [
    ("a", "=1+1", "0048", 5548999990000, 0, LONG, Decimal("0.080000"), 0.1 + 0.2, True, EARLY,
     dt.datetime(2026, 1, 2, 3, 4, 5, 6, dt.UTC)),
    ("a", None, None, None, 0, 0, Decimal("123456789012.123456"), -1e-7, False, LATE,
     dt.datetime(1999, 1, 1, tzinfo=dt.UTC)),
]  # fmt: skip


@given(st.lists(rows, max_size=5))
@example(EDGES)
def test_rows_are_read_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, table: list[tuple[Any, ...]]
) -> None:
    file = tmp_path_factory.mktemp("sheet") / "table.xlsx"
    write(file, table)
    _, lines = read(file)
    names = [field.name for field in FIELDS]
    assert lines[0].cells == names
    readers = [field.reader(ReadingStyle(sheet=True)) for field in FIELDS]
    found = []
    for line in lines[1:]:
        padded = [*line.cells, *[""] * (len(names) - len(line.cells))]
        found.append([
            reader(cell) if cell else None for reader, cell in zip(readers, padded, strict=True)
        ])  # fmt: skip
    assert found == [list(map(cells, row)) for row in table]


@pytest.fixture
def sheet(tmp_path: Path) -> Callable[..., Any]:
    """The sheet of one row, as a spreadsheet program has it."""

    def make(**values: Any) -> Any:
        file = tmp_path / "table.XLSX"
        write(file, [[values.get(field.name) for field in FIELDS]])
        book = openpyxl.load_workbook(file)
        return book.active

    return make


def test_telephone_numbers_are_texts_and_amounts_are_numbers(sheet: Callable[..., Any]) -> None:
    moment = dt.datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001
    found = sheet(
        number="554830258080", phone=5548999990000, rings=30, credit=Decimal("0.080000"),
        began=moment, voicemail=True, first_name="=HYPERLINK(1)",
    )  # fmt: skip
    by_name = {head.value: cell for head, cell in zip(found[1], found[2], strict=True)}
    assert (by_name["number"].value, by_name["number"].number_format) == ("554830258080", "@")
    assert by_name["phone"].value == "5548999990000"
    assert by_name["rings"].value == 30
    assert by_name["credit"].value == 0.08
    assert (by_name["began"].value, by_name["began"].is_date) == (moment, True)
    assert by_name["voicemail"].value is True
    assert by_name["first_name"].data_type == "s"
    assert by_name["share"].value is None
    assert found.freeze_panes == "A2"


def test_what_a_sheet_cannot_hold_is_refused_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "table.xlsx"
    row: list[Any] = ["a", "x" * 32_768, *[None] * (len(FIELDS) - 2)]
    with pytest.raises(CellTooLong) as refused:
        write(file, [row])
    assert "first_name" in refused.value.message("en")
    monkeypatch.setattr(sheet_writing, "MOST_ROWS", 3)
    row[1] = ""
    write(file, [row] * 2)
    with pytest.raises(SheetFull):
        write(tmp_path / "other.xlsx", [row] * 3)
    assert [one.name for one in tmp_path.iterdir()] == ["table.xlsx"]


def test_without_openpyxl_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(WritingExtraMissing) as refused:
        write(tmp_path / "table.xlsx", [])
    assert "sippulse-ws[excel]" in refused.value.message("pt")
    assert list(tmp_path.iterdir()) == []
