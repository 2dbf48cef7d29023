"""What load balancers see: the process serves, and whether it is ready."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from werkzeug.wrappers import Response

from sippulse_ws.db import Database
from sippulse_ws.db.schema.revisions import NEWEST, current_revision, schema_trouble
from sippulse_ws.domain.errors_guard import KeyMissing
from sippulse_ws.domain.password_keys import KeyWatch
from sippulse_ws.observability.outages import Outage


class Health:
    """WSGI applications for load balancers."""

    def __init__(self, database: Database, outage: Outage, keys: KeyWatch) -> None:
        self._keys = keys
        self._outage = outage
        self._database = database

    def healthz(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """The process serves."""
        return Response("ok\n")(environ, start_response)

    def readyz(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """The database answers, and its schema is the one this version needs."""
        try:
            with self._database.reading() as db:
                revision = current_revision(db)
                if revision == NEWEST:
                    self._keys.check_now(db)
        except KeyMissing as error:
            return Response(error.message("en") + "\n", 503)(environ, start_response)
        except Exception as error:  # noqa: BLE001 - whatever it is, the answer is "not ready"
            self._outage.lost(error)
            return Response("database unavailable\n", 503)(environ, start_response)
        self._outage.back()
        if trouble := schema_trouble(revision):
            return Response(f"{trouble}\n", 503)(environ, start_response)
        return Response("ready\n")(environ, start_response)
