"""The report as JSON and HTML, and the rows of the live summary."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from sippulse_ws.cutover.shadow.report_texts import word, word_of
from sippulse_ws.cutover.shadow.tally import (
    DIFFERENT,
    EQUAL,
    EXPLAINED,
    NO_ANSWER,
    NOT_COMPARED,
    REFUSED,
    Findings,
    median_of,
    write_private,
)
from sippulse_ws.wording import LANGUAGE_TAG

_VERDICT_COLUMNS = (EQUAL, DIFFERENT, REFUSED, NO_ANSWER, EXPLAINED, NOT_COMPARED)
SUMMARY = ("operation", "requests", *_VERDICT_COLUMNS, "slower", "given_ms", "other_ms")


def write_reports(
    findings: Findings, folder: Path, name: str, language: str, stopped: str = ""
) -> None:
    """Write `name`.json and `name`.html into the folder."""
    document = findings.as_json() | {"recording_stopped": stopped or None}
    write_private(folder / f"{name}.json", json.dumps(document, ensure_ascii=False, indent=1))
    write_private(folder / f"{name}.html", _html(findings, language, stopped))


def heads(findings: Findings, language: str) -> list[str]:
    """The column names of `summary_rows`."""
    names = ["refused-old" if one == REFUSED and findings.switched else one for one in SUMMARY]
    return [word(one, language) for one in names]


def summary_rows(findings: Findings) -> list[list[str]]:
    """A row per operation, those with differences first."""
    rows = []
    for name, tally in findings.operations.items():
        wrong = sum(tally.verdicts[one] for one in (DIFFERENT, REFUSED, NO_ANSWER))
        numbers = [tally.requests, *(tally.verdicts[one] for one in _VERDICT_COLUMNS), tally.slower]
        medians = [median_of(tally.given_times), median_of(tally.other_times)]
        times = ["" if one is None else f"{one:g}" for one in medians]
        rows.append((-wrong, name, [name, *map(str, numbers), *times]))
    return [row for _, _, row in sorted(rows)]


def _html(findings: Findings, language: str, stopped: str) -> str:
    source = files("sippulse_ws.cutover.shadow").joinpath("report.html").read_text()
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    totals = findings.totals
    counted = [*("requests", *_VERDICT_COLUMNS, "slower")]
    return environment.from_string(source).render(
        language=LANGUAGE_TAG.text(language),
        word=lambda name, **values: word(name, language, **values),
        findings=findings,
        heads=heads(findings, language),
        rows=summary_rows(findings),
        totals=[str(totals[name]) for name in counted],
        fields=_fields(findings),
        reasons=_counts(findings, "reasons", language),
        tolerated=_counts(findings, "tolerated", language),
        rest=[(word_of(name, language), count) for name, count in sorted(findings.rest.items())],
        stopped=stopped,
    )


def _fields(findings: Findings) -> list[tuple[str, str, Any]]:
    found = [
        (operation, name, finding)
        for operation, tally in findings.operations.items()
        for name, finding in tally.fields.items()
    ]
    return sorted(found, key=lambda one: (one[2].verdict == EXPLAINED, -one[2].count, one[0]))


def _counts(findings: Findings, kind: str, language: str) -> list[tuple[str, str, int]]:
    return [
        (operation, word_of(name, language), count)
        for operation, tally in sorted(findings.operations.items())
        for name, count in sorted(getattr(tally, kind).items())
    ]
