"""`import rates --replace`, `rates staged|cancel|history|restore|lookup`, and the job behind them.

The tests of this module share a database: each has a rate table of its own.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Database
from sippulse_ws.domain import new_subscribers
from sippulse_ws.domain.rows import insert_row
from sippulse_ws.domain.vault import Vault
from sippulse_ws.jobs.price_lists import apply_due
from sippulse_ws.models import PriceList, PriceListRow, Rate, RatePlan
from tests.factories.platform import DOMAIN
from tests.fixtures.server import Cli

HEAD = "domain,rate_id,prefix,name,rate_value\n"


@pytest.fixture
def database(installed_url: str) -> Iterator[Database]:
    opened = Database(installed_url)
    yield opened
    opened.close()


@pytest.fixture
def csv(tmp_path: Path) -> Callable[..., str]:
    def write(rate_id: int, prices: dict[str, str], extra: str = "") -> str:
        lines = (f"{DOMAIN},{rate_id},{one},Rate {one},{value}\n" for one, value in prices.items())
        path = tmp_path / "list.csv"
        path.write_text(HEAD + "".join(lines) + extra)
        return str(path)

    return write


def prices(database: Database, rate_id: int) -> dict[str, str]:
    with database.reading() as db:
        query = sa.select(Rate.prefix, Rate.rate_value).where(Rate.rate_id == rate_id)
        return {row.prefix: f"{row.rate_value.normalize():f}" for row in db.execute(query)}


def leftovers(database: Database) -> list[Any]:
    """Lists that neither wait nor were in force, and rates of those in force."""
    with database.reading() as db:
        loading = db.execute(sa.select(PriceList.id).where(PriceList.state == "loading")).all()
        rows = sa.select(PriceListRow.prefix).join(
            PriceList, PriceList.id == PriceListRow.price_list_id
        )
        return [*loading, *db.execute(rows.where(PriceList.state == "applied")).all()]


def move_to(database: Database, list_id: int, moment: dt.datetime) -> None:
    with database.writing() as db:
        one = sa.update(PriceList).where(PriceList.id == list_id)
        db.execute(one.values(effective_at=moment))


OLD = {"55": "0.1", "5511": "0.2", "1": "0.05"}
NEW = {"55": "0.15", "5511": "0.12", "44": "0.4"}


def test_a_list_is_replaced_after_its_difference_was_shown(
    cli: Cli, csv: Any, database: Database
) -> None:
    cli("import", "rates", csv(1, OLD))
    cli("import", "rates", csv(2, {"7": "1"}))
    file = csv(1, NEW)
    shown = cli("import", "rates", "--replace", "1", file, "--dry-run").stdout
    for text in ("1 new", "1 gone", "1 dearer (by 0.05 at most)", "1 cheaper (by 0.08 at most)"):
        assert text in shown
    assert "5511\tRate 5511\t0.2\t0.12" in shown
    assert prices(database, 1) == OLD
    cli("import", "rates", "--replace", "1", file, status=1, input="n\n")
    assert prices(database, 1) == OLD
    cli("import", "rates", "--replace", "1", file, input="y\n")
    assert prices(database, 1) == NEW
    assert prices(database, 2) == {"7": "1"}
    assert leftovers(database) == []
    (trail,) = cli.rows("audit", "--limit", "1")
    for text in ("file=list.csv", "sha256=", "rate_id=1", "new=1", "gone=1"):
        assert text in trail["object"]


@pytest.mark.parametrize(
    "extra",
    ["other.example.com,3,9,elsewhere,1\n", "example.com,4,9,another table,1\n", "x\n"],
)
def test_half_a_list_is_no_list(cli: Cli, csv: Any, database: Database, extra: str) -> None:
    cli("import", "rates", "--replace", "3", csv(3, OLD), "--yes")
    refused = cli("import", "rates", "--replace", "3", csv(3, NEW, extra), "--yes", status=1)
    assert "list.csv:5: " in refused.stderr
    assert "the list was not replaced" in refused.stderr
    assert prices(database, 3) == OLD
    assert leftovers(database) == []


def test_domain_and_table_may_be_told_instead_of_written(
    cli: Cli, database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "deck.csv"
    file.write_text("prefix;name;rate_value\n55;Brasil;0,08\n")
    cli("import", "rates", "--replace", "5", "--domain", "EXAMPLE.com", str(file), "--yes")
    assert prices(database, 5) == {"55": "0.08"}


def test_a_staged_list_becomes_valid_by_itself(cli: Cli, csv: Any, database: Database) -> None:
    cli("import", "rates", csv(6, OLD))
    told = cli(
        *("import", "rates", "--replace", "6", csv(6, NEW)),
        *("--effective", "2126-12-01T00:00", "--yes", "--json"),
    )
    waiting = json.loads(told.stdout)
    assert (waiting["new"], waiting["gone"], waiting["effective"][:4]) == (1, 1, "2126")
    assert prices(database, 6) == OLD
    (row,) = json.loads(cli("rates", "staged", "--json").stdout)
    assert (row["id"], row["rates"], row["effective"]) == (
        waiting["list"],
        3,
        "2126-12-01T00:00:00",
    )
    apply_due(database)
    assert prices(database, 6) == OLD
    # nothing ran at the moment: it is applied late
    move_to(database, row["id"], dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    apply_due(database)
    assert prices(database, 6) == NEW
    assert json.loads(cli("rates", "staged", "--json").stdout) == []
    (trail,) = cli.rows("audit", "--limit", "1")
    assert (trail["login"], trail["operation"]) == ("(background)", "rates apply")
    apply_due(database)
    assert leftovers(database) == []


def test_a_staged_list_is_cancelled(cli: Cli, csv: Any, database: Database) -> None:
    effective = ("--effective", "2126-12-01T00:00", "--yes", "--json")
    told = cli("import", "rates", "--replace", "7", csv(7, NEW), *effective)
    number = str(json.loads(told.stdout)["list"])
    assert number in cli("rates", "cancel", number).stdout
    move_to(database, int(number), dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    apply_due(database)
    assert prices(database, 7) == {}
    assert number in cli("rates", "cancel", number, status=1).stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--replace", "8", "--effective", "2020-01-01T00:00"), "has passed"),
        (("--effective", "2126-01-01T00:00"), "--replace"),
        (("--replace", "8", "--update"), "--update"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    cli: Cli, csv: Any, database: Database, options: tuple[str, ...], said: str
) -> None:
    refused = cli("import", "rates", csv(8, NEW), *options, "--yes", status=1)
    assert said in refused.stderr
    assert prices(database, 8) == {}


def test_history_tells_who_and_restore_goes_back(cli: Cli, csv: Any, database: Database) -> None:
    cli("import", "rates", csv(9, OLD))
    cli("import", "rates", "--replace", "9", csv(9, NEW), "--yes")
    (entry,) = json.loads(cli("rates", "history", "--rate-id", "9", "--json").stdout)
    assert (entry["added"], entry["removed"], entry["changed"]) == (1, 1, 2)
    assert entry["by"].endswith("(shell)")
    assert entry["source"] == "list.csv"
    assert len(entry["sha256"]) == 64
    shown = cli("rates", "restore", str(entry["id"]), "--dry-run").stdout
    assert "1 new, 1 gone" in shown
    assert prices(database, 9) == NEW
    cli("rates", "restore", str(entry["id"]), "--yes")
    assert prices(database, 9) == OLD
    rows = cli.rows("rates", "history", "--rate-id", "9")
    assert [row["source"] for row in rows] == [f"before list {entry['id']}", "list.csv"]
    assert "999999" in cli("rates", "restore", "999999", "--yes", status=1).stderr
    assert leftovers(database) == []


class TestLookup:
    @pytest.fixture(autouse=True)
    def account(self, database: Database) -> Iterator[None]:
        with database.writing() as db:
            plan = {"domain": DOMAIN, "name": "Plan", "rate_id": 20}
            plan_id = insert_row(db, RatePlan, plan | {"tx_connection": 30, "cadency": 6})
            values = {"username": "1000", "domain": DOMAIN, "password": "x", "profile": "DEFAULT"}
            new_subscribers.insert_subscriber(db, Vault(), values | {"rate_plan_id": plan_id})
            for prefix, value in {"55": "0.1", "5511": "0.2"}.items():
                rate = {"domain": DOMAIN, "rate_id": 20, "name": prefix, "prefix": prefix}
                insert_row(db, Rate, rate | {"rate_value": Decimal(value)})
        yield
        with database.writing() as db:
            for table in ("subscriber", "rate_plan", "rate", "price_list"):
                db.exec_driver_sql(f"DELETE FROM {table}")

    def look_up(self, cli: Cli, number: str, *options: str) -> dict[str, Any]:
        account = ("--account", f"1000@{DOMAIN}", "--json")
        found: dict[str, Any] = json.loads(
            cli("rates", "lookup", *account, number, *options).stdout
        )
        return found

    def test_it_tells_prefix_price_and_blocks(self, cli: Cli) -> None:
        found = self.look_up(cli, "+551133334444", "--seconds", "61")
        assert (found["prefix"], found["rate"]) == ("5511", 0.2)
        assert (found["first_block"], found["next_block"]) == (30, 6)
        assert (found["billed_seconds"], found["price"]) == (66, 0.22)
        assert found["allowed"] is True
        assert isinstance(found["reason"], str)

    def test_a_call_that_is_not_allowed_is_an_answer_too(self, cli: Cli) -> None:
        found = self.look_up(cli, "4499999")
        assert found["prefix"] is None
        assert found["allowed"] in (True, False)
        text = cli("rates", "lookup", "--account", f"1000@{DOMAIN}", "551133334444").stdout
        assert "5511" in text

    def test_an_unknown_account_is_a_message(self, cli: Cli) -> None:
        refused = cli("rates", "lookup", "--account", "nobody@x.org", "55", "--json", status=1)
        assert "nobody@x.org" in refused.stderr
        assert refused.stdout == ""

    def test_it_tells_the_price_of_another_moment(
        self, cli: Cli, csv: Any, database: Database
    ) -> None:
        effective = ("--effective", "2126-12-01T00:00", "--yes")
        cli("import", "rates", "--replace", "20", csv(20, {"5511": "0.5"}), *effective)
        number = "551133334444"
        assert self.look_up(cli, number)["rate"] == 0.2
        assert self.look_up(cli, number, "--at", "2126-11-30T23:59")["rate"] == 0.2
        assert self.look_up(cli, number, "--at", "2126-12-01T00:00")["rate"] == 0.5
        assert self.look_up(cli, "5548", "--at", "2127-01-01")["prefix"] is None
        cli("import", "rates", "--replace", "20", csv(20, {"5511": "0.9"}), "--yes")
        assert self.look_up(cli, number)["rate"] == 0.9
        assert self.look_up(cli, number, "--at", "2026-01-01")["rate"] == 0.2
        assert prices(database, 20) == {"5511": "0.9"}
