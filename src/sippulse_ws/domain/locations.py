"""Registrations of subscribers, and permanent contacts.

The table is the SIP proxy's (Kamailio's usrloc), which writes registrations in UTC, and permanent
contacts on our request. Without configured proxies we write these ourselves.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from types import SimpleNamespace
from typing import Any

from sqlalchemy import delete, exists, insert, literal, or_, select, type_coerce, update
from sqlalchemy.exc import IntegrityError

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.errors import (
    InvalidField,
    LocationExists,
    LocationNotFound,
    MissingField,
    SubscriberNotFound,
)
from sippulse_ws.domain.proxies import Proxies, add_contact, remove_contact
from sippulse_ws.domain.reasons import Reason
from sippulse_ws.domain.sip_fields import is_sip_uri
from sippulse_ws.domain.subscribers import get_subscriber_id
from sippulse_ws.domain.values import storable
from sippulse_ws.models import Location, Subscriber
from sippulse_ws.models.proxy_views import FAR_AWAY, OF_A_PROXY, OURS, PERMANENT
from sippulse_ws.models.types import UtcDateTime

# What clients see as the expiry of a permanent contact.
NEVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
USER_AGENT = "sippulse-ws"
_COLUMNS = "callid contact cseq domain id path q received socket user_agent username".split()
_MOMENTS = ("expires", "last_modified")


def list_locations(db: Session, username: str | None, domain: str) -> list[SimpleNamespace]:
    """The contacts under which the subscriber can be reached now."""
    get_subscriber_id(db, username, domain)
    moments = (type_coerce(getattr(Location, name), UtcDateTime).label(name) for name in _MOMENTS)
    columns = (getattr(Location, name) for name in _COLUMNS)
    query = select(*columns, *moments, PERMANENT.label("permanent"))
    query = query.where(_of(username, domain), _current())
    rows = [dict(row._mapping) for row in db.execute(query.order_by(Location.contact, Location.id))]
    for row in rows:
        if row.pop("permanent"):
            row["expires"] = NEVER
    return [SimpleNamespace(**row) for row in rows]


def add_permanent(
    db: Session, proxies: Proxies, username: str | None, domain: str, contact: str | None
) -> None:
    """Add a permanent contact. An error if the same one is registered or permanent already."""
    uri = _checked(contact)
    get_subscriber_id(db, username, domain)
    taken = exists().where(_of(username, domain), Location.contact == uri, _current())
    if db.execute(select(taken)).scalar():
        raise LocationExists(contact=uri)
    if proxies:
        add_contact(proxies, f"{username}@{domain}", uri)
        # a proxy takes only epoch 0 in its own time zone for never, and a moment far away is far
        # away everywhere: one in another zone would remove this contact within a minute
        told = (_of(username, domain), Location.contact == uri, OF_A_PROXY)
        db.execute(update(Location).where(*told).values(expires=FAR_AWAY))
    else:
        _write(db, {"username": username, "domain": domain, "contact": uri})


def remove_permanent(
    db: Session, proxies: Proxies, username: str | None, domain: str, contact: str | None
) -> None:
    """Remove a permanent contact; one that a phone registered is refused."""
    if not contact:
        raise MissingField(field="contact")
    get_subscriber_id(db, username, domain)
    permanent = (_of(username, domain), Location.contact == contact, PERMANENT)
    if not db.execute(select(exists().where(*permanent))).scalar():
        get_subscriber_id(db, username, domain)  # or it was removed in this moment
        raise LocationNotFound(contact=contact)
    remove_contact(proxies, f"{username}@{domain}", contact)
    gone = db.execute(delete(Location).where(*permanent)).rowcount
    if not (proxies or gone):  # lost a race with a concurrent request
        get_subscriber_id(db, username, domain)
        raise LocationNotFound(contact=contact)


def _write(db: Session, key: dict[str, str | None]) -> None:
    """Insert the contact if the subscriber exists, in one statement, since it may be removed."""
    values: dict[str, Any] = {
        "ruid": _ruid(f"{key['username']}@{key['domain']}", str(key["contact"])),
        "expires": FAR_AWAY,
        "last_modified": _now(),
        "user_agent": USER_AGENT,
    }
    columns = Location.__table__.columns
    row = {name: literal(value, columns[name].type) for name, value in (key | values).items()}
    owner = (Subscriber.username == key["username"]) & (Subscriber.domain == key["domain"])
    try:
        stored = db.execute(
            insert(Location).from_select(
                list(row), select(*row.values()).where(owner).with_for_update(read=True)
            )
        )
    except IntegrityError:  # lost a race with a concurrent request
        raise LocationExists(contact=key["contact"]) from None
    if stored.rowcount == 0:
        raise SubscriberNotFound(account=f"{key['username']}@{key['domain']}")


def _of(username: str | None, domain: str) -> Any:
    return (Location.username == username) & (Location.domain == domain)


def _current() -> Any:
    return or_(PERMANENT, Location.expires > _now())


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0)


def _ruid(account: str, contact: str) -> str:
    """A unique id per account and contact, so that concurrent requests cannot store it twice."""
    return OURS + hashlib.sha256(f"{account}\n{contact}".encode()).hexdigest()[:40]


def _checked(contact: str | None) -> str:
    if not contact:
        raise MissingField(field="contact")
    if not is_sip_uri(contact, headers=True):
        raise InvalidField("contact", Reason.NOT_A_SIP_URI)
    storable(Location, {"contact": contact})
    return contact
