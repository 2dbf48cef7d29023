"""One domain's administrator, and strangers, against another domain's calls and identities.

Each test says what the callee or the gateway must not see. `taker` administers taker.example.com;
the victim is a domain on the same platform. What the API refuses today is written with SQL here, as
if it had been there before: the SIP proxy is a wall of its own.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from tests.fixtures.server import LOGIN, Cli, Server
from tests.sip.conftest import PASSWORD
from tests.sip.phone import Phone
from tests.sip.servers import Kamailio
from tests.sip.soap import RemoteSoap
from tests.sip.stage import GATEWAY, SHARED, TAKER, VICTIM, Intruder, Stage

pytestmark = [pytest.mark.sip, pytest.mark.engines("mariadb")]

NUMBER = "5511988887777"
EVIL = "x-evil"
INJECTIONS = [
    "x@h>\r\nX-Evil: 1",
    "1000\r\nX-Evil: 1\r\n\r\n",
    "1000\nX-Evil: 1",
    "1000\rX-Evil: 1",
    '1000"',
    "1000>;x=1",
    "1000;x-evil=1",
    "1000%0d%0aX-Evil:%201",
    "1000\x00X-Evil: 1",
    "1" * 255,
]
# every text of a subscriber, whether or not the proxy is known to read it
FIELDS = """rpid fwd_busy no_answer call_group pickup_group boss_secretary pin_code first_name
last_name city local_area contract_number""".split()


@pytest.fixture(scope="module")
def theatre(
    tmp_path_factory: pytest.TempPathFactory,
    operator: Cli,
    server: Server,
    proxy_database: str,
    engine: sa.Engine,
) -> Iterator[Stage]:
    for domain in (VICTIM, TAKER):
        operator("domain", "create", domain)
        operator("profile", "create", domain, "DEFAULT")
    secret = "password of taker"
    created = ("admin", "create", "taker", "--domain", TAKER, "--password-stdin")
    operator(*created, input=secret)
    url = f"{server.base}/SipPulse/"
    network = Phone("gateway", "network.example.net", "", ("127.0.0.1", 0), GATEWAY)
    local = f'#!define GATEWAY "sip:{GATEWAY}:{network.port}"\n'
    local += f'#!define GATEWAY_ADDRESSES "^{GATEWAY}$"\n'
    folder = tmp_path_factory.mktemp("attacks")
    proxy = Kamailio(
        folder, proxy_database, '\nmodparam("permissions", "reload_delta", 0)\n', local
    )
    network.proxy = proxy.address
    root, taker = RemoteSoap(url, LOGIN), RemoteSoap(url, {"login": "taker", "password": secret})
    yield Stage(proxy, network, root, taker, engine)
    proxy.stop()
    network.close()


@pytest.fixture
def stage(theatre: Stage) -> Iterator[Stage]:
    yield theatre
    theatre.clear()


@pytest.fixture
def victim(stage: Stage) -> Intruder:
    """1000@victim, who calls."""
    return stage.registered("1000", VICTIM)


@pytest.fixture
def thief(stage: Stage) -> Intruder:
    """2000@taker, whose phone must not ring."""
    return stage.registered("2000", TAKER)


class TestNumbers:
    def test_a_number_made_up_is_taken_from_nobody(
        self, stage: Stage, victim: Intruder, thief: Intruder
    ) -> None:
        colleague = stage.registered("2001", TAKER)
        stage.did(NUMBER)
        assert victim.call(NUMBER).status == 200
        assert thief.invites == []
        assert stage.network.wait_for_call().uri.startswith(f"sip:{NUMBER}@")
        assert colleague.call(NUMBER).status == 200
        host, port = stage.proxy.address
        assert stage.network.call(f"sip:{NUMBER}@{host}:{port}").status == 200
        assert len(thief.invites) == 2

    def test_a_superusers_number_is_everybodys(
        self, stage: Stage, victim: Intruder, thief: Intruder
    ) -> None:
        stage.did(NUMBER, stage.root)
        assert victim.call(NUMBER).status == 200
        assert len(thief.invites) == 1

    @pytest.mark.parametrize("number", ["190", "911", "10315"])
    def test_emergency_calls_go_to_the_gateway(
        self, stage: Stage, victim: Intruder, thief: Intruder, number: str
    ) -> None:
        with pytest.raises(Exception, match=number):
            stage.did(number)
        insert = (
            "INSERT INTO did (alias_username, subscriber_id, username, domain) "
            "SELECT :number, id, username, domain FROM subscriber WHERE account_code = :account"
        )
        stage.sql(insert, number=number, account=f"2000@{TAKER}")
        assert victim.call(number).status == 200
        assert thief.invites == []
        assert stage.network.wait_for_call().uri.startswith(f"sip:{number}@")

    def test_nor_by_a_forward(self, stage: Stage, victim: Intruder, thief: Intruder) -> None:
        """Also when the call came from the gateway: it is the forwarding domain that calls."""
        stage.did(NUMBER)
        stage.subscriber("1001", VICTIM, callFwd=NUMBER)
        own = {"accountCode": f"1001@{VICTIM}", "username": "1001", "domain": VICTIM}
        stage.did("551130000000", stage.root, **own)
        assert victim.call("1001").status == 200
        host, port = stage.proxy.address
        stage.network.call(f"sip:551130000000@{host}:{port}")
        assert thief.invites == []

    def test_nobodys_name_is_a_number(
        self, stage: Stage, victim: Intruder, thief: Intruder
    ) -> None:
        callee = stage.registered("1001", VICTIM)
        stage.did("1001")
        assert victim.call("1001").status == 200
        assert len(callee.invites) == 1
        alias = {"username": "2000", "domain": TAKER, "aliasUsername": "1001"}
        fault = stage.taker.fault(
            "SubscriberWS", "insertDBAliases", dbAliases=alias | {"aliasDomain": VICTIM}
        )
        assert VICTIM in fault
        assert thief.invites == []


METHODS = [
    {"method": "iponly"},
    {"method": "techprefix", "techPrefix": "9"},
    {"method": "ip+cpt", "techPrefix": "1"},
    {"method": "ip+cli"},
]


class TestNetworks:
    @pytest.mark.parametrize("method", METHODS)
    def test_a_phone_of_another_domain_is_challenged(
        self, stage: Stage, thief: Intruder, method: dict[str, Any]
    ) -> None:
        callee = stage.registered("91001", VICTIM)
        stage.subscriber("2000", VICTIM)
        stage.address(**method)
        phone = stage.phone("2000", VICTIM, SHARED)
        for domain in (VICTIM, VICTIM.upper(), f"{VICTIM}."):
            phone.password = "wrong"
            assert phone.call(f"sip:91001@{VICTIM}", f"sip:2000@{domain}").status in (403, 407)
        assert callee.invites == []
        phone.password = PASSWORD
        assert phone.call("91001").status == 200
        assert callee.invites[-1]["p-asserted-identity"] == f"<sip:2000@{VICTIM}>"

    def test_the_address_still_is_its_accounts(self, stage: Stage, thief: Intruder) -> None:
        callee = stage.registered("1001", VICTIM)
        stage.address()
        trunk = stage.phone("2000", TAKER, SHARED)
        trunk.password = "none"
        for sender in (None, "sip:4711@pbx.example.net", f"sip:4711@{SHARED}"):
            assert trunk.call(f"sip:1001@{VICTIM}", sender).status == 200
            assert callee.invites[-1]["p-asserted-identity"] == f"<sip:2000@{TAKER}>"

    def test_a_techprefix_opens_no_other_account(self, stage: Stage, thief: Intruder) -> None:
        """Both domains share an address; a prefix belongs to one."""
        stage.registered("1001", VICTIM)
        stage.subscriber("3000", VICTIM)
        stage.address(method="techprefix", techPrefix="77")
        shared = {"username": "3000", "domain": VICTIM, "techPrefix": "88"}
        stage.address(method="techprefix", **shared)
        trunk = stage.phone("2000", TAKER, SHARED)
        trunk.password = "none"
        assert trunk.call(f"sip:771001@{VICTIM}").status == 200
        assert trunk.call(f"sip:881001@{VICTIM}").status == 407
        other = stage.phone("3000", VICTIM, SHARED)
        other.password = "none"
        assert other.call(f"sip:881001@{VICTIM}").status == 200
        assert other.call(f"sip:771001@{VICTIM}").status == 407
        fault = stage.taker.fault(
            "AddressWS",
            "insertAddress",
            address={"username": "2000", "domain": TAKER, "ipAddress": SHARED, "mask": 32}
            | {"method": "techprefix", "techPrefix": "8", "port": 0, "protocol": "any"},
        )
        assert VICTIM not in fault


class TestIdentities:
    @pytest.mark.parametrize("value", INJECTIONS)
    def test_no_field_of_a_subscriber_gets_into_a_header(
        self, stage: Stage, thief: Intruder, value: str
    ) -> None:
        callee = stage.registered("1001", VICTIM)
        columns = ", ".join(f"{name} = :value" for name in FIELDS)
        stage.sql(
            f"UPDATE subscriber SET {columns} WHERE username IN ('2000', '1001')",
            value=value[:64],
        )
        assert thief.call(f"sip:1001@{VICTIM}").status == 200
        invite = callee.invites[-1]
        assert not invite.all(EVIL)
        assert all(EVIL not in text.lower() or ">" not in text for _, text in invite.headers)
        shown = invite["p-asserted-identity"]
        assert shown.startswith("<sip:")
        assert shown.endswith(f"@{TAKER}>")

    @pytest.mark.parametrize("value", [*INJECTIONS[:6], INJECTIONS[7]])
    def test_nor_does_a_forward(
        self, stage: Stage, victim: Intruder, thief: Intruder, value: str
    ) -> None:
        """An unfit forward is none: the phone rings."""
        stage.sql("UPDATE subscriber SET call_fwd = :value WHERE username = '2000'", value=value)
        assert victim.call(f"sip:2000@{TAKER}").status == 200
        assert len(thief.invites) == 1
        assert not thief.invites[-1].all(EVIL)

    @pytest.mark.parametrize(
        "header",
        ["X-A\r\nX-Evil", "From", "p-asserted-identity", "Route", "X A", "X-A: 1\r\nX-Evil"],
    )
    def test_a_number_adds_no_header_that_it_may_not(
        self, stage: Stage, victim: Intruder, thief: Intruder, header: str
    ) -> None:
        stage.did(NUMBER, stage.root)
        stage.sql("UPDATE did SET did_header = :header", header=header)
        assert victim.call(NUMBER).status == 200
        invite = thief.wait_for_call()
        assert not invite.all(EVIL)
        assert len(invite.all("from")) == len(invite.all("p-asserted-identity")) == 1
        assert NUMBER not in invite["p-asserted-identity"]
        assert all(NUMBER not in route for route in invite.all("route"))

    @pytest.mark.parametrize("field", ["rpid", "callFwd", "fwdBusy", "noAnswer"])
    def test_64_kib_are_refused(self, stage: Stage, thief: Intruder, field: str) -> None:
        change = {"username": "2000", "domain": TAKER, field: "1" * 65536}
        operation = "updateSubscriberServices" if field == "rpid" else "updateSubscriberClassV"
        change |= {"cps": "0", "keepAlive": "0"} if field == "rpid" else {}
        assert field in stage.taker.fault("SubscriberWS", operation, subscriber=change)


class TestDialogs:
    @pytest.mark.parametrize("method", ["INVITE", "BYE", "MESSAGE", "REFER", "INFO", "UPDATE"])
    @pytest.mark.parametrize("proof", ["", ";sp=", ";sp=d41d8cd98f00b204e9800998ecf8427e"])
    def test_a_made_up_route_leads_nowhere(
        self, stage: Stage, thief: Intruder, method: str, proof: str
    ) -> None:
        host, port = stage.proxy.address
        routes = f"<sip:{host}:{port};lr{proof}>, <sip:{GATEWAY}:{stage.network.port};lr>"
        for sender in (thief, stage.phone("4711", "elsewhere.example.net", "127.0.0.8")):
            answer = sender.request(
                method,
                f"sip:{NUMBER}@{GATEWAY}:{stage.network.port}",
                ("From", f"<{sender.account}>;tag=1"),
                ("To", f"<sip:{NUMBER}@{GATEWAY}>;tag=2"),
                ("Contact", f"<{sender.contact}>"),
                ("Route", routes),
            )
            assert answer.status == 403
        assert stage.network.invites == []

    def test_the_proof_of_one_call_is_none_for_another(
        self, stage: Stage, victim: Intruder, thief: Intruder
    ) -> None:
        call = thief.call(f"sip:1000@{VICTIM}")
        assert call.status == 200
        answer = thief.request(
            "INVITE",
            f"sip:{NUMBER}@{GATEWAY}:{stage.network.port}",
            ("From", f"<{thief.account}>;tag=1"),
            ("To", f"<sip:{NUMBER}@{GATEWAY}>;tag=2"),
            ("Contact", f"<{thief.contact}>"),
            *(("Route", route) for route in call.response.all("record-route")),
        )
        assert answer.status == 403
        assert call.hang_up() == 200
        assert stage.network.invites == []


class TestRelays:
    @pytest.mark.parametrize("kind", ["gateway", "domain", "another"])
    def test_a_contact_that_is_not_ones_own_is_refused(
        self, stage: Stage, victim: Intruder, thief: Intruder, kind: str
    ) -> None:
        contact = {
            "gateway": f"sip:{NUMBER}@{GATEWAY}:{stage.network.port}",
            "domain": f"sip:1000@{VICTIM}",
            "another": victim.contact,
        }[kind]
        address = "127.0.0.8" if kind == "another" else "127.0.0.1"
        phone = stage.phone("2000", TAKER, address)
        for headers in (
            [("Contact", f"<{contact}>")],
            [("Contact", f"<{phone.contact}>"), ("Contact", f'"x" <{contact}>')],
            [("Contact", f"<{phone.contact}>, <{contact}>")],
        ):
            sent = [*headers, ("Expires", "600")]
            uri = f"sip:{TAKER}"
            status = phone._converse("REGISTER", uri, phone.account, sent, None)[0].status
            assert status == 403

    def test_a_contact_at_the_gateway_is_not_called(
        self, stage: Stage, victim: Intruder, thief: Intruder
    ) -> None:
        """Nor one dialled, nor one forwarded to: only numbers go there."""
        stage.subscriber("2001", TAKER)
        contact = f"sip:{NUMBER}@{GATEWAY}:{stage.network.port}"
        stage.sql(
            "INSERT INTO location (ruid, username, domain, contact, expires) "
            "VALUES ('x', '2001', :domain, :contact, '2090-01-01')",
            domain=TAKER,
            contact=contact,
        )
        assert thief.call("2001").status >= 400
        stage.subscriber("2002", TAKER, callFwd=contact)
        for target in (contact, f"sip:2002@{TAKER}"):
            assert thief.call(target).status >= 400
        assert stage.network.invites == []

    def test_a_stranger_relays_nothing(self, stage: Stage, victim: Intruder) -> None:
        stranger = stage.phone("4711", "elsewhere.example.net", "127.0.0.8")
        stranger.password = "guess"
        targets = [f"sip:{NUMBER}@{GATEWAY}:{stage.network.port}", f"sip:{NUMBER}@{VICTIM}"]
        senders = [
            "sip:4711@elsewhere.example.net",
            f"sip:1000@{VICTIM}",
            f"sip:anonymous@{VICTIM}",
        ]
        for target in (*targets, "sip:x@other.example.net"):
            for sender in (*senders, "sip:anonymous@anonymous.invalid"):
                for method in ("INVITE", "MESSAGE", "SUBSCRIBE"):
                    assert stranger.call(target, sender, method=method).status in (403, 407)
        assert stage.network.invites == []
        assert victim.invites == []
