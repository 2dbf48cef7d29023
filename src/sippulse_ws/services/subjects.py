"""Login, account and object of a request, for the log, the audit trail and writers' turns."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sippulse_ws.domain.audit import describe_object
from sippulse_ws.row_columns import RowColumns
from sippulse_ws.services.operation import Operation, Values

# The parameters and fields that name the object in an audit row, in this order; no passwords.
AUDIT_KEYS = (
    "account_code",
    "account_manager",
    "account",
    "alias_username",
    "alias_domain",
    "username",
    "domain",
    "name",
    "reseller_name",
    "description",
    "prefix",
    "contact",
    "ip_address",
    "rate_id",
    "value",
)

# Parameters and fields that contain a whole account code.
_ACCOUNTS = ("account_code", "account", "account_manager")


def login_of(operation: Operation, values: Values, principal: Any) -> str:
    """The administrator's login or the customer's account, as sent: not authenticated yet."""
    if operation.right.customer:
        return f"{values.get('username') or ''}@{values.get('domain') or ''}"
    return (principal.login if principal is not None else None) or ""


def domain_among(values: Mapping[str, Any]) -> str:
    """The parameter `domain`, or "": for the log until the right tells the domain."""
    found = values.get("domain")
    return found if isinstance(found, str) else ""


def object_of(values: Mapping[str, Any]) -> str:
    """The object in the audit row of a request: `username=1000 domain=example.com`."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat |= value
        elif isinstance(value, list | RowColumns):
            flat[name] = (
                f"{len(value)} rows" if name not in AUDIT_KEYS else ",".join(map(str, value))
            )
        else:
            flat[name] = value
    audited = _audited_of(tuple(flat))
    pairs = [(name, flat[name]) for name in audited if flat[name] not in (None, "")]
    return describe_object(pairs)


@lru_cache
def _audited_of(names: tuple[str, ...]) -> list[str]:
    """Those of these names that identify the object."""
    ids = [name for name in names if name == "id" or name.endswith("_id")]
    return list(dict.fromkeys([name for name in AUDIT_KEYS if name in names] + ids))


def account_of(values: Mapping[str, Any]) -> str:
    """The account whose rows a write locks, else the domain; "" if the request names neither."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat |= value
        else:
            flat[name] = value
    for name in _ACCOUNTS:
        if isinstance(found := flat.get(name), str) and found:
            return found
    username, domain = flat.get("username"), flat.get("domain")
    return f"{username}@{domain}" if username and domain else str(domain or "")
