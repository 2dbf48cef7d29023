"""Back to the version before: what this repository was then runs on the schema that it knows."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.fixtures.server import Cli, free_port
from tests.soap import ENVELOPE, principal_xml

ROOT = Path(__file__).parents[2]
PATIENCE = 120  # seconds
OLD_SCHEMA = "0006"
FIRST_AFTER = "migrations/versions/0007_charging.py"
ACCOUNT = "<username>1000</username><domain>demo.example.com</domain>"

# not in CI, whose copy of the repository may be without its history
pytestmark = [pytest.mark.chroot, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The last commit whose newest schema was 0006."""
    folder = tmp_path_factory.mktemp("older")
    log = ["git", "log", "--format=%H", "--diff-filter=A", "--", FIRST_AFTER]
    commits = subprocess.run(log, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    commit = commits.split()[-1] + "^"
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True)
    subprocess.run(["tar", "x", "-C", str(folder)], input=archive.stdout, check=True)
    newest = max(one.name for one in (folder / "migrations" / "versions").glob("0*.py"))
    assert newest.startswith(OLD_SCHEMA)
    return folder


def older_command(folder: Path, url: str, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """It runs with the packages of today, and with none of today's settings."""
    kept = {name: one for name, one in os.environ.items() if not name.startswith("SIPPULSE_")}
    settings = {"SIPPULSE_DATABASE_URL": url, "PYTHONPATH": str(folder / "src")}
    return [sys.executable, "-m", "sippulse_ws", *arguments], kept | settings


@contextmanager
def serving(folder: Path, url: str) -> Iterator[str]:
    port = free_port()
    arguments = ("serve", "--port", str(port), "--workers", "1")
    command, environment = older_command(folder, url, *arguments)
    process = subprocess.Popen(command, cwd=folder, env=environment)
    base = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + PATIENCE
        while not ready(base):
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.3)
        yield base
    finally:
        process.terminate()
        process.wait(PATIENCE)


def ready(base: str) -> bool:
    try:
        return requests.get(f"{base}/readyz", timeout=10).ok
    except requests.ConnectionError:
        return False


def call(base: str, operation: str, password: str, body: str = ACCOUNT) -> str:
    principal = principal_xml({"login": "demo", "password": password})
    answer = requests.post(
        f"{base}/SipPulse/SubscriberWS",
        data=ENVELOPE.format(operation=operation, body=body + principal).encode(),
        headers={"Content-Type": "text/xml; charset=utf-8"},
        timeout=60,
    )
    assert answer.ok, answer.text
    return answer.text


def credit_of(cli: Cli) -> Any:
    text = cli("subscriber", "show", "1000@demo.example.com", "--json").stdout
    found = re.search(r'"credit": "([\d.]+)"', text)
    assert found is not None, text
    return float(found[1])


def test_the_older_program_serves_after_the_downgrade_and_the_newer_one_after_the_upgrade(
    bare_cli: Cli, fresh_url: str, older: Path, tmp_path: Path
) -> None:
    cli = bare_cli
    cli("db", "upgrade")
    printed = cli("db", "demo", "--logins", str(tmp_path / "logins")).stdout
    found = re.search(r"^ +demo +(\S+)$", printed, re.MULTILINE)
    assert found is not None
    before, administrators = credit_of(cli), cli("admin", "list").stdout

    # as docs/operations.md says: the newer one goes back, and then the older one is installed
    assert "cannot hold" in cli("db", "downgrade", OLD_SCHEMA, status=1).stderr
    cli("db", "downgrade", OLD_SCHEMA, "--yes")
    command, environment = older_command(older, fresh_url, "admin", "list")
    listed = subprocess.run(
        command, cwd=older, env=environment, capture_output=True, text=True, check=True
    )
    assert listed.stdout == administrators
    with serving(older, fresh_url) as base:
        assert f"<return>{before}</return>" in call(base, "retrieveCredit", found[1])
        call(base, "addCredit", found[1], f"{ACCOUNT}<value>2.5</value>")
        assert f"<return>{before + 2.5}</return>" in call(base, "retrieveCredit", found[1])

    assert "db upgrade" in cli("admin", "list", status=1).stderr
    cli("db", "upgrade")
    assert credit_of(cli) == before + 2.5
    assert cli("admin", "list").stdout == administrators
