"""Raw records and holds of calls before they are rated, and routes.

The SIP proxies' functions (charging/functions/) write raw records and holds; the rating worker
reads raw records, writes `cdr` and the ledger, and deletes holds. See docs/charging.md.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Numeric,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from sippulse_ws.models.base import (
    MYSQL_OPTIONS,
    Amount,
    Base,
    Count,
    Id,
    LongId,
    MaybeMoment,
    Moment,
)
from sippulse_ws.models.types import Key

# Tags shorter than a call-id: all of them fit into one key of InnoDB.
TAG_LENGTH = 192
PROXY_LENGTH = 64

_Tag = Annotated[str, mapped_column(Key(TAG_LENGTH), server_default=text("''"))]
ProxyName = Annotated[str, mapped_column(Key(PROXY_LENGTH), server_default=text("''"))]
MaybeUri = Annotated[str | None, mapped_column(String(255))]
Seconds = Annotated[int, mapped_column(server_default=text("0"))]
# Money for 6,000 seconds, exactly: a rate per minute times (100 + markup), up to two markups.
Tariff6000 = Annotated[Decimal, mapped_column(Numeric(56, 24), server_default=text("0"))]


class RawCall(Base):
    """A completed call as the proxy reports it; MariaDB partitions the table by month.

    `account` pays for it, or its group's manager. State 0: new, 1: rated, 2: could not be rated
    (see `reason`), 3: made while charging was off, never rated.
    """

    __tablename__ = "call_raw"
    __table_args__ = (
        UniqueConstraint(
            "call_id", "from_tag", "to_tag", "proxy", "leg", "started", name="uq_call_raw_call"
        ),
        Index(None, "state", "id"),
        Index(None, "account", "started"),
        MYSQL_OPTIONS,
    )

    id: Mapped[LongId]
    received_at: Mapped[Moment]
    proxy: Mapped[ProxyName]
    call_id: Mapped[str] = mapped_column(Key(255))
    from_tag: Mapped[_Tag]
    to_tag: Mapped[_Tag]
    # 0, and 1 for the second paid leg of a call: reverse billing, then a forward to a gateway
    leg: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    started: Mapped[Moment]  # the answer, to the millisecond
    ended: Mapped[Moment]
    duration_ms: Mapped[int] = mapped_column(BigInteger)
    account: Mapped[str | None] = mapped_column(Key(129))  # username@domain
    # why it was allowed: prepaid, postpaid, white list, emergency, no rate, free, error
    basis: Mapped[str] = mapped_column(String(16), server_default=text("''"))
    caller_domain: Mapped[str] = mapped_column(Key(255), server_default=text("''"))
    caller_id: Mapped[str | None] = mapped_column(Key(255))
    src_uri: Mapped[MaybeUri]
    dst_uri: Mapped[MaybeUri]
    # the number that is priced: after the dial plan; of a reverse billed call the caller's
    number: Mapped[str] = mapped_column(Key(64), server_default=text("''"))
    service: Mapped[str | None] = mapped_column(String(32))
    gateway_id: Mapped[int | None]
    gateway_address: Mapped[str | None] = mapped_column(Key(64))
    profile: Mapped[str | None] = mapped_column(Key(64))
    user_agent: Mapped[str | None] = mapped_column(String(255))
    src_ip: Mapped[str | None] = mapped_column(Key(45))
    dst_ip: Mapped[str | None] = mapped_column(Key(45))
    hold_id: Mapped[int | None] = mapped_column(BigInteger)
    ended_by: Mapped[str | None] = mapped_column(String(8))  # proxy: at the end of money or time
    state: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    reason: Mapped[str | None] = mapped_column(String(64))
    rated_at: Mapped[MaybeMoment]


class CallHold(Base):
    """Money held for a call in progress; `subscriber.held` and `reseller.held` are the sums.

    Rows outlive accounts, hence no foreign keys. Whoever deletes a row subtracts its amounts there.
    """

    __tablename__ = "call_hold"
    __table_args__ = (
        Index(None, "call_id"),
        Index(None, "subscriber_id"),
        Index(None, "proxy", "hash_entry", "hash_id"),
        Index(None, "proxy", "cut_at"),
        MYSQL_OPTIONS,
    )

    id: Mapped[LongId]
    created_at: Mapped[Moment]
    proxy: Mapped[ProxyName]
    hash_entry: Mapped[int] = mapped_column(BigInteger)  # these two: the proxy's dialog
    hash_id: Mapped[int] = mapped_column(BigInteger)
    call_id: Mapped[str] = mapped_column(Key(255))
    from_tag: Mapped[_Tag]
    account: Mapped[str] = mapped_column(Key(129))  # whose leg it is
    service: Mapped[str] = mapped_column(Key(32), server_default=text("''"))
    number: Mapped[str] = mapped_column(Key(64))
    prefix: Mapped[str | None] = mapped_column(Key(20))
    rate: Mapped[Amount]  # per minute, with markups, as found at admission
    subscriber_id: Mapped[int]  # who pays: the account, or its group's manager
    first_block: Mapped[Seconds]
    next_block: Mapped[Seconds]
    delay: Mapped[Seconds]
    discard: Mapped[Seconds]
    tariff: Mapped[Tariff6000]  # 0: nothing is held from the subscriber
    amount: Mapped[Amount]
    reseller_id: Mapped[int | None]
    reseller_first_block: Mapped[Seconds]
    reseller_next_block: Mapped[Seconds]
    reseller_delay: Mapped[Seconds]
    reseller_discard: Mapped[Seconds]
    reseller_tariff: Mapped[Tariff6000]
    reseller_amount: Mapped[Amount]
    seconds: Mapped[int]  # granted, from the answer
    answered_at: Mapped[MaybeMoment]
    cut_at: Mapped[MaybeMoment]  # answered_at + seconds
    # by the database's clock: when the proxy has to extend or end the call at the latest
    due_at: Mapped[MaybeMoment]
    ended_at: Mapped[MaybeMoment]  # its record has come, and waits to be rated
    lost_at: Mapped[MaybeMoment]  # its proxy said that it has no such call


class Route(Base):
    """A gateway for numbers with a prefix, for calls of a plan, of a domain, or of everybody."""

    __tablename__ = "route"

    id: Mapped[Id]
    domain: Mapped[str | None] = mapped_column(
        Key(64), ForeignKey("domain.domain", onupdate="CASCADE", ondelete="CASCADE"), index=True
    )
    rate_plan_id: Mapped[int | None] = mapped_column(
        ForeignKey("rate_plan.id", ondelete="CASCADE"), index=True
    )
    prefix: Mapped[str] = mapped_column(Key(20), server_default=text("''"), index=True)
    gateway_id: Mapped[int] = mapped_column(ForeignKey("gateway.id"), index=True)
    priority: Mapped[Count]  # the lowest is tried first
    weight: Mapped[int] = mapped_column(server_default=text("1"))  # among equal priorities


class AdmissionError(Base):
    """An error of the admission function: prepaid calls were refused, others allowed."""

    __tablename__ = "admission_error"

    id: Mapped[LongId]
    at: Mapped[Moment]
    account: Mapped[str] = mapped_column(Key(129))
    number: Mapped[str] = mapped_column(Key(64))
    call_id: Mapped[str] = mapped_column(Key(255))
    error: Mapped[str] = mapped_column(String(255))


class StoredSetting(Base):
    """A setting that the functions of SIP proxies read; see domain/stored_settings.py."""

    __tablename__ = "stored_setting"

    name: Mapped[str] = mapped_column(Key(64), primary_key=True)
    value: Mapped[str] = mapped_column(String(1024))
