"""`sippulse-ws db partition`: months of their own, archives, and nothing lost between."""

import csv
import datetime as dt
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pyarrow import parquet

from sippulse_ws.db import Database
from sippulse_ws.models import Acc, Cdr
from sippulse_ws.ops import partitions
from sippulse_ws.ops.partitions import month_start
from tests.factories.calls import call, csv_text, failed_call
from tests.fixtures.server import Cli

TODAY = dt.date.today()  # noqa: DTZ011

pytestmark = pytest.mark.engines("mariadb")


def month(ago: int) -> str:
    return f"{month_start(TODAY, -ago):%Y-%m}"


def name(ago: int) -> str:
    return f"p{month_start(TODAY, -ago):%Y%m}"


@pytest.fixture
def database(installed_url: str, cli: Cli) -> Iterator[Database]:
    """One call and one failed call in each of the last four months; partitions of one's own."""
    opened = Database(installed_url)
    with opened.writing() as db:
        for table, column in partitions.TABLES.items():
            db.execute(sa.delete({"cdr": Cdr, "acc": Acc}[table]))
            db.exec_driver_sql(
                f"ALTER TABLE {table} PARTITION BY RANGE COLUMNS (`{column}`) "
                "(PARTITION p_future VALUES LESS THAN (MAXVALUE))"
            )
    calls = [call(ago, call_start_time=f"{month(ago)}-01 00:00:00") for ago in range(4)]
    failed = [failed_call(ago, time=f"{month(ago)}-01 00:00:00") for ago in range(4)]
    cli("import", "cdrs", "-", input=csv_text(calls))
    cli("import", "acc", "-", input=csv_text([row | {"method": "INVITE"} for row in failed]))
    yield opened
    opened.close()


def names(rows: list[dict[str, str]], table: str) -> list[str]:
    return [row["partition"] for row in rows if row["table"] == table]


def months(database: Database, table: str = "vi_cdrs", column: str = "call_start_time") -> Any:
    with database.reading() as db:
        query = f"SELECT DATE_FORMAT({column}, '%%Y-%%m') FROM {table} ORDER BY {column}"
        return db.exec_driver_sql(query).scalars().all()


def test_every_month_has_a_partition_and_some_ahead(cli: Cli, database: Database) -> None:
    rows = cli.rows("db", "partition", "--ahead", "2")
    expected = [*(name(ago) for ago in (3, 2, 1, 0, -1, -2)), "p_future"]
    assert names(rows, "cdr") == expected
    assert names(rows, "acc") == expected
    with database.reading() as db:
        for ago in range(4):
            query = f"SELECT call_start_time FROM cdr PARTITION ({name(ago)})"
            assert f"{db.exec_driver_sql(query).scalar_one():%Y-%m}" == month(ago)


def test_running_it_again_changes_nothing_but_adds_what_is_missing(
    cli: Cli, database: Database
) -> None:
    first = cli.rows("db", "partition")
    assert names(cli.rows("db", "partition"), "cdr") == names(first, "cdr")
    old = call(9, call_start_time=f"{month(6)}-20 10:00:00")
    cli("import", "cdrs", "-", input=csv_text([old]))
    again = names(cli.rows("db", "partition"), "cdr")
    assert again == [name(6), name(5), name(4), *names(first, "cdr")]
    assert len(months(database)) == 5


def test_old_months_are_archived_and_dropped(cli: Cli, database: Database, tmp_path: Path) -> None:
    cli("db", "partition")
    cli("db", "partition", "--drop-before", month(1), "--archive-to", str(tmp_path))
    assert months(database) == [month(1), month(0)]
    assert months(database, "acc", "time") == [month(1), month(0)]
    assert f"dropped={name(2)} archived=1" in cli.rows("audit", "--limit", "1")[0]["object"]
    files = {path.name for path in tmp_path.iterdir()}
    assert files == {f"{t}-{name(ago)[1:]}.csv.gz" for t in ("cdr", "acc") for ago in (2, 3)}
    with gzip.open(tmp_path / f"acc-{name(3)[1:]}.csv.gz", "rt", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["callid"], row["method"]) == ("call-3@198.51.100.7", "INVITE")


def test_an_archive_can_be_imported_again(cli: Cli, database: Database, tmp_path: Path) -> None:
    cli("db", "partition")
    with database.reading() as db:
        before = db.exec_driver_sql("SELECT * FROM vi_cdrs ORDER BY call_start_time").first()
    cli("db", "partition", "--drop-before", month(2), "--archive-to", str(tmp_path))
    for what, table in (("cdrs", "cdr"), ("acc", "acc")):
        text = gzip.decompress((tmp_path / f"{table}-{name(3)[1:]}.csv.gz").read_bytes()).decode()
        assert "1 stored" in cli("import", what, "-", input=text).stdout
    with database.reading() as db:
        after = db.exec_driver_sql("SELECT * FROM vi_cdrs ORDER BY call_start_time").first()
        methods = db.exec_driver_sql("SELECT DISTINCT method FROM acc").scalars().all()
    assert before is not None
    assert after is not None
    assert list(after)[1:] == list(before)[1:]
    assert methods == ["INVITE"]


def test_archives_can_be_parquet(cli: Cli, database: Database, tmp_path: Path) -> None:
    cli("db", "partition")
    arguments = ("--archive-to", str(tmp_path), "--format", "parquet")
    cli("db", "partition", "--drop-before", month(2), *arguments)
    table = parquet.read_table(tmp_path / f"cdr-{name(3)[1:]}.parquet")
    assert table.column("sip_call_id").to_pylist() == ["call-3@198.51.100.7"]


def test_an_archive_is_never_overwritten(cli: Cli, database: Database, tmp_path: Path) -> None:
    cli("db", "partition")
    taken = tmp_path / f"cdr-{name(3)[1:]}.csv.gz"
    taken.write_text("precious")
    arguments = ("--drop-before", month(1), "--archive-to", str(tmp_path))
    assert str(taken) in cli("db", "partition", *arguments, status=1).stderr
    assert taken.read_text() == "precious"
    assert len(months(database)) == 4


def test_rows_that_come_while_archiving_keep_the_partition(cli: Cli, database: Database) -> None:
    cli("db", "partition")
    with database.maintaining() as db:
        oldest = partitions.list_partitions(db, "cdr")[0]
        with pytest.raises(partitions.PartitionGrew):
            partitions.drop_partition(db, oldest, archived=0)
    assert len(months(database)) == 4


def test_without_archive_it_must_be_said(cli: Cli, database: Database) -> None:
    cli("db", "partition")
    refused = cli("db", "partition", "--drop-before", month(2), status=1)
    assert "--discard" in refused.stderr
    assert len(months(database)) == 4
    cli("db", "partition", "--drop-before", month(2), "--discard")
    assert months(database) == [month(2), month(1), month(0)]


def test_the_documents_query_reads_one_partition(cli: Cli, database: Database) -> None:
    cli("db", "partition")
    query = (
        "EXPLAIN PARTITIONS SELECT * FROM vi_cdrs WHERE accountcode = '600002@example.com' "
        f"AND service = 'pstn' AND call_start_time BETWEEN '{month(1)}-01' AND '{month(1)}-28'"
    )
    with database.reading() as db:
        row = db.exec_driver_sql(query).mappings().first()
    assert row is not None
    assert row["partitions"] == name(1)


@pytest.mark.engines("sqlite")
def test_sqlite_has_no_partitions(cli: Cli) -> None:
    assert "MariaDB" in cli("db", "partition", status=1).stderr
