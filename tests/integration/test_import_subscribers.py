"""`import subscribers`: all columns, passwords, groups in the line, and the way back by `export`.

The tests of this module share a database: each has usernames of its own.
"""

import csv
import io
import stat
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Database
from sippulse_ws.domain import passwords
from sippulse_ws.domain.rows import insert_row
from sippulse_ws.domain.subscribers import CORE
from sippulse_ws.domain.vault import Vault
from sippulse_ws.models import (
    Address,
    DbAlias,
    Did,
    Event,
    Numbering,
    RatePlan,
    Reseller,
    Subscriber,
)
from sippulse_ws.wire.types.subscriber import SubscriberDto
from tests.factories.platform import DOMAIN
from tests.fixtures.server import Cli


@pytest.fixture
def database(installed_url: str) -> Iterator[Database]:
    opened = Database(installed_url)
    yield opened
    opened.close()


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., str]:
    """Write rows as a CSV; the file's name."""

    def write(*rows: dict[str, str], name: str = "subscribers.csv") -> str:
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        path = tmp_path / name
        path.write_text(text.getvalue())
        return str(path)

    return write


def new(username: str, **values: str) -> dict[str, str]:
    needed = {"username": username, "domain": DOMAIN, "profile": "DEFAULT", "password": "Segr3do!"}
    return needed | values


def one(database: Database, username: str) -> Any:
    with database.reading() as db:
        query = sa.select(*Subscriber.__table__.columns).where(Subscriber.username == username)
        return db.execute(query).one_or_none()


def of(database: Database, username: str, model: Any, *columns: Any) -> list[tuple[Any, ...]]:
    with database.reading() as db:
        query = sa.select(*columns).join(Subscriber, Subscriber.id == model.subscriber_id)
        query = query.where(Subscriber.username == username).order_by(*columns)
        return [tuple(row) for row in db.execute(query)]


def test_every_column_of_the_api_is_one_of_the_file() -> None:
    from sippulse_ws.files.kinds.subscribers import Subscribers  # noqa: PLC0415

    names = {one.name for one in Subscribers.fields}
    assert names == {*SubscriberDto.get_flat_type_info(SubscriberDto)} - {"id"}
    assert set(CORE) - {"id"} <= names


def test_a_subscriber_is_as_one_of_soap(cli: Cli, database: Database, table: Any) -> None:
    with database.writing() as db:
        insert_row(db, Numbering, {"prefix": "4830", "city_code": "48000", "local_area": "FNS"})
        plan = insert_row(db, RatePlan, {"domain": DOMAIN, "name": "Plan", "rate_id": 1})
        reseller = insert_row(db, Reseller, {"domain": DOMAIN, "name": "R", "username": "r"})
    file = table(
        new(
            "48302580",
            firstName="Ana",
            phone="(48) 3025-8080",
            mobile="",
            ratePlanId=str(plan),
            reseller_id=str(reseller),
            low_credit_limit="10.5",
            block_collect_calls="sim",
            call_limit="2",
            passwordPortal="W3b!",
        )
    )
    assert "1 stored, 0 refused" in cli("import", "subscribers", file).stdout
    row = one(database, "48302580")
    assert (row.first_name, row.phone, row.mobile) == ("Ana", 4830258080, None)
    assert (row.rate_plan_id, row.reseller_id, row.call_limit) == (plan, reseller, 2)
    assert (row.low_credit_limit, row.block_collect_calls) == (Decimal("10.5"), True)
    assert (row.active, row.block_anonymous_calls, row.cps) == (True, False, 0)
    assert (row.city_code, row.local_area) == ("48000", "FNS")
    assert row.account_code == f"48302580@{DOMAIN}"
    assert passwords.is_right(Vault(), row, "password", "Segr3do!")
    assert passwords.is_right(Vault(), row, "password_portal", "W3b!")
    assert len(row.ha1) == len(row.ha1b) == 32
    with database.reading() as db:
        kinds = db.execute(sa.select(Event.kind).where(Event.account == row.account_code))
        assert kinds.scalars().all() == ["subscriber.inserted"]


def test_wrong_lines_are_named_and_the_others_stored(
    cli: Cli, database: Database, table: Any
) -> None:
    cli("import", "subscribers", table(new("taken", aliases="alias-1")))
    good = new("2001", phone="", ratePlanId="")
    lines = [
        good,
        good | {"username": "2002", "domain": "nowhere.example.com"},
        good | {"username": "2003", "profile": "GOLD"},
        good | {"username": "2004", "ratePlanId": "999"},
        good | {"username": "2005", "password": ""},
        good | {"username": "alias-1"},
        good | {"username": "5.54E+12"},
        good | {"username": "20 06"},
        good | {"username": "2007", "phone": "5,5E+9"},
        good | {"username": "2001"},
        good | {"username": "2008"},
    ]
    result = cli("import", "subscribers", table(*lines), status=1)
    assert "2 stored, 9 refused" in result.stdout
    said = result.stderr.splitlines()
    assert [int(line.split(":")[1]) for line in said] == [3, 4, 5, 6, 7, 8, 9, 10, 11]
    words = "nowhere GOLD ratePlan password alias 5.54E+12 username phone row".split()
    assert [word for word, line in zip(words, said, strict=True) if word not in line] == []
    assert one(database, "2001") is not None
    assert one(database, "2005") is None


def test_groups_in_the_line_are_stored_with_their_subscriber_or_not_at_all(
    cli: Cli, database: Database, table: Any
) -> None:
    groups = {
        "alias_1": "+554830250001",
        "alias_2": "ana.souza",
        "dids": "554830250011 +554830250012",
        "ip_address_1": "192.0.2.1",
        "ip_addresses": "192.0.2.16/28 [2001:db8::1]:5060",
    }
    empty = dict.fromkeys(groups, "")
    file = table(
        new("3001") | groups,
        new("3002") | empty | {"alias_1": "554830250001"},
        new("3003") | empty | {"dids": "554830250099", "ip_address_1": "192.0.2.1"},
        new("3004") | empty,
    )
    result = cli("import", "subscribers", file, status=1)
    assert "2 stored, 2 refused" in result.stdout
    aliases = of(database, "3001", DbAlias, DbAlias.alias_username)
    assert aliases == [("554830250001",), ("ana.souza",)]
    assert of(database, "3001", Did, Did.alias_username) == [("554830250011",), ("554830250012",)]
    assert of(database, "3001", Address, Address.ip_address, Address.mask, Address.port) == [
        ("192.0.2.1", 32, 0),
        ("192.0.2.16", 28, 0),
        ("2001:db8::1", 128, 5060),
    ]
    assert one(database, "3002") is one(database, "3003") is None
    with database.reading() as db:
        assert db.execute(sa.select(Did).where(Did.alias_username == "554830250099")).all() == []
    known = cli("import", "subscribers", table(new("3001") | groups))
    assert "1 known already, 0 refused" in known.stdout
    more = new("3001") | groups | {"alias_2": "ana"}
    differs = cli("import", "subscribers", table(more), status=2)
    assert "aliases" in differs.stderr
    cli("import", "subscribers", "--update", table(more))
    assert ("ana",) in of(database, "3001", DbAlias, DbAlias.alias_username)


def test_what_differs_is_changed_when_asked_and_empty_cells_clear_texts(
    cli: Cli, database: Database, table: Any
) -> None:
    first = new("4001", first_name="Ana", city="Natal", call_limit="2")
    cli("import", "subscribers", table(first))
    second = first | {"first_name": "Bia", "city": "", "call_limit": "", "password": "0utra!"}
    refused = cli("import", "subscribers", table(second), status=2)
    assert "first_name Ana → Bia" in refused.stderr
    assert "0utra!" not in refused.output
    assert "Segr3do!" not in refused.output
    result = cli("import", "subscribers", "--update", table(second))
    assert "1 changed" in result.stdout
    row = one(database, "4001")
    assert (row.first_name, row.city or None, row.call_limit) == ("Bia", None, 2)
    assert passwords.is_right(Vault(), row, "password", "0utra!")
    assert "1 known already" in cli("import", "subscribers", "--update", table(second)).stdout


def test_passwords_are_made_and_written_once(
    cli: Cli, database: Database, table: Any, tmp_path: Path
) -> None:
    row = {"username": "5001", "domain": DOMAIN, "profile": "DEFAULT"}
    file = table(row, row | {"username": "5002"}, row | {"username": "5003", "profile": "GOLD"})
    written = tmp_path / "passwords.csv"
    options = ("--generate-passwords", "16", "--passwords-file", str(written))
    cli("import", "subscribers", file, *options, "--dry-run", status=1)
    assert not written.exists()
    result = cli("import", "subscribers", file, *options, status=1)
    assert "2 stored, 1 refused" in result.stdout
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    made = list(csv.DictReader(io.StringIO(written.read_text())))
    assert [(one["username"], one["domain"]) for one in made] == [
        ("5001", DOMAIN),
        ("5002", DOMAIN),
    ]
    for line in made:
        assert len(line["password"]) == 16
        stored = one(database, line["username"])
        assert passwords.is_right(Vault(), stored, "password", line["password"])
        assert line["password"] not in result.output
    again = cli("import", "subscribers", file, *options, status=1)
    assert str(written) in again.stderr  # which is not written over
    assert (
        "8 to 128"
        in cli("import", "subscribers", file, "--generate-passwords", "4", status=1).stderr
    )


def test_what_is_exported_is_known_and_restores_an_empty_platform(
    cli: Cli, database: Database, table: Any, tmp_path: Path
) -> None:
    cli("domain", "create", "export.example.com")
    cli("profile", "create", "export.example.com", "DEFAULT")
    values = new("6001", first_name="=cmd()", last_name="''=x", rpid="+5548", state="-SC")
    file = table(values | {"domain": "export.example.com", "mobile": "(48) 99999-0000"})
    cli("import", "subscribers", file)
    exported = tmp_path / "out.csv.gz"
    scope = ("--domain", "export.example.com")
    cli("export", "subscribers", *scope, "-o", str(exported))
    assert "1 known already, 0 refused" in cli("import", "subscribers", str(exported)).stdout
    before = one(database, "6001")
    plain = cli("export", "subscribers", *scope).stdout
    assert "'=cmd()" in plain
    assert "''=x" in plain
    assert ",+5548," in plain
    assert "Segr3do" not in plain
    assert before.ha1 not in plain
    other = table(new("6002") | {"domain": "export.example.com"})
    cli("import", "subscribers", other, *scope, "--delete-missing", "--yes")
    assert one(database, "6001") is None
    made = ("--generate-passwords", "12", "--passwords-file", str(tmp_path / "made.csv"))
    assert "1 stored" in cli("import", "subscribers", str(exported), *made).stdout
    after = one(database, "6001")
    for name in ("first_name", "last_name", "rpid", "state", "mobile", "profile"):
        assert getattr(after, name) == getattr(before, name)
