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
