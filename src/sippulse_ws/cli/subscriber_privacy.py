"""`sippulse-ws subscriber dossier` and `forget`: a person's rights by law (LGPD)."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from sippulse_ws.cli.session import (
    AsJson,
    Yes,
    fail,
    get_settings,
    json_value,
    open_database,
    queue_reloads,
    record_command,
    require_schema,
    tabbed,
)
from sippulse_ws.cli.texts import Said, chosen_language
from sippulse_ws.config import Settings
from sippulse_ws.db import Database, Session
from sippulse_ws.db.statements import stream
from sippulse_ws.domain.audit_names import replace_names
from sippulse_ws.domain.errors import DomainError, SubscriberNotFound
from sippulse_ws.domain.forgetting import Forgotten, audit_of, forget_account, forget_calls
from sippulse_ws.domain.local_time import find_timezone
from sippulse_ws.domain.personal_data import SECRETS, SECTIONS, Person, Section, find_person
from sippulse_ws.models import Audit, IdempotencyKey, Subscriber

_Account = Annotated[str, typer.Argument(help="username@domain")]
_RELOADS = ("address",)


def dossier(
    account: _Account,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File, which must be new; - for stdout.")
    ] = Path("-"),
    as_json: AsJson = False,
) -> None:
    """Write everything stored about a subscriber, except passwords."""
    settings = get_settings()
    account = _account(account)
    with open_database(settings) as database:
        with database.maintaining() as db:
            require_schema(db)
            person = find_person(db, account)
            if not any(_has_rows(db, person, section) for section in SECTIONS):
                raise SubscriberNotFound(account=account)
            with _opened(output) as file:
                write = _write_json if as_json else _write_text
                write(db, person, settings, file)
        with database.writing() as db:
            record_command(db, "subscriber dossier", {"account": account})


def forget(
    account: _Account,
    aged_calls: Annotated[
        bool,
        typer.Option(
            "--aged-calls", help="Only old call records, if another subscriber has the name now."
        ),
    ] = False,
    as_json: AsJson = False,
    yes: Yes = False,
) -> None:
    """Make a subscriber anonymous; amounts stay, and calls that must be kept by law."""
    settings = get_settings()
    language = chosen_language(settings)
    account = _account(account)
    with open_database(settings) as database:
        with database.reading() as db:
            require_schema(db)
            person = find_person(db, account)
            zone = find_timezone(db, settings.timezone)
        if aged_calls:
            person = Person(account, None, frozenset([account]))
        elif person.subscriber_id is not None and not yes:
            question = Said.FORGET_THEM.text(language, account=account)
            if not typer.confirm(question, err=True):
                raise typer.Exit(1)
        done = _forget(database, settings, person, aged_calls=aged_calls)
        forget_calls(database.writing, person, done, settings.retention_years, zone)
        _record(database, done)
    _report(account, done, settings, as_json=as_json)


def _forget(
    database: Database, settings: Settings, person: Person, *, aged_calls: bool
) -> Forgotten:
    try:
        with database.writing() as db:
            if aged_calls:
                return Forgotten(pseudonym=f"forgotten@{person.domain}")
            done = forget_account(db, person, tells=bool(settings.webhooks))
            queue_reloads(db, settings, _RELOADS)
            return done
    except DomainError as error:
        with database.writing() as db:
            record_command(db, "subscriber forget", {"account": person.account}, error)
        raise


def _record(database: Database, done: Forgotten) -> None:
    """Write the audit row with the pseudonym, since the trail must not name the person."""
    told: dict[str, object] = {"account": done.pseudonym, "kept_calls": done.kept_calls}
    with database.writing() as db:
        record_command(db, "subscriber forget", told | done.changed)


def _report(account: str, done: Forgotten, settings: Settings, *, as_json: bool) -> None:
    language = chosen_language(settings)
    if as_json:
        told = {
            "account": account,
            "pseudonym": done.pseudonym,
            "changed": done.changed,
            "kept_calls": done.kept_calls,
            "kept_until": done.kept_until,
            "retention_years": settings.retention_years,
            "waiting_events": done.waiting_events,
        }
        typer.echo(json.dumps(told, default=json_value, ensure_ascii=False))
        return
    for table, count in done.changed.items():
        typer.echo(tabbed([table, count]))
    if done.changed:
        typer.echo(Said.FORGOTTEN.text(language, account=account, pseudonym=done.pseudonym))
    else:
        typer.echo(Said.NOTHING_TO_FORGET.text(language, account=account))
    if done.kept_calls:
        years, until = settings.retention_years, done.kept_until
        typer.echo(Said.CALLS_KEPT.text(language, count=done.kept_calls, years=years, until=until))
    if done.waiting_events:
        typer.echo(Said.EVENTS_WAIT.text(language, count=done.waiting_events))


def _has_rows(db: Session, person: Person, section: Section) -> bool:
    if section.model in (Audit, IdempotencyKey):  # their queries find more than this person's rows
        return next(_rows(db, person, section), None) is not None
    return section.count(db, person) > 0


def _rows(db: Session, person: Person, section: Section) -> Iterator[Mapping[str, Any]]:
    if section.model is Audit:
        for row in audit_of(db, person):
            yield row._asdict()
        return
    for row in stream(db, section.query(person)):
        values = row._asdict()
        if section.model is IdempotencyKey:
            answer = values["answer"] or ""
            if values["login"] not in person.names and answer == replace_names(
                answer, person.names, ""
            ):
                continue
        if section.model is Subscriber:
            values["credentials"] = "stored, not told: " + ", ".join(sorted(SECRETS))
        yield values


def _write_json(db: Session, person: Person, settings: Settings, file: IO[str]) -> None:
    """Write a member per table, row by row, since there may be many calls."""
    head = {
        "account": person.account,
        "made_at": dt.datetime.now(dt.UTC),
        "earlier_names": sorted(person.names - {person.account}),
        "retention_years": settings.retention_years,
    }
    file.write(json.dumps(head, default=json_value, ensure_ascii=False)[:-1])
    for section in SECTIONS:
        file.write(f',\n"{section.name}": [')
        for number, row in enumerate(_rows(db, person, section)):
            text = json.dumps(row, default=json_value, ensure_ascii=False)
            file.write(f"{',' if number else ''}\n{text}")
        file.write("]")
    file.write("}\n")


def _write_text(db: Session, person: Person, settings: Settings, file: IO[str]) -> None:
    for section in SECTIONS:
        names: list[str] | None = None
        for row in _rows(db, person, section):
            if section.model is Subscriber:
                file.write(f"# {section.name}\n")
                file.writelines(
                    tabbed([name, value]) + "\n" for name, value in row.items() if value is not None
                )
                continue
            if names is None:
                names = list(row)
                file.write(f"# {section.name}\n{tabbed(names)}\n")
            file.write(tabbed(["" if one is None else one for one in row.values()]) + "\n")


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    """Create a file that only its owner can read; an existing one is not overwritten."""
    if str(path) == "-":
        yield sys.stdout
        return
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise fail(f"{path}: {error.strerror}") from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        yield file


def _account(text: str) -> str:
    username, _, domain = text.rpartition("@")
    return f"{username}@{domain.lower()}"
