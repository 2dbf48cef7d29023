"""The functions that SIP proxies call, in their own schema: admission, holds, records.

Their SQL stands in `functions/`, in the order of creation. They run with the rights of the account
that created them. MariaDB and MySQL only.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("functions")
_NAME = re.compile(r"CREATE (FUNCTION|PROCEDURE) \{schema\}\.(\w+)\(")
# Rates and routes have prefixes of up to 20 digits.
_PREFIXES = ", ".join(f"LEFT(p_number, {size})" for size in range(1, 21))

# Without this, MariaDB since 11.6.2 refuses to lock a row that another call has changed since the
# transaction began (error 1020): two calls of one account at a time would suffice.
_NEWEST_ROWS = "/*M!110602 SET SESSION innodb_snapshot_isolation = OFF; */"


@cache
def routines() -> tuple[tuple[str, str, str], ...]:
    """Kind, name and CREATE statement of each, with the placeholders `{base}` and `{schema}`."""
    found = []
    for path in sorted(_FOLDER.glob("*.sql")):
        for part in path.read_text("utf-8").split("\n//\n"):
            statement = part.replace("{prefixes}", _PREFIXES)
            statement = statement.replace("{newest_rows}", _NEWEST_ROWS)
            named = _NAME.search(statement)
            assert named, path
            found.append((named[1], named[2], statement))
    return tuple(found)


def drop_statements(schema: str) -> list[str]:
    """Statements that drop all of them; `schema` is a quoted name."""
    return [f"DROP {kind} IF EXISTS {schema}.{name}" for kind, name, _ in routines()]


def create_statements(base: str, schema: str) -> list[str]:
    """Statements that drop and create all of them; both schemas are quoted names."""
    made = [text.replace("{base}", base).replace("{schema}", schema) for *_, text in routines()]
    return [*drop_statements(schema), *made]
