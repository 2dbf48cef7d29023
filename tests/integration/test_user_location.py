"""UserLocationWS: registrations, and the permanent contacts among them."""

import datetime as dt
from typing import Any

import pytest

from sippulse_ws.models import Location
from tests.factories.platform import DOMAIN, Platform
from tests.fixtures.proxies import KamailioStandIn, OpenSipsStandIn
from tests.soap import Soap

KEY: dict[str, Any] = {"username": "1000", "domain": DOMAIN}
CONTACT = "sip:1000@192.0.2.10:5060"
EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - the column has no zone


@pytest.fixture(autouse=True)
def owner(platform: Platform) -> int:
    return platform.subscriber("1000")


def register(platform: Platform, contact: str, minutes: float = 60, **values: Any) -> int:
    """What a SIP proxy writes when a phone registers."""
    expires = dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0)
    expires += dt.timedelta(minutes=minutes)
    filled = KEY | {"contact": contact, "ruid": f"uloc-{contact}", "expires": expires} | values
    return platform.insert(Location, **filled)


def contacts(soap: Soap) -> list[str]:
    return [one.contact for one in soap("UserLocationWS", "listUserLocations", **KEY)]


def test_a_permanent_contact_has_the_shape_that_kamailio_reads(
    soap: Soap, platform: Platform
) -> None:
    soap("UserLocationWS", "addUserLocation", **KEY, contact=CONTACT)
    row = platform.one(Location)
    assert (row.username, row.domain, row.contact) == ("1000", DOMAIN, CONTACT)
    assert row.expires.year == 2090  # far away in every time zone
    assert (row.cseq, row.flags, row.cflags, row.methods, row.path) == (1, 0, 0, None, None)
    (listed,) = soap("UserLocationWS", "listUserLocations", **KEY)
    assert (listed.id, listed.contact, listed.q) == (row.id, CONTACT, 1.0)
    assert listed.expires == EPOCH.replace(tzinfo=dt.UTC)


def test_registrations_are_listed_until_they_expire(soap: Soap, platform: Platform) -> None:
    values: dict[str, Any] = {
        "user_agent": "Phone 1.0",
        "received": "sip:203.0.113.5:40000",
        "callid": "abc",
    }
    register(platform, "sip:1000@198.51.100.7", **values)
    register(platform, "sip:1000@198.51.100.8", minutes=-1)
    (listed,) = soap("UserLocationWS", "listUserLocations", **KEY)
    assert (listed.contact, listed.userAgent) == ("sip:1000@198.51.100.7", "Phone 1.0")
    assert (listed.received, listed.callid) == ("sip:203.0.113.5:40000", "abc")
    left = listed.expires - dt.datetime.now(dt.UTC)
    assert dt.timedelta(minutes=58) < left <= dt.timedelta(minutes=60)


@pytest.mark.parametrize(
    "contact",
    [
        "sip:192.0.2.10",
        "SIP:gw.example.com",
        "sips:1000@gw.example.com:5061;transport=tls",
        "sip:1000:secret@[2001:db8::1]:5060;lr?Subject=x",
        "sip:+5548%23@host;user=phone",
    ],
)
def test_any_sip_uri_is_a_contact(soap: Soap, contact: str) -> None:
    soap("UserLocationWS", "addUserLocation", **KEY, contact=contact)
    assert contacts(soap) == [contact]


@pytest.mark.parametrize(
    "contact",
    [
        None,
        "",
        "1000@192.0.2.10",
        "tel:+5548",
        "sip:",
        "sip:1000@",
        "sip:10 00@host",
        "<sip:1000@host>",
        "sip:1000@host:99999",
        "sip:1000@host:",
        "sip:1000@[2001:db8::zz]",
        "sip:1000@ho_st",
        "sip:a@b@c",
        "sip:1000@host\n",
        "sip:1000@host" + ";a=b" * 200,
    ],
)
def test_what_is_no_sip_uri_is_refused(soap: Soap, platform: Platform, contact: str | None) -> None:
    assert "contact" in soap.fault("UserLocationWS", "addUserLocation", **KEY, contact=contact)
    assert platform.rows(Location) == []


def test_a_contact_is_there_once(soap: Soap, platform: Platform) -> None:
    soap("UserLocationWS", "addUserLocation", **KEY, contact=CONTACT)
    register(platform, "sip:1000@198.51.100.7")
    register(platform, "sip:1000@198.51.100.8", minutes=-1)
    for contact in (CONTACT, "sip:1000@198.51.100.7"):
        fault = soap.fault("UserLocationWS", "addUserLocation", **KEY, contact=contact)
        assert fault == f"Contact already registered: {contact}"
    soap("UserLocationWS", "addUserLocation", **KEY, contact="sip:1000@198.51.100.8")


def test_only_permanent_contacts_are_removed(soap: Soap, platform: Platform) -> None:
    phone = "sip:1000@198.51.100.7"
    soap("UserLocationWS", "addUserLocation", **KEY, contact=CONTACT)
    register(platform, phone)
    assert phone in soap.fault("UserLocationWS", "removeUserLocation", **KEY, contact=phone)
    soap("UserLocationWS", "removeUserLocation", **KEY, contact=CONTACT)
    assert contacts(soap) == [phone]
    assert CONTACT in soap.fault("UserLocationWS", "removeUserLocation", **KEY, contact=CONTACT)
    soap("UserLocationWS", "addUserLocation", **KEY, contact=CONTACT)


@pytest.mark.parametrize(
    "operation", ["listUserLocations", "addUserLocation", "removeUserLocation"]
)
def test_nobody_has_no_registrations(soap: Soap, operation: str) -> None:
    args: dict[str, Any] = {"username": "9", "domain": DOMAIN}
    if operation != "listUserLocations":
        args["contact"] = CONTACT
    assert f"9@{DOMAIN}" in soap.fault("UserLocationWS", operation, **args)


@pytest.mark.parametrize("hours", [-12, -3, 0, 14])
def test_a_proxys_own_permanent_contact_is_one_in_any_time_zone(
    soap: Soap, platform: Platform, hours: int
) -> None:
    register(platform, CONTACT, expires=EPOCH + dt.timedelta(hours=hours))
    (listed,) = soap("UserLocationWS", "listUserLocations", **KEY)
    assert listed.expires == EPOCH.replace(tzinfo=dt.UTC)
    soap("UserLocationWS", "removeUserLocation", **KEY, contact=CONTACT)
    assert contacts(soap) == []


class Registrar:
    """Lets a stand-in of Kamailio keep contacts."""

    def __init__(self, proxy: KamailioStandIn) -> None:
        self.contacts: list[str] = []
        proxy.answers |= {"ul.add": self.add, "ul.lookup": self.look_up, "ul.rm_contact": self.drop}

    def add(self, parameters: list[Any]) -> Any:
        assert parameters[:2] == ["location", f"1000@{DOMAIN}"]
        assert parameters[3:] == [0, 1.0, ".", 0, 0, 32767]
        self.contacts.append(parameters[2])
        return {}

    def look_up(self, _: Any) -> Any:
        found = [{"Contact": {"Address": one, "Expires": "permanent"}} for one in self.contacts]
        return {"AoR": f"1000@{DOMAIN}", "Contacts": found}

    def drop(self, parameters: list[Any]) -> Any:
        self.contacts.remove(parameters[2])
        return {}


def test_a_proxy_that_is_configured_gets_the_contact(
    app_with: Any, platform: Platform, kamailio_stand_in: KamailioStandIn
) -> None:
    soap = app_with(language="en", proxies=[kamailio_stand_in.settings])
    registrar = Registrar(kamailio_stand_in)
    soap("UserLocationWS", "addUserLocation", **KEY, contact=CONTACT)
    assert registrar.contacts == [CONTACT]
    assert platform.rows(Location) == []  # the proxy's to write
    register(platform, CONTACT, expires=EPOCH)
    soap("UserLocationWS", "removeUserLocation", **KEY, contact=CONTACT)
    assert registrar.contacts == []
    assert contacts(soap) == []


def test_a_contact_that_one_proxy_does_not_take_is_taken_from_the_other(
    app_with: Any,
    platform: Platform,
    kamailio_stand_in: KamailioStandIn,
    opensips_stand_in: OpenSipsStandIn,
) -> None:
    proxies = [kamailio_stand_in.settings, opensips_stand_in.settings]
    soap = app_with(language="en", proxies=proxies)
    registrar = Registrar(kamailio_stand_in)
    fault = soap.fault("UserLocationWS", "addUserLocation", **KEY, contact=CONTACT)
    assert fault == "SIP proxy failed: opensips did not take the contact"
    assert registrar.contacts == []
    assert platform.rows(Location) == []
    sent = next(
        parameters for method, parameters in opensips_stand_in.requests if method == "ul_add"
    )
    assert (sent["aor"], sent["contact"], sent["expires"]) == (f"1000@{DOMAIN}", CONTACT, 0)


def test_a_contact_stays_while_its_proxy_is_down(
    app_with: Any, platform: Platform, kamailio_stand_in: KamailioStandIn
) -> None:
    soap = app_with(language="en", proxies=[kamailio_stand_in.settings])
    register(platform, CONTACT, expires=EPOCH)
    kamailio_stand_in.close()
    fault = soap.fault("UserLocationWS", "removeUserLocation", **KEY, contact=CONTACT)
    assert "unreachable" in fault
    assert contacts(soap) == [CONTACT]
