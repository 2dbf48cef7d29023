"""What becomes of a dialled number: collect calls, the dial plan, and whom it reaches.

The same as deploy/kamailio/kamailio.cfg does, with its defaults.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from sqlalchemy import Row, select

from sippulse_ws.charging.accounts import CallAccount
from sippulse_ws.db.statements import Session
from sippulse_ws.domain.stored_settings import EMERGENCY_NUMBERS, find_stored, is_emergency
from sippulse_ws.models import DbAlias, Dialplan, Did, Subscriber

DIALPLAN = 1  # the dial plan applied to what subscribers dial
COLLECT = "9090"
_REFERENCE = re.compile(r"\\(\d)")

LOCAL = "local"
NET = "net"
PSTN = "pstn"
COLLECT_CALL = "acobrar"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a dialled number leads."""

    number: str  # after the dial plan
    service: str
    emergency: bool


def destination_of(db: Session, account: CallAccount, dialled: str) -> Destination:
    """Where the proxy sends a call of this account to a dialled number."""
    number, collect = dialled, False
    if re.match(COLLECT + "[0-9]", number):
        number, collect = number.removeprefix(COLLECT), True
    number = apply_dialplan(db, account.domain, number)
    service = COLLECT_CALL if collect else PSTN
    if called := _domain_called(db, number, account.domain):
        return Destination(number, LOCAL if called == account.domain else NET, False)
    codes = find_stored(db, EMERGENCY_NUMBERS) or ""
    emergency = is_emergency(dialled, codes) or is_emergency(number, codes)
    return Destination(number, service, emergency)


def apply_dialplan(db: Session, domain: str, number: str, plan: int = DIALPLAN) -> str:
    """The number after the first rule that matches it; unchanged when none does."""
    rules = db.execute(
        select(*Dialplan.__table__.columns)
        .where(Dialplan.domain == domain, Dialplan.dpid == plan)
        .order_by(Dialplan.pr, Dialplan.id)
    )
    for rule in rules.all():
        if _matches(rule, number):
            return _translated(rule, number)
    return number


def _matches(rule: Row[Any], number: str) -> bool:
    if rule.match_len and rule.match_len != len(number):
        return False
    if rule.match_op == 0:
        return bool(rule.match_exp == number)
    if rule.match_op == 2:
        return fnmatchcase(number, rule.match_exp)
    return re.search(rule.match_exp, number) is not None


def _translated(rule: Row[Any], number: str) -> str:
    """The number as `repl_exp`, whose \\1 … stand for the groups of `subst_exp`."""
    if not rule.repl_exp:
        return number
    if not rule.subst_exp:
        return str(rule.repl_exp)
    found = re.search(rule.subst_exp, number)
    if found is None:
        return number
    groups = [found.group(0), *(group or "" for group in found.groups())]
    return _REFERENCE.sub(lambda one: groups[int(one.group(1))], rule.repl_exp)


def _domain_called(db: Session, number: str, domain: str) -> str | None:
    """The domain of the subscriber whose username, alias or DID the number is; None if nobody's."""
    subscriber = select(Subscriber.domain).where(
        Subscriber.username == number, Subscriber.domain == domain
    )
    alias = (
        select(Subscriber.domain)
        .join(DbAlias, DbAlias.subscriber_id == Subscriber.id)
        .where(DbAlias.alias_username == number, DbAlias.alias_domain == domain)
    )
    did = select(Did.domain).where(Did.alias_username == number, Did.subscriber_id.is_not(None))
    for query in (subscriber, alias, did):
        if found := db.scalar(query):
            return str(found)
    return None
