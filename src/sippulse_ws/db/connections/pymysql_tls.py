"""PyMySQL's connections with one TLS context for all of them.

Where the URL says nothing of TLS, PyMySQL 1.2 and later ask for it, take what the server has, and
check no certificate. They read all authorities of the system for that nevertheless, for each
connection: more than a MiB of memory, and milliseconds of CPU. Before 1.2 (1.1.1 is the oldest that
is allowed) such a connection is not encrypted, and the context is not asked for.
"""

from __future__ import annotations

from typing import Any

from pymysql.connections import Connection as _PyMySQL

from sippulse_ws.db.connections.tls import unverified_context


class _Connection(_PyMySQL):
    def _create_ssl_ctx(self, sslp: Any) -> Any:
        return super()._create_ssl_ctx(sslp) if sslp else unverified_context()  # type: ignore[misc]


def connect(_dialect: Any, _record: Any, arguments: Any, options: Any) -> Any:
    """For SQLAlchemy's `do_connect`."""
    return _Connection(*arguments, **options)
