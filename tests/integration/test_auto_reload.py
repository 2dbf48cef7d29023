"""SIPPULSE_AUTO_RELOAD: a reload follows the writes that need one, and waits until it is done."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Session
from sippulse_ws.domain import reload_queue
from sippulse_ws.models import ProxyReload
from tests.factories.platform import DOMAIN, Platform
from tests.fixtures.proxies import KamailioStandIn, OpenSipsStandIn, Refusal
from tests.fixtures.server import Cli
from tests.soap import Soap

KEY: dict[str, Any] = {"username": "1000", "domain": DOMAIN}
ADDRESS = KEY | {"mask": 32, "port": 0, "protocol": "any", "method": "iponly"}

Queue = Callable[[], list[tuple[str, str]]]


@pytest.fixture
def queue(platform: Platform) -> Queue:
    return lambda: sorted((row.proxy, row.table) for row in platform.rows(ProxyReload))


@pytest.fixture
def auto(app_with: Any, platform: Platform) -> Soap:
    """An application that reloads by itself, with two proxies that it never speaks to."""
    platform.subscriber("1000")
    proxies = [
        {"kind": "kamailio", "url": f"http://127.0.0.1:9/{name}", "name": name} for name in "ab"
    ]
    soap: Soap = app_with(language="en", proxies=proxies, auto_reload=True)
    return soap


def test_a_write_of_addresses_queues_one_reload_for_each_proxy(auto: Soap, queue: Queue) -> None:
    made = auto("AddressWS", "insertAddress", address=ADDRESS | {"ipAddress": "192.0.2.1"})
    assert queue() == [("a", "address"), ("b", "address")]
    auto("AddressWS", "insertAddress", address=ADDRESS | {"ipAddress": "192.0.2.2"})
    auto("AddressWS", "removeAddress", domain=DOMAIN, addressId=made.id)
    assert queue() == [("a", "address"), ("b", "address")]


@pytest.mark.parametrize("operation", ["blockSubscriber", "activateSubscriber", "removeSubscriber"])
def test_what_takes_a_subscribers_addresses_away_is_a_write_of_addresses(
    auto: Soap, queue: Queue, operation: str
) -> None:
    auto("SubscriberWS", operation, **KEY)
    assert queue() == [("a", "address"), ("b", "address")]


def test_other_writes_queue_nothing(auto: Soap, queue: Queue) -> None:
    auto("SubscriberWS", "blockAnonymousCalls", **KEY)
    auto.fault("AddressWS", "insertAddress", address=ADDRESS | {"ipAddress": "nonsense"})
    assert queue() == []


def test_nothing_is_queued_unless_it_is_wanted(
    app_with: Any, platform: Platform, queue: Queue
) -> None:
    platform.subscriber("1000")
    soap = app_with(proxies=[{"kind": "kamailio", "url": "http://127.0.0.1:9/"}])
    soap("AddressWS", "insertAddress", address=ADDRESS | {"ipAddress": "192.0.2.1"})
    assert queue() == []


class Operator:
    """The command line with automatic reloads and a proxy."""

    def __init__(self, cli: Cli, proxy: KamailioStandIn | OpenSipsStandIn, url: str) -> None:
        self.cli = cli
        self.proxies = json.dumps([proxy.settings])
        self.engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)

    def __call__(self, *arguments: str, status: int = 0, input: str = "") -> str:
        settings = {"proxies": self.proxies, "auto_reload": "true", "proxy_patience": "0.1"}
        return self.cli(*arguments, status=status, input=input, **settings).output

    def run_queue(self) -> None:
        self("proxy", "run-queue", "--once")

    @property
    def waiting(self) -> list[tuple[str, int]]:
        with self.engine.connect() as connection:
            waiting = reload_queue.list_waiting(Session(connection))
            return [(row.table, row.failures) for row in waiting]

    def hurry(self) -> None:
        """Make everything due."""
        self.move(dt.timedelta(seconds=-1))

    def move(self, later: dt.timedelta) -> None:
        """Make everything due so much later than now."""
        with self.engine.connect() as db:
            moment = dt.datetime.now(dt.UTC) + later
            db.execute(sa.update(ProxyReload).values(due_at=moment))

    @property
    def due(self) -> dt.datetime:
        """When the next one is due."""
        with self.engine.connect() as db:
            moment = db.scalar(sa.select(sa.func.min(ProxyReload.due_at)))
        assert moment is not None
        return moment


@pytest.fixture
def operator(cli: Cli, installed_url: str, kamailio_stand_in: KamailioStandIn) -> Operator:
    made = Operator(cli, kamailio_stand_in, installed_url)
    with made.engine.connect() as db:
        db.execute(sa.delete(ProxyReload))
    return made


def domains(operator: Operator) -> list[str]:
    return [row["domain"] for row in operator.cli.rows("domain", "list")]


def test_the_queue_is_worked_off(operator: Operator, kamailio_stand_in: KamailioStandIn) -> None:
    operator("domain", "create", "queued.example.com")
    operator("dialplan", "create", "queued.example.com", "1", "^0")
    assert operator.waiting == [("dialplan", 0), ("domain", 0)]
    assert "queued" in operator("proxy", "status", status=1)
    kamailio_stand_in.load_domains(*domains(operator))
    rule = {"PRIO": 0, "MATCHOP": 1, "MATCHEXP": "^0", "MATCHLEN": 0}
    entry = {"ENTRY": rule | {"SUBSTEXP": None, "REPLEXP": None, "ATTRS": None}}
    kamailio_stand_in.answers["dialplan.dump"] = {"ENTRIES": [entry]}
    operator.run_queue()
    assert operator.waiting == []
    assert {"domain.reload", "dialplan.reload"} <= set(kamailio_stand_in.methods)
    kamailio_stand_in.requests.clear()
    operator.run_queue()
    assert kamailio_stand_in.requests == []


def test_a_reload_that_fails_waits_longer_each_time(
    operator: Operator, kamailio_stand_in: KamailioStandIn
) -> None:
    kamailio_stand_in.answers["domain.reload"] = Refusal(500, "Domain table reload failed")
    operator("domain", "create", "failing.example.com")
    began = dt.datetime.now(dt.UTC)
    operator.run_queue()
    assert operator.waiting == [("domain", 1)]
    assert operator.due > began + dt.timedelta(seconds=1)
    operator.move(dt.timedelta(hours=1))  # however slow the machine is
    kamailio_stand_in.requests.clear()
    operator.run_queue()
    assert kamailio_stand_in.requests == []
    operator.hurry()
    operator.run_queue()
    assert operator.waiting == [("domain", 2)]
    kamailio_stand_in.answers["domain.reload"] = {}
    kamailio_stand_in.load_domains(*domains(operator))
    operator.hurry()
    operator.run_queue()
    assert operator.waiting == []


def test_a_write_during_a_reload_is_reloaded_too(
    operator: Operator, kamailio_stand_in: KamailioStandIn
) -> None:
    def reload(_: Any) -> dict[str, Any]:
        if kamailio_stand_in.methods.count("domain.reload") == 1:
            operator("domain", "create", "meanwhile.example.com")
        kamailio_stand_in.load_domains(*domains(operator))
        return {}

    kamailio_stand_in.answers["domain.reload"] = reload
    operator("domain", "create", "first.example.com")
    operator.run_queue()
    assert operator.waiting == [("domain", 0)]
    operator.run_queue()
    assert operator.waiting == []
    assert kamailio_stand_in.methods.count("domain.reload") == 2


def test_imported_dial_plans_are_reloaded(
    operator: Operator, tmp_path: Any, kamailio_stand_in: KamailioStandIn
) -> None:
    file = tmp_path / "rules.csv"
    file.write_text(f"domain,dpid,match_exp\n{DOMAIN},1,^0\n")
    operator("import", "dialplans", str(file), "--dry-run")
    assert operator.waiting == []
    operator("import", "dialplans", str(file))
    assert operator.waiting == [("dialplan", 0)]
