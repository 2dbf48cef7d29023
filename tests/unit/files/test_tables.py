"""The form of a file is found out and its lines are read back, whatever program wrote it."""

import codecs
import csv
import gzip
import io
from itertools import chain, islice
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sippulse_ws.files import tables
from sippulse_ws.files.forms import Form, Wanted, find_form
from sippulse_ws.files.refusals import (
    BadEncoding,
    CutOffFile,
    DelimiterUnclear,
    FileRefused,
    NotASpreadsheet,
    OldSpreadsheet,
    SeveralSheets,
    SheetNotFound,
    UnknownEncoding,
)
from sippulse_ws.files.sheets import FORMULA
from sippulse_ws.files.streams import Bytes
from sippulse_ws.files.tables import REMARK, Line, opened_table

NAMES = ("domain", "rate_id", "prefix", "name", "rate_value")


def known(cells: object) -> int:
    return sum(cell in NAMES for cell in cells)  # type: ignore[attr-defined] # a list


def read(path: Path, wanted: Wanted | None = None) -> tuple[Form, list[Line]]:
    source = Bytes(path)
    form = find_form(source, wanted or Wanted(), known, None)
    with opened_table(source, form) as table:
        lines = list(table.lines)
    with opened_table(source, form) as table:
        blocks = list(islice(table.lines, 1)) + list(chain.from_iterable(table.blocks()))
    assert list(map(told, blocks)) == list(map(told, lines)), "many at a time, or one by one"
    return table.form, lines


def told(line: Line) -> tuple[object, ...]:
    return line.number, line.cells, line.raw, line.problem and line.problem.message("en")


def cells(lines: list[Line]) -> list[list[str]]:
    assert [line.problem for line in lines if line.problem] == []
    return [line.cells for line in lines]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "table.csv"


texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\x85\ufeff"),
    max_size=12,
)
latin = st.text(st.characters(codec="cp1252", exclude_categories=["Cc"]), max_size=12)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252")


@st.composite
def dialects(draw: st.DrawFn) -> tuple[list[list[str]], str, str, str, bool]:
    encoding = draw(st.sampled_from(ENCODINGS))
    cell = latin if encoding == "cp1252" else texts
    rows = draw(st.lists(st.lists(cell, min_size=5, max_size=5), max_size=8))
    delimiter = draw(st.sampled_from([",", ";", "\t", "|"]))
    ending = draw(st.sampled_from(["\n", "\r\n"]))
    return rows, encoding, delimiter, ending, draw(st.booleans())


@given(dialects())
def test_a_table_in_any_dialect_is_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    dialect: tuple[list[list[str]], str, str, str, bool],
) -> None:
    rows, encoding, delimiter, ending, compressed = dialect
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=ending)
    writer.writerow(NAMES)
    writer.writerows(rows)
    data = text.getvalue().encode(encoding)
    path = tmp_path_factory.mktemp("dialect") / "table.csv"
    path.write_bytes(gzip.compress(data) if compressed else data)
    form, lines = read(path)
    assert (form.delimiter, form.compressed) == (delimiter, compressed)
    if encoding == "cp1252" and form.encoding == "UTF-8":
        return  # some of its bytes are UTF-8: other lines are refused one by one
    assert cells(lines) == [list(NAMES), *rows]
    assert "".join(line.raw for line in lines) == text.getvalue()


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8 BOM"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16-LE"),
        ("utf-32", "UTF-32"),
        ("utf-16-be", "UTF-16-BE"),
        ("cp1252", "windows-1252"),
        ("iso-8859-1", "windows-1252"),  # the same here, in one line they are alike
    ],
)
def test_the_encoding_is_found_and_told(file: Path, encoding: str, told: str) -> None:
    text = "domain;rate_id;prefix;name;rate_value\nexample.com;1;5511;SÃO PAULO FIXO;0,08\n"
    file.write_bytes(text.encode(encoding))
    form, lines = read(file)
    assert form.describe("en") == f"{told}, delimiter ;"
    assert cells(lines)[1][3] == "SÃO PAULO FIXO"


def test_bytes_that_windows_has_not_are_latin_1(file: Path) -> None:
    file.write_bytes(b"name,prefix\nS\xe3o\x81,1\n")
    assert read(file)[0].encoding == "ISO-8859-1"


def test_a_single_line_in_another_encoding_spoils_itself_only(file: Path) -> None:
    file.write_bytes("name,prefix\nSão,1\n".encode() + b"S\xe3o,2\nAna,3\n")
    form, lines = read(file)
    assert form.encoding == "UTF-8"
    assert [line.cells[1] for line in lines] == ["prefix", "1", "2", "3"]


def test_what_is_said_goes_before_what_is_seen(file: Path) -> None:
    file.write_bytes("name,prefix;x\nSão,1\n".encode())
    form, lines = read(file, Wanted(encoding="latin-1", delimiter=";"))
    assert form.encoding == "ISO-8859-1"
    assert lines[0].cells == ["name,prefix", "x"]
    assert lines[1].cells == ["SÃ£o,1"]


def test_a_delimiter_that_may_be_two_is_refused(file: Path) -> None:
    file.write_text("name,prefix;rate_id,domain;rate_value\n")
    with pytest.raises(DelimiterUnclear) as refused:
        read(file)
    assert "--delimiter" in refused.value.message("en")


def test_excels_line_of_the_separator_is_obeyed_and_no_row(file: Path) -> None:
    file.write_text("sep=|\nname|prefix\nAna|1\n")
    form, lines = read(file)
    assert form.delimiter == "|"
    assert [(line.number, line.cells) for line in lines] == [
        (2, ["name", "prefix"]),
        (3, ["Ana", "1"]),
    ]


def test_a_stray_quotation_mark_spoils_its_own_line_only(file: Path) -> None:
    file.write_text('name,prefix\n"Ana,1\nBia,2\n"Zé" Silva,3\n"Caio\nSouza",4\nDora,5\n')
    _, lines = read(file)
    good = [(line.number, line.cells) for line in lines if not line.problem]
    bad = [(line.number, line.raw) for line in lines if line.problem]
    assert bad == [(2, '"Ana,1\n'), (4, '"Zé" Silva,3\n')]
    assert good == [
        (1, ["name", "prefix"]),
        (3, ["Bia", "2"]),
        (5, ["Caio\nSouza", "4"]),
        (7, ["Dora", "5"]),
    ]


def test_lines_of_blanks_are_none(file: Path) -> None:
    file.write_text("  \nname,prefix\n \t \nAna,1\n\n ,\n")
    _, lines = read(file)
    assert [(line.number, line.cells[0].strip()) for line in lines] == [
        (2, "name"), (4, "Ana"), (6, ""),
    ]  # fmt: skip


def test_a_quotation_mark_open_to_the_end_swallows_no_lines(file: Path) -> None:
    file.write_text('name,prefix\nAna,1\n"Bia,2\nCaio,3\n"Dora,4\nEva,5\n\n"Fábio,6\n')
    _, lines = read(file)
    assert [line.number for line in lines if line.problem] == [3, 5, 8]
    assert [line.cells[0] for line in lines if not line.problem] == ["name", "Ana", "Caio", "Eva"]


def test_lines_of_many_blocks_keep_their_numbers(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "AT_ONCE", 3)
    rows = ["name,prefix", *(f"n{n},{n}" for n in range(2, 30))]
    rows[4:5], rows[9], rows[17] = ['"n5\nn6",56'], "", '"n18,18'
    file.write_text("\n".join(rows) + "\n")
    _, lines = read(file)
    bad = [line.number for line in lines if line.problem]
    assert bad == [19]
    for line in lines[1:]:
        if not line.problem and "\n" not in line.cells[0]:
            assert line.raw == rows[line.number - (2 if line.number > 6 else 1)] + "\n"


def test_remarks_of_a_file_of_refused_lines_are_passed_over(file: Path) -> None:
    file.write_text(f"name,prefix\n{REMARK}7: why\nAna,1\n\n{REMARK}9: why\nBia,2\n")
    _, lines = read(file)
    assert [(line.number, line.cells[0]) for line in lines] == [(1, "name"), (3, "Ana"), (6, "Bia")]


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1", OldSpreadsheet),
        (b"PK\x03\x04 no spreadsheet", NotASpreadsheet),
        (gzip.compress(b"name,prefix\n" * 5000, mtime=0)[:-20], CutOffFile),
        (codecs.BOM_UTF16_LE + b"\x00\xd8a", BadEncoding),
    ],
)
def test_what_cannot_be_read_says_why(file: Path, data: bytes, refusal: type[FileRefused]) -> None:
    file.write_bytes(data)
    with pytest.raises(refusal) as refused:
        read(file)
    assert refused.value.message("pt")


def test_an_unknown_encoding_is_refused(file: Path) -> None:
    file.write_text("name,prefix\n")
    with pytest.raises(UnknownEncoding):
        read(file, Wanted(encoding="klingon"))


class TestSpreadsheets:
    @pytest.fixture
    def book(self) -> openpyxl.Workbook:
        return openpyxl.Workbook()

    def test_cells_come_as_exact_texts(self, book: openpyxl.Workbook, file: Path) -> None:
        sheet = book.active
        assert sheet is not None
        sheet.append(["domain", "prefix", "rate_value", "name"])
        sheet.append(["example.com", 5511, 0.08, "SÃO PAULO"])
        sheet.append(["example.com", "0800", 0.1 + 0.2, None])
        sheet.append([])
        sheet.append(["example.com", 554830258081, 1.0, True])
        sheet.append(["example.com", 10**16, 1.0, "x", None, ""])
        book.save(file)
        form, lines = read(file)
        assert form.describe("en") == "xlsx, Sheet"
        assert [(line.number, line.cells) for line in lines] == [
            (1, ["domain", "prefix", "rate_value", "name"]),
            (2, ["example.com", "5511", "0.08", "SÃO PAULO"]),
            (3, ["example.com", "0800", "0.3"]),
            (5, ["example.com", "554830258081", "1", "1"]),
            (6, ["example.com", "1.00000000000000E+16", "1", "x"]),
        ]

    def test_one_of_several_sheets_is_not_guessed(
        self, book: openpyxl.Workbook, file: Path
    ) -> None:
        assert book.active is not None
        book.active.append(["name", "prefix"])
        book.create_sheet("empty")
        book.create_sheet("Tarifas").append(["name", "rate_id"])
        book.save(file)
        with pytest.raises(SeveralSheets) as refused:
            read(file)
        assert "Sheet, Tarifas" in refused.value.message("en")
        assert read(file, Wanted(sheet="Tarifas"))[1][0].cells == ["name", "rate_id"]
        assert read(file, Wanted(sheet="3"))[1][0].cells == ["name", "rate_id"]
        with pytest.raises(SheetNotFound):
            read(file, Wanted(sheet="4"))

    def test_a_formula_without_its_result_is_no_empty_cell(
        self, book: openpyxl.Workbook, file: Path
    ) -> None:
        assert book.active is not None
        book.active.append(["name", "rate_value"])
        book.active.append(["Ana", "=A1*2"])
        book.save(file)  # openpyxl writes no results
        assert read(file)[1][1].cells == ["Ana", FORMULA]
