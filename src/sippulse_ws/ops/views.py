"""Finds views that are missing or cannot be read, and creates views anew with another definer."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from sippulse_ws.db.schema.revisions import find_trouble
from sippulse_ws.db.statements import Session

WANTED = "vi_cdrs"  # the view that every installation has
# the definer does not exist; a table does not, or the definer may not read it
_BROKEN = (1449, 1356)
_definer = re.compile(r"CREATE (ALGORITHM=\w+ )?DEFINER=`(?:[^`]|``)*`@`(?:[^`]|``)*` ")


@dataclass(frozen=True, slots=True)
class BrokenView:
    """A view that cannot be read, and why."""

    name: str
    reason: str


def find_broken_views(db: Session) -> list[BrokenView]:
    """Views of this program's own schema that are missing or cannot be read."""
    there = {*_views(db), WANTED}
    broken = []
    for name in sorted(there):
        try:
            query = f"SELECT * FROM {_quoted(db, name)} LIMIT 0"  # noqa: S608 - quoted
            db.exec_driver_sql(query).close()
        except DBAPIError as error:
            args = getattr(error.orig, "args", ())
            broken.append(BrokenView(name, str(args[-1] if args else error.orig)))
    return broken


def find_broken_elsewhere(db: Session) -> list[BrokenView]:
    """Broken views made for proxies and integrators, in schemas named after ours, `_` and a suffix.

    Views that this account may not read are left out.
    """
    if db.is_sqlite:
        return []
    query = (
        "SELECT table_schema, table_name FROM information_schema.views "
        "WHERE LEFT(table_schema, CHAR_LENGTH(DATABASE()) + 1) = CONCAT(DATABASE(), '_') "
        "ORDER BY 1, 2"
    )
    broken = []
    for schema, name in db.exec_driver_sql(query).all():
        try:
            view = f"{_quoted(db, schema)}.{_quoted(db, name)}"
            db.exec_driver_sql(f"SELECT * FROM {view} LIMIT 0").close()  # noqa: S608 - quoted
        except DBAPIError as error:
            number, *said = getattr(error.orig, "args", (0,))
            if number in _BROKEN:
                broken.append(BrokenView(f"{schema}.{name}", str(said[-1])))
    return broken


def remake_views(db: Session) -> list[str]:
    """Create our own schema's views anew, with this account as definer; returns their names.

    SQLite's views have no definer: there only a missing one is created. None is in a schema that is
    not of this version: `db upgrade` creates it.
    """
    made = [] if db.is_sqlite else _views(db)
    for name in made:
        row = db.exec_driver_sql(f"SHOW CREATE VIEW {_quoted(db, name)}").one()
        text = _definer.sub(r"CREATE OR REPLACE \1", str(row[1]), count=1)
        db.exec_driver_sql(text.replace("%", "%%"))
    if WANTED not in _views(db) and find_trouble(db) is None:
        from sippulse_ws.db.schema.migrate import create_view  # noqa: PLC0415 - see there

        create_view(db)
        made.append(WANTED)
    return made


def _views(db: Session) -> list[str]:
    query = (
        "SELECT name FROM sqlite_schema WHERE type = 'view'"
        if db.is_sqlite
        else "SELECT table_name FROM information_schema.views WHERE table_schema = DATABASE()"
    )
    return [str(row[0]) for row in db.exec_driver_sql(query)]


def _quoted(db: Session, name: str) -> str:
    return db.dialect.identifier_preparer.quote_identifier(name)
