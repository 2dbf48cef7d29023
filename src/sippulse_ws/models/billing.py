"""Rates, rate plans, resellers, account groups and the ledger of credit."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from sippulse_ws.models.base import (
    MYSQL_OPTIONS,
    Amount,
    Base,
    Count,
    DomainName,
    Id,
    Long,
    LongId,
    MaybeMoment,
    Moment,
    Off,
    Percentage,
    Sealed,
    Text,
)
from sippulse_ws.models.types import Key


class RatePlan(Base):
    __tablename__ = "rate_plan"

    id: Mapped[Id]
    domain: Mapped[DomainName]
    name: Mapped[str] = mapped_column(String(64))
    rate_id: Mapped[int]  # a rate table of the domain, which may still be empty
    prepaid: Mapped[Off]
    tx_connection: Mapped[int] = mapped_column(server_default=text("60"))  # seconds
    cadency: Mapped[int] = mapped_column(server_default=text("60"))  # seconds
    free_minutes: Mapped[Count]
    markup: Mapped[Percentage]
    block_calls_without_rate: Mapped[Off]
    limit_to_credit_expires: Mapped[Count]  # days, 0 never
    tx_delay: Mapped[Count]  # seconds
    tx_discard: Mapped[Count]  # seconds


class Rate(Base):
    __tablename__ = "rate"
    __table_args__ = (UniqueConstraint("domain", "rate_id", "prefix"), MYSQL_OPTIONS)

    id: Mapped[Id]
    # not indexed by itself: the unique key begins with it
    domain: Mapped[str] = mapped_column(Key(64), ForeignKey("domain.domain", onupdate="CASCADE"))
    rate_id: Mapped[int]
    prefix: Mapped[str] = mapped_column(Key(20))
    name: Mapped[str] = mapped_column(String(128))
    rate_value: Mapped[Amount]
    service_type: Mapped[str | None] = mapped_column(String(32))
    cadency: Mapped[int | None]
    tx_connection: Mapped[int | None]
    tx_delay: Mapped[int | None]
    tx_discard: Mapped[int | None]


class Reseller(Base):
    __tablename__ = "reseller"
    __table_args__ = (UniqueConstraint("domain", "name"), MYSQL_OPTIONS)

    id: Mapped[Id]
    # not indexed by itself: the unique key begins with it
    domain: Mapped[str] = mapped_column(Key(64), ForeignKey("domain.domain", onupdate="CASCADE"))
    name: Mapped[str] = mapped_column(Key(64))
    manager: Mapped[Text]
    email: Mapped[Text]
    phone: Mapped[str | None] = mapped_column(String(64))
    mobile: Mapped[str | None] = mapped_column(String(64))
    username: Mapped[str] = mapped_column(Key(64), unique=True)  # portal login
    password: Mapped[Sealed]
    credit: Mapped[Amount]
    held: Mapped[Amount]  # by calls under way, see CallHold


class CreditLedger(Base):
    """Every change of a balance. Rows outlive the account, hence no foreign keys."""

    __tablename__ = "credit_ledger"
    __table_args__ = (
        Index(None, "kind", "account_id", "id"),
        Index(None, "account", "at"),
        Index(None, "at"),
        Index(None, "reverses", unique=True),
        MYSQL_OPTIONS,
    )

    id: Mapped[LongId]
    at: Mapped[Moment]
    kind: Mapped[str] = mapped_column(String(16))  # subscriber, reseller
    account_id: Mapped[int]
    account: Mapped[str] = mapped_column(Key(160))  # account code, or the reseller's name@domain
    value: Mapped[Amount]
    balance: Mapped[Amount]  # after this change
    obs: Mapped[str | None] = mapped_column(String(1024))
    administrator: Mapped[str] = mapped_column(Key(128))
    expires_at: Mapped[MaybeMoment]
    reverses: Mapped[Long]  # id of the row that this one reverses
    raw_id: Mapped[int | None] = mapped_column(BigInteger, index=True)  # of a call
    corrects_id: Mapped[int | None] = mapped_column(BigInteger)  # the row that this one corrects


class AccountGroup(Base):
    """An account that others are billed to."""

    __tablename__ = "account_group"

    id: Mapped[Id]
    manager_id: Mapped[int] = mapped_column(
        ForeignKey("subscriber.id", ondelete="CASCADE"), unique=True
    )
    manager_profile: Mapped[str] = mapped_column(Key(64))


class AccountGroupMember(Base):
    __tablename__ = "account_group_member"

    # an account belongs to one group
    subscriber_id: Mapped[int] = mapped_column(
        ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    account_group_id: Mapped[int] = mapped_column(
        ForeignKey("account_group.id", ondelete="CASCADE"), index=True
    )
