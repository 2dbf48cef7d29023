"""The project's copy of the conformance cases, one test each."""

from typing import Any

import pytest

from .runner import OWN_CASES, check, load, send


@pytest.mark.parametrize("case", load(OWN_CASES), ids=lambda case: case["name"])
def test_case(case: dict[str, Any], port: int) -> None:
    assert check(case, send(case, port)) == []
