"""Checks the rights that some commands need beyond those of `serve`, before they begin."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sippulse_ws.cli.session import current_language, fail
from sippulse_ws.cli.texts import Said
from sippulse_ws.db import Database
from sippulse_ws.ops.proxy_views import SCHEMAS
from sippulse_ws.ops.rights import grant_statement, missing_rights, refuses_functions

# It exists even before our own schema.
_ALWAYS_THERE = "information_schema"


def require_rights(database: Database, command: str, other: str = "") -> None:
    """End with a line with the necessary GRANT if rights are missing; `other`: `missing_rights`."""
    if (lacking := lacking_rights(database, command, other)) is not None:
        missing, statement = lacking
        told: dict[str, Any] = {"command": command, "rights": ", ".join(missing)}
        raise fail(Said.RIGHTS_MISSING.text(current_language(), **told, grant=statement))


def require_trusted_functions(database: Database, command: str, kinds: Collection[str]) -> None:
    """End with one line if the server keeps the account from creating the functions of these
    kinds of proxies."""
    if database.is_sqlite or not kinds:
        return
    writing = any(SCHEMAS[kind].charges for kind in kinds)
    beside = Database(database.url.set(database=_ALWAYS_THERE), 1)
    try:
        with beside.maintaining() as db:
            refuses = refuses_functions(db, writing=writing)
    finally:
        beside.close()
    if refuses:
        raise fail(Said.FUNCTIONS_REFUSED.text(current_language(), command=command))


def lacking_rights(
    database: Database, command: str, other: str = ""
) -> tuple[list[str], str] | None:
    """The missing rights and the GRANT that gives them; None if none are missing."""
    if database.is_sqlite:
        return None
    own = str(database.url.database)
    beside = Database(database.url.set(database=_ALWAYS_THERE), 1)
    try:
        with beside.maintaining() as db:
            missing = missing_rights(db, command, own, other)
            return (missing, grant_statement(db, missing)) if missing else None
    finally:
        beside.close()
