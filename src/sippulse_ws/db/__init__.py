"""Engines, transactions and the differences between databases."""

from sqlalchemy import Connection

from sippulse_ws.db.engine import Database

__all__ = ["Connection", "Database"]
