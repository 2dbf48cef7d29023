"""Runs the schema migrations, one history for SQLite, MariaDB and MySQL.

Imported where a command needs it: Alembic takes a tenth of a server's memory and of its start.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, update

from sippulse_ws.db.connections.engine import Database
from sippulse_ws.db.schema.revisions import SERVES, current_revision
from sippulse_ws.db.statements.session import Session
from sippulse_ws.models import Base, StoredSetting

# Columns that migrations make on one engine only; models don't know them.
UNMAPPED = {("acc", "method")}
_SETTINGS = "0007"  # the revision that creates `stored_setting`
_VIEW = "0003"  # the revision that creates `vi_cdrs`


def migrations_folder() -> Path:
    """Beside the package in an installed wheel, at the top of a source tree."""
    package = Path(__file__).parents[2]
    inside = package / "migrations"
    return inside if inside.is_dir() else package.parents[1] / "migrations"


def configuration(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    config.attributes["connection"] = connection
    return config


def upgrade(database: Database, revision: str = "head") -> None:
    with database.migrating() as db:
        command.upgrade(configuration(db.connection), revision)
        _note_serves(db)


def downgrade(database: Database, revision: str) -> None:
    with database.migrating() as db:
        command.downgrade(configuration(db.connection), revision)
        _note_serves(db)


def create_view(db: Session) -> None:
    """Create `vi_cdrs` as its migration does."""
    script = ScriptDirectory.from_config(configuration()).get_revision(_VIEW)
    db.exec_driver_sql(script.module.view_text(db.dialect.name))


def serving_since(revision: str) -> str:
    """The oldest revision whose programs can serve on this one: all after it are `additive`."""
    script = ScriptDirectory.from_config(configuration()).get_revision(revision)
    if getattr(script.module, "additive", False):
        return serving_since(str(script.down_revision))
    return revision


def _note_serves(db: Session) -> None:
    """Store that revision for older programs, which may go on serving during a rolling upgrade."""
    revision = current_revision(db)
    if revision is not None and revision >= _SETTINGS:
        value = {"value": f"{revision} {serving_since(revision)}"}
        there = update(StoredSetting).where(StoredSetting.name == SERVES).values(value)
        if not db.execute(there).rowcount:
            db.execute(insert(StoredSetting).values(name=SERVES, **value))


def compared(item: Any, name: str | None, kind: str, reflected: bool, _other: Any) -> bool:
    """Whether a part of the schema is to be compared with the models."""
    return not (kind == "column" and reflected and (item.table.name, name) in UNMAPPED)


def differences(connection: Connection) -> list[Any]:
    """What a migration would have to change to make the schema what the models say."""
    options = {"compare_type": True, "include_object": compared}
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, Base.metadata))
