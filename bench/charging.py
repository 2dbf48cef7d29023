"""Charging at speed: `python -m bench.charging [--calls N]`, on a MariaDB of its own.

Ends with status 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import sys

import sqlalchemy as sa

from bench import admission_speed, rating_speed
from sippulse_ws.db import Database
from sippulse_ws.db.schema.migrate import upgrade
from tests.mariadb import PrivateMariaDB

CALLS = 10_000
ADMISSIONS = 2_000


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.charging", description=__doc__)
    parser.add_argument("--calls", type=int, default=CALLS, metavar="N", help="in each round")
    parser.add_argument(
        "--admissions", type=int, default=ADMISSIONS, metavar="N", help="at each size"
    )
    options = parser.parse_args()
    server = PrivateMariaDB()
    try:
        url = _database(server.url, "rating")
        reached = rating_speed.run(url, options.calls)
        admission_speed.run(_database(server.url, "admission"), options.admissions)
    finally:
        server.stop()
    return 0 if reached else 1


def _database(server: str, name: str) -> str:
    """A migrated database of this name."""
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    url = sa.make_url(server).set(database=name).render_as_string(hide_password=False)
    database = Database(url)
    upgrade(database)
    database.close()
    return url


if __name__ == "__main__":
    sys.exit(main())
