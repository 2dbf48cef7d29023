"""Raw call records, as SIP proxies write them."""

import datetime as dt
from decimal import Decimal
from itertools import count
from typing import Any

import sqlalchemy as sa

from sippulse_ws.charging.rating import RatingWorker
from sippulse_ws.db import Session
from sippulse_ws.domain.rows import insert_row
from sippulse_ws.models import CallHold, Cdr, CreditLedger, RawCall, Reseller, Subscriber
from tests.factories.platform import DOMAIN

NUMBER = "554830258080"
ANSWER = dt.datetime(2026, 3, 24, 12, 27, 20, 250_000, tzinfo=dt.UTC)
_numbers = count(1)


def raw_call(db: Session, account: str | None = "1000", seconds: float = 45, **values: Any) -> int:
    """A completed call of a subscriber to a gateway; the id of its raw record."""
    milliseconds = int(seconds * 1000)
    started = values.get("started", ANSWER)
    filled = {
        "received_at": started,
        "proxy": "sip1",
        "call_id": f"call-{next(_numbers)}@198.51.100.7",
        "from_tag": "1928301774",
        "to_tag": "a6c85cf",
        "started": started,
        "ended": started + dt.timedelta(seconds=seconds),
        "duration_ms": milliseconds,
        "account": f"{account}@{DOMAIN}" if account and "@" not in account else account,
        "basis": "prepaid",
        "caller_domain": DOMAIN,
        "caller_id": account,
        "src_uri": f"sip:{account}@{DOMAIN}",
        "dst_uri": f"sip:{NUMBER}@192.0.2.11",
        "number": NUMBER,
        "service": "pstn",
        "profile": "DEFAULT",
        "user_agent": "Blink 0.2.7 (Windows)",
        "src_ip": "189.4.123.226",
    }
    return insert_row(db, RawCall, filled | values)


def hold(db: Session, subscriber_id: int, amount: str, **values: Any) -> int:
    """Money held for a call, on the account's row too."""
    filled = {
        "created_at": ANSWER,
        "hash_entry": 1,
        "hash_id": 1,
        "call_id": "x",
        "account": f"1000@{DOMAIN}",
        "number": NUMBER,
        "subscriber_id": subscriber_id,
        "amount": Decimal(amount),
        "seconds": 60,
    } | values
    tariffs = {name: filled.pop(name) for name in list(filled) if name.endswith("tariff")}
    hold_id = insert_row(db, CallHold, filled)
    for name, money in tariffs.items():  # SQLite has no decimals
        db.execute(
            sa.text(f"UPDATE call_hold SET {name} = :money WHERE id = :id"),
            {"money": money, "id": hold_id},
        )
    for model, key, value in (
        (Subscriber, subscriber_id, filled["amount"]),
        (Reseller, filled.get("reseller_id"), filled.get("reseller_amount")),
    ):
        if key is not None and value is not None:
            raised = sa.update(model).where(model.id == key)
            db.execute(raised.values(held=model.held + sa.literal(value, model.held.type)))
    return hold_id


def rate_all(db: Session, worker: RatingWorker | None = None) -> None:
    worker = worker or RatingWorker("America/Sao_Paulo")
    while worker.rate_batch(db):
        pass


def record(db: Session, raw_id: int) -> Any:
    """The rated call of a raw record."""
    columns = Cdr.__table__.columns
    return db.execute(sa.select(*columns).where(Cdr.raw_id == raw_id)).one()


def ledger(db: Session, raw_id: int) -> list[tuple[str, str, Decimal, Decimal]]:
    """Kind, account, value and balance of the rows of a call."""
    rows = db.execute(
        sa.select(CreditLedger.kind, CreditLedger.account, CreditLedger.value, CreditLedger.balance)
        .where(CreditLedger.raw_id == raw_id)
        .order_by(CreditLedger.kind.desc(), CreditLedger.id)
    )
    return [tuple(row) for row in rows]


def balance(db: Session, username: str = "1000") -> Decimal:
    return Decimal(db.scalar(sa.select(Subscriber.credit).where(Subscriber.username == username)))
