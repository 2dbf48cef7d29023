"""A migration from a running server of ours with other ids, read back and compared."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sippulse_ws.domain.authentication import Authenticator
from tests.e2e.migrating import FLAGS, Program, assert_alike, execute, rows, scalar
from tests.e2e.old_server import OldServer
from tests.e2e.old_world import ACCOUNTS, DOMAIN, KEY, ask, fill
from tests.factories.calls import call, csv_text, failed_call
from tests.fixtures.server import LOGIN, Cli, Server

LEFT_OUT = FLAGS  # without `--sql`


@pytest.fixture(scope="module")
def old(server: Server) -> Server:
    fill(server)
    return server


@pytest.fixture
def vendor(old: Server) -> Iterator[OldServer]:
    """The old server with the vendor's operations only."""
    running = OldServer(old.base)
    yield running
    running.close()


@pytest.fixture
def program(old: Server, empty_database_url: str, tmp_path: Path) -> Program:
    return Program(empty_database_url, tmp_path, old.base)


@pytest.fixture
def program_of_vendor(vendor: OldServer, empty_database_url: str, tmp_path: Path) -> Program:
    return Program(empty_database_url, tmp_path, vendor.url)


def test_everything_is_taken_under_its_own_id(
    program: Program, installed_url: str, tmp_path: Path
) -> None:
    found = program.migrate().finished()
    assert (found["not_taken"], found["different"], found["only_here"]) == ([], [], [])
    assert found["compared"] > len(ACCOUNTS)
    assert_alike(installed_url, program.url, LEFT_OUT)
    ledger = rows(program.url, "credit_ledger")
    assert len(ledger) == len(ACCOUNTS) + 1  # and the reseller
    assert all("balance taken from http://" in str(row) for row in ledger)
    assert scalar(program.url, "SELECT COUNT(*) FROM administrator") == 0
    again = program.migrate().finished()
    assert not [name for name in again["counts"] if not name.endswith(" same")]
    assert rows(program.url, "credit_ledger") == ledger
    told = [tmp_path / name for name in ("report.json", "state", "output")]
    assert not any("cret-1" in one.read_text() for one in told)


def test_four_kills_in_the_middle_leave_nothing_half_there_and_nothing_twice(
    program_of_vendor: Program, vendor: OldServer, installed_url: str
) -> None:
    vendor.missing = ()
    running: list[Any] = []

    def kill() -> None:
        running[0].kill()

    for moment in (5, 60, 60, "listHuntGroups xmlns"):  # the request of this number, or of this
        vendor.when(moment, kill)
        running[:] = [program_of_vendor.migrate("--resume", rate=100)]
        assert running[0].was_killed()
        url = program_of_vendor.url
        halves = "SELECT COUNT(*) FROM subscriber s WHERE s.credit <> 0 AND NOT EXISTS "
        halves += "(SELECT 1 FROM credit_ledger l WHERE l.account = s.account_code "
        halves += "AND l.balance = s.credit)"
        assert scalar(url, halves) == 0
    found = program_of_vendor.migrate("--resume").finished()
    assert (found["not_taken"], found["different"]) == ([], [])
    assert_alike(installed_url, program_of_vendor.url, LEFT_OUT)
    assert len(rows(program_of_vendor.url, "credit_ledger")) == len(ACCOUNTS) + 1


@pytest.mark.engines("sqlite")
def test_a_dry_run_stores_nothing(program: Program) -> None:
    found = program.migrate("--dry-run").finished()
    assert (found["not_taken"], found["counts"]["subscriber new"]) == ([], len(ACCOUNTS))
    assert rows(program.url, "subscriber") == rows(program.url, "domain") == []


@pytest.mark.engines("sqlite")
def test_what_cannot_be_taken_is_told_with_the_reason(program: Program) -> None:
    with program.names.open("a") as file:
        file.write(f"\nnobody@{DOMAIN}\n")
    running = program.migrate("--domain", DOMAIN, "--domain", "other.example")
    refused = {one["what"]: one["reason"] for one in running.finished(2)["not_taken"]}
    assert refused.keys() == {f"subscriber nobody@{DOMAIN}", "domain other.example"}
    assert "nobody" in refused[f"subscriber nobody@{DOMAIN}"]
    assert len(rows(program.url, "subscriber")) == len(ACCOUNTS)


def test_operations_that_only_we_have_are_not_needed(
    program_of_vendor: Program, vendor: OldServer, installed_url: str
) -> None:
    found = program_of_vendor.migrate().finished()
    (untold,) = [one for one in found["not_told"] if one["operation"] == "listDBAliases"]
    assert len(untold["accounts"]) == len(ACCOUNTS)
    assert rows(program_of_vendor.url, "db_alias") == []
    assert len(vendor.times) < 13 * len(ACCOUNTS) + 20  # asked for once
    found = program_of_vendor.migrate("--sql", installed_url, "--no-calls").finished()
    assert (found["not_taken"], found["different"]) == ([], [])
    assert_alike(installed_url, program_of_vendor.url)


def test_the_old_database_tells_what_no_operation_does(
    program_of_vendor: Program, installed_url: str, cli: Cli, tmp_path: Path
) -> None:
    cli("admin", "create", "crm", "--password-stdin", input="s3nha do CRM")
    cli("admin", "grant", "crm", DOMAIN)
    without = {"gwid": "", "gw_address": "", "gw_name": "", "gw_rateid": "", "providerid": ""}
    (tmp_path / "cdrs.csv").write_text(csv_text([call(1), call(2, **without)]))
    (tmp_path / "acc.csv").write_text(csv_text([failed_call(1)]))
    cli("import", "cdrs", str(tmp_path / "cdrs.csv"))
    cli("import", "acc", str(tmp_path / "acc.csv"))
    execute(installed_url, "UPDATE cdr SET id = id + 700")
    execute(installed_url, "UPDATE acc SET id = id + 900")
    found = program_of_vendor.migrate("--sql", installed_url, named=False).finished()
    assert (found["not_taken"], found["different"]) == ([], [])
    assert found["by_hand"] == ["routes"]
    new = program_of_vendor.url
    assert_alike(installed_url, new)
    for table in ("vi_cdrs", "acc", "administrator", "administrator_domain"):
        assert rows(new, table, {"id", "administrator_id"}) == rows(
            installed_url, table, {"id", "administrator_id"}
        ), table
    ids = "SELECT SUM(id) FROM {}"
    for table in ("vi_cdrs", "acc"):
        assert scalar(new, ids.format(table)) == scalar(installed_url, ids.format(table))
    again = program_of_vendor.migrate("--sql", installed_url, "--resume", named=False).finished()
    assert not [name for name in again["counts"] if not name.endswith(" same")]
    assert scalar(new, ids.format("vi_cdrs")) == scalar(installed_url, ids.format("vi_cdrs"))


def test_gateways_are_those_that_the_calls_name(
    program: Program, installed_url: str, cli: Cli, tmp_path: Path
) -> None:
    """Where the account may read nothing but the documented views."""
    (tmp_path / "cdrs.csv").write_text(csv_text([call(3)]))
    cli("import", "cdrs", str(tmp_path / "cdrs.csv"))
    for table in ("provider", "gateway"):
        execute(installed_url, f"ALTER TABLE {table} RENAME TO {table}_hidden")
    try:
        found = program.migrate("--sql", installed_url).finished()
    finally:
        for table in ("provider", "gateway"):
            execute(installed_url, f"ALTER TABLE {table}_hidden RENAME TO {table}")
    assert "provider" in "".join(found["unreadable"])
    gateway = "SELECT CONCAT(g.id, g.name, g.address, g.rate_id, p.id, p.name, p.cadency) "
    gateway += "FROM gateway g JOIN provider p ON p.id = g.provider_id"
    if program.url.startswith("sqlite"):
        gateway = gateway.replace("CONCAT(", "").replace("cadency)", "cadency").replace(",", "||")
    assert scalar(program.url, gateway) == "12001Gateway SP201.64.23.11300002OperadoraSul1"


@pytest.mark.engines("sqlite")
def test_administrators_come_from_a_file(program: Program, tmp_path: Path) -> None:
    hashed = Authenticator().hash(LOGIN["password"])
    (tmp_path / "admins.csv").write_text(
        "login,password,password_hash,superuser,domains\n"
        f'crm,s3nha do CRM,,0,{DOMAIN} other.example\nerp,,"{hashed}",1,\n'
    )
    options = ("--admins", str(tmp_path / "admins.csv"))
    assert program.migrate(*options).finished()["counts"]["administrator new"] == 2
    assert program.migrate(*options).finished()["counts"]["administrator same"] == 2
    assert scalar(program.url, "SELECT domain FROM administrator_domain") == DOMAIN
    grants = "SELECT COUNT(*) FROM administrator_domain"
    assert scalar(program.url, grants) == 1
    stored = "SELECT password_hash FROM administrator WHERE login = 'erp' AND superuser = 1"
    assert scalar(program.url, stored) == hashed


@pytest.mark.engines("sqlite")
def test_money_that_moved_here_is_not_overwritten(program: Program, cli: Cli) -> None:
    program.migrate().finished()
    row = scalar(program.url, f"SELECT id FROM credit_ledger WHERE account = '1001@{DOMAIN}'")
    program("credit", "reverse", str(row), "--obs", "by mistake")
    (refused,) = program.migrate().finished(2)["not_taken"]
    assert refused["what"] == f"credit of 1001@{DOMAIN}"
    credit = f"SELECT COUNT(*) FROM credit_ledger WHERE account = '1001@{DOMAIN}'"
    assert scalar(program.url, credit) == 2


def test_a_second_run_takes_what_changed(program: Program, old: Server, installed_url: str) -> None:
    program.migrate().finished()
    key = KEY.format(1010)
    ask(old, "SubscriberWS", "addCredit", f"{key}<value>-0.5</value>")
    ask(old, "SubscriberWS", "updateSubscriber",
        f"<subscriber>{key}<firstName>Rui</firstName></subscriber>")  # fmt: skip
    ask(old, "RateWS", "removeAllRatesByRateId", f"<domain>{DOMAIN}</domain><rateId>9</rateId>")
    number = scalar(installed_url, "SELECT id FROM did WHERE alias_username = '55481010'")
    ask(old, "DidWS", "deleteDid", f"<didId>{number}</didId>")
    did = f"<did><accountCode>1000@{DOMAIN}</accountCode><aliasUsername>55481010</aliasUsername>"
    ask(old, "DidWS", "insertDid", f"{did}<domain>{DOMAIN}</domain></did>")
    found = program.migrate().finished()
    assert found["counts"]["subscriber changed"] == 1
    assert len(found["only_here"]) == 1
    assert found["only_here"][0].startswith("rate ")
    found = program.migrate("--delete-missing").finished()
    assert (found["counts"]["rate removed"], found["only_here"]) == (1, [])
    assert_alike(installed_url, program.url, LEFT_OUT)
    changes = f"SELECT COUNT(*) FROM credit_ledger WHERE account = '1010@{DOMAIN}'"
    assert scalar(program.url, changes) == 2


@pytest.mark.engines("sqlite")
def test_requests_per_second_are_bounded(program_of_vendor: Program, vendor: OldServer) -> None:
    program_of_vendor.names.write_text(f"account_code\n1000@{DOMAIN}\n")
    program_of_vendor.migrate(rate=50).finished(2)  # the hunt group has others too
    times = vendor.times
    assert times[-1] - times[0] > (len(times) - 1) / 50 * 0.95


@pytest.mark.engines("sqlite")
def test_a_fault_costs_one_account_only(program_of_vendor: Program, vendor: OldServer) -> None:
    vendor.faults["retrieveCredit xmlns"] = "out of memory"
    refused = program_of_vendor.migrate().finished(2)["not_taken"]
    assert [one["reason"] for one in refused].count("out of memory") == len(ACCOUNTS)
    assert rows(program_of_vendor.url, "subscriber") == []
    vendor.faults.clear()
    vendor.faults["<username>1005</username><domain>example.com</domain><principal>"] = "no"
    found = program_of_vendor.migrate().finished(2)
    assert found["not_taken"][0]["what"] == f"subscriber 1005@{DOMAIN}"
    assert len(rows(program_of_vendor.url, "subscriber")) == len(ACCOUNTS) - 1


@pytest.mark.engines("sqlite")
def test_it_says_what_it_needs(cli: Cli, tmp_path: Path) -> None:
    options = ["migrate", "--from", "http://127.0.0.1:9", "--login", "root"]
    assert "--password-stdin" in cli(*options, status=1).output
    options += ["--password-stdin"]
    assert "--subscribers" in cli(*options, status=1).output
    bad = tmp_path / "accounts.csv"
    bad.write_text("conta\n1000@example.com\n")
    assert "conta" in cli(*options, "--subscribers", str(bad), status=1).output
    bad.write_text("account_code\n1000\n")
    told = cli(*options, "--subscribers", str(bad), status=1, language="pt").output
    assert "linha 2" in told
    assert "--sql" in cli(*options, "--sql", f"sqlite:///{tmp_path}/none.db", status=1).output
