"""IP addresses and networks that call as an account, without a password."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import Any

from sqlalchemy import Select, select

from sippulse_ws.db.statements import Session
from sippulse_ws.domain import addresses
from sippulse_ws.domain.access import EVERYTHING
from sippulse_ws.domain.errors import AddressTaken, DomainError
from sippulse_ws.files.fields import Field, IntegerField
from sippulse_ws.files.kind import Identity, Kind, Record, Stored, chunks
from sippulse_ws.files.kinds.accounts import OWNER_FIELDS, owner_of, resolve_owners
from sippulse_ws.models import Address, Subscriber

_AT_ONCE = 500
_KEY = ("ip_address", "mask", "port", "tech_prefix", "method")
_OWNED = select(
    Subscriber.account_code,
    Subscriber.username,
    Subscriber.domain,
    *(getattr(Address, name) for name in ("ip_address", "mask", "port", "protocol", "method")),
    Address.tech_prefix,
).join(Subscriber, Subscriber.id == Address.subscriber_id)


class Addresses(Kind):
    name = "addresses"
    fields = (
        *OWNER_FIELDS,
        Field("ip_address", 45, required=True, also=("ipAdress", "ip")),
        IntegerField("mask"),
        IntegerField("port", empty=0),
        Field("protocol", empty="any"),
        Field("method", empty="iponly"),
        Field("tech_prefix", empty=""),
    )
    identity = _KEY
    not_compared = frozenset({"username", "domain"})
    reloads = ("address",)
    tries = True

    def check(self, record: Record) -> Record:
        text, slash, mask = record["ip_address"].partition("/")
        given = {"port": 0, "protocol": "any", "method": "iponly", "tech_prefix": ""} | record
        given["ip_address"] = text
        if slash and given.get("mask") is None and mask.isdigit():
            given["mask"] = int(mask)
        elif slash:
            given["ip_address"] = record["ip_address"]  # to be refused as it was written
        if given.get("mask") is None:
            given["mask"] = _single(text)
        return given | addresses.checked_address(given) | {"account_code": owner_of(record)}

    def resolve(self, db: Session, records: Sequence[Record]) -> dict[int, DomainError]:
        return resolve_owners(db, records)

    def find(self, db: Session, records: Sequence[Record]) -> dict[Identity, Stored]:
        found: dict[Identity, Stored] = {}
        for some in chunks(sorted({record["ip_address"] for record in records}), _AT_ONCE):
            query = _OWNED.add_columns(Address.id).where(Address.ip_address.in_(some))
            for row in db.execute(query):
                found[tuple(getattr(row, name) for name in _KEY)] = row._asdict()
        return found

    def differences(self, stored: Stored, record: Record) -> Record:
        changes = super().differences(stored, record)
        if stored["account_code"] != record["account_code"]:
            raise AddressTaken(address=self.describe(record))
        return changes

    def insert(self, db: Session, records: Sequence[Record]) -> dict[int, DomainError]:
        wrong: dict[int, DomainError] = {}
        for place, record in enumerate(records):
            try:
                with db.savepoint():
                    addresses.insert_address(db, EVERYTHING, _values(record))
            except DomainError as error:
                wrong[place] = error
        return wrong

    def change(self, db: Session, stored: Stored, record: Record, changes: Record) -> None:
        addresses.update_address(db, EVERYTHING, _values(record) | {"id": stored["id"]})

    def in_scope(self, scope: Mapping[str, Any]) -> Select[Any] | None:
        return _OWNED.add_columns(Address.id).where(Subscriber.domain == scope["domain"])

    def remove(self, db: Session, row: Any) -> None:
        addresses.remove_address(db, row.domain, row.id)

    def rows(self, scope: Mapping[str, Any]) -> Select[Any]:
        query = _OWNED.order_by(Subscriber.domain, Subscriber.username, Address.ip_address)
        return query.where(Subscriber.domain == scope["domain"]) if scope else query


def _values(record: Record) -> Record:
    names = (*_KEY, "protocol")
    return {name: record[name] for name in names} | {"account": record["account_code"]}


def _single(text: str) -> int:
    """The mask of a single address: 32 or 128. An unreadable address is refused later."""
    try:
        return ip_address(text).max_prefixlen
    except ValueError:
        return 32
