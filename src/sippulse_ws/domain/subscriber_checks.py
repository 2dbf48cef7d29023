"""Checks before a subscriber is stored: its name is free, and what it refers to exists."""

from __future__ import annotations

from typing import Any, Protocol

from sqlalchemy import BindParameter, and_, bindparam, exists, select, true

from sippulse_ws.db.statements import Prepared, Session
from sippulse_ws.domain.access import Reading
from sippulse_ws.domain.errors import (
    AliasTaken,
    DomainNotFound,
    ProfileNotFound,
    RatePlanNotFound,
    ResellerNotFound,
    SubscriberExists,
)
from sippulse_ws.domain.numbering import BY_LONGEST_PREFIX, NO_PREFIXES, prefixes
from sippulse_ws.domain.sip_fields import unfit_fields
from sippulse_ws.domain.values import Values, within
from sippulse_ws.models import DbAlias, Domain, Numbering, Profile, RatePlan, Reseller, Subscriber

_REFERENCES: dict[str, type[RatePlan | Reseller]] = {
    "rate_plan_id": RatePlan,
    "reseller_id": Reseller,
    "reseller_rate_plan_id": RatePlan,
}
_domain: BindParameter[str] = bindparam("domain")
_username: BindParameter[str] = bindparam("username")
# References that are absent are looked up with NULL, which costs nothing.
_there = select(
    exists().where(Domain.domain == _domain).label("domain"),
    exists()
    .where(Profile.domain == _domain, Profile.profile == bindparam("profile"))
    .label("profile"),
    exists()
    .where(Subscriber.username == _username, Subscriber.domain == _domain)
    .label("subscriber"),
    exists()
    .where(DbAlias.alias_username == _username, DbAlias.alias_domain == _domain)
    .label("alias"),
    *(
        exists().where(model.id == bindparam(name), model.domain == _domain).label(name)
        for name, model in _REFERENCES.items()
    ),
).subquery("there")
_COLUMNS = (*_there.c, Numbering.city_code, Numbering.local_area)


def _questions(values: Values) -> dict[str, Any]:
    names = ("domain", "username", "profile", *_REFERENCES)
    return {name: values.get(name) for name in names} | prefixes(values.get("username"))


# All facts in one round trip, separately or together with the principal.
_FACTS = Prepared(
    select(*_COLUMNS).select_from(_there.outerjoin(Numbering, BY_LONGEST_PREFIX)), NO_PREFIXES
)
NEW_SUBSCRIBER = Reading(
    *_COLUMNS,
    joins=[
        (_there, true()),
        (Numbering, and_(_there.c.domain.is_not(None), BY_LONGEST_PREFIX)),
    ],
    ask=lambda values: _questions(values["subscriber"] or {}),
    defaults=NO_PREFIXES,
)


class SubscriberFacts(Protocol):
    """Which of the objects that a subscriber refers to exist, and the codes of its number."""

    domain: bool
    profile: bool
    subscriber: bool
    alias: bool
    rate_plan_id: bool
    reseller_id: bool
    reseller_rate_plan_id: bool
    city_code: str | None
    local_area: str | None


def find_facts(db: Session, values: Values) -> SubscriberFacts:
    """The facts of NEW_SUBSCRIBER, for callers without a principal."""
    facts: SubscriberFacts = _FACTS.first(db, **_questions(values))
    return facts


def without_zeros(values: dict[str, Any]) -> dict[str, Any]:
    """The values, with None for each reference of 0."""
    return values | {name: None for name in _REFERENCES if values.get(name) == 0}


def check_new(facts: SubscriberFacts, account: str, values: Values) -> None:
    """Check that the domain exists, the name is free, and what `check_changes` checks."""
    _check_billing_type(values)
    if not facts.domain:
        raise DomainNotFound(domain=values["domain"])
    if facts.subscriber:
        raise SubscriberExists(account=account)
    if facts.alias:
        raise AliasTaken(alias=account)
    _check_references(facts, values)


def check_changes(db: Session, domain: str, values: Values) -> None:
    """Check that what is referred to exists in the domain."""
    _check_billing_type(values)
    wanted = {name: values[name] for name in ("profile", *_REFERENCES) if values.get(name)}
    if wanted:
        _check_references(find_facts(db, {"domain": domain, **wanted}), values)


def without_stored_unfit(db: Session, key: Values, changes: dict[str, Any]) -> dict[str, Any]:
    """The changes without unfit values that the subscriber has already.

    So a client may write back everything that it has read, even values stored before they were
    refused. `key` has username and domain.
    """
    names = unfit_fields(Subscriber, changes)
    if not names:
        return changes
    columns = [getattr(Subscriber, name) for name in names]
    named = and_(Subscriber.username == key["username"], Subscriber.domain == key["domain"])
    stored = db.execute(select(*columns).where(named)).first()
    same = {name for name in names if stored is not None and getattr(stored, name) == changes[name]}
    return {name: value for name, value in changes.items() if name not in same}


def _check_billing_type(values: Values) -> None:
    within(values.get("reseller_billing_type"), 0, 1, "resellerBillingType")


def _check_references(facts: SubscriberFacts, values: Values) -> None:
    if values.get("profile") is not None and not facts.profile:
        raise ProfileNotFound(profile=values["profile"])
    for name in _REFERENCES:
        if values.get(name) is not None and not getattr(facts, name):
            raise _missing(name, values[name])


def _missing(name: str, value: Any) -> Exception:
    if name == "reseller_id":
        return ResellerNotFound(reseller=value)
    field = "ratePlanId" if name == "rate_plan_id" else "resellerRatePlanId"
    return RatePlanNotFound(field=field, id=value)
