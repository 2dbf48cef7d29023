"""`sippulse-ws db partition`: months of their own, archives, and nothing lost between."""

import csv
import datetime as dt
import gzip
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pyarrow import parquet

from sippulse_ws.db import Database
from sippulse_ws.models import Acc, Cdr, RawCall
from sippulse_ws.ops import partitions
from sippulse_ws.ops.partitions import month_start
from tests.explain import explain
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
    models: dict[str, Any] = {"cdr": Cdr, "acc": Acc, "call_raw": RawCall}
    with opened.writing() as db:
        for table, column in partitions.TABLES.items():
            db.execute(sa.delete(models[table]))
            db.exec_driver_sql(
                f"ALTER TABLE {table} PARTITION BY RANGE COLUMNS (`{column}`) "
                "(PARTITION p_future VALUES LESS THAN (MAXVALUE))"
            )
    calls = [call(ago, call_start_time=f"{month(ago)}-01 00:00:00") for ago in range(4)]
    failed = [failed_call(ago, time=f"{month(ago)}-01 00:00:00") for ago in range(4)]
    cli("import", "cdrs", "-", input=csv_text(calls))
    cli("import", "acc", "-", input=csv_text([row | {"method": "INVITE"} for row in failed]))
    with opened.writing() as db:
        db.execute(sa.insert(RawCall), [raw(ago) for ago in range(4)])
    yield opened
    with opened.writing() as db:
        db.execute(sa.delete(RawCall))
    opened.close()


def raw(ago: int, **values: Any) -> dict[str, Any]:
    """A raw record of that month, rated."""
    start = month_start(TODAY, -ago).replace(microsecond=123456, tzinfo=dt.UTC)
    fixed = {"id": 7000 + ago, "received_at": start, "started": start, "ended": start}
    texts = {"call_id": f"call-{ago}@x", "number": "=55", "user_agent": '\'a, "b"\nç', "state": 1}
    return fixed | texts | {"duration_ms": 1234, "account": "1000@example.com"} | values


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
    assert names(rows, "call_raw") == expected
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
    assert months(database, "call_raw", "started") == [month(1), month(0)]
    files = {path.name for path in tmp_path.iterdir()}
    tables = ("cdr", "acc", "call_raw")
    assert files == {f"{t}-{name(ago)[1:]}.csv.gz" for t in tables for ago in (2, 3)}
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


def test_an_archive_keeps_how_calls_were_rated(
    cli: Cli, database: Database, tmp_path: Path
) -> None:
    """Money to the last digit, which no double holds."""
    rated = {"raw_id": 7003, "rating": '{"basis":"prepaid"}', "price": "123456789012.123457"}
    rated |= {"first_price": "0.000001", "first_reseller_price": "999999999999.999999"}
    values = ", ".join(f"{column} = '{value}'" for column, value in rated.items())
    with database.writing() as db:
        db.exec_driver_sql(f"UPDATE cdr SET {values} WHERE sip_call_id LIKE 'call-3@%%'")
    cli("db", "partition")
    query = "SELECT {} FROM {} ORDER BY 2 LIMIT 1"
    with database.reading() as db:
        before = [
            db.exec_driver_sql(query.format(*of)).first()
            for of in (("c.*", "cdr c"), ("r.*", "call_raw r"))
        ]
    cli("db", "partition", "--drop-before", month(2), "--archive-to", str(tmp_path))
    for what, table in (("cdrs", "cdr"), ("raw-calls", "call_raw")):
        text = gzip.decompress((tmp_path / f"{table}-{name(3)[1:]}.csv.gz").read_bytes()).decode()
        assert "1 stored" in cli("import", what, "-", input=text).stdout
        assert "1 known" in cli("import", what, "-", input=text).stdout
    query = "SELECT * FROM {} WHERE {} LIKE 'call-3@%%'"
    with database.reading() as db:
        after = [
            db.exec_driver_sql(query.format(*of)).first()
            for of in (("cdr", "sip_call_id"), ("call_raw", "call_id"))
        ]
    assert before[0] is not None
    assert after[0] is not None
    assert list(after[0])[1:] == list(before[0])[1:]  # records get ids of their own
    assert after[1] == before[1]


def test_raw_records_without_a_price_are_not_dropped(
    cli: Cli, database: Database, tmp_path: Path
) -> None:
    cli("db", "partition")
    drop = ("db", "partition", "--drop-before", month(1))
    with database.writing() as db:
        db.execute(sa.update(RawCall).where(RawCall.id == 7003).values(state=0))
    for how in (("--discard",), ("--archive-to", str(tmp_path))):
        assert "1 calls without a price" in cli(*drop, *how, status=1).stderr
    assert not list(tmp_path.glob("call_raw*"))
    with database.writing() as db:
        db.execute(sa.update(RawCall).where(RawCall.id == 7003).values(state=2))
    assert "1 calls without a price" in cli(*drop, "--discard", status=1).stderr
    assert len(months(database, "call_raw", "started")) == 4
    cli(*drop, "--archive-to", str(tmp_path))
    text = gzip.decompress((tmp_path / f"call_raw-{name(3)[1:]}.csv.gz").read_bytes()).decode()
    cli("import", "raw-calls", "-", input=text)
    assert "call-3@x" in cli("calls", "unrated", status=1).stdout


def test_archives_can_be_parquet(cli: Cli, database: Database, tmp_path: Path) -> None:
    cli("db", "partition")
    arguments = ("--archive-to", str(tmp_path), "--format", "parquet")
    cli("db", "partition", "--drop-before", month(2), *arguments)
    table = parquet.read_table(tmp_path / f"cdr-{name(3)[1:]}.parquet")
    assert table.column("sip_call_id").to_pylist() == ["call-3@198.51.100.7"]
    assert table.column("price").to_pylist() == [Decimal("2.360000")]
    raws = parquet.read_table(tmp_path / f"call_raw-{name(3)[1:]}.parquet")
    assert raws.column("started").to_pylist() == [raw(3)["started"]]


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
        "SELECT * FROM vi_cdrs WHERE accountcode = '600002@example.com' "
        f"AND service = 'pstn' AND call_start_time BETWEEN '{month(1)}-01' AND '{month(1)}-28'"
    )
    with database.reading() as db:
        assert explain(db, query)[0]["partitions"] == name(1)


@pytest.mark.engines("sqlite")
def test_sqlite_has_no_partitions(cli: Cli) -> None:
    assert "MariaDB" in cli("db", "partition", status=1).stderr
