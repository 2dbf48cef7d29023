"""Idempotency keys: a repeated request gets the outcome of the first one.

The first request with a key writes a row in its own transaction: as keys are unique, a second
request waits for that transaction. A request without a transaction (a call to a SIP proxy) has a
row without an outcome while it runs.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from sippulse_ws.db.statements import Prepared, Session
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.domain.repeat_errors import (
    TOLD_VALUES,
    IdempotencyKeyInUse,
    IdempotencyKeyReused,
    repeated_refusal,
)
from sippulse_ws.models import IdempotencyKey
from sippulse_ws.models.types import Key, UtcDateTime

_DONE = "done"
_REFUSED = "refused"
# Seconds after which the process of a request without an outcome counts as dead.
ABANDONED_AFTER = 600
_ABANDONED = dt.timedelta(seconds=ABANDONED_AFTER)
PURGED_AT_ONCE = 1000  # rows; a longer transaction would block others


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request ended."""

    refusal: DomainError | None
    result: Any = None
    failed_index: int | None = None  # of the operation of a batch that was refused

    @property
    def code(self) -> str | None:
        """The code of the refusal, or None."""
        return self.refusal.code if self.refusal else None


_CLAIM = Prepared(
    insert(IdempotencyKey).values(
        {one.name: bindparam(one.name) for one in IdempotencyKey.__table__.columns}
    )
)
_same = IdempotencyKey.token == bindparam("token", type_=Key(64))
_FIND = Prepared(
    select(
        IdempotencyKey.digest, IdempotencyKey.at, IdempotencyKey.outcome, IdempotencyKey.answer
    ).where(_same)
)
_FINISH = Prepared(
    update(IdempotencyKey)
    .where(_same)
    .values(outcome=bindparam("outcome"), answer=bindparam("answer"))
)
_FORGET = Prepared(
    delete(IdempotencyKey).where(_same, IdempotencyKey.at == bindparam("at", type_=UtcDateTime))
)


@dataclass(slots=True)
class KeyedRequest:
    """A request with a key. Only digests are stored, since keys and parameters may be secret."""

    token: str  # of login and key
    digest: str  # of operation and parameters
    login: str
    operation: str
    hours: int
    in_transaction: bool  # the key is claimed in the request's own transaction
    claimed: bool = False  # this request has the key
    repeated: bool = False  # the outcome is the first request's

    def begin(self, db: Session) -> Outcome | None:
        """Claim the key; returns the first request's outcome, if there is one.

        Waits for the transaction of the first request. Raises IdempotencyKeyInUse if that runs
        without one.
        """
        self.claimed = False
        first = self._claim(db, None, None)
        self.claimed, self.repeated = first is None, first is not None
        return first

    def finish(self, db: Session, result: Any) -> None:
        """Store the result, in the transaction of the request."""
        answer = json.dumps(_as_json(result), ensure_ascii=False)
        _FINISH.queue(db, token=self.token, outcome=_DONE, answer=answer)

    def finish_refused(
        self, db: Session, refusal: DomainError, failed_index: int | None
    ) -> Outcome | None:
        """Store a refusal, after the rollback; returns the outcome of one that was faster."""
        told = _told_of(refusal)
        told.index = failed_index
        answer = json.dumps(_as_json(told), ensure_ascii=False)
        if self.in_transaction:
            try:
                return self._claim(db, _REFUSED, answer)
            except DomainError as error:
                return Outcome(error)
        _FINISH.queue(db, token=self.token, outcome=_REFUSED, answer=answer)
        return None

    def give_back(self, db: Session) -> None:
        """Release the key of a request that failed and may be repeated."""
        if not self.in_transaction:
            unfinished = IdempotencyKey.outcome.is_(None)
            own = IdempotencyKey.token == self.token
            db.execute(delete(IdempotencyKey).where(own, unfinished))

    def _claim(self, db: Session, outcome: str | None, answer: str | None) -> Outcome | None:
        while True:
            now = dt.datetime.now(dt.UTC)
            if self._insert(db, now, outcome, answer):
                return None
            row = _FIND.first(db, token=self.token)
            if row is None:  # purged in this moment
                continue
            if row.at + (self._lifetime if row.outcome else _ABANDONED) >= now:
                return self._outcome_of(row)
            _FORGET.run(db, token=self.token, at=row.at)

    @property
    def _lifetime(self) -> dt.timedelta:
        return dt.timedelta(hours=self.hours)

    def _insert(
        self, db: Session, now: dt.datetime, outcome: str | None, answer: str | None
    ) -> bool:
        """Insert the key's row; returns whether the key was free."""
        try:
            _CLAIM.run(
                db,
                token=self.token,
                digest=self.digest,
                at=now,
                login=self.login[:160],
                operation=self.operation,
                outcome=outcome,
                answer=answer,
            )
        except IntegrityError:
            return False
        return True

    def _outcome_of(self, row: Any) -> Outcome:
        if row.digest != self.digest:
            raise IdempotencyKeyReused
        if row.outcome is None:
            raise IdempotencyKeyInUse
        answer = json.loads(row.answer, object_hook=_from_json)
        if row.outcome == _REFUSED:
            return Outcome(repeated_refusal(answer), failed_index=getattr(answer, "index", None))
        return Outcome(None, answer)


def purge(db: Session, hours: int) -> int:
    """Delete a batch of expired outcomes; returns how many."""
    before = dt.datetime.now(dt.UTC) - dt.timedelta(hours=hours)
    query = select(IdempotencyKey.token).where(IdempotencyKey.at < before)
    tokens = db.execute(query.limit(PURGED_AT_ONCE)).scalars().all()
    if tokens:
        db.execute(delete(IdempotencyKey).where(IdempotencyKey.token.in_(tokens)))
    return len(tokens)


def _told_of(refusal: DomainError) -> SimpleNamespace:
    """What answers show of the refusal, in SOAP and JSON; `repeated_refusal` reads it."""
    texts = {language: refusal.message(language) for language in ("pt", "en")}
    values = {name: refusal.values[name] for name in TOLD_VALUES if name in refusal.values}
    reason = getattr(refusal, "reason", None)  # of a RowRefused
    told = _told_of(reason) if isinstance(reason, DomainError) else None
    return SimpleNamespace(code=refusal.code, values=values, reason=told, **texts)


# Values without a JSON form are objects with these two members.
_KIND, _VALUE = "$kind", "$value"
_ROW, _DECIMAL, _MOMENT = "row", "decimal", "moment"


def _as_json(value: Any) -> Any:
    """The JSON form of a result: plain values, rows, and lists of them."""
    if isinstance(value, Decimal):
        return {_KIND: _DECIMAL, _VALUE: str(value)}
    if isinstance(value, dt.datetime):
        return {_KIND: _MOMENT, _VALUE: value.isoformat()}
    if isinstance(value, SimpleNamespace):
        members = vars(value)
    elif hasattr(value, "_asdict"):  # a row of the database
        members = value._asdict()
    elif isinstance(value, list | tuple):
        return [_as_json(one) for one in value]
    else:
        return value
    return {_KIND: _ROW, _VALUE: {name: _as_json(one) for name, one in members.items()}}


def _from_json(members: dict[str, Any]) -> Any:
    if members.keys() != {_KIND, _VALUE}:
        return members
    kind, value = members[_KIND], members[_VALUE]
    if kind == _DECIMAL:
        return Decimal(value)
    if kind == _MOMENT:
        return dt.datetime.fromisoformat(value)
    return SimpleNamespace(**value)
