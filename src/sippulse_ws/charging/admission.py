"""Whether a call may begin, or why not: the proxies' admission function, in Python.

SIP proxies ask a function in the database (functions/*.sql). This module answers the command line,
and tests compare the function with it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from sippulse_ws.charging.accounts import CallAccount, Payer
from sippulse_ws.charging.pricing import Tariff, price_of
from sippulse_ws.charging.terms import Terms

NO_ACCOUNT = "403 No Such Account"
OUTGOING_BLOCKED = "403 Outgoing Calls Blocked"
DAILY_QUOTA = "403 Daily Quota Reached"
MONTHLY_QUOTA = "403 Monthly Quota Reached"
NO_RATE_HERE = "403 No Rate For This Destination"
NO_CREDIT = "402 Not Enough Credit"
EXPIRED = "402 Credit Expired"
RESELLER_NO_CREDIT = "402 Reseller Without Credit"


@dataclass(frozen=True, slots=True)
class Decision:
    """`reason` is the SIP reply of a refusal, or why the call is allowed (such as "prepaid")."""

    allowed: bool
    reason: str


def admit(
    account: CallAccount | None,
    terms: Terms,
    *,
    white_listed: bool = False,
    emergency: bool = False,
    incoming: bool = False,
) -> Decision:
    """Decide on a call of this account; `incoming`: it is called, and pays (reverse billing)."""
    if emergency:
        return Decision(True, "emergency")
    if account is None or not account.active:
        return Decision(False, NO_ACCOUNT)
    if not incoming and not account.active_outgoing_calls:
        return Decision(False, OUTGOING_BLOCKED)
    if white_listed:
        return Decision(True, "white list")
    if refusal := _quota(account.payer) or _money(account, terms):
        return Decision(False, refusal)
    return Decision(True, _ground(account, terms))


def standing_refusal(account: CallAccount) -> str | None:
    """Why all calls of this account are refused, whatever they cost; None if they are not."""
    if refusal := _quota(account.payer):
        return refusal
    if account.prepaid and _is_expired(account.payer):
        return EXPIRED
    if account.prepaid and account.payer.available <= 0:
        return NO_CREDIT
    if account.reseller and account.reseller.available <= 0:
        return RESELLER_NO_CREDIT
    return None


def _ground(account: CallAccount, terms: Terms) -> str:
    if terms.missing:
        return "no plan" if account.plan is None else "no rate"
    return "prepaid" if account.prepaid else "postpaid"


def _quota(payer: Payer) -> str | None:
    if payer.daily_quota and payer.daily_quota_consumed >= payer.daily_quota_limit:
        return DAILY_QUOTA
    if payer.monthly_quota and payer.monthly_quota_consumed >= payer.monthly_quota_limit:
        return MONTHLY_QUOTA
    return None


def _money(account: CallAccount, terms: Terms) -> str | None:
    payer, reseller = account.payer, account.reseller
    if terms.missing or terms.sale is None:
        return _without_rate(account)
    sale = terms.sale.tariff
    if account.prepaid and _costs(sale) and _is_expired(payer):
        return EXPIRED
    if account.prepaid and payer.available < _price_of_block(sale):
        return NO_CREDIT
    if reseller and terms.reseller and _costs(terms.reseller.tariff):
        least = _price_of_block(terms.reseller.tariff)
        if reseller.available <= 0 or reseller.available < least:
            return RESELLER_NO_CREDIT
    return None


def _without_rate(account: CallAccount) -> str | None:
    if account.blocks_without_rate:
        return NO_RATE_HERE
    if account.prepaid and account.payer.available <= 0:
        return NO_CREDIT
    if account.prepaid and _is_expired(account.payer):
        return EXPIRED
    if account.reseller and account.reseller.available <= 0:
        return RESELLER_NO_CREDIT
    return None


def _is_expired(payer: Payer) -> bool:
    expires = payer.credit_expires_at
    return expires is not None and expires < dt.datetime.now(dt.UTC)


def _costs(tariff: Tariff) -> bool:
    return tariff.rate > 0 and tariff.markup > -100


def _price_of_block(tariff: Tariff) -> Decimal:
    """The price of the first block."""
    first = max(1, tariff.first_block)
    return price_of(first, Tariff(tariff.rate, first, 1, tariff.markup))
