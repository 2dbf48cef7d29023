"""The ready calls of every operation's page in PHP, Node, Python and Java, as they stand there."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sippulse_ws.web import samples
from tests.fixtures.demo import ephemeral_server
from tests.fixtures.ready_calls import OPERATIONS, Sample, write_calls
from tests.interop.clients import HERE, command

pytestmark = [pytest.mark.interop, pytest.mark.timeout(1200)]
CALLS = HERE / "calls"


def php() -> list[str]:
    return ["php", str(CALLS / "run.php")]


def node() -> list[str]:
    """From the folder in which the package `soap` is installed."""
    beside = Path(command("node")[-1]).with_name("run.cjs")
    beside.write_bytes((CALLS / "run.cjs").read_bytes())
    return ["node", str(beside)]


def python() -> list[str]:
    return [sys.executable, str(CALLS / "run.py")]


@pytest.mark.parametrize(
    ("sample", "program", "suffix"),
    [
        pytest.param(samples.php, php, ".php", id="php"),
        pytest.param(samples.node, node, ".cjs", id="node"),
        pytest.param(samples.python, python, ".py", id="python"),
    ],
)
def test_every_call_works(
    sample: Sample, program: Callable[[], list[str]], suffix: str, tmp_path: Path
) -> None:
    started = program()
    with ephemeral_server() as served:
        paths = write_calls(sample, suffix, served, tmp_path)
        ended = subprocess.run(
            [*started, *paths], capture_output=True, text=True, check=False, timeout=900
        )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    told = dict(line.split("\t", 1) for line in ended.stdout.splitlines())
    assert [path.name for path in paths] == list(told)
    assert {name: one for name, one in told.items() if one != "ok"} == {}
    assert len(told) == len(OPERATIONS)
