"""Price lists: replacing a whole rate table, now or at a moment, and restoring it.

A list is loaded beside the rates in force. Applying it changes what differs, in one transaction:
readers see either the old or the new list. The replaced rates are kept as another list.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    type_coerce,
    update,
)

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.domains import require_domain
from sippulse_ws.domain.errors import DomainError, NotFound
from sippulse_ws.domain.guards import guard_of, touch
from sippulse_ws.domain.rows import insert_row
from sippulse_ws.models import PriceList, PriceListRow, Rate
from sippulse_ws.models.types import Money
from sippulse_ws.wording import Wording

LOADING, STAGED, APPLIED, CANCELLED, KEPT = "loading", "staged", "applied", "cancelled", "kept"
LARGEST = 10
COLUMNS = "prefix name rate_value service_type cadency tx_connection tx_delay tx_discard".split()
_VALUES = [name for name in COLUMNS if name != "prefix"]


class PriceListNotFound(NotFound):
    code = "price-list-not-found"
    wording = Wording("Lista de preços não encontrada: {list}", "Price list not found: {list}")


class PriceListNotStaged(DomainError):
    code = "price-list-not-staged"
    wording = Wording(
        "A lista de preços {list} não está à espera de vigência",
        "Price list {list} is not waiting to become valid",
    )


class PriceListHead(Protocol):
    """A row of `price_list`."""

    id: int
    domain: str
    rate_id: int
    state: str
    created_at: dt.datetime
    created_by: str
    source: str
    sha256: str
    added: int
    changed: int
    removed: int


class StagedList(PriceListHead, Protocol):
    effective_at: dt.datetime
    rates: int  # how many


class AppliedList(PriceListHead, Protocol):
    applied_at: dt.datetime


class PriceChange(Protocol):
    prefix: str
    name: str
    old: Decimal
    new: Decimal


@dataclass(frozen=True, slots=True)
class ListDifference:
    """What applying a list would change; amounts are per minute, as rates are."""

    new: int
    gone: int
    dearer: int
    cheaper: int
    otherwise: int  # changed in something else than the price
    same: int
    most_dearer: Decimal
    most_cheaper: Decimal
    largest: Sequence[PriceChange]

    @property
    def changed(self) -> int:
        return self.dearer + self.cheaper + self.otherwise


def begin_list(
    db: Session, domain: str, rate_id: int, *, by: str, source: str = "", sha256: str = ""
) -> int:
    """Create a list without rates; returns its id."""
    require_domain(db, domain)
    values = {
        "domain": domain,
        "rate_id": rate_id,
        "state": LOADING,
        "created_at": dt.datetime.now(dt.UTC),
        "created_by": by[:160],
        "source": source[-255:],
        "sha256": sha256,
    }
    return insert_row(db, PriceList, values)


def discard_list(db: Session, list_id: int) -> None:
    """Delete a list that was only loaded."""
    # its rates go with it
    one = (PriceList.id == list_id) & (PriceList.state == LOADING)
    db.execute(delete(PriceList).where(one))


def note_digest(db: Session, list_id: int, sha256: str) -> None:
    """Store the digest of the file, after all of it was read."""
    db.execute(update(PriceList).where(PriceList.id == list_id).values(sha256=sha256))


def stage_list(db: Session, list_id: int, effective_at: dt.datetime) -> None:
    """Let the list wait for its moment."""
    one = (PriceList.id == list_id) & (PriceList.state == LOADING)
    changes = update(PriceList).where(one).values(state=STAGED, effective_at=effective_at)
    if db.execute(changes).rowcount == 0:
        raise PriceListNotStaged(list=list_id)


def cancel_list(db: Session, list_id: int) -> PriceListHead:
    """Cancel a waiting list and delete its rates."""
    found = get_list(db, list_id)
    if found.state != STAGED:
        raise PriceListNotStaged(list=list_id)
    one = (PriceList.id == list_id) & (PriceList.state == STAGED)
    if db.execute(update(PriceList).where(one).values(state=CANCELLED)).rowcount == 0:
        raise PriceListNotStaged(list=list_id)
    db.execute(delete(PriceListRow).where(PriceListRow.price_list_id == list_id))
    return found


def copy_kept_list(db: Session, list_id: int, *, by: str) -> int:
    """Make a list of the rates in force before `list_id`; returns its id."""
    applied = get_list(db, list_id)
    kept = db.execute(
        select(PriceList.id).where(PriceList.replaced_by == list_id, PriceList.state == KEPT)
    ).scalar()
    if kept is None:
        raise PriceListNotFound(list=list_id)
    new = begin_list(db, applied.domain, applied.rate_id, by=by, source=f"before list {list_id}")
    rows = select(_constant(new), *(getattr(PriceListRow, name) for name in COLUMNS))
    names = ["price_list_id", *COLUMNS]
    of_kept = rows.where(PriceListRow.price_list_id == kept)
    db.execute(insert(PriceListRow).from_select(names, of_kept))
    return new


def list_staged(db: Session) -> Sequence[StagedList]:
    """Lists that wait, with the number of rates, the next one first."""
    count = func.count(PriceListRow.prefix).label("rates")
    return db.execute(
        select(*PriceList.__table__.columns, count)
        .outerjoin(PriceListRow, PriceListRow.price_list_id == PriceList.id)
        .where(PriceList.state == STAGED)
        .group_by(PriceList.id)
        .order_by(PriceList.effective_at, PriceList.id)
    ).all()


def list_history(
    db: Session, domain: str | None = None, rate_id: int | None = None, limit: int = 50
) -> Sequence[AppliedList]:
    """Lists that came into force, latest first."""
    query = select(*PriceList.__table__.columns).where(PriceList.state == APPLIED)
    if domain is not None:
        query = query.where(PriceList.domain == domain)
    if rate_id is not None:
        query = query.where(PriceList.rate_id == rate_id)
    latest_first = query.order_by(PriceList.applied_at.desc(), PriceList.id.desc())
    return db.execute(latest_first.limit(limit)).all()


def find_due(db: Session, now: dt.datetime) -> Sequence[int]:
    """Staged lists whose moment has come, in the order of their moments."""
    due = (PriceList.state == STAGED) & (PriceList.effective_at <= now)
    query = select(PriceList.id).where(due).order_by(PriceList.effective_at, PriceList.id)
    return db.execute(query).scalars().all()


def rates_as_of(db: Session, domain: str, prefixes: Sequence[str], moment: dt.datetime) -> None:
    """Replace rates by those of another moment, in a transaction that the caller rolls back.

    Only those of the domain with these prefixes.
    """
    state, now = PriceList.state, dt.datetime.now(dt.UTC)
    query = select(PriceList.id, PriceList.rate_id).where(PriceList.domain == domain)
    if moment >= now:
        coming = query.where(state == STAGED, PriceList.effective_at <= moment)
        lists = db.execute(coming.order_by(PriceList.effective_at, PriceList.id)).all()
    else:
        kept = query.where(state == KEPT, PriceList.created_at > moment)
        lists = db.execute(kept.order_by(PriceList.created_at.desc(), PriceList.id.desc())).all()
    for row in lists:  # the last one of a table is the one in force then
        table = and_(Rate.domain == domain, Rate.rate_id == row.rate_id)
        db.execute(delete(Rate).where(table, Rate.prefix.in_(prefixes)))
        columns = (getattr(PriceListRow, name) for name in COLUMNS)
        rates = select(_constant(domain), _constant(row.rate_id), *columns)
        some = rates.where(_rows_of(row.id), PriceListRow.prefix.in_(prefixes))
        db.execute(insert(Rate).from_select(["domain", "rate_id", *COLUMNS], some))


def compare_list(db: Session, list_id: int) -> ListDifference:
    """What applying the list now would change."""
    table = get_list(db, list_id)
    mine, there = _rows_of(list_id), _rates_of(table)
    new, old = PriceListRow.rate_value, Rate.rate_value
    nothing = Decimal(0)
    both = (
        select()
        .select_from(PriceListRow)
        .join(Rate, and_(there, Rate.prefix == PriceListRow.prefix))
        .where(mine)
    )
    counts = db.execute(
        both.with_only_columns(
            func.count().label("both"),
            _count_of(new > old).label("dearer"),
            _count_of(new < old).label("cheaper"),
            _count_of(and_(new == old, _differs())).label("otherwise"),
            type_coerce(func.coalesce(func.max(new - old), nothing), Money).label("most"),
            type_coerce(func.coalesce(func.min(new - old), nothing), Money).label("least"),
        )
    ).one()
    total = int(db.scalar(select(func.count()).select_from(PriceListRow).where(mine)))
    before = int(db.scalar(select(func.count()).select_from(Rate).where(there)))
    moved = counts.dearer + counts.cheaper + counts.otherwise
    return ListDifference(
        new=total - counts.both,
        gone=before - counts.both,
        dearer=counts.dearer,
        cheaper=counts.cheaper,
        otherwise=counts.otherwise,
        same=counts.both - moved,
        most_dearer=max(counts.most, Decimal(0)),
        most_cheaper=max(-counts.least, Decimal(0)),
        largest=_largest(db, both),
    )


def _largest(db: Session, both: Select[Any]) -> Sequence[PriceChange]:
    new, old = PriceListRow.rate_value, Rate.rate_value
    columns = (PriceListRow.prefix, PriceListRow.name, old.label("old"), new.label("new"))
    changed = both.with_only_columns(*columns).where(new != old)
    by_size = changed.order_by(func.abs(new - old).desc(), PriceListRow.prefix)
    return db.execute(by_size.limit(LARGEST)).all()


def apply_list(db: Session, list_id: int) -> PriceListHead:
    """Put a list in force, and keep the previous one. Raises PriceListNotStaged.

    Rates that are inserted meanwhile stay.
    """
    table = get_list(db, list_id)
    same_table = (PriceList.domain == table.domain) & (PriceList.rate_id == table.rate_id)
    # two at once on one table come one after the other
    touch(db, guard_of("rates", table.domain, table.rate_id))
    rows = select(PriceList.id, PriceList.state).where(same_table).with_for_update()
    states = {row.id: row.state for row in db.execute(rows)}
    if states.get(list_id) not in (LOADING, STAGED):
        raise PriceListNotStaged(list=list_id)
    kept = _keep(db, table)
    changes = {
        "removed": _remove_gone(db, table, kept),
        "changed": _change_differing(db, table),
        "added": _add_new(db, table),
    }
    # what is in force stands in the rates; the next list keeps it
    db.execute(delete(PriceListRow).where(PriceListRow.price_list_id == list_id))
    values = {"state": APPLIED, "applied_at": dt.datetime.now(dt.UTC), **changes}
    db.execute(update(PriceList).where(PriceList.id == list_id).values(values))
    return get_list(db, list_id)


def _keep(db: Session, table: PriceListHead) -> int:
    kept = begin_list(
        db, table.domain, table.rate_id, by=table.created_by, source=f"before list {table.id}"
    )
    there = select(_constant(kept), *(getattr(Rate, name) for name in COLUMNS))
    names = ["price_list_id", *COLUMNS]
    db.execute(insert(PriceListRow).from_select(names, there.where(_rates_of(table))))
    values: Mapping[str, Any] = {"state": KEPT, "replaced_by": table.id}
    db.execute(update(PriceList).where(PriceList.id == kept).values(values))
    return kept


def _remove_gone(db: Session, table: PriceListHead, kept: int) -> int:
    old = PriceListRow.__table__.alias("old")
    new = PriceListRow.__table__.alias("new")
    was_there = exists().where(old.c.price_list_id == kept, old.c.prefix == Rate.prefix)
    stays = exists().where(new.c.price_list_id == table.id, new.c.prefix == Rate.prefix)
    return db.execute(delete(Rate).where(_rates_of(table), was_there, ~stays)).rowcount


def _change_differing(db: Session, table: PriceListHead) -> int:
    same = and_(_rates_of(table), _rows_of(table.id), PriceListRow.prefix == Rate.prefix)
    values = {name: getattr(PriceListRow, name) for name in _VALUES}
    return db.execute(update(Rate).where(same, _differs()).values(values)).rowcount


def _add_new(db: Session, table: PriceListHead) -> int:
    there = exists().where(_rates_of(table), Rate.prefix == PriceListRow.prefix)
    columns = (getattr(PriceListRow, name) for name in COLUMNS)
    query = select(_constant(table.domain), _constant(table.rate_id), *columns)
    names = ["domain", "rate_id", *COLUMNS]
    new = query.where(_rows_of(table.id), ~there)
    return db.execute(insert(Rate).from_select(names, new)).rowcount


def get_list(db: Session, list_id: int) -> PriceListHead:
    """The list. Raises PriceListNotFound."""
    row = db.execute(select(*PriceList.__table__.columns).where(PriceList.id == list_id)).first()
    if row is None:
        raise PriceListNotFound(list=list_id)
    return row


def _rates_of(table: PriceListHead) -> ColumnElement[bool]:
    return and_(Rate.domain == table.domain, Rate.rate_id == table.rate_id)


def _rows_of(list_id: int) -> ColumnElement[bool]:
    return PriceListRow.price_list_id == list_id


def _differs() -> ColumnElement[bool]:
    pairs = ((getattr(PriceListRow, name), getattr(Rate, name)) for name in _VALUES)
    return or_(*(new.is_distinct_from(old) for new, old in pairs))


def _count_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))


def _constant(value: Any) -> Any:
    return type_coerce(
        value, PriceList.domain.type if isinstance(value, str) else PriceList.id.type
    )
