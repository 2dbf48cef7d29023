"""Files as programs and people leave them: an odd form costs nothing, odd content is refused.

The tests share a database: each has a rate table of its own.
"""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa

from sippulse_ws.models import Rate
from tests.factories.platform import DOMAIN
from tests.fixtures.server import Cli

NAMES = ["domain", "rate_id", "prefix", "name", "rate_value"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "table.csv"


@pytest.fixture
def rates(installed_url: str) -> Callable[[int], list[tuple[Any, ...]]]:
    """Prefixes and prices of a table."""

    def read(rate_id: int) -> list[tuple[Any, ...]]:
        engine = sa.create_engine(installed_url, poolclass=sa.NullPool)
        with engine.connect() as db:
            query = sa.select(Rate.prefix, Rate.name, Rate.rate_value)
            found = db.execute(query.where(Rate.rate_id == rate_id).order_by(Rate.prefix))
            return [tuple(row) for row in found]

    return read


def test_columns_without_a_name_may_be_there_while_they_are_blank(
    cli: Cli, file: Path, rates: Any
) -> None:
    rows = [f"{DOMAIN};701;5511;SP;;0,08;;", f"{DOMAIN};701;5512;RJ;;0,09; ;", ""]
    file.write_text("domain;rate_id;prefix;name; ;rate_value;;\n" + "\n".join(rows))
    assert "2 stored" in cli("import", "rates", str(file)).output
    file.write_text(file.read_text() + f"{DOMAIN};701;5513;MG;;0,1;promo;\n")
    result = cli("import", "rates", str(file), status=1)
    assert (
        f"{file}:4: Column 7 has no name in the first line, and here it has something: promo"
        in (result.output)
    )
    assert [prefix for prefix, *_ in rates(701)] == ["5511", "5512"]


def test_a_nul_is_no_text(cli: Cli, file: Path, rates: Any) -> None:
    rows = [f"{DOMAIN},702,5511,S\0P,0.08", f"{DOMAIN},702,5512,RJ,0.09"]
    file.write_text(",".join(NAMES) + "\n" + "\n".join(rows) + "\n")
    result = cli("import", "rates", str(file), status=1)
    assert f"{file}:2: name: has a NUL character" in result.output
    assert rates(702) == [("5512", "RJ", Decimal("0.09"))]


def test_an_open_quotation_mark_costs_its_own_line(cli: Cli, file: Path, rates: Any) -> None:
    rows = [f'{DOMAIN},703,5511,"SP,0.08', *(f"{DOMAIN},703,55{n},X,0.08" for n in range(20, 25))]
    file.write_text(",".join(NAMES) + "\n" + "\n".join(rows) + "\n")
    result = cli("import", "rates", str(file), status=1)
    assert f"{file}:2: " in result.output
    assert [prefix for prefix, *_ in rates(703)] == ["5520", "5521", "5522", "5523", "5524"]


def test_numbers_of_a_spreadsheet_are_exact_beside_texts_with_a_comma(
    cli: Cli, tmp_path: Path, rates: Any
) -> None:
    """1.234 among texts such as 0,09 was read as 1234."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row in (
        NAMES,
        [DOMAIN, 704, 5511, 2026, 1.234],
        [DOMAIN, 704, "5512", "RJ", "0,09"],
        [DOMAIN, 704, 55.13, "MG", 1],
    ):
        sheet.append(row)
    file = tmp_path / "rates.xlsx"
    book.save(file)
    result = cli("import", "rates", str(file), "--clean-numbers", status=1)
    assert f"{file}:4: prefix: 55.13 is a number" in result.output
    assert rates(704) == [("5511", "2026", Decimal("1.234")), ("5512", "RJ", Decimal("0.09"))]
