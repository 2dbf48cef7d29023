"""Reads an installation through its operations: each domain, and each account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sippulse_ws.cutover.source import Record, Source, SourceFault
from sippulse_ws.wire import types

# How a domain's objects are listed; each kind comes after those that it refers to.
OF_DOMAIN = {
    "profile": ("ProfileWS", "listProfilesByDomain", types.ProfileDto),
    "rate_plan": ("RatePlanWS", "listRatePlansByDomain", types.RatePlanDto),
    "rate": ("RateWS", "listRatesByParams", types.RateDto),
    "reseller": ("ResellerWS", "listByDomain", types.ResellerDto),
    "dialplan": ("DialplanWS", "listDialplansByDomain", types.DialplanDto),
    "hunt_group": ("HuntGroupWS", "listHuntGroups", types.HuntGroupDto),
}
LISTS = {
    "db_alias": ("SubscriberWS", "listDBAliases", types.DbAliasesDto),
    "address": ("AddressWS", "lisAddresses", types.AddressDto),
    "white_list": ("WhiteListWS", "listWhiteList", types.UserWhiteListDto),
    "location": ("UserLocationWS", "listUserLocations", types.UserLocationDto),
}
PARTS = {
    "retrieveSubscriberClassV": types.SubscriberClassVDto,
    "retrieveDailyQuota": types.SubscriberDailyQuotaDto,
    "retrieveMonthlyQuotaDTO": types.SubscriberMonthlyQuotaDto,
}
PASSWORDS = {"password": "retrievePassword", "password_portal": "retrievePasswordWEB"}
_PERMANENT_YEARS = (1971, 2029)  # a contact that expires before or after these years is permanent


@dataclass
class OldAccount:
    """Everything that the API returns for a subscriber; a list that failed is None."""

    subscriber: Record
    lists: dict[str, list[Record] | None] = field(default_factory=dict)
    group: Record | None = None
    untold: list[tuple[str, str]] = field(default_factory=list)  # operation, reason

    @property
    def code(self) -> str:
        return str(self.subscriber["account_code"])


def read_domains(source: Source) -> list[Record]:
    return source.records("DomainWS", "listDomains", types.DomainDto)


def read_objects(source: Source, kind: str, domain: str) -> list[Record]:
    service, operation, dto = OF_DOMAIN[kind]
    found = source.records(service, operation, dto, domain=domain)
    if kind == "reseller":
        for one in found:
            one["credit"] = _number(source, service, "retrieveResellerCredit", resellerId=one["id"])
    return found


def read_free_numbers(source: Source, domain: str) -> list[str]:
    return source.texts("DidWS", "listAvailablesNumbers", domain=domain)


def read_account(source: Source, username: str, domain: str) -> OldAccount:
    """Read an account. Raises SourceFault if it does not exist or its balance cannot be read."""
    key = {"username": username, "domain": domain}
    subscriber = source.record("SubscriberWS", "retrieveSubscriber", types.SubscriberDto, **key)
    if subscriber is None or subscriber["id"] is None:
        raise SourceFault("retrieveSubscriber: an empty answer")
    code = subscriber["account_code"] = f"{username}@{domain}"
    subscriber |= {"username": username, "domain": domain}
    subscriber["credit"] = _number(source, "SubscriberWS", "retrieveCredit", **key)
    account = OldAccount(subscriber)
    for operation, dto in PARTS.items():
        part = _told(account, operation, _asking(source, "SubscriberWS", operation, dto, **key))
        for one in part or []:
            subscriber |= {name: value for name, value in one.items() if value is not None}
    for name, operation in PASSWORDS.items():
        texts = _told(account, operation, partial(source.texts, "SubscriberWS", operation, **key))
        subscriber[name] = texts[0] if texts else None
    for name, (service, operation, dto) in LISTS.items():
        ask = _asking(source, service, operation, dto, **key)
        account.lists[name] = _told(account, operation, ask)
    ask = _asking(source, "DidWS", "listByAcc", types.DidDto, accountCode=code)
    account.lists["did"] = _told(account, "listByAcc", ask)
    contacts = account.lists["location"]
    if contacts is not None:
        account.lists["location"] = [one for one in contacts if _is_permanent(one)]
    account.group = read_group(source, code, account)
    return account


def read_group(source: Source, code: str, account: OldAccount | None = None) -> Record | None:
    """The group managed by the account; None after a fault, which mostly means that it has none."""
    operation = "retrieveAccountGroup"
    dto = types.AccountGroupDto
    ask = _asking(source, "AccountGroupWS", operation, dto, accountManager=code)
    found = _told(account, operation, ask)
    return found[0] if found and found[0]["account"] else None


def _asking(
    source: Source, service: str, operation: str, dto: Any, **key: object
) -> Callable[[], list[Record]]:
    return lambda: source.records(service, operation, dto, **key)


def _told(account: OldAccount | None, operation: str, ask: Callable[[], Any]) -> Any:
    """The answer; a fault is noted and gives None, and the account is taken without it."""
    try:
        return ask()
    except SourceFault as fault:
        if account is not None:
            account.untold.append((operation, str(fault)))
        return None


def _number(source: Source, service: str, operation: str, **key: object) -> float:
    """A balance; an absent one is an error, since it does not mean zero."""
    for text in source.texts(service, operation, **key):
        try:
            return float(text)
        except ValueError:
            break
    raise SourceFault(f"{operation}: no number")


def _is_permanent(location: Record) -> bool:
    expires = location["expires"]
    return expires is None or not _PERMANENT_YEARS[0] <= expires.year < _PERMANENT_YEARS[1]
