"""Rates: what calls to numbers with a prefix cost, in numbered tables per domain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, partial
from typing import Any

from sqlalchemy import (
    LargeBinary,
    Row,
    bindparam,
    cast,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from sippulse_ws.db.statements import Listing, ListQuery, Prepared, Session
from sippulse_ws.domain import rate_columns
from sippulse_ws.domain.access import Scope
from sippulse_ws.domain.domains import require_domain
from sippulse_ws.domain.errors import (
    DomainError,
    InvalidField,
    MissingField,
    RateExists,
    RateNotFound,
    RateRepeated,
    RowRefused,
)
from sippulse_ws.domain.numbering import are_prefixes
from sippulse_ws.domain.rate_columns import FIELDS, REQUIRED, SECONDS
from sippulse_ws.domain.reasons import Reason
from sippulse_ws.domain.values import Values, present, required, storable, texts_fit, wire_name
from sippulse_ws.models import Rate
from sippulse_ws.row_columns import RowColumns

Key = tuple[str, int, str]  # domain, rate_id, prefix

_SHARED = tuple(name for name in FIELDS if name not in ("prefix", "name"))
_REMEMBERED = 10_000  # prices of a list
_CHANGED = [name for name in FIELDS if name != "domain"]
SELECT = select(Rate.id, *(getattr(Rate, name) for name in FIELDS))
_AT_ONCE = 500  # keys in one IN


def list_rates(
    db: Session,
    domain: str,
    description: str | None,
    rate_id: int | None,
    prefix: str | None,
) -> Listing:
    """Filter by part of the name, by table and by whole prefix; an empty filter does not filter."""
    told = {"description": description or None, "rate_id": rate_id, "prefix": prefix or None}
    values = {name: value for name, value in told.items() if value is not None}
    query = _listing(frozenset(values))
    return Listing(db, query, {"domain": domain, **values}, partial(require_domain, db, domain))


@cache
def _listing(filters: frozenset[str]) -> ListQuery:
    query = SELECT.where(Rate.domain == bindparam("domain"))
    if "description" in filters:
        # compared as bytes: % and _ mean themselves, and all engines agree on what is alike
        told = bindparam("description", type_=Rate.name.type)
        name, part = (_bytes(func.lower(text)) for text in (Rate.name, told))
        query = query.where(func.instr(name, part) > 0)
    if "rate_id" in filters:
        query = query.where(Rate.rate_id == bindparam("rate_id"))
    if "prefix" in filters:
        query = query.where(Rate.prefix == bindparam("prefix"))
    return ListQuery(query, Rate.rate_id, Rate.prefix)


def insert_rates(db: Session, rows: Sequence[Values] | None) -> None:
    """Store all rates or none; the error says which row is wrong, counted from 1, and why."""
    if not rows:
        raise MissingField(field="rate")
    given = rows if isinstance(rows, RowColumns) else RowColumns.of_rows(rows)
    columns = rate_columns.fitting(given.columns) or _checked_one_by_one(rows)
    try:
        _insert(tuple(sorted(columns))).run_columns(db, columns)
    except IntegrityError:
        _require_domains(db, columns["domain"])
        keys = list(zip(*(columns[name] for name in rate_columns.KEY), strict=True))
        there = find_existing(db, keys)
        for number, key in enumerate(keys, 1):
            if key in there:
                raise RowRefused(number, _exists(key)) from None
        raise


def _checked_one_by_one(rows: Sequence[Values]) -> Mapping[str, Sequence[Any]]:
    """The columns to store, those that any row has; RowRefused names the first wrong row."""
    seen: dict[Key, int] = {}
    stored = []
    for number, row in enumerate(rows, 1):
        try:
            values = checked(row)
            key = _key_of(values)
            if seen.setdefault(key, number) != number:
                raise RateRepeated(row=seen[key], rate_id=key[1], prefix=key[2])
        except DomainError as error:
            raise RowRefused(number, error) from None
        stored.append(values)
    return RowColumns.of_rows(stored).columns


def update_rate(db: Session, scope: Scope, values: Values) -> Row[Any]:
    """Change a rate; absent fields stay, and a rate stays in its domain."""
    rate = _get(db, scope, values.get("id"))
    if values.get("domain") not in (None, "", rate.domain):
        raise InvalidField("domain", Reason.RATE_OF_ANOTHER_DOMAIN)
    changes = present(values, _CHANGED)
    if changes:
        for name in ("name", "prefix"):
            if changes.get(name) == "":
                raise MissingField(field=name)
        merged = checked({**rate._mapping, **changes})
        changes = {name: merged[name] for name in changes}
        try:
            db.execute(update(Rate).where(Rate.id == rate.id).values(changes))
        except IntegrityError:
            raise _exists(_key_of(merged)) from None
    return _get(db, scope, rate.id)


def remove_rate(db: Session, scope: Scope, rate_row_id: int | None) -> None:
    rate = _get(db, scope, rate_row_id)
    if db.execute(delete(Rate).where(Rate.id == rate.id)).rowcount == 0:
        raise RateNotFound(id=rate_row_id)  # lost a race with a concurrent request


def remove_all_rates(db: Session, domain: str, rate_id: int | None) -> int:
    """Empty a rate table; returns how many rates it had."""
    if rate_id is None:
        raise MissingField(field="rateId")
    require_domain(db, domain)
    table = (Rate.domain == domain) & (Rate.rate_id == rate_id)
    return db.execute(delete(Rate).where(table)).rowcount


def checked(row: Values) -> dict[str, Any]:
    """The rate as it is stored, without absent fields. Raises DomainError if it is not valid."""
    required(row, *REQUIRED)
    prefix, value = row["prefix"], row["rate_value"]
    if not (prefix.isascii() and prefix.isdigit()):
        raise InvalidField("prefix", Reason.DIGITS_ONLY)
    stored = storable(Rate, row, names=FIELDS)
    if value < 0:
        raise InvalidField("rateValue", Reason.NEGATIVE)
    if value and not stored["rate_value"]:
        raise InvalidField("rateValue", Reason.LESS_THAN_A_MILLIONTH)
    if len(stored) > len(REQUIRED):
        for name in SECONDS:
            if stored.get(name, 0) < 0:
                raise InvalidField(wire_name(name), Reason.NEGATIVE)
    return stored


class RowChecker:
    """`checked` for the rows of a list: what they share but prefix and name is checked once."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], dict[str, Any]] = {}

    def __call__(self, row: Values) -> dict[str, Any]:
        shared = tuple(map(row.get, _SHARED))
        known = self._known.get(shared)
        prefix, name = row["prefix"], row["name"]
        if known is None or not (prefix and name and prefix.isascii() and prefix.isdigit()):
            stored = checked(row)
            if len(self._known) < _REMEMBERED:
                self._known[shared] = {one: stored[one] for one in _SHARED if one in stored}
            return stored
        return {**known, **storable(Rate, {"prefix": prefix, "name": name})}

    def columns(self, columns: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]] | None:
        """The same for many rows at once, by columns; None when one is to be checked by itself."""
        prefixes, names = columns["prefix"], columns["name"]
        if not (all(names) and are_prefixes(Rate, prefixes) and texts_fit(Rate, "name", names)):
            return None
        nothing = [None] * len(names)
        shared = list(zip(*(columns.get(name, nothing) for name in _SHARED), strict=True))
        known = self._known
        for one in set(shared) - known.keys():
            self(dict(zip(_SHARED, one, strict=True), prefix=prefixes[0], name=names[0]))
        if not known.keys() >= set(shared):
            return None  # so many prices are not remembered
        rows = zip(shared, prefixes, names, strict=True)
        return [{**known[one], "prefix": prefix, "name": name} for one, prefix, name in rows]


def find_existing(db: Session, keys: Iterable[Key]) -> set[Key]:
    """The keys that exist already."""
    tables: dict[tuple[str, int], list[str]] = {}
    for domain, rate_id, prefix in keys:
        tables.setdefault((domain, rate_id), []).append(prefix)
    found = set()
    for (domain, rate_id), prefixes in tables.items():
        for start in range(0, len(prefixes), _AT_ONCE):
            some = Rate.prefix.in_(prefixes[start : start + _AT_ONCE])
            query = select(Rate.prefix).where(Rate.domain == domain, Rate.rate_id == rate_id, some)
            found |= {(domain, rate_id, prefix) for prefix in db.execute(query).scalars()}
    return found


@cache
def _insert(names: tuple[str, ...]) -> Prepared:
    columns = Rate.__table__.columns
    return Prepared(
        insert(Rate).values({name: bindparam(name, type_=columns[name].type) for name in names})
    )


def _get(db: Session, scope: Scope, rate_row_id: int | None) -> Row[Any]:
    if rate_row_id is None:
        raise MissingField(field="id")
    row = db.execute(SELECT.where(Rate.id == rate_row_id)).first()
    if row is None or not scope.allows(db, row.domain):
        raise RateNotFound(id=rate_row_id)
    return row


def _require_domains(db: Session, domains: Sequence[str]) -> None:
    """Check that every domain exists; RowRefused names the first row of one that does not."""
    for domain in dict.fromkeys(domains):
        try:
            require_domain(db, domain)
        except DomainError as error:
            raise RowRefused(domains.index(domain) + 1, error) from None


def _key_of(values: Values) -> Key:
    return values["domain"], values["rate_id"], values["prefix"]


def _exists(key: Key) -> RateExists:
    return RateExists(rate_id=key[1], prefix=key[2])


def _bytes(text: Any) -> Any:
    return cast(text, LargeBinary)
