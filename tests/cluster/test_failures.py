"""Nodes that die, are cut off, stand still or lag: nothing lost, doubled or answered wrongly."""

import re
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.cluster.balancer import Balancer
from tests.cluster.conftest import is_ready, wait_for_refusal
from tests.cluster.galera import Cluster, waiting
from tests.cluster.load import ACCOUNTS, Load
from tests.cluster.test_answers import KEY, Sql, balance, credit, fault, insert
from tests.fixtures.server import Server

pytestmark = pytest.mark.cluster
# What a client may be told while a node is given up; nothing was done, or nobody knows.
TRUE_FAULTS = (
    "Database unavailable",
    "lost at the end: check",
    "Nothing was done within",
    "this Idempotency-Key is still running",
    "HTTP 503",
)
FAULT_SECONDS = 5


@pytest.fixture
def load(
    servers: list[Server], balancer: Balancer, galera: Cluster, request: pytest.FixtureRequest
) -> Iterator[Load]:
    galera.healed()
    for server in servers:
        waiting(partial(is_ready, server), "a server is not ready")
    name = str(request.node.name).removeprefix("test_")[:20].replace("_", "")
    running = Load(name, balancer.soap)
    for number in range(ACCOUNTS):
        insert(servers[0], running.account(number))
    running.start()
    yield running
    running.stop()


def check(load: Load, sql: Sql, galera: Cluster) -> None:
    """Every credit that a client was told of is there once, and no other one."""
    load.stop()
    assert sum(load.told.booked) > 2 * ACCOUNTS
    for number, booked in enumerate(load.told.booked):
        assert balance(sql, load.account(number)) == (booked, booked)
    texts = {text for _, text in load.told.faults}
    assert [text for text in texts if not any(one in text for one in TRUE_FAULTS)] == []
    galera.healed()


def test_a_killed_node_costs_faults_for_seconds_and_no_credit(
    load: Load, sql: Sql, galera: Cluster
) -> None:
    node = galera.nodes[2]
    load.breaking(node.kill)
    assert load.seconds_of_faults() <= FAULT_SECONDS, load.told.faults
    load.breaking(node.start)
    check(load, sql, galera)


def test_a_node_that_is_cut_off_is_left_at_once(load: Load, sql: Sql, galera: Cluster) -> None:
    """Its connections were kept (1047): 1413 of 5997 requests failed."""
    node = galera.nodes[1]
    load.breaking(node.isolate)
    node.wait_for(wsrep_cluster_status="non-Primary")
    assert load.seconds_of_faults() <= FAULT_SECONDS, load.told.faults
    load.breaking(node.rejoin)
    check(load, sql, galera)


def test_a_node_that_stands_still_holds_up_nobody_for_long(
    load: Load, sql: Sql, galera: Cluster
) -> None:
    node = galera.nodes[0]
    load.breaking(node.freeze)
    assert load.seconds_of_faults() <= FAULT_SECONDS, load.told.faults
    node.thaw()
    load.breaking(galera.healed)
    check(load, sql, galera)


def test_all_nodes_killed_at_once_lose_nothing(load: Load, sql: Sql, galera: Cluster) -> None:
    load.breaking(galera.restart_all)
    check(load, sql, galera)


def test_a_node_that_is_cut_off_says_so_and_its_server_is_not_ready(
    node_servers: Callable[..., list[Server]], galera: Cluster
) -> None:
    """Its server is left by the balancer, answers no old state, and is ready again by itself."""
    [server] = node_servers(2)
    insert(server, "before")
    node = galera.nodes[2]
    node.isolate()
    try:
        wait_for_refusal(server, "node db3: Initialized, non-Primary, 1 nodes")
        assert server.get("/healthz").ok
        told = fault(server.post("SubscriberWS", "retrieveSubscriber", KEY.format(name="before")))
        assert any(one in told for one in TRUE_FAULTS), told
    finally:
        node.rejoin()
    waiting(lambda: is_ready(server), "it is not ready again")
    assert credit(server, "before") == ""


def test_a_node_that_lags_behind_gives_no_old_answer(
    node_servers: Callable[..., list[Server]], galera: Cluster
) -> None:
    """It applies nothing for a while, as one that is being backed up."""
    one, two = node_servers(0, 1)
    insert(one, "lagging")
    with galera.nodes[1].connect() as held:
        held.cursor().execute("FLUSH TABLES WITH READ LOCK")
        assert credit(one, "lagging", 7) == ""
        release = threading.Timer(3, lambda: held.cursor().execute("UNLOCK TABLES"))
        release.start()
        answer = two.post("SubscriberWS", "retrieveCredit", KEY.format(name="lagging"))
        release.join()
    assert fault(answer) == ""
    assert re.findall("<return>(.*?)</return>", answer.text) == ["7.0"]
    galera.healed()


def test_a_read_only_node_is_left_for_another(
    galera: Cluster, balancer: Balancer, installed: str, tmp_path: Path
) -> None:
    """Error 1290, for accounts without special rights."""
    galera.nodes[0].ask("CREATE USER plain@'127.0.0.1'")
    galera.nodes[0].ask("GRANT ALL ON sippulse.* TO plain@'127.0.0.1'")
    url = balancer.url(balancer.spread).replace("root@", "plain@")
    server = Server(url, tmp_path / "log", (), CLUSTER="galera")
    try:
        insert(server, "readonly")
        for node in galera.nodes[:2]:
            node.ask("SET GLOBAL read_only=ON")  # which waits for open transactions
        assert [credit(server, "readonly") for _ in range(12)] == [""] * 12
    finally:
        for node in galera.nodes:
            node.ask("SET GLOBAL read_only=OFF")
        server.stop()
