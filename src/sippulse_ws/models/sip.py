"""What SIP proxies use: addresses, registrations, dial plans, hunt groups."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import DateTime, Float, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from sippulse_ws.models.base import (
    MYSQL_OPTIONS,
    Base,
    Count,
    DomainName,
    Id,
    LongId,
    SubscriberId,
    Text,
    Username,
)
from sippulse_ws.models.types import Key


class Address(Base):
    """An IP address or network from which a subscriber calls without a password."""

    __tablename__ = "address"
    __table_args__ = (
        UniqueConstraint("ip_address", "mask", "port", "tech_prefix", "method"),
        MYSQL_OPTIONS,
    )

    id: Mapped[Id]
    subscriber_id: Mapped[SubscriberId]
    ip_address: Mapped[str] = mapped_column(Key(45))
    mask: Mapped[int]
    port: Mapped[Count]  # 0: any
    protocol: Mapped[str] = mapped_column(String(8), server_default=text("'any'"))
    method: Mapped[str] = mapped_column(Key(16))  # iponly, techprefix, ip+cpt, ip+cli
    tech_prefix: Mapped[str] = mapped_column(Key(32), server_default=text("''"))
    group: Mapped[str] = mapped_column(String(64))
    pattern: Mapped[Text]
    context_info: Mapped[Text]


class Location(Base):
    """Registrations, in the form of Kamailio's usrloc (table version 9)."""

    __tablename__ = "location"
    __table_args__ = (
        Index(None, "username", "domain", "contact", mysql_length={"contact": 191}),
        Index(None, "expires"),
        MYSQL_OPTIONS,
    )

    id: Mapped[LongId]
    ruid: Mapped[str] = mapped_column(Key(64), unique=True)
    username: Mapped[Username]
    domain: Mapped[str] = mapped_column(Key(64))
    contact: Mapped[str] = mapped_column(Key(512))
    received: Mapped[str | None] = mapped_column(String(128))
    path: Mapped[str | None] = mapped_column(String(512))
    expires: Mapped[dt.datetime] = mapped_column(
        DateTime, server_default=text("'2030-05-28 21:32:15'")
    )
    q: Mapped[float] = mapped_column(Float, server_default=text("1.0"))
    callid: Mapped[str] = mapped_column(String(255), server_default=text("'Default-Call-ID'"))
    cseq: Mapped[int] = mapped_column(server_default=text("1"))
    last_modified: Mapped[dt.datetime] = mapped_column(
        DateTime, server_default=text("'2000-01-01 00:00:01'")
    )
    flags: Mapped[Count]
    cflags: Mapped[Count]
    user_agent: Mapped[str] = mapped_column(String(255), server_default=text("''"))
    socket: Mapped[str | None] = mapped_column(String(64))
    methods: Mapped[int | None]
    instance: Mapped[str | None] = mapped_column(String(255))
    reg_id: Mapped[Count]
    server_id: Mapped[Count]
    connection_id: Mapped[Count]
    keepalive: Mapped[Count]
    partition: Mapped[Count]


class Dialplan(Base):
    __tablename__ = "dialplan"

    id: Mapped[Id]
    domain: Mapped[DomainName]
    dpid: Mapped[int]
    pr: Mapped[Count]  # priority
    match_op: Mapped[int] = mapped_column(server_default=text("1"))  # 0 equal, 1 regex, 2 fnmatch
    match_exp: Mapped[str] = mapped_column(String(64))
    match_len: Mapped[Count]
    subst_exp: Mapped[str] = mapped_column(String(64), server_default=text("''"))
    repl_exp: Mapped[str] = mapped_column(String(255), server_default=text("''"))
    attrs: Mapped[str] = mapped_column(String(64), server_default=text("''"))


class HuntGroup(Base):
    """Subscribers of a domain that ring together or one after another."""

    __tablename__ = "hunt_group"

    id: Mapped[Id]
    domain: Mapped[DomainName]
    description: Mapped[str] = mapped_column(String(255))
    method: Mapped[str] = mapped_column(String(16))  # paralell, parallel, serial
    timeout: Mapped[int]  # seconds
    uri: Mapped[str] = mapped_column(Key(255))


class HuntGroupMember(Base):
    __tablename__ = "hunt_group_member"

    hunt_group_id: Mapped[int] = mapped_column(
        ForeignKey("hunt_group.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    subscriber_id: Mapped[SubscriberId]
