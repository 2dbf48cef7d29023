"""Many new subscribers at a time: the facts to check them by, and storing them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import bindparam, func, insert, select

from sippulse_ws.db.statements import Prepared, Session
from sippulse_ws.domain import events
from sippulse_ws.domain.new_subscribers import DEFAULTS, told_of_new
from sippulse_ws.domain.numbering import LONGEST
from sippulse_ws.domain.sip_names import name_subscribers
from sippulse_ws.domain.values import Values
from sippulse_ws.models import (
    DbAlias,
    Domain,
    Numbering,
    Profile,
    RatePlan,
    Reseller,
    Subscriber,
)

_AT_ONCE = 500
_PREFIXES_AT_ONCE = 2000
_REFERENCES: dict[str, type[RatePlan | Reseller]] = {
    "rate_plan_id": RatePlan,
    "reseller_id": Reseller,
    "reseller_rate_plan_id": RatePlan,
}


class BatchFacts:
    """The facts of NEW_SUBSCRIBER for every subscriber of a batch."""

    def __init__(self, db: Session) -> None:
        self._domains = set(db.execute(select(Domain.domain)).scalars())
        self._profiles = _pairs(db, select(Profile.domain, Profile.profile))
        self._references = {
            name: _pairs(db, select(model.domain, model.id)) for name, model in _REFERENCES.items()
        }
        lengths = func.min(func.length(Numbering.prefix)), func.max(func.length(Numbering.prefix))
        self._shortest, self._longest = db.execute(select(*lengths)).one()
        self._aliases: set[tuple[Any, ...]] = set()
        self._looks_for_aliases = db.execute(select(DbAlias.id).limit(1)).first() is not None
        self._numbering: dict[str, Any] = {}
        self._told: dict[tuple[Any, ...], SimpleNamespace] = {}  # of a batch

    def read(self, db: Session, batch: Sequence[Values]) -> None:
        """Look up what depends on a batch's names, none of which is a subscriber's yet."""
        names = [one["username"] for one in batch]
        self._aliases = set()
        self._told.clear()
        for start in range(0, len(names) if self._looks_for_aliases else 0, _AT_ONCE):
            some = DbAlias.alias_username.in_(names[start : start + _AT_ONCE])
            query = select(DbAlias.alias_username, DbAlias.alias_domain).where(some)
            self._aliases |= _pairs(db, query)
        self._read_numbering(db, names)

    def look_again(self) -> None:
        """Read again what a concurrent request or an earlier batch may have changed."""
        self._looks_for_aliases = True

    def of(self, values: Values) -> SimpleNamespace:
        """The facts of this subscriber; subscribers with equal facts share an object."""
        domain, number = values["domain"], self._find_numbering(values["username"])
        key = (
            *(domain, values.get("profile"), (values["username"], domain) in self._aliases),
            number,
            *map(values.get, self._references),
        )
        if key not in self._told:
            self._told[key] = self._tell(*key)
        return self._told[key]

    def _tell(
        self, domain: str, profile: str | None, alias: bool, number: Any, *references: int | None
    ) -> SimpleNamespace:
        there = {
            name: (domain, wanted) in found
            for (name, found), wanted in zip(self._references.items(), references, strict=True)
        }
        return SimpleNamespace(
            domain=domain in self._domains,
            profile=(domain, profile) in self._profiles,
            subscriber=False,
            alias=alias,
            city_code=number and number.city_code,
            local_area=number and number.local_area,
            **there,
        )

    def _read_numbering(self, db: Session, usernames: Sequence[str]) -> None:
        self._numbering = {}
        if self._longest is None:
            return
        wanted = sorted({prefix for name in usernames for prefix in self._prefixes(name)})
        columns = Numbering.prefix, Numbering.city_code, Numbering.local_area
        for start in range(0, len(wanted), _PREFIXES_AT_ONCE):
            some = wanted[start : start + _PREFIXES_AT_ONCE]
            for row in db.execute(select(*columns).where(Numbering.prefix.in_(some))):
                self._numbering[row.prefix] = row

    def _find_numbering(self, username: str) -> Any:
        if not self._numbering:
            return None
        found = (self._numbering.get(prefix) for prefix in self._prefixes(username))
        return next((row for row in found if row is not None), None)

    def _prefixes(self, username: str) -> list[str]:
        """The prefixes that may be in the table, longest first."""
        digits = username.removeprefix("+")
        if self._longest is None or not (digits.isascii() and digits.isdigit()):
            return []
        longest = min(len(digits), self._longest, LONGEST)
        return [digits[:length] for length in range(longest, self._shortest - 1, -1)]


def insert_subscribers(db: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Store completed subscribers in one statement, with an event for each.

    Raises IntegrityError if one of them exists by now.
    """
    names = sorted(set().union(*rows))
    if set(map(len, rows)) != {len(names)}:
        rows = [{name: row.get(name, DEFAULTS[name]) for name in names} for row in rows]
    _inserting(tuple(names)).run_many(db, rows)
    name_subscribers(db, [row["account_code"] for row in rows])
    told = [(row["account_code"], told_of_new(row)) for row in rows]
    events.emit_many(db, events.SUBSCRIBER_INSERTED, told)


@lru_cache  # a file has one set of columns
def _inserting(names: tuple[str, ...]) -> Prepared:
    columns = Subscriber.__table__.columns
    values = {name: bindparam(name, type_=columns[name].type) for name in names}
    return Prepared(insert(Subscriber).values(values))


def _pairs(db: Session, query: Any) -> set[tuple[Any, ...]]:
    return {tuple(row) for row in db.execute(query)}
