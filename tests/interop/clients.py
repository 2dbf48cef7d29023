"""Makes each client ready to run: generated, compiled, installed. Results stand in out/."""

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent
OUT = HERE / "out"
GOLDEN = HERE.parents[1] / "wsdl"
# Debian's jaxws; its manifest names the other jars that it needs.
JAXWS = "/usr/share/java/jaxws-rt.jar"
NODE_VERSION = (20, 19)
# Each WSDL has a package of its own: every one has a service named SipPulse.
JAVA_PACKAGES = {
    "DidWS": "interop.did",
    "DomainWS": "interop.domain",
    "HuntGroupWS": "interop.huntgroup",
    "SubscriberWS": "interop.subscriber",
}


@cache
def command(client: str) -> list[str]:
    """The command that runs a client; it is made ready the first time."""
    return {"java": _java, "php": _php, "node": _node, "zeep": _zeep}[client]()


@cache
def java_sources() -> Path:
    """Folder of the classes that wsimport makes of our golden WSDLs."""
    sources = _empty(OUT / "java" / "sources")
    for service, package in JAVA_PACKAGES.items():
        wsdl = GOLDEN / f"{service}.wsdl"
        run("wsimport", "-quiet", "-Xnocompile", "-s", sources, "-p", package, wsdl)
    return sources


def _java() -> list[str]:
    classes = _empty(OUT / "java" / "classes")
    sources = [HERE / "java" / "Client.java", *java_sources().rglob("*.java")]
    run("javac", "-encoding", "UTF-8", "-nowarn", "-cp", JAXWS, "-d", classes, *sources)
    return ["java", "-cp", f"{JAXWS}:{classes}", "Client"]


def _php() -> list[str]:
    return ["php", str(HERE / "php" / "client.php")]


def _node() -> list[str]:
    """The one client that may be absent."""
    if (found := _node_version()) < NODE_VERSION:
        have = "none" if found == (0, 0) else "{}.{}".format(*found)
        pytest.skip(f"Node client not run: it needs Node.js 20.19 or later, here is {have}")
    folder = OUT / "node"
    folder.mkdir(parents=True, exist_ok=True)
    for file in (HERE / "node").iterdir():
        if file.is_file():
            shutil.copy(file, folder)
    run("npm", "ci", "--ignore-scripts", "--prefix", folder, cwd=folder)
    return ["node", str(folder / "client.mjs")]


def _zeep() -> list[str]:
    return [sys.executable, str(HERE / "zeep_client.py")]


def _node_version() -> tuple[int, int]:
    if not shutil.which("node") or not shutil.which("npm"):
        return (0, 0)
    text = subprocess.check_output(["node", "--version"], text=True)  # v20.19.4
    major, minor, *_ = text.strip().removeprefix("v").split(".")
    return (int(major), int(minor))


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def run(*command: str | Path, cwd: Path | None = None) -> None:
    result = subprocess.run(
        command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, f"{command[0]}:\n{result.stdout}{result.stderr}"
