"""What is read of an installation: of each domain, and of each account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sippulse_ws.cutover.source import Record, Source, SourceFault
from sippulse_ws.wire import types

# Where the domain's objects are, in an order in which each finds what it refers to.
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
QUOTAS = {
    "retrieveDailyQuota": types.SubscriberDailyQuotaDto,
    "retrieveMonthlyQuotaDTO": types.SubscriberMonthlyQuotaDto,
}
PERMANENT = (1971, 2029)  # a contact that ends before or after these years never ends


@dataclass
class Account:
    """All that the API tells of a subscriber."""

    subscriber: Record
    lists: dict[str, list[Record]]
    group: Record | None
    untold: list[str] = field(default_factory=list)  # what the server refused to tell, and why

    def comparable(self) -> dict[str, Any]:
        """What must be the same on both sides."""
        lists = {name: sorted(map(_stable, rows)) for name, rows in self.lists.items()}
        return {"subscriber": self.subscriber, "group": self.group, **lists}


def read_domains(source: Source) -> list[Record]:
    return source.records("DomainWS", "listDomains", types.DomainDto)


def read_objects(source: Source, kind: str, domain: str) -> list[Record]:
    service, operation, dto = OF_DOMAIN[kind]
    return source.records(service, operation, dto, domain=domain)


def read_free_numbers(source: Source, domain: str) -> list[str]:
    return source.texts("DidWS", "listAvailablesNumbers", domain=domain)


def read_account(source: Source, username: str, domain: str) -> Account:
    """A SourceFault if there is no such subscriber."""
    key = {"username": username, "domain": domain}
    subscriber = source.record("SubscriberWS", "retrieveSubscriber", types.SubscriberDto, **key)
    if subscriber is None:
        raise SourceFault("an empty answer")
    account = Account(subscriber, {}, None)
    class_v = _told(account, lambda: source.record(
        "SubscriberWS", "retrieveSubscriberClassV", types.SubscriberClassVDto, **key))  # fmt: skip
    _take(subscriber, class_v)
    for operation, dto in QUOTAS.items():
        _take(subscriber, source.record("SubscriberWS", operation, dto, **key))
    subscriber["credit"] = _number(source.texts("SubscriberWS", "retrieveCredit", **key))
    passwords = {"password": "retrievePassword", "password_portal": "retrievePasswordWEB"}
    for name, operation in passwords.items():
        ask = partial(source.texts, "SubscriberWS", operation, **key)
        texts = _told(account, ask)
        subscriber[name] = texts[0] if texts else None
    for name, (service, operation, dto) in LISTS.items():
        account.lists[name] = source.records(service, operation, dto, **key)
    code = f"{username}@{domain}"
    account.lists["did"] = source.records("DidWS", "listByAcc", types.DidDto, accountCode=code)
    account.lists["location"] = [one for one in account.lists["location"] if _is_permanent(one)]
    try:
        account.group = source.record(
            "AccountGroupWS", "retrieveAccountGroup", types.AccountGroupDto, accountManager=code
        )
    except SourceFault:  # it manages none
        account.group = None
    return account


def _told(account: Account, ask: Callable[[], Any]) -> Any:
    """An answer without which the account can be taken all the same."""
    try:
        return ask()
    except SourceFault as fault:
        account.untold.append(str(fault))
        return None


def _take(subscriber: Record, more: Record | None) -> None:
    subscriber |= {name: value for name, value in (more or {}).items() if value is not None}


def _number(texts: list[str]) -> float:
    return float(texts[0]) if texts else 0.0


def _is_permanent(location: Record) -> bool:
    expires = location["expires"]
    return expires is None or not PERMANENT[0] <= expires.year < PERMANENT[1]


def _stable(record: Record) -> str:
    moving = ("last_modified", "expires", "callid", "cseq", "user_agent")
    return repr(sorted((name, value) for name, value in record.items() if name not in moving))
