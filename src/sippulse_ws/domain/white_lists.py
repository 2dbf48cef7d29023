"""White lists: numbers that a subscriber may always call."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, delete, select
from sqlalchemy.exc import IntegrityError

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.access import Scope
from sippulse_ws.domain.errors import (
    InvalidField,
    MissingField,
    SubscriberNotFound,
    WhiteListed,
    WhiteListNotFound,
)
from sippulse_ws.domain.reasons import Reason
from sippulse_ws.domain.rows import insert_row, refers_to_nothing
from sippulse_ws.domain.subscribers import get_subscriber_id
from sippulse_ws.domain.values import Values, required, storable
from sippulse_ws.models import Subscriber, UserWhiteList

_NUMBER = re.compile(r"\+?[0-9*#]+")


def list_white_list(db: Session, username: str | None, domain: str) -> Sequence[Row[Any]]:
    subscriber_id = get_subscriber_id(db, username, domain)
    return db.execute(
        select(UserWhiteList.id, UserWhiteList.prefix, Subscriber.username, Subscriber.domain)
        .join(Subscriber, Subscriber.id == UserWhiteList.subscriber_id)
        .where(UserWhiteList.subscriber_id == subscriber_id)
        .order_by(UserWhiteList.prefix)
    ).all()


def insert_number(db: Session, values: Values) -> int:
    """Put a number on its subscriber's list; returns the entry's id."""
    required(values, "username", "domain", "prefix")
    stored = checked_entry(values["prefix"])
    stored["subscriber_id"] = get_subscriber_id(db, values["username"], values["domain"])
    try:
        return insert_row(db, UserWhiteList, stored)
    except IntegrityError as error:
        if refers_to_nothing(error):  # removed in this moment
            account = f"{values['username']}@{values['domain']}"
            raise SubscriberNotFound(account=account) from None
        raise WhiteListed(number=values["prefix"]) from None


def checked_entry(number: str) -> dict[str, Any]:
    """A number as stored. Raises InvalidField if it is not a number."""
    if not _NUMBER.fullmatch(number):
        raise InvalidField("prefix", Reason.NOT_A_DIALLED_NUMBER)
    return storable(UserWhiteList, {"prefix": number})


def delete_number(db: Session, scope: Scope, white_list_id: int | None) -> None:
    if white_list_id is None:
        raise MissingField(field="whiteListId")
    domain = db.execute(
        select(Subscriber.domain)
        .join(UserWhiteList, UserWhiteList.subscriber_id == Subscriber.id)
        .where(UserWhiteList.id == white_list_id)
    ).scalar()
    if domain is None or not scope.allows(db, domain):
        raise WhiteListNotFound(id=white_list_id)
    gone = db.execute(delete(UserWhiteList).where(UserWhiteList.id == white_list_id))
    if gone.rowcount == 0:  # lost a race with a concurrent request
        raise WhiteListNotFound(id=white_list_id)
