"""Rate plans: how the calls of a subscriber are billed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.access import Scope
from sippulse_ws.domain.domains import require_domain
from sippulse_ws.domain.errors import InvalidField, MissingField, RatePlanInUse, RatePlanNotFound
from sippulse_ws.domain.reasons import Reason
from sippulse_ws.domain.rows import insert_row
from sippulse_ws.domain.values import (
    INT_MAX,
    Values,
    present,
    required,
    storable,
    wire_name,
    within,
)
from sippulse_ws.models import RatePlan, Subscriber

_FIELDS = (
    "block_calls_without_rate cadency free_minutes limit_to_credit_expires markup name prepaid "
    "rate_id tx_connection tx_delay tx_discard"
).split()
SELECT = select(*(getattr(RatePlan, name) for name in ("domain", "id", *_FIELDS)))
_DAYS_MAX = 36_500  # a moment a hundred years ahead can still be stored
_LIMITS = {
    "cadency": (1, 60),
    "tx_connection": (1, 60),
    "free_minutes": (0, INT_MAX),
    "limit_to_credit_expires": (0, _DAYS_MAX),
    "tx_delay": (0, INT_MAX),
    "tx_discard": (0, INT_MAX),
}


def list_rate_plans(db: Session, domain: str) -> Sequence[Row[Any]]:
    require_domain(db, domain)
    query = SELECT.where(RatePlan.domain == domain)
    return db.execute(query.order_by(RatePlan.name, RatePlan.id)).all()


def insert_rate_plan(db: Session, values: Values) -> Row[Any]:
    """Store a plan; the id is made here, absent fields get the documented defaults."""
    required(values, "domain", "name", "rate_id")
    require_domain(db, values["domain"])
    _check(values)
    stored = storable(RatePlan, present(values, _FIELDS))
    plan_id = insert_row(db, RatePlan, stored | {"domain": values["domain"]})
    return db.execute(SELECT.where(RatePlan.id == plan_id)).one()


def update_rate_plan(db: Session, scope: Scope, values: Values) -> Row[Any]:
    """Change a plan; absent fields stay, and a plan stays in its domain."""
    plan = _get(db, scope, values.get("id"), "id")
    if values.get("domain") not in (None, "", plan.domain):
        raise InvalidField("domain", Reason.PLAN_OF_ANOTHER_DOMAIN)
    if values.get("name") == "":
        raise MissingField(field="name")
    _check(values)
    changes = storable(RatePlan, present(values, _FIELDS))
    if changes:
        db.execute(update(RatePlan).where(RatePlan.id == plan.id).values(changes))
    row = db.execute(SELECT.where(RatePlan.id == plan.id)).first()
    if row is None:  # lost a race with a concurrent request
        raise RatePlanNotFound(field="id", id=plan.id)
    return row


def remove_rate_plan(db: Session, scope: Scope, plan_id: int | None) -> None:
    """Remove a plan; refused while a subscriber, or a reseller for its subscribers, uses it."""
    plan = _get(db, scope, plan_id, "idRatePlan")
    try:
        removed = db.execute(delete(RatePlan).where(RatePlan.id == plan.id)).rowcount
    except IntegrityError:
        for_reseller = Subscriber.reseller_rate_plan_id == plan.id
        resellers = select(func.count(Subscriber.reseller_id.distinct())).where(for_reseller)
        used = or_(Subscriber.rate_plan_id == plan.id, for_reseller)
        subscribers = select(func.count()).where(used)
        raise RatePlanInUse(
            subscribers=db.execute(subscribers).scalar(), resellers=db.execute(resellers).scalar()
        ) from None
    if removed == 0:  # lost a race with a concurrent request
        raise RatePlanNotFound(field="idRatePlan", id=plan_id)


def _get(db: Session, scope: Scope, plan_id: int | None, field: str) -> Row[Any]:
    if plan_id is None:
        raise MissingField(field=field)
    query = select(RatePlan.id, RatePlan.domain).where(RatePlan.id == plan_id)
    row = db.execute(query).first()
    if row is None or not scope.allows(db, row.domain):
        raise RatePlanNotFound(field=field, id=plan_id)
    return row


def _check(values: Values) -> None:
    for name, (low, high) in _LIMITS.items():
        within(values.get(name), low, high, wire_name(name))
