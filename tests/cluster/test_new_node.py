"""A node that knows nothing joins: it gets a copy of another one, as docs/cluster.md says."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cluster.galera import DEPLOYED, Cluster, Node
from tests.cluster.test_answers import Sql, credit, insert
from tests.fixtures.server import Server, free_port

pytestmark = pytest.mark.cluster
DOCUMENTS = DEPLOYED.parents[1] / "docs"
PASSWORD = "copied"


def accounts(document: Path) -> list[str]:
    """The statements of the document that make the account which copies."""
    text = document.read_text()
    statement = r"^ +((?:CREATE USER|GRANT) .*sst@localhost.*);$"
    found: list[str] = re.findall(statement, text, re.MULTILINE)
    return [one.replace("PASSWORD", PASSWORD) for one in found]


@pytest.fixture
def copied(galera: Cluster) -> Iterator[Callable[[], Node]]:
    """Make a fourth node, which begins with an empty folder and leaves after the test."""
    made: list[Node] = []

    def join() -> Node:
        peers, group = [int(node.group) for node in galera.nodes], free_port()
        told = {
            "wsrep_sst_method": "mariabackup",
            "wsrep_sst_auth": f"sst:{PASSWORD}",
            "wsrep_sst_receive_address": f"127.0.0.1:{free_port()}",
            "wsrep_sst_donor": "db3",
        }
        lines = "".join(f"{name} = {value}\n" for name, value in told.items())
        made.append(Node(galera.folder, "db4", peers, group, lines))
        made[-1].start()
        return made[-1]

    yield join
    for one in made:
        one.stop()
    galera.healed()


@pytest.mark.parametrize("document", ["cluster.md", "pt-BR/cluster.md"])
def test_the_account_that_copies_is_the_same_in_both_languages(document: str) -> None:
    assert accounts(DOCUMENTS / document) == accounts(DOCUMENTS / "cluster.md") != []


def test_a_new_node_gets_a_copy_by_mariabackup(
    galera: Cluster, servers: list[Server], copied: Callable[[], Node], sql: Sql
) -> None:
    insert(servers[0], "copied")
    for statement in accounts(DOCUMENTS / "cluster.md"):
        galera.nodes[0].ask(statement)
    galera.nodes[2].ask(f"SET GLOBAL wsrep_sst_auth = 'sst:{PASSWORD}'")
    node = copied()
    assert credit(servers[1], "copied") == ""
    balance = "SET STATEMENT wsrep_sync_wait=1 FOR SELECT credit FROM subscriber WHERE username = "
    [[there]] = node.ask(f"{balance}'copied'", "sippulse")
    assert there == 1
    assert node.state()["wsrep_cluster_size"] == "4"
