"""Aliases: further addresses under which an account is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, select, tuple_

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.access import EVERYTHING
from sippulse_ws.domain.aliases import checked_alias, delete_alias
from sippulse_ws.domain.errors import AliasTaken, DomainError
from sippulse_ws.domain.sip_names import name_aliases
from sippulse_ws.files.fields import AliasField, DomainField
from sippulse_ws.files.kind import Identity, Kind, Record, Stored, chunks
from sippulse_ws.files.kinds.accounts import OWNER_FIELDS, owner_of, resolve_owners
from sippulse_ws.files.numbers import normal_number
from sippulse_ws.files.upserts import insert_rows
from sippulse_ws.models import DbAlias, Subscriber

_AT_ONCE = 250
_OWNED = select(
    Subscriber.account_code,
    Subscriber.username,
    Subscriber.domain,
    DbAlias.alias_username,
    DbAlias.alias_domain,
    DbAlias.id,
).join(Subscriber, Subscriber.id == DbAlias.subscriber_id)


class Aliases(Kind):
    name = "aliases"
    fields = (
        *OWNER_FIELDS,
        AliasField("alias_username", 64, required=True, also=("alias",)),
        DomainField("alias_domain"),
    )
    identity = ("alias_username", "alias_domain")
    not_compared = frozenset({"username", "domain"})

    def check(self, record: Record) -> Record:
        code = owner_of(record)
        domain = record.get("alias_domain") or code.rpartition("@")[2]
        self.require_domain(domain)
        entry = checked_alias(record["alias_username"], domain)
        return record | entry | {"account_code": code}

    def resolve(self, db: Session, records: Sequence[Record]) -> dict[int, DomainError]:
        wrong = resolve_owners(db, records)
        keys = [self.identify(record) for record in records]
        taken = _subscribers(db, keys)
        for place, key in enumerate(keys):
            if key in taken:  # the name of a subscriber
                wrong.setdefault(place, AliasTaken(alias="@".join(key)))
        return wrong

    def find(self, db: Session, records: Sequence[Record]) -> dict[Identity, Stored]:
        # stored by SOAP, an alias may have a +, which the normal form lacks
        keys = [
            (name, record["alias_domain"])
            for record in records
            for name in (record["alias_username"], f"+{record['alias_username']}")
        ]
        found: dict[Identity, Stored] = {}
        for some in chunks(keys, _AT_ONCE):
            same = tuple_(DbAlias.alias_username, DbAlias.alias_domain).in_(some)
            for row in db.execute(_OWNED.where(same)):
                name = normal_number(row.alias_username)
                found[name, row.alias_domain] = {**row._mapping, "alias_username": name}
        return found

    def differences(self, stored: Stored, record: Record) -> Record:
        if stored["account_code"] != record["account_code"]:
            raise AliasTaken(alias="@".join(self.identify(record)))
        return {}

    def insert(self, db: Session, records: Sequence[Record]) -> dict[int, DomainError]:
        names = ("subscriber_id", "alias_username", "alias_domain")
        insert_rows(db, DbAlias, [{name: one[name] for name in names} for one in records])
        for some in chunks([(one[names[1]], one[names[2]]) for one in records], _AT_ONCE):
            name_aliases(db, some)
        return {}

    def in_scope(self, scope: Mapping[str, Any]) -> Select[Any] | None:
        return _OWNED.where(DbAlias.alias_domain == scope["domain"])

    def identify_row(self, row: Any) -> Identity:
        return (normal_number(row.alias_username), row.alias_domain)

    def remove(self, db: Session, row: Any) -> None:
        delete_alias(db, EVERYTHING, row.id)

    def rows(self, scope: Mapping[str, Any]) -> Select[Any]:
        columns = [one for one in _OWNED.selected_columns if one.key != "id"]
        query = _OWNED.with_only_columns(*columns).order_by(
            DbAlias.alias_domain, DbAlias.alias_username
        )
        return query.where(DbAlias.alias_domain == scope["domain"]) if scope else query


def _subscribers(db: Session, keys: Sequence[Identity]) -> set[Identity]:
    found: set[Identity] = set()
    for some in chunks(keys, _AT_ONCE):
        same = tuple_(Subscriber.username, Subscriber.domain).in_(some)
        query = select(Subscriber.username, Subscriber.domain).where(same)
        found |= {tuple(row) for row in db.execute(query)}
    return found
