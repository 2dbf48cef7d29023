"""Counts findings per operation: verdicts, times, and differing fields with a masked sample."""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, is_dataclass
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import Any

from sippulse_ws.cutover.shadow.comparing import FieldDifference

EQUAL, DIFFERENT, REFUSED, NO_ANSWER = "equal", "different", "refused", "no-answer"
EXPLAINED, NOT_COMPARED = "explained", "not-compared"
VERDICTS = (EQUAL, DIFFERENT, REFUSED, NO_ANSWER, EXPLAINED, NOT_COMPARED)
MOST_FIELDS = 50  # differing fields that are listed per operation
_STEPS = 4  # buckets of time between a duration and its double
_SLOWER, _SLOWER_BY = 1.5, 10.0  # slower by this factor and by so many milliseconds


@dataclass(slots=True)
class DifferingField:
    """A differing field: how often, and an example; `record` is its id in the recording."""

    count: int
    record: int
    given: str | None
    other: str | None
    verdict: str


@dataclass(slots=True)
class Tally:
    """The findings of one operation."""

    requests: int = 0
    slower: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)  # why explained, or not compared
    tolerated: Counter[str] = field(default_factory=Counter)
    given_times: Counter[str] = field(default_factory=Counter)
    other_times: Counter[str] = field(default_factory=Counter)
    fields: dict[str, DifferingField] = field(default_factory=dict)

    def add(
        self,
        verdict: str,
        *,
        record: int = 0,
        reason: str = "",
        difference: FieldDifference | None = None,
        tolerated: Iterable[str] = (),
        given_ms: float | None = None,
        other_ms: float | None = None,
    ) -> None:
        self.requests += 1
        self.verdicts[verdict] += 1
        if reason:
            self.reasons[reason] += 1
        self.tolerated.update(tolerated)
        if given_ms is not None:
            self.given_times[_bucket(given_ms)] += 1
        if other_ms is not None:
            self.other_times[_bucket(other_ms)] += 1
        if given_ms is not None and other_ms is not None:
            self.slower += other_ms > max(given_ms * _SLOWER, given_ms + _SLOWER_BY)
        if difference is not None:
            self._add_field(difference, record, verdict)

    def _add_field(self, difference: FieldDifference, record: int, verdict: str) -> None:
        name = difference.field if verdict != EXPLAINED else f"{difference.field} (explained)"
        known = self.fields.get(name)
        if known is not None:
            known.count += 1
        elif len(self.fields) < MOST_FIELDS:
            sample = (difference.given, difference.other, verdict)
            self.fields[name] = DifferingField(1, record, *sample)


@dataclass(slots=True)
class Findings:
    """The findings of all operations, and of what is not an operation."""

    given_by: str  # URL of the server that answers clients
    other: str
    switched: bool = False
    began: str = ""
    until: str = ""
    waiting: int = 0  # exchanges that wait to be compared
    operations: dict[str, Tally] = field(default_factory=dict)
    rest: Counter[str] = field(default_factory=Counter)  # GETs, unreadable, lost to load …

    def of(self, operation: str) -> Tally:
        return self.operations.setdefault(operation, Tally())

    @property
    def totals(self) -> Counter[str]:
        made: Counter[str] = Counter()
        for one in self.operations.values():
            made.update(one.verdicts)
            made["requests"] += one.requests
            made["slower"] += one.slower
        return made

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found that a client would notice."""
        totals = self.totals
        return not any(totals[one] for one in (DIFFERENT, REFUSED, NO_ANSWER))

    def as_json(self) -> dict[str, Any]:
        document: dict[str, Any] = _plain(self) | {"totals": dict(self.totals)}
        for name, tally in self.operations.items():
            made = document["operations"][name]
            made["given_median_ms"] = median_of(tally.given_times)
            made["other_median_ms"] = median_of(tally.other_times)
        return document

    def restore(self, document: Mapping[str, Any]) -> None:
        """Continue from an earlier report of the same recording."""
        self.began = document["began"]
        self.rest.update(document["rest"])
        for name, told in document["operations"].items():
            tally = self.of(name)
            tally.requests, tally.slower = told["requests"], told["slower"]
            for counts in ("verdicts", "reasons", "tolerated", "given_times", "other_times"):
                getattr(tally, counts).update(told[counts])
            tally.fields = {key: DifferingField(**one) for key, one in told["fields"].items()}


def load_findings(findings: Findings, file: Path) -> None:
    """Continue from the report of an earlier run, if it has the same servers and direction."""
    if file.exists():
        document = json.loads(file.read_text())
        same = ("given_by", "other", "switched")
        if all(document.get(name) == getattr(findings, name) for name in same):
            findings.restore(document)


def write_private(file: Path, text: str) -> None:
    """Write a file atomically, readable only by its owner."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
    beside.replace(file)


def median_of(times: Mapping[str, int]) -> float | None:
    """The median in milliseconds, accurate to about a tenth."""
    wanted = (sum(times.values()) + 1) // 2
    for bucket in sorted(times, key=int):
        wanted -= times[bucket]
        if wanted <= 0:
            return round(2 ** (int(bucket) / _STEPS), 2)
    return None


def _plain(value: Any) -> Any:
    """The same without dataclasses; dataclasses.asdict breaks counters."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in dataclass_fields(value)}
    return value


def _bucket(milliseconds: float) -> str:
    """The bucket's name, a text, since it is a key in JSON."""
    return str(round(math.log2(max(milliseconds, 0.01)) * _STEPS))
