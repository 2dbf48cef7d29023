"""Refuses models that the migrations do not make, and the other way round.

Usage: python scripts/check_migrations.py

Compares tables, columns with their types, indexes and keys on SQLite; the tests do so on MariaDB.
"""

import sys
import tempfile
from pathlib import Path

from sippulse_ws.db import Database
from sippulse_ws.db.schema.migrate import differences, upgrade


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder)}/schema.db")
        upgrade(database)
        with database.reading() as db:
            found = differences(db.connection)
        database.close()
    for difference in found:
        print(f"models and migrations disagree: {difference}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
