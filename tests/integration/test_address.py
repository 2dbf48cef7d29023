"""AddressWS: authentication by IP address."""

from typing import Any

import pytest

from sippulse_ws.models import Address
from tests.factories.platform import DOMAIN, Platform
from tests.soap import Soap

KEY: dict[str, Any] = {"username": "1000", "domain": DOMAIN}
ACCOUNT = f"1000@{DOMAIN}"
OTHER = "other.example.com"


@pytest.fixture(autouse=True)
def owners(platform: Platform) -> None:
    platform.subscriber("1000")
    platform.subscriber("1001")


def address(ip: str = "192.0.2.10", mask: int = 32, **values: Any) -> dict[str, Any]:
    fixed = {"ipAddress": ip, "mask": mask, "method": "iponly", "port": 0, "protocol": "any"}
    return KEY | fixed | values


def insert(soap: Soap, *args: Any, **values: Any) -> Any:
    return soap("AddressWS", "insertAddress", address=address(*args, **values))


def refused(soap: Soap, *args: Any, **values: Any) -> str:
    return soap.fault("AddressWS", "insertAddress", address=address(*args, **values))


@pytest.mark.parametrize(
    ("values", "group", "pattern"),
    [
        ({"method": "iponly"}, "1", None),
        ({"method": "techprefix", "techPrefix": "1234#"}, "2", "1234#*"),
        ({"method": "ip+cpt", "techPrefix": "*9"}, "3", "[*]9*"),
        ({"method": "ip+cli"}, "4", None),
        ({"method": "IP+CLI", "protocol": "UDP", "port": 5060}, "4", None),
    ],
)
def test_what_is_generated_comes_back(
    soap: Soap, values: dict[str, Any], group: str, pattern: str | None
) -> None:
    made = insert(soap, **values, group="9", pattern="x", contextInfo="y", id=4711)
    assert (made.group, made.pattern, made.contextInfo) == (group, pattern, ACCOUNT)
    assert (made.account, made.username, made.domain) == (ACCOUNT, "1000", DOMAIN)
    assert made.method == values["method"].lower()
    assert made.protocol == values.get("protocol", "any").lower()
    assert made.id != 4711
    for operation in ("lisAddresses", "listAddresses"):
        assert soap("AddressWS", operation, **KEY) == [made]


@pytest.mark.parametrize(
    "account",
    [
        f"<account>{ACCOUNT}</account>",
        f"<accountcode>{ACCOUNT}</accountcode>",
        f"<username>1000</username><domain>{DOMAIN}</domain>",
        f"<accountcode>{ACCOUNT}</accountcode><username>1000</username><domain>{DOMAIN}</domain>",
    ],
)
@pytest.mark.parametrize("operation", ["insertAddress", "insertAddresses"])
def test_the_account_is_told_in_any_of_its_ways(soap: Soap, account: str, operation: str) -> None:
    answer = soap.xml(
        "AddressWS",
        operation,
        account + "<IpAdress>2001:DB8::</IpAdress><mask>32</mask><method>iponly</method>"
        "<port>0</port><protocol>any</protocol><techprefix/>",
    )
    assert answer.findtext("return/account") == ACCOUNT
    assert answer.findtext("return/ipAddress") == "2001:db8::"


def test_the_ways_must_not_contradict(soap: Soap) -> None:
    assert "account" in refused(soap, account=f"1001@{DOMAIN}")
    assert "account" in refused(soap, account="@")
    nameless = {"username": None, "domain": None}
    assert "domain" in refused(soap, **nameless)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"ip": "192.0.2"}, "ipAddress"),
        ({"ip": "192.0.2.010"}, "ipAddress"),
        ({"ip": "fe80::1%eth0", "mask": 128}, "ipAddress"),
        ({"ip": "host.example.com"}, "ipAddress"),
        ({"ip": ""}, "ipAddress"),
        ({"mask": 0}, "mask"),
        ({"mask": 33}, "mask"),
        ({"mask": None}, "mask"),
        ({"ip": "2001:db8::1", "mask": 129}, "mask"),
        ({"port": -1}, "port"),
        ({"port": 65536}, "port"),
        ({"port": None}, "port"),
        ({"protocol": "sctp"}, "protocol"),
        ({"protocol": None}, "protocol"),
        ({"method": "ip"}, "method"),
        ({"method": None}, "method"),
        ({"method": "techprefix"}, "techPrefix"),
        ({"method": "ip+cpt", "techPrefix": ""}, "techPrefix"),
        ({"method": "techprefix", "techPrefix": "12 3"}, "techPrefix"),
        ({"method": "iponly", "techPrefix": "123"}, "techPrefix"),
        ({"username": "9"}, "9@"),
    ],
)
def test_what_no_proxy_could_obey_is_refused(
    soap: Soap, platform: Platform, values: dict[str, Any], field: str
) -> None:
    assert field in refused(soap, **values)
    assert platform.rows(Address) == []


@pytest.mark.parametrize(
    ("ip", "mask", "network"),
    [("192.0.2.10", 24, "192.0.2.0/24"), ("2001:db8::1", 64, "2001:db8::/64")],
)
def test_host_bits_are_refused_with_the_network(
    soap: Soap, ip: str, mask: int, network: str
) -> None:
    assert network in refused(soap, ip, mask)
    insert(soap, network.partition("/")[0], mask)


def test_an_address_is_claimed_once_per_port_prefix_and_method(
    soap: Soap, platform: Platform
) -> None:
    second = {"username": "1001"}
    insert(soap)
    assert refused(soap, **second) == "Address already in use: 192.0.2.10/32"
    assert refused(soap, **second, protocol="udp") == "Address already in use: 192.0.2.10/32"
    insert(soap, **second, port=5060)
    insert(soap, **second, method="ip+cli")
    insert(soap, method="techprefix", techPrefix="1")
    insert(soap, **second, method="techprefix", techPrefix="2")
    taken = refused(soap, **second, method="techprefix", techPrefix="1")
    assert taken == "Address already in use: 192.0.2.10/32 techPrefix 1"
    assert len(platform.rows(Address)) == 5


def test_an_update_changes_only_what_is_there(soap: Soap) -> None:
    made = insert(soap, method="techprefix", techPrefix="1", port=5060, protocol="udp")
    change = {"id": made.id, "domain": DOMAIN, "techPrefix": "22"}
    updated = soap("AddressWS", "updateAddress", address=change)
    assert (updated.id, updated.techPrefix, updated.pattern) == (made.id, "22", "22*")
    assert (updated.ipAddress, updated.port, updated.protocol) == ("192.0.2.10", 5060, "udp")
    moved = soap("AddressWS", "updateAddresses", address={"id": made.id, "username": "1001"})
    assert (moved.account, moved.contextInfo) == (f"1001@{DOMAIN}", f"1001@{DOMAIN}")
    assert soap("AddressWS", "lisAddresses", **KEY) == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"ipAddress": "192.0.2.20"}, "already in use"),
        ({"mask": 24}, "192.0.2.0/24"),
        ({"method": "techprefix"}, "techPrefix"),
        ({"protocol": ""}, "protocol"),
        ({"username": "9"}, "9@"),
    ],
)
def test_a_bad_update_changes_nothing(
    soap: Soap, platform: Platform, change: dict[str, Any], why: str
) -> None:
    number = insert(soap).id
    insert(soap, "192.0.2.20")
    before = platform.rows(Address)
    assert why in soap.fault("AddressWS", "updateAddress", address={"id": number} | change)
    assert platform.rows(Address) == before


def test_an_address_goes_to_no_domain_that_is_not_granted(soap: Soap, platform: Platform) -> None:
    platform.subscriber("2000", platform.domain(OTHER))
    here = platform.administrator("here", DOMAIN)
    number = insert(soap).id
    change = {"id": number, "username": "2000", "domain": OTHER}
    fault = soap.fault("AddressWS", "updateAddress", address=change, principal=here)
    assert fault == f"Access to domain {OTHER} denied"
    told_twice = address("192.0.2.30", account=f"2000@{OTHER}")
    fault = soap.fault("AddressWS", "insertAddress", address=told_twice, principal=here)
    assert fault == f"Access to domain {OTHER} denied"


@pytest.mark.parametrize("operation", ["removeAddress", "removeAddresses"])
def test_an_address_is_removed_within_its_domain(
    soap: Soap, platform: Platform, operation: str
) -> None:
    platform.domain(OTHER)
    number = insert(soap).id
    assert str(number) in soap.fault("AddressWS", operation, domain=OTHER, addressId=number)
    soap.xml("AddressWS", operation, f"<domain>{DOMAIN}</domain><id>{number}</id>")
    assert platform.rows(Address) == []
    assert str(number) in soap.fault("AddressWS", operation, domain=DOMAIN, addressId=number)


@pytest.mark.parametrize("by", ["account", "username"])
def test_an_update_without_an_id_finds_the_accounts_address(soap: Soap, by: str) -> None:
    made = insert(soap, "2001:db8::1", 128)
    insert(soap, "192.0.2.11")
    soap(
        "AddressWS",
        "insertAddress",
        address=address("2001:db8::1", 128, port=5060) | {"username": "1001"},
    )
    owner = {"account": ACCOUNT} if by == "account" else KEY
    sent = owner | {"ipAddress": "2001:DB8:0::1", "port": 5070}
    changed = soap("AddressWS", "updateAddress", address=sent)
    assert (changed.id, changed.port, changed.mask) == (made.id, 5070, 128)


def test_of_several_addresses_the_mask_tells_which(soap: Soap) -> None:
    insert(soap, "10.0.0.0", 24)
    wide = insert(soap, "10.0.0.0", 16)
    sent = KEY | {"ipAddress": "10.0.0.0", "mask": 16, "port": 5070}
    assert soap("AddressWS", "updateAddress", address=sent).id == wide.id


@pytest.mark.parametrize(
    "sent",
    [
        {"ipAddress": "192.0.2.99"},
        {"ipAddress": "not an address"},
        {"ipAddress": "192.0.2.10"},
        {"ipAddress": "192.0.2.10", "mask": 32},
        {"port": 5070},
    ],
)
def test_without_an_id_nothing_is_changed_unless_exactly_one_fits(
    soap: Soap, platform: Platform, sent: dict[str, Any]
) -> None:
    insert(soap)
    insert(soap, port=5060)
    before = platform.rows(Address)
    fault = soap.fault("AddressWS", "updateAddress", address=KEY | sent)
    assert fault == "Required field missing or unreadable: id"
    assert platform.rows(Address) == before


def test_without_an_id_no_foreign_domain_is_asked(soap: Soap, platform: Platform) -> None:
    platform.domain(OTHER)
    platform.subscriber("1000", OTHER)
    theirs = KEY | {"domain": OTHER, "ipAddress": "192.0.2.10"}
    insert(soap, domain=OTHER)
    limited = platform.administrator("limited", DOMAIN)
    fault = soap.fault("AddressWS", "updateAddress", address=theirs, principal=limited)
    assert OTHER in fault
