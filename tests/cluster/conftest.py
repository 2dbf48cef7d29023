"""The cluster that all of these tests share: three nodes, HAProxy, two servers of the program."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.cluster.balancer import Balancer, answers
from tests.cluster.galera import Cluster, waiting
from tests.fixtures.server import LOGIN, Cli, Server


@pytest.fixture(scope="session")
def galera() -> Iterator[Cluster]:
    cluster = Cluster()
    yield cluster
    cluster.close()


@pytest.fixture(scope="session")
def balancer(galera: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Balancer]:
    running = Balancer(galera, tmp_path_factory.mktemp("haproxy"))
    yield running
    running.stop()


def cluster_cli(url: str) -> Iterator[Cli]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIPPULSE_DATABASE_URL", url)
        patch.setenv("SIPPULSE_CLUSTER", "galera")
        patch.setenv("SIPPULSE_LANGUAGE", "en")
        yield Cli(patch)


@pytest.fixture(scope="session")
def installed(galera: Cluster, balancer: Balancer) -> str:
    """URL of the database over all nodes, with `root`, example.com and other.example.com."""
    url = balancer.url(balancer.spread)
    waiting(lambda: answers(url), "HAProxy leads to no node")
    for cli in cluster_cli(url):
        cli("db", "upgrade")
        for domain in ("example.com", "other.example.com"):
            cli("domain", "create", domain)
            cli("profile", "create", domain, "DEFAULT")
        password = LOGIN["password"]
        cli("admin", "create", "root", "--superuser", "--password-stdin", input=password)
    return url


@pytest.fixture
def cli(installed: str) -> Iterator[Cli]:
    yield from cluster_cli(installed)


@pytest.fixture(scope="session")
def servers(
    installed: str, balancer: Balancer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Server]]:
    """Two servers of the program over all nodes, behind `balancer.soap`."""
    folder = tmp_path_factory.mktemp("servers")
    running: list[Server] = []
    for number, port in enumerate(balancer.servers):
        log = folder / f"{number}.log"
        running.append(Server(installed, log, (), port, CLUSTER="galera"))
    yield running
    for one in running:
        one.stop()


class NodeServers:
    """Servers that each know one node only: `node_servers(0, 2)`; those with settings are new."""

    def __init__(self, galera: Cluster, folder: Path) -> None:
        self._galera, self._folder = galera, folder
        self._started: list[Server] = []
        self._plain: dict[int, Server] = {}

    def __call__(self, *nodes: int, **settings: str) -> list[Server]:
        if settings:
            return [self._start(node, settings) for node in nodes]
        for node in set(nodes) - self._plain.keys():
            self._plain[node] = self._start(node, {})
        return [self._plain[node] for node in nodes]

    def _start(self, node: int, settings: dict[str, str]) -> Server:
        url = f"mysql+pymysql://root@127.0.0.1:{self._galera.nodes[node].port}/sippulse"
        log = self._folder / f"{len(self._started)}.log"
        self._started.append(Server(url, log, (), CLUSTER="galera", **settings))
        return self._started[-1]

    def stop(self) -> None:
        for one in self._started:
            one.stop()


@pytest.fixture(scope="session")
def node_servers(
    galera: Cluster, installed: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NodeServers]:
    made = NodeServers(galera, tmp_path_factory.mktemp("nodes"))
    yield made
    made.stop()


@pytest.fixture
def sql(galera: Cluster) -> Callable[..., list[tuple[Any, ...]]]:
    """Ask the first node: `sql("SELECT …")`."""

    def ask(statement: str, node: int = 0) -> list[tuple[Any, ...]]:
        # what was committed elsewhere is to be seen
        text = f"SET STATEMENT wsrep_sync_wait=1 FOR {statement}"
        return galera.nodes[node].ask(text, "sippulse")

    return ask


def wait_for_refusal(server: Server, text: str) -> None:
    """Until a worker, each of which looks by itself, says that it is not ready, and why."""

    def refuses() -> bool:
        answer = server.get("/readyz")
        return answer.status_code == 503 and text in answer.text

    waiting(refuses, f"it does not say {text}")


def is_ready(server: Server) -> bool:
    with suppress(requests.RequestException):
        return bool(server.get("/readyz").ok)
    return False
