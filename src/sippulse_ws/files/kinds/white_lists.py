"""White lists: numbers that an account may always call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, delete, select

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.domain.white_lists import checked_entry
from sippulse_ws.files.fields import ListedNumberField
from sippulse_ws.files.kind import Identity, Kind, Record, Stored, chunks
from sippulse_ws.files.kinds.accounts import OWNER_FIELDS, owner_of, resolve_owners
from sippulse_ws.files.numbers import normal_number
from sippulse_ws.files.upserts import insert_rows
from sippulse_ws.models import Subscriber, UserWhiteList

_AT_ONCE = 500
_LISTED = select(
    Subscriber.account_code,
    Subscriber.username,
    Subscriber.domain,
    UserWhiteList.prefix,
).join(Subscriber, Subscriber.id == UserWhiteList.subscriber_id)


class WhiteLists(Kind):
    name = "white-lists"
    fields = (
        *OWNER_FIELDS,
        ListedNumberField("prefix", required=True, also=("number", "numero")),
    )
    identity = ("account_code", "prefix")
    not_compared = frozenset({"username", "domain"})

    def check(self, record: Record) -> Record:
        entry = checked_entry(record["prefix"])
        return record | entry | {"account_code": owner_of(record)}

    def resolve(self, db: Session, records: Sequence[Record]) -> dict[int, DomainError]:
        return resolve_owners(db, records)

    def find(self, db: Session, records: Sequence[Record]) -> dict[Identity, Stored]:
        # stored by SOAP, a number may have a +, which the normal form lacks
        accounts = {record["account_code"] for record in records}
        numbers = {record["prefix"] for record in records}
        wanted = [form for one in sorted(numbers) for form in (one, f"+{one}")]
        found: dict[Identity, Stored] = {}
        for some in chunks(wanted, _AT_ONCE):
            for codes in chunks(sorted(accounts), _AT_ONCE):
                query = _LISTED.where(
                    UserWhiteList.prefix.in_(some), Subscriber.account_code.in_(codes)
                )
                for row in db.execute(query):
                    prefix = normal_number(row.prefix)
                    stored = {"account_code": row.account_code, "prefix": prefix}
                    found[row.account_code, prefix] = stored
        return found

    def insert(self, db: Session, records: Sequence[Record]) -> dict[int, DomainError]:
        names = ("subscriber_id", "prefix")
        insert_rows(db, UserWhiteList, [{name: one[name] for name in names} for one in records])
        return {}

    def in_scope(self, scope: Mapping[str, Any]) -> Select[Any] | None:
        return _LISTED.add_columns(UserWhiteList.id).where(Subscriber.domain == scope["domain"])

    def identify_row(self, row: Any) -> Identity:
        return (row.account_code, normal_number(row.prefix))

    def remove(self, db: Session, row: Any) -> None:
        db.execute(delete(UserWhiteList).where(UserWhiteList.id == row.id))

    def rows(self, scope: Mapping[str, Any]) -> Select[Any]:
        query = _LISTED.order_by(Subscriber.domain, Subscriber.username, UserWhiteList.prefix)
        return query.where(Subscriber.domain == scope["domain"]) if scope else query
