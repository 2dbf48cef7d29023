"""Statements: the session that sends them, and those compiled once."""

from sippulse_ws.db.statements.insert_texts import NumberTexts
from sippulse_ws.db.statements.prepared import Prepared
from sippulse_ws.db.statements.row_text import Listing, ListQuery, stream
from sippulse_ws.db.statements.session import Queued, Session

__all__ = ["ListQuery", "Listing", "NumberTexts", "Prepared", "Queued", "Session", "stream"]
