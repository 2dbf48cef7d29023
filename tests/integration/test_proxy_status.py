"""`sippulse-ws proxy status`: each proxy reachable, and what differs."""

import json
from typing import Any

import pytest

from tests.fixtures.proxies import KamailioStandIn, OpenSipsStandIn
from tests.fixtures.server import Cli

DOMAIN = "example.com"


def status(cli: Cli, *proxies: dict[str, Any], exit_status: int = 0) -> list[list[str]]:
    result = cli("proxy", "status", status=exit_status, proxies=json.dumps(proxies))
    return [line.split("\t") for line in result.stdout.splitlines()[1:]]


@pytest.fixture
def in_step(kamailio_stand_in: KamailioStandIn) -> KamailioStandIn:
    kamailio_stand_in.load_domains(DOMAIN)
    return kamailio_stand_in


def test_proxies_in_step(
    cli: Cli, in_step: KamailioStandIn, opensips_stand_in: OpenSipsStandIn
) -> None:
    opensips_stand_in.answers["domain_dump"] = {"Domains": [{"name": DOMAIN}]}
    rows = status(cli, in_step.settings, opensips_stand_in.settings)
    for name in ("kamailio", "opensips"):
        assert [row[1:3] for row in rows if row[0] == name] == [
            ["", "reachable"],
            ["address", "in step"],
            ["domain", "in step"],
            ["dialplan", "in step"],
            ["contact", "in step"],
        ]


def test_what_differs_is_shown_and_ends_with_status_1(cli: Cli, in_step: KamailioStandIn) -> None:
    in_step.load_domains("old.example.com")
    in_step.load_addresses(("192.0.2.77", "1000@example.com iponly any "))
    rows = status(cli, in_step.settings, exit_status=1)
    assert ["kamailio", "domain", "missing", DOMAIN] in rows
    assert ["kamailio", "domain", "too many", "old.example.com"] in rows
    assert ["kamailio", "address", "too many"] in [row[:3] for row in rows]
    assert "192.0.2.77" in next(row[3] for row in rows if row[1] == "address")


def test_a_proxy_that_is_down_does_not_hide_the_other(
    cli: Cli, in_step: KamailioStandIn, opensips_stand_in: OpenSipsStandIn
) -> None:
    opensips_stand_in.close()
    rows = status(cli, opensips_stand_in.settings, in_step.settings, exit_status=1)
    assert "unreachable" in rows[0][2]
    assert ["kamailio", "domain", "in step", ""] in rows


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("nonsense", "SIPPULSE_PROXIES"),
        ('[{"kind": "asterisk", "url": "http://127.0.0.1/"}]', "SIPPULSE_PROXIES"),
        ('[{"kind": "kamailio", "url": "http://:x/"}]', "SIPPULSE_PROXIES"),
        ('[{"kind": "kamailio", "url": "127.0.0.1:8060"}]', "http"),
        ('[{"kind": "kamailio", "url": "http://a/", "caches": {"did": "a:{no}"}}]', "{number}"),
    ],
)
def test_bad_settings_are_named(cli: Cli, value: str, told: str) -> None:
    assert told in cli("proxy", "status", status=1, proxies=value).output
