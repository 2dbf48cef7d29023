"""Many foreign stacks, one scenario; each answer fits the schema that we serve.

What they saw is kept in out/zoo, of which `python -m tests.interop.zoo.table` makes the
table in docs/clients.md.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.interop.scenario import Served
from tests.interop.zoo.makers import SERVICES
from tests.interop.zoo.recording import Recorder, invalid
from tests.interop.zoo.stacks import STACKS, Stack
from tests.interop.zoo.table import keep

SECONDS = 300
NAME = "João & ‹Ñ> €"  # noqa: RUF001
CI = [pytest.param(one, id=one.name, marks=pytest.mark.interop) for one in STACKS if one.in_ci]
REST = [pytest.param(one, id=one.name, marks=pytest.mark.zoo) for one in STACKS if not one.in_ci]


@pytest.fixture(scope="module")
def recorder(served: Served) -> Iterator[Recorder]:
    recorder = Recorder(served.url)
    recorder.start()
    yield recorder
    recorder.stop()


def play(stack: Stack, command: list[str], url: str, served: Served) -> dict[str, Any]:
    number = 8000 + [one.name for one in STACKS].index(stack.name)
    arguments = [url, served.domain, served.login, served.password, str(number)]
    result = subprocess.run(
        [*command, *arguments],
        env=os.environ | {"ZOO_SERVICES": json.dumps(SERVICES)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    # Mono speaks of its threads before and after.
    start = result.stdout.find("{")
    assert start >= 0, result.stdout
    seen: dict[str, Any] = json.JSONDecoder().raw_decode(result.stdout, start)[0]
    return seen


def check(seen: dict[str, Any], stack: Stack, generated: int | None, served: Served) -> None:
    username = str(8000 + [one.name for one in STACKS].index(stack.name))
    # SOAP::Lite is told the operations by hand
    services = seen.pop("services", generated)
    assert services == (None if stack.name == "perl" else len(SERVICES))
    seen["inserted"], seen["groupId"] = int(seen["inserted"]), int(seen["groupId"])
    assert seen.pop("inserted") > 0
    assert seen.pop("groupId") > 0
    assert seen.pop("uri").startswith("sip:")
    moment = dt.datetime.fromisoformat(str(seen.pop("moment")))
    assert abs(dt.datetime.now(dt.UTC) - moment) < dt.timedelta(hours=1)
    assert f"{username}@{served.domain}" in seen.pop("duplicate")
    assert seen.pop("wrongPassword") in {"Usuário ou senha inválidos", "Invalid login or password"}
    del seen["typed"]
    seen["credit"] = float(seen["credit"])
    assert seen == {"firstName": NAME, "credit": 0.1, "lists": [0, 1, 2, 3]}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("stack", [*CI, *REST])
def test_the_stack_does_what_integrators_do(
    stack: Stack, served: Served, recorder: Recorder
) -> None:
    command, generated = stack.make()
    recorder.take()
    seen = play(stack, command, recorder.url, served)
    answers = recorder.take()
    check(dict(seen), stack, generated, served)
    # 4 lists, 4 DIDs, 2 of each of subscribers, credits and locations, faults, retrieve, group
    assert len(answers) >= 15
    assert {one.status for one in answers} == {200, 500}
    assert [problem for one in answers for problem in invalid(one, served.url)] == []
    keep(stack, typed=seen["typed"], generated=stack.name != "perl", answers=len(answers))
