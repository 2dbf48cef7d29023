"""Finds subscribers for the operator: by domain, text, plan, reseller, credit and state."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.errors import SubscriberNotFound
from sippulse_ws.domain.subscribers import CORE
from sippulse_ws.models import (
    Address,
    DbAlias,
    Did,
    Location,
    RatePlan,
    Reseller,
    Subscriber,
    UserWhiteList,
)
from sippulse_ws.models.proxy_views import PERMANENT

_TEXTS = (
    Subscriber.username,
    Subscriber.first_name,
    Subscriber.last_name,
    Subscriber.document,
    Subscriber.contract_number,
    Subscriber.email_address,
)
LISTED = (
    Subscriber.account_code,
    Subscriber.active,
    Subscriber.profile,
    Subscriber.first_name,
    Subscriber.last_name,
    RatePlan.name.label("plan"),
    Reseller.name.label("reseller"),
    Subscriber.credit,
)
_SHOWN = ("active", "credit", "credit_expires_at", "cps", "keep_alive")


@dataclass(frozen=True, slots=True)
class SubscriberFilter:
    """None and False: any. `plan` and `reseller` are names or ids."""

    domain: str | None = None
    text: str | None = None
    plan: str | None = None
    reseller: str | None = None
    credit_below: Decimal | None = None
    blocked: bool = False
    unregistered: bool = False

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.domain is not None:
            found.append(Subscriber.domain == self.domain)
        if self.text:
            part = self.text.lower()
            found.append(or_(*(_contains(column, part) for column in _TEXTS)))
        if self.plan is not None:
            found.append(_named(RatePlan, self.plan))
        if self.reseller is not None:
            found.append(_named(Reseller, self.reseller))
        if self.credit_below is not None:
            found.append(Subscriber.credit < self.credit_below)
        if self.blocked:
            found.append(~Subscriber.active)
        if self.unregistered:
            found.append(~_registered())
        return found


def select_subscribers(wanted: SubscriberFilter, columns: Sequence[Any] = LISTED) -> Select[Any]:
    """The query for these subscribers, in order of domain and username."""
    return (
        select(*columns)
        .select_from(Subscriber)
        .outerjoin(RatePlan, RatePlan.id == Subscriber.rate_plan_id)
        .outerjoin(Reseller, Reseller.id == Subscriber.reseller_id)
        .where(*wanted.conditions())
        .order_by(Subscriber.domain, Subscriber.username)
    )


def show_subscriber(db: Session, account: str) -> dict[str, Any]:
    """Everything about a subscriber except passwords, with what belongs to it."""
    columns = [getattr(Subscriber, name) for name in (*CORE, *_SHOWN)]
    row = db.execute(select(*columns).where(Subscriber.account_code == account)).first()
    if row is None:
        raise SubscriberNotFound(account=account)
    found = row._asdict()
    for name, model, shown in (
        ("aliases", DbAlias, DbAlias.alias_username + "@" + DbAlias.alias_domain),
        ("dids", Did, Did.alias_username),
        ("white_list", UserWhiteList, UserWhiteList.prefix),
    ):
        owned = model.subscriber_id == found["id"]
        found[name] = list(db.execute(select(shown).where(owned).order_by(shown)).scalars())
    found["addresses"] = [f"{one.ip_address}/{one.mask}" for one in _addresses(db, found["id"])]
    contacts = select(Location.contact).where(_current(), _same_account(found))
    found["contacts"] = list(db.execute(contacts.order_by(Location.contact)).scalars())
    return found


def _addresses(db: Session, subscriber_id: int) -> Sequence[Row[Any]]:
    owned = Address.subscriber_id == subscriber_id
    columns = Address.ip_address, Address.mask
    return db.execute(select(*columns).where(owned).order_by(*columns)).all()


def _same_account(found: dict[str, Any]) -> ColumnElement[bool]:
    return and_(Location.username == found["username"], Location.domain == found["domain"])


def _registered() -> ColumnElement[bool]:
    same = (Location.username == Subscriber.username) & (Location.domain == Subscriber.domain)
    return exists().where(same, _current())


def _current() -> ColumnElement[bool]:
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    return or_(Location.expires > now, PERMANENT)


def _named(model: type[RatePlan | Reseller], told: str) -> ColumnElement[bool]:
    return or_(model.name == told, model.id == (int(told) if told.isdigit() else -1))


def _contains(column: Any, part: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = func.lower(column).contains(part, autoescape=True)
    return found
