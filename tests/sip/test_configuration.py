"""The example configuration as it is delivered, and calls from and to a gateway."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sip.conftest import DOMAIN, Telephones
from tests.sip.phone import Phone
from tests.sip.servers import CONFIGURATION, Kamailio
from tests.sip.soap import RemoteSoap

pytestmark = [pytest.mark.sip, pytest.mark.engines("mariadb")]

GATEWAY = "127.0.0.9"


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    command = ["kamailio", "-c", "-f", str(folder / "kamailio.cfg")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_example_is_a_configuration_with_its_local_part(tmp_path: Path) -> None:
    shutil.copy(CONFIGURATION, tmp_path)
    assert check(tmp_path).returncode != 0  # no password has a default
    shutil.copy(CONFIGURATION.with_name("local.cfg.example"), tmp_path / "local.cfg")
    local = (tmp_path / "local.cfg").read_text().replace("192.0.2.1:", "127.0.0.1:")
    (tmp_path / "local.cfg").write_text(local)
    checked = check(tmp_path)
    assert checked.returncode == 0, checked.stderr


@pytest.fixture
def gateway(
    tmp_path: Path, proxy_database: str, telephones: Telephones
) -> Iterator[tuple[Phone, Kamailio]]:
    """A telephone network behind a gateway, and the proxy that knows it."""
    phone = telephones.phone("gateway", address=GATEWAY)
    local = f'#!define GATEWAY "sip:{GATEWAY}:{phone.port}"\n'
    local += f'#!define GATEWAY_ADDRESSES "^{GATEWAY}$"\n'
    proxy = Kamailio(tmp_path / "kamailio", proxy_database, local=local)
    phone.proxy = proxy.address
    yield phone, proxy
    proxy.stop()


def test_numbers_that_are_nobodys_go_to_the_gateway(
    telephones: Telephones, gateway: tuple[Phone, Kamailio]
) -> None:
    network, proxy = gateway
    caller = telephones.phone(telephones.subscriber("1000", rpid="554830258000"))
    caller.proxy = proxy.address
    assert caller.call("554899990000").status == 200
    invite = network.wait_for_call()
    assert invite.uri == f"sip:554899990000@{DOMAIN}"
    assert invite["p-asserted-identity"] == f"<sip:554830258000@{DOMAIN}>"


def test_calls_from_the_gateway_reach_numbers_only(
    telephones: Telephones, gateway: tuple[Phone, Kamailio], soap: RemoteSoap
) -> None:
    network, proxy = gateway
    callee = telephones.phone(telephones.subscriber("1001", addServiceHeader=True))
    callee.proxy = proxy.address
    assert callee.register() == 200
    did = {
        "accountCode": f"1001@{DOMAIN}",
        "aliasUsername": "554830258085",
        "username": "1001",
        "domain": DOMAIN,
        "didToRuri": False,
        "reverseBilling": False,
    }
    soap("DidWS", "insertDid", did=did)
    at_proxy = f"{proxy.address[0]}:{proxy.address[1]}"
    assert network.call(f"sip:554830258085@{at_proxy}").status == 200
    assert not callee.wait_for_call().all("x-service")
    assert network.call(f"sip:9090554830258085@{at_proxy}").status == 200
    assert callee.invites[-1]["x-service"] == "ACOBRAR"
    soap("SubscriberWS", "blockCollectCalls", username="1001", domain=DOMAIN)
    assert network.call(f"sip:9090554830258085@{at_proxy}").status == 403
    # it is nobody's way out
    assert network.call(f"sip:554899990000@{at_proxy}").status == 404
    assert network.call("sip:554899990000@elsewhere.example.net").status == 404


def test_strangers_are_not_served(telephones: Telephones, gateway: tuple[Phone, Kamailio]) -> None:
    _, proxy = gateway
    telephones.subscriber("1001")
    stranger = telephones.phone("4711", address="127.0.0.8")
    stranger.proxy = proxy.address
    for target in (f"sip:1001@{DOMAIN}", "sip:554899990000@elsewhere.example.net"):
        call = stranger.call(target, sender="sip:4711@elsewhere.example.net")
        assert call.status == 403
