"""Sends recorded requests to a test installation, and compares the answers as the shadow does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from lxml import etree

from sippulse_ws.cutover.shadow.comparing import Comparer, Comparison
from sippulse_ws.cutover.shadow.documents import compare_again
from sippulse_ws.cutover.shadow.ids import IdMap
from sippulse_ws.cutover.shadow.judge import UNREADABLE, WRITE
from sippulse_ws.cutover.shadow.messages import (
    SoapMessage,
    Unreadable,
    read_message,
    read_text,
    to_http,
)
from sippulse_ws.cutover.shadow.mirror import Mirror, Mirrored, Ordering, Turn
from sippulse_ws.cutover.shadow.operations import (
    PRINCIPAL_NAME,
    KnownOperation,
    local_name,
    operation_of,
    reach_of,
)
from sippulse_ws.cutover.shadow.recording import recorded
from sippulse_ws.cutover.shadow.scrubbing import Pseudonyms
from sippulse_ws.cutover.shadow.tally import NOT_COMPARED, Findings
from sippulse_ws.cutover.shadow.verdicts import SILENT, compare_answers, verdict_of
from sippulse_ws.wire.charsets import UTF_8, charset_named

_AT_ONCE = 200  # requests that are read ahead
# Requests with a subscriber's own password, which is not in the recording.
SUBSCRIBERS_OWN = "customer"


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    folder: Path
    login: str
    password: str
    reads_only: bool = False
    ignored: frozenset[str] = frozenset()
    fault_texts: bool = False
    learn_ids: bool = False
    key: bytes | None = None


class Replay:
    def __init__(self, options: ReplayOptions, mirror: Mirror, findings: Findings) -> None:
        self.findings = findings
        self._options = options
        self._mirror = mirror
        # the installation has its own ids, so those learnt by the shadow are not used
        self._ids = IdMap(learn_all=options.learn_ids)
        self._comparer = Comparer(
            self._ids, options.ignored, options.fault_texts, Pseudonyms(options.key)
        )
        self._turns = Ordering()

    async def run(self) -> None:
        """Replay the whole recording, in order for each account."""
        records = recorded(self._options.folder)
        while some := list(islice(records, _AT_ONCE)):
            await asyncio.gather(*self._started(some))
        await self._mirror.close()

    def _started(self, records: list[dict[str, Any]]) -> Iterator[Any]:
        for record in records:
            if record.get("method") == "GET":
                yield compare_again(record, self._mirror, self.findings)
                continue
            message = read_text(record["request"]["xml"])
            operation = operation_of(record["path"], message.operation)
            if reason := self._why_not(record, operation):
                self.findings.of(record["operation"]).add(NOT_COMPARED, reason=reason)
                continue
            turn = self._turns.take(reach_of(operation, message.payload), record["changes"])
            yield asyncio.create_task(self._again(record, message, operation, turn))

    def _why_not(self, record: dict[str, Any], operation: KnownOperation | None) -> str:
        if record["changes"] and self._options.reads_only:
            return WRITE
        if not record["given"]["status"]:
            return SILENT
        has_no_principal = operation is not None and not any(
            one.wire == PRINCIPAL_NAME for one in operation.parameters
        )
        return SUBSCRIBERS_OWN if has_no_principal else ""

    async def _again(
        self,
        record: dict[str, Any],
        message: SoapMessage,
        operation: KnownOperation | None,
        turn: Turn,
    ) -> None:
        sent = record["request"]
        message.charset = charset_named(sent["charset"]) or UTF_8
        message.multipart, message.compressed = sent["multipart"], sent["compressed"]
        self._log_in(message.payload)
        async with turn.waited_for():
            if operation:
                self._ids.translate(operation, message.payload)
            headers, body = to_http(message)
            mirrored = await self._mirror.send(
                record["path"], headers.items(), body, changes=record["changes"]
            )
            found = self._compare(record, operation, mirrored)
        self.findings.of(record["operation"]).add(
            verdict_of(mirrored.status, found),
            record=record["id"],
            difference=found.difference,
            tolerated=found.tolerated,
            given_ms=record["given"]["ms"],
            other_ms=mirrored.milliseconds if mirrored.status else None,
        )

    def _compare(
        self, record: dict[str, Any], operation: KnownOperation | None, mirrored: Mirrored
    ) -> Comparison:
        text = record["given"]["xml"]
        given = read_text(text) if text else None
        other: SoapMessage | None = None
        if mirrored.status:
            try:
                other = read_message(mirrored.message)
            except Unreadable:
                self.findings.rest[UNREADABLE] += 1
        if given is not None and other is not None:
            given.charset = other.charset  # the recording lacks the answer's charset
        answers = (record["given"]["status"], given), (mirrored.status, other)
        found = compare_answers(self._comparer, operation, *answers)
        if operation and record["changes"] and given and not given.is_fault and not found.refused:
            self._ids.mirrored(operation)
        return found

    def _log_in(self, payload: etree._Element) -> None:
        """Put in the replay's login, since the recording has no passwords."""
        for child in payload.iterchildren(etree.Element):
            if local_name(child).lower() != PRINCIPAL_NAME:
                continue
            for one in child.iterchildren(etree.Element):
                name = local_name(one).lower()
                if name == "login":
                    one.text = self._options.login
                elif name == "password":
                    one.text = self._options.password
