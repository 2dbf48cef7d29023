"""IP addresses and networks that call as a subscriber without a password."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable
from ipaddress import IPv6Address, ip_address, ip_interface, ip_network
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlalchemy.exc import IntegrityError

from sippulse_ws.db.statements import Session, stream
from sippulse_ws.domain.access import Scope
from sippulse_ws.domain.errors import (
    AddressNotFound,
    AddressTaken,
    DomainError,
    InvalidField,
    MissingField,
    SubscriberNotFound,
)
from sippulse_ws.domain.guards import ADDRESSES, touch
from sippulse_ws.domain.networks import Host, check_network, may_overlap, overlaps
from sippulse_ws.domain.reasons import Reason
from sippulse_ws.domain.rows import insert_row, refers_to_nothing
from sippulse_ws.domain.subscribers import account_code, get_subscriber_id
from sippulse_ws.domain.values import Values, present, required, storable, within
from sippulse_ws.models import Address, Subscriber
from sippulse_ws.models.proxy_views import ADDRESS_GROUPS

IP_ONLY = "iponly"
PREFIXED = ("techprefix", "ip+cpt")
PROTOCOLS = ("tcp", "udp", "tls", "any")

_WRITTEN = ("ip_address", "mask", "method", "port", "protocol", "tech_prefix")
_REQUIRED = ("ip_address", "mask", "method", "port", "protocol")
_PREFIX = re.compile(r"[0-9A-Za-z*#+._-]*")
_PORT_MAX = 65535
SELECT = select(
    Subscriber.account_code.label("account"),
    Subscriber.domain,
    Subscriber.username,
    *(getattr(Address, name) for name in ("id", *_WRITTEN, "group", "pattern", "context_info")),
).join(Subscriber, Subscriber.id == Address.subscriber_id)


def list_addresses(db: Session, username: str | None, domain: str) -> Generator[Row[Any]]:
    subscriber_id = get_subscriber_id(db, username, domain)
    query = SELECT.where(Address.subscriber_id == subscriber_id)
    return stream(db, query.order_by(Address.ip_address, Address.mask, Address.id))


def insert_address(
    db: Session, scope: Scope, values: Values, proxies: Iterable[Host] = ()
) -> Row[Any]:
    """Store an address; id, group, pattern and contextInfo are set here, whatever was sent.

    `proxies` are the SIP proxies' own addresses.
    """
    username, domain = _owner(values, None)
    required(values, *_REQUIRED)
    subscriber_id = get_subscriber_id(db, username, domain)
    stored = with_proxy_columns(checked_address(values), account_code(username, domain))
    touch(db, ADDRESSES)
    try:
        address_id = insert_row(db, Address, stored | {"subscriber_id": subscriber_id})
    except IntegrityError as error:
        raise _cause(error, stored) from None
    _check_rights(db, scope, stored, address_id, proxies)
    return db.execute(SELECT.where(Address.id == address_id)).one()


def update_address(
    db: Session, scope: Scope, values: Values, proxies: Iterable[Host] = ()
) -> Row[Any]:
    """Change an address: absent fields stay, and it may be given to another account.

    Without an id, the account's only row with this address is changed.
    """
    address_id = values.get("id") or _id_of(db, scope, values)
    _lock(db, address_id)
    address = db.execute(SELECT.where(Address.id == address_id)).first()
    if address is None or not scope.allows(db, address.domain):
        raise AddressNotFound(id=address_id)
    username, domain = _owner(values, address)
    scope.require(db, domain)
    subscriber_id = get_subscriber_id(db, username, domain)
    merged = {name: getattr(address, name) for name in _WRITTEN} | present(values, _WRITTEN)
    required(merged, *_REQUIRED)
    stored = with_proxy_columns(checked_address(merged), account_code(username, domain))
    same = Address.id == address_id
    touch(db, ADDRESSES)
    try:
        db.execute(update(Address).where(same).values(stored | {"subscriber_id": subscriber_id}))
    except IntegrityError as error:
        raise _cause(error, stored) from None
    if any(stored[name] != getattr(address, name) for name in _WRITTEN):
        _check_rights(db, scope, stored, address_id, proxies)
    return db.execute(SELECT.where(same)).one()


def _id_of(db: Session, scope: Scope, values: Values) -> int:
    """The id of the only match, since several may differ in mask, port, method or prefix."""
    if not values.get("ip_address"):
        raise MissingField(field="id")
    username, domain = _owner(values, None)
    scope.require(db, domain)
    account = Subscriber.account_code == account_code(username, domain)
    query = select(Address.id, Address.mask).join(Subscriber).where(account)
    fitting = db.execute(query.where(Address.ip_address == _usual(values["ip_address"]))).all()
    if len(fitting) > 1:
        fitting = [row for row in fitting if row.mask == values.get("mask")]
    if len(fitting) != 1:
        raise MissingField(field="id")
    return int(fitting[0].id)


def remove_address(db: Session, domain: str, address_id: int | None) -> None:
    """Remove an address of this domain."""
    if address_id is None:
        raise MissingField(field="addressId")
    owner = select(Subscriber.domain).join(Address, Address.subscriber_id == Subscriber.id)
    if db.execute(owner.where(Address.id == address_id)).scalar() != domain:
        raise AddressNotFound(id=address_id)
    if db.execute(delete(Address).where(Address.id == address_id)).rowcount == 0:
        raise AddressNotFound(id=address_id)  # lost a race with a concurrent request


def _lock(db: Session, address_id: int) -> None:
    """Lock the row: of two concurrent updates the second sees the result of the first."""
    db.execute(select(Address.id).where(Address.id == address_id).with_for_update())


def _check_rights(
    db: Session, scope: Scope, stored: Values, address_id: int, proxies: Iterable[Host]
) -> None:
    """Check what an administrator of domains may register.

    The error does not say whose an overlapping network is. Called after the guard was touched, so
    that of two concurrent overlapping requests the second sees the first.
    """
    if scope.superuser:
        return
    network = ip_network(f"{stored['ip_address']}/{stored['mask']}")
    check_network(network, proxies)
    others = (
        select(Address.ip_address, Address.mask)
        .join(Subscriber, Subscriber.id == Address.subscriber_id)
        .where(Address.id != address_id, may_overlap(network), ~scope.covers(Subscriber.domain))
    )
    if any(overlaps(network, row) for row in db.execute(others)):
        raise _taken(stored)


def _owner(values: Values, current: Row[Any] | None) -> tuple[str, str]:
    """Username and domain from `account` or their own fields; absent ones stay as they are."""
    told, at, told_domain = (values.get("account") or "").rpartition("@")
    if values.get("account") and not (told and at):
        raise InvalidField("account", Reason.NOT_USERNAME_AT_DOMAIN)
    username = values.get("username") or told or (current and current.username)
    domain = values.get("domain") or told_domain or (current and current.domain)
    if not username or not domain:
        raise MissingField(field="domain" if username else "username")
    if told and (told, told_domain) != (username, domain):
        raise InvalidField("account", Reason.ANOTHER_ACCOUNT)
    return str(username), str(domain)


def checked_address(values: Values) -> dict[str, Any]:
    """The address as it is stored. Raises InvalidField for what a proxy could not read."""
    method, protocol = values["method"].lower(), values["protocol"].lower()
    if method not in ADDRESS_GROUPS:
        choices = ", ".join(ADDRESS_GROUPS)
        raise InvalidField("method", Reason.NOT_A_CHOICE, choices=choices)
    if protocol not in PROTOCOLS:
        choices = ", ".join(PROTOCOLS)
        raise InvalidField("protocol", Reason.NOT_A_CHOICE, choices=choices)
    within(values["port"], 0, _PORT_MAX, "port")
    stored = {
        "ip_address": _network_address(values["ip_address"], values["mask"]),
        "mask": values["mask"],
        "port": values["port"],
        "protocol": protocol,
        "method": method,
        "tech_prefix": _tech_prefix(method, values.get("tech_prefix") or ""),
    }
    return storable(Address, stored)


def _usual(text: str) -> str:
    """An IP address in its canonical form; any other text unchanged."""
    try:
        return str(ip_address(text))
    except ValueError:
        return text


def _network_address(text: str, mask: int) -> str:
    """The address in canonical form; if it has host bits, the error names the network meant."""
    try:
        address = ip_address(text)
    except ValueError:
        address = None
    if address is None or "%" in text:
        raise InvalidField("ipAddress", Reason.NOT_AN_IP_ADDRESS)
    if isinstance(address, IPv6Address) and address.ipv4_mapped:  # no call comes from one
        ipv4 = address.ipv4_mapped
        raise InvalidField("ipAddress", Reason.MAPPED_ADDRESS, ipv4=ipv4)
    # not 0: a stock proxy takes it for a single host
    within(mask, 1, address.max_prefixlen, "mask")
    network = ip_interface(f"{address}/{mask}").network
    if network.network_address != address:
        raise InvalidField("ipAddress", Reason.HOST_BITS, network=network)
    return str(address)


def _tech_prefix(method: str, prefix: str) -> str:
    if method in PREFIXED and not prefix:
        raise MissingField(field="techPrefix")
    if method == IP_ONLY and prefix:  # two accounts would share the address
        raise InvalidField("techPrefix", Reason.NOT_WITH_IPONLY)
    if not _PREFIX.fullmatch(prefix):
        raise InvalidField("techPrefix", Reason.NOT_A_TECH_PREFIX)
    return prefix


def with_proxy_columns(stored: dict[str, Any], account: str) -> dict[str, Any]:
    """Add the columns that SIP proxies read: group, pattern of dialled numbers, account."""
    prefix = stored["tech_prefix"]
    # as fnmatch(3) reads it
    pattern = prefix.replace("*", "[*]") + "*" if prefix else None
    group = str(ADDRESS_GROUPS[stored["method"]])
    return stored | {"group": group, "pattern": pattern, "context_info": account}


def _cause(error: IntegrityError, stored: Values) -> DomainError:
    if refers_to_nothing(error):  # removed in this moment
        return SubscriberNotFound(account=stored["context_info"])
    return _taken(stored)


def _taken(stored: Values) -> AddressTaken:
    address = f"{stored['ip_address']}/{stored['mask']}"
    if stored["port"]:
        address += f" port {stored['port']}"
    if stored["tech_prefix"]:
        address += f" techPrefix {stored['tech_prefix']}"
    return AddressTaken(address=address)
