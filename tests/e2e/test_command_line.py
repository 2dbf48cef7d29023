"""The command line as an operator uses it; what it stores is what the server obeys."""

import hashlib
import os
import stat
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws import __version__
from sippulse_ws.app import create_app
from sippulse_ws.cli import SUBJECTS
from sippulse_ws.config import Settings
from sippulse_ws.db import Database
from sippulse_ws.models import Administrator, Did, Numbering
from tests.factories.requests import new_subscriber
from tests.fixtures.server import LOGIN, PROGRAM, Cli
from tests.soap import Soap


def soap_on(url: str, principal: dict[str, str] = LOGIN, **settings: str) -> Soap:
    """The application on this database, in this process."""
    return Soap(_application(url, tuple(settings.items())), principal)


@cache
def _application(url: str, settings: tuple[tuple[str, Any], ...]) -> Any:
    return create_app(Settings(language="en", **dict(settings)), Database(url))


def select(url: str, statement: Any) -> list[Any]:
    database = Database(url)
    try:
        with database.reading() as db:
            return list(db.execute(statement).all())
    finally:
        database.close()


def test_an_administrator_is_created_listed_granted_disabled(cli: Cli, installed_url: str) -> None:
    cli("domain", "create", "Um.example.com")
    cli("domain", "create", "dois.example.com")
    cli(
        "admin", "create", "ana", "--password-stdin", "--domain", "UM.example.com",
        input="Segr3do!\n",
    )  # fmt: skip
    ana = {"login": "ana", "password": "Segr3do!"}
    soap = soap_on(installed_url, ana)

    def domains() -> list[str]:
        return [one.domain for one in soap("DomainWS", "listDomains")]

    assert domains() == ["um.example.com"]
    cli("admin", "grant", "ana", "dois.example.com")
    cli("admin", "grant", "ana", "dois.example.com")
    assert domains() == ["dois.example.com", "um.example.com"]
    (row,) = [one for one in cli.rows("admin", "list") if one["login"] == "ana"]
    assert (row["active"], row["superuser"], row["domains"]) == (
        "True",
        "False",
        "dois.example.com um.example.com",
    )
    cli("admin", "grant", "ana", "um.example.com", "--revoke")
    assert domains() == ["dois.example.com"]
    cli("admin", "disable", "ana")
    assert soap.fault("DomainWS", "listDomains") == "Invalid login or password"
    cli("admin", "disable", "ana", "--undo")
    assert domains() == ["dois.example.com"]
    cli("admin", "passwd", "ana", "--password-stdin", input="outra\n")
    assert soap.fault("DomainWS", "listDomains") == "Invalid login or password"
    assert soap("DomainWS", "listDomains", principal=ana | {"password": "outra"})


def test_no_administrators_password_is_stored_or_printed(cli: Cli, installed_url: str) -> None:
    printed = cli("admin", "create", "bia", "--password-stdin", input="Segr3do!\n").output
    stored = repr(select(installed_url, sa.select(Administrator)))
    assert "Segr3do!" not in printed + stored
    assert "$argon2" in stored


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("admin create root --password-stdin", "root"),
        ("admin create novo --password-stdin --domain nowhere.example.com", "nowhere.example.com"),
        ("admin passwd nobody --password-stdin", "nobody"),
        ("admin disable nobody", "nobody"),
        ("admin grant nobody example.com", "nobody"),
        ("admin grant root nowhere.example.com", "nowhere.example.com"),
        ("domain create EXAMPLE.com", "example.com"),
        ("domain create bad_domain!", "domain"),
        ("profile create nowhere.example.com X", "nowhere.example.com"),
        ("profile create example.com DEFAULT", "DEFAULT"),
        ("profile list nowhere.example.com", "nowhere.example.com"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_status_1(command: str, said: str, cli: Cli) -> None:
    before = cli.rows("admin", "list"), cli.rows("domain", "list"), cli.rows("profile", "list")
    result = cli(*command.split(), status=1, input="x\n")
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    after = cli.rows("admin", "list"), cli.rows("domain", "list"), cli.rows("profile", "list")
    assert after == before


def test_an_empty_password_is_refused(cli: Cli) -> None:
    assert "password" in cli("admin", "create", "x", "--password-stdin", status=1).stderr
    assert "password" in cli("admin", "passwd", "root", "--password-stdin", status=1).stderr


@pytest.mark.parametrize(("piped", "status"), [("Segr3do!\nSegr3do!\n", 0), ("", 1)])
def test_without_a_terminal_a_password_comes_by_a_pipe_or_it_is_said_how(
    cli: Cli, installed_url: str, piped: str, status: int
) -> None:
    command = [str(PROGRAM), "admin", "create", "piped"]
    ours = {"SIPPULSE_DATABASE_URL": installed_url, "SIPPULSE_LANGUAGE": "en"}
    run = subprocess.run(
        command,
        input=piped,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | ours,
        start_new_session=True,
    )
    assert run.returncode == status, run.stderr
    assert "GetPass" not in run.stderr
    assert ("--password-stdin" in run.stderr) == bool(status)
    if not status:
        assert "piped" in str(cli.rows("admin", "list"))


def test_domains_and_profiles_are_listed(cli: Cli) -> None:
    cli("domain", "create", "listed.example.com")
    cli("profile", "create", "LISTED.example.com", "Ouro [1]")
    domains = {row["domain"] for row in cli.rows("domain", "list")}
    assert {"example.com", "listed.example.com"} <= domains
    profiles = cli.rows("profile", "list", "listed.example.com")
    assert [(row["domain"], row["profile"]) for row in profiles] == [
        ("listed.example.com", "Ouro [1]")
    ]
    everywhere = {(row["domain"], row["profile"]) for row in cli.rows("profile", "list")}
    assert {("example.com", "DEFAULT"), ("listed.example.com", "Ouro [1]")} <= everywhere


def test_wsdls_are_exported(cli: Cli, tmp_path: Path) -> None:
    cli("wsdl", "export", str(tmp_path / "new"), "--url", "https://sip.example.com/")
    text = (tmp_path / "new" / "SubscriberWS.wsdl").read_text()
    assert 'location="https://sip.example.com/SipPulse/SubscriberWS"' in text


class TestImports:
    def test_numbering_fills_new_subscribers(
        self, cli: Cli, installed_url: str, tmp_path: Path
    ) -> None:
        file = tmp_path / "numbering.csv"
        file.write_text(
            "\ufefflocal_area,prefix,city_code,comment\n"
            "SC,48,48000,the state\nFNS,4833,48001,\nX,48-1,48002,\n,,,\n"
            f"{'y' * 65},4899,1,\n"
        )
        refused = cli("import", "numbering", str(file), status=1)
        assert "comment" in refused.stderr
        ignored = ("--ignore-column", "Comment")
        result = cli("import", "numbering", str(file), *ignored, status=1)
        assert "2 stored, 3 refused" in result.stdout
        lines = result.stderr.splitlines()
        assert [line.split(":")[1] for line in lines] == ["4", "5", "6"]
        assert all("prefix" in line for line in lines[:2])
        assert "localArea" in lines[2] or "local_area" in lines[2]
        soap = soap_on(installed_url)
        body = new_subscriber(username="4833330000")
        soap.xml("SubscriberWS", "insertSubscriber", body)
        key: dict[str, Any] = {"username": "4833330000", "domain": "example.com"}
        read = soap("SubscriberWS", "retrieveSubscriber", **key)
        assert (read.cityCode, read.localArea) == ("48001", "FNS")

    def test_a_prefix_that_is_there_gets_the_new_codes_when_asked(
        self, cli: Cli, installed_url: str, tmp_path: Path
    ) -> None:
        file = tmp_path / "numbering.csv"
        query = sa.select(Numbering.local_area).where(Numbering.prefix == "777")
        file.write_text("prefix,city_code,local_area\n777,1,OLD\n")
        assert "1 stored, 0 refused" in cli("import", "numbering", str(file)).stdout
        assert "1 known already, 0 refused" in cli("import", "numbering", str(file)).stdout
        file.write_text("prefix,city_code,local_area\n777,1,NEW\n")
        refused = cli("import", "numbering", str(file), status=2)
        assert "local_area OLD → NEW" in refused.stderr
        assert select(installed_url, query) == [("OLD",)]
        updated = cli("import", "numbering", "--update", str(file))
        assert "1 changed" in updated.stdout
        assert select(installed_url, query) == [("NEW",)]

    def test_dids_are_free_numbers_afterwards(
        self, cli: Cli, installed_url: str, tmp_path: Path
    ) -> None:
        file = tmp_path / "dids.csv"
        file.write_text(
            "number,domain\n5548001,EXAMPLE.com\n5548002,nowhere.example.com\n"
            "5548001,example.com\n,example.com\n55 48,example.com\n5548003,example.com\n5548004\n"
        )
        result = cli("import", "dids", str(file), status=1)
        assert "2 stored, 5 refused" in result.stdout
        assert [line.split(":")[1] for line in result.stderr.splitlines()] == list("34568")
        numbers = soap_on(installed_url)("DidWS", "listAvailablesNumbers", domain="example.com")
        assert numbers == ["5548001", "5548003"]

    @pytest.mark.parametrize(
        ("content", "said", "status"),
        [
            (b"", "number", 1),
            (b"number\n1\n", "domain", 2),
            (b"name;domain\n1;example.com\n", "number", 1),
            (b"number,domain\n\xff,example.com\n", "number", 2),
            (b'number,domain\n"' + b"x" * 200_000 + b'",example.com\n', "2", 2),
            (b"\xd0\xcf\x11\xe0 old Excel", ".xlsx", 1),
            (b"\x1f\x8b\x08\x00cut off", "ends before its end", 1),
        ],
    )
    def test_an_unreadable_file_is_named_and_nothing_imported(
        self, content: bytes, said: str, status: int, cli: Cli, installed_url: str, tmp_path: Path
    ) -> None:
        before = select(installed_url, sa.select(Did))
        file = tmp_path / "dids.csv"
        file.write_bytes(content)
        result = cli("import", "dids", str(file), status=status)
        assert said in result.stderr
        assert len(result.stderr.strip().splitlines()) == 1
        assert select(installed_url, sa.select(Did)) == before


class TestAudit:
    def test_it_shows_who_tried_what_and_can_be_narrowed(
        self, cli: Cli, installed_url: str
    ) -> None:
        soap = soap_on(installed_url)
        soap.fault("SubscriberWS", "removeSubscriber", username="audited", domain="example.com")
        bad = {"login": "tab\there", "password": "x"}
        soap.fault("SubscriberWS", "blockSubscriber", username="a\nb", principal=bad)
        newest, before, *_ = cli.rows("audit")
        assert (newest["login"], newest["operation"], newest["error"]) == (
            "tab\\there",
            "blockSubscriber",
            "login-failed",
        )
        assert newest["object"] == 'username="a\\nb"'
        assert before["object"] == "username=audited domain=example.com"
        assert (before["login"], before["outcome"]) == ("root", "refused")
        (only,) = cli.rows("audit", "--operation", "removeSubscriber", "--login", "root")
        assert only == before
        assert len(cli.rows("audit", "--limit", "1", "--hours", "1")) == 1

    def test_the_commands_themselves_are_told(self, cli: Cli, tmp_path: Path) -> None:
        cli("admin", "create", "zoe", "--password-stdin", input="Segr3do!\n")
        cli("admin", "grant", "zoe", "nowhere.example.com", status=1)
        cli("db", "rekey")
        file = tmp_path / "numbering.csv"
        file.write_text("prefix,city_code,local_area\n1,2,3\n")
        cli("import", "numbering", str(file))
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        counts = "stored=1 changed=0 known=0 refused=0"
        told = [
            (row["operation"], row["object"], row["outcome"], row["error"])
            for row in cli.rows("audit", "--limit", "4")
        ]
        assert told == [
            ("import numbering", f"file={file} sha256={digest} {counts}", "done", ""),
            ("db rekey", "", "done", ""),
            (
                "admin grant",
                "login=zoe domain=nowhere.example.com",
                "refused",
                "domain-not-found",
            ),
            ("admin create", "login=zoe", "done", ""),
        ]
        assert cli.rows("audit")[0]["login"].endswith(" (shell)")
        assert "Segr3do!" not in cli("audit").output

    def test_old_rows_are_pruned(self, cli: Cli, installed_url: str) -> None:
        soap_on(installed_url).fault("DidWS", "deleteDid", didId=2**31 - 1)
        assert "0 rows deleted" in cli("audit", "--prune-days", "1").stdout
        assert cli.rows("audit", "--operation", "deleteDid")


class TestFirstSteps:
    def test_without_a_schema_the_next_step_is_named(
        self, empty_database_url: str, cli: Cli
    ) -> None:
        for command in ("domain list", "domain create x.example.com"):
            result = cli(*command.split(), status=1, database_url=empty_database_url)
            assert "sippulse-ws db upgrade" in result.stderr

    @pytest.mark.parametrize(
        "url",
        ["sqlite:////nowhere/at/all/x.db", "mysql+pymysql://root:Segr3do!@127.0.0.1:1/sippulse"],
    )
    def test_an_unreachable_database_is_one_line(self, url: str, bare_cli: Cli) -> None:
        for command in ("domain list", "domain create x.example.com"):
            result = bare_cli(*command.split(), status=1, database_url=url)
            assert result.stderr.startswith("database: ")
            assert len(result.stderr.strip().splitlines()) == 1
            assert "Segr3do!" not in result.output

    def test_demo_data_is_loaded_once_and_kept(
        self, empty_database_url: str, cli: Cli, tmp_path: Path
    ) -> None:
        url: dict[str, Any] = {"database_url": empty_database_url}
        logins = tmp_path / "var" / "logins.txt"
        cli("db", "upgrade", **url)
        printed = cli("db", "demo", "--logins", str(logins), **url).stdout
        assert stat.S_IMODE(logins.stat().st_mode) == 0o600
        password = dict(
            line.split(" ") for line in logins.read_text().splitlines() if line[0] != "#"
        )["demo"]
        assert password in printed
        soap = soap_on(empty_database_url, {"login": "demo", "password": password})
        key: dict[str, Any] = {"username": "1000", "domain": "demo.example.com"}
        soap("SubscriberWS", "addCredit", **key, value=1)
        assert soap("SubscriberWS", "retrieveCredit", **key) == 51.0
        cli("db", "upgrade", **url)
        again = cli("db", "demo", "--logins", str(logins), **url).stdout
        assert again == f"the demo data are there already\n{printed}"
        assert soap("SubscriberWS", "retrieveCredit", **key) == 51.0
        other: dict[str, Any] = {"username": "1000", "domain": "other.example.com"}
        assert "denied" in soap.fault("SubscriberWS", "retrieveCredit", **other)


class TestStart:
    def test_the_version_is_told(self, bare_cli: Cli) -> None:
        assert bare_cli("--version").stdout == bare_cli("version").stdout == f"{__version__}\n"

    @pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["version"]])
    def test_what_needs_no_database_does_not_load_its_modules(self, arguments: list[str]) -> None:
        script = (
            "import sys; from sippulse_ws.cli import app; "
            f"app({arguments!r}, standalone_mode=False); "
            "print(sorted(sys.modules.keys() & {'sqlalchemy', 'spyne', 'lxml'}))"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
        assert done.stdout.splitlines()[-1] == b"[]"

    def test_commands_of_the_database_do_not_load_the_soap_server(self) -> None:
        script = (
            "import sys, sippulse_ws.cli.domain, sippulse_ws.cli.imports; "
            "print(sorted(sys.modules.keys() & {'spyne', 'lxml', 'granian', 'httpx'}))"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
        assert done.stdout == b"[]\n"

    def test_every_command_is_listed_with_its_help(self, bare_cli: Cli) -> None:
        text = bare_cli("--help").stdout
        for name, subject in SUBJECTS.items():
            assert f" {name} " in text
            bare_cli(name, "--help")
            assert subject.help.split()[0] in text

    def test_an_unknown_command_is_wrong_usage(self, bare_cli: Cli) -> None:
        assert "impot" in bare_cli("impot", status=2).output
