"""What MariaDB and MySQL say of how they run a query, in the same words."""

from typing import Any

from sippulse_ws.db import Session


def explain(db: Session, query: str) -> list[dict[str, Any]]:
    """A row for each table: `table`, `partitions`, `possible_keys`, `key` and so on."""
    # MySQL 9 draws a tree unless told otherwise; MariaDB has the partitions only when asked
    mariadb = getattr(db.dialect, "is_mariadb", False)
    how = "EXPLAIN PARTITIONS" if mariadb else "EXPLAIN FORMAT=TRADITIONAL"
    return [dict(row) for row in db.exec_driver_sql(f"{how} {query}").mappings()]
