"""Compares WSDLs and schemas that clients fetch with the other server's, and records new ones."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sippulse_ws.cutover.shadow.definitions import (
    compare_documents,
    described,
    document_in,
)
from sippulse_ws.cutover.shadow.exchange import Exchange
from sippulse_ws.cutover.shadow.mirror import Mirror, forwarded_headers
from sippulse_ws.cutover.shadow.operations import service_of
from sippulse_ws.cutover.shadow.recording import Recording
from sippulse_ws.cutover.shadow.tally import NOT_COMPARED, Findings
from sippulse_ws.cutover.shadow.verdicts import SILENT, verdict_of


class PublishedDocuments:
    def __init__(self, mirror: Mirror, findings: Findings, recording: Recording) -> None:
        self._mirror = mirror
        self._findings = findings
        self._recording = recording
        self._recorded: dict[tuple[str, int], int] = {}  # ids of records

    async def compare(self, exchange: Exchange) -> None:
        name = document_name(exchange.target)
        if not exchange.status:
            self._findings.of(name).add(NOT_COMPARED, reason=SILENT)
            return
        headers = forwarded_headers(exchange.request, exchange.client)
        mirrored = await self._mirror.send(
            exchange.target, headers, b"", changes=False, method="GET"
        )
        given = document_in(exchange.answer)
        found = compare_documents(
            (exchange.status, given), (mirrored.status, document_in(mirrored.message))
        )
        self._findings.of(name).add(
            verdict_of(mirrored.status, found),
            record=self._record(exchange, name, given),
            difference=found.difference,
            tolerated=found.tolerated,
            given_ms=exchange.milliseconds,
            other_ms=mirrored.milliseconds if mirrored.status else None,
        )

    def _record(self, exchange: Exchange, name: str, document: bytes | None) -> int:
        """Record a document, if it is new; returns its record's id."""
        said = exchange.status, *sorted(described(document or b"").items())
        key = exchange.target, hash(said)
        if key not in self._recorded:
            number = self._recorded[key] = self._recording.next_id()
            given: dict[str, Any] = {
                "status": exchange.status,
                "ms": round(exchange.milliseconds, 1),
                "document": document.decode("utf-8", "replace") if document is not None else None,
            }
            told = {"client": exchange.client, "path": exchange.target, "http": exchange.version}
            at = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
            record = {"id": number, "at": at, **told, "operation": name, "changes": False}
            self._recording.write({**record, "method": "GET", "given": given})
        return self._recorded[key]


def document_name(target: str) -> str:
    """A document's name in the report: `DidWS?wsdl`."""
    path, _, query = target.partition("?")
    return f"{service_of(path)}?{query.lower()}"


async def compare_again(record: dict[str, Any], mirror: Mirror, findings: Findings) -> None:
    """Compare a recorded document with the server's, for a replay."""
    mirrored = await mirror.send(record["path"], [], b"", changes=False, method="GET")
    given = record["given"]
    text = given["document"]
    found = compare_documents(
        (given["status"], text.encode() if text is not None else None),
        (mirrored.status, document_in(mirrored.message)),
    )
    findings.of(record["operation"]).add(
        verdict_of(mirrored.status, found),
        record=record["id"],
        difference=found.difference,
        tolerated=found.tolerated,
        given_ms=given["ms"],
        other_ms=mirrored.milliseconds if mirrored.status else None,
    )
