"""The ready calls of every operation's page in each language, as they stand there."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sippulse_ws.web import samples
from tests.fixtures.demo import ephemeral_server
from tests.fixtures.ready_calls import OPERATIONS, Sample, write_calls
from tests.interop.clients import HERE, JAVA, JAXWS, npm, require_node, run

pytestmark = [pytest.mark.interop, pytest.mark.timeout(1200)]
CALLS = HERE / "calls"


def php(_folder: Path, paths: list[Path]) -> list[str | Path]:
    return ["php", CALLS / "run.php", *paths]


def node(folder: Path, paths: list[Path]) -> list[str | Path]:
    """From a folder in which the package `soap` is installed."""
    require_node()
    (folder / "node_modules").symlink_to(npm(HERE / "node") / "node_modules")
    program = folder / "run.cjs"
    program.write_bytes((CALLS / "run.cjs").read_bytes())
    return ["node", program, *paths]


def python(_folder: Path, paths: list[Path]) -> list[str | Path]:
    return [sys.executable, CALLS / "run.py", *paths]


def java(folder: Path, paths: list[Path]) -> list[str | Path]:
    """Makes the classes of the services, as the files say, and compiles; in one process."""
    path = f"{Path(JAXWS).with_name('jaxws-tools.jar')}:{JAXWS}"
    return [*JAVA, f"-Djava.io.tmpdir={folder}", "-cp", path, CALLS / "Run.java", *paths]


def csharp(folder: Path, paths: list[Path]) -> list[str | Path]:
    """All are compiled into one program, whose own start takes each in turn."""
    program = folder / "Run.exe"
    options = ["-nologo", "-main:Run", "-r:System.Net.Http", f"-out:{program}"]
    run("mcs", *options, CALLS / "Run.cs", *paths)
    return ["mono", program, *(class_name(path) for path in paths)]


def class_name(path: Path) -> str:
    found = re.search(r"^(?:public )?class (\w+)", path.read_text("utf-8"), re.MULTILINE)
    assert found, path
    return found[1]


@pytest.mark.parametrize(
    ("sample", "program", "suffix"),
    [
        pytest.param(samples.php, php, ".php", id="php"),
        pytest.param(samples.node, node, ".cjs", id="node"),
        pytest.param(samples.python, python, ".py", id="python"),
        pytest.param(samples.java, java, ".java", id="java"),
        pytest.param(samples.csharp, csharp, ".cs", id="csharp"),
    ],
)
def test_every_call_works(
    sample: Sample,
    program: Callable[[Path, list[Path]], list[str | Path]],
    suffix: str,
    tmp_path: Path,
) -> None:
    with ephemeral_server() as served:
        paths = write_calls(sample, suffix, served, tmp_path)
        ended = subprocess.run(
            program(tmp_path, paths), capture_output=True, text=True, check=False, timeout=900
        )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    # Mono speaks of its threads between the lines.
    told = dict(line.split("\t", 1) for line in ended.stdout.splitlines() if "\t" in line)
    named = [class_name(path) if suffix == ".cs" else path.name for path in paths]
    assert named == list(told)
    assert {name: one for name, one in told.items() if one != "ok"} == {}
    assert len(told) == len(OPERATIONS)
