"""`import rates --replace`: shows the difference, asks, and replaces a rate table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import typer

from sippulse_ws.cli.import_course import Course, opened_rejects, summary
from sippulse_ws.cli.import_options import Chosen, engine_options, told_profile
from sippulse_ws.cli.session import (
    current_user,
    fail,
    get_settings,
    open_database,
    print_json,
    print_table,
    record_command,
)
from sippulse_ws.cli.texts import Said, chosen_language
from sippulse_ws.config import Settings
from sippulse_ws.db import Database
from sippulse_ws.domain import price_lists
from sippulse_ws.domain.local_time import find_timezone
from sippulse_ws.domain.price_lists import ListDifference
from sippulse_ws.files.batches import Counts
from sippulse_ws.files.engine import Import
from sippulse_ws.files.kinds.price_list import NewPriceList
from sippulse_ws.files.saved_profiles import find_profile, save_profile
from sippulse_ws.files.streams import Bytes


def replace_rates(chosen: Chosen) -> None:
    """Replace a rate table with the list in a file, whole or not at all."""
    settings = get_settings()
    language = chosen_language(settings)
    if chosen.update or chosen.delete_missing or len(chosen.files) != 1:
        raise fail(Said.REPLACE_ALONE.text(language))
    path: Path = chosen.files[0]
    with open_database(settings) as database:
        moment = _moment(database, settings, chosen.effective, language)
        kind = NewPriceList(database, chosen.replace, current_user(), path.name)
        chosen.values["rate_id"] = chosen.replace
        try:
            counts, digest = _load(database, kind, path, chosen, language)
            list_id = _whole(kind, counts, language)
            with database.writing() as db:
                price_lists.note_digest(db, list_id, digest)
            told = {"file": path.name, "sha256": digest, "rates": str(counts.stored)}
            put_in_force(database, settings, list_id, moment, chosen, told)
        except BaseException:
            if kind.list_id is not None:
                with database.writing() as db:
                    price_lists.discard_list(db, kind.list_id)
            raise


def _whole(kind: NewPriceList, counts: Counts, language: str) -> int:
    """The list's id; the command ends if a line was refused, since the list would be incomplete."""
    if kind.list_id is None or counts.refused:
        typer.echo(Said.NOT_REPLACED.text(language), err=True)
        raise typer.Exit(counts.status or 1)
    return kind.list_id


def _load(
    database: Database, kind: NewPriceList, path: Path, chosen: Chosen, language: str
) -> tuple[Counts, str]:
    profile = find_profile(kind.name, chosen.profile)
    options = engine_options(chosen, kind, profile, language, dry_run=False)
    source = Bytes(path)
    with opened_rejects(chosen.rejects, language) as rejects:
        course = Course(source, rejects, language, quiet=chosen.json)
        run = Import(database, kind, source, options, course)
        try:
            with course.followed():
                counts = run.run()
            if run.interrupted:
                raise KeyboardInterrupt
            if counts.refused and not chosen.json:
                typer.echo(summary(counts, language, dry_run=True, known=False))
            if chosen.save_profile:
                save_profile(told_profile(chosen, kind, profile))
            return counts, source.digest()
        finally:
            run.close()


def put_in_force(
    database: Database,
    settings: Settings,
    list_id: int,
    moment: dt.datetime | None,
    chosen: Any,
    told: dict[str, Any],
    command: str = "import rates",
) -> None:
    """Show what the list changes, ask, and apply it now or let it wait for its moment.

    A list that was not confirmed is discarded by the caller.
    """
    language = chosen_language(settings)
    with database.reading() as db:
        difference = price_lists.compare_list(db, list_id)
    if not chosen.json:
        show_difference(difference, language)
    if chosen.dry_run:
        _end(chosen, difference, None, None)
        with database.writing() as db:
            price_lists.discard_list(db, list_id)
        return
    if not chosen.yes and not typer.confirm(Said.REPLACE_NOW.text(language), err=True):
        raise typer.Exit(1)
    with database.writing() as db:
        if moment is None:
            row = price_lists.apply_list(db, list_id)
        else:
            price_lists.stage_list(db, list_id, moment)
            row = price_lists.get_list(db, list_id)
        when = None if moment is None else moment.isoformat()
        record_command(
            db,
            command,
            {"list": str(list_id), "domain": row.domain, "rate_id": str(row.rate_id)}
            | told
            | {"effective": when, **_told_changes(difference)},
        )
    if not chosen.json:
        said = Said.REPLACED if moment is None else Said.STAGED
        typer.echo(said.text(language, list=list_id, moment=chosen_moment(chosen)))
    _end(chosen, difference, list_id, when)


def chosen_moment(chosen: Any) -> str:
    return str(getattr(chosen, "effective", "") or "")


def _end(chosen: Any, difference: ListDifference, list_id: int | None, when: str | None) -> None:
    if chosen.json:
        told = {"list": list_id, "dry_run": chosen.dry_run, "effective": when}
        largest = [
            {"prefix": row.prefix, "name": row.name, "old": str(row.old), "new": str(row.new)}
            for row in difference.largest
        ]
        amounts = {
            "most_dearer": str(difference.most_dearer),
            "most_cheaper": str(difference.most_cheaper),
        }
        print_json(told | _numbers(difference) | amounts | {"largest": largest})


def show_difference(difference: ListDifference, language: str) -> None:
    numbers = _numbers(difference)
    typer.echo(
        Said.DIFFERENCE.text(
            language,
            **numbers,
            most_dearer=plain(difference.most_dearer),
            most_cheaper=plain(difference.most_cheaper),
        )
    )
    if difference.largest:
        rows: Sequence[Sequence[object]] = [
            [row.prefix, row.name, plain(row.old), plain(row.new)] for row in difference.largest
        ]
        heads = Said.DIFFERENCE_COLUMNS.text(language).split()
        print_table(heads, rows)


def plain(value: Decimal) -> str:
    """An amount without trailing zeros."""
    return f"{value.normalize():f}"


def _numbers(difference: ListDifference) -> dict[str, int]:
    names = ("new", "gone", "dearer", "cheaper", "otherwise", "same")
    return {name: getattr(difference, name) for name in names}


def _told_changes(difference: ListDifference) -> dict[str, str]:
    return {name: str(count) for name, count in _numbers(difference).items()}


def _moment(
    database: Database, settings: Settings, effective: dt.datetime | None, language: str
) -> dt.datetime | None:
    """A local time of the operator's zone as a moment, which must be in the future."""
    if effective is None:
        return None
    with database.reading() as db:
        zone = find_timezone(db, settings.timezone)
    moment = effective.replace(tzinfo=zone).astimezone(dt.UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != effective:
        raise fail(Said.NO_SUCH_TIME.text(language, moment=effective))
    if moment <= dt.datetime.now(dt.UTC):
        raise fail(Said.MOMENT_PAST.text(language, moment=effective))
    return moment
