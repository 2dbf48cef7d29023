"""Subscribers: retrieve, update, remove, and the flags; `new_subscribers` inserts them."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from sqlalchemy import (
    Row,
    and_,
    bindparam,
    delete,
    null,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from sippulse_ws.db.statements import Prepared, Session
from sippulse_ws.domain import dids, events
from sippulse_ws.domain.access import Reading
from sippulse_ws.domain.errors import (
    InvalidField,
    MissingField,
    SubscriberNotFound,
)
from sippulse_ws.domain.former_names import note_former_name
from sippulse_ws.domain.guards import guard_of, touch
from sippulse_ws.domain.passwords import sealed_passwords
from sippulse_ws.domain.profiles import get_profile_name
from sippulse_ws.domain.reasons import Reason
from sippulse_ws.domain.subscriber_checks import (
    check_changes,
    without_stored_unfit,
    without_zeros,
)
from sippulse_ws.domain.values import (
    Values,
    present,
    storable,
    wire_name,
)
from sippulse_ws.domain.vault import Vault
from sippulse_ws.models import Location, Subscriber
from sippulse_ws.models.subscriber import SubscriberRecord

# The columns of SubscriberDto except passwords.
CORE = sorted(SubscriberRecord.__annotations__)
CLASS_V = "boss_secretary call_fwd call_group fwd_busy no_answer pickup_group pin_code".split()
BILLING = (
    "address city complement contract_number document first_name last_name mobile number phone "
    "quarter state zip"
).split()
_Row = TypeVar("_Row")
KEY_COLUMNS = (Subscriber.domain, Subscriber.username)
SERVICES = "area_code call_limit city_code country_code cps keep_alive local_area rpid".split()

# Computed columns and the key: never written from a request.
_NOT_WRITTEN = {"id", "username", "domain", "account_code"}
WRITTEN = [name for name in CORE if name not in _NOT_WRITTEN]
_WRITTEN = frozenset(WRITTEN)

_ANSWER = (
    *(getattr(Subscriber, name) for name in CORE),
    null().label("password"),
    null().label("password_portal"),
)
RETRIEVE = select(*_ANSWER)
_BY_PARAMETERS = and_(
    Subscriber.username == bindparam("username"), Subscriber.domain == bindparam("domain")
)


def reading(*columns: Any, joins: Sequence[tuple[Any, Any]] = ()) -> Reading:
    """Read these columns of the subscriber named by the parameters, with the principal."""
    return Reading(
        Subscriber.id,
        *columns,
        joins=[(Subscriber, _BY_PARAMETERS), *joins],
        parameters=[column.key for column in KEY_COLUMNS],
    )


NAMED = reading(*KEY_COLUMNS)
# The subscriber named by the parameter `subscriber`.
SENT = Reading(
    Subscriber.id,
    joins=[(Subscriber, _BY_PARAMETERS)],
    ask=lambda values: {one.key: (values["subscriber"] or {}).get(one.key) for one in KEY_COLUMNS},
)
SUBSCRIBER = reading(*(column for column in _ANSWER if column is not Subscriber.id))
SUBSCRIBER_CLASS_V = reading(*(getattr(Subscriber, name) for name in CLASS_V), *KEY_COLUMNS)


class Identified(Protocol):
    """A row of SENT."""

    id: int


class NamedSubscriber(Identified, Protocol):
    """A row of NAMED."""

    username: str
    domain: str


class Flag(Enum):
    """The columns that the activate… and block… operations set."""

    ACTIVE = "active"
    ACTIVE_INCOMING_CALLS = "active_incoming_calls"
    ACTIVE_OUTGOING_CALLS = "active_outgoing_calls"
    BLOCK_ANONYMOUS_CALLS = "block_anonymous_calls"
    BLOCK_COLLECT_CALLS = "block_collect_calls"
    BLOCK_ENTRY_0303 = "block_entry0303"
    CALLS_ONLY_BY_IP = "calls_only_by_ip"
    DAILY_STATISTICS = "daily_statistics"
    LOW_CREDIT_NOTIFICATION = "low_credit_notification"
    PRIVACY_CALLS = "privacy_calls"
    SOFTPHONE_ALLOWED = "softphone_allowed"
    TOPOLOGY_HIDING = "topology_hiding"
    VALIDATE_SOURCE_0303 = "validate_source0303"
    VOICEMAIL = "voicemail"


_SET_FLAG = {
    flag: Prepared(update(Subscriber).where(_BY_PARAMETERS).values({flag.value: bindparam("to")}))
    for flag in Flag
}


def key(username: str | None, domain: str) -> Any:
    """The condition for one subscriber."""
    if not username:
        raise MissingField(field="username")
    return (Subscriber.username == username) & (Subscriber.domain == domain)


def account_code(username: str, domain: str) -> str:
    return f"{username}@{domain}"


def get_subscriber_id(db: Session, username: str | None, domain: str) -> int:
    found = db.execute(select(Subscriber.id).where(key(username, domain))).scalar()
    if found is None:
        raise SubscriberNotFound(account=f"{username}@{domain}")
    return int(found)


def lock_subscriber(db: Session, username: str | None, domain: str) -> None:
    """Lock this subscriber until the transaction ends."""
    touch(db, guard_of("subscriber", account_code(username or "", domain)))
    db.execute(select(Subscriber.id).where(key(username, domain)).with_for_update())


def found(rows: Sequence[_Row], username: str | None, domain: str) -> _Row:
    """The subscriber that was read with the principal. Raises SubscriberNotFound."""
    if not username:
        raise MissingField(field="username")
    if not rows:
        raise SubscriberNotFound(account=f"{username}@{domain}")
    return rows[0]


def get_subscriber(db: Session, username: str | None, domain: str) -> Row[Any]:
    """All of SubscriberDto except the passwords."""
    row: Row[Any] | None = db.execute(RETRIEVE.where(key(username, domain))).first()
    if row is None:
        raise SubscriberNotFound(account=f"{username}@{domain}")
    return row


def update_subscriber(
    db: Session, vault: Vault, rows: Sequence[Identified], values: Values
) -> None:
    """Update: absent fields stay, empty optional texts are cleared, references of 0 removed.

    `rows` are those of SENT. The name identifies the subscriber; another one's id is an error.
    """
    known = found(rows, values.get("username"), values["domain"])
    if values.get("id") not in (None, 0, known.id):
        raise InvalidField("id", Reason.OF_ANOTHER_SUBSCRIBER)
    for name in ("password", "profile"):
        if values.get(name) == "":
            raise MissingField(field=name)
    sent = {name: one for name, one in values.items() if one is not None and name in _WRITTEN}
    changes = without_zeros(sent)
    check_changes(db, values["domain"], changes)
    changes = _storable_changes(db, values, changes)
    if values.get("password") is not None or values.get("password_portal") is not None:
        changes |= sealed_passwords(vault, values["username"], values["domain"], values)
    _update(db, values, changes)


def update_billing_info(db: Session, values: Values) -> None:
    _update(db, values, storable(Subscriber, present(values, BILLING)))


def update_class_v(db: Session, values: Values) -> None:
    _update(db, values, _storable_changes(db, values, present(values, CLASS_V)))


def update_services(db: Session, values: Values) -> None:
    changes = _storable_changes(db, values, present(values, SERVICES))
    if values.get("email") is not None:
        changes |= storable(Subscriber, {"email_address": values["email"]})
    _update(db, values, changes)


def change_profile(db: Session, username: str, domain: str, profile_id: int | None) -> None:
    if profile_id is None:
        raise MissingField(field="newProfileId")
    subscriber = {"username": username, "domain": domain}
    get_subscriber_id(db, username, domain)
    _update(db, subscriber, {"profile": get_profile_name(db, domain, profile_id)})


def set_flag(db: Session, username: str | None, domain: str, flag: Flag, to: bool) -> None:
    if not username:
        raise MissingField(field="username")
    blocked = flag is Flag.ACTIVE and not to
    kind = events.SUBSCRIBER_BLOCKED if blocked else events.SUBSCRIBER_CHANGED
    events.emit(db, kind, account_code(username, domain), {"changed": [wire_name(flag.value)]})
    if _SET_FLAG[flag].run(db, username=username, domain=domain, to=to) == 0:
        raise SubscriberNotFound(account=f"{username}@{domain}")


def activate_low_credit_notification(
    db: Session, username: str, domain: str, low_credit_limit: float | None
) -> None:
    """Turn notifications on; `low_credit_limit` None keeps the present limit."""
    changes = storable(
        Subscriber, present({"low_credit_limit": low_credit_limit}, ["low_credit_limit"])
    )
    subscriber = {"username": username, "domain": domain}
    _update(db, subscriber, {"low_credit_notification": True, **changes})


def activate_voicemail(
    db: Session, username: str, domain: str, voicemail_password: int | None
) -> None:
    """Turn voicemail on; `voicemail_password` None keeps the present password."""
    changes = present({"voice_mail_password": voicemail_password}, ["voice_mail_password"])
    _update(db, {"username": username, "domain": domain}, {"voicemail": True, **changes})


def remove_subscriber(db: Session, subscriber: NamedSubscriber) -> None:
    """Remove a subscriber: DIDs are freed; aliases, addresses, white list, locations, groups go.

    The ledger and the call records stay. `subscriber` is a row of NAMED.
    """
    _LOCK.queue(db, subscriber_id=subscriber.id)  # assigning a number meanwhile has to wait
    dids.release_all(db, subscriber.id)
    account = account_code(subscriber.username, subscriber.domain)
    events.emit(db, events.SUBSCRIBER_REMOVED, account, {})
    note_former_name(db, account, subscriber.id)
    removed = _REMOVE.queue(db, subscriber_id=subscriber.id)
    # last, since a permanent contact is stored only while the subscriber exists
    _REMOVE_LOCATIONS.run(db, username=subscriber.username, domain=subscriber.domain)
    if removed.result.matched == 0:  # lost a race with a concurrent request
        raise SubscriberNotFound(account=account)


_LOCK = Prepared(
    select(Subscriber.id).where(Subscriber.id == bindparam("subscriber_id")).with_for_update()
)
_REMOVE_LOCATIONS = Prepared(
    delete(Location).where(
        Location.username == bindparam("username"), Location.domain == bindparam("domain")
    )
)
_REMOVE = Prepared(delete(Subscriber).where(Subscriber.id == bindparam("subscriber_id")))


def _storable_changes(db: Session, values: Values, changes: dict[str, Any]) -> dict[str, Any]:
    if not values.get("username"):
        raise MissingField(field="username")
    return storable(Subscriber, without_stored_unfit(db, values, changes))


def _update(db: Session, values: Values, changes: dict[str, Any]) -> None:
    username, domain = values.get("username"), values["domain"]
    if not changes:
        get_subscriber_id(db, username, domain)
        return
    if not username:
        raise MissingField(field="username")
    # values may be passwords or personal data, so only names are given
    told = {"changed": [wire_name(name) for name in sorted(changes)]}
    events.emit(db, events.SUBSCRIBER_CHANGED, account_code(username, domain), told)
    statement = _updating(tuple(sorted(changes)))
    try:
        matched = statement.run(db, username=username, domain=domain, **changes)
    except IntegrityError:  # what it refers to was removed in this moment
        check_changes(db, domain, changes)
        raise
    if matched == 0:
        raise SubscriberNotFound(account=f"{username}@{domain}")


@lru_cache  # clients send a handful of combinations
def _updating(names: tuple[str, ...]) -> Prepared:
    changes = update(Subscriber).where(_BY_PARAMETERS)
    return Prepared(changes.values({name: bindparam(name) for name in names}))
