"""Connections, statements and the schema: the differences between databases end here."""

from sippulse_ws.db.connections.engine import Database
from sippulse_ws.db.statements.session import Session

__all__ = ["Database", "Session"]
