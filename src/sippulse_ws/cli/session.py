"""What the commands share: settings, database, messages, output."""

from __future__ import annotations

import datetime as dt
import getpass
import json
import os
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sippulse_ws.cli.texts import Said, Sentence, chosen_language
from sippulse_ws.config import ConfigurationError, Settings, load_settings
from sippulse_ws.db import Database, Session
from sippulse_ws.db.connections.failures import is_unavailable, is_without_schema
from sippulse_ws.db.schema.revisions import NO_SCHEMA, find_trouble
from sippulse_ws.domain import audit, reload_queue
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.parts import make_database
from sippulse_ws.wording import Wording

AsJson = Annotated[bool, typer.Option("--json", help="As one JSON document.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

console = Console()
errors = Console(stderr=True)


def fail(message: str | Wording | Sentence, **values: object) -> typer.Exit:
    """Print what is wrong; raise the result to exit with status 1."""
    text = message if isinstance(message, str) else told(message, **values)
    errors.print(text, style="red", markup=False, highlight=False, soft_wrap=True)
    return typer.Exit(1)


def current_language() -> str:
    """The language of this run."""
    return chosen_language(get_settings())


def told(said: Wording | Sentence, **values: object) -> str:
    """A sentence in the language of this run."""
    return said.text(current_language(), **values)


def say(said: Wording | Sentence, **values: object) -> None:
    console.print(told(said, **values), markup=False, highlight=False, soft_wrap=True)


def warn(said: Wording | Sentence, **values: object) -> None:
    """Print a sentence on stderr, in yellow."""
    text = told(said, **values)
    errors.print(text, style="yellow", markup=False, highlight=False, soft_wrap=True)


def get_settings() -> Settings:
    try:
        return load_settings()
    except ConfigurationError as error:
        raise fail(str(error)) from None


@contextmanager
def open_database(
    settings: Settings | None = None, *, is_new: bool = False, connections: int | None = None
) -> Iterator[Database]:
    """The configured database; errors of the domain and the database are printed as one line.

    `is_new`: the database may not exist yet; its folder is created.
    """
    settings = settings or get_settings()
    database = make_database(settings, connections)
    if not is_new and (trouble := database.find_misplaced_file()):
        raise fail(Said.DATABASE, reason=trouble)
    try:
        yield database
    except DomainError as error:
        raise fail(error.message(chosen_language(settings))) from None
    except Exception as error:
        if is_without_schema(error):
            raise fail(NO_SCHEMA) from None
        if is_unavailable(error):
            raise fail(Said.DATABASE, reason=getattr(error, "orig", error)) from None
        raise
    finally:
        database.close()


@contextmanager
def writing(command: str, reloads: Sequence[str] = (), **told: object) -> Iterator[Session]:
    """A transaction with its audit row, done or refused; `told` must have no secrets.

    `reloads` are tables that SIP proxies have to reload after it.
    """
    settings = get_settings()
    with open_database(settings) as database:
        try:
            with database.writing() as db:
                require_schema(db)
                yield db
                record_command(db, command, told)
                queue_reloads(db, settings, reloads)
        except DomainError as refusal:
            with database.writing() as db:
                record_command(db, command, told, refusal)
            raise


def record_command(
    db: Session,
    command: str,
    told: Mapping[str, object],
    refusal: DomainError | None = None,
) -> None:
    """Write a command's row into the audit trail."""
    given = {name: value for name, value in told.items() if value not in (None, False, [])}
    audit.record(
        db,
        login=administrator_name(),
        address="",
        operation=command,
        object=audit.describe_object((name, _told(value)) for name, value in given.items()),
        outcome=audit.REFUSED if refusal else audit.DONE,
        error=refusal.code if refusal else None,
        request_id=os.urandom(8).hex(),
    )


def _told(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def administrator_name() -> str:
    """The user of this command, as audit trail and ledger name it."""
    return current_user()


def current_user() -> str:
    """The system's user, or its number if it has no name."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # in a container, a user may have no name
        name = f"uid {os.getuid()}"
    return f"{name} (shell)"


def print_json(document: object) -> None:
    """Print one JSON document; amounts are exact texts, moments ISO 8601."""
    typer.echo(json.dumps(document, default=json_value, ensure_ascii=False))


def json_value(value: object) -> object:
    """The JSON form of values that JSON lacks."""
    return value.isoformat() if isinstance(value, dt.datetime | dt.date) else str(value)


def print_rows(columns: Sequence[str], rows: Sequence[Sequence[object]], *, as_json: bool) -> None:
    """Print rows as a table, or as a JSON array of objects."""
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_table(list(columns), rows)


def queue_reloads(db: Session, settings: Settings, tables: Sequence[str]) -> None:
    if settings.auto_reload:
        reload_queue.request(db, [proxy.name for proxy in settings.proxies], tables)


@contextmanager
def reading() -> Iterator[Session]:
    with open_database() as database, database.reading() as db:
        require_schema(db)
        yield db


def require_schema(db: Session) -> None:
    """End with one line if this program cannot work with the database's schema."""
    if trouble := find_trouble(db):
        raise fail(trouble)


def password_from_stdin(password_stdin: bool) -> str:
    """A password from standard input or a hidden prompt; passwords are never arguments."""
    if password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    given = ask_hidden(told(Said.PASSWORD), twice=True)
    if given is None:  # without a terminal it comes by a pipe, or not at all
        given = sys.stdin.readline().rstrip("\r\n")
        if not given:
            raise fail(Said.PASSWORD_STDIN_WANTED)
    return given


def ask_hidden(question: str, *, twice: bool) -> str | None:
    """What is typed, asked for on stderr; None without a terminal, which could not hide it."""
    again = told(Said.ONCE_MORE) if twice else False
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            given = typer.prompt(question, hide_input=True, confirmation_prompt=again, err=True)
        except getpass.GetPassWarning:
            typer.echo("", err=True)  # ends the line of the question
            return None
    return str(given)


def print_table(columns: list[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; into a pipe or file, tab-separated lines."""
    if not console.is_terminal:
        for row in [columns, *rows]:
            typer.echo(tabbed(row))
        return
    table = Table(*columns)
    for row in rows:
        table.add_row(*(Text(_printable(cell)) for cell in row))
    console.print(table)


def tabbed(cells: Sequence[object]) -> str:
    """A tab-separated line."""
    return "\t".join(_printable(cell) for cell in cells)


def _printable(cell: object) -> str:
    """The cell as text; line ends and control characters, which clients may send, are escaped."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in str(cell))
