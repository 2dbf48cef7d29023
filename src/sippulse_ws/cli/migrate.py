"""`sippulse-ws migrate`: take over the data of an existing installation."""

from __future__ import annotations

import csv
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import httpx
import sqlalchemy as sa
import typer

from sippulse_ws.cli.session import errors, fail, get_settings, open_database, record_command
from sippulse_ws.config import Settings
from sippulse_ws.cutover.migration import Journal, Migration, Report
from sippulse_ws.cutover.rows import Writer
from sippulse_ws.cutover.source import Source, SourceFault, SourceUnavailable
from sippulse_ws.db import Database
from sippulse_ws.domain import administrators
from sippulse_ws.domain.authentication import Authenticator
from sippulse_ws.domain.vault import Vault

Accounts = list[tuple[str, str]]
TEMPORARY = "migrate-only-"  # logins that begin like this are ours, and of no use to anybody else


def migrate(  # noqa: PLR0913, PLR0917 - options
    from_url: Annotated[str, typer.Option("--from", help="The old server, as http://host:8080.")],
    login: Annotated[str, typer.Option(help="Its administrator, of all domains wanted.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read its password from standard input.")
    ] = False,
    domain: Annotated[list[str] | None, typer.Option(help="Only this domain; repeatable.")] = None,
    subscribers: Annotated[
        Path | None, typer.Option(help="CSV with account codes, or username and domain.")
    ] = None,
    sql: Annotated[
        str | None, typer.Option(help="Database of the old server, to list its subscribers.")
    ] = None,
    rate: Annotated[float, typer.Option(min=0, help="Requests per second; 0: no bound.")] = 20,
    state: Annotated[Path, typer.Option(help="File of the accounts that are done.")] = Path(
        "var/migrate.state"
    ),
    report: Annotated[Path | None, typer.Option(help="Write the report here, as JSON.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Store nothing.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Skip accounts that are done.")] = False,
) -> None:
    """Take over an installation through its own operations; ids stay. Repeatable."""
    if not password_stdin:
        raise fail("--password-stdin is needed: a password on the command line is seen by all")
    if (subscribers is None) == (sql is None):
        raise fail("either --subscribers or --sql has to name the subscribers")
    password = sys.stdin.readline().rstrip("\n")
    accounts = _from_file(subscribers) if subscribers else _from_sql(str(sql))
    source = Source(from_url, login, password, rate)
    found = _run(source, from_url, domain or [], accounts, Journal(state, resume), dry_run)
    text = found.as_json()
    if report is not None:
        report.write_text(text + "\n", "utf-8")
    print(text)
    if not found.is_clean:
        raise typer.Exit(2)


def _run(
    source: Source, origin: str, domains: list[str], accounts: Accounts, journal: Journal, dry: bool
) -> Report:
    settings = get_settings()
    key = settings.password_key
    # passwords that are in use are taken as they are, however short
    vault = Vault(
        key.get_secret_value() if key else None,
        [one.get_secret_value() for one in settings.old_password_keys],
    )
    with open_database(settings) as database, _own_operations(settings, database) as ours:
        migration = Migration(source, ours, database, Writer(vault, origin), dry)
        try:
            found = migration.run(domains, accounts, journal, errors.print)
        except (SourceUnavailable, SourceFault) as error:
            raise fail(f"{error}; what is done stays, --resume goes on") from None
        finally:
            source.close()
        with database.writing() as db:
            record_command(db, "migrate", {"from": origin, "domain": domains})
    return found


@contextmanager
def _own_operations(settings: Settings, database: Database) -> Iterator[Source]:
    """Our operations, asked by an administrator who is there only meanwhile."""
    # the SOAP server is large
    from sippulse_ws.app import create_app  # noqa: PLC0415

    login, password = TEMPORARY + secrets.token_hex(8), secrets.token_urlsafe(32)
    with database.writing() as db:
        administrators.remove_temporary(db, TEMPORARY)  # of a run that was killed
        administrators.create_administrator(db, Authenticator(), login, password, superuser=True)
    transport = httpx.WSGITransport(create_app(settings.model_copy(update={"log_operations": 0.0})))
    source = Source("http://localhost", login, password, 0, transport)
    try:
        yield source
    finally:
        source.close()
        with database.writing() as db:
            administrators.remove_temporary(db, TEMPORARY)


def _from_file(path: Path) -> Accounts:
    """Rows of `account_code`, or of `username` and `domain`, under a heading."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise fail(f"{path}: {error}") from None
    accounts = []
    for number, row in enumerate(rows, 2):
        user, _, at = (row.get("account_code") or "").rpartition("@")
        username, domain = row.get("username") or user, row.get("domain") or at
        if not username or not domain:
            raise fail(f"{path}, line {number}: neither account_code nor username and domain")
        accounts.append((username, domain.lower()))
    return accounts


def _from_sql(dsn: str) -> Accounts:
    try:
        engine = sa.create_engine(dsn, poolclass=sa.NullPool)
        with engine.connect() as connection:
            query = "SELECT username, domain FROM subscriber ORDER BY id"
            rows = connection.execute(sa.text(query)).all()
    except (sa.exc.SQLAlchemyError, ImportError) as error:
        raise fail(f"--sql: {getattr(error, 'orig', None) or error}") from None
    return [(str(row.username), str(row.domain).lower()) for row in rows]
