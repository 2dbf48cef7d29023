"""A migration from a running server of ours with other ids, read back and compared."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.fixtures.server import LOGIN, PROGRAM, Cli, Server

PASSWORD = LOGIN["password"]
ACCOUNTS = [str(number) for number in range(1000, 1012)]
TABLES = (
    "domain", "profile", "rate_plan", "rate", "reseller", "dialplan", "subscriber", "did",
    "db_alias", "address", "user_white_list", "hunt_group", "hunt_group_member",
    "account_group_member",
)  # fmt: skip
KEY = "<username>{}</username><domain>example.com</domain>"


def ask(server: Server, service: str, operation: str, body: str) -> None:
    answer = server.post(service, operation, body)
    assert answer.status_code == 200, answer.text


def fill(server: Server) -> None:
    """Something of everything, with ids that a new database would not give."""
    for number in range(3):
        ask(
            server,
            "RatePlanWS",
            "insertRatePlan",
            "<ratePlan><domain>example.com</domain>"
            f"<name>P{number}</name><rateId>{number + 7}</rateId><markup>1.5</markup></ratePlan>",
        )
    ask(server, "RatePlanWS", "removeRatePlan", "<idRatePlan>1</idRatePlan>")
    ask(
        server,
        "RateWS",
        "insertRates",
        "<rate><domain>example.com</domain><name>BR</name>"
        "<prefix>55</prefix><rateId>8</rateId><rateValue>0.123456</rateValue></rate>",
    )
    for account in ["999", *ACCOUNTS]:
        fill_account(server, account)
    fill_rest(server)


def fill_account(server: Server, account: str) -> None:
    """What every account has."""
    ask(server, "SubscriberWS", "insertSubscriber", f"<subscriber>{KEY.format(account)}"
        f"<password>sécret-{account}</password><passwordPortal>portal{account}</passwordPortal>"
        "<profile>DEFAULT</profile><firstName>João € 😀</firstName><ratePlanId>2</ratePlanId>"
        "<voicemail>true</voicemail><callLimit>3</callLimit><mobile>5511987654321</mobile>"
        "</subscriber>")  # fmt: skip
    ask(
        server,
        "SubscriberWS",
        "addCredit",
        f"{KEY.format(account)}<value>{account}.000001</value><obs>PIX</obs>",
    )
    ask(
        server,
        "DidWS",
        "insertDid",
        f"<did><accountCode>{account}@example.com</accountCode>"
        f"<aliasUsername>5548{account}</aliasUsername><domain>example.com</domain></did>",
    )
    ask(
        server,
        "WhiteListWS",
        "insertWhiteList",
        f"<whiteList>{KEY.format(account)}<prefix>0800</prefix></whiteList>",
    )
    ask(
        server,
        "AddressWS",
        "insertAddress",
        f"<address>{KEY.format(account)}"
        f"<ipAddress>198.51.100.{int(account) % 200}</ipAddress><mask>32</mask>"
        "<method>iponly</method><port>0</port><protocol>any</protocol></address>",
    )


def fill_rest(server: Server) -> None:
    """What few accounts have."""
    ask(server, "SubscriberWS", "removeSubscriber", KEY.format("999"))
    ask(
        server,
        "SubscriberWS",
        "insertDBAliases",
        f"<dbAliases>{KEY.format(1001)}"
        "<aliasUsername>ana</aliasUsername><aliasDomain>example.com</aliasDomain></dbAliases>",
    )
    ask(
        server,
        "SubscriberWS",
        "updateDailyQuota",
        f"<dailyQuotaDTO>{KEY.format(1002)}"
        "<dailyQuota>true</dailyQuota><dailyQuotaLimit>9.5</dailyQuotaLimit>"
        "<dailyQuotaType>V</dailyQuotaType></dailyQuotaDTO>",
    )
    ask(
        server,
        "SubscriberWS",
        "updateSubscriberClassV",
        f"<subscriber>{KEY.format(1003)}"
        "<pinCode>1234</pinCode><callFwd>5548999990000</callFwd></subscriber>",
    )
    ask(
        server,
        "UserLocationWS",
        "addUserLocation",
        f"{KEY.format(1004)}<contact>sip:1004@203.0.113.9</contact>",
    )
    fill_groups(server)


def fill_groups(server: Server) -> None:
    """Of hunting, and of billing."""
    ask(
        server,
        "HuntGroupWS",
        "insertHuntGroup",
        "<huntGroup><domain>example.com</domain>"
        "<description>Vendas</description><groupList>1005;1001</groupList><method>serial</method>"
        "<timeout>20</timeout></huntGroup>",
    )
    ask(
        server,
        "AccountGroupWS",
        "addAccountGroup",
        "<accountManager>1006@example.com</accountManager>"
        "<managerProfile>DEFAULT</managerProfile><account>1007@example.com</account>",
    )


@pytest.fixture
def target_url(installed_url: str, tmp_path: Path) -> str:
    """An empty database of the other side; SQLite is enough for a second one."""
    return f"sqlite:///{tmp_path}/target.db"


@pytest.fixture(scope="module")
def old(server: Server) -> Server:
    fill(server)
    return server


@pytest.fixture
def run(old: Server, target_url: str, tmp_path: Path) -> Any:
    names = tmp_path / "accounts.csv"
    names.write_text("\n".join(["account_code", *(f"{one}@example.com" for one in ACCOUNTS)]))
    environment = os.environ | {"SIPPULSE_DATABASE_URL": target_url, "SIPPULSE_LANGUAGE": "en"}
    subprocess.run([PROGRAM, "db", "upgrade"], env=environment, check=True, timeout=120)
    command = [PROGRAM, "migrate", "--from", old.base, "--login", LOGIN["login"]]
    command += ["--password-stdin", "--subscribers", names, "--state", tmp_path / "state"]
    command += ["--report", tmp_path / "report.json"]

    def start(*options: str, rate: int = 0) -> Run:
        (tmp_path / "password").write_text(PASSWORD + "\n")
        with (tmp_path / "password").open() as given, (tmp_path / "output").open("w") as output:
            process = subprocess.Popen(
                [*map(str, command), "--rate", str(rate), *options],
                env=environment,
                stdin=given,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return Run(process, tmp_path)

    return start


class Run:
    """A migration that runs."""

    def __init__(self, process: "subprocess.Popen[bytes]", folder: Path) -> None:
        self._process, self._folder = process, folder

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(60)

    def finished(self, status: int = 0) -> dict[str, Any]:
        """Its report."""
        assert self._process.wait(240) == status, (self._folder / "output").read_text()
        found: dict[str, Any] = json.loads((self._folder / "report.json").read_text())
        return found


def rows(url: str, table: str) -> list[tuple[Any, ...]]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        found = connection.execute(sa.text(f"SELECT * FROM {table}")).mappings().all()
    skipped = {"at", "created_at", "ruid", "last_modified", "origin", "inventory_domain"}
    if table == "account_group_member":
        skipped.add("account_group_id")
    kept = [[str(v) for k, v in sorted(row.items()) if k not in skipped] for row in found]
    return sorted(map(tuple, kept))


@pytest.mark.engines("sqlite")
def test_everything_is_taken_under_its_own_id(
    run: Any, installed_url: str, target_url: str, tmp_path: Path
) -> None:
    found = run().finished()
    assert (found["not_taken"], found["different"]) == ([], [])
    assert found["compared"] > len(ACCOUNTS)
    for table in TABLES:
        assert rows(target_url, table) == rows(installed_url, table), table
    ledger = rows(target_url, "credit_ledger")
    assert len(ledger) == len(ACCOUNTS)
    assert all("balance taken from http://" in str(row) for row in ledger)
    logins = sa.create_engine(target_url, poolclass=sa.NullPool)
    with logins.connect() as connection:
        assert connection.execute(sa.text("SELECT COUNT(*) FROM administrator")).scalar() == 0
    again = run().finished()
    assert not [name for name in again["counts"] if name.endswith((" new", " changed"))]
    assert rows(target_url, "credit_ledger") == ledger
    assert "sécret" not in (tmp_path / "report.json").read_text() + (tmp_path / "state").read_text()


@pytest.mark.engines("sqlite")
def test_a_killed_migration_goes_on_and_ends_the_same(
    run: Any, installed_url: str, target_url: str
) -> None:
    for seconds in (6.0, 7.0):
        process = run("--resume", rate=20)
        time.sleep(seconds)
        process.kill()
    found = run("--resume").finished()
    assert (found["not_taken"], found["different"]) == ([], [])
    for table in TABLES:
        assert rows(target_url, table) == rows(installed_url, table), table
    assert len(rows(target_url, "credit_ledger")) == len(ACCOUNTS)


@pytest.mark.engines("sqlite")
def test_a_dry_run_stores_nothing(run: Any, target_url: str) -> None:
    found = run("--dry-run").finished()
    assert (found["not_taken"], found["counts"]["subscriber new"]) == ([], len(ACCOUNTS))
    assert rows(target_url, "subscriber") == rows(target_url, "domain") == []


@pytest.mark.engines("sqlite")
def test_what_cannot_be_taken_is_told_with_the_reason(
    run: Any, target_url: str, tmp_path: Path
) -> None:
    with (tmp_path / "accounts.csv").open("a") as file:
        file.write("\nnobody@example.com\n")
    (refused,) = run().finished(2)["not_taken"]
    assert refused["what"] == "subscriber nobody@example.com"
    assert "nobody" in refused["reason"]
    assert len(rows(target_url, "subscriber")) == len(ACCOUNTS)


@pytest.mark.engines("sqlite")
def test_it_says_what_it_needs(cli: Cli) -> None:
    options = ("migrate", "--from", "http://127.0.0.1:9", "--login", "root")
    assert "--password-stdin" in cli(*options, status=1).output
    assert "--subscribers" in cli(*options, "--password-stdin", status=1).output
