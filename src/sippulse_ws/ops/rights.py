"""Which rights on the database server a command needs; docs/operations.md shows the same table."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from sippulse_ws.db.statements import Session

_EVERYTHING = "ALL PRIVILEGES"
ON_EVERY_SCHEMA = "*"

SERVING = ("SELECT", "INSERT", "UPDATE", "DELETE")
# what migrations, and the routines and triggers among them, are made of
MIGRATING = (
    *SERVING,
    *("CREATE", "ALTER", "DROP", "INDEX", "REFERENCES", "CREATE VIEW", "SHOW VIEW"),
    *("CREATE ROUTINE", "ALTER ROUTINE", "EXECUTE", "TRIGGER"),
)
# on every schema, since theirs are not there yet
MAKING_ACCOUNTS = (*MIGRATING, "CREATE USER", "GRANT OPTION")


@dataclass(frozen=True, slots=True)
class Need:
    """Rights on the server's own schema, and on every one."""

    own: tuple[str, ...] = ()
    every: tuple[str, ...] = ()


NEEDS = {
    "serve": Need(SERVING),
    "db upgrade": Need(MIGRATING),
    "db downgrade": Need(MIGRATING),
    "db partition": Need((*SERVING, "ALTER", "CREATE", "DROP")),
    "db integrator": Need(every=MAKING_ACCOUNTS),
    "db proxy-views": Need(every=MAKING_ACCOUNTS),
    "backup create": Need(("SELECT", "SHOW VIEW", "TRIGGER")),
    "backup restore": Need(MIGRATING),
    "backup restore --accounts": Need(every=MAKING_ACCOUNTS),
}

_grant = re.compile(r"GRANT (.+?) ON (?:TABLE |SCHEMA )?(\S+)\.(\S+) TO ")


@dataclass(slots=True)
class Granted:
    """Rights of an account: everywhere, and on patterns of schemas."""

    everywhere: set[str] = field(default_factory=set)
    schemas: list[tuple[re.Pattern[str], set[str]]] = field(default_factory=list)

    def has(self, right: str, schema: str) -> bool:
        found = [self.everywhere]
        if schema != ON_EVERY_SCHEMA:
            found += [rights for pattern, rights in self.schemas if pattern.fullmatch(schema)]
        return any(right in rights or _EVERYTHING in rights for rights in found)


def read_grants(lines: Iterable[str]) -> Granted:
    """Of what SHOW GRANTS says; roles are not followed."""
    granted = Granted()
    for line in lines:
        found = _grant.match(line)
        if not found:
            continue
        rights = {one.strip() for one in re.sub(r"\(.*?\)", "", found[1]).split(",")}
        if "WITH GRANT OPTION" in line:
            rights.add("GRANT OPTION")
        schema, table = found[2].strip("`"), found[3].strip("`")
        if table != "*":
            continue  # on one table: nothing that a command could do with it alone
        if schema == "*":
            granted.everywhere |= rights
        else:
            granted.schemas.append((re.compile(_pattern(schema)), rights))
    return granted


def missing_rights(db: Session, command: str, own: str) -> list[str]:
    """What the account lacks for a command on the schema `own`, as `RIGHT ON schema.*`."""
    if db.is_sqlite:
        return []
    need = NEEDS[command]
    granted = read_grants(str(row[0]) for row in db.exec_driver_sql("SHOW GRANTS"))
    return [f"{right} ON `{own}`.*" for right in need.own if not granted.has(right, own)] + [
        f"{right} ON *.*" for right in need.every if not granted.has(right, ON_EVERY_SCHEMA)
    ]


def _pattern(schema: str) -> str:
    """In a grant `_` and `%` stand for any characters, unless a backslash is before them."""
    parts = re.findall(r"\\.|.", schema)
    wild = {"_": ".", "%": ".*"}
    return "".join(wild.get(one) or re.escape(one.removeprefix("\\")) for one in parts)
