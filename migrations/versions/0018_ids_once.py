"""SQLite gives no id twice, as MariaDB does: `sip:huntgroup-1@…` never names another group.

A table is made anew under its own definition with AUTOINCREMENT, and filled from the old one.
Tables that refer to it do so by name, and migrations run without checks of foreign keys.
"""

import re

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_ID = re.compile(r"\bid (INTEGER|BIGINT) NOT NULL")
_KEY = re.compile(r',\s*CONSTRAINT "?\w+"? PRIMARY KEY \("?id"?\)')


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    tables = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' "
        "AND sql NOT LIKE '%AUTOINCREMENT%'"
    ).all()
    # or renaming would rewrite what refers to a table, and look into every view
    connection.exec_driver_sql("PRAGMA legacy_alter_table=ON")
    for name, sql in tables:
        if _ID.search(sql) and _KEY.search(sql):
            _make_anew(connection, name, sql)
    connection.exec_driver_sql("PRAGMA legacy_alter_table=OFF")


def _make_anew(connection, name, sql):  # type: ignore[no-untyped-def]
    others = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type IN ('index', 'trigger') "
        "AND sql IS NOT NULL",
        (name,),
    ).all()
    body = _KEY.sub("", _ID.sub("id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL", sql, count=1))
    body = body[body.index("(") :]
    connection.exec_driver_sql(f'CREATE TABLE "new {name}" {body}')
    connection.exec_driver_sql(f'INSERT INTO "new {name}" SELECT * FROM "{name}"')  # noqa: S608
    connection.exec_driver_sql(f'DROP TABLE "{name}"')
    connection.exec_driver_sql(f'ALTER TABLE "new {name}" RENAME TO "{name}"')
    for (statement,) in others:
        connection.exec_driver_sql(statement)


def downgrade() -> None:
    """What there is serves older versions too."""
