"""The syntax of fields that reach a SIP message, and of keys.

`values.storable` uses `grammar_of` for every column, so that no write can bypass it. Unfit old
values are shown as NULL by `models/proxy_views.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from ipaddress import IPv6Address
from typing import Any

from sippulse_ws.domain.errors import InvalidField
from sippulse_ws.domain.reasons import Reason
from sippulse_ws.models import (
    Base,
    DbAlias,
    Dialplan,
    Did,
    HuntGroup,
    Location,
    Subscriber,
)
from sippulse_ws.models.sip_patterns import (
    CONTROL_ESCAPE,
    CONTROLS,
    NOT_IN_REPLACEMENT,
    NOT_IN_TEXT,
    NOT_IN_TOKEN,
    NOT_IN_USER,
    RESERVED_HEADERS,
)
from sippulse_ws.models.types import Key

# Raises InvalidField for (value, wire name of the field); an empty value is never asked about.
Grammar = Callable[[str, str], None]

HEADER_LENGTH = 64
PORT_MAX = 65535
_controls = re.compile(CONTROLS)
_control_escape = re.compile(CONTROL_ESCAPE)
_not_in_user = re.compile(NOT_IN_USER)
_not_in_token = re.compile(NOT_IN_TOKEN)
_not_in_text = re.compile(NOT_IN_TEXT)
_hunt_group = re.compile("huntgroup-[0-9]+", re.IGNORECASE)
_ESCAPED = "%[0-9A-Fa-f]{2}"
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
# RFC 3261, 25.1
_sip_uri = re.compile(
    rf"""sips?:
    (?:(?:[A-Za-z0-9_.!~*'()&=+$,;?/-]|{_ESCAPED})+            # user
       (?::(?:[A-Za-z0-9_.!~*'()&=+$,-]|{_ESCAPED})*)?@)?      # password
    (?:{_LABEL}(?:\.{_LABEL})*\.?|\[(?P<ipv6>[0-9A-Fa-f:.]+)\])
    (?::(?P<port>[0-9]{{1,5}}))?
    (?:;(?:[A-Za-z0-9_.!~*'()\[\]/:&+$=-]|{_ESCAPED})+)*       # parameters
    (?P<headers>\?(?:[A-Za-z0-9_.!~*'()\[\]/?:+$=&-]|{_ESCAPED})+)?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_not_in_replacement = re.compile(NOT_IN_REPLACEMENT)


def is_sip_uri(text: str, *, headers: bool = False) -> bool:
    """Whether it is a SIP or SIPS URI, without control characters even if escaped."""
    uri = _sip_uri.fullmatch(text)
    return (
        uri is not None
        and (headers or not uri["headers"])
        and int(uri["port"] or 0) <= PORT_MAX
        and _is_ipv6(uri["ipv6"])
        and not _control_escape.search(text)
    )


def is_reserved_name(username: str) -> bool:
    """Whether a name is a hunt group's (`huntgroup-14`)."""
    return _hunt_group.fullmatch(username) is not None


def printable(value: str, field: str) -> None:
    """No character below U+0020, and no DEL."""
    if _controls.search(value):
        raise InvalidField(field, Reason.CONTROL_CHARACTER)


def user_part(value: str, field: str) -> None:
    """The part before the @ of a SIP address, which is not an address itself."""
    if _not_in_user.search(value):
        raise InvalidField(field, Reason.NEITHER_NUMBER_NOR_USER)


def call_target(value: str, field: str) -> None:
    """A number or name of the own domain, `user@host`, or a SIP URI without headers."""
    if not _not_in_user.search(value):
        return
    uri = value if value[:5].lower().startswith(("sip:", "sips:")) else f"sip:{value}"
    if not ("@" in value or uri is value) or not is_sip_uri(uri):
        raise InvalidField(field, Reason.NEITHER_NUMBER_NOR_ADDRESS)


def call_targets(value: str, field: str) -> None:
    """One or more call targets, separated by commas, semicolons or spaces; or one SIP URI."""
    if is_sip_uri(value):
        return
    for one in re.split("[,; ]+", value):
        if one:
            call_target(one, field)


def header_name(value: str, field: str) -> None:
    """A header name: a token (RFC 3261) that routing and identity do not use."""
    if _not_in_token.search(value) or len(value) > HEADER_LENGTH:
        raise InvalidField(field, Reason.NOT_A_HEADER_NAME)
    if value.lower() in RESERVED_HEADERS:
        raise InvalidField(field, Reason.RESERVED_HEADER)


def quotable(value: str, field: str) -> None:
    """Text without control characters, quotes, angle brackets and backslashes."""
    if _not_in_text.search(value):
        raise InvalidField(field, Reason.CONTROL_CHARACTER_OR_QUOTE)


def unreserved(value: str, field: str) -> None:
    """A key that is no hunt group's name."""
    printable(value, field)
    if _control_escape.search(value):
        raise InvalidField(field, Reason.CONTROL_CHARACTER)
    if is_reserved_name(value):
        raise InvalidField(field, Reason.NAME_OF_A_HUNT_GROUP)


def replacement(value: str, field: str) -> None:
    """The replacement of a dial plan rule: only `\\1` and `\\\\`, no space, quote or bracket."""
    if _not_in_replacement.search(value):
        raise InvalidField(field, Reason.NOT_IN_REPLACEMENTS)


def grammar_of(column: Any) -> Grammar | None:
    """The syntax of a column's values; None: any text."""
    if (known := _GRAMMARS.get(column.table.name, {}).get(column.name)) is not None:
        return known
    return printable if isinstance(column.type, Key) else None


def unfit_fields(model: type[Base], values: Mapping[str, Any]) -> list[str]:
    """The names of those values that their grammar does not allow."""
    grammars = _grammars_of(model)
    return [
        name
        for name, value in values.items()
        if value and (grammar := grammars.get(name)) is not None and _breaks(grammar, value, name)
    ]


def is_unfit(column: Any, value: Any) -> bool:
    """Whether the grammar of a column does not allow this value."""
    grammar = grammar_of(column)
    return grammar is not None and _breaks(grammar, value, column.name)


def _breaks(grammar: Grammar, value: str, name: str) -> bool:
    try:
        grammar(value, name)
    except InvalidField:
        return True
    return False


@cache
def _grammars_of(model: type[Base]) -> dict[str, Grammar]:
    """Those of the columns that have one."""
    found = ((column.name, grammar_of(column)) for column in model.__table__.columns)
    return {name: grammar for name, grammar in found if grammar is not None}


_FORWARDS: dict[str, Grammar] = dict.fromkeys(("call_fwd", "fwd_busy", "no_answer"), call_target)
_GROUPS: dict[str, Grammar] = dict.fromkeys(("call_group", "pickup_group", "pin_code"), quotable)
_GRAMMARS: dict[str, dict[str, Grammar]] = {
    Subscriber.__tablename__: _FORWARDS
    | _GROUPS
    | {"username": unreserved, "rpid": user_part, "boss_secretary": call_targets},
    DbAlias.__tablename__: {"alias_username": unreserved},
    Did.__tablename__: {
        "alias_username": unreserved,
        "did_header": header_name,
        "gwid": quotable,
    },
    Dialplan.__tablename__: {
        "match_exp": printable,
        "subst_exp": printable,
        "repl_exp": replacement,
        "attrs": quotable,
    },
    HuntGroup.__tablename__: {"method": printable},
    Location.__tablename__: {"path": printable, "received": printable, "user_agent": printable},
}


def _is_ipv6(text: str | None) -> bool:
    """Whether an address in brackets is one; none at all is fine."""
    try:
        return text is None or bool(IPv6Address(text))
    except ValueError:
        return False
