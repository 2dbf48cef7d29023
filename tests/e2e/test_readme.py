"""What the README shows works as it stands there."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sippulse_ws.config import PREFIX, Settings
from tests.fixtures.server import Cli, Server

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.pt-BR.md")


@pytest.fixture(scope="module")
def demo(fresh_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """A server with the demo data, and the password of `demo`."""
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIPPULSE_DATABASE_URL", fresh_url)
        cli = Cli(patch)
        cli("db", "upgrade")
        printed = cli("db", "demo", "--logins", str(folder / "logins")).stdout
    server = Server(fresh_url, folder / "log")
    found = re.search(r"^ +demo +(\S+)$", printed, re.MULTILINE)
    assert found is not None
    yield server, found[1]
    server.stop()


def blocks(readme: str) -> dict[str, str]:
    """The README's first block of each language."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    found = re.findall(r"^```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return dict(reversed(found))


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("readme", READMES)
def test_the_zeep_example_prints_what_the_readme_says(
    demo: tuple[Server, str], readme: str
) -> None:
    server, password = demo
    code = re.sub("PASSWORD|SENHA", password, blocks(readme)["python"])
    code = code.replace("http://127.0.0.1:8080", server.base)
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    text = (ROOT / readme).read_text(encoding="utf-8")
    assert f"```\n{run.stdout}```" in text


@pytest.mark.engines("sqlite")
def test_the_curl_example_is_answered(demo: tuple[Server, str]) -> None:
    server, password = demo
    command = blocks("README.md")["sh"].replace("PASSWORD", password)
    command = command.replace("http://127.0.0.1:8080", server.base)
    run = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, timeout=60, check=True
    )
    assert "<return>50.0</return>" in run.stdout


@pytest.mark.parametrize("readme", READMES)
def test_every_setting_stands_in_the_readme(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    missing = [name for name in Settings.model_fields if f"{PREFIX}{name.upper()}`" not in text]
    assert missing == []


@pytest.mark.parametrize("readme", READMES)
def test_the_example_of_a_clients_test_passes(readme: str, tmp_path: Path) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n([^`]*def test_.*?)^```", text, re.MULTILINE | re.DOTALL)
    (tmp_path / "test_client.py").write_text(code, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:randomly"]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert run.returncode == 0, run.stdout
    assert "1 passed" in run.stdout


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("document", ["docs/api.md", "docs/pt-BR/api.md"])
def test_the_json_examples_answer_what_the_document_says(
    demo: tuple[Server, str], document: str
) -> None:
    server, password = demo
    text = (ROOT / document).read_text(encoding="utf-8")
    pairs = re.findall(r"^```sh\n(.*?)^```\n\n```\n(.*?)\n```", text, re.MULTILINE | re.DOTALL)
    assert len(pairs) == 2
    for command, answer in pairs:
        filled = command.replace("PASSWORD", password)
        filled = filled.replace("http://127.0.0.1:8080", server.base)
        if "batch" in filled:  # others use the demo data too
            filled = filled.replace("-H ", "-H 'X-Dry-Run: true' -H ", 1)
        run = subprocess.run(
            ["sh", "-c", filled], capture_output=True, text=True, timeout=60, check=True
        )
        assert run.stdout == answer
