"""The cluster that all of these tests share: three nodes, HAProxy, two servers of the program."""

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from tests.cluster.galera import DEPLOYED, Cluster, program, waiting
from tests.fixtures.server import LOGIN, Cli, Server, free_port


@pytest.fixture(scope="session")
def galera() -> Iterator[Cluster]:
    cluster = Cluster()
    yield cluster
    cluster.close()


class Balancer:
    """HAProxy with the configuration of deploy/cluster, on free ports of loopback."""

    def __init__(self, galera: Cluster, folder: Path) -> None:
        self.writer, self.spread, self.soap = free_port(), free_port(), free_port()
        self.servers = [free_port(), free_port()]
        text = (DEPLOYED / "haproxy.cfg").read_text()
        for old, new in (
            ("127.0.0.1:3306", f"127.0.0.1:{self.writer}"),
            ("127.0.0.1:3307", f"127.0.0.1:{self.spread}"),
            ("bind :8080", f"bind 127.0.0.1:{self.soap}"),
            *(
                (f"192.0.2.1{node.name[-1]}:3306", f"127.0.0.1:{node.port}")
                for node in galera.nodes
            ),
            *(
                (f"192.0.2.2{n}:8080", f"127.0.0.1:{port}")
                for n, port in enumerate(self.servers, 1)
            ),
        ):
            assert old in text, old
            text = text.replace(old, new)
        assert not re.search(r"192\.0\.2\.\d", text)
        config = folder / "haproxy.cfg"
        config.write_text(text)
        command = ["setpriv", "--pdeathsig", "KILL", program("haproxy"), "-db", "-f", str(config)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def url(self, port: int) -> str:
        return f"mysql+pymysql://root@127.0.0.1:{port}/sippulse"

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


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
    waiting(lambda: _answers(url), "HAProxy leads to no node")
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


@pytest.fixture
def node_servers(
    galera: Cluster, installed: str, tmp_path: Path
) -> Iterator[Callable[..., list[Server]]]:
    """Make servers that each know one node only: `node_servers(0, 2)`; also with settings."""
    running: list[Server] = []

    def make(*nodes: int, **settings: str) -> list[Server]:
        for number in nodes:
            url = f"mysql+pymysql://root@127.0.0.1:{galera.nodes[number].port}/sippulse"
            log = tmp_path / f"{len(running)}.log"
            running.append(Server(url, log, (), CLUSTER="galera", **settings))
        return running

    yield make
    for one in running:
        one.stop()


@pytest.fixture
def sql(galera: Cluster) -> Callable[..., list[tuple[Any, ...]]]:
    """Ask the first node: `sql("SELECT …")`."""

    def ask(statement: str, node: int = 0) -> list[tuple[Any, ...]]:
        # what was committed elsewhere is to be seen
        text = f"SET STATEMENT wsrep_sync_wait=1 FOR {statement}"
        return galera.nodes[node].ask(text, "sippulse")

    return ask


def _answers(url: str) -> bool:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with suppress(sa.exc.OperationalError), engine.connect():
        return True
    return False


def is_ready(server: Server) -> bool:
    with suppress(requests.RequestException):
        return bool(server.get("/readyz").ok)
    return False
