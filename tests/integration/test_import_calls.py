"""`sippulse-ws import cdrs|acc`: what is stored, what is refused, and starting again."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Database, Session
from sippulse_ws.domain import call_records
from sippulse_ws.jobs.named_lock import named_lock
from sippulse_ws.models import Acc, Cdr, CdrGateway, CdrRatePlan
from tests.factories.calls import CALL_ROW, FAILED_CALL, call, csv_text, failed_call
from tests.fixtures.server import PROGRAM, Cli


@pytest.fixture
def database(installed_url: str) -> Iterator[Database]:
    """What the imports filled; empty again afterwards."""
    opened = Database(installed_url)
    yield opened
    with opened.writing() as db:
        for table in (Cdr, Acc, CdrRatePlan, CdrGateway):
            db.execute(sa.delete(table))
    opened.close()


def view(database: Database, name: str = "vi_cdrs") -> list[dict[str, Any]]:
    """All rows as SELECT * shows them, times as text, without the ids."""
    with database.reading() as db:
        rows = db.execute(sa.text(f"SELECT * FROM {name} ORDER BY id")).mappings()
        return [
            {key: one if key not in ("call_start_time", "time") else str(one) for key, one in row}
            for row in ([(key, one) for key, one in row.items() if key != "id"] for row in rows)
        ]


def count(database: Database, table: Any = Cdr) -> int:
    with database.reading() as db:
        return int(db.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def test_a_record_comes_back_as_it_was_sent(cli: Cli, database: Database) -> None:
    result = cli("import", "cdrs", "-", input=csv_text([call()]))
    assert "1 stored, 0 known already, 0 refused" in result.stdout
    assert view(database) == [CALL_ROW | {"sip_call_id": "call-1@198.51.100.7"}]


def test_a_failed_call_comes_back_as_it_was_sent(cli: Cli, database: Database) -> None:
    cli("import", "acc", "-", input=csv_text([failed_call()]))
    expected = FAILED_CALL | {"callid": "call-1@198.51.100.7", "gwid": 12001}
    assert view(database, "acc") == [expected]


def test_without_reseller_gateway_or_plan_the_columns_are_null(
    cli: Cli, database: Database
) -> None:
    least = ("call_start_time", "caller_domain", "sip_call_id", "duration")
    cli("import", "cdrs", "-", input=csv_text([{name: call()[name] for name in least}]))
    (row,) = view(database)
    tags = ("sip_from_tag", "sip_to_tag")
    assert all(row[name] == "" for name in tags)
    assert all(value is None for name, value in row.items() if name not in (*least, *tags))


def test_a_record_keeps_the_plan_as_it_was(cli: Cli, database: Database) -> None:
    renamed = [
        call(1),
        call(2, rateplan_name="PRE-BRONZE"),  # to MariaDB's usual collation the same name
        call(3, rateplan_markup="21"),
        call(4),
    ]
    cli("import", "cdrs", "-", input=csv_text(renamed))
    assert [(row["rateplan_name"], row["rateplan_markup"]) for row in view(database)] == [
        ("PRÉ-BRONZE", 20.5),
        ("PRE-BRONZE", 20.5),
        ("PRÉ-BRONZE", 21.0),
        ("PRÉ-BRONZE", 20.5),
    ]
    assert count(database, CdrRatePlan) == 3
    assert count(database, CdrGateway) == 1


@pytest.mark.parametrize(("what", "make"), [("cdrs", call), ("acc", failed_call)])
def test_a_known_record_is_not_doubled(cli: Cli, database: Database, what: str, make: Any) -> None:
    tag = {"cdrs": "sip_to_tag", "acc": "to_tag"}[what]
    rows = [make(1), make(2), make(1), make(1, **{tag: "another"})]
    first = cli("import", what, "-", input=csv_text(rows), status=1)
    assert "3 stored, 0 known already, 1 refused" in first.stdout
    assert "-:4: " in first.stderr
    assert "row 2" in first.stderr
    del rows[2]
    again = cli("import", what, "-", input=csv_text([*rows, make(3)])).stdout
    assert "1 stored, 3 known already, 0 refused" in again
    assert count(database, {"cdrs": Cdr, "acc": Acc}[what]) == 4
    (trail,) = cli.rows("audit", "--limit", "1")
    assert trail["operation"] == f"import {what}"
    assert "stored=1 changed=0 known=3 refused=0" in trail["object"]


@pytest.mark.parametrize(("what", "make"), [("cdrs", call), ("acc", failed_call)])
def test_a_dry_run_stores_nothing(cli: Cli, database: Database, what: str, make: Any) -> None:
    result = cli("import", what, "-", "--dry-run", input=csv_text([make(1), make(2)]))
    assert "2 would be stored, 0 known already, 0 refused" in result.stdout
    assert all(count(database, table) == 0 for table in (Cdr, Acc, CdrRatePlan))


BAD = {
    "call_start_time": ("2026-02-30 10:00:00", "24/03/2026 09:27", "2026-03-24 09:27:20+00:00", ""),
    "duration": ("1,5", "-1", "0x10", "9999999999", ""),
    "price": ("2,36", "NaN", "1e400", "1_000"),
    "rateplan_markup": ("ten",),
    "rateplan_prepaid": ("yes",),
    "gwid": ("12 001", "2147483648"),
    "caller_domain": ("unknown.example", ""),
    "sip_call_id": ("", "x" * 256),
    "matched_prefix": ("1" * 21,),
}


@pytest.mark.parametrize(
    ("column", "value"), [(name, value) for name, values in BAD.items() for value in values]
)
def test_a_bad_field_is_named_with_its_line_and_only_good_lines_are_stored(
    cli: Cli, database: Database, column: str, value: str
) -> None:
    rows = [call(1), call(2, **{column: value}), call(3)]
    result = cli("import", "cdrs", "-", input=csv_text(rows), status=1)
    named = "unknown.example" if value == "unknown.example" else column
    (line,) = result.stderr.splitlines()
    assert line.startswith("-:3: ")
    assert named in line
    assert [row["sip_call_id"][:6] for row in view(database)] == ["call-1", "call-3"]


def test_a_line_that_is_not_utf8_is_refused_alone(
    cli: Cli, database: Database, tmp_path: Path
) -> None:
    rows = csv_text([call(1), call(2, gw_name="São Paulo"), call(3)]).encode()
    file = tmp_path / "calls.csv"
    file.write_bytes(rows.replace("São Paulo".encode(), "São Paulo".encode("latin-1")))
    result = cli("import", "cdrs", str(file), status=1)
    assert f"{file}:3: " in result.stderr
    assert "gw_name" in result.stderr
    assert count(database) == 2


def test_a_line_with_too_few_fields_is_refused_alone(cli: Cli, database: Database) -> None:
    lines = csv_text([call(1), call(2)]).splitlines()
    text = "\n".join([lines[0], "2026-03-24 09:27:20,one", lines[1], '"a"b,c', lines[2]])
    result = cli("import", "cdrs", "-", input=text, status=1)
    assert [line.split(" ")[0] for line in result.stderr.splitlines()] == ["-:2:", "-:4:"]
    assert count(database) == 2


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ("call_start_time,caller_domain,sip_call_id", "duration"),
        ("call_start_time,caller_domain,sip_call_id,duration,colour", "colour"),
        ("call_start_time,caller_domain,sip_call_id,duration,rate,rate", "twice"),
        ("", "call_start_time"),
    ],
)
def test_a_file_with_a_wrong_header_is_refused(
    cli: Cli, database: Database, header: str, named: str
) -> None:
    result = cli(
        "import", "cdrs", "-", input=f"{header}\n2026-03-24 09:27:20,a,b,1,2,3\n", status=1
    )
    assert named in result.stderr
    assert count(database) == 0


def feed(pipe: IO[bytes], lines: list[str]) -> None:
    with suppress(BrokenPipeError):  # the reader is to be killed
        pipe.write("".join(lines).encode())


def test_an_import_that_was_killed_goes_on_where_it_stopped(
    installed_url: str, cli: Cli, database: Database
) -> None:
    rows = [call(number) for number in range(1, 3501)]
    lines = csv_text(rows).splitlines(keepends=True)
    env = os.environ | {"SIPPULSE_DATABASE_URL": installed_url}
    with subprocess.Popen(
        [PROGRAM, "import", "cdrs", "-"], env=env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as process:
        assert process.stdin is not None
        feeder = threading.Thread(target=feed, args=(process.stdin, lines[:2600]))
        feeder.start()
        deadline = time.monotonic() + 60
        while count(database) == 0 and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
        feeder.join()
    before = count(database)
    assert 0 < before < len(rows)
    assert before % 1000 == 0  # whole batches
    result = cli("import", "cdrs", "-", input="".join(lines))
    assert f"{len(rows) - before} stored, {before} known already, 0 refused" in result.stdout
    assert count(database) == len(rows)


@pytest.mark.engines("mariadb")
def test_two_imports_do_not_run_at_once(cli: Cli, database: Database) -> None:
    with named_lock(database, "import acc"):
        refused = cli("import", "acc", "-", input=csv_text([failed_call()]), status=1)
        assert "another import" in refused.stderr
    assert count(database, Acc) == 0
    cli("import", "acc", "-", input=csv_text([failed_call()]))
    assert count(database, Acc) == 1


def test_a_record_that_a_rating_engine_stores_meanwhile_is_not_doubled(
    cli: Cli, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes between the look for known records and the insert, and wins."""
    real = call_records.insert_cdrs
    raced: list[bool] = []

    def racing(db: Session, *arguments: Any) -> None:
        if not raced:
            raced.append(True)
            raise sa.exc.IntegrityError("INSERT", {}, Exception("Duplicate entry"))
        real(db, *arguments)

    monkeypatch.setattr(call_records, "insert_cdrs", racing)
    assert "2 stored" in cli("import", "cdrs", "-", input=csv_text([call(1), call(2)])).stdout
    assert count(database) == 2
