"""Reloads of a real Kamailio, and the proof that it loaded what stands in the database."""

import json
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.fixtures.server import LOGIN, Cli, Server
from tests.sip.conftest import DOMAIN, Telephones
from tests.sip.phone import Phone
from tests.sip.servers import Kamailio
from tests.sip.soap import RemoteSoap

pytestmark = [pytest.mark.sip, pytest.mark.engines("mariadb")]

OUTSIDE = "127.0.0.7"


class Addresses:
    """Addresses made through SOAP; gone, for the proxy too, after the test."""

    def __init__(self, soap: RemoteSoap) -> None:
        self.soap = soap
        self.ids: list[int] = []

    def insert(self, username: str, ip: str = OUTSIDE, **values: object) -> int:
        filled = {"username": username, "domain": DOMAIN, "ipAddress": ip, "mask": 32, "port": 0}
        filled |= {"protocol": "any", "method": "iponly"}
        made = self.soap("AddressWS", "insertAddress", address=filled | values)
        self.ids.append(made.id)
        return int(made.id)

    def remove(self, address_id: int) -> None:
        self.ids.remove(address_id)
        self.soap("AddressWS", "removeAddress", domain=DOMAIN, addressId=address_id)

    def reload(self) -> None:
        self.soap("ReloadModulesWS", "reloadAddress")


@pytest.fixture
def addresses(soap: RemoteSoap, telephones: Telephones) -> Iterator[Addresses]:
    made = Addresses(soap)
    yield made
    for address_id in list(made.ids):
        made.remove(address_id)
    made.reload()


def status(cli: Cli, *proxies: dict[str, Any], exit_status: int = 0) -> list[list[str]]:
    told = cli("proxy", "status", status=exit_status, proxies=json.dumps(proxies), language="en")
    return [line.split("\t") for line in told.stdout.splitlines()[1:]]


def settings(kamailio: Kamailio, name: str = "kamailio") -> dict[str, Any]:
    return {"kind": "kamailio", "url": kamailio.rpc_url, "name": name}


def test_an_address_lets_calls_in_without_a_password_until_it_is_removed(
    telephones: Telephones, addresses: Addresses
) -> None:
    telephones.subscriber("1000")
    callee = telephones.registered("1001")
    trunk = telephones.phone("1000", address=OUTSIDE)
    trunk.password = "unknown to the trunk"
    assert trunk.call("1001").status == 407
    address = addresses.insert("1000")
    assert trunk.call("1001").status == 407  # the proxy doesn't know yet
    addresses.reload()
    assert trunk.call("1001").status == 200
    assert callee.wait_for_call()["p-asserted-identity"] == f"<sip:1000@{DOMAIN}>"
    addresses.remove(address)
    addresses.reload()
    assert trunk.call("1001").status == 407


def test_a_network_and_a_blocked_subscriber(
    telephones: Telephones, addresses: Addresses, soap: RemoteSoap
) -> None:
    telephones.subscriber("1000")
    telephones.registered("1001")
    trunk = telephones.phone("1000", address=OUTSIDE)
    trunk.password = "unknown to the trunk"
    addresses.insert("1000", "127.0.0.0", mask=28)
    addresses.insert("1000", "2001:db8::", mask=32)
    addresses.insert("1000", "2001:db8::1", mask=128)
    addresses.reload()
    assert trunk.call("1001").status == 200
    soap("SubscriberWS", "blockSubscriber", username="1000", domain=DOMAIN)
    assert trunk.call("1001").status == 403


@pytest.mark.parametrize(
    ("method", "prefix", "sender", "number", "expected"),
    [
        ("techprefix", "77", None, "771001", 200),
        ("techprefix", "77", None, "1001", 407),
        ("ip+cpt", "48", "4830258080", "1001", 200),
        ("ip+cpt", "48", "1130258080", "1001", 407),
        ("ip+cli", "", "1000", "1001", 200),
        ("ip+cli", "", "1002", "1001", 407),
    ],
)
def test_addresses_that_need_more_than_themselves(
    telephones: Telephones,
    addresses: Addresses,
    method: str,
    prefix: str,
    sender: str | None,
    number: str,
    expected: int,
) -> None:
    telephones.subscriber("1000")
    callee = telephones.registered("1001")
    trunk = telephones.phone("1000", address=OUTSIDE)
    addresses.insert("1000", method=method, techPrefix=prefix)
    addresses.reload()
    trunk.password = "unknown to the trunk"
    uri = f"sip:{sender}@{DOMAIN}" if sender else None
    refused = {407: (407, 403), 200: (200,)}[expected]
    assert trunk.call(number, sender=uri).status in refused
    assert len(callee.invites) == (expected == 200)


def test_protocols_and_ports_of_an_address(telephones: Telephones, addresses: Addresses) -> None:
    telephones.subscriber("1000")
    telephones.registered("1001")
    trunk = telephones.phone("1000", address=OUTSIDE)
    trunk.password = "unknown to the trunk"
    addresses.insert("1000", protocol="tcp")
    addresses.reload()
    assert trunk.call("1001").status == 407
    addresses.insert("1000", protocol="udp", port=trunk.port)
    addresses.reload()
    assert trunk.call("1001").status == 200


def test_calls_only_by_ip_and_the_identity_of_a_trunk(
    telephones: Telephones, addresses: Addresses
) -> None:
    telephones.subscriber("1000", callsOnlyByIp=True, copyPassertedRpid=True)
    callee = telephones.registered("1001")
    trunk = telephones.phone("1000", address=OUTSIDE)
    addresses.insert("1000")
    addresses.reload()
    asserted = (("P-Asserted-Identity", "<sip:4830258099@trunk.example.com>"),)
    assert trunk.call("1001", headers=asserted).status == 200
    assert "sip:4830258099@" in callee.wait_for_call()["from"]


def test_two_reloads_in_a_row_wait_for_each_other(
    addresses: Addresses, telephones: Telephones
) -> None:
    telephones.subscriber("1000")
    for number in range(3):
        addresses.insert("1000", f"192.0.2.{number + 1}")
        addresses.reload()


def test_many_addresses_are_reloaded_and_compared(
    engine: sa.Engine, telephones: Telephones, addresses: Addresses, soap: RemoteSoap
) -> None:
    telephones.subscriber("1000")
    key = {"username": "1000", "domain": DOMAIN}
    subscriber = soap("SubscriberWS", "retrieveSubscriber", **key)
    rows = [
        {"owner": subscriber.id, "ip": f"10.{n // 65536}.{n // 256 % 256}.{n % 256}", "mask": 32}
        for n in range(5000)
    ]
    rows += [
        {"owner": subscriber.id, "ip": f"11.{n // 256}.{n % 256}.0", "mask": 24}
        for n in range(1500)
    ]
    insert = (
        "INSERT INTO address (subscriber_id, ip_address, mask, method, `group`) "
        "VALUES (:owner, :ip, :mask, 'iponly', '1')"
    )
    with engine.connect() as db:
        db.execute(sa.text(insert), rows)
    addresses.reload()


def test_a_row_written_past_the_rules_does_not_keep_the_others_out(
    engine: sa.Engine, telephones: Telephones, addresses: Addresses, soap: RemoteSoap
) -> None:
    telephones.subscriber("1000")
    telephones.registered("1001")
    trunk = telephones.phone("1000", address=OUTSIDE)
    trunk.password = "unknown to the trunk"
    addresses.insert("1000")
    key = {"username": "1000", "domain": DOMAIN}
    owner = soap("SubscriberWS", "retrieveSubscriber", **key).id
    insert = (
        "INSERT INTO address (subscriber_id, ip_address, mask, port, method, `group`) "
        "VALUES (:owner, :ip, :mask, :port, :method, '1')"
    )
    bad = [
        ("192.0.2.1", 33, 0, "iponly"),
        ("192.0.2.1", 0, 0, "iponly"),
        ("192.0.2.2", 32, 70000, "iponly"),
        ("not an address", 32, 0, "iponly"),
        ("192.0.2.3", 32, 0, "magic"),
    ]
    rule = (
        "INSERT INTO dialplan (domain, dpid, match_exp, subst_exp, repl_exp) "
        f"VALUES ('{DOMAIN}', 1, :matching, :searched, :replacement)"
    )
    bad_rules = [("^(", "", ""), ("^1", "^1(", ""), ("^1", "^(1)$", r"\2"), ("^1", "", "$nope(x)")]
    with engine.connect() as db:
        for ip, mask, port, method in bad:
            row = {"owner": owner, "ip": ip, "mask": mask, "port": port, "method": method}
            db.execute(sa.text(insert), row)
        for matching, searched, replacement in bad_rules:
            told = {"matching": matching, "searched": searched, "replacement": replacement}
            db.execute(sa.text(rule), told)
    try:
        addresses.reload()
        assert trunk.call("1001").status == 200
        soap("ReloadModulesWS", "reloadProfile", profile="DEFAULT", domain=DOMAIN)
    finally:
        with engine.connect() as db:
            db.execute(sa.text("DELETE FROM dialplan"))


def test_a_dial_plan_acts_after_the_profile_is_reloaded(
    telephones: Telephones, soap: RemoteSoap, operator: Cli
) -> None:
    caller, callee = telephones.registered("1000"), telephones.registered("551001")
    rule = ("dialplan", "create", DOMAIN, "1", "^0([0-9]+)$")
    operator(*rule, "--subst-exp", "^0([0-9]+)$", "--repl-exp", r"55\1")
    assert caller.call("01001").status == 404
    soap("ReloadModulesWS", "reloadProfile", profile="DEFAULT", domain=DOMAIN)
    assert caller.call("01001").status == 200
    callee.wait_for_call()
    made = operator.rows("dialplan", "list", DOMAIN)
    operator("dialplan", "remove", made[0]["id"])
    soap("ReloadModulesWS", "reloadProfile", profile="DEFAULT", domain=DOMAIN)
    assert caller.call("01001").status == 404


def test_a_new_domain_is_served_after_the_profile_is_reloaded(
    telephones: Telephones, soap: RemoteSoap, operator: Cli, kamailio: Kamailio
) -> None:
    operator("domain", "create", "new.example.com")
    assert "new.example.com" not in json.dumps(kamailio.rpc("domain.dump"))
    soap("ReloadModulesWS", "reloadProfile", profile="DEFAULT", domain=DOMAIN)
    assert "new.example.com" in json.dumps(kamailio.rpc("domain.dump"))


def test_status_shows_a_difference_made_by_hand(
    engine: sa.Engine,
    addresses: Addresses,
    telephones: Telephones,
    operator: Cli,
    kamailio: Kamailio,
    soap: RemoteSoap,
) -> None:
    soap("ReloadModulesWS", "reloadProfile", profile="DEFAULT", domain=DOMAIN)
    telephones.subscriber("1000")
    addresses.insert("1000", "192.0.2.50")
    addresses.reload()
    rows = status(operator, settings(kamailio))
    assert {row[2] for row in rows} == {"reachable", "in step"}
    with engine.connect() as db:
        db.execute(sa.text("UPDATE address SET ip_address = '192.0.2.51'"))
    rows = status(operator, settings(kamailio), exit_status=1)
    assert [row[2:] for row in rows if row[1] == "address"] == [
        ["missing", f"1 192.0.2.51 32 0 1000@{DOMAIN} iponly any "],
        ["too many", f"1 192.0.2.50 32 0 1000@{DOMAIN} iponly any "],
    ]


def test_keys_of_a_cache_in_the_script_are_dropped(
    tmp_path: Path, proxy_database: str, database_url: str, telephones: Telephones
) -> None:
    telephones.subscriber("1000")
    extra = 'modparam("htable", "htable", "subs=>size=4;")\n'
    proxy = Kamailio(tmp_path / "kamailio", proxy_database, after=extra)
    told = settings(proxy) | {"caches": {"subscriber": "subs:{username}@{domain}"}}
    server = Server(database_url, tmp_path / "serve.log", PROXIES=json.dumps([told]))
    try:
        soap = RemoteSoap(f"{server.base}/SipPulse/", LOGIN)
        for key in (f"1000@{DOMAIN}", f"1001@{DOMAIN}"):
            proxy.rpc("htable.seti", "subs", key, 1)
        soap("ReloadModulesWS", "reloadSubscriber", username="1000", domain=DOMAIN)
        dump = json.dumps(proxy.rpc("htable.dump", "subs"))
        assert f"1000@{DOMAIN}" not in dump
        assert f"1001@{DOMAIN}" in dump
        soap("ReloadModulesWS", "reloadSubscriber", username="1000", domain=DOMAIN)
    finally:
        server.stop()
        proxy.stop()


def test_a_stopped_proxy_is_named_and_the_server_goes_on(
    tmp_path: Path,
    proxy_database: str,
    database_url: str,
    kamailio: Kamailio,
    telephones: Telephones,
    operator: Cli,
) -> None:
    second = Kamailio(tmp_path / "second", proxy_database)
    proxies = [settings(kamailio, "first"), settings(second, "second")]
    server = Server(database_url, tmp_path / "serve.log", PROXIES=json.dumps(proxies))
    try:
        soap = RemoteSoap(f"{server.base}/SipPulse/", LOGIN)
        soap("ReloadModulesWS", "reloadAddress")
        second.stop()
        fault = soap.fault("ReloadModulesWS", "reloadAddress")
        assert re.fullmatch(r"SIP proxy failed: second unreachable \(.*\)", fault)
        assert soap("DomainWS", "listDomains")
        rows = status(operator, *proxies, exit_status=1)
        assert next(row[2] for row in rows if row[0] == "first") == "reachable"
        assert "unreachable" in next(row[2] for row in rows if row[0] == "second")
        second.start()
        soap("ReloadModulesWS", "reloadAddress")
    finally:
        server.stop()
        second.stop()


def test_a_proxy_that_answers_nothing(
    tmp_path: Path, database_url: str, telephones: Telephones
) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/RPC"
        proxies = [{"kind": "kamailio", "url": url, "name": "mute"}]
        settings = {"PROXIES": json.dumps(proxies), "PROXY_TIMEOUT": "1"}
        server = Server(database_url, tmp_path / "serve.log", **settings)
        try:
            soap = RemoteSoap(f"{server.base}/SipPulse/", LOGIN)
            started = time.monotonic()
            fault = soap.fault("ReloadModulesWS", "reloadAddress")
            assert fault == "SIP proxy failed: mute did not answer within 1 s"
            assert time.monotonic() - started < 5
            assert soap("DomainWS", "listDomains")
        finally:
            server.stop()


def test_automatic_reloads_wait_for_a_proxy_that_does_not_answer(
    tmp_path: Path, kamailio: Kamailio, database_url: str, telephones: Telephones
) -> None:
    telephones.subscriber("1000")
    telephones.registered("1001")
    # of the servers of a database one works off the queue: the other one here, which knows it too
    proxy = kamailio
    told = json.dumps([settings(proxy)])
    log = tmp_path / "serve.log"
    server = Server(database_url, log, PROXIES=told, AUTO_RELOAD="true", PROXY_TIMEOUT="0.5")
    addresses = Addresses(RemoteSoap(f"{server.base}/SipPulse/", LOGIN))
    trunk = telephones.phone("1000", address=OUTSIDE)
    trunk.proxy = proxy.address
    trunk.password = "unknown to the trunk"
    try:
        address = addresses.insert("1000")
        wait_for_status(trunk, 200)
        proxy.pause()
        started = time.monotonic()
        addresses.remove(address)
        assert time.monotonic() - started < 2  # the answer waits for no proxy
        time.sleep(2)  # a reload fails meanwhile
        proxy.resume()
        wait_for_status(trunk, 407)
    finally:
        proxy.resume()
        server.stop()


def wait_for_status(trunk: Phone, status: int) -> None:
    deadline = time.monotonic() + 40
    while (found := trunk.call("1001").status) != status:
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
