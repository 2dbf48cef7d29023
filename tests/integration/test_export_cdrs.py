"""`sippulse-ws export cdrs`: what comes out, in which order, and that it goes in again."""

import csv
import datetime as dt
import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from pyarrow import parquet

from sippulse_ws.db import Database
from sippulse_ws.models import Cdr, CdrGateway
from tests.contract.sql_views import DOCUMENTED
from tests.factories.calls import CALL, call, csv_text
from tests.fixtures.server import Cli

OTHER = "other.example.com"
MARCH = ("--from", "2026-03-01", "--to", "2026-03-31")


@pytest.fixture(scope="module")
def other_domain(installed_url: str) -> str:
    database = Database(installed_url)
    with database.writing() as db:
        db.exec_driver_sql(f"INSERT INTO domain (domain) VALUES ('{OTHER}')")
    database.close()
    return OTHER


@pytest.fixture
def database(installed_url: str) -> Iterator[Database]:
    opened = Database(installed_url)
    yield opened
    with opened.writing() as db:
        for table in (Cdr, CdrGateway):
            db.execute(sa.delete(table))
    opened.close()


@pytest.fixture(autouse=True)
def calls(cli: Cli, database: Database, other_domain: str) -> None:
    rows = [
        call(1, call_start_time="2026-03-31 23:59:59"),
        call(2, call_start_time="2026-03-01 00:00:00", reseller_id="", reseller_name=""),
        call(3, call_start_time="2026-02-28 23:59:59"),
        call(4, call_start_time="2026-04-01 00:00:00"),
        call(5, call_start_time="2026-03-15 12:00:00", caller_domain=other_domain),
        call(6, call_start_time="2026-03-15 12:00:00", gw_name='São "Paulo",\nnº 2'),
    ]
    cli("import", "cdrs", "-", input=csv_text(rows))


def exported(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def numbers(rows: list[dict[str, str]]) -> list[str]:
    return [row["sip_call_id"][5] for row in rows]


def test_a_domains_period_comes_by_time_with_both_days_included(cli: Cli) -> None:
    result = cli("export", "cdrs", "--domain", "Example.com", *MARCH)
    rows = exported(result.stdout)
    assert numbers(rows) == ["2", "6", "1"]
    assert list(rows[0]) == list(DOCUMENTED["vi_cdrs"])
    assert "3 call records exported" in result.stderr


def test_without_options_everything_is_exported(cli: Cli) -> None:
    assert sorted(numbers(exported(cli("export", "cdrs").stdout))) == list("123456")


def test_a_csv_holds_the_values_as_they_were_imported(cli: Cli) -> None:
    rows = exported(cli("export", "cdrs", "--domain", "example.com", *MARCH).stdout)
    del rows[2]["id"]
    assert rows[2] == CALL | call(1, call_start_time="2026-03-31 23:59:59")
    assert rows[0]["reseller_id"] == ""
    assert rows[1]["gw_name"] == 'São "Paulo",\nnº 2'


def test_an_export_can_be_imported_again(cli: Cli, database: Database) -> None:
    before = cli("export", "cdrs").stdout
    assert "0 stored, 6 known already" in cli("import", "cdrs", "-", input=before).stdout
    with database.writing() as db:
        db.execute(sa.delete(Cdr))
    assert "6 stored" in cli("import", "cdrs", "-", input=before).stdout
    again = exported(cli("export", "cdrs").stdout)
    assert [row | {"id": ""} for row in again] == [row | {"id": ""} for row in exported(before)]


def test_parquet_has_the_columns_types(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "calls.parquet"
    cli("export", "cdrs", "--domain", "example.com", "--format", "parquet", "-o", str(file))
    table = parquet.read_table(file)
    assert table.column_names == list(DOCUMENTED["vi_cdrs"])
    rows = table.to_pylist()
    assert [row["sip_call_id"][5] for row in rows] == list("32614")
    assert rows[3]["call_start_time"] == dt.datetime(2026, 3, 31, 23, 59, 59)  # noqa: DTZ001
    assert rows[3]["price"] == 2.36
    assert rows[3]["rateplan_prepaid"] is True
    assert rows[3]["duration"] == "127"
    assert rows[1]["reseller_id"] is None
    assert [path.name for path in tmp_path.iterdir()] == ["calls.parquet"]


def test_an_empty_result_is_a_file_with_columns(cli: Cli, tmp_path: Path) -> None:
    period = ("--from", "2030-01-01")
    assert exported(cli("export", "cdrs", *period).stdout) == []
    file = tmp_path / "none.parquet"
    cli("export", "cdrs", *period, "--format", "parquet", "-o", str(file))
    assert parquet.read_table(file).num_rows == 0


def test_an_unknown_domain_is_an_error_and_leaves_no_file(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    refused = cli("export", "cdrs", "--domain", "unknown.example", "-o", str(file), status=1)
    assert "unknown.example" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_parquet_without_pyarrow_says_what_to_install(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    arguments = ("--format", "parquet", "-o", str(tmp_path / "calls.parquet"))
    assert "sippulse-ws[parquet]" in cli("export", "cdrs", *arguments, status=1).stderr
    assert list(tmp_path.iterdir()) == []
    assert "--output" in cli("export", "cdrs", "--format", "parquet", status=1).stderr
