"""Refuses models that the migrations do not make, and the other way round.

Usage: python scripts/check_migrations.py

Those that call themselves additive may only make tables, columns that older programs need not know,
and indexes that refuse nothing. Compares tables, columns with their types, indexes and keys on
SQLite; the tests do so on MariaDB.
"""

import sys
import tempfile
from pathlib import Path

from sippulse_ws.db import Database
from sippulse_ws.db.schema.additive import more_than_additions
from sippulse_ws.db.schema.migrate import differences, migrations_folder, upgrade


def main() -> int:
    migrations = sorted((migrations_folder() / "versions").glob("*.py"))
    too_much = [
        f"{one.name} is not additive: {text}"
        for one in migrations
        for text in more_than_additions(one.read_text())
    ]
    for text in too_much:
        print(text)
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder)}/schema.db")
        upgrade(database)
        with database.reading() as db:
            found = differences(db.connection)
        database.close()
    for difference in found:
        print(f"models and migrations disagree: {difference}")
    return 1 if found or too_much else 0


if __name__ == "__main__":
    sys.exit(main())
