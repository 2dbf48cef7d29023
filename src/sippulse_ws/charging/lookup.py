"""What a call would cost and whether it would be allowed: the answer of `rates lookup`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import exists, select

from sippulse_ws.charging.accounts import CallAccount, load_accounts
from sippulse_ws.charging.admission import admit
from sippulse_ws.charging.dialling import LOCAL, NET, Destination, destination_of
from sippulse_ws.charging.pricing import billed_seconds, longest_call, price_of, sale_rate
from sippulse_ws.charging.rate_book import RateBook
from sippulse_ws.charging.terms import PricedBy, Terms, rated_number, tables_of, terms_of
from sippulse_ws.db.statements import Session
from sippulse_ws.domain.errors import SubscriberNotFound
from sippulse_ws.models import UserWhiteList

FREE = "free"


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a call of an account to a number would cost; None where something does not apply."""

    account: str
    dialled: str
    number: str  # after the dial plan
    service: str
    seconds: int
    plan: str | None = None
    prefix: str | None = None
    prefix_name: str | None = None
    rate: Decimal | None = None  # per minute, markups included
    first_block: int | None = None
    next_block: int | None = None
    delay: int | None = None
    discard: int | None = None
    billed_seconds: int | None = None
    price: Decimal | None = None
    reseller_rate: Decimal | None = None
    reseller_price: Decimal | None = None
    longest_seconds: int | None = None  # a prepaid account's credit lasts so long
    allowed: bool = False
    reason: str = ""


def look_up(db: Session, account: str, dialled: str, seconds: int = 60) -> Lookup:
    """What a call of so many seconds would cost. Raises SubscriberNotFound."""
    caller = load_accounts(db, [account]).get(account)
    if caller is None:
        raise SubscriberNotFound(account=account)
    return look_up_destination(db, caller, dialled, destination_of(db, caller, dialled), seconds)


def look_up_destination(
    db: Session, caller: CallAccount, dialled: str, to: Destination, seconds: int
) -> Lookup:
    """What the call would cost, given the number's destination."""
    base = {
        "account": caller.account_code,
        "dialled": dialled,
        "number": to.number,
        "service": to.service,
        "seconds": seconds,
    }
    if to.service in (LOCAL, NET):
        return Lookup(**base, price=Decimal(0), allowed=caller.active, reason=FREE)  # type: ignore[arg-type]
    terms = find_terms(db, caller, to.number)
    decision = admit(
        caller,
        terms,
        white_listed=is_white_listed(db, caller.id, dialled, to.number),
        emergency=to.emergency,
    )
    values = {} if to.emergency else _priced(caller, terms, seconds)
    if to.emergency:
        values["price"] = Decimal(0)
    return Lookup(**base, **values, allowed=decision.allowed, reason=decision.reason)  # type: ignore[arg-type]


def find_terms(db: Session, caller: CallAccount, number: str) -> Terms:
    """The terms of a call of this account to this number."""
    book, rated = RateBook(), rated_number(number)
    book.load(db, [(table, rated) for table in tables_of(caller)])
    return terms_of(caller, rated, book)


def is_white_listed(db: Session, subscriber_id: int, *numbers: str) -> bool:
    """Whether one of the numbers (as dialled, as translated) is whole on the white list."""
    forms = {form for number in numbers for form in (number, rated_number(number))}
    listed = exists().where(
        UserWhiteList.subscriber_id == subscriber_id, UserWhiteList.prefix.in_(forms)
    )
    return bool(db.scalar(select(listed)))


def _priced(caller: CallAccount, terms: Terms, seconds: int) -> dict[str, object]:
    if terms.sale is None:
        return {}
    tariff = terms.sale.tariff
    values: dict[str, object] = {
        "plan": terms.sale.plan.name if terms.sale.plan else None,
        "prefix": terms.sale.rate.prefix,
        "prefix_name": terms.sale.rate.name,
        "rate": sale_rate(tariff),
        "first_block": max(1, tariff.first_block),
        "next_block": max(1, tariff.next_block),
        "delay": max(0, tariff.delay),
        "discard": max(0, tariff.discard),
        "billed_seconds": billed_seconds(seconds, tariff),
        "price": price_of(seconds, tariff),
    }
    if terms.reseller:
        values |= _reseller_price(terms.reseller, seconds)
    if caller.prepaid:
        values["longest_seconds"] = longest_call(caller.payer.available, tariff)
    return values


def _reseller_price(by: PricedBy, seconds: int) -> dict[str, object]:
    return {
        "reseller_rate": sale_rate(by.tariff),
        "reseller_price": price_of(seconds, by.tariff),
    }
