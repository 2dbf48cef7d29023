"""Makes each client ready to run: generated, compiled, installed."""

import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.interop.built import built

HERE = Path(__file__).parent
GOLDEN = HERE.parents[1] / "wsdl"
# Debian's jaxws; its manifest names the other jars that it needs.
JAXWS = "/usr/share/java/jaxws-rt.jar"
NODE_VERSION = (20, 19)
# Programs that run for seconds gain nothing from the second compiler.
JAVA = ["java", "-XX:TieredStopAtLevel=1"]
JAVAC = ["javac", "-J-XX:TieredStopAtLevel=1", "-encoding", "UTF-8", "-nowarn", "-proc:none"]
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

    def generate(folder: Path) -> None:
        for service, package in JAVA_PACKAGES.items():
            wsdl = GOLDEN / f"{service}.wsdl"
            run("wsimport", "-quiet", "-Xnocompile", "-s", folder, "-p", package, wsdl)

    return built("java-sources", generate, Path(__file__), GOLDEN, jdk_version())


@cache
def jdk_version() -> str:
    """Of the compiler and, as Debian has it, of wsimport."""
    return subprocess.check_output(["javac", "-version"], text=True) + debian("jaxws")


def debian(package: str) -> str:
    """The upstream version of an installed package."""
    text = subprocess.check_output(["dpkg-query", "-W", "-f", "${Version}", package], text=True)
    return re.split(r"[-+~]", text.rpartition(":")[2])[0]


def _java() -> list[str]:
    sources = [HERE / "java" / "Client.java", *java_sources().rglob("*.java")]

    def compile_all(folder: Path) -> None:
        run(*JAVAC, "-cp", JAXWS, "-d", folder, *sources)

    classes = built("java-classes", compile_all, Path(__file__), *sources, jdk_version())
    return [*JAVA, "-cp", f"{JAXWS}:{classes}", "Client"]


def _php() -> list[str]:
    return ["php", str(HERE / "php" / "client.php")]


def _node() -> list[str]:
    require_node()
    return ["node", str(npm(HERE / "node") / "client.mjs")]


def _zeep() -> list[str]:
    return [sys.executable, str(HERE / "zeep_client.py")]


@cache
def npm(source: Path) -> Path:
    """A copy of a folder in which npm has installed what its lock says."""

    def install(folder: Path) -> None:
        shutil.copytree(source, folder, dirs_exist_ok=True)
        run("npm", "ci", "--ignore-scripts", "--no-audit", "--prefix", folder, cwd=folder)

    node = subprocess.check_output(["node", "--version"], text=True)
    return built(f"npm-{source.name}", install, source, node)


def require_node() -> None:
    """Skip where the one program is absent, or too old, that a Debian may lack."""
    text = "none"
    if shutil.which("node") and shutil.which("npm"):
        text = subprocess.check_output(["node", "--version"], text=True).strip()  # v20.19.4
    major, minor, *_ = map(int, [*re.findall(r"\d+", text), 0, 0])
    if (major, minor) < NODE_VERSION:
        pytest.skip(f"it needs Node.js 20.19 or later, here is {text}")


def run(*command: str | Path, cwd: Path | None = None) -> None:
    result = subprocess.run(
        command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, f"{command[0]}:\n{result.stdout}{result.stderr}"
