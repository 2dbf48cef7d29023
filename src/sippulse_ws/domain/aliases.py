"""Aliases: other addresses under which a subscriber is called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, delete, exists, select
from sqlalchemy.exc import IntegrityError

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.access import Scope
from sippulse_ws.domain.domains import require_domain
from sippulse_ws.domain.errors import (
    AliasNotFound,
    AliasTaken,
    MissingField,
    SubscriberNotFound,
)
from sippulse_ws.domain.rows import insert_row, refers_to_nothing
from sippulse_ws.domain.sip_names import name_alias
from sippulse_ws.domain.subscribers import get_subscriber_id, key
from sippulse_ws.domain.values import Values, required, storable, username_text
from sippulse_ws.models import DbAlias, Subscriber


def list_aliases(db: Session, username: str | None, domain: str) -> Sequence[Row[Any]]:
    subscriber_id = get_subscriber_id(db, username, domain)
    return db.execute(
        select(
            DbAlias.alias_domain,
            DbAlias.alias_username,
            Subscriber.domain,
            DbAlias.id,
            Subscriber.username,
        )
        .join(Subscriber, Subscriber.id == DbAlias.subscriber_id)
        .where(DbAlias.subscriber_id == subscriber_id)
        .order_by(DbAlias.alias_domain, DbAlias.alias_username)
    ).all()


def insert_alias(db: Session, scope: Scope, values: Values) -> int:
    """Store an alias, by default in the subscriber's own domain; returns its id."""
    required(values, "username", "domain", "alias_username")
    alias_domain = values.get("alias_domain") or values["domain"]
    scope.require(db, alias_domain)
    require_domain(db, alias_domain)
    subscriber_id = get_subscriber_id(db, values["username"], values["domain"])
    stored = checked_alias(values["alias_username"], alias_domain)
    name = stored["alias_username"]
    taken = AliasTaken(alias=f"{name}@{alias_domain}")
    if db.execute(select(exists().where(key(name, alias_domain)))).scalar():
        raise taken
    try:
        alias_id = insert_row(db, DbAlias, stored | {"subscriber_id": subscriber_id})
    except IntegrityError as error:
        if refers_to_nothing(error):  # removed in this moment
            account = f"{values['username']}@{values['domain']}"
            raise SubscriberNotFound(account=account) from None
        raise taken from None
    if not name_alias(db, alias_id):
        raise taken
    return alias_id


def checked_alias(name: str, domain: str) -> dict[str, Any]:
    """The alias as it is stored. Raises InvalidField if it cannot be a SIP address."""
    name = username_text(name, "aliasUsername")
    return storable(DbAlias, {"alias_username": name, "alias_domain": domain})


def delete_alias(db: Session, scope: Scope, alias_id: int | None) -> None:
    if alias_id is None:
        raise MissingField(field="dbAliases")
    row = db.execute(
        select(DbAlias.alias_domain, Subscriber.domain)
        .join(Subscriber, Subscriber.id == DbAlias.subscriber_id)
        .where(DbAlias.id == alias_id)
    ).first()
    if row is None or not scope.allows(db, row.domain) or not scope.allows(db, row.alias_domain):
        raise AliasNotFound(id=alias_id)
    if db.execute(delete(DbAlias).where(DbAlias.id == alias_id)).rowcount == 0:
        raise AliasNotFound(id=alias_id)  # lost a race with a concurrent request
