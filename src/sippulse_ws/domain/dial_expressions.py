"""Whether a SIP proxy can load a dial plan rule, as judged by the database's REGEXP.

The proxies' view asks the same (ops/proxy_views.py); MariaDB has the library that proxies use. A
proxy refuses all its dial plans for one expression that does not compile. SQLite, which no proxy
reads, has no such operator: there Python's library is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, literal, select
from sqlalchemy.exc import DBAPIError

from sippulse_ws.db.statements import Session

# Of one round trip; each is at most 64 characters.
_AT_ONCE = 100
_MOST_KNOWN = 20_000
# ER_REGEXP_ERROR of MariaDB, and those of MySQL's ICU.
_ERRORS = {1139, *range(3685, 3700)}
_REFERENCE = re.compile(r"\\([0-9])")
# What MySQL's ICU accepts and the proxies' PCRE does not.
_ICU_ONLY = re.compile(r"\(\?[a-zA-Z-]*[uw]|(?<!\\)(?:\\\\)*\\(?:[uU]|N\{)")
_PYTHON_ONLY = re.compile(r"\(\?[a-zA-Z]*[aLu]")

_known: dict[tuple[str, str], str | None] = {}  # by engine and expression: what is wrong with it


def trouble_with(db: Session, expression: str) -> str | None:
    """The database's error for an expression that does not compile; None if it does."""
    return _troubles(db, [expression])[expression]


def groups_of(db: Session, expression: str) -> int:
    """The number of groups, nine at most, of an expression that compiles."""
    for number in range(9, 0, -1):
        if trouble_with(db, _with_reference(expression, number)) is None:
            return number
    return 0


def loadable(db: Session, rules: Sequence[Any]) -> list[Any]:
    """The rows of `PLAN_RULES` that a proxy can load, by the rules of the proxies' view."""
    asked = {rule: list(_expressions_of(rule)) for rule in rules}
    troubles = _troubles(db, {one for every in asked.values() for one in every})
    return [rule for rule in rules if all(troubles[one] is None for one in asked[rule])]


def _expressions_of(rule: Any) -> Iterable[str]:
    if rule.match_op == 1:
        yield rule.match_exp
    if rule.subst_exp:
        yield rule.subst_exp
    for digit in _REFERENCE.findall(rule.repl_exp):
        if digit != "0":
            yield _with_reference(rule.subst_exp, int(digit))


def _with_reference(expression: str, number: int) -> str:
    """An expression that compiles if the given one has that many groups."""
    return f"(?:{expression})\\{number}"


def _troubles(db: Session, expressions: Iterable[str]) -> dict[str, str | None]:
    engine = db.dialect.name
    wanted = list(dict.fromkeys(expressions))
    unknown = [one for one in wanted if (engine, one) not in _known]
    if len(_known) + len(unknown) > _MOST_KNOWN:
        _known.clear()
        unknown = wanted
    for start in range(0, len(unknown), _AT_ONCE):
        part = unknown[start : start + _AT_ONCE]
        found = _python_troubles(part) if db.is_sqlite else _database_troubles(db, part)
        _known.update({(engine, one): trouble for one, trouble in found.items()})
    return {one: _known[engine, one] for one in wanted}


def _database_troubles(db: Session, expressions: list[str]) -> dict[str, str | None]:
    """The errors of all expressions, asked in one statement; if it fails, by halves."""
    if not getattr(db.dialect, "is_mariadb", False):
        foreign = [one for one in expressions if _ICU_ONLY.search(one)]
        if foreign:
            others = [one for one in expressions if one not in foreign]
            known = _database_troubles(db, others) if others else {}
            return dict.fromkeys(foreign, "unknown to SIP proxies") | known
    columns = [
        literal("").op("REGEXP")(bindparam(f"e{number}", expression)).label(f"c{number}")
        for number, expression in enumerate(expressions)
    ]
    try:
        db.execute(select(*columns)).all()
    except DBAPIError as error:
        told = error.orig.args if error.orig is not None else ()
        if not told or told[0] not in _ERRORS:
            raise
        if len(expressions) == 1:
            return {expressions[0]: str(told[1])}
        middle = len(expressions) // 2
        halves = expressions[:middle], expressions[middle:]
        return _database_troubles(db, halves[0]) | _database_troubles(db, halves[1])
    return dict.fromkeys(expressions)


def _python_troubles(expressions: list[str]) -> dict[str, str | None]:
    return {one: _python_trouble(one) for one in expressions}


def _python_trouble(expression: str) -> str | None:
    if _PYTHON_ONLY.search(expression):
        return "unknown flag"
    try:
        re.compile(expression)
    except re.error as error:
        return str(error)
    return None
