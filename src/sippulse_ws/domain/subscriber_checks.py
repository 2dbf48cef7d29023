"""What must hold before a subscriber is stored: its name is free, what it refers to is there."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, exists, select

from sippulse_ws.db.prepared import Prepared
from sippulse_ws.domain.errors import (
    AliasTaken,
    DomainNotFound,
    ProfileNotFound,
    RatePlanNotFound,
    ResellerNotFound,
    SubscriberExists,
)
from sippulse_ws.domain.values import within
from sippulse_ws.models import DbAlias, Domain, Profile, RatePlan, Reseller, Subscriber

_REFERENCES: dict[str, type[RatePlan | Reseller]] = {
    "rate_plan_id": RatePlan,
    "reseller_id": Reseller,
    "reseller_rate_plan_id": RatePlan,
}
_domain: BindParameter[str] = bindparam("domain")
_username: BindParameter[str] = bindparam("username")
# Everything in one round trip; what was not asked for is looked up with NULL and costs nothing.
_THERE = Prepared(
    select(
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
    )
)


def check(
    db: Connection, domain: str, values: dict[str, Any], new_username: str | None = None
) -> None:
    """Raise for a profile, rate plan or reseller that the domain lacks; a reference of 0 is none.

    For a new subscriber also the domain must be there, and the name free.
    """
    within(values.get("reseller_billing_type"), 0, 1, "resellerBillingType")
    for name in _REFERENCES:
        if values.get(name) == 0:
            values[name] = None
    wanted = {name: values.get(name) for name in ("profile", *_REFERENCES)}
    if new_username is None and not any(wanted.values()):
        return
    there = _THERE.first(db, domain=domain, username=new_username, **wanted)
    if new_username is not None:
        _check_free(there, new_username, domain)
    if wanted["profile"] is not None and not there.profile:
        raise ProfileNotFound(profile=wanted["profile"])
    for name in _REFERENCES:
        if wanted[name] is not None and not getattr(there, name):
            raise _missing(name, wanted[name])


def _check_free(there: Any, username: str, domain: str) -> None:
    account = f"{username}@{domain}"
    if not there.domain:
        raise DomainNotFound(domain=domain)
    if there.subscriber:
        raise SubscriberExists(account=account)
    if there.alias:
        raise AliasTaken(alias=account)


def _missing(name: str, value: Any) -> Exception:
    if name == "reseller_id":
        return ResellerNotFound(reseller=value)
    field = "ratePlanId" if name == "rate_plan_id" else "resellerRatePlanId"
    return RatePlanNotFound(field=field, id=value)
