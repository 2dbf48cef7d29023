"""Spyne as it comes, without our wire: its own SOAP protocol and WSGI server application.

The complex types are ours, which are plain Spyne classes; everything else is Spyne's and PyMySQL's.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from bench import stock_spyne  # isort: skip - makes Spyne importable on 3.12

from spyne import Double, Integer, ServiceBase, Unicode, rpc

from bench.peers.spyne.database import Database, Row, Session
from sippulse_ws.wire.names import snake_case
from sippulse_ws.wire.types import SubscriberDto, UserPrincipalDto

GIVEN = (
    "contract_number document first_name last_name address number quarter city state zip phone"
    " mobile email_address rate_plan_id reseller_id reseller_billing_type reseller_markup"
    " low_credit_notification low_credit_limit active_incoming_calls active_outgoing_calls"
    " add_service_header block_anonymous_calls block_collect_calls block_entry0303"
    " validate_source0303 calls_only_by_ip copy_passerted_rpid softphone_allowed voicemail"
    " call_limit country_code area_code"
).split()

database = Database()


class SubscriberWS(ServiceBase):
    @rpc(Unicode, Unicode, UserPrincipalDto, _returns=SubscriberDto, _out_variable_name="return")
    def retrieveSubscriber(ctx: Any, username: str, domain: str, principal: Any) -> Any:  # noqa: N802, N805
        with database.reading() as db:
            row = db.authorize("retrieve", principal, address_of(ctx), domain, username, domain)
        if row["username"] is None:
            raise LookupError("no such subscriber")
        return SimpleNamespace(
            password=None,
            password_portal=None,
            **{
                snake_case(name): float(value) if isinstance(value, Decimal) else value
                for name, value in row.items()
            },
        )

    @rpc(Unicode, Unicode, Double, Unicode, UserPrincipalDto)
    def addCredit(  # noqa: N802
        ctx: Any,  # noqa: N805
        username: str,
        domain: str,
        value: float,
        obs: str,
        principal: Any,
    ) -> None:
        address = address_of(ctx)
        with database.reading() as db:
            plan = db.authorize("plan", principal, address, domain, username, domain)
        with database.writing() as db:
            add_credit(db, plan, Decimal(str(value)), obs, principal.login)
            about = f"username={username} domain={domain} value={value}"
            db.audit("addCredit", about, principal.login, address)

    @rpc(SubscriberDto, UserPrincipalDto, _returns=Integer, _out_variable_name="subscriberId")
    def insertSubscriber(ctx: Any, subscriber: Any, principal: Any) -> int:  # noqa: N802, N805
        address = address_of(ctx)
        with database.reading() as db:
            asked = questions(subscriber)
            found = db.authorize("new", principal, address, subscriber.domain, *asked)
        with database.writing() as db:
            new = insert_subscriber(db, found, subscriber)
            about = f"username={subscriber.username} domain={subscriber.domain}"
            about += f" rate_plan_id={subscriber.rate_plan_id} reseller_id={subscriber.reseller_id}"
            db.audit("insertSubscriber", about, principal.login, address)
        return new


def add_credit(db: Session, plan: Row, value: Decimal, obs: str, login: str) -> None:
    if plan["id"] is None:
        raise LookupError("no such subscriber")
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    days = plan["limit_to_credit_expires"] if plan["prepaid"] and value > 0 else 0
    expires = now + dt.timedelta(days=days) if days else None
    if not db.run("credit", value, expires, plan["id"], value).rowcount:
        raise ValueError("the balance would not fit")
    db.run("ledger", now, value, obs, login, expires, plan["id"])
    told = {"value": str(value), "obs": obs, "expires_at": str(expires)}
    db.tell("credit.added", plan["account_code"], told)


def questions(s: Any) -> list[Any]:
    names = [s.domain, s.domain, s.profile, s.username, s.domain, s.username, s.domain]
    references = [s.rate_plan_id, s.domain, s.reseller_id, s.domain]
    return names + references + [s.username[: end + 1] for end in range(len(s.username))]


def insert_subscriber(db: Session, found: Row, s: Any) -> int:
    if tuple(found.values())[5:11] != (1, 1, 0, 0, 1, 1):
        raise ValueError("something is missing, or there already")
    account = f"{s.username}@{s.domain}"
    values = [s.username, s.domain, account, s.profile]
    values += [f"plain:{s.password}", f"plain:{s.password_portal}"]
    values += [md5(f"{s.username}:{s.domain}:{s.password}")]
    values += [md5(f"{account}:{s.domain}:{s.password}")]
    values += [getattr(s, name) for name in GIVEN]
    values += [found["city_code"], found["local_area"]]
    new = int(db.run("insert", *values).lastrowid)
    told = {"profile": s.profile, "rate_plan_id": s.rate_plan_id}
    db.tell("subscriber.inserted", account, told)
    db.run("name", s.username, s.domain)
    return new


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def address_of(ctx: Any) -> str:
    return str(ctx.transport.req_env["REMOTE_ADDR"])


def make() -> Any:
    """What granian calls."""
    return stock_spyne.application(SubscriberWS)
