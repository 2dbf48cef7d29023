"""Two domains behind one proxy, a gateway, and an intruder's phone: for test_attacks.py."""

import secrets
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tests.sip.conftest import PASSWORD, REQUIRED
from tests.sip.message import Message
from tests.sip.phone import Phone
from tests.sip.servers import Kamailio
from tests.sip.soap import RemoteSoap

VICTIM, TAKER = "victim.example.com", "taker.example.com"
GATEWAY = "127.0.0.9"
SHARED = "127.0.0.7"  # an address of the taker's account


@dataclass
class Intruder(Phone):
    """A phone that sends whatever it is told."""

    def request(self, method: str, uri: str, *headers: tuple[str, str], body: str = "") -> Message:
        """The final response; without one, TimeoutError."""
        fixed = [("Call-ID", secrets.token_hex(8)), ("CSeq", f"7 {method}")]
        return self._send(method, uri, [*fixed, *headers])


@dataclass
class Stage:
    """Two domains, a proxy with a gateway, and what is done to them."""

    proxy: Kamailio
    network: Phone  # behind the gateway
    root: RemoteSoap
    taker: RemoteSoap
    engine: sa.Engine

    def __post_init__(self) -> None:
        self.phones: list[Phone] = []
        self.subscribers: list[tuple[str, str]] = []

    def subscriber(self, username: str, domain: str, **values: Any) -> None:
        key = {"username": username, "domain": domain}
        filled = REQUIRED | key | {"password": PASSWORD, "profile": "DEFAULT"} | values
        self.root("SubscriberWS", "insertSubscriber", subscriber=filled)
        self.subscribers.append((username, domain))

    def phone(self, username: str, domain: str, address: str = "127.0.0.1") -> Intruder:
        made = Intruder(username, domain, PASSWORD, self.proxy.address, address)
        self.phones.append(made)
        return made

    def registered(self, username: str, domain: str, **values: Any) -> Intruder:
        self.subscriber(username, domain, **values)
        made = self.phone(username, domain)
        assert made.register() == 200
        return made

    def sql(self, statement: str, **values: Any) -> None:
        with self.engine.connect() as db:
            db.execute(sa.text(statement), values)

    def did(self, number: str, soap: RemoteSoap | None = None, **values: Any) -> int:
        """A number of 2000@taker's."""
        fixed = {"accountCode": f"2000@{TAKER}", "username": "2000", "domain": TAKER}
        flags = {"aliasUsername": number, "didToRuri": False, "reverseBilling": False}
        did = fixed | flags | values
        return int((soap or self.taker)("DidWS", "insertDid", did=did))

    def address(self, **values: Any) -> None:
        """A superuser lets the shared address call as the taker's account."""
        fixed = {"username": "2000", "domain": TAKER, "ipAddress": SHARED, "mask": 32}
        filled = fixed | {"method": "iponly", "port": 0, "protocol": "any"} | values
        self.root("AddressWS", "insertAddress", address=filled)
        self.proxy.rpc("permissions.addressReload")

    def clear(self) -> None:
        for phone in self.phones:
            phone.close()
        self.sql("DELETE FROM address")
        self.sql("DELETE FROM did")
        self.sql("DELETE FROM location")
        for username, domain in self.subscribers:
            self.root("SubscriberWS", "removeSubscriber", username=username, domain=domain)
        self.proxy.rpc("permissions.addressReload")
        self.phones.clear()
        self.subscribers.clear()
        self.network.invites.clear()
