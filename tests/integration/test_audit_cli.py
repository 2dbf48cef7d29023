"""`sippulse-ws audit`: by object, login, operation, outcome, time; as JSON; as it comes."""

import datetime as dt
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sippulse_ws.db import Database
from sippulse_ws.domain import audit
from tests.fixtures.server import Cli

ROWS = (
    ("crm", "addCredit", "username=1000 domain=example.com", "done", "2026-03-01T10:00:00"),
    ("crm", "addCredit", "username=10001 domain=example.com", "refused", "2026-03-01T23:30:00"),
    ("erp", "insertDid", 'alias_username=x description="a username=1000 b"', "done", "2026-03-03"),
)


@pytest.fixture(scope="module")
def trail(installed_url: str) -> str:
    """The database with three rows of the past."""
    database = Database(installed_url, 1)
    with database.writing() as db:
        for login, operation, object_, outcome, at in ROWS:
            audit.record(
                db,
                login=login,
                address="192.0.2.1",
                operation=operation,
                object=object_,
                outcome=outcome,
                error=None,
                request_id="0" * 16,
            )
            db.send_queued()
            db.exec_driver_sql(
                f"UPDATE audit SET at = '{dt.datetime.fromisoformat(at)}' ORDER BY id DESC LIMIT 1"
                if not database.is_sqlite
                else f"UPDATE audit SET at = '{dt.datetime.fromisoformat(at)}.000000' "
                "WHERE id = (SELECT MAX(id) FROM audit)"
            )
    database.close()
    return installed_url


def found(cli: Cli, *options: str) -> list[str]:
    """`login operation outcome` of the rows, newest first."""
    rows = json.loads(cli("audit", "--json", *options, timezone="America/Sao_Paulo").stdout)
    return [f"{row['login']} {row['operation']} {row['outcome']}" for row in rows]


OLD = ("--to", "2026-03-31")


def test_filters(trail: str, cli: Cli) -> None:
    assert found(cli, *OLD, "--login", "crm") == ["crm addCredit refused", "crm addCredit done"]
    assert found(cli, *OLD, "--operation", "insertDid") == ["erp insertDid done"]
    assert found(cli, *OLD, "--outcome", "refused") == ["crm addCredit refused"]
    assert found(cli, *OLD, "--object", "username=1000") == ["crm addCredit done"]
    assert len(found(cli, *OLD, "--object", "1000")) == 3
    assert found(cli, *OLD, "--object", "100%") == []


def test_moments_are_of_the_operators_zone(trail: str, cli: Cli) -> None:
    """23:30 UTC is 20:30 in São Paulo: of the same day there."""
    assert len(found(cli, "--from", "2026-03-01", "--to", "2026-03-01")) == 2
    assert found(cli, "--from", "2026-03-01T20:00", "--to", "2026-03-01T21:00") == [
        "crm addCredit refused"
    ]


def test_json_is_one_list_with_every_column(trail: str, cli: Cli) -> None:
    (row,) = json.loads(cli("audit", "--json", *OLD, "--login", "erp").stdout)
    assert row | {"id": 0} == {
        "id": 0,
        "at": "2026-03-03T00:00:00.000+00:00",
        "login": "erp",
        "address": "192.0.2.1",
        "operation": "insertDid",
        "object": 'alias_username=x description="a username=1000 b"',
        "outcome": "done",
        "times": 1,
        "error": None,
        "request_id": "0" * 16,
        "client_request_id": None,
        "traceparent": None,
    }
    assert json.loads(cli("audit", "--json", "--login", "nobody").stdout) == []


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("1000", "name=1000"),
        ("São Paulo", 'name="São Paulo"'),
        ("a domain=x", 'name="a domain=x"'),
        ('"', r'name="\""'),
        ("a\nb", r'name="a\nb"'),
        ("\\", r'name="\\"'),
        ("a=b", 'name="a=b"'),
    ],
)
def test_a_value_cannot_look_like_a_second_field(value: str, told: str) -> None:
    assert audit.describe_object([("name", value)]) == told


def test_follow_shows_rows_as_they_come(trail: str, cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "out"
    command = [sys.executable, "-u", "-m", "sippulse_ws", "audit", "--follow", "--json"]
    with file.open("wb") as output:
        process = subprocess.Popen([*command, "--operation", "domain create"], stdout=output)
    try:
        cli("domain", "create", "followed-1.example.com")
        wait_for(file, "followed-1")
        cli("domain", "create", "followed-2.example.com")
        wait_for(file, "followed-2")
    finally:
        process.terminate()
        process.wait(30)
    objects = [json.loads(line)["object"] for line in file.read_text().splitlines()]
    assert len(set(objects)) == len(objects)


def wait_for(file: Path, text: str) -> None:
    deadline = time.monotonic() + 300
    while text not in file.read_text():
        assert time.monotonic() < deadline, file.read_text()
        time.sleep(0.1)
