"""What is different where the database is a Galera cluster of MariaDB nodes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect

from sippulse_ws.db.connections.failures import LOCK_WAIT_TIMEOUT, WRONG_NODE, error_number
from sippulse_ws.db.statements.session import Session

# Session variables: before a statement (in a transaction, before its first one) the node applies
# what was committed on other nodes. Bit 1 is for reads, 2 and 4 for statements that change rows.
CAUSAL_READS = ", wsrep_sync_wait=1"
CAUSAL_WRITES = ", wsrep_sync_wait=7"

_STATES = (
    "wsrep_ready",
    "wsrep_cluster_status",
    "wsrep_cluster_size",
    "wsrep_local_state_comment",
)


def drop_lost_nodes(dialect: Dialect) -> None:
    """Treat a node's errors that say it cannot serve as a lost connection.

    A node that lost its cluster may report that as a lock time-out (1205), too.
    """
    is_lost = dialect.is_disconnect

    def is_disconnect(error: Any, connection: Any, cursor: Any) -> bool:
        number = error_number(error)
        if number in WRONG_NODE or number == LOCK_WAIT_TIMEOUT:
            return True
        return is_lost(error, connection, cursor)

    dialect.is_disconnect = is_disconnect  # type: ignore[assignment, method-assign]


@contextmanager
def not_waiting(db: Session) -> Iterator[None]:
    """Read without waiting for other nodes' commits: for data that hardly ever changes."""
    db.exec_driver_sql("SET SESSION wsrep_sync_wait=0")
    try:
        yield
    except BaseException:
        with suppress(Exception):  # the first error is the one to tell
            _wait_again(db)
        raise
    _wait_again(db)


def _wait_again(db: Session) -> None:
    db.exec_driver_sql(f"SET SESSION {CAUSAL_READS.removeprefix(', ')}")


@dataclass(frozen=True, slots=True)
class NodeState:
    """How a node of the cluster describes itself."""

    name: str
    ready: bool
    component: str  # Primary while it is part of the majority
    size: int  # nodes that it sees
    state: str  # Synced, or why it is not

    @property
    def serves(self) -> bool:
        return self.ready and self.component == "Primary"

    def __str__(self) -> str:
        return f"node {self.name}: {self.state}, {self.component}, {self.size} nodes"


def read_node_state(db: Session) -> NodeState | None:
    """The node behind this connection, also when it refuses queries; None outside of a cluster."""
    rows = db.exec_driver_sql("SHOW GLOBAL STATUS LIKE 'wsrep%%'").tuples()
    found: dict[str, str] = {str(name).lower(): str(value) for name, value in rows}
    if any(name not in found for name in _STATES):
        return None
    name = db.exec_driver_sql("SELECT @@wsrep_node_name").scalar()
    ready, component, size, state = (found[one] for one in _STATES)
    return NodeState(str(name), ready == "ON", component, int(size), state)
