"""Commands that need more rights on the database server than `serve` say so before they begin."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sippulse_ws.cli.session import current_language, fail
from sippulse_ws.cli.texts import Said
from sippulse_ws.db import Database
from sippulse_ws.ops.proxy_views import SCHEMAS
from sippulse_ws.ops.rights import grant_statement, missing_rights, refuses_functions

# There even before our own schema is.
_ALWAYS_THERE = "information_schema"


def require_rights(database: Database, command: str, other: str = "") -> None:
    """End with one line, which has the GRANT that is needed; `other` as `missing_rights` has it."""
    if (lacking := lacking_rights(database, command, other)) is not None:
        missing, statement = lacking
        told: dict[str, Any] = {"command": command, "rights": ", ".join(missing)}
        raise fail(Said.RIGHTS_MISSING.text(current_language(), **told, grant=statement))


def require_trusted_functions(database: Database, command: str, kinds: Collection[str]) -> None:
    """End with one line where the server would keep the account from making what proxies of these
    kinds call."""
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
    """The rights that are missing and the GRANT that gives them; None when there are all."""
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
