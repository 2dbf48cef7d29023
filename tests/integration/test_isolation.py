"""Every operation of every service, tried by the administrator of another domain.

What such a one asks for is answered exactly as if it did not exist, and nothing changes.
"""

import re
from typing import Any

import pytest
from lxml import etree

from sippulse_ws.models import (
    AccountGroup,
    AccountGroupMember,
    Address,
    Base,
    DbAlias,
    Dialplan,
    HuntGroup,
    HuntGroupMember,
    Location,
    UserWhiteList,
)
from sippulse_ws.models.proxy_views import FAR_AWAY
from sippulse_ws.services import SERVICES
from sippulse_ws.wire.endpoint import Endpoint, Options
from tests.factories.platform import DOMAIN, PASSWORD, Platform
from tests.soap import Soap, principal_xml

FOREIGN = "foreign.example.com"
NOWHERE = "nowhere.example.com"
SECRET = "SEGREDO"

KEY = {"username": "2000", "domain": "{domain}"}
ACCOUNT = "2000@{domain}"
CHANGE = {"newPassword": "n3w", "confirmNewPassword": "n3w"}
ADDRESS: dict[str, Any] = {
    "ipAddress": "192.0.2.9",
    "mask": 32,
    "method": "iponly",
    "port": 0,
    "protocol": "any",
}
RATE = {"domain": "{domain}", "name": "x", "prefix": "99", "rateId": 1, "rateValue": 1}
GROUP: dict[str, Any] = {"domain": "{domain}", "description": "x", "groupList": "2000"}
GROUP |= {"method": "serial", "timeout": 9}
RESELLER = {"domain": "{domain}", "name": "x", "manager": "x", "email": "x", "password": "x"}
ALIAS = {**KEY, "aliasUsername": "77"}
NEW = {"username": "1", "domain": "{domain}", "password": "x", "profile": "DEFAULT"}

# Operations that need nothing but username and domain.
BY_KEY = (
    "activateAnonymousCalls activateCallsOnlyByIp activateCollectCalls activateDailyStatistics "
    "activateEntry0303 activateIncommingCalls activateLowCreditNotification "
    "activateOutgoingCalls activatePrivacyCalls activateSoftphone activateSubscriber "
    "activateTopologyHiding activateValidateSource0303 activateVoicemail blockAnonymousCalls "
    "blockCallsOnlyByIp blockCollectCalls blockDailyStatistics blockEntry0303 "
    "blockIncommingCalls blockLowCreditNotification blockOutgoingCalls blockPrivacyCalls "
    "blockSoftphone blockSubscriber blockTopologyHiding blockVoicemail "
    "disableValidateSource0303 listDBAliases removeSubscriber retrieveCredit retrieveDailyQuota "
    "retrieveMonthlyQuotaDTO retrievePassword retrievePasswordWEB retrieveSubscriber "
    "retrieveSubscriberClassV"
).split()

Case = tuple[str, dict[str, Any]]
CASES: list[Case] = [
    *((f"SubscriberWS.{name}", KEY) for name in BY_KEY),
    ("SubscriberWS.addCredit", {**KEY, "value": 5}),
    ("SubscriberWS.changePassword", {**KEY, **CHANGE, "actualPassword": PASSWORD}),
    ("SubscriberWS.changePasswordWEB", {**KEY, **CHANGE, "actualPassword": PASSWORD}),
    ("SubscriberWS.changeProfile", {**KEY, "newProfileId": "{profile}"}),
    ("SubscriberWS.deleteDBAliases", {"dbAliases": "{alias}"}),
    ("SubscriberWS.insertDBAliases", {"dbAliases": ALIAS}),
    ("SubscriberWS.insertSubscriber", {"subscriber": NEW}),
    ("SubscriberWS.updateDailyQuota", {"dailyQuotaDTO": {**KEY, "dailyQuotaLimit": 5}}),
    ("SubscriberWS.updateMonthlyQuota", {"monthlyQuotaDTO": {**KEY, "monthlyQuotaLimit": 5}}),
    ("SubscriberWS.updateSubscriber", {"subscriber": {**KEY, "city": "x"}}),
    ("SubscriberWS.updateSubscriberBillingInfo", {"subscriber": {**KEY, "city": "x"}}),
    ("SubscriberWS.updateSubscriberClassV", {"subscriber": {**KEY, "callFwd": "x"}}),
    ("SubscriberWS.updateSubscriberServices", {"subscriber": {**KEY, "areaCode": 5}}),
    ("DidWS.deleteDid", {"didId": "{did}"}),
    ("DidWS.insertDid", {"did": {**KEY, "accountCode": ACCOUNT, "aliasUsername": "66"}}),
    ("DidWS.listAvailablesNumbers", {"domain": "{domain}"}),
    ("DidWS.listByAcc", {"accountCode": ACCOUNT}),
    ("ProfileWS.listProfilesByDomain", {"domain": "{domain}"}),
    ("HuntGroupWS.insertHuntGroup", {"huntGroup": GROUP}),
    ("HuntGroupWS.insertHuntGroups", {"huntGroup": GROUP}),
    ("HuntGroupWS.listHuntGroups", {"domain": "{domain}"}),
    ("HuntGroupWS.removeHuntGroup", {"domain": "{domain}", "huntGroupId": "{hunt_group}"}),
    ("HuntGroupWS.updateHuntGroup", {"huntGroup": {**GROUP, "id": "{hunt_group}"}}),
    ("HuntGroupWS.updateHuntGroups", {"huntGroup": {**GROUP, "id": "{hunt_group}"}}),
    (
        "ResellerWS.addResellerCredit",
        {"resellerName": SECRET, "domain": "{domain}", "value": 5},
    ),
    ("ResellerWS.deleteReseller", {"resellerId": "{reseller}"}),
    ("ResellerWS.insertReseller", {"reseller": {**RESELLER, "username": "free"}}),
    ("ResellerWS.listByDomain", {"domain": "{domain}"}),
    ("ResellerWS.retrieveResellerCredit", {"resellerId": "{reseller}"}),
    ("WhiteListWS.deleteWhiteList", {"whiteListId": "{white_list}"}),
    ("WhiteListWS.deletetWhiteList", {"whiteListId": "{white_list}"}),
    ("WhiteListWS.insertWhiteList", {"whiteList": {**KEY, "prefix": "193"}}),
    ("WhiteListWS.listWhiteList", KEY),
    ("RatePlanWS.insertRatePlan", {"ratePlan": {"domain": "{domain}", "name": "x", "rateId": 1}}),
    ("RatePlanWS.listRatePlansByDomain", {"domain": "{domain}"}),
    ("RatePlanWS.removeRatePlan", {"idRatePlan": "{rate_plan}"}),
    ("RatePlanWS.updateRatePlan", {"ratePlan": {"id": "{rate_plan}", "name": "x"}}),
    ("RateWS.insertRates", {"rate": RATE}),
    ("RateWS.listRatesByParams", {"domain": "{domain}"}),
    ("RateWS.removeAllRatesByRateId", {"domain": "{domain}", "rateId": 1}),
    ("RateWS.removeRate", {"id": "{rate}"}),
    ("RateWS.updateRate", {"rate": {"id": "{rate}", "name": "x"}}),
    ("ReloadModulesWS.reloadDid", {"didId": "{did}"}),
    ("ReloadModulesWS.reloadHuntGroup", {"huntGroupId": "{hunt_group}"}),
    ("ReloadModulesWS.reloadProfile", {"profile": "DEFAULT", "domain": "{domain}"}),
    ("ReloadModulesWS.reloadSubscriber", KEY),
    ("DialplanWS.listDialplansByDomain", {"domain": "{domain}"}),
    (
        "AccountGroupWS.addAccountGroup",
        {"accountManager": ACCOUNT, "managerProfile": "DEFAULT", "account": "2002@{domain}"},
    ),
    ("AccountGroupWS.removeAccountGroup", {"accountManager": ACCOUNT}),
    ("AccountGroupWS.retrieveAccountGroup", {"accountManager": ACCOUNT}),
    ("UserLocationWS.addUserLocation", {**KEY, "contact": "sip:2000@192.0.2.2"}),
    ("UserLocationWS.listUserLocations", KEY),
    ("UserLocationWS.removeUserLocation", {**KEY, "contact": "sip:2000@192.0.2.1"}),
    ("AddressWS.insertAddress", {"address": {**KEY, **ADDRESS}}),
    ("AddressWS.insertAddresses", {"address": {"account": ACCOUNT, **ADDRESS}}),
    ("AddressWS.lisAddresses", KEY),
    ("AddressWS.listAddresses", KEY),
    ("AddressWS.removeAddress", {"domain": "{domain}", "addressId": "{address}"}),
    ("AddressWS.removeAddresses", {"domain": "{domain}", "addressId": "{address}"}),
    ("AddressWS.updateAddress", {"address": {"id": "{address}", "mask": 32}}),
    ("AddressWS.updateAddresses", {"address": {"id": "{address}", "port": 5080}}),
]
# Not about a domain: the tests of these services say what they show.
ELSEWHERE = {
    "CustomerWS.authenticate",  # the customer's own password
    "CustomerWS.changeCustomerPassword",
    "CustomerWS.retrieveCustomerCredit",
    "DomainWS.listDomains",  # below
    "ReloadModulesWS.reloadAddress",  # the proxies' one table
}

MINE = {"username": "1000", "domain": DOMAIN}
# Requests about the own domain that reach for something of another one.
REACHING: list[Case] = [
    ("SubscriberWS.insertSubscriber", {"subscriber": {**NEW, "domain": DOMAIN, name: value}})
    for name, value in (
        ("ratePlanId", "{rate_plan}"),
        ("resellerId", "{reseller}"),
        ("resellerRatePlanId", "{rate_plan}"),
    )
] + [
    ("SubscriberWS.updateSubscriber", {"subscriber": {**MINE, "ratePlanId": "{rate_plan}"}}),
    ("SubscriberWS.changeProfile", {**MINE, "newProfileId": "{profile}"}),
    (
        "SubscriberWS.insertDBAliases",
        {"dbAliases": {**MINE, "aliasUsername": "7", "aliasDomain": "{domain}"}},
    ),
    (
        "DidWS.insertDid",
        {"did": {**KEY, "accountCode": f"1000@{DOMAIN}", "aliasUsername": "66"}},
    ),
    ("HuntGroupWS.updateHuntGroup", {"huntGroup": {"id": "{hunt_group}", "domain": DOMAIN}}),
    ("HuntGroupWS.removeHuntGroup", {"domain": DOMAIN, "huntGroupId": "{hunt_group}"}),
    ("RateWS.updateRate", {"rate": {"id": "{rate}", "domain": DOMAIN}}),
    ("RatePlanWS.updateRatePlan", {"ratePlan": {"id": "{rate_plan}", "domain": DOMAIN}}),
    (
        "AccountGroupWS.addAccountGroup",
        {"accountManager": f"1000@{DOMAIN}", "managerProfile": "DEFAULT", "account": ACCOUNT},
    ),
    ("AddressWS.insertAddress", {"address": {**MINE, **ADDRESS, "account": ACCOUNT}}),
    ("AddressWS.updateAddress", {"address": {"id": "{own_address}", "account": ACCOUNT}}),
    ("AddressWS.removeAddress", {"domain": DOMAIN, "addressId": "{address}"}),
]


@pytest.fixture
def ids(platform: Platform) -> dict[str, int]:
    """One of everything in the foreign domain, by name, and an address of one's own."""
    platform.domain(FOREIGN)
    insert = platform.insert
    fixed = {"first_name": SECRET, "password_portal": PASSWORD}
    owner = platform.subscriber("2000", FOREIGN, **fixed)
    member = platform.subscriber("2001", FOREIGN)
    platform.subscriber("2002", FOREIGN)
    own = platform.subscriber("1000")
    group = insert(AccountGroup, manager_id=owner, manager_profile="DEFAULT")
    insert(AccountGroupMember, subscriber_id=member, account_group_id=group)
    address = {"mask": 32, "method": "iponly", "group": "1"}
    contact = {"ruid": "perm-1", "contact": "sip:2000@192.0.2.1", "user_agent": SECRET}
    insert(Location, username="2000", domain=FOREIGN, expires=FAR_AWAY, **contact)
    platform.free_number("554830258080", FOREIGN)
    insert(Dialplan, domain=FOREIGN, dpid=1, match_exp=SECRET)
    found = {
        "profile": platform.profile(SECRET, FOREIGN),
        "did": platform.did("554830258090", "2000", FOREIGN),
        "alias": insert(DbAlias, alias_username="88", alias_domain=FOREIGN, subscriber_id=owner),
        "reseller": platform.reseller(SECRET, FOREIGN),
        "rate_plan": platform.rate_plan(FOREIGN, name=SECRET),
        "rate": platform.rate("55", FOREIGN, name=SECRET),
        "white_list": insert(UserWhiteList, subscriber_id=owner, prefix="190"),
        "address": insert(Address, subscriber_id=owner, ip_address="192.0.2.1", **address),
        "own_address": insert(Address, subscriber_id=own, ip_address="192.0.2.3", **address),
        "hunt_group": insert(
            HuntGroup, domain=FOREIGN, description=SECRET, method="serial", timeout=9, uri="x"
        ),
    }
    insert(HuntGroupMember, hunt_group_id=found["hunt_group"], position=0, subscriber_id=owner)
    return found


def filled(value: Any, names: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {name: filled(inner, names) for name, inner in value.items()}
    return str(value).format(**names)


def xml(values: dict[str, Any]) -> str:
    return "".join(
        f"<{name}>{xml(value) if isinstance(value, dict) else value}</{name}>"
        for name, value in values.items()
    )


def ask(soap: Soap, principal: dict[str, str], case: Case, names: dict[str, Any]) -> Any:
    service, operation = case[0].split(".")
    body = xml(filled(case[1], names)) + principal_xml(principal)
    return soap.post(service, operation, body)


def refusal(answer: Any) -> str:
    """What a fault says, without the names that the request itself told."""
    assert answer.status_code == 500, answer.data
    (message,) = etree.fromstring(answer.data).iter("faultMessage")
    return re.sub(r"[0-9]+", "#", (message.text or "").replace(FOREIGN, NOWHERE))


def everything(platform: Platform) -> dict[str, Any]:
    unwatched = ("audit", "login_failure")
    tables = [one for one in Base.metadata.sorted_tables if one.name not in unwatched]
    return {table.name: platform.db.execute(table.select()).all() for table in tables}


def check_refused(soap: Soap, platform: Platform, ids: dict[str, int], case: Case) -> str:
    """The refusal; nothing has changed, and what is not there is refused in the same words."""
    outsider = platform.administrator("outsider", DOMAIN)
    before = everything(platform)
    answer = ask(soap, outsider, case, {"domain": FOREIGN, **ids})
    assert everything(platform) == before
    assert SECRET not in answer.data.decode() or SECRET in str(case[1])
    message = refusal(answer)
    own = {"own_address": ids["own_address"]}
    missing = {name: number + 10_000_000 for name, number in ids.items()} | own
    assert message == refusal(ask(soap, outsider, case, {"domain": NOWHERE, **missing}))
    return message


def name_of(case: Case) -> str:
    return case[0]


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_nothing_of_another_domain_is_read_changed_or_revealed(
    soap: Soap, platform: Platform, ids: dict[str, int], case: Case
) -> None:
    message = check_refused(soap, platform, ids, case)
    assert re.search("denied|not found", message)


@pytest.mark.parametrize("case", REACHING, ids=name_of)
def test_nothing_of_another_domain_is_reached_from_the_own_one(
    soap: Soap, platform: Platform, ids: dict[str, int], case: Case
) -> None:
    check_refused(soap, platform, ids, case)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_the_same_requests_work_for_the_domains_own_administrator(
    soap: Soap, platform: Platform, ids: dict[str, int], case: Case
) -> None:
    insider = platform.administrator("insider", FOREIGN)
    answer = ask(soap, insider, case, {"domain": FOREIGN, **ids})
    if case[0].startswith("ReloadModulesWS"):  # there is no proxy here to tell
        assert not re.search("denied|not found", answer.text)
    else:
        assert answer.status_code == 200, answer.data


def test_only_granted_domains_are_listed(soap: Soap, platform: Platform) -> None:
    platform.domain(FOREIGN)
    outsider = platform.administrator("outsider", DOMAIN)
    listed = soap("DomainWS", "listDomains", principal=outsider)
    assert [one.domain for one in listed] == [DOMAIN]


def test_no_operation_is_left_out() -> None:
    tried = {case[0] for case in CASES}
    published = {
        f"{service.__name__}.{operation}"
        for service in SERVICES
        for operation in Endpoint(service, Options(), None).operations
    }
    assert tried | ELSEWHERE == published
    assert not tried & ELSEWHERE
