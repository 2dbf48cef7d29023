"""Which networks an administrator of domains may register for an account.

SIP proxies trust a network without a password, so a network that is too wide, or another domain's,
would take over calls of others. A superuser may register any, since providers share addresses by
tech prefix.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from sqlalchemy import ColumnElement, or_

from sippulse_ws.domain.errors import InvalidField
from sippulse_ws.domain.reasons import Reason
from sippulse_ws.models import Address

Network = IPv4Network | IPv6Network
Host = IPv4Address | IPv6Address

WIDEST = {4: 24, 6: 64}
# Unspecified, loopback, link-local, multicast, limited broadcast; also of IPv6.
SPECIAL: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8 127.0.0.0/8 169.254.0.0/16 224.0.0.0/4 255.255.255.255/32 "
        "::/127 fe80::/10 ff00::/8"
    ).split()
)


def check_network(network: Network, proxies: Iterable[Host]) -> None:
    """Raise InvalidField for what only a superuser may register; `proxies` are the SIP proxies'."""
    widest = WIDEST[network.version]
    if network.prefixlen < widest:
        raise InvalidField("mask", Reason.NETWORK_TOO_WIDE, widest=widest)
    if any(_overlap(network, special) for special in SPECIAL):
        raise InvalidField("ipAddress", Reason.SPECIAL_NETWORK)
    if any(host in network for host in proxies):
        raise InvalidField("ipAddress", Reason.ADDRESS_OF_A_PROXY)


def may_overlap(network: Network) -> ColumnElement[bool]:
    """The condition for rows that may overlap the network, by index.

    They contain it, or begin alike; `overlaps` decides.
    """
    holding = [str(network.supernet(new_prefix=size)[0]) for size in range(network.prefixlen + 1)]
    first, _, _ = str(network.network_address).partition("." if network.version == 4 else ":")
    beginning = f"{first}{'.' if network.version == 4 else ':'}"
    if network.version == 4 and network.prefixlen >= WIDEST[4]:
        beginning = str(network.network_address).rpartition(".")[0] + "."
    return or_(Address.ip_address.in_(holding), Address.ip_address.startswith(beginning))


def overlaps(network: Network, row: Any) -> bool:
    """Whether the network of a row (`ip_address`, `mask`) shares an address with it."""
    try:
        other = ip_network(f"{row.ip_address}/{row.mask}", strict=False)
    except ValueError:  # written with SQL; no proxy sees it
        return False
    return _overlap(network, other)


def host_of(text: str) -> Host:
    """The address in `192.0.2.1`, `192.0.2.1:5060`, `[2001:db8::1]:5060` or a SIP URI of these."""
    rest = text.strip().partition(";")[0]
    for scheme in ("sip:", "sips:", "udp:", "tcp:", "tls:"):
        rest = rest.removeprefix(scheme)
    rest = rest.rpartition("@")[2]
    if rest.startswith("["):
        return ip_address(rest[1:].partition("]")[0])
    return ip_address(rest if rest.count(":") > 1 else rest.partition(":")[0])


def _overlap(one: Network, other: Network) -> bool:
    return one.version == other.version and one.overlaps(other)
