"""The outcomes of requests with an idempotency key."""

from __future__ import annotations

from sqlalchemy import Index, String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column

from sippulse_ws.models.base import MYSQL_OPTIONS, Base, Moment
from sippulse_ws.models.types import Key


class IdempotencyKey(Base):
    """The first request with a key; neither the key nor the parameters are stored readably."""

    __tablename__ = "idempotency_key"
    __table_args__ = (Index(None, "at"), MYSQL_OPTIONS)

    token: Mapped[str] = mapped_column(Key(64), primary_key=True)  # digest of login and key
    digest: Mapped[str] = mapped_column(Key(64))  # of the operation and its parameters
    at: Mapped[Moment]
    login: Mapped[str] = mapped_column(Key(160))
    operation: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str | None] = mapped_column(String(16))  # done, refused; NULL while it runs
    # JSON of the result, or of the refusal's code and its messages
    answer: Mapped[str | None] = mapped_column(
        Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
    )
