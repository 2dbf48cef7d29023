"""Daily and monthly quotas of subscribers, in minutes (M) or value (V)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select, update

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.errors import InvalidField, MissingField, SubscriberNotFound
from sippulse_ws.domain.reasons import Reason
from sippulse_ws.domain.subscribers import key
from sippulse_ws.domain.values import Values, present, storable, wire_name
from sippulse_ws.models import Subscriber

DAILY = "daily_quota"
MONTHLY = "monthly_quota"
TYPES = ("M", "V")


def get_quota(
    db: Session, username: str | None, domain: str, which: str, *, to_change: bool = False
) -> Row[Any]:
    """The quota; `to_change` locks it until the transaction ends."""
    query = select(
        *(getattr(Subscriber, name) for name in _columns(which)),
        Subscriber.domain,
        Subscriber.username,
    ).where(key(username, domain))
    row = db.execute(query.with_for_update() if to_change else query).first()
    if row is None:
        raise SubscriberNotFound(account=f"{username}@{domain}")
    return row


def update_quota(db: Session, values: Values, which: str) -> None:
    """Change a quota; absent fields stay, an empty type means none, an active quota needs one."""
    username, domain = values.get("username"), values["domain"]
    stored = get_quota(db, username, domain, which, to_change=True)
    changes = present(values, _columns(which))
    kind = f"{which}_type"
    if changes.get(kind) == "":
        changes[kind] = None
    after = dict(stored._mapping) | changes
    if after[kind] not in (*TYPES, None):
        raise InvalidField(wire_name(kind), Reason.NEITHER_M_NOR_V)
    if after[which] and after[kind] is None:
        raise MissingField(field=wire_name(kind))
    for name in (f"{which}_limit", f"{which}_consumed"):
        if changes.get(name, 0) < 0:
            raise InvalidField(wire_name(name), Reason.NEGATIVE)
    changes = storable(Subscriber, changes)
    if changes:
        db.execute(update(Subscriber).where(key(username, domain)).values(changes))


def _columns(which: str) -> tuple[str, ...]:
    return (which, f"{which}_type", f"{which}_limit", f"{which}_consumed")
