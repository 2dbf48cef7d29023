"""The oldest database servers that the schema can be made on."""

from __future__ import annotations

import re
from typing import NamedTuple

from sippulse_ws.db.statements.session import Session
from sippulse_ws.wording import Wording

# MySQL before lacks utf8mb4_0900_bin, INVISIBLE columns or CAST(… AS DOUBLE)
MARIADB = (10, 6)
MYSQL = (8, 0, 23)


_TOO_OLD = Wording(
    "o servidor de banco de dados é {version}; é preciso {needed} ou mais novo",
    "the database server is {version}; {needed} or later is needed",
)


class ServerVersion(NamedTuple):
    """A server's version; `needed` is the oldest supported one if the server is older."""

    version: str
    needed: str | None


def server_version(db: Session) -> ServerVersion:
    if db.is_sqlite:
        return ServerVersion(
            f"SQLite {db.exec_driver_sql('SELECT sqlite_version()').scalar()}", None
        )
    return judge(str(db.exec_driver_sql("SELECT VERSION()").scalar()))


def judge(version: str) -> ServerVersion:
    """The server's version from what VERSION() answers."""
    is_maria = "mariadb" in version.lower()
    needed = MARIADB if is_maria else MYSQL
    if _numbers(version) >= needed:
        return ServerVersion(version, None)
    name = "MariaDB" if is_maria else "MySQL"
    return ServerVersion(version, f"{name} {'.'.join(map(str, needed))}")


def is_behind(version: str, other: str) -> bool:
    """Whether the server is older than the other, or one is MySQL and the other MariaDB."""
    kinds = ["mariadb" in one.lower() for one in (version, other)]
    return kinds[0] != kinds[1] or _numbers(version) < _numbers(other)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version.removeprefix("5.5.5-"))[:3]))


def server_trouble(db: Session) -> Wording | None:
    """Why the schema cannot be made here, in one sentence; or None."""
    found = server_version(db)
    if found.needed is None:
        return None
    return _TOO_OLD.fill(version=found.version, needed=found.needed)
