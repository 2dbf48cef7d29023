"""Permanent contacts: through the proxy when one is configured, into the table otherwise."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from sippulse_ws.models import Location
from sippulse_ws.models.proxy_views import FAR_AWAY
from tests.fixtures.server import LOGIN, Server
from tests.sip.conftest import DOMAIN, Telephones
from tests.sip.servers import Kamailio
from tests.sip.soap import RemoteSoap

pytestmark = [pytest.mark.sip, pytest.mark.engines("mariadb")]

KEY = {"username": "1001", "domain": DOMAIN}
EXPIRES = sa.select(Location.expires).where(Location.username == KEY["username"])


@pytest.fixture(scope="module")
def table_soap(
    tmp_path_factory: pytest.TempPathFactory, database_url: str, kamailio: Kamailio
) -> Iterator[RemoteSoap]:
    """A server that knows no proxy."""
    server = Server(database_url, tmp_path_factory.mktemp("table") / "serve.log")
    yield RemoteSoap(f"{server.base}/SipPulse/", LOGIN)
    server.stop()


@pytest.mark.parametrize("zone", ["UTC", "America/Sao_Paulo", "Asia/Tokyo"])
def test_permanent_contacts_are_reached_in_any_time_zone(
    zone: str,
    tmp_path: Path,
    proxy_database: str,
    database_url: str,
    telephones: Telephones,
    table_soap: RemoteSoap,
    engine: sa.Engine,
) -> None:
    proxy = Kamailio(tmp_path / "kamailio", proxy_database, timezone=zone)
    told = json.dumps([{"kind": "kamailio", "url": proxy.rpc_url}])
    server = Server(database_url, tmp_path / "serve.log", PROXIES=told)
    proxy_soap = RemoteSoap(f"{server.base}/SipPulse/", LOGIN)
    try:
        caller = telephones.phone(telephones.subscriber("1000"))
        telephones.subscriber("1001")
        caller.proxy = proxy.address
        for soap in (table_soap, proxy_soap):
            fixed = telephones.phone("1001")
            assert caller.call("1001").status == 480
            soap("UserLocationWS", "addUserLocation", **KEY, contact=fixed.contact)
            assert caller.call("1001").status == 200
            assert fixed.wait_for_call().uri == fixed.contact
            assert fixed.contact in soap.fault(
                "UserLocationWS", "addUserLocation", **KEY, contact=fixed.contact
            )
            with engine.connect() as db:  # or a proxy in another zone removes it soon
                assert db.execute(EXPIRES).scalars().all() == [FAR_AWAY]
            (listed,) = table_soap("UserLocationWS", "listUserLocations", **KEY)
            assert (listed.contact, listed.expires.year) == (fixed.contact, 1970)
            soap("UserLocationWS", "removeUserLocation", **KEY, contact=fixed.contact)
            assert caller.call("1001").status == 480
    finally:
        server.stop()
        proxy.stop()


def test_a_contact_of_the_table_is_removed_through_the_proxy(
    telephones: Telephones, table_soap: RemoteSoap, soap: RemoteSoap
) -> None:
    telephones.subscriber("1001")
    fixed = telephones.phone("1001")
    table_soap("UserLocationWS", "addUserLocation", **KEY, contact=fixed.contact)
    soap("UserLocationWS", "removeUserLocation", **KEY, contact=fixed.contact)
    assert soap("UserLocationWS", "listUserLocations", **KEY) == []


def test_a_registered_contact_is_listed(telephones: Telephones, soap: RemoteSoap) -> None:
    phone = telephones.registered("1001")
    (listed,) = soap("UserLocationWS", "listUserLocations", **KEY)
    assert (listed.contact, listed.userAgent) == (phone.contact, "sippulse-ws tests")
    assert phone.contact in soap.fault(
        "UserLocationWS", "removeUserLocation", **KEY, contact=phone.contact
    )
    assert phone.register(expires=0) == 200
    assert soap("UserLocationWS", "listUserLocations", **KEY) == []
