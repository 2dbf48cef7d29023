"""The examples of docs/clients.md run as they stand there, save for host, login and password."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.interop.clients import JAVA, JAVAC, npm, require_node, run
from tests.interop.scenario import Served
from tests.interop.zoo.makers import (
    DEBIAN_JARS,
    NODE_PACKAGES,
    compile_csharp,
    jaxws,
    mono_classes,
)
from tests.interop.zoo.table import DOCUMENT
from tests.soap import ENVELOPE, principal_xml

CREDIT = 12.25
SECONDS = 300


def snippet(language: str) -> str:
    found = re.findall(rf"```{language}\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    assert len(found) == 1
    return str(found[0])


def filled(text: str, served: Served) -> str:
    host = served.url.removesuffix("/SipPulse/")
    text = text.replace("https://sippulse.example.com", host)
    text = text.replace("LOGIN", served.login).replace("PASSWORD", served.password)
    return text.replace("example.com", served.domain)


@pytest.fixture(scope="module")
def account(served: Served) -> None:
    principal = principal_xml({"login": served.login, "password": served.password})
    key = f"<username>1000</username><domain>{served.domain}</domain>"
    subscriber = f"<subscriber>{key}<password>p</password><profile>interop</profile></subscriber>"
    for operation, content in [
        ("insertSubscriber", subscriber),
        ("addCredit", f"{key}<value>{CREDIT}</value>"),
    ]:
        body = ENVELOPE.format(operation=operation, body=content + principal)
        answer = requests.post(served.url + "SubscriberWS", data=body, timeout=60)
        assert answer.status_code == 200, answer.text


def java(text: str, folder: Path) -> list[str]:
    command, _ = jaxws("jaxws23")
    classes = command[-2].rpartition(":")[2]  # those of the zoo, in its packages
    source = folder / "Example.java"
    source.write_text(text.replace("sippulse.subscriber", "zoo.subscriberws"), "utf-8")
    path = f"{DEBIAN_JARS / 'jaxws-rt.jar'}:{classes}"
    run(*JAVAC, "-cp", path, "-d", folder, source)
    return [*JAVA, "-cp", f"{path}:{folder}", "Example"]


def php(text: str, folder: Path) -> list[str]:
    (folder / "example.php").write_text(text, "utf-8")
    return ["php", str(folder / "example.php")]


def csharp(text: str, folder: Path) -> list[str]:
    (folder / "Example.cs").write_text(text, "utf-8")
    classes = folder / "Sippulse.cs"
    if not classes.exists():
        mono_classes("SubscriberWS", "Sippulse", folder)
    program = folder / "Example.exe"
    compile_csharp(program, folder / "Example.cs", classes)
    return ["mono", str(program)]


def python(text: str, folder: Path) -> list[str]:
    (folder / "example.py").write_text(text, "utf-8")
    return [sys.executable, str(folder / "example.py")]


def javascript(text: str, folder: Path) -> list[str]:
    require_node()
    modules = folder / "node_modules"
    if not modules.exists():
        modules.symlink_to(npm(NODE_PACKAGES["node"]) / "node_modules")
    (folder / "example.mjs").write_text(text, "utf-8")
    return ["node", str(folder / "example.mjs")]


def go(text: str, folder: Path) -> list[str]:
    (folder / "example.go").write_text(text, "utf-8")
    run("go", "build", "-o", folder / "example", folder / "example.go", cwd=folder)
    return [str(folder / "example")]


@pytest.mark.parametrize(
    ("language", "make"),
    [
        pytest.param("java", java, marks=pytest.mark.interop),
        pytest.param("php", php, marks=pytest.mark.interop),
        pytest.param("python", python, marks=pytest.mark.interop),
        pytest.param("javascript", javascript, marks=pytest.mark.interop),
        pytest.param("csharp", csharp, marks=pytest.mark.zoo),
        pytest.param("go", go, marks=pytest.mark.zoo),
    ],
)
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("account")
def test_the_example_shows_the_credit_or_the_fault(
    language: str, make: Callable[[str, Path], list[str]], served: Served, tmp_path: Path
) -> None:
    text = filled(snippet(language), served)
    for content, expected in [(text, {"12.25"}), (text.replace("1000", "1999"), {"1999"})]:
        command = make(content, tmp_path)
        result = subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        assert result.returncode == 0, result.stdout + result.stderr
        assert any(one in result.stdout for one in expected), result.stdout
