"""Mirrors, compares, records and counts exchanges, after clients have their answers."""

from __future__ import annotations

import asyncio
import datetime as dt
import math
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

from argon2 import PasswordHasher

from sippulse_ws.cutover.shadow.comparing import Comparer, Comparison
from sippulse_ws.cutover.shadow.definitions import published_query
from sippulse_ws.cutover.shadow.documents import PublishedDocuments
from sippulse_ws.cutover.shadow.exchange import Exchange, HttpMessage
from sippulse_ws.cutover.shadow.hearing import Hearing
from sippulse_ws.cutover.shadow.ids import IdMap
from sippulse_ws.cutover.shadow.logins import LOGINS_FILE, LoginBook
from sippulse_ws.cutover.shadow.messages import SoapMessage, Unreadable, read_message, to_http
from sippulse_ws.cutover.shadow.mirror import (
    Mirror,
    Mirrored,
    Ordering,
    Turn,
    content_headers,
    forwarded_headers,
)
from sippulse_ws.cutover.shadow.operations import (
    EVERYBODY,
    Reach,
    Thing,
    changes_something,
    ids_in,
    operation_of,
    reach_of,
    service_of,
    touched_by,
)
from sippulse_ws.cutover.shadow.recording import Recording
from sippulse_ws.cutover.shadow.scrubbing import Pseudonyms, scrub, secrets_of
from sippulse_ws.cutover.shadow.tally import (
    DIFFERENT,
    EXPLAINED,
    NO_ANSWER,
    NOT_COMPARED,
    REFUSED,
    Findings,
)
from sippulse_ws.cutover.shadow.verdicts import SILENT, compare_answers, verdict_of

MOST_WAITING = 1000  # requests for the other server, and their bytes; more wait in the spool
MOST_WAITING_BYTES = 256 * 1024**2
_SETTLING = 3.0  # seconds until all writes that ran beside a read are known
_LATE = 1.0  # seconds until an exchange that has ended can be taken
_REMEMBERED_WRITES = 5000
_REMEMBERED_SECRETS = 2000
IDS_FILE = "ids.jsonl"
# Why something is not compared, or why a difference is not the new server's fault.
WRITE, BUSY, UNREADABLE = "write", "busy", "unreadable"
OVERLAP, ONE_SIDED = "overlap", "one-sided"


@dataclass(frozen=True, slots=True)
class JudgeOptions:
    folder: Path
    mirror_writes: bool
    learn_logins: bool
    ignored: frozenset[str] = frozenset()
    fault_texts: bool = False
    learn_ids: bool = False
    most_bytes: int = 2 * 1024**3


class _Write(NamedTuple):
    service: str
    touched: Reach
    began: float
    ended: float


class Case:
    """A request that is being handled."""

    def __init__(self, exchange: Exchange, request: SoapMessage) -> None:
        self.exchange = exchange
        self.request = request
        self.operation = operation_of(exchange.path, request.operation)
        self.service = self.operation.service if self.operation else service_of(exchange.path)
        self.called = self.operation.name if self.operation else request.operation
        self.name = f"{self.service}.{self.called}"
        self.changes = changes_something(self.operation, request.operation)
        self.reach = reach_of(self.operation, request.payload)
        self.touched = touched_by(request.payload)
        self.given = _readable(exchange.answer) if exchange.status else None
        self.other: SoapMessage | None = None
        self.mirrored: Mirrored | None = None

    @property
    def is_unreadable(self) -> bool:
        """Whether neither answer is readable SOAP, unless both are empty."""
        if self.given is not None or self.other is not None or self.mirrored is None:
            return False
        return bool(self.exchange.answer.size or self.mirrored.message.size)

    @property
    def was_done(self) -> bool:
        return self.exchange.status == 200 and self.given is not None and not self.given.is_fault


class Judge:
    """Takes exchanges in the order in which clients were answered."""

    def __init__(
        self, options: JudgeOptions, mirror: Mirror, findings: Findings, pseudonyms: Pseudonyms
    ) -> None:
        self.findings = findings
        self.recording = Recording(options.folder, options.most_bytes)
        self.ids = IdMap(options.folder / IDS_FILE, learn_all=options.learn_ids)
        self.last_answer = 0.0  # the other server's, by time.monotonic()
        self._hearing = Hearing()
        self._held = 0  # bytes of requests for the other server
        self._options = options
        self._mirror = mirror
        self._pseudonyms = pseudonyms
        self._documents = PublishedDocuments(mirror, findings, self.recording)
        self._comparer = Comparer(self.ids, options.ignored, options.fault_texts)
        self._turns = Ordering()
        self._writes: deque[_Write] = deque(maxlen=_REMEMBERED_WRITES)
        self._one_sided: dict[tuple[str, Reach], None] = {}
        self._owners: OrderedDict[Thing, Reach] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        # passwords seen, which must not reach the disk in other texts either
        self._secrets: OrderedDict[str, None] = OrderedDict()
        self._logins: LoginBook | None = None
        if options.learn_logins:
            hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
            self._logins = LoginBook(options.folder / LOGINS_FILE, pseudonyms, hasher)

    @property
    def is_full(self) -> bool:
        """Whether the other server is behind, so that no more exchanges should be taken."""
        return len(self._turns) >= MOST_WAITING or self._held > MOST_WAITING_BYTES

    def heard_all(self) -> None:
        """Called when no exchange waits at this moment."""
        self._hearing.advance(monotonic() - _LATE)

    def take(self, exchange: Exchange) -> None:
        self._hearing.advance(exchange.ended)
        if exchange.method == "GET" and published_query(exchange.target):
            self._keep(self._compare_documents(exchange))
            return
        if exchange.method != "POST":
            self.findings.rest[exchange.method] += 1
            return
        try:
            request = read_message(exchange.request)
        except Unreadable as why:
            self.findings.rest[f"{UNREADABLE}: {why}"] += 1
            return
        case = Case(exchange, request)
        self._find_owner(case)
        if case.changes:
            self._writes.append(_Write(case.service, case.touched, exchange.began, exchange.ended))
        if self._logins and case.operation and case.was_done and case.given:
            self._logins.learn(case.operation, request, case.given)
        self._send_on(case)

    async def _compare_documents(self, exchange: Exchange) -> None:
        self._held += exchange.size
        try:
            await self._documents.compare(exchange)
        finally:
            self._held -= exchange.size

    def _find_owner(self, case: Case) -> None:
        """Find the account of what a request names only by id, from earlier answers."""
        operation = case.operation
        if operation is None or not case.changes:
            return
        if operation.creates and case.was_done and case.given and operation.returns:
            for thing in ids_in(case.given.payload, [operation.returns], ""):
                self._owners[thing] = case.touched
            while len(self._owners) > _REMEMBERED_WRITES:
                self._owners.popitem(last=False)
        elif case.touched is EVERYBODY:
            things = ids_in(case.request.payload, operation.parameters, operation.name)
            known = [self._owners[thing] for thing in things if thing in self._owners]
            case.touched = known[0] if known else EVERYBODY

    def _send_on(self, case: Case) -> None:
        reason = ""
        if not case.exchange.status:
            reason = SILENT
        elif case.changes and not self._options.mirror_writes:
            reason = WRITE
        if not reason:
            self._held += case.exchange.size
            self._keep(self._judge(case, self._turns.take(case.reach, case.changes)))
            return
        if case.changes and (case.was_done or reason == SILENT):
            self._one_sided[case.service, case.touched] = None
        self._close(case, NOT_COMPARED, reason=reason)

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        """Start a task that is awaited only at the end."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self, patience: float, is_hurried: Callable[[], bool]) -> None:
        """Wait `patience` seconds for running tasks; the rest is counted as not compared."""
        self._hearing.advance(math.inf)
        end = monotonic() + patience
        while self._tasks and monotonic() < end and not is_hurried():
            await asyncio.wait(self._tasks, timeout=1)
        late = list(self._tasks)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        self.save()
        self.recording.close()
        await self._mirror.close()

    def save(self) -> None:
        """Save what a later run needs besides the recording and the report."""
        if self._logins:
            self._logins.save()

    async def _judge(self, case: Case, turn: Turn) -> None:
        try:
            await self._judge_in_turn(case, turn)
        except asyncio.CancelledError:  # the shadow ends
            self._close(case, NOT_COMPARED, reason=BUSY)

    async def _judge_in_turn(self, case: Case, turn: Turn) -> None:
        try:
            async with turn.waited_for():
                await self._ask_other(case)
                verdict, found = self._compare(case)
                if case.changes and case.was_done and verdict in (REFUSED, NO_ANSWER):
                    self._one_sided[case.service, case.touched] = None
        finally:
            self._held -= case.exchange.size
        if case.mirrored and case.mirrored.status and case.is_unreadable:
            self._close(case, NOT_COMPARED, found, UNREADABLE)
            return
        reason = ""
        if found.difference and not case.changes and verdict in (DIFFERENT, REFUSED):
            reason = await self._explanation(case)
        self._close(case, EXPLAINED if reason else verdict, found, reason)

    async def _ask_other(self, case: Case) -> None:
        exchange = case.exchange
        headers, body = content_headers(exchange.request), exchange.request.body
        # a copy is translated: the recording has the ids that the client sent
        translated = read_message(exchange.request)
        if case.operation and self.ids.translate(case.operation, translated.payload):
            told, body = to_http(translated)
            headers = list(told.items())
        headers += forwarded_headers(exchange.request, exchange.client)
        case.mirrored = await self._mirror.send(
            exchange.target, headers, body, changes=case.changes
        )
        if case.mirrored.status:
            self.last_answer = monotonic()
            case.other = _readable(case.mirrored.message)

    def _compare(self, case: Case) -> tuple[str, Comparison]:
        assert case.mirrored is not None
        found = compare_answers(
            self._comparer,
            case.operation,
            (case.exchange.status, case.given),
            (case.mirrored.status, case.other),
        )
        if case.operation and case.changes and case.was_done and not found.refused:
            self.ids.mirrored(case.operation)
        return verdict_of(case.mirrored.status, found), found

    async def _explanation(self, case: Case) -> str:
        """Why a difference does not count, or "" if it does."""
        if any(_touches(*one, case) for one in self._one_sided):
            return ONE_SIDED
        if not self._options.mirror_writes:
            return ""
        await self._hearing.until(case.exchange.ended + _SETTLING)
        began, ended = case.exchange.began, case.exchange.ended
        for one in self._writes:
            if one.began < ended and one.ended > began and _touches(one.service, one.touched, case):
                return OVERLAP
        return ""

    def _close(
        self, case: Case, verdict: str, found: Comparison | None = None, reason: str = ""
    ) -> None:
        """Count and record a case."""
        found = found or Comparison()
        exchange, mirrored = case.exchange, case.mirrored
        number = self.recording.next_id()
        self.findings.of(case.name).add(
            verdict,
            record=number,
            reason=reason,
            difference=found.difference,
            tolerated=found.tolerated,
            given_ms=exchange.milliseconds if exchange.status else None,
            other_ms=mirrored.milliseconds if mirrored and mirrored.status else None,
        )
        told: dict[str, Any] = {"verdict": verdict, "reason": reason}
        told["difference"] = found.difference._asdict() if found.difference else None
        told["tolerated"] = sorted(found.tolerated)
        self.recording.write({"id": number, **self._described(case), **told})

    def _described(self, case: Case) -> dict[str, Any]:
        """The record of an exchange, without passwords."""
        exchange, mirrored, operation = case.exchange, case.mirrored, case.operation
        messages = [one for one in (case.request, case.given, case.other) if one]
        for secret in {secret for one in messages for secret in secrets_of(one, operation)}:
            self._secrets[secret] = None
            self._secrets.move_to_end(secret)
        while len(self._secrets) > _REMEMBERED_SECRETS:
            self._secrets.popitem(last=False)
        request, given, other = (
            scrub(one, operation, self._pseudonyms, self._secrets) if one else None
            for one in (case.request, case.given, case.other)
        )
        return {
            "at": dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"),
            "client": exchange.client,
            "path": exchange.path,
            "http": exchange.version,
            "operation": case.name,
            "changes": case.changes,
            "request": {
                "charset": case.request.charset.label,
                "multipart": case.request.multipart,
                "compressed": case.request.compressed,
                "xml": request,
            },
            "given": _answered(exchange.status, exchange.milliseconds, given),
            "other": mirrored and _answered(mirrored.status, mirrored.milliseconds, other),
        }


def _touches(service: str, touched: Reach, case: Case) -> bool:
    """Whether a write may have changed what this request reads."""
    if not touched.overlaps(case.touched):
        return False
    if service == case.service or {service, case.service} <= {"SubscriberWS", "CustomerWS"}:
        return True
    return service == "SubscriberWS" and touched.account is not None


def _readable(message: HttpMessage) -> SoapMessage | None:
    try:
        return read_message(message)
    except Unreadable:
        return None


def _answered(status: int, milliseconds: float, text: str | None) -> dict[str, Any]:
    return {"status": status, "ms": round(milliseconds, 1), "xml": text}
