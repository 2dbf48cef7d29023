"""`sippulse-ws migrate`: take over the data of an existing installation."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import httpx
import typer

from sippulse_ws.cli.session import (
    current_language,
    errors,
    fail,
    get_settings,
    open_database,
    queue_reloads,
    record_command,
    require_schema,
)
from sippulse_ws.cli.texts import BY_HAND, Said
from sippulse_ws.config import Settings
from sippulse_ws.cutover.errors import NotReadable, OldServerGone, OldServerRefuses
from sippulse_ws.cutover.extras import Extras
from sippulse_ws.cutover.files import read_accounts, read_administrators
from sippulse_ws.cutover.migration import Migration, MigrationWishes, Sides
from sippulse_ws.cutover.old_database import UNTOLD_FLAGS, Listed, OldDatabase
from sippulse_ws.cutover.report import FLAGS, Journal, MigrationReport
from sippulse_ws.cutover.source import Record, Source, SourceFault, SourceUnavailable
from sippulse_ws.db import Database
from sippulse_ws.domain import administrators
from sippulse_ws.domain.authentication import Authenticator
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.domain.proxies import TABLES
from sippulse_ws.domain.vault import Vault

# Prefix of the temporary logins by which `migrate` calls our own operations.
_TEMPORARY = "migrate-only-"
_INCOMPLETE = 2  # exit status


@dataclass(frozen=True)
class _Options:
    """The options of the command line."""

    origin: str
    source: Source
    wanted: MigrationWishes
    old: OldDatabase | None
    calls: bool
    admins: list[Record]
    journal: Journal
    report: MigrationReport


_FromUrl = Annotated[str, typer.Option("--from", help="The old server, as http://host:8080.")]
_Login = Annotated[str, typer.Option(help="One of its administrators, with all wanted domains.")]
_PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read its password from standard input.")
]
_Domain = Annotated[list[str] | None, typer.Option(help="Only this domain; repeatable.")]
_Subscribers = Annotated[
    Path | None, typer.Option(help="CSV with account_code, or username and domain.")
]
_Sql = Annotated[
    str | None,
    typer.Option(
        help="Database of the old server, for subscribers, calls and what no operation returns.",
        envvar="OLD_DATABASE_URL",
        show_envvar=True,
    ),
]
_Calls = Annotated[bool, typer.Option(help="With --sql, take call records and acc too.")]
_Admins = Annotated[Path | None, typer.Option(help="CSV: login,password,superuser,domains.")]
_Rate = Annotated[float, typer.Option(min=0, help="Requests per second; 0: no limit.")]
_State = Annotated[Path, typer.Option(help="File that notes what is done, for --resume.")]
_Report = Annotated[Path | None, typer.Option(help="Write the report here, as JSON.")]
_AsJson = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]
_DeleteMissing = Annotated[
    bool, typer.Option("--delete-missing", help="Remove rates, plans… that the old server lacks.")
]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Store nothing.")]
_Resume = Annotated[bool, typer.Option("--resume", help="Skip what is done.")]


def migrate(  # noqa: PLR0913, PLR0917 - options
    from_url: _FromUrl,
    login: _Login,
    password_stdin: _PasswordStdin = False,
    domain: _Domain = None,
    subscribers: _Subscribers = None,
    sql: _Sql = None,
    calls: _Calls = True,
    admins: _Admins = None,
    rate: _Rate = 20,
    state: _State = Path("var/migrate.state"),
    report: _Report = None,
    as_json: _AsJson = False,
    delete_missing: _DeleteMissing = False,
    dry_run: _DryRun = False,
    resume: _Resume = False,
) -> None:
    """Take over an installation through its own operations; ids stay. It can be repeated."""
    language = current_language()
    if not password_stdin:
        raise fail(Said.MIGRATE_PASSWORD.text(language))
    if subscribers is None and sql is None:
        raise fail(Said.MIGRATE_SUBSCRIBERS.text(language))
    try:
        old = OldDatabase(sql) if sql else None
        listed = read_accounts(subscribers) if subscribers else Listed()
        told = read_administrators(admins) if admins else []  # report a bad file at once
    except DomainError as error:
        raise fail(error.message(language)) from None
    password = sys.stdin.readline().rstrip("\r\n")
    found = MigrationReport(language)
    wanted = MigrationWishes(domain or [], listed, None, dry_run, delete_missing)
    source = Source(from_url, login, password, rate)
    journal = Journal(state, resume)
    options = _Options(from_url, source, wanted, old, calls, told, journal, found)
    _run(options, subscribers is None)
    _tell(found, report, as_json)


def _run(options: _Options, listed_by_sql: bool) -> None:
    settings, language = get_settings(), options.report.language
    key = settings.password_key
    # existing passwords are taken as they are, however short
    vault = Vault(
        key.get_secret_value() if key else None,
        [one.get_secret_value() for one in settings.old_password_keys],
    )
    with open_database(settings) as database:
        with database.reading() as db:
            require_schema(db)
        if options.old is not None:
            _read_lists(options, options.old, listed_by_sql)
        with _own_operations(settings, database) as ours:
            sides = Sides(options.source, ours, database)
            migration = Migration(
                sides, options.wanted, vault, options.origin, options.journal, options.report, _said
            )
            try:
                migration.run()
            except SourceUnavailable as error:
                raise fail(OldServerGone(reason=error).message(language)) from None
            except SourceFault as error:
                raise fail(OldServerRefuses(reason=error).message(language)) from None
            finally:
                options.source.close()
        if not options.wanted.dry_run:
            _take_extras(options, Extras(database, options.report, migration.taken), vault)
            with database.writing() as db:
                told = {"from": options.origin, "domain": options.wanted.domains}
                record_command(db, "migrate", told)
                queue_reloads(db, settings, TABLES)


def _read_lists(options: _Options, old: OldDatabase, listed_by_sql: bool) -> None:
    """Read subscribers, with what no operation returns, and aliases; a file may limit them."""
    language, wanted = options.report.language, options.wanted
    try:
        found = old.subscribers()
    except NotReadable as error:
        if listed_by_sql:
            raise fail(error.message(language)) from None
        options.report.unreadable.append(error.message(language))
    else:
        if listed_by_sql:
            wanted.listed.accounts = found.accounts
        wanted.listed.more = {
            key: found.more.get(key, {}) | wanted.listed.more.get(key, {})
            for key in wanted.listed.accounts
        }
        wanted.listed.columns |= found.columns
    try:
        wanted.aliases = old.aliases()
    except NotReadable as error:
        options.report.unreadable.append(error.message(language))


def _take_extras(options: _Options, extras: Extras, vault: Vault) -> None:
    if options.wanted.listed.columns == frozenset(UNTOLD_FLAGS):
        options.report.came(FLAGS)
    if options.old is not None:
        extras.read(options.old, vault)
        if options.calls:
            domains = options.wanted.domains and [one.lower() for one in options.wanted.domains]
            extras.take_calls(options.old, options.journal, _said_calls, domains or None)
    if options.admins:
        extras.take_administrators(options.admins)


def _said(done: int, of_all: int, seconds: float) -> None:
    left = f"{int(seconds) // 60}:{int(seconds) % 60:02}"
    told = Said.MIGRATE_PROGRESS.text(current_language(), done=done, all=of_all, left=left)
    errors.print(told, markup=False, highlight=False)


def _said_calls(table: str, done: int) -> None:
    if done % 100_000 == 0:
        told = Said.MIGRATE_CALLS.text(current_language(), table=table, done=done)
        errors.print(told, markup=False, highlight=False)


def _tell(found: MigrationReport, path: Path | None, as_json: bool) -> None:
    """Print the report; exits with status 2 if something was not taken, or differs."""
    if path is not None:
        path.write_text(found.as_json() + "\n", "utf-8")
    if as_json:
        typer.echo(found.as_json())
    else:
        for line in _summary(found):
            typer.echo(line)
    if not found.is_clean:
        raise typer.Exit(_INCOMPLETE)


def _summary(found: MigrationReport) -> Iterator[str]:
    language = found.language
    for name, count in sorted(found.counts.items()):
        if count:
            yield f"{name}: {count}"
    yield Said.MIGRATE_COMPARED.text(
        language, compared=found.compared, different=len(found.different)
    )
    for one in found.not_taken:
        yield Said.MIGRATE_NOT_TAKEN.text(language, **one)
    for one in found.different:
        yield Said.MIGRATE_DIFFERENT.text(language, **one)
    for what in found.only_here:
        yield Said.MIGRATE_ONLY_HERE.text(language, what=what)
    for (operation, reason), accounts in found.not_told.items():
        yield Said.MIGRATE_NOT_TOLD.text(
            language, operation=operation, reason=reason, count=len(accounts)
        )
    yield from found.unreadable
    if found.by_hand:
        names = (BY_HAND[one].text(language) for one in found.by_hand)
        yield Said.MIGRATE_BY_HAND.text(language, what="; ".join(names))


@contextmanager
def _own_operations(settings: Settings, database: Database) -> Iterator[Source]:
    """Our own operations, called by a temporary administrator."""
    # a large import
    from sippulse_ws.app import create_app  # noqa: PLC0415

    login, password = _TEMPORARY + secrets.token_hex(8), secrets.token_urlsafe(32)
    with database.writing() as db:
        administrators.remove_temporary(db, _TEMPORARY)  # left by a run that was killed
        administrators.create_administrator(db, Authenticator(), login, password, superuser=True)
    transport = httpx.WSGITransport(create_app(settings.model_copy(update={"log_operations": 0.0})))
    source = Source("http://localhost", login, password, 0, transport)
    try:
        yield source
    finally:
        source.close()
        with database.writing() as db:
            administrators.remove_temporary(db, _TEMPORARY)
