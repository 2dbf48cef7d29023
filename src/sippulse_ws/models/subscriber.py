"""Subscribers with their aliases and white lists.

Integrators read the columns by SQL, so their names are part of the contract.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sippulse_ws.models.base import (
    MYSQL_OPTIONS,
    Amount,
    Base,
    Count,
    DomainName,
    Id,
    Long,
    MaybeMoment,
    Number,
    Off,
    On,
    Percentage,
    Sealed,
    SubscriberId,
    Text,
    Username,
)
from sippulse_ws.models.types import Key, UtcDateTime


class SubscriberRecord:
    """The columns of SubscriberDto except the passwords. A new field of the DTO goes here.

    Whatever retrieves, stores, searches, imports and exports subscribers takes the names from here.
    """

    id: Mapped[Id]
    username: Mapped[Username]
    domain: Mapped[DomainName]
    account_code: Mapped[str] = mapped_column(Key(129), unique=True)  # username@domain
    profile: Mapped[str] = mapped_column(Key(64))

    # billing
    contract_number: Mapped[str | None] = mapped_column(String(64))
    document: Mapped[str | None] = mapped_column(String(64))
    first_name: Mapped[Text]
    last_name: Mapped[Text]
    address: Mapped[Text]
    number: Mapped[str | None] = mapped_column(String(64))
    complement: Mapped[Text]
    quarter: Mapped[Text]
    city: Mapped[Text]
    state: Mapped[str | None] = mapped_column(String(64))
    zip: Mapped[str | None] = mapped_column(String(32))
    phone: Mapped[Long]
    mobile: Mapped[Long]
    email_address: Mapped[Text]
    rate_plan_id: Mapped[int | None] = mapped_column(ForeignKey("rate_plan.id"), index=True)
    reseller_id: Mapped[int | None] = mapped_column(ForeignKey("reseller.id"), index=True)
    reseller_rate_plan_id: Mapped[int | None] = mapped_column(
        ForeignKey("rate_plan.id"), index=True
    )
    reseller_billing_type: Mapped[Count]  # 0 markup, 1 rate plan
    reseller_markup: Mapped[Percentage]
    low_credit_notification: Mapped[Off]
    low_credit_limit: Mapped[Amount]

    # calls
    active_incoming_calls: Mapped[On]
    active_outgoing_calls: Mapped[On]
    add_service_header: Mapped[Off]
    block_anonymous_calls: Mapped[Off]
    block_collect_calls: Mapped[Off]
    block_entry0303: Mapped[Off]
    validate_source0303: Mapped[Off]
    calls_only_by_ip: Mapped[Off]
    copy_passerted_rpid: Mapped[Off]
    softphone_allowed: Mapped[Off]
    voicemail: Mapped[Off]
    voice_mail_password: Mapped[Long]
    call_limit: Mapped[int | None]  # simultaneous calls
    rings: Mapped[int | None]  # seconds
    rpid: Mapped[str | None] = mapped_column(String(128))
    country_code: Mapped[int | None]
    area_code: Mapped[int | None]
    city_code: Mapped[str | None] = mapped_column(String(64))
    local_area: Mapped[str | None] = mapped_column(String(64))
    call_fwd: Mapped[Text]
    fwd_busy: Mapped[Text]
    no_answer: Mapped[Text]


class _SubscriberRest:
    """Columns that other operations or calls change."""

    active: Mapped[On]
    password: Mapped[Sealed]
    password_portal: Mapped[Sealed]
    ha1: Mapped[str] = mapped_column(Key(32))  # md5(username:domain:password)
    ha1b: Mapped[str] = mapped_column(Key(32))  # md5(username@domain:domain:password)

    # billing
    credit: Mapped[Amount]
    credit_expires_at: Mapped[MaybeMoment]
    held: Mapped[Amount]  # by calls under way, see CallHold
    daily_quota: Mapped[Off]
    daily_quota_type: Mapped[str | None] = mapped_column(String(1))  # M minutes, V value
    daily_quota_limit: Mapped[Amount]
    daily_quota_consumed: Mapped[Amount]
    monthly_quota: Mapped[Off]
    monthly_quota_type: Mapped[str | None] = mapped_column(String(1))
    monthly_quota_limit: Mapped[Amount]
    monthly_quota_consumed: Mapped[Amount]

    # calls
    daily_statistics: Mapped[Off]
    privacy_calls: Mapped[Off]
    topology_hiding: Mapped[Off]
    cps: Mapped[Count]  # calls per second
    keep_alive: Mapped[Count]

    # class V
    call_group: Mapped[Text]
    pickup_group: Mapped[Text]
    pin_code: Mapped[str | None] = mapped_column(String(64))
    boss_secretary: Mapped[Text]


class Subscriber(SubscriberRecord, _SubscriberRest, Base):
    __tablename__ = "subscriber"
    __table_args__ = (
        UniqueConstraint("username", "domain"),
        ForeignKeyConstraint(
            ["domain", "profile"], ["profile.domain", "profile.profile"], onupdate="CASCADE"
        ),
        Index(None, "contract_number"),
        Index(None, "credit_expires_at"),
        MYSQL_OPTIONS,
    )


class DbAlias(Base):
    """Another address under which a subscriber is called."""

    __tablename__ = "db_alias"
    __table_args__ = (UniqueConstraint("alias_username", "alias_domain"), MYSQL_OPTIONS)

    id: Mapped[Id]
    alias_username: Mapped[Username]
    alias_domain: Mapped[DomainName]
    subscriber_id: Mapped[SubscriberId]


class SipName(Base):
    """The only owner of a name in a domain, a subscriber or an alias; see domain/sip_names.py."""

    __tablename__ = "sip_name"

    username: Mapped[Username] = mapped_column(primary_key=True)
    domain: Mapped[str] = mapped_column(
        Key(64), ForeignKey("domain.domain", onupdate="CASCADE"), primary_key=True, index=True
    )
    subscriber_id: Mapped[int | None] = mapped_column(
        ForeignKey("subscriber.id", ondelete="CASCADE"), index=True
    )
    db_alias_id: Mapped[int | None] = mapped_column(
        ForeignKey("db_alias.id", ondelete="CASCADE"), index=True
    )


class FormerName(Base):
    """Who had a name until a moment, when the account was removed, renamed or forgotten.

    The name is stored as a digest, by which earlier calls find their account. Rows outlive
    accounts, hence no foreign key.
    """

    __tablename__ = "former_name"

    digest: Mapped[str] = mapped_column(Key(64), primary_key=True)  # SHA-256 of username@domain
    until: Mapped[dt.datetime] = mapped_column(UtcDateTime, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class UserWhiteList(Base):
    __tablename__ = "user_white_list"
    __table_args__ = (UniqueConstraint("subscriber_id", "prefix"), MYSQL_OPTIONS)

    id: Mapped[Id]
    # not indexed by itself: the unique key begins with it
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id", ondelete="CASCADE"))
    prefix: Mapped[Number]
