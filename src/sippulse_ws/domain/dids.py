"""DID numbers: an account's own, and the inventory of a domain."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter
from typing import Any

from sqlalchemy import Row, bindparam, delete, exists, or_, select, update
from sqlalchemy.exc import IntegrityError

from sippulse_ws.db.statements import Prepared, Session, stream
from sippulse_ws.domain import events
from sippulse_ws.domain.access import Reading, Scope
from sippulse_ws.domain.domains import require_domain
from sippulse_ws.domain.errors import (
    DidNotFound,
    DidTaken,
    MissingField,
    SubscriberNotFound,
)
from sippulse_ws.domain.errors_guard import (
    DestinationNotFound,
    EmergencyNumber,
    NoNumberOutside,
    NotInInventory,
)
from sippulse_ws.domain.rows import insert_row, refers_to_nothing
from sippulse_ws.domain.stored_settings import emergency_expression, is_emergency
from sippulse_ws.domain.values import (
    INT_MAX,
    Values,
    present,
    required,
    storable,
    username_text,
)
from sippulse_ws.models import DbAlias, Did, HuntGroup, Subscriber

_DETAILS = (
    "did_header did_to_ruri gwid local_area monthly_subscription reverse_billing username domain"
).split()
ADMINISTRATOR, SUPERUSER, UPGRADE = "administrator", "superuser", "upgrade"
_HUNT_GROUP = re.compile("huntgroup-([1-9][0-9]{0,9})", re.ASCII)
# What an assigned number loses when it goes back to the inventory.
_FREE: dict[str, Any] = {
    "subscriber_id": None,
    "username": None,
    "domain": None,
    "did_header": None,
    "did_to_ruri": False,
    "gwid": None,
    "local_area": None,
    "monthly_subscription": Decimal(0),
    "reverse_billing": False,
}


# An account's DIDs, read along with the principal. Sorted by MariaDB they would cost it twice as
# much: a row that is one JSON array is too long to be sorted in memory.
BY_ACCOUNT = Reading(
    Subscriber.account_code,
    Did.id,
    Did.alias_username,
    *(getattr(Did, name) for name in _DETAILS),
    joins=[
        (Subscriber, Subscriber.account_code == bindparam("account_code")),
        (Did, Did.subscriber_id == Subscriber.id),
    ],
    parameters=["account_code"],
)


_number = attrgetter("alias_username")


def list_by_account(rows: list[Any], account_code: str) -> list[Any]:
    """The DIDs among the rows of BY_ACCOUNT, by number. An unknown account is an error."""
    if not rows:
        raise SubscriberNotFound(account=account_code)
    there = [row for row in rows if row.id is not None]
    return sorted(there, key=_number)  # by code points, as `Key` columns are sorted


def list_available_numbers(db: Session, domain: str) -> Generator[str]:
    require_domain(db, domain)
    free = (Did.inventory_domain == domain) & Did.subscriber_id.is_(None)
    query = select(Did.alias_username).where(free).order_by(Did.alias_username)
    return stream(db, query, scalars=True)


@dataclass(frozen=True, slots=True)
class NumberRules:
    """The installation's rules for new numbers."""

    emergency: tuple[str, ...] = ()  # codes like 1XX, X being any digit: a superuser's only
    inventory_only: bool = False


OPEN = NumberRules()


def insert_did(db: Session, scope: Scope, values: Values, rules: NumberRules = OPEN) -> int:
    """Assign a number to an account, a free one of its domain or a new one; returns its id.

    Without `username` calls are delivered to the account itself.
    """
    if not values["username"]:
        own = (values["account_code"] or "").rpartition("@")[0]
        values = {**values, "username": own or None}
    required(values, "account_code", "alias_username", "username", "domain")
    scope.require(db, values["domain"])
    require_domain(db, values["domain"])
    owner = db.execute(
        select(Subscriber.id, Subscriber.domain)
        .where(Subscriber.account_code == values["account_code"])
        .with_for_update(read=True)  # it stays until it has the number
    ).first()
    if owner is None:
        raise SubscriberNotFound(account=values["account_code"])
    number = username_text(values["alias_username"], "aliasUsername")
    username_text(values["username"])
    if not scope.superuser and is_emergency(number, emergency_expression(rules.emergency)):
        raise EmergencyNumber(number=number)
    stored = storable(Did, present(values, _DETAILS) | {"alias_username": number})
    stored["subscriber_id"] = owner.id
    _require_destination(db, values["username"], values["domain"])
    events.emit(db, events.DID_ASSIGNED, values["account_code"], {"number": number})
    known = _find_number(db, number)
    if known is None:
        if rules.inventory_only and not scope.superuser:
            raise NotInInventory(number=number)
        origin = SUPERUSER if scope.superuser else ADMINISTRATOR
        return _create(db, stored | {"origin": origin}, values["account_code"])
    stored["alias_username"] = known.alias_username  # as the inventory spells it
    if known.subscriber_id is not None or known.inventory_domain != owner.domain:
        raise DidTaken(number=number)
    free = (Did.id == known.id) & Did.subscriber_id.is_(None)
    try:
        assigned = db.execute(update(Did).where(free).values(stored)).rowcount
    except IntegrityError:  # the owner was removed in this moment
        raise SubscriberNotFound(account=values["account_code"]) from None
    if assigned == 0:
        raise DidTaken(number=number)
    return int(known.id)


def spellings(number: str) -> tuple[str, ...]:
    """The two ways in which a number may be stored: with and without the leading +."""
    digits = number.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        return (number,)
    return digits, f"+{digits}"


def _find_number(db: Session, number: str) -> Row[Any] | None:
    """The row of a number, with or without +; one in use comes first."""
    rows = db.execute(
        select(Did.id, Did.alias_username, Did.inventory_domain, Did.subscriber_id).where(
            Did.alias_username.in_(spellings(number))
        )
    ).all()
    return min(
        rows,
        key=lambda row: (row.subscriber_id is None, row.alias_username != number),
        default=None,
    )


def delete_did(db: Session, scope: Scope, did_id: int | None) -> None:
    """Free an inventory number, or remove another; both domains must be granted."""
    if did_id is None:
        raise MissingField(field="didId")
    # nobody else frees it meanwhile and gives it to another account
    db.execute(select(Did.id).where(Did.id == did_id).with_for_update())
    row = db.execute(
        select(
            Did.id,
            Did.inventory_domain,
            Did.subscriber_id,
            Did.domain,
            Subscriber.domain.label("owner_domain"),
        )
        .outerjoin(Subscriber, Subscriber.id == Did.subscriber_id)
        .where(Did.id == did_id)
    ).first()
    owner = None if row is None else row.owner_domain or row.inventory_domain
    if row is None or not scope.allows(db, owner) or not scope.allows(db, row.domain or owner):
        raise DidNotFound(id=did_id)
    if row.subscriber_id is not None:  # free already: a repeated request changes nothing
        _TELL_FREED.queue(db, at=dt.datetime.now(dt.UTC), did_id=did_id)
        for statement in _RELEASE:
            statement.queue(db, did_id=did_id)


def release_all(db: Session, subscriber_id: int) -> None:
    """Free the numbers of an account that is removed."""
    _TELL_ALL_FREED.queue(db, at=dt.datetime.now(dt.UTC), owner_id=subscriber_id)
    for statement in _RELEASE_ALL:
        statement.queue(db, owner_id=subscriber_id)


def outside_inventories(db: Session, origin: str | None = None) -> Sequence[Row[Any]]:
    """Assigned numbers outside the inventories, with origin and account."""
    columns = (Did.alias_username, Did.origin, Subscriber.account_code, Did.username, Did.domain)
    query = select(*columns).join(Subscriber, Subscriber.id == Did.subscriber_id)
    query = query.where(Did.inventory_domain.is_(None))
    if origin is not None:
        query = query.where(Did.origin == origin)
    return db.execute(query.order_by(Did.alias_username)).all()


def set_origin(db: Session, number: str, origin: str) -> None:
    """Set whether callers of other domains reach a number outside the inventories."""
    same = (Did.alias_username == number) & Did.inventory_domain.is_(None)
    if db.execute(update(Did).where(same).values(origin=origin)).rowcount == 0:
        raise NoNumberOutside(number=number)


def _require_destination(db: Session, username: str, domain: str) -> None:
    """Check that the destination is a subscriber, an alias or a hunt group of the domain."""
    alias = (DbAlias.alias_username == username) & (DbAlias.alias_domain == domain)
    there = [
        exists().where(Subscriber.username == username, Subscriber.domain == domain),
        exists().where(alias),
    ]
    group = _HUNT_GROUP.fullmatch(username)
    if group is not None and int(group[1]) <= INT_MAX:
        there.append(exists().where(HuntGroup.id == int(group[1]), HuntGroup.domain == domain))
    if not db.execute(select(or_(*there))).scalar():
        raise DestinationNotFound(destination=f"{username}@{domain}")


def _releasing(condition: Any) -> tuple[Prepared, Prepared]:
    """Return numbers to their inventory, or delete those that come from none."""
    stocked = Did.inventory_domain.is_not(None)
    return (
        Prepared(update(Did).where(condition, stocked).values(_FREE)),
        Prepared(delete(Did).where(condition, ~stocked)),
    )


_RELEASE = _releasing(Did.id == bindparam("did_id"))
_RELEASE_ALL = _releasing(Did.subscriber_id == bindparam("owner_id"))


_TELL_FREED = events.prepare_numbers(events.DID_FREED, Did.id == bindparam("did_id"))
_TELL_ALL_FREED = events.prepare_numbers(
    events.DID_FREED, Did.subscriber_id == bindparam("owner_id")
)


def _create(db: Session, stored: dict[str, Any], owner: str) -> int:
    number = stored["alias_username"]
    try:
        did_id = insert_row(db, Did, stored)
    except IntegrityError as error:  # lost a race with a concurrent request
        if refers_to_nothing(error):
            raise SubscriberNotFound(account=owner) from None
        raise DidTaken(number=number) from None
    others = [one for one in spellings(number) if one != number]
    # no constraint spans two spellings: whoever looks second waits for the other, and sees it
    twin = select(Did.id).where(Did.alias_username.in_(others)).with_for_update(read=True)
    if others and db.execute(twin).first() is not None:
        raise DidTaken(number=number)
    return did_id
