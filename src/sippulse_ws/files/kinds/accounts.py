"""Finds the account to which a line belongs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.errors import DomainError, MissingField, SubscriberNotFound
from sippulse_ws.files.fields import DomainField, Field
from sippulse_ws.files.kind import Record, chunks
from sippulse_ws.files.refusals import AccountNotNamed, AccountsDiffer
from sippulse_ws.models import Subscriber

OWNER_FIELDS = (
    Field("account_code", 129, also=("account", "accountcode", "conta")),
    Field("username", 64),
    DomainField("domain"),
)
_AT_ONCE = 500


def owner_of(record: Record) -> str:
    """The account code, from its own column or from `username` and `domain`."""
    told, username, domain = (record.get(one.name) for one in OWNER_FIELDS)
    if told is None:
        if not username or not domain:
            raise MissingField(field="accountCode" if not username else "domain")
        return f"{username}@{domain}"
    if "@" not in told:
        if not domain:
            raise AccountNotNamed("account_code", told)
        told = f"{told}@{domain}"
    name, _, at = told.rpartition("@")
    if (username and username != name) or (domain and domain != at.lower()):
        raise AccountsDiffer("account_code", told)
    return f"{name}@{at.lower()}"


def find_accounts(db: Session, codes: Sequence[str]) -> dict[str, Any]:
    """Rows with `id`, `username` and `domain` by account code."""
    columns = Subscriber.id, Subscriber.account_code, Subscriber.username, Subscriber.domain
    found: dict[str, Any] = {}
    for some in chunks(sorted(set(codes)), _AT_ONCE):
        query = select(*columns).where(Subscriber.account_code.in_(some))
        found |= {row.account_code: row for row in db.execute(query)}
    return found


def resolve_owners(db: Session, records: Sequence[Record]) -> dict[int, DomainError]:
    """Set each record's `subscriber_id`; returns errors of unknown accounts by position."""
    found = find_accounts(db, [one["account_code"] for one in records if one["account_code"]])
    wrong: dict[int, DomainError] = {}
    for place, record in enumerate(records):
        code = record["account_code"]
        row = found.get(code)
        if row is not None:
            record["subscriber_id"] = row.id
        elif code:
            wrong[place] = SubscriberNotFound(account=code)
    return wrong
