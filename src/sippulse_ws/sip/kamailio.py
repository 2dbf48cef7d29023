"""Kamailio 5.x: JSON-RPC over HTTP, modules jsonrpcs and xhttp, positional parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NotRequired, TypedDict

from sippulse_ws.sip.client import Client, reading, refusal

_RELOADS = {
    "address": "permissions.addressReload",
    "domain": "domain.reload",
    "dialplan": "dialplan.reload",
}
_GONE = ("expired", "deleted")
# Arguments of ul.add after the contact: permanent, q 1, no path, no flags, all methods.
_PERMANENT = (0, 1.0, ".", 0, 0, 32767)


class _Item(TypedDict):
    ip: str
    mask: NotRequired[int]
    port: int
    tag: NotRequired[str | None]


class _Address(TypedDict):
    group: int
    item: _Item


class _Domain(TypedDict):
    domain: str


class _Rule(TypedDict):
    PRIO: int
    MATCHOP: int
    MATCHLEN: int
    MATCHEXP: str | None
    SUBSTEXP: str | None
    REPLEXP: str | None
    ATTRS: str | None


class _RuleEntry(TypedDict):
    ENTRY: _Rule


class _Contact(TypedDict):
    Address: str
    Expires: int | str


class _ContactEntry(TypedDict):
    Contact: _Contact


class Kamailio(Client):
    """One Kamailio; see domain/proxies.py for what the methods promise."""

    def ping(self) -> None:
        self.call("core.uptime", [])

    def reload(self, table: str) -> None:
        self.call(_RELOADS[table], [])

    @reading
    def forget(self, kind: str, fields: Mapping[str, object]) -> None:
        key = self.cache_key(kind, fields)
        if key is None:
            self.ping()
            return
        self._delete("htable.delete", list(key))

    @reading
    def addresses(self) -> set[tuple[Any, ...]]:
        hosts: list[_Address] = _entries(self.call("permissions.addressDump", []))
        networks: list[_Address] = _entries(self.call("permissions.subnetDump", []))
        found: set[tuple[Any, ...]] = set()
        for entry in [*hosts, *networks]:
            item = entry["item"]
            ip = item["ip"]
            widest = 128 if ":" in ip else 32
            tag = item.get("tag") or ""
            found.add((entry["group"], ip, item.get("mask", widest), item["port"], tag))
        return found

    @reading
    def domains(self) -> set[tuple[Any, ...]]:
        entries: list[_Domain] = _entries(self.call("domain.dump", [])["domains"])
        return {(entry["domain"],) for entry in entries}

    @reading
    def rules(self, plans: Iterable[int]) -> set[tuple[Any, ...]]:
        found: set[tuple[Any, ...]] = set()
        for plan in plans:
            body = self.post("dialplan.dump", [plan])
            # for an unknown plan Kamailio answers error 500
            result: dict[str, list[_RuleEntry]] = body.get("result", {})
            entries = result.get("ENTRIES", [])
            for rule in [entry["ENTRY"] for entry in entries]:
                numbers = rule["PRIO"], rule["MATCHOP"], rule["MATCHLEN"]
                texts = rule["MATCHEXP"], rule["SUBSTEXP"], rule["REPLEXP"], rule["ATTRS"]
                found.add((plan, *numbers, *(text or "" for text in texts)))
        return found

    @reading
    def contacts(self, account: str) -> set[str]:
        # for an account without contacts Kamailio answers error 500
        body = self.post("ul.lookup", [self.table, account])
        result: dict[str, list[_ContactEntry]] = body.get("result", {})
        contacts = [entry["Contact"] for entry in result.get("Contacts", [])]
        return {one["Address"] for one in contacts if one["Expires"] not in _GONE}

    def add_contact(self, account: str, contact: str) -> None:
        self.call("ul.add", [self.table, account, contact, *_PERMANENT])

    @reading
    def remove_contact(self, account: str, contact: str) -> None:
        self._delete("ul.rm_contact", [self.table, account, contact])

    def _delete(self, method: str, parameters: list[str]) -> None:
        error = self.post(method, parameters).get("error")
        # 404: there was no such contact
        if error is not None and error.get("code") != 404:
            raise refusal(method, error)


def _entries(value: Any) -> list[Any]:
    """The entries of a list; Kamailio sends an empty one as an empty object."""
    return value if isinstance(value, list) else []
