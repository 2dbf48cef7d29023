"""Facts about operations: whether they change data, whose data, and which fields are ids.

Names may be in any case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from lxml import etree

from sippulse_ws.services import SERVICES
from sippulse_ws.services.catalogue import published_operations
from sippulse_ws.wire.fields import Field, fields_of

PRINCIPAL_NAME = "principal"
HUNT_GROUP = re.compile("huntgroup-([1-9][0-9]{0,9})", re.ASCII)
ALIAS, RATE, LOCATION = "dbAliases", "rate", "userLocationDTO"
# Parameters and fields with the id of something, and that thing's type.
_IDS = {
    "didId": "did",
    "subscriberId": "subscriberDTO",
    "resellerId": "reseller",
    "ratePlanId": "ratePlan",
    "resellerRatePlanId": "ratePlan",
    "idRatePlan": "ratePlan",
    "whiteListId": "userWhiteList",
    "addressId": "address",
    "huntGroupId": "huntGroup",
    "newProfileId": "profile",
}
_ACCOUNT_FIELDS = ("accountCode", "account", "accountManager")
# Services whose requests concern only the account that they name; others may concern any.
_OF_ONE_ACCOUNT = ("SubscriberWS", "CustomerWS", "WhiteListWS", "UserLocationWS")


class Reach(NamedTuple):
    """The accounts and domains that a request concerns; None means all."""

    domain: str | None
    account: str | None

    def overlaps(self, other: Reach) -> bool:
        if None in (self.domain, other.domain):
            return True
        if self.domain != other.domain:
            return False
        return None in (self.account, other.account) or self.account == other.account


Thing = tuple[str, str]  # (kind, id)
EVERYBODY = Reach(None, None)


@dataclass(frozen=True, slots=True)
class KnownOperation:
    service: str
    name: str
    changes: bool
    parameters: tuple[Field, ...]
    returns: Field | None
    secret: bool  # the result is a password

    @property
    def creates(self) -> bool:
        return self.name.startswith("insert")


@cache
def _known() -> tuple[dict[str, str], dict[tuple[str, str], KnownOperation]]:
    paths: dict[str, str] = {}
    operations: dict[tuple[str, str], KnownOperation] = {}
    for service in SERVICES:
        paths |= dict.fromkeys(service.PATHS, service.__name__)
        for one in published_operations(service):
            operations[one.service, one.name.lower()] = KnownOperation(
                service=one.service,
                name=one.name,
                changes=one.changes,
                parameters=one.parameters,
                returns=one.returns,
                secret=one.declaration.secret,
            )
    return paths, operations


def operation_of(path: str, name: str) -> KnownOperation | None:
    """The operation of a request; None if the contract does not have it."""
    paths, operations = _known()
    return operations.get((service_of(path, paths), name.lower()))


def service_of(path: str, paths: dict[str, str] | None = None) -> str:
    """The service at a path, or the path's last part."""
    known = _known()[0] if paths is None else paths
    return known.get(path) or path.rstrip("/").rpartition("/")[2]


def changes_something(operation: KnownOperation | None, name: str) -> bool:
    """Whether an operation writes; an unknown one does, unless its name begins like a read's."""
    if operation is not None:
        return operation.changes
    return re.match("(?i)(lis|retrieve|get|find|search|authenticate)", name) is None


def local_name(element: etree._Element) -> str:
    return etree.QName(element).localname


def reach_of(operation: KnownOperation | None, payload: etree._Element) -> Reach:
    """What a request concerns, to order requests; includes names that must be unique."""
    if operation is None:
        return EVERYBODY
    if operation.changes and operation.service not in _OF_ONE_ACCOUNT:
        # DIDs are unique in the whole installation; hunt groups and lists belong to a domain
        domain = touched_by(payload).domain if operation.service != "DidWS" else None
        return Reach(domain, None)
    found = touched_by(payload)
    return Reach(found.domain, None) if "alias" in operation.name.lower() else found


def touched_by(payload: etree._Element) -> Reach:
    """The accounts and domains that any field of a request names."""
    found: dict[str, str] = {}
    for element in fields_below(payload):
        if len(element) == 0 and element.text and element.text.strip():
            found.setdefault(local_name(element).lower(), element.text.strip())
    for name in _ACCOUNT_FIELDS:
        user, at, there = found.get(name.lower(), "").rpartition("@")
        if at:
            return Reach(there.lower(), user)
    domain = found.get("domain")
    return Reach(domain.lower(), found.get("username")) if domain else EVERYBODY


def ids_in(element: etree._Element, fields: Iterable[Field], parent: str) -> Iterator[Thing]:
    """The ids directly below an operation or its answer, and in the objects there."""
    known = {field.wire.lower(): field for field in fields}
    for child in element.iterchildren(etree.Element):
        field = known.get(local_name(child).lower())
        if field is None or field.wire == PRINCIPAL_NAME:
            continue
        if field.model is not None:
            yield from ids_in(child, by_name(field.model).values(), type_name(field))
        elif (kind := id_kind(field, parent)) and (text := (child.text or "").strip()):
            yield kind, text


def domains_of(payload: etree._Element) -> Iterator[str]:
    """Every domain that a request names."""
    for element in fields_below(payload):
        name, text = local_name(element).lower(), (element.text or "").strip()
        if name in ("domain", "aliasdomain") and text:
            yield text.lower()
        elif name in ("accountcode", "account", "accountmanager") and "@" in text:
            yield text.rpartition("@")[2].lower()


def fields_below(payload: etree._Element) -> Iterator[etree._Element]:
    """All elements of a request except the principal's."""
    for child in payload:
        if local_name(child).lower() != PRINCIPAL_NAME:
            yield from child.iter(etree.Element)


def type_name(field: Field) -> str:
    """The type of a field of complex type; "" for others."""
    return str(field.model.get_type_name()) if field.model is not None else ""


def id_kind(field: Field, parent: str) -> str | None:
    """The kind of thing whose id a field of `parent` (a type or operation) holds; None: no id."""
    if field.kind not in ("int", "long"):
        return None
    if field.wire == "id":
        return RATE if parent == "removeRate" else parent or None
    if field.wire == "dbAliases":
        return ALIAS
    return _IDS.get(field.wire)


@cache
def by_name(model: type) -> dict[str, Field]:
    """The fields of a complex type by name in lower case."""
    return {field.wire.lower(): field for field in fields_of(model)}


def fields_of_operation(operation: KnownOperation) -> dict[str, Field]:
    """Parameters by name; and the fields of a single object parameter, which may be sent flat."""
    found: dict[str, Field] = {}
    for parameter in operation.parameters:
        if parameter.model is not None and parameter.wire != PRINCIPAL_NAME:
            found |= by_name(parameter.model)
    return found | {one.wire.lower(): one for one in operation.parameters}
