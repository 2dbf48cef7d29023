"""Answers to load balancers: whether the process serves, and whether it is ready."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from werkzeug.wrappers import Response

from sippulse_ws.db import Database, Session
from sippulse_ws.db.connections.cluster import NodeState, not_waiting, read_node_state
from sippulse_ws.db.connections.deadlines import Deadline, DeadlinePassed
from sippulse_ws.db.connections.failures import is_away
from sippulse_ws.db.schema.revisions import find_trouble
from sippulse_ws.domain.errors_guard import KeyMissing
from sippulse_ws.domain.password_keys import KeyWatch
from sippulse_ws.observability.outages import Outage

# For so long other connections are tried, since one may lead to a node that serves.
_TRY_SECONDS = 0.6


class NodeNotReady(Exception):
    """The cluster node behind a connection accepts no work."""


class Health:
    """The WSGI applications of /healthz and /readyz."""

    def __init__(self, database: Database, outage: Outage, keys: KeyWatch) -> None:
        self._keys = keys
        self._outage = outage
        self._database = database

    def healthz(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Always 200: the process serves."""
        return Response("ok\n")(environ, start_response)

    def readyz(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """200 if the database answers and has a schema on which this version serves, else 503."""
        try:
            node, trouble = self._look()
        except KeyMissing as error:
            return Response(error.message("en") + "\n", 503)(environ, start_response)
        except NodeNotReady as error:
            self._outage.lost(error)
            return Response(f"not ready: {error}\n", 503)(environ, start_response)
        except Exception as error:  # noqa: BLE001 - whatever the error, the answer is "not ready"
            self._outage.lost(error)
            return Response("database unavailable\n", 503)(environ, start_response)
        self._outage.back()
        if trouble:
            return Response(f"{trouble}\n", 503)(environ, start_response)
        told = f"ready\n{node}\n" if node else "ready\n"
        return Response(told)(environ, start_response)

    def _look(self) -> tuple[NodeState | None, str | None]:
        """The cluster node's state, if there is a cluster, and what is wrong with the schema."""
        if not self._database.is_cluster:
            with self._database.reading() as db:
                return None, self._trouble(db)
        for last in (False, False, True):
            try:
                with (
                    Deadline(_TRY_SECONDS),
                    self._database.reading() as db,
                    not_waiting(db),
                ):
                    return _serving_node(db), self._trouble(db)
            except Exception as error:
                if last or not (is_away(error) or isinstance(error, NodeNotReady | DeadlinePassed)):
                    raise
        raise AssertionError

    def _trouble(self, db: Session) -> str | None:
        trouble = find_trouble(db)
        if trouble is None:
            self._keys.check_now(db)
        return trouble and trouble.en  # programs read it, so in English


def _serving_node(db: Session) -> NodeState:
    """The node's state. Raises NodeNotReady if it accepts no work, and drops the connection."""
    node = read_node_state(db)
    if node is None or not node.serves:
        db.invalidate()
        raise NodeNotReady(node or "SIPPULSE_CLUSTER is galera, this database is in no cluster")
    return node
