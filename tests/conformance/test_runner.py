"""The runner tells a wrong answer from a right one."""

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .runner import OWN_CASES, Answer, check, load
from .server import ROOT

FAULT = b"<e><faultcode>S:Client</faultcode><faultstring>Cannot x</faultstring></e>"
CASE: dict[str, Any] = {
    "name": "one",
    "expect": {
        "status": 500,
        "mediaType": "text/xml",
        "faultcode": ["Client", "Server"],
        "faultstringStartsWith": "Cannot",
        "calls": [{"op": "updateDailyQuota", "args": {"dailyQuotaDTO": {"domain": "d"}}}],
    },
}
DEFAULTS = {"dailyQuota": False, "dailyQuotaConsumed": 0.0, "dailyQuotaLimit": 0.0}
CALL = {
    "op": "updateDailyQuota",
    "args": {"dailyQuotaDTO": {"domain": "d", "username": None, **DEFAULTS}, "principal": None},
}


def test_an_answer_is_right_when_absence_and_defaults_are_put_aside() -> None:
    assert check(CASE, Answer(500, "text/xml", FAULT, [CALL])) == []


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, "text/xml", FAULT, [CALL]),
        Answer(500, "text/html", FAULT, [CALL]),
        Answer(500, "text/xml", FAULT.replace(b"Client", b"VersionMismatch"), [CALL]),
        Answer(500, "text/xml", FAULT.replace(b"Cannot", b"Can"), [CALL]),
        Answer(500, "text/xml", b"no XML", [CALL]),
        Answer(500, "text/xml", FAULT, []),
        Answer(500, "text/xml", FAULT, [CALL, CALL]),
        Answer(500, "text/xml", FAULT, [{"op": "x", "args": {}}]),
        Answer(500, "text/xml", FAULT, [{"op": "updateDailyQuota", "args": {"dailyQuotaDTO": {}}}]),
    ],
)
def test_a_wrong_answer_is_a_problem(answer: Answer) -> None:
    assert len(check(CASE, answer)) == 1


def test_the_program_counts_names_and_exits(tmp_path: Path) -> None:
    good, bad = copy.deepcopy(load(OWN_CASES)[:2])
    bad["expect"]["status"] = 418
    cases = tmp_path / "cases.json"
    for chosen, code, last in (
        ([good, bad], 1, "1 passed, 1 failed"),
        ([good], 0, "1 passed, 0 failed"),
    ):
        cases.write_text(json.dumps({"cases": chosen}))
        run = subprocess.run(
            [sys.executable, "-m", "tests.conformance", str(cases)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == code
        lines = run.stdout.splitlines()
        assert lines[-1] == last
        assert [line for line in lines[:-1] if bad["name"] in line] == lines[:-1]
