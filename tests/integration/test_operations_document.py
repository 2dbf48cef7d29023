"""docs/operations.md is true: each of its commands is run here, in both languages the same ones."""

import re
import shlex
import subprocess
import time
from pathlib import Path

import pytest
import requests
from typer.testing import CliRunner

from sippulse_ws.cli import app
from tests.fixtures.server import PROGRAM, Cli, free_port

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("docs/operations.md", "docs/pt-BR/operations.md")
PATIENCE = 300  # seconds
PASSWORD = "Segr3do-77"

# What the command asks for.
ANSWERS = {
    "sippulse-ws admin create crm --domain example.com": f"{PASSWORD}\n{PASSWORD}\n",
    "sippulse-ws subscriber forget 1000@example.com": "y\n",
}
# Where the exit status tells more than that it went well.
STATUSES = {
    "sippulse-ws doctor": {0, 1},  # warnings: no backup yet, a disk that is nearly full
    "sippulse-ws jobs status": {1},  # no server runs
    "sippulse-ws db downgrade 0006": {1},  # names what would be lost, and wants --yes
}
# Of MariaDB alone.
NOT_ON_SQLITE = {"sippulse-ws db partition"}
# Answered by a server or a Debian of its own, see below and tests/deploy/test_package.py.
ELSEWHERE = {
    "sippulse-ws serve --host 127.0.0.1 --port 8080 --workers 4",
    "runuser -u sippulse-ws -- sippulse-ws doctor",
    "sippulse-ws backup create - | ssh safe 'cat > sippulse'",  # tests/integration/test_backup.py
}
# To a database without data.
RESTORE = "sippulse-ws backup restore /var/backups/sippulse"


def commands_of(document: str) -> list[str]:
    """In their order: lines of code, and what stands between backquotes."""
    text = (ROOT / document).read_text(encoding="utf-8")
    found = re.findall(r"^```\w*\n(.*?)^```|`([^`\n]+)`", text, re.MULTILINE | re.DOTALL)
    lines = [line.strip() for block, inline in found for line in (block or inline).splitlines()]
    shown = [re.sub(r"\s*(\[.*\]|#.*)$", "", line) for line in lines]
    return [line for line in shown if re.match(r"(runuser .* )?sippulse-ws [a-z]", line)]


@pytest.fixture
def place(
    bare_cli: Cli, empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """An installation as the document's beginning makes it, with a subscriber."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIPPULSE_DATABASE_URL", empty_database_url)
    run("sippulse-ws db upgrade", tmp_path)
    run("sippulse-ws domain create example.com", tmp_path)
    run("sippulse-ws profile create example.com DEFAULT", tmp_path)
    table = f"username,domain,password,profile\n1000,example.com,{PASSWORD},DEFAULT\n"
    bare_cli("import", "subscribers", "-", input=table)
    return tmp_path


def run(command: str, folder: Path) -> None:
    real = re.sub(r"/var/backups/|/root/", f"{folder}/", command)
    arguments = shlex.split(real)[1:]
    result = CliRunner().invoke(app, arguments, input=ANSWERS.get(command, ""))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code in STATUSES.get(command, {0}), (command, result.output)


def test_both_documents_have_the_same_commands() -> None:
    english, portuguese = map(commands_of, DOCUMENTS)
    assert len(set(english)) > 25
    assert portuguese == english


def test_each_command_runs_as_it_stands(
    place: Path, engine_kind: str, fresh_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = {
        "sippulse-ws db upgrade",
        "sippulse-ws domain create example.com",
        "sippulse-ws profile create example.com DEFAULT",
    }
    done = begun | ELSEWHERE | (NOT_ON_SQLITE if engine_kind == "sqlite" else set())
    for command in commands_of(DOCUMENTS[0]):
        if command in done:
            continue
        done.add(command)
        with monkeypatch.context() as patch:
            if command == RESTORE:
                patch.setenv("SIPPULSE_DATABASE_URL", fresh_url)
            run(command, place)


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_documents_server_starts(document: str, place: Path) -> None:
    (command,) = [one for one in commands_of(document) if one.startswith("sippulse-ws serve")]
    port = free_port()
    arguments = shlex.split(command.replace("8080", str(port)))[1:]
    with (place / "log").open("wb") as log:
        server = subprocess.Popen([PROGRAM, *arguments], stdout=log, stderr=log)
    try:
        end = time.monotonic() + PATIENCE
        while not is_ready(port):
            assert server.poll() is None, (place / "log").read_text()
            assert time.monotonic() < end
            time.sleep(0.2)
    finally:
        server.terminate()
        server.wait(PATIENCE)


def is_ready(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/readyz", timeout=10).ok
    except requests.ConnectionError:
        return False
