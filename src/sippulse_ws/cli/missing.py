"""`--delete-missing`: deletes records within a scope that are not in the file."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

import typer

from sippulse_ws.cli.import_options import Chosen
from sippulse_ws.cli.session import fail
from sippulse_ws.cli.texts import Said
from sippulse_ws.db import Database
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.files.engine import Import
from sippulse_ws.files.kind import Kind
from sippulse_ws.files.tables import AT_ONCE

_OPTIONS = {"domain": "--domain", "rate_id": "--rate-id", "prefix": "--prefix"}


def scope_of(kind: Kind, chosen: Chosen, language: str) -> Mapping[str, Any]:
    """The values that limit what is deleted; the command ends if an option is missing."""
    if not kind.changes:
        raise fail(Said.CANNOT_DELETE_MISSING.text(language, kind=kind.name))
    scope: dict[str, Any] = {name: chosen.values.get(name) for name in kind.scope}
    if any(value is None for value in scope.values()):
        options = " ".join(_OPTIONS[name] for name in kind.scope)
        raise fail(Said.SCOPE_NEEDED.text(language, options=options))
    if "domain" in scope:
        scope["domain"] = scope["domain"].lower()
    return scope


def delete_missing(
    database: Database,
    kind: Kind,
    run: Import,
    scope: Mapping[str, Any],
    chosen: Chosen,
    language: str,
) -> int:
    """Show how many, ask, and delete; returns how many were deleted."""
    if run.counts.refused:
        typer.echo(Said.NOTHING_DELETED.text(language), err=True)
        return 0
    with database.maintaining() as db:
        query = kind.in_scope(scope)
        assert query is not None, "a kind with a scope has one"
        options = {"stream_results": True, "yield_per": AT_ONCE}
        rows = db.execute(query, execution_options=options)
        missing = [row for row in rows if not run.seen.contains(kind.identify_row(row))]
    if not missing:
        return 0
    where = " ".join(str(value) for value in scope.values())
    told = Said.MISSING_FOUND.text(language, count=len(missing), scope=where)
    typer.echo(told, err=True)
    if chosen.dry_run:
        return 0
    if not (chosen.yes or typer.confirm(Said.DELETE_THEM.text(language), err=True)):
        raise typer.Exit(1)
    deleted = 0
    left = iter(missing)
    while batch := list(islice(left, AT_ONCE)):
        deleted += _delete(database, kind, batch, run, language)
    typer.echo(Said.DELETED.text(language, count=deleted))
    return deleted


def _delete(database: Database, kind: Kind, batch: list[Any], run: Import, language: str) -> int:
    failed: list[tuple[Any, str]] = []
    with database.writing() as db:
        for row in batch:
            try:
                with db.savepoint():
                    kind.remove(db, row)
            except DomainError as error:
                failed.append((row, error.message(language)))
    for row, reason in failed:
        told = " ".join(map(str, kind.identify_row(row)))
        typer.echo(f"{told}: {reason}", err=True)
    run.counts.refused += len(failed)
    return len(batch) - len(failed)
