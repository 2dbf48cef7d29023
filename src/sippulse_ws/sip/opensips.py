"""OpenSIPS 3.x: the management interface over HTTP, module mi_http, named parameters.

Errors come with HTTP status 200, in the body.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv6Address, ip_network
from typing import Any, TypedDict

from sippulse_ws.sip.client import Client, reading

_GONE = ("expired", "deleted")
_RELOADS = {"address": "address_reload", "domain": "domain_reload", "dialplan": "dp_reload"}


class _Destination(TypedDict):
    grp: int | str
    ip: str
    mask: str
    port: int | str
    context_info: str | None


class _Partition(TypedDict, total=False):
    Destinations: list[_Destination]


class _DomainName(TypedDict):
    name: str


class _Binding(TypedDict):
    Contact: str
    Expires: int | str


class OpenSips(Client):
    """One OpenSIPS; see domain/proxies.py for what the methods promise."""

    def ping(self) -> None:
        self.call("uptime", {})

    def reload(self, table: str) -> None:
        self.call(_RELOADS[table], {})

    def forget(self, kind: str, fields: Mapping[str, object]) -> None:
        key = self.cache_key(kind, fields)
        if key is None:
            self.ping()
        else:  # it answers no error if the key does not exist
            self.call("cache_remove", {"system": key[0], "attr": key[1]})

    @reading
    def addresses(self) -> set[tuple[Any, ...]]:
        found: set[tuple[Any, ...]] = set()
        for method in ("address_dump", "subnet_dump"):
            partitions: list[_Partition] = self.call(method, {}).get("Partitions", [])
            for partition in partitions:
                for one in partition.get("Destinations", []):
                    length = _prefix_length(one["ip"], one["mask"])
                    info = one.get("context_info") or ""
                    found.add((int(one["grp"]), one["ip"], length, int(one["port"]), info))
        return found

    @reading
    def domains(self) -> set[tuple[Any, ...]]:
        names: list[_DomainName] = self.call("domain_dump", {}).get("Domains", [])
        return {(one["name"],) for one in names}

    def rules(self, plans: Iterable[int]) -> set[tuple[Any, ...]] | None:
        """None, since OpenSIPS shows no rules."""
        return None

    @reading
    def contacts(self, account: str) -> set[str]:
        # for an account without contacts OpenSIPS answers error 404
        body = self.post("ul_show_contact", {"table_name": self.table, "aor": account})
        result: dict[str, list[_Binding]] = body.get("result") or {}
        contacts = result.get("Contacts", [])
        return {one["Contact"] for one in contacts if one["Expires"] not in _GONE}

    def add_contact(self, account: str, contact: str) -> None:
        parameters = {
            "table_name": self.table,
            "aor": account,
            "contact": contact,
            "expires": 0,
            "q": "1.0",
            "flags": 0,
            "cflags": "0",
            "methods": 32767,
        }
        self.call("ul_add", parameters)

    def remove_contact(self, account: str, contact: str) -> None:
        if contact in self.contacts(account):
            parameters = {"table_name": self.table, "aor": account, "contact": contact}
            self.call("ul_rm_contact", parameters)


def _prefix_length(ip: str, mask: str) -> int:
    """The prefix length of a mask, which OpenSIPS writes as 255.255.255.0."""
    if ":" in mask:
        return int(IPv6Address(mask)).bit_count()
    return ip_network(f"{ip}/{mask}", strict=False).prefixlen
