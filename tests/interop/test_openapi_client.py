"""A client that openapi-python-client makes of our OpenAPI document, against a real server."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.interop.built import built
from tests.interop.clients import HERE, run
from tests.interop.scenario import Served

pytestmark = [pytest.mark.interop, pytest.mark.timeout(900)]
ROOT = HERE.parents[1]
LOCK = ROOT / "requirements" / "openapi.txt"


@pytest.fixture(scope="session")
def program() -> Path:
    """The Python of an environment with the generator, which its clients need little more than."""

    def install(folder: Path) -> None:
        run(sys.executable, "-m", "venv", folder)
        pip: list[str | Path] = [folder / "bin" / "python", "-m", "pip", "install", "--quiet"]
        run(*pip, "--require-hashes", "--requirement", LOCK)

    return built("openapi-python-client", install, LOCK, sys.version) / "bin" / "python"


def generate(python: Path, served: Served, folder: Path) -> None:
    """By the description as the server gives it; the generator leaves nothing out."""
    answer = requests.get(served.url + "api/openapi.json", timeout=60)
    (folder / "openapi.json").write_bytes(answer.content)
    target = folder / "sippulse_json"
    command: list[str | Path] = [
        python.with_name("openapi-python-client"),
        *("generate", "--path", folder / "openapi.json", "--output-path", target),
        *("--meta", "none", "--overwrite", "--fail-on-warning"),
    ]
    environment = {"PATH": f"{python.parent}:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}  # it calls ruff
    made = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, timeout=600
    )
    assert made.returncode == 0, made.stdout + made.stderr
    assert len(list(target.glob("api/*/*.py"))) == 104 + len(list(target.glob("api/*/__init__.py")))


def test_it_provisions_reads_and_understands_faults(
    program: Path, served: Served, tmp_path: Path
) -> None:
    generate(program, served, tmp_path)
    username = "4010"
    command: list[str | Path] = [
        *(program, HERE / "openapi" / "client.py", tmp_path, served.url + "api"),
        *(served.login, served.password, served.domain, "interop", username),
    ]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert ended.returncode == 0, ended.stderr
    seen = json.loads(ended.stdout)
    account = f"{username}@{served.domain}"
    assert seen["id"] > 0
    assert seen["fault"] == [409, "subscriber-exists", f"Subscriber already exists: {account}"]
    assert (seen["credit"], seen["after_dry_run"]) == (12.25, 12.25)
    assert seen["read"] == [seen["id"], "João ☎ & <Cia>", 3, True, account]
    assert seen["numbers"] == []
    assert seen["batch"] == ["invalid-field", 1, "value"]
    assert (seen["done"], seen["at_last"]) == ([{}], 13.25)
