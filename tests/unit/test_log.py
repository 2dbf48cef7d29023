"""Logs: both formats show what happened and no password."""

import json
import logging
from collections.abc import Iterator

import pytest

from sippulse_ws.log import configure_logging

SECRET = "Seg-redo-5"


@pytest.fixture(autouse=True)
def _undo() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], level = before[0], before[1]
    root.setLevel(level)


def fail() -> None:
    password = SECRET
    raise RuntimeError(f"a password of {len(password)} characters")


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_traceback_shows_no_local_variables(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("info", form)
    try:
        fail()
    except RuntimeError:
        told = {"request_id": "abc123", "password": SECRET}
        logging.getLogger("sippulse_ws").exception("it failed", extra=told)
    said = capsys.readouterr().err
    for part in ("it failed", "abc123", "characters", "Traceback", "in fail"):
        assert part in said
    assert SECRET not in said


def test_json_is_one_line_per_event(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info", "json")
    logging.getLogger("sippulse_ws").warning("two\nlines", extra={"request_id": "abc123"})
    logging.getLogger("sippulse_ws").debug("not this")
    (line,) = capsys.readouterr().err.splitlines()
    event = json.loads(line)
    assert (event["event"], event["level"], event["request_id"]) == (
        "two\nlines",
        "warning",
        "abc123",
    )
