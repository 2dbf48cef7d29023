"""Kamailio 5.x: JSON-RPC over HTTP, modules jsonrpcs and xhttp, positional parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sippulse_ws.sip.client import Client, reading, refusal

_RELOADS = {
    "address": "permissions.addressReload",
    "domain": "domain.reload",
    "dialplan": "dialplan.reload",
}
_GONE = ("expired", "deleted")
# Arguments of ul.add after the contact: permanent, q 1, no path, no flags, all methods.
_PERMANENT = (0, 1.0, ".", 0, 0, 32767)


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
        body = self.post("htable.delete", list(key))
        # 404: the key was not there
        if "error" in body and body["error"].get("code") != 404:
            raise refusal("htable.delete", body["error"])

    @reading
    def addresses(self) -> set[tuple[Any, ...]]:
        hosts = self.call("permissions.addressDump", [])
        networks = self.call("permissions.subnetDump", [])
        found = set()
        for entry in [*_entries(hosts), *_entries(networks)]:
            item = entry["item"]
            ip = item["ip"]
            widest = 128 if ":" in ip else 32
            tag = item.get("tag") or ""
            found.add((entry["group"], ip, item.get("mask", widest), item["port"], tag))
        return found

    @reading
    def domains(self) -> set[tuple[Any, ...]]:
        return {(entry["domain"],) for entry in _entries(self.call("domain.dump", [])["domains"])}

    @reading
    def rules(self, plans: Iterable[int]) -> set[tuple[Any, ...]]:
        found: set[tuple[Any, ...]] = set()
        for plan in plans:
            body = self.post("dialplan.dump", [plan])
            # an unknown plan is an error 500
            for entry in body.get("result", {}).get("ENTRIES", []):
                rule = entry["ENTRY"]
                numbers = (rule[name] for name in ("PRIO", "MATCHOP", "MATCHLEN"))
                texts = (rule[name] or "" for name in ("MATCHEXP", "SUBSTEXP", "REPLEXP", "ATTRS"))
                found.add((plan, *numbers, *texts))
        return found

    @reading
    def contacts(self, account: str) -> set[str]:
        # an account without contacts is an error 500
        entries = self.post("ul.lookup", [self.table, account]).get("result", {})
        contacts = [entry["Contact"] for entry in entries.get("Contacts", [])]
        return {one["Address"] for one in contacts if one["Expires"] not in _GONE}

    def add_contact(self, account: str, contact: str) -> None:
        self.call("ul.add", [self.table, account, contact, *_PERMANENT])

    @reading
    def remove_contact(self, account: str, contact: str) -> None:
        body = self.post("ul.rm_contact", [self.table, account, contact])
        if "error" in body and body["error"].get("code") != 404:
            raise refusal("ul.rm_contact", body["error"])


def _entries(value: Any) -> list[Any]:
    """An empty list comes as an empty object."""
    return value if isinstance(value, list) else []
