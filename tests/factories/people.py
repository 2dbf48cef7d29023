"""A person of whom there is a row in every table that can tell of one."""

import datetime as dt
import hashlib
import json
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from sippulse_ws.db import Session
from sippulse_ws.domain import domains, new_subscribers, profiles
from sippulse_ws.domain.rows import insert_row
from sippulse_ws.domain.vault import Vault
from sippulse_ws.models import (
    Acc,
    AccountGroup,
    AccountGroupMember,
    Address,
    AdmissionError,
    Audit,
    Cdr,
    CreditExpiry,
    CreditLedger,
    DailyStatistics,
    DbAlias,
    Did,
    DidFee,
    Event,
    EventDelivery,
    HuntGroup,
    HuntGroupMember,
    IdempotencyKey,
    Location,
    LoginFailure,
    LowCreditNotice,
    SipName,
    Subscriber,
    UserWhiteList,
)
from tests.factories.platform import DOMAIN
from tests.factories.raw_calls import raw_call

ACCOUNT = f"anabela@{DOMAIN}"
# of nobody else, whose names only look alike
NEIGHBOURS = (f"anabela@{DOMAIN}.br", f"x.anabela@{DOMAIN}", f"anabela2@{DOMAIN}")
PERSONAL = {
    "first_name": "Fulana",
    "last_name": "de-Tal",
    "document": "123.456.789-09",
    "contract_number": "C-77881",
    "address": "Rua das Flores",
    "email_address": "fulana@mail.example",
    "phone": 554833334444,
    "mobile": 5548999998888,
    "call_fwd": "5548999998888",
    "pin_code": "47110815471108",
}
SECRET = "Segr3do!"
NOW = dt.datetime.now(dt.UTC)
OLD, YOUNG = NOW - dt.timedelta(days=365 * 6), NOW - dt.timedelta(days=30)


def _domain(db: Session, domain: str) -> None:
    known = sa.text("SELECT 1 FROM domain WHERE domain = :d")
    if not db.execute(known, {"d": domain}).first():
        domains.create_domain(db, domain)
        profiles.create_profile(db, domain, "DEFAULT")


def furnish_person(db: Session, account: str) -> None:
    """A subscriber with a row in every table that can tell of one."""
    username, _, domain = account.partition("@")
    _domain(db, domain)
    values = PERSONAL if account == ACCOUNT else {"first_name": account}
    given = {"username": username, "domain": domain, "password": SECRET, "profile": "DEFAULT"}
    owner = new_subscribers.insert_subscriber(db, Vault(), given | values)
    db.execute(sa.update(Subscriber).where(Subscriber.id == owner).values(credit=Decimal("7.25")))
    _furnish_phones(db, account, owner)
    _furnish_money(db, account, owner)
    _furnish_calls(db, account)
    _furnish_traces(db, account, f"a-{username}")


def _furnish_phones(db: Session, account: str, owner: int) -> None:
    username, _, domain = account.partition("@")
    own = {"subscriber_id": owner}
    alias = insert_row(
        db, DbAlias, {"alias_username": f"a-{username}", "alias_domain": domain} | own
    )
    db.execute(
        sa.insert(SipName).values(username=f"a-{username}", domain=domain, db_alias_id=alias)
    )
    insert_row(db, UserWhiteList, {"prefix": "55"} | own)
    where = {
        "ip_address": f"198.51.100.{owner % 250}",
        "mask": 32,
        "method": "iponly",
        "group": "1",
    }
    insert_row(db, Address, where | {"context_info": account} | own)
    insert_row(
        db,
        Location,
        {"ruid": account, "username": username, "domain": domain, "contact": f"sip:{account}"},
    )
    group = {"domain": domain, "description": "G", "method": "serial", "timeout": 5, "uri": ""}
    hunted = insert_row(db, HuntGroup, group)
    db.execute(sa.insert(HuntGroupMember).values(hunt_group_id=hunted, position=0, **own))
    managed = insert_row(db, AccountGroup, {"manager_id": owner, "manager_profile": "DEFAULT"})
    db.execute(sa.insert(AccountGroupMember).values(account_group_id=managed, **own))
    mine = {"username": username, "domain": domain}
    insert_row(
        db, Did, {"alias_username": f"5548{owner:06}", "inventory_domain": domain} | mine | own
    )


def _furnish_money(db: Session, account: str, owner: int) -> None:
    for value, balance in (("10", "10"), ("-2.75", "7.25")):
        insert_row(
            db,
            CreditLedger,
            {
                "at": OLD,
                "kind": "subscriber",
                "account_id": owner,
                "account": account,
                "value": Decimal(value),
                "balance": Decimal(balance),
                "obs": f"boleto de {account}",
                "administrator": "crm",
            },
        )
    db.execute(sa.insert(CreditExpiry).values(subscriber_id=owner, expired_at=OLD))
    fee = {"did_id": owner, "month": OLD.date(), "subscriber_id": owner, "value": Decimal(3)}
    db.execute(sa.insert(DidFee).values(fee))
    db.execute(
        sa.insert(LowCreditNotice).values(
            subscriber_id=owner, ledger_id=1, at=OLD, due_at=NOW, error=f"{account} refused"
        )
    )
    counted = {"calls": 1, "seconds": 60, "price": Decimal(2), "unrated": 0}
    db.execute(
        sa.insert(DailyStatistics).values(
            day=OLD.date(), account_code=account, service="pstn", **counted
        )
    )


def _furnish_calls(db: Session, account: str) -> None:
    username, _, domain = account.partition("@")
    for number, moment in enumerate((OLD, YOUNG)):
        told: dict[str, Any] = {
            "src_uri": f"sip:{account}",
            "dst_uri": "sip:554830258080@192.0.2.11",
            "caller_domain": domain,
            "caller_id": username,
            "user_agent": "Blink",
            "src_ip": "189.4.123.226",
        }
        wall = moment.replace(tzinfo=None, microsecond=0)
        call = {"sip_call_id": f"{number}-{account}", "duration": 60, "price": Decimal(2)}
        insert_row(db, Cdr, told | call | {"call_start_time": wall, "accountcode": account})
        failed = {"time": wall, "callid": f"{number}-{account}", "accountcode": account}
        insert_row(db, Acc, told | failed)
        raw_call(db, account, started=moment, state=1, call_id=f"{number}-{account}", **told)


def _furnish_traces(db: Session, account: str, alias: str) -> None:
    username, _, domain = account.partition("@")
    failure = {"realm": "customer", "login": account, "address": "203.0.113.9"}
    db.execute(sa.insert(LoginFailure).values(failures=1, blocked_until=NOW, **failure))
    happened = {"account": account, "number": "190", "call_id": "c", "error": "e"}
    insert_row(db, AdmissionError, {"at": NOW} | happened)
    event = {"at": NOW, "kind": "credit.added", "account": account, "data": "{}"}
    event_id = insert_row(db, Event, event | {"dispatched": True})
    db.execute(
        sa.insert(EventDelivery).values(
            event_id=event_id, endpoint="crm", account=account, state="delivered", due_at=NOW
        )
    )
    told_name = PERSONAL["first_name"] if account == ACCOUNT else username
    refusal = json.dumps({"$kind": "row", "$value": {"code": "x", "pt": f"{account} já existe"}})
    for login in (account, "crm"):
        key = {
            "token": hashlib.sha256(f"{login} {account}".encode()).hexdigest(),
            "digest": "d",
            "at": NOW,
            "login": login,
        }
        db.execute(
            sa.insert(IdempotencyKey).values(
                key | {"operation": "addCredit", "outcome": "refused", "answer": refusal}
            )
        )
    for login, told in (
        ("crm", f"username={username} domain={domain} value=5.0"),
        ("crm", f"account_code={account} name={told_name}"),
        ("crm", f'alias_username={alias} alias_domain={domain} contact="sip:{account} x"'),
        (account, f"username={username} domain={domain}"),
    ):
        row = {"at": NOW, "login": login, "address": "203.0.113.9", "operation": "op"}
        insert_row(db, Audit, row | {"object": told, "outcome": "done", "request_id": "r"})
