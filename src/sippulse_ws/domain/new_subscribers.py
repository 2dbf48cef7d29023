"""Inserting a subscriber, step by step: what is asked for, facts, checks, the row, storing it.

`subscriber_checks` reads the facts, together with the principal or separately.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, ColumnElement, bindparam, insert, true
from sqlalchemy.exc import IntegrityError

from sippulse_ws.db.statements import Prepared, Session
from sippulse_ws.domain import events, numbering
from sippulse_ws.domain.errors import AliasTaken, DomainError, SubscriberExists
from sippulse_ws.domain.passwords import sealed_passwords
from sippulse_ws.domain.sip_names import NAME_SUBSCRIBER, is_aliased
from sippulse_ws.domain.subscriber_checks import (
    SubscriberFacts,
    check_new,
    find_facts,
    without_zeros,
)
from sippulse_ws.domain.subscribers import WRITTEN, account_code
from sippulse_ws.domain.values import Values, required, rows_fit, storable, username_text
from sippulse_ws.domain.vault import Vault
from sippulse_ws.models import Subscriber
from sippulse_ws.models.types import Money


def _default(column: ColumnElement[Any]) -> bool | int | Decimal | None:
    """What is stored for an absent value; the models define which flags are on."""
    default = getattr(column, "server_default", None)
    if default is None:
        return None
    if isinstance(column.type, Boolean):
        return default.arg is true()
    return Decimal(0) if isinstance(column.type, Money) else 0


DEFAULTS = {
    column.name: _default(column) for column in Subscriber.__table__.columns if column.name != "id"
}
_WRITTEN = frozenset(WRITTEN)
_INSERT = Prepared(
    insert(Subscriber).values({name: bindparam(name) for name in DEFAULTS}), DEFAULTS
)


@dataclass(frozen=True, slots=True)
class AskedSubscriber:
    """What a client wants to store; absent fields get the documented defaults."""

    username: str
    domain: str
    fields: Mapping[str, Any]  # the fields sent, and the name; a reference is never 0
    passwords: Values

    @property
    def account(self) -> str:
        return account_code(self.username, self.domain)


def asked_subscriber(values: Values) -> AskedSubscriber:
    """Check that required fields are there, and that the name can be in a SIP address."""
    required(values, "username", "domain", "password", "profile")
    username, domain = username_text(values["username"]), values["domain"]
    names = {
        "username": username,
        "domain": domain,
        "account_code": account_code(username, domain),
    }
    sent = {name: one for name, one in values.items() if one is not None and name in _WRITTEN}
    fields = without_zeros(sent) | names
    return AskedSubscriber(username, domain, fields, passwords=values)


def insert_subscriber(
    db: Session, vault: Vault, values: Values, facts: SubscriberFacts | None = None
) -> int:
    """Store a new subscriber; returns its id.

    `facts` is the row of NEW_SUBSCRIBER, if it was read together with the principal.
    """
    asked = asked_subscriber(values)
    row = checked_row(vault, asked, facts or find_facts(db, asked.fields))
    return _store(db, asked, row)


def all_fit(asked: Iterable[AskedSubscriber]) -> bool:
    """Whether all values fit their columns unchanged."""
    return rows_fit(Subscriber, [one.fields for one in asked])


def checked_row(
    vault: Vault, asked: AskedSubscriber, facts: SubscriberFacts, *, fits: bool = False
) -> dict[str, Any]:
    """The row to store, without the columns that have their defaults.

    `fits`: all fields are known to fit their columns unchanged.
    """
    check_new(facts, asked.account, asked.fields)
    row = {**asked.fields} if fits else storable(Subscriber, asked.fields)
    row |= sealed_passwords(vault, asked.username, asked.domain, asked.passwords)
    return row | numbering.guess(facts, row)


def told_of_new(row: Values) -> dict[str, Any]:
    """The data of the event of a new subscriber."""
    return {"profile": row["profile"], "rate_plan_id": row.get("rate_plan_id")}


def _store(db: Session, asked: AskedSubscriber, row: Values) -> int:
    events.emit(db, events.SUBSCRIBER_INSERTED, asked.account, told_of_new(row))
    inserted = _INSERT.queue(db, **row)
    try:
        NAME_SUBSCRIBER.run(db, username=asked.username, domain=asked.domain)
    except IntegrityError:
        raise _lost_race(db, asked) from None
    return inserted.result.row_id


def _lost_race(db: Session, asked: AskedSubscriber) -> DomainError:
    """The error to raise after a concurrent request has changed the facts."""
    if is_aliased(db, asked.username, asked.domain):
        return AliasTaken(alias=asked.account)
    try:
        check_new(find_facts(db, asked.fields), asked.account, asked.fields)
    except DomainError as error:
        return error
    return SubscriberExists(account=asked.account)
