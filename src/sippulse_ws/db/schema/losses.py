"""What a downgrade would lose: tables and columns, with data, that the older schema lacks."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from sippulse_ws.db.connections.engine import Database
from sippulse_ws.db.schema.migrate import configuration, upgrade
from sippulse_ws.db.statements.session import Session
from sippulse_ws.wording import Wording

_TABLE = Wording("tabela {table}: {rows} linhas", "table {table}: {rows} rows")
_COLUMN = Wording(
    "coluna {table}.{column}: {values} valores", "column {table}.{column}: {values} values"
)
_Columns = dict[str, set[str]]  # by table


def known_revisions() -> list[str]:
    """The revisions that this program knows, oldest first."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - large

    scripts = ScriptDirectory.from_config(configuration())
    return [script.revision for script in scripts.walk_revisions()][::-1]


def find_losses(db: Session, current: str, target: str) -> list[Wording]:
    """What it loses: `table credit_hold: 12 rows`, `column audit.traceparent: 3 values`."""
    here, older = columns_of(current), columns_of(target)
    losses = []
    for table in sorted(here):
        if table not in older:
            if rows := _count(db, table):
                losses.append(_TABLE.fill(table=table, rows=rows))
            continue
        losses += [
            _COLUMN.fill(table=table, column=column, values=values)
            for column in sorted(here[table] - older[table])
            if (values := _count(db, table, column))
        ]
    return losses


def columns_of(revision: str) -> _Columns:
    """Tables and columns of a revision, read from a temporary SQLite database migrated to it."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder)}/schema.db", 1)
        try:
            upgrade(database, revision)
            with database.reading() as db:
                return dict(_read_columns(sa.inspect(db.connection)))
        finally:
            database.close()


def _read_columns(inspector: sa.Inspector) -> Iterator[tuple[str, set[str]]]:
    for table in inspector.get_table_names():
        yield table, {str(column["name"]) for column in inspector.get_columns(table)}


def _count(db: Session, table: str, column: str | None = None) -> int:
    """How many rows there are, or how many have a value other than the column's default."""
    query = sa.select(sa.func.count()).select_from(sa.table(table))
    if column is not None:
        query = query.where(sa.column(column).is_not(None), _not_default(db, table, column))
    found: int = db.execute(query).scalar_one()
    return found


def _not_default(db: Session, table: str, column: str) -> sa.ColumnElement[bool]:
    (told,) = [one for one in sa.inspect(db.connection).get_columns(table) if one["name"] == column]
    default = told.get("default")
    if default is None or "(" in str(default):
        return sa.true()
    return sa.column(column) != sa.literal_column(str(default))
