"""`sippulse-ws export KIND FILE.xlsx`: what a spreadsheet shows, and that `import` restores it."""

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
import sqlalchemy as sa

from sippulse_ws.db import Database
from sippulse_ws.models import Cdr, CdrGateway, Did, Numbering, Rate, UserWhiteList
from tests.factories.calls import call, csv_text
from tests.fixtures.server import Cli

RATES = """domain,rate_id,prefix,name,rate_value,service_type,cadency
example.com,1,0800,=SUM(A1) São Paulo,0.08,FIXO,6
example.com,1,5511,'+x,123456789012.123456,,
example.com,2,1,"a ""b"",\nc",0,'#N/A,60
"""
SUBSCRIBERS = """username,domain,profile,password,first_name,document,phone,zip
4001,example.com,DEFAULT,Secret-1234,=João,00000000191,5548999990000,88010-000
04002,example.com,DEFAULT,Secret-1234,-,5.54E+12x,554833330000,01310-100
"""
DIDS = """number,domain,account_code,monthly_subscription
554830258080,example.com,4001@example.com,12.5
0800123456,example.com,,0
"""
WHITE_LIST = "account_code,prefix\n4001@example.com,0800123\n4001@example.com,*21#\n"
NUMBERING = "prefix,city_code,local_area\n5548,CNL048,=AL\n5511,,011\n"


@pytest.fixture(scope="module", autouse=True)
def stored(installed_url: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIPPULSE_DATABASE_URL", installed_url)
        patch.setenv("SIPPULSE_LANGUAGE", "en")
        cli = Cli(patch)
        calls = csv_text([call(1, price="2.36"), call(2, gw_name='=São "Paulo",\nnº 2')])
        for kind, text in (
            ("subscribers", SUBSCRIBERS),
            ("dids", DIDS),
            ("white-lists", WHITE_LIST),
            ("numbering", NUMBERING),
            ("rates", RATES),
            ("cdrs", calls),
        ):
            cli("import", kind, "-", input=text)


@pytest.fixture
def database(installed_url: str) -> Iterator[Database]:
    opened = Database(installed_url)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("kind", "tables"),
    [
        ("rates", [Rate]),
        ("numbering", [Numbering]),
        ("white-lists", [UserWhiteList]),
        ("dids", [Did]),
        ("cdrs", [Cdr, CdrGateway]),
    ],
)
def test_what_is_exported_is_imported_exactly(
    kind: str, tables: list[type], cli: Cli, tmp_path: Path, database: Database
) -> None:
    file = tmp_path / "table.xlsx"
    before = cli("export", kind).stdout
    said = cli("export", kind, str(file)).stdout
    assert "exported" in said
    with database.writing() as db:
        for table in tables:
            db.execute(sa.delete(table))
    assert len(cli("export", kind).stdout.splitlines()) == 1
    cli("import", kind, str(file))
    assert without_id(cli("export", kind).stdout) == without_id(before)


def without_id(text: str) -> list[str]:
    """Call records get ids of their own."""
    head, *lines = text.splitlines()
    if not head.startswith("id,"):
        return [head, *lines]
    return [line.partition(",")[2] for line in lines]


@pytest.mark.parametrize("command", [("export", "subscribers"), ("subscriber", "export")])
def test_subscribers_are_known_again(command: tuple[str, ...], cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "subscribers.xlsx"
    cli(*command, str(file))
    said = cli("import", "subscribers", str(file), "--update").stdout
    assert "0 stored, 2 known already, 0 refused" in said


@pytest.mark.parametrize("name", ["s.csv", "s.csv.gz", "s.xlsx"])
def test_passwords_of_mailboxes_are_for_the_owner_alone(
    name: str, cli: Cli, tmp_path: Path
) -> None:
    (tmp_path / f"{name}.part").touch(0o666)  # left behind by one that was killed
    before = os.umask(0)
    try:
        cli("export", "subscribers", str(tmp_path / name))
        cli("export", "dids", str(tmp_path / "dids.csv"))
    finally:
        os.umask(before)
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "dids.csv").stat().st_mode & 0o777 == 0o666


def test_numbers_of_telephones_are_texts_and_amounts_numbers(cli: Cli, tmp_path: Path) -> None:
    cli("export", "dids", str(tmp_path / "dids.xlsx"))
    cli("export", "subscribers", "--output", str(tmp_path / "subscribers.xlsx"))
    cli("export", "cdrs", str(tmp_path / "cdrs.file"), "--format", "xlsx")
    dids, subscribers, calls = (
        shown(tmp_path / name) for name in ("dids.xlsx", "subscribers.xlsx", "cdrs.file")
    )
    assert dids[1]["number"] == "554830258080"
    assert dids[1]["monthly_subscription"] == 12.5
    assert {row["phone"] for row in subscribers} == {"5548999990000", "554833330000"}
    assert {row["username"] for row in subscribers} == {"4001", "04002"}
    assert "=João" in {row["first_name"] for row in subscribers}
    assert calls[0]["call_start_time"] == dt.datetime(2026, 3, 24, 9, 27, 20)  # noqa: DTZ001
    assert {row["price"] for row in calls} == {2.36}


def shown(file: Path) -> list[dict[str, object]]:
    """The rows of a spreadsheet, by their names."""
    with file.open("rb") as opened:
        book = openpyxl.load_workbook(opened)
    head, *rows = book["sippulse-ws"].iter_rows(values_only=True)
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


def test_a_spreadsheet_needs_a_file_and_only_one(cli: Cli, tmp_path: Path) -> None:
    assert "FILE" in cli("export", "rates", "--format", "xlsx", status=1).stderr
    file = str(tmp_path / "rates.xlsx")
    assert "twice" in cli("export", "rates", file, "-o", file, status=1).stderr
    assert list(tmp_path.iterdir()) == []
