"""Makes the same change to one or many accounts, each in a transaction with its audit row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from sippulse_ws.cli.session import (
    fail,
    get_settings,
    open_database,
    queue_reloads,
    record_command,
)
from sippulse_ws.cli.texts import Said, chosen_language
from sippulse_ws.config import Settings
from sippulse_ws.db import Database, Session
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.files.columns import ColumnNames
from sippulse_ws.files.fields import ReadingStyle
from sippulse_ws.files.forms import Wanted, find_form
from sippulse_ws.files.kinds.accounts import OWNER_FIELDS, owner_of
from sippulse_ws.files.kinds.subscribers import Subscribers
from sippulse_ws.files.streams import Bytes
from sippulse_ws.files.tables import opened_table

Act = Callable[[Session, str, str], None]
_RELOADS = ("address",)
_NOT_SET = frozenset({"username", "domain", "account_code"})


def change_accounts(
    command: str,
    accounts: Sequence[str] | None,
    file: Path | None,
    act: Act,
    *,
    said: Said,
    ask: bool = False,
    told: Mapping[str, object] | None = None,
) -> None:
    """Change each account, and print those refused; the exit status is as for imports."""
    settings = get_settings()
    language = chosen_language(settings)
    if not accounts and file is None:
        raise fail(Said.NO_ACCOUNTS.text(language))
    done = refused = 0
    with open_database(settings) as database:
        named = list(_named(accounts or (), file))
        if ask and not typer.confirm(Said.CHANGE_THEM.text(language, count=len(named)), err=True):
            raise typer.Exit(1)
        for account in named:
            error = _change(database, settings, command, account, act, told or {})
            if error is None:
                done += 1
            else:
                refused += 1
                typer.echo(f"{account}: {error.message(language)}", err=True)
    parts = [said.text(language, count=done), Said.REFUSED.text(language, count=refused)]
    typer.echo(", ".join(parts))
    if refused:
        raise typer.Exit(1 if done or len(named) == 1 else 2)


def _change(
    database: Database,
    settings: Settings,
    command: str,
    account: str,
    act: Act,
    told: Mapping[str, object],
) -> DomainError | None:
    given = {"account": account, **told}
    try:
        code = owner_of({"account_code": account})
        username, _, domain = code.rpartition("@")
        with database.writing() as db:
            act(db, username, domain)
            record_command(db, command, given)
            queue_reloads(db, settings, _RELOADS)
    except DomainError as error:
        with database.writing() as db:
            record_command(db, command, given, error)
        return error
    return None


def _named(accounts: Sequence[str], file: Path | None) -> Iterator[str]:
    yield from accounts
    if file is None:
        return
    names = ColumnNames(OWNER_FIELDS, lambda _name: None)
    source = Bytes(file)
    try:
        form = find_form(source, Wanted(), names.count, None)
        with opened_table(source, form) as table:
            placed: dict[int, str] | None = None
            for line in table.lines:
                if line.problem is not None:
                    raise line.problem
                if placed is None:
                    found = {n: names.find(cell.strip()) for n, cell in enumerate(line.cells)}
                    placed = {n: one.name for n, one in found.items() if one is not None}
                    if placed:
                        continue
                    placed = {0: "account_code"}  # no line of names: one account per line
                cells = {
                    placed[n]: cell.strip() for n, cell in enumerate(line.cells) if n in placed
                }
                yield owner_of({name: cell or None for name, cell in cells.items()})
    finally:
        source.close()


def parse_assignments(texts: Sequence[str], language: str) -> dict[str, Any]:
    """Parse `call_limit=2` into values by column; an empty value clears texts and references."""
    names = ColumnNames(Subscribers.fields, lambda _name: None)
    values: dict[str, Any] = {}
    for text in texts:
        name, _, value = text.partition("=")
        field = names.find(name.strip())
        if field is None or field.name in _NOT_SET:
            known = ", ".join(one for one in names.fields if one not in _NOT_SET)
            raise fail(Said.NO_SUCH_FIELD.text(language, field=name, fields=known))
        try:
            values[field.name] = field.reader(ReadingStyle())(value) if value else ""
        except DomainError as error:
            raise fail(error.message(language)) from None
        if value == "" and not field.is_text:
            if not field.name.endswith("_id"):
                raise fail(Said.NO_VALUE.text(language, field=field.name))
            values[field.name] = 0
    if not values:
        raise fail(Said.NOTHING_TO_SET.text(language))
    return values
