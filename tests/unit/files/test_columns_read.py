"""Lines that are read many at a time, column by column, become what they become one by one."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sippulse_ws.files.decimals import DecimalReader
from sippulse_ws.files.fields import ReadingStyle
from sippulse_ws.files.kind import Kind
from sippulse_ws.files.kinds.dids import Dids
from sippulse_ws.files.kinds.numbering import NumberingPrefixes
from sippulse_ws.files.kinds.rates import Rates
from sippulse_ws.files.kinds.subscribers import Subscribers
from sippulse_ws.files.lines import Entry, Layout, LineReader
from sippulse_ws.files.numbers import NumberOptions
from sippulse_ws.files.tables import Line

DOMAIN = "example.com"
# What differs between reading a column and reading its cells, if anything does.
CELLS = {
    "domain": [DOMAIN, DOMAIN.upper(), f" {DOMAIN} ", "other.example.com", "exa mple", ""],
    "rate_id": ["1", "2", " 3", "+4", "-5", "1.0", "99999999999", ""],
    "prefix": ["5511", "0055", "00", "+55", "55 11", "٣", "5.5E+3", "1" * 21, "551100-551102", ""],
    "name": ["SÃO PAULO", "D'OESTE", "'=1", "#N/D", "#x", "\0formula", "a\udc80", "x" * 129, ""],
    "rate_value": ["0.08", "0,08", "0", "-1", "0.00000001", "1.234,5", "1e3", "x", ""],
    "service_type": ["FIXO", "", "y" * 33],
    "cadency": ["6", "-6", "", " "],
    "city_code": ["CNL48", "", "z" * 65, "tab\tin it"],
    "local_area": ["48", ""],
    "username": ["4830", "ana", "an a", "huntgroup-1", "%0d", "4.83E+5", "u" * 65, "Éva", ""],
    "profile": ["DEFAULT", ""],
    "password": ["Segr3do", " a ", ""],
    "phone": ["48999990000", "(48) 3025-8080", "4.8E+10", "9" * 19, "9" * 18, "a", ""],
    "zip": ["88000-000", "8.8E+7", ""],
    "aliases_1": ["4831", "4831 4832", "x@y.example.com", ""],
    "number": ["554830258080", "+554830258080", "(48)3025-8080", "554830258080-554830258082", ""],
}
KINDS: dict[type[Kind], str] = {
    Rates: "domain rate_id prefix name rate_value service_type cadency",
    NumberingPrefixes: "prefix city_code local_area",
    Subscribers: "username domain profile password name phone zip aliases_1",
    Dids: "number domain",
}


def field_name(kind: type[Kind], column: str) -> str:
    return "first_name" if (kind, column) == (Subscribers, "name") else column


@st.composite
def tables(draw: st.DrawFn) -> tuple[Kind, Layout, list[Line]]:
    made = draw(st.sampled_from(list(KINDS)))
    kind = made()
    kind.domains = frozenset({DOMAIN})
    columns = KINDS[made].split()
    fields = {one.name: one for one in kind.fields}
    placed = {}
    for place, column in enumerate(columns):
        name = field_name(made, column)
        found = fields.get(name) or kind.numbered(name)
        assert found is not None
        placed[place] = found
    kind.placed = frozenset(one.name for one in placed.values())
    numbers = NumberOptions(clean=draw(st.booleans()), ranges=draw(st.booleans()))
    sign = draw(st.sampled_from((".", ",")))
    style = ReadingStyle(numbers, DecimalReader(sign, grouped=True), raw=draw(st.booleans()))  # type: ignore[arg-type] # one of two
    given_domain = {"domain": DOMAIN} if "domain" in columns and draw(st.booleans()) else {}
    styles = {one.name: style for one in placed.values()}
    layout = Layout(placed, styles, len(columns), given_domain)
    # one odd cell sends all lines the long way, so there are few columns with any
    odd = draw(st.sets(st.sampled_from(columns), max_size=2))
    cells = [st.sampled_from(CELLS[name] if name in odd else CELLS[name][:1]) for name in columns]
    rows = draw(st.lists(st.tuples(*cells).map(list), min_size=1, max_size=5))
    return kind, layout, [Line(n, row, "|".join(row)) for n, row in enumerate(rows, 2)]


def told(entries: Sequence[Entry]) -> list[tuple[object, ...]]:
    return [
        (
            *(one.line, one.raw, one.record),
            *(one.error and one.error.message("en"), one.remark and one.remark.message("en")),
        )
        for one in entries
    ]


@settings(max_examples=300)
@given(tables())
def test_columns_are_read_as_their_cells_are(table: tuple[Kind, Layout, list[Line]]) -> None:
    kind, layout, lines = table
    reader = LineReader(kind, layout)
    one_by_one = told(list(reader._one_by_one(lines)))
    together = told([entry for batch in reader.read(iter([lines])) for entry in batch])
    assert together == one_by_one


@pytest.mark.parametrize("kind", KINDS)
def test_plain_lines_are_read_together(kind: type[Kind]) -> None:
    made = kind()
    made.domains = frozenset({DOMAIN})
    fields = {one.name: one for one in made.fields}
    names = [field_name(kind, one) for one in KINDS[kind].split()]
    placed = {n: fields.get(one) or made.numbered(one) for n, one in enumerate(names)}
    layout = Layout(placed, dict.fromkeys(names, ReadingStyle()), len(names))  # type: ignore[arg-type] # all are there
    lines = [Line(2, [CELLS[one][0] for one in KINDS[kind].split()], "") for _ in range(3)]
    assert LineReader(made, layout)._columns.read(lines) is not None
