"""Finds and stores the aliases, DIDs and addresses in a subscriber's line."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from sippulse_ws.db.statements import Session
from sippulse_ws.domain import addresses, aliases, dids
from sippulse_ws.domain.access import EVERYTHING
from sippulse_ws.files.groups import ADDRESSES, ALIASES, GROUPS, NUMBERS, parse_address
from sippulse_ws.files.kind import Identity, Record, Stored, chunks
from sippulse_ws.files.numbers import normal_number
from sippulse_ws.models import Address, DbAlias, Did

_AT_ONCE = 500


def add_stored_groups(db: Session, found: dict[Identity, Stored]) -> None:
    """Add to each stored subscriber its aliases, DIDs and addresses, as files write them."""
    by_id: dict[int, dict[str, Any]] = {}
    for stored in found.values():
        by_id[stored["id"]] = {**stored, **{group: set() for group in GROUPS}}
    queries = {
        ALIASES: (DbAlias, (DbAlias.alias_username, DbAlias.alias_domain)),
        NUMBERS: (Did, (Did.alias_username,)),
        ADDRESSES: (Address, (Address.ip_address, Address.mask, Address.port)),
    }
    for group, (model, columns) in queries.items():
        owner: Any = model.subscriber_id  # type: ignore[attr-defined] # all three have one
        for some in chunks(sorted(by_id), _AT_ONCE):
            for row in db.execute(select(owner, *columns).where(owner.in_(some))):
                by_id[row[0]][group].add(_told(group, tuple(row)[1:]))
    for identity, stored in found.items():
        found[identity] = by_id[stored["id"]]


def missing_of_groups(stored: Stored, record: Record) -> Record:
    """What the line names and the subscriber lacks."""
    missing: Record = {}
    for group in GROUPS:
        lacking = [
            one for one in record[group] if _named(group, one, record) not in stored.get(group, ())
        ]
        if lacking:
            missing[group] = lacking
    return missing


def store_groups(db: Session, record: Record, groups: Record) -> None:
    """Add these to a subscriber. Raises DomainError if one of them is in use."""
    username, domain = record["username"], record["domain"]
    for alias in groups.get(ALIASES, ()):
        name, _, at = alias.partition("@")
        values = {"username": username, "domain": domain, "alias_username": name}
        aliases.insert_alias(db, EVERYTHING, values | {"alias_domain": at or domain})
    for number in groups.get(NUMBERS, ()):
        values = {
            "account_code": f"{username}@{domain}",
            "alias_username": number,
            "username": username,
            "domain": domain,
        }
        dids.insert_did(db, EVERYTHING, values)
    for address in groups.get(ADDRESSES, ()):
        parsed = parse_address(address, ADDRESSES)
        addresses.insert_address(db, EVERYTHING, parsed | {"account": f"{username}@{domain}"})


def _named(group: str, item: str, record: Record) -> Any:
    """An item of a line in the form in which `_told` gives stored ones."""
    if group == ALIASES:
        name, _, at = item.partition("@")
        return name, at or record["domain"]
    if group == NUMBERS:
        return item
    parsed = parse_address(item, ADDRESSES)
    return parsed["ip_address"], parsed["mask"], parsed["port"]


def _told(group: str, values: tuple[Any, ...]) -> Any:
    if group == NUMBERS:
        return normal_number(values[0])
    if group == ALIASES:
        return normal_number(values[0]), values[1]
    return values
