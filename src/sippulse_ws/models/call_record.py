"""Call records for integrators' SQL: `cdr`, shown by the view `vi_cdrs`, and `acc`.

A record keeps what was true when it was rated. Values shared by many records (plan, reseller,
gateway and provider as they were) are snapshots: rows that are written once and never changed, so
that later renames do not affect old records. Columns have the names of the vendor's document.

MariaDB partitions `cdr` and `acc` by month. So there are no foreign keys, and every unique key
contains the time, also the primary key (on SQLite only `id`, so that it is assigned).
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column

from sippulse_ws.models.base import MYSQL_OPTIONS, Base, Id, LongId
from sippulse_ws.models.types import Key, Money, WallTime

# As documented: int(10).
GatewayNumber = Integer().with_variant(mysql.INTEGER(display_width=10), "mysql", "mariadb")

Price = Annotated[Decimal | None, mapped_column(Money)]
Uri = Annotated[str | None, mapped_column(String(255))]
# Part of a call's unique key.
CallKey = Annotated[str, mapped_column(Key(255), server_default=text("''"))]
Snapshot = Annotated[int | None, mapped_column()]


class CdrRatePlan(Base):
    """A rate plan as it was."""

    __tablename__ = "cdr_rate_plan"
    __table_args__ = (
        UniqueConstraint(
            "rateplan_name",
            "rateplan_tx_conn",
            "rateplan_cadency",
            "rateplan_markup",
            "rateplan_prepaid",
            "rateplan_rateid",
            name="uq_cdr_rate_plan_contents",
        ),
        MYSQL_OPTIONS,
    )

    id: Mapped[Id]
    rateplan_name: Mapped[str | None] = mapped_column(Key(64))
    rateplan_tx_conn: Mapped[int | None]  # seconds
    rateplan_cadency: Mapped[int | None]  # seconds
    rateplan_markup: Mapped[float | None] = mapped_column(Double)
    rateplan_prepaid: Mapped[bool | None]
    rateplan_rateid: Mapped[int | None]


class CdrReseller(Base):
    """A reseller as it was."""

    __tablename__ = "cdr_reseller"
    __table_args__ = (
        UniqueConstraint("reseller_id", "reseller_name", name="uq_cdr_reseller_contents"),
        MYSQL_OPTIONS,
    )

    id: Mapped[Id]
    reseller_id: Mapped[int | None]
    reseller_name: Mapped[str | None] = mapped_column(Key(64))


class CdrGateway(Base):
    """A gateway as it was."""

    __tablename__ = "cdr_gateway"
    __table_args__ = (
        UniqueConstraint(
            "gwid", "gw_address", "gw_name", "gw_rateid", name="uq_cdr_gateway_contents"
        ),
        MYSQL_OPTIONS,
    )

    id: Mapped[Id]
    gwid: Mapped[int | None] = mapped_column(GatewayNumber)
    gw_address: Mapped[str | None] = mapped_column(Key(64))
    gw_name: Mapped[str | None] = mapped_column(Key(64))
    gw_rateid: Mapped[int | None]


class CdrProvider(Base):
    """A provider as it was."""

    __tablename__ = "cdr_provider"
    __table_args__ = (
        UniqueConstraint(
            "providerid",
            "provider_name",
            "provider_tx_conn",
            "provider_cadency",
            name="uq_cdr_provider_contents",
        ),
        MYSQL_OPTIONS,
    )

    id: Mapped[Id]
    providerid: Mapped[int | None]
    provider_name: Mapped[str | None] = mapped_column(Key(64))
    provider_tx_conn: Mapped[int | None]  # seconds
    provider_cadency: Mapped[int | None]  # seconds


class Cdr(Base):
    """A rated call."""

    __tablename__ = "cdr"
    __table_args__ = (
        UniqueConstraint(
            "sip_call_id", "sip_from_tag", "sip_to_tag", "call_start_time", name="uq_cdr_call"
        ),
        # for the documented query, and for a domain's month
        Index(None, "accountcode", "service", "call_start_time"),
        Index(None, "caller_domain", "call_start_time"),
        MYSQL_OPTIONS,
    )

    id: Mapped[LongId]
    call_start_time: Mapped[dt.datetime] = mapped_column(WallTime)
    src_uri: Mapped[Uri]
    dst_uri: Mapped[Uri]
    caller_domain: Mapped[str] = mapped_column(Key(255))
    caller_id: Mapped[str | None] = mapped_column(Key(255))
    sip_call_id: Mapped[CallKey]
    sip_from_tag: Mapped[CallKey]
    sip_to_tag: Mapped[CallKey]
    duration: Mapped[int]  # seconds
    rate: Mapped[Price]
    price: Mapped[Price]
    accountcode: Mapped[str | None] = mapped_column(Key(129))
    service: Mapped[str | None] = mapped_column(String(32))
    cdr_rate_plan_id: Mapped[Snapshot]
    cdr_reseller_id: Mapped[Snapshot]
    reseller_rateplan_id: Mapped[int | None]
    cdr_gateway_id: Mapped[Snapshot]
    cdr_provider_id: Mapped[Snapshot]
    profile: Mapped[str | None] = mapped_column(Key(64))
    user_agent: Mapped[str | None] = mapped_column(String(255))
    src_ip: Mapped[str | None] = mapped_column(Key(45))
    matched_prefix: Mapped[str | None] = mapped_column(Key(20))
    matched_prefix_name: Mapped[str | None] = mapped_column(String(128))
    reseller_rate: Mapped[Price]
    reseller_price: Mapped[Price]
    reseller_matched_prefix: Mapped[str | None] = mapped_column(Key(20))
    reseller_matched_prefix_name: Mapped[str | None] = mapped_column(String(128))
    cost: Mapped[Price]
    cost_price: Mapped[Price]
    # not in the view: the raw record, how it was rated (JSON), and its first prices
    raw_id: Mapped[int | None] = mapped_column(BigInteger)
    rating: Mapped[str | None] = mapped_column(Text)
    first_price: Mapped[Price]
    first_reseller_price: Mapped[Price]


class Acc(Base):
    """A call that was not completed, as the SIP proxy's accounting module writes it.

    On MariaDB the table has a 24th column `method`, INVISIBLE to `SELECT *`: the module always
    writes it. SQLite cannot hide a column, and no proxy writes there: it does without.
    """

    __tablename__ = "acc"
    __table_args__ = (
        Index(None, "callid"),
        Index(None, "accountcode", "time"),
        Index(None, "caller_domain", "time"),
        MYSQL_OPTIONS,
    )

    id: Mapped[LongId]
    time: Mapped[dt.datetime] = mapped_column(WallTime)
    sip_code: Mapped[str] = mapped_column(String(3), server_default=text("''"))
    sip_reason: Mapped[str] = mapped_column(String(128), server_default=text("''"))
    src_uri: Mapped[Uri]
    dst_uri: Mapped[Uri]
    caller_domain: Mapped[str | None] = mapped_column(Key(255))
    caller_id: Mapped[str | None] = mapped_column(Key(255))
    callid: Mapped[CallKey]
    from_tag: Mapped[CallKey]
    to_tag: Mapped[CallKey]
    accountcode: Mapped[str | None] = mapped_column(Key(129))
    service: Mapped[str | None] = mapped_column(String(32))
    gwid: Mapped[int | None] = mapped_column(GatewayNumber)
    profile: Mapped[str | None] = mapped_column(Key(64))
    user_agent: Mapped[str | None] = mapped_column(String(255))
    src_ip: Mapped[str | None] = mapped_column(Key(45))
    poippi_origem: Mapped[str | None] = mapped_column(String(10))
    poippi_destino: Mapped[str | None] = mapped_column(String(10))
    eot_origem: Mapped[str | None] = mapped_column(String(3))
    eot_destino: Mapped[str | None] = mapped_column(String(3))
    direction: Mapped[str | None] = mapped_column(String(8))
    descritor: Mapped[str | None] = mapped_column(String(5))


# The view, for queries of our own; migrations make it, so it is not in the metadata of the tables.
VI_CDRS = Table(
    "vi_cdrs",
    MetaData(),
    Column("id", BigInteger),
    Column("call_start_time", WallTime),
    Column("src_uri", String(255)),
    Column("dst_uri", String(255)),
    Column("caller_domain", Key(255)),
    Column("caller_id", Key(255)),
    Column("sip_call_id", Key(255)),
    Column("sip_from_tag", Key(255)),
    Column("sip_to_tag", Key(255)),
    Column("duration", String(255)),
    Column("rate", Double),
    Column("price", Double),
    Column("accountcode", Key(129)),
    Column("service", String(32)),
    Column("rateplan_name", Key(64)),
    Column("rateplan_tx_conn", Integer),
    Column("rateplan_cadency", Integer),
    Column("rateplan_markup", Double),
    Column("rateplan_prepaid", Boolean),
    Column("rateplan_rateid", Integer),
    Column("reseller_id", Integer),
    Column("reseller_name", Key(64)),
    Column("reseller_rateplan_id", Integer),
    Column("gwid", Integer),
    Column("gw_address", Key(64)),
    Column("gw_name", Key(64)),
    Column("gw_rateid", Integer),
    Column("providerid", Integer),
    Column("provider_name", Key(64)),
    Column("provider_tx_conn", Integer),
    Column("provider_cadency", Integer),
    Column("profile", Key(64)),
    Column("user_agent", String(255)),
    Column("src_ip", Key(45)),
    Column("matched_prefix", Key(20)),
    Column("matched_prefix_name", String(128)),
    Column("reseller_rate", Double),
    Column("reseller_price", Double),
    Column("reseller_matched_prefix", Key(20)),
    Column("reseller_matched_prefix_name", String(128)),
    Column("cost", Double),
    Column("cost_price", Double),
)
