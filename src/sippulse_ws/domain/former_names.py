"""Former names: another account may get an account code, but not the earlier calls."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import bindparam, insert, select

from sippulse_ws.db.statements import Prepared, Session
from sippulse_ws.models import FormerName
from sippulse_ws.models.types import Key, UtcDateTime

_NOTE = Prepared(
    insert(FormerName).values(
        digest=bindparam("digest", type_=Key(64)),
        until=bindparam("until", type_=UtcDateTime),
        subscriber_id=bindparam("subscriber_id"),
    )
)


def note_former_name(db: Session, account: str, subscriber_id: int) -> None:
    """Note that from now on the account code may be another subscriber's."""
    now = dt.datetime.now(dt.UTC)
    _NOTE.queue(db, digest=_digest(account), until=now, subscriber_id=subscriber_id)


def find_former_names(
    db: Session, accounts: Collection[str]
) -> dict[str, list[tuple[dt.datetime, int]]]:
    """By account code, (until when, subscriber's id) of its former owners, oldest first."""
    codes = {_digest(account): account for account in accounts}
    if not codes:
        return {}
    found: dict[str, list[tuple[dt.datetime, int]]] = defaultdict(list)
    columns = FormerName.digest, FormerName.until, FormerName.subscriber_id
    query = select(*columns).where(FormerName.digest.in_(sorted(codes)))
    for row in db.execute(query.order_by(FormerName.until)):
        found[codes[row.digest]].append((row.until, row.subscriber_id))
    return found


def _digest(account: str) -> str:
    return hashlib.sha256(account.encode()).hexdigest()
