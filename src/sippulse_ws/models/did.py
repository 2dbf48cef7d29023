"""DID numbers and the numbering plan."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, text
from sqlalchemy.orm import Mapped, mapped_column

from sippulse_ws.models.base import Amount, Base, Id, Off, Username
from sippulse_ws.models.types import Key


class Did(Base):
    """A DID number. It is free while no account has it; free numbers are in a domain's inventory.

    Callers of other domains reach it only if it is in an inventory, or if its `origin` is not an
    administrator of domains, since these may insert any number.
    """

    __tablename__ = "did"

    id: Mapped[Id]
    alias_username: Mapped[str] = mapped_column(Key(64), unique=True)
    inventory_domain: Mapped[str | None] = mapped_column(
        Key(64), ForeignKey("domain.domain", onupdate="CASCADE"), index=True
    )
    # who inserted it: administrator, superuser, or upgrade for earlier numbers
    origin: Mapped[str] = mapped_column(String(16), server_default=text("'administrator'"))
    subscriber_id: Mapped[int | None] = mapped_column(ForeignKey("subscriber.id"), index=True)
    # destination: where a call to the number is delivered
    username: Mapped[str | None] = mapped_column(Key(64))
    domain: Mapped[str | None] = mapped_column(
        Key(64), ForeignKey("domain.domain", onupdate="CASCADE"), index=True
    )
    did_header: Mapped[str | None] = mapped_column(String(255))
    did_to_ruri: Mapped[Off]
    gwid: Mapped[str | None] = mapped_column(String(64))
    local_area: Mapped[str | None] = mapped_column(String(64))
    monthly_subscription: Mapped[Amount]
    reverse_billing: Mapped[Off]


class Numbering(Base):
    """City code (CNL) and local area of the numbers that begin with a prefix."""

    __tablename__ = "numbering"

    id: Mapped[Id]
    prefix: Mapped[Username] = mapped_column(unique=True)
    city_code: Mapped[str] = mapped_column(String(64))
    local_area: Mapped[str] = mapped_column(String(64))
