"""Types of the database rows that rating and rerating pass on."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Protocol


class RawCallRow(Protocol):
    """A row of `call_raw`, see models/charging.py."""

    id: int
    proxy: str
    call_id: str
    from_tag: str
    to_tag: str
    leg: int
    started: dt.datetime
    duration_ms: int
    account: str | None
    basis: str
    caller_domain: str
    caller_id: str | None
    src_uri: str | None
    dst_uri: str | None
    number: str
    service: str | None
    gateway_id: int | None
    gateway_address: str | None
    profile: str | None
    user_agent: str | None
    src_ip: str | None
    hold_id: int | None
    ended_by: str | None
    state: int
    reason: str | None


class UnratedRow(Protocol):
    """A raw record that could not be rated."""

    id: int
    started: dt.datetime
    account: str | None
    number: str
    service: str | None
    duration_ms: int
    call_id: str
    reason: str | None


class KnownRecord(Protocol):
    """A row of `cdr`: the columns that rating needs."""

    id: int
    call_start_time: dt.datetime
    sip_call_id: str
    sip_from_tag: str
    sip_to_tag: str
    raw_id: int | None
    price: Decimal | None


class WholeRecord(KnownRecord, Protocol):
    duration: int
    reseller_price: Decimal | None
    cost_price: Decimal | None
    rating: str | None
    first_price: Decimal | None
    first_reseller_price: Decimal | None


class FirstLedgerRow(Protocol):
    """A row of `credit_ledger`: a call's first charge."""

    id: int
    kind: str
    account_id: int
    raw_id: int


class CallLedgerRow(Protocol):
    """A row of `credit_ledger` that a call made."""

    id: int
    kind: str
    account: str
    value: Decimal
    balance: Decimal
    raw_id: int
    corrects_id: int | None


class HeldMoney(Protocol):
    """A row of `call_hold`: the amounts and whose they are."""

    id: int
    subscriber_id: int
    amount: Decimal
    reseller_id: int | None
    reseller_amount: Decimal


class HoldRow(HeldMoney, Protocol):
    """A hold with its tariffs: money for 6,000 seconds, as exact text."""

    prefix: str | None
    first_block: int
    next_block: int
    delay: int
    discard: int
    tariff: str
    reseller_first_block: int
    reseller_next_block: int
    reseller_delay: int
    reseller_discard: int
    reseller_tariff: str


class LockedAccount(Protocol):
    """A subscriber's or reseller's locked balance."""

    id: int
    credit: Decimal
    held: Decimal
    account_code: str  # name@domain if it is a reseller


class PricedRate(Protocol):
    """A row of `rate`: what a record shows of it; a rate that is gone has no name."""

    @property
    def prefix(self) -> str | None: ...
    @property
    def name(self) -> str | None: ...
    @property
    def rate_value(self) -> Decimal: ...


class RateRow(Protocol):
    """A row of `rate`: what a prefix costs; where a block is None, the plan's counts."""

    prefix: str
    name: str
    rate_value: Decimal
    service_type: str | None
    tx_connection: int | None
    cadency: int | None
    tx_delay: int | None
    tx_discard: int | None


class GatewayRow(Protocol):
    """A gateway with its provider."""

    id: int
    address: str
    name: str
    rate_id: int | None
    provider_id: int
    provider_name: str
    tx_connection: int
    cadency: int
