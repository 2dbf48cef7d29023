"""Which networks an administrator of domains may register, and whose they must not touch."""

from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sippulse_ws.config import Settings
from sippulse_ws.domain.networks import host_of, overlaps
from sippulse_ws.models import Address
from tests.factories.platform import DOMAIN, Platform
from tests.soap import Soap

OTHER = "other.example.com"
TAKEN = "Address already in use"


@pytest.fixture(autouse=True)
def owners(platform: Platform) -> None:
    platform.subscriber("1000")
    platform.subscriber("2000", platform.domain(OTHER))


@pytest.fixture
def here(platform: Platform) -> dict[str, str]:
    return platform.administrator("here", DOMAIN)


def address(network: str, **values: Any) -> dict[str, Any]:
    ip, _, mask = network.partition("/")
    fixed = {"username": "1000", "domain": DOMAIN, "method": "iponly", "port": 0, "protocol": "any"}
    return fixed | {"ipAddress": ip, "mask": int(mask)} | values


def there(network: str, **values: Any) -> dict[str, Any]:
    return address(network, username="2000", domain=OTHER, **values)


@pytest.mark.parametrize(
    ("network", "field"),
    [
        ("0.0.0.0/1", "mask"),
        ("128.0.0.0/1", "mask"),
        ("198.51.100.0/23", "mask"),
        ("10.0.0.0/8", "mask"),
        ("2001:db8::/63", "mask"),
        ("::/1", "mask"),
        ("127.0.0.0/8", "mask"),
        ("127.0.0.1/32", "ipAddress"),
        ("127.9.9.0/24", "ipAddress"),
        ("0.0.0.0/32", "ipAddress"),
        ("0.0.0.0/24", "ipAddress"),
        ("169.254.1.0/24", "ipAddress"),
        ("224.0.0.1/32", "ipAddress"),
        ("239.255.255.0/24", "ipAddress"),
        ("255.255.255.255/32", "ipAddress"),
        ("::/128", "ipAddress"),
        ("::1/128", "ipAddress"),
        ("::/64", "ipAddress"),
        ("fe80::1/128", "ipAddress"),
        ("ff02::1/128", "ipAddress"),
    ],
)
@pytest.mark.parametrize("method", ["iponly", "ip+cli"])
def test_only_a_superuser_registers_wide_or_special_networks(
    soap: Soap, platform: Platform, here: dict[str, str], network: str, field: str, method: str
) -> None:
    sent = address(network, method=method)
    fault = soap.fault("AddressWS", "insertAddress", address=sent, principal=here)
    assert f"in field {field}" in fault
    assert platform.rows(Address) == []
    soap("AddressWS", "insertAddress", address=sent)


@pytest.mark.parametrize(
    "network", ["192.0.2.10/32", "192.0.2.0/24", "2001:db8::/64", "2001:db8::1/128", "10.0.0.0/30"]
)
def test_hosts_and_small_networks_are_anybodys(
    soap: Soap, here: dict[str, str], network: str
) -> None:
    made = soap("AddressWS", "insertAddress", address=address(network), principal=here)
    assert f"{made.ipAddress}/{made.mask}" == network


@pytest.mark.parametrize("network", ["::ffff:192.0.2.9/128", "::ffff:127.0.0.1/128"])
def test_an_ipv4_address_is_written_as_one(soap: Soap, network: str) -> None:
    fault = soap.fault("AddressWS", "insertAddress", address=address(network))
    assert network.rpartition(":")[2].partition("/")[0] in fault


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("192.0.2.10/32", "192.0.2.0/24"),
        ("192.0.2.0/24", "192.0.2.10/32"),
        ("192.0.0.0/9", "192.0.2.10/32"),
        ("192.0.2.10/32", "192.0.2.8/29"),
        ("2001:db8::1:1:1:1/128", "2001:db8::/64"),
        ("2001:db8::/32", "2001:db8:7::1/128"),
        ("2001:db8::/64", "2001:db8::ffff:0:0:1/128"),
    ],
)
def test_a_network_of_another_domain_is_not_touched_and_not_told(
    soap: Soap, platform: Platform, here: dict[str, str], first: str, second: str
) -> None:
    soap("AddressWS", "insertAddress", address=there(first))
    before = platform.rows(Address)
    for prefix in ({}, {"method": "techprefix", "techPrefix": "9"}, {"port": 5062}):
        sent = address(second, **prefix)
        fault = soap.fault("AddressWS", "insertAddress", address=sent, principal=here)
        assert fault.startswith(f"{TAKEN}: {second}")
        assert OTHER not in fault
        assert first.partition("/")[0] == second.partition("/")[0] or first not in fault
    assert platform.rows(Address) == before


def test_a_superuser_and_one_with_both_domains_may(
    soap: Soap, platform: Platform, here: dict[str, str]
) -> None:
    both = platform.administrator("both", DOMAIN, OTHER)
    prefixed = {"method": "techprefix"}
    soap("AddressWS", "insertAddress", address=there("192.0.2.10/32", **prefixed, techPrefix="1"))
    soap("AddressWS", "insertAddress", address=address("192.0.2.10/32", **prefixed, techPrefix="2"))
    wide = address("192.0.2.0/24")
    assert soap("AddressWS", "insertAddress", address=wide, principal=both).mask == 24
    assert soap("AddressWS", "insertAddress", address=there("192.0.0.0/16")).mask == 16


@pytest.mark.parametrize(
    "change",
    [
        {"ipAddress": "198.51.100.7"},
        {"ipAddress": "198.51.100.0", "mask": 24},
        {"ipAddress": "10.0.0.0", "mask": 8},
        {"ipAddress": "127.0.0.1"},
    ],
)
def test_an_update_gets_no_further(
    soap: Soap, platform: Platform, here: dict[str, str], change: dict[str, Any]
) -> None:
    soap("AddressWS", "insertAddress", address=there("198.51.100.7/32"))
    mine = soap("AddressWS", "insertAddress", address=address("192.0.2.1/32"), principal=here)
    before = platform.rows(Address)
    sent = {"id": mine.id, "domain": DOMAIN} | change
    soap.fault("AddressWS", "updateAddress", address=sent, principal=here)
    assert platform.rows(Address) == before


def test_a_shared_address_is_not_turned_into_the_whole_one(
    soap: Soap, platform: Platform, here: dict[str, str]
) -> None:
    prefixed = {"method": "techprefix"}
    soap("AddressWS", "insertAddress", address=there("192.0.2.1/32", **prefixed, techPrefix="1"))
    sent = address("192.0.2.1/32", **prefixed, techPrefix="2")
    mine = soap("AddressWS", "insertAddress", address=sent)
    for change in ({"method": "iponly", "techPrefix": ""}, {"techPrefix": "1"}, {"port": 5060}):
        sent = {"id": mine.id, "domain": DOMAIN} | change
        fault = soap.fault("AddressWS", "updateAddress", address=sent, principal=here)
        assert TAKEN in fault
    platform.subscriber("1001")
    sent = {"id": mine.id, "domain": DOMAIN, "username": "1001"}
    assert soap("AddressWS", "updateAddress", address=sent, principal=here).username == "1001"


def test_a_proxys_own_address_is_no_accounts(
    app_with: Any, platform: Platform, here: dict[str, str]
) -> None:
    sip = ["192.0.2.1:5060", "sip:[2001:db8::1]:5060"]
    proxies = [{"kind": "kamailio", "url": "http://127.0.0.1:9/", "sip": sip}]
    soap = app_with(language="en", proxies=proxies)
    for network in ("192.0.2.1/32", "192.0.2.0/24", "2001:db8::/64"):
        sent = address(network)
        fault = soap.fault("AddressWS", "insertAddress", address=sent, principal=here)
        assert "SIP proxy" in fault
        assert soap("AddressWS", "insertAddress", address=sent).mask


@pytest.mark.parametrize("text", ["kam1.example.com", "192.0.2.1.2", "", "sip:"])
def test_a_proxys_address_is_an_ip_address(text: str) -> None:
    proxy = {"kind": "kamailio", "url": "http://127.0.0.1:9/", "sip": text}
    with pytest.raises(ValueError, match="sip: "):
        Settings(proxies=[proxy])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("udp:192.0.2.1:5060", "192.0.2.1"),
        ("sip:kam@192.0.2.1:5060;transport=tcp", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("sips:[2001:db8::1]:5061", "2001:db8::1"),
    ],
)
def test_a_proxys_address_in_any_of_its_ways(text: str, host: str) -> None:
    assert str(host_of(text)) == host


class Row:
    def __init__(self, network: Any) -> None:
        self.ip_address, _, mask = str(network).partition("/")
        self.mask = int(mask)


networks = st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 32)).map(
    lambda pair: ip_network(pair, strict=False)
)


@given(one=networks, other=networks)
def test_networks_overlap_when_they_share_an_address(one: Any, other: Any) -> None:
    first = max(int(one[0]), int(other[0]))
    last = min(int(one[-1]), int(other[-1]))
    assert overlaps(one, Row(other)) == (first <= last)
