"""Aliases, DIDs and IP addresses in a subscriber's own line.

A column such as `aliases` holds several, separated by blanks; `alias_1`, `alias_2` hold one each.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sippulse_ws.files.columns import folded
from sippulse_ws.files.fields import (
    AliasField,
    Field,
    NumberField,
    Read,
    ReadField,
    ReadingStyle,
)
from sippulse_ws.files.refusals import NotAnAddress
from sippulse_ws.files.sheets import SheetNumber

ALIASES, NUMBERS, ADDRESSES = "aliases", "dids", "ip_addresses"
GROUPS = (ALIASES, NUMBERS, ADDRESSES)
_NAME = re.compile(r"(alias(?:es)?|dids?|ipaddress(?:es)?)([0-9]{0,3})")
_SEPARATOR = re.compile(r"[\s,;|]+")
_ADDRESS = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<ip>[0-9A-Fa-f:.]+?))(?:/(?P<mask>[0-9]{1,3}))?"
    r"(?::(?P<port>[0-9]{1,5}))?"
)


@dataclass(frozen=True)
class GroupField(ReadField):
    """A column of aliases, DIDs or addresses; the value is a tuple of them."""

    group: str = ""

    def reader(self, style: ReadingStyle) -> Read:
        read = _READERS[self.group](self.name, style)

        def read_all(text: str) -> tuple[Any, ...]:
            if type(text) is SheetNumber:  # a single one, which keeps its type
                return (read(text),)
            return tuple(read(one) for one in _SEPARATOR.split(text) if one)

        return read_all


def group_of(name: str) -> Field | None:
    """The field of a group by any of its names; None if it is none."""
    found = _NAME.fullmatch(folded(name))
    if found is None:
        return None
    group = next(one for one in GROUPS if folded(one)[:3] == found[1][:3])
    number = f"_{int(found[2])}" if found[2] else ""
    return GroupField(f"{group}{number}", empty=(), group=group)


def parse_address(text: str, field: str) -> dict[str, Any]:
    """Parse `192.0.2.1`, `192.0.2.0/28`, `192.0.2.1:5060` or `[2001:db8::1]/64` (method iponly)."""
    found = _ADDRESS.fullmatch(text)
    ip = found and (found["six"] or found["ip"])
    if found is None or not ip:
        raise NotAnAddress(field, text)
    mask = int(found["mask"]) if found["mask"] else (128 if ":" in ip else 32)
    return {
        "ip_address": ip,
        "mask": mask,
        "port": int(found["port"] or 0),
        "protocol": "any",
        "method": "iponly",
    }


def _alias_reader(name: str, style: ReadingStyle) -> Read:
    read = AliasField(name, 64).reader(style)

    def read_alias(text: str) -> str:
        if type(text) is SheetNumber:
            return str(read(text))
        alias, at, domain = text.partition("@")
        return f"{read(alias)}{at}{domain.lower()}"

    return read_alias


def _number_reader(name: str, style: ReadingStyle) -> Read:
    return NumberField(name).reader(style)


def _address_reader(name: str, style: ReadingStyle) -> Read:
    def read(text: str) -> str:
        parse_address(text, name)
        return text

    return read


_READERS = {ALIASES: _alias_reader, NUMBERS: _number_reader, ADDRESSES: _address_reader}
