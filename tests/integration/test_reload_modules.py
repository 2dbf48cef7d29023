"""ReloadModulesWS: every proxy takes over what changed, or the fault says which did not and why."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from sippulse_ws.models import Address, Audit
from tests.factories.platform import DOMAIN, Platform
from tests.fixtures.proxies import KamailioStandIn, OpenSipsStandIn, Refusal
from tests.soap import Soap

SERVICE = "ReloadModulesWS"
IP = "192.0.2.10"
TAG = f"1000@{DOMAIN} iponly any "


@pytest.fixture
def silent() -> Iterator[dict[str, Any]]:
    """A proxy that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/RPC"
        yield {"kind": "kamailio", "url": url, "name": "silent"}


@pytest.fixture
def reloading(app_with: Any, kamailio_stand_in: KamailioStandIn) -> Soap:
    """The application with one Kamailio, and little patience."""
    soap: Soap = app_with(
        language="en",
        proxies=[kamailio_stand_in.settings],
        proxy_timeout=0.5,
        proxy_patience=1.5,
    )
    return soap


@pytest.fixture
def address(platform: Platform) -> None:
    platform.insert(
        Address,
        subscriber_id=platform.subscriber("1000"),
        ip_address=IP,
        mask=32,
        method="iponly",
        group="1",
    )


def test_without_a_proxy_every_reload_succeeds(soap: Soap, platform: Platform) -> None:
    platform.subscriber("1000")
    number = platform.did("554830258080", "1000")
    soap(SERVICE, "reloadSubscriber", username="1000", domain=DOMAIN)
    soap(SERVICE, "reloadProfile", profile="DEFAULT", domain=DOMAIN)
    soap(SERVICE, "reloadDid", didId=number)
    soap(SERVICE, "reloadAddress")


def test_what_does_not_exist_is_a_fault_and_no_proxy_is_asked(
    reloading: Soap, kamailio_stand_in: KamailioStandIn
) -> None:
    missing = {
        "1999": reloading.fault(SERVICE, "reloadSubscriber", username="1999", domain=DOMAIN),
        "GOLD": reloading.fault(SERVICE, "reloadProfile", profile="GOLD", domain=DOMAIN),
        "77": reloading.fault(SERVICE, "reloadDid", didId=77),
        "78": reloading.fault(SERVICE, "reloadHuntGroup", huntGroupId=78),
        "didId": reloading.fault(SERVICE, "reloadDid"),
        "huntGroupId": reloading.fault(SERVICE, "reloadHuntGroup"),
    }
    assert [name for name, message in missing.items() if name not in message] == []
    assert kamailio_stand_in.requests == []


def test_what_belongs_to_another_domain_looks_as_if_it_did_not_exist(
    reloading: Soap, platform: Platform
) -> None:
    other = platform.domain("other.example.com")
    here = platform.administrator("here", DOMAIN)
    platform.subscriber("1000", other)
    number = platform.did("554830258080", "1000", other)
    group = {"description": "x", "method": "serial", "groupList": "1000", "timeout": 9}
    group_id = reloading("HuntGroupWS", "insertHuntGroup", huntGroup=group | {"domain": other}).id
    cases: list[tuple[str, str, int]] = [
        ("reloadDid", "didId", number),
        ("reloadHuntGroup", "huntGroupId", group_id),
    ]
    for operation, name, foreign in cases:
        wanted: dict[str, Any] = {name: foreign}
        unknown: dict[str, Any] = {name: foreign + 99}
        reloading(SERVICE, operation, **wanted)
        fault = reloading.fault(SERVICE, operation, principal=here, **wanted)
        missing = reloading.fault(SERVICE, operation, principal=here, **unknown)
        assert fault == missing.replace(str(foreign + 99), str(foreign))
    assert "other" in reloading.fault(
        SERVICE, "reloadSubscriber", username="1000", domain=other, principal=here
    )


@pytest.mark.usefixtures("address")
def test_addresses_are_reloaded_when_the_proxy_says_so(
    reloading: Soap, kamailio_stand_in: KamailioStandIn
) -> None:
    kamailio_stand_in.load_addresses((IP, TAG))
    reloading(SERVICE, "reloadAddress")
    assert kamailio_stand_in.methods == [
        "permissions.addressReload",
        "permissions.addressDump",
        "permissions.subnetDump",
    ]


@pytest.mark.usefixtures("address")
def test_a_reload_that_loaded_something_else_is_a_fault_without_the_addresses(
    reloading: Soap, kamailio_stand_in: KamailioStandIn
) -> None:
    kamailio_stand_in.load_addresses(("198.51.100.1", TAG), ("198.51.100.2", TAG))
    fault = reloading.fault(SERVICE, "reloadAddress")
    assert fault == "SIP proxy failed: kamailio did not load address: 1 missing, 2 too many"


def test_an_ongoing_reload_is_waited_for(
    reloading: Soap, kamailio_stand_in: KamailioStandIn
) -> None:
    answers = iter([Refusal(500, "ongoing reload"), Refusal(500, "ongoing reload"), "Reload OK"])
    kamailio_stand_in.answers["permissions.addressReload"] = lambda _: next(answers)
    reloading(SERVICE, "reloadAddress")
    assert kamailio_stand_in.methods.count("permissions.addressReload") == 3


def test_a_reload_that_goes_on_and_on_is_a_fault(
    reloading: Soap, kamailio_stand_in: KamailioStandIn
) -> None:
    kamailio_stand_in.answers["permissions.addressReload"] = Refusal(500, "ongoing reload")
    assert "ongoing reload" in reloading.fault(SERVICE, "reloadAddress")


def test_a_refused_reload_is_a_fault_at_once(
    reloading: Soap, kamailio_stand_in: KamailioStandIn
) -> None:
    kamailio_stand_in.answers["permissions.addressReload"] = Refusal(500, "Reload failed.")
    fault = reloading.fault(SERVICE, "reloadAddress")
    assert fault == "SIP proxy failed: kamailio refused permissions.addressReload: Reload failed."
    assert kamailio_stand_in.methods == ["permissions.addressReload"]


def test_a_profile_reloads_domains_and_dial_plans(
    reloading: Soap, kamailio_stand_in: KamailioStandIn
) -> None:
    assert "domain" in reloading.fault(SERVICE, "reloadProfile", profile="DEFAULT", domain=DOMAIN)
    kamailio_stand_in.load_domains(DOMAIN)
    reloading(SERVICE, "reloadProfile", profile="DEFAULT", domain=DOMAIN)
    assert kamailio_stand_in.methods[-3:] == ["domain.reload", "domain.dump", "dialplan.reload"]


def test_a_silent_proxy_is_a_fault_within_its_time(app_with: Any, silent: dict[str, Any]) -> None:
    soap = app_with(language="en", proxies=[silent], proxy_timeout=0.5, proxy_patience=5)
    started = time.monotonic()
    fault = soap.fault(SERVICE, "reloadAddress")
    assert time.monotonic() - started < 3
    assert fault == "SIP proxy failed: silent did not answer within 0.5 s"
    assert soap("DomainWS", "listDomains") != []


def test_of_two_proxies_the_one_that_is_down_is_named(
    app_with: Any, kamailio_stand_in: KamailioStandIn, opensips_stand_in: OpenSipsStandIn
) -> None:
    proxies = [kamailio_stand_in.settings, opensips_stand_in.settings]
    soap = app_with(language="pt", proxies=proxies)
    kamailio_stand_in.close()
    fault = soap.fault(SERVICE, "reloadAddress")
    assert "kamailio inacessível" in fault
    assert "opensips" not in fault
    # the other one was told all the same
    assert "address_reload" in opensips_stand_in.methods


def test_a_proxy_that_is_down_is_a_fault_of_every_reload(
    reloading: Soap, kamailio_stand_in: KamailioStandIn, platform: Platform
) -> None:
    platform.subscriber("1000")
    number = platform.did("554830258080", "1000")
    kamailio_stand_in.close()
    subscriber = {"username": "1000", "domain": DOMAIN}
    assert "unreachable" in reloading.fault(SERVICE, "reloadSubscriber", **subscriber)
    assert "unreachable" in reloading.fault(SERVICE, "reloadDid", didId=number)


def test_keys_of_the_scripts_caches_are_dropped(
    app_with: Any,
    kamailio_stand_in: KamailioStandIn,
    opensips_stand_in: OpenSipsStandIn,
    platform: Platform,
) -> None:
    platform.subscriber("1000")
    number = platform.did("554830258080", "1000")
    caches = {"subscriber": "subs:{username}@{domain}", "did": "local:did_{number}"}
    proxies = [one.settings | {"caches": caches} for one in (kamailio_stand_in, opensips_stand_in)]
    soap = app_with(language="en", proxies=proxies)
    soap(SERVICE, "reloadSubscriber", username="1000", domain=DOMAIN)
    kamailio_stand_in.answers["htable.delete"] = Refusal(404, "Key not found in htable.")
    soap(SERVICE, "reloadDid", didId=number)
    assert kamailio_stand_in.requests == [
        ("htable.delete", ["subs", f"1000@{DOMAIN}"]),
        ("htable.delete", ["local", "did_554830258080"]),
    ]
    assert opensips_stand_in.requests == [
        ("cache_remove", {"system": "subs", "attr": f"1000@{DOMAIN}"}),
        ("cache_remove", {"system": "local", "attr": "did_554830258080"}),
    ]
    kamailio_stand_in.answers["htable.delete"] = Refusal(500, "No such htable")
    assert "No such htable" in soap.fault(SERVICE, "reloadDid", didId=number)


@pytest.mark.usefixtures("address")
def test_opensips_reloads_and_its_errors_come_with_status_200(
    app_with: Any, opensips_stand_in: OpenSipsStandIn
) -> None:
    soap = app_with(language="en", proxies=[opensips_stand_in.settings], proxy_patience=0.5)
    assert "1 missing" in soap.fault(SERVICE, "reloadAddress")
    entry = {"grp": 1, "ip": IP, "mask": "255.255.255.255", "port": 0, "proto": "any"}
    entry |= {"pattern": "NULL", "context_info": TAG}
    loaded = {"Partitions": [{"name": "default", "Destinations": [entry]}]}
    opensips_stand_in.answers["address_dump"] = loaded
    soap(SERVICE, "reloadAddress")
    opensips_stand_in.answers["address_reload"] = Refusal(500, "Failed to reload")
    assert "Failed to reload" in soap.fault(SERVICE, "reloadAddress")


def test_an_answer_of_another_shape_is_a_fault_that_names_the_proxy(
    reloading: Soap, kamailio_stand_in: KamailioStandIn
) -> None:
    kamailio_stand_in.answers["permissions.addressDump"] = [{"what": 1}]
    assert "kamailio unexpected answer" in reloading.fault(SERVICE, "reloadAddress")


def test_reloads_are_audited(
    reloading: Soap, kamailio_stand_in: KamailioStandIn, platform: Platform
) -> None:
    reloading(SERVICE, "reloadAddress")
    kamailio_stand_in.close()
    reloading.fault(SERVICE, "reloadAddress")
    rows = [(row.operation, row.outcome, row.error) for row in platform.rows(Audit)]
    assert rows == [("reloadAddress", "done", None), ("reloadAddress", "failed", "proxy-failed")]
