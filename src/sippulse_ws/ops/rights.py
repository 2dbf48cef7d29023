"""Which rights on the database server a command needs; docs/operations.md shows the same table."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import text

from sippulse_ws.db.statements import Session

_OPTION = "GRANT OPTION"
_EVERYTHING = "ALL PRIVILEGES"
ON_EVERY_SCHEMA = "*"

SERVING = ("SELECT", "INSERT", "UPDATE", "DELETE")
# migrations also create routines and triggers
MIGRATING = (
    *SERVING,
    *("CREATE", "ALTER", "DROP", "INDEX", "REFERENCES", "CREATE VIEW", "SHOW VIEW"),
    *("CREATE ROUTINE", "ALTER ROUTINE", "EXECUTE", "TRIGGER"),
)
# on the schema that is created for an integrator
_GIVING_VIEWS = ("SELECT", "CREATE", "DROP", "CREATE VIEW", "SHOW VIEW", "GRANT OPTION")
_MAKING_PROXIES = (*MIGRATING, "GRANT OPTION")
# a restored backup may hold any of them
MAKING_ACCOUNTS = (*MIGRATING, "CREATE USER", "GRANT OPTION")


@dataclass(frozen=True, slots=True)
class Need:
    """Rights on our own schema, on that of an integrator or proxy, and on every schema."""

    own: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    every: tuple[str, ...] = ()


WITH_BINLOG = "backup create --binlog"
NEEDS = {
    "serve": Need(SERVING),
    "db upgrade": Need(MIGRATING),
    "db downgrade": Need(MIGRATING),
    "db partition": Need((*SERVING, "ALTER", "CREATE", "DROP")),
    "db integrator drop": Need(SERVING, ("DROP",), ("CREATE USER",)),
    "db integrator": Need((*SERVING, "GRANT OPTION"), every=("CREATE USER",)),
    "db integrator --domain": Need(SERVING, _GIVING_VIEWS, ("CREATE USER",)),
    "db proxy-views": Need(SERVING, _MAKING_PROXIES, ("CREATE USER",)),
    "backup create": Need(("SELECT", "SHOW VIEW", "TRIGGER")),
    # to read the position of the binary log
    WITH_BINLOG: Need(every=("BINLOG MONITOR", "RELOAD")),
    "backup restore": Need(MIGRATING),
    "backup restore --accounts": Need(every=MAKING_ACCOUNTS),
}

_OLD_NAMES = {"BINLOG MONITOR": "REPLICATION CLIENT"}  # as MySQL has them

# quoted, by either of SQL's ways, a name may hold blanks and dots
_NAME = r"""(`(?:[^`]|``)+`|"(?:[^"]|"")+"|[^\s.`"]+)"""
_grant = re.compile(rf"GRANT (.+?) ON (?:TABLE |SCHEMA )?{_NAME}\.{_NAME} TO ")


@dataclass(slots=True)
class Granted:
    """Rights of an account: everywhere, and by the names of schemas as they were granted."""

    everywhere: set[str] = field(default_factory=set)
    schemas: dict[str, set[str]] = field(default_factory=dict)

    def has(self, right: str, schema: str) -> bool:
        found = self.everywhere
        if schema != ON_EVERY_SCHEMA:
            found = found | self.schemas.get(self.name_of(schema), set())
        names = {right, _OLD_NAMES.get(right, right)}
        # ALL PRIVILEGES does not include GRANT OPTION
        every = {_EVERYTHING} if right != _OPTION else set()
        return bool(found & (names | every))

    def name_of(self, schema: str) -> str:
        """The name of the grant that applies: the server reads only the most exact one."""
        matching = (name for name in self.schemas if re.fullmatch(_pattern(name), schema))
        return max(matching, key=_exactness, default="")


def read_grants(lines: Iterable[str]) -> Granted:
    """The rights that the lines of SHOW GRANTS give; those of roles are not among them."""
    granted = Granted()
    for line in lines:
        found = _grant.match(line)
        if not found:
            continue
        rights = {one.strip() for one in re.sub(r"\(.*?\)", "", found[1]).split(",")}
        if "WITH GRANT OPTION" in line:
            rights.add("GRANT OPTION")
        schema, table = _unquoted(found[2]), _unquoted(found[3])
        if table != "*":
            continue  # rights on one table are not enough for any command
        if schema == "*":
            granted.everywhere |= rights
        else:
            granted.schemas.setdefault(schema, set()).update(rights)
    return granted


def missing_rights(db: Session, command: str, own: str, other: str = "") -> list[str]:
    """What the account lacks for a command, as `RIGHT ON schema.*`.

    `own` is our schema, `other` the one that the command creates for an integrator or proxy.
    """
    if db.is_sqlite:
        return []
    need = NEEDS[command]
    granted = read_grants(str(row[0]) for row in db.exec_driver_sql("SHOW GRANTS"))
    wanted = [(right, own, f"{_quoted(own)}.*") for right in need.own]
    wanted += [(right, other, f"{_quoted(other)}.*") for right in need.other if other]
    wanted += [(right, ON_EVERY_SCHEMA, "*.*") for right in need.every]
    names = {} if getattr(db.dialect, "is_mariadb", False) else _OLD_NAMES
    return [
        f"{names.get(right, right)} ON {text}"
        for right, schema, text in wanted
        if not granted.has(right, schema)
    ]


# With one of these an account may create functions and triggers while there is a binary log.
_TRUSTED = frozenset({"SUPER", _EVERYTHING})


def refuses_functions(db: Session, *, writing: bool) -> bool:
    """Whether a server with a binary log refuses functions and triggers of this account (1419).

    `writing`: functions that change data, which it then refuses from any account (1418). With
    log_bin_trust_function_creators it refuses none.
    """
    if db.is_sqlite:
        return False
    logs = "SELECT @@log_bin, @@log_bin_trust_function_creators"
    writes, trusts = (str(one) in ("1", "ON") for one in db.exec_driver_sql(logs).one())
    if not writes or trusts:
        return False
    if writing:
        return True
    granted = read_grants(str(row[0]) for row in db.exec_driver_sql("SHOW GRANTS"))
    return not granted.everywhere & _TRUSTED


def grant_statement(db: Session, missing: Iterable[str]) -> str:
    """The GRANT that gives what `missing_rights` found, for an administrator of the database.

    It repeats those held by a pattern that matches the schema, which the new grant would hide.
    """
    granted = read_grants(str(row[0]) for row in db.exec_driver_sql("SHOW GRANTS"))
    rights: dict[str, list[str]] = {}
    for one in missing:
        right, _, scope = one.partition(" ON ")  # no right has it in its name
        rights.setdefault(scope, []).append(right)
    login, _, host = str(db.scalar(text("SELECT CURRENT_USER()"))).rpartition("@")
    login, host = (one.replace("\\", "\\\\").replace("'", "''") for one in (login, host))
    account = f"'{login}'@'{host}'"
    statements = []
    for scope, names in rights.items():
        if scope != "*.*":
            schema = _unquoted(scope.removesuffix(".*"))
            scope = schema_scope(schema)  # noqa: PLW2901 - as a GRANT has it
            names = _held_less_exactly(granted, schema) + names  # noqa: PLW2901
        given = ", ".join(one for one in names if one != _OPTION) or "USAGE"
        option = f" WITH {_OPTION}" if _OPTION in names else ""
        statements.append(f"GRANT {given} ON {scope} TO {account}{option}")
    return "; ".join(statements)


def schema_scope(schema: str) -> str:
    """All tables of this schema alone, as a GRANT names them: `_` and `%` are escaped."""
    return f"{_quoted(_literal(schema))}.*"


def _literal(schema: str) -> str:
    return re.sub(r"([\\_%])", r"\\\1", schema)


def _held_less_exactly(granted: Granted, schema: str) -> list[str]:
    found = granted.name_of(schema)
    return sorted(granted.schemas[found]) if found not in ("", _literal(schema)) else []


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _unquoted(name: str) -> str:
    quote = name[0]
    return name[1:-1].replace(quote * 2, quote) if quote in '`"' else name


def _exactness(name: str) -> int:
    """As MariaDB sorts them: the later the first character that stands for others, the better."""
    wild = re.match(r"(?:\\.|[^\\_%])*[_%]", name)
    return wild.end() if wild else len(name) + 1


def _pattern(schema: str) -> str:
    """In a grant `_` and `%` stand for any characters, unless a backslash is before them."""
    parts = re.findall(r"\\.|.", schema)
    wild = {"_": ".", "%": ".*"}
    return "".join(wild.get(one) or re.escape(one.removeprefix("\\")) for one in parts)
