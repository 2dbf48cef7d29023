"""Registrations of subscribers, among them the permanent contacts that we make.

The table is the SIP proxy's (Kamailio's usrloc): it writes registrations, we write the contacts
that never expire. Times are UTC.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from ipaddress import IPv6Address
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, or_, select, type_coerce
from sqlalchemy.exc import IntegrityError

from sippulse_ws.domain.errors import (
    InvalidField,
    LocationExists,
    LocationNotFound,
    MissingField,
)
from sippulse_ws.domain.rows import insert_row
from sippulse_ws.domain.subscribers import get_subscriber_id
from sippulse_ws.domain.values import storable
from sippulse_ws.models import Location
from sippulse_ws.models.types import UtcDateTime

# How Kamailio says that a contact never expires.
PERMANENT = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - the column has no zone
USER_AGENT = "sippulse-ws"
_COLUMNS = "callid contact cseq domain id path q received socket user_agent username".split()
_MOMENTS = ("expires", "last_modified")

_ESCAPED = "%[0-9A-Fa-f]{2}"
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
# RFC 3261, 25.1
_SIP_URI = re.compile(
    rf"""sips?:
    (?:(?:[A-Za-z0-9_.!~*'()&=+$,;?/-]|{_ESCAPED})+            # user
       (?::(?:[A-Za-z0-9_.!~*'()&=+$,-]|{_ESCAPED})*)?@)?      # password
    (?:{_LABEL}(?:\.{_LABEL})*\.?|\[(?P<ipv6>[0-9A-Fa-f:.]+)\])
    (?::(?P<port>[0-9]{{1,5}}))?
    (?:;(?:[A-Za-z0-9_.!~*'()\[\]/:&+$=-]|{_ESCAPED})+)*       # parameters
    (?:\?(?:[A-Za-z0-9_.!~*'()\[\]/?:+$=&-]|{_ESCAPED})+)?     # headers
    """,
    re.VERBOSE | re.IGNORECASE,
)
_PORT_MAX = 65535


def list_locations(db: Connection, username: str | None, domain: str) -> Sequence[Row[Any]]:
    """The contacts under which the subscriber can be reached now."""
    get_subscriber_id(db, username, domain)
    moments = (type_coerce(getattr(Location, name), UtcDateTime).label(name) for name in _MOMENTS)
    columns = (getattr(Location, name) for name in _COLUMNS)
    query = select(*columns, *moments).where(_of(username, domain), _current())
    return db.execute(query.order_by(Location.contact, Location.id)).all()


def add_permanent(db: Connection, username: str | None, domain: str, contact: str | None) -> None:
    """A contact that never expires; the same one registered or permanent already is a fault."""
    uri = _checked(contact)
    get_subscriber_id(db, username, domain)
    taken = exists().where(_of(username, domain), Location.contact == uri, _current())
    if db.execute(select(taken)).scalar():
        raise LocationExists(contact=uri)
    values = {
        "ruid": _ruid(f"{username}@{domain}", uri),
        "username": username,
        "domain": domain,
        "contact": uri,
        "expires": PERMANENT,
        "last_modified": _now(),
        "user_agent": USER_AGENT,
    }
    try:
        insert_row(db, Location, values)
    except IntegrityError:  # somebody was faster
        raise LocationExists(contact=uri) from None


def remove_permanent(
    db: Connection, username: str | None, domain: str, contact: str | None
) -> None:
    """Registrations of phones are theirs to end."""
    if not contact:
        raise MissingField(field="contact")
    get_subscriber_id(db, username, domain)
    permanent = (Location.contact == contact) & (Location.expires == PERMANENT)
    if db.execute(delete(Location).where(_of(username, domain), permanent)).rowcount == 0:
        raise LocationNotFound(contact=contact)


def _of(username: str | None, domain: str) -> Any:
    return (Location.username == username) & (Location.domain == domain)


def _current() -> Any:
    return or_(Location.expires == PERMANENT, Location.expires > _now())


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0)


def _ruid(account: str, contact: str) -> str:
    """One per account and contact, so that two requests at once cannot store it twice."""
    return "perm-" + hashlib.sha256(f"{account}\n{contact}".encode()).hexdigest()[:40]


def _checked(contact: str | None) -> str:
    if not contact:
        raise MissingField(field="contact")
    uri = _SIP_URI.fullmatch(contact)
    if uri is None or int(uri["port"] or 0) > _PORT_MAX or not _is_ipv6(uri["ipv6"]):
        raise InvalidField("contact", "não é uma URI SIP", "not a SIP URI")
    storable(Location, {"contact": contact})
    return contact


def _is_ipv6(text: str | None) -> bool:
    """Whether an address in brackets is one; none at all is fine."""
    try:
        return text is None or bool(IPv6Address(text))
    except ValueError:
        return False
