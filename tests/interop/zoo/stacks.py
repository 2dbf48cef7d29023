"""The stacks of the zoo: which versions, how each is made ready, and what it needs to know."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.interop.clients import GOLDEN, OUT, run

HERE = Path(__file__).parent
ZOO = OUT / "zoo"
SERVICES = sorted(path.stem for path in GOLDEN.glob("*.wsdl"))
DEBIAN_JARS = Path("/usr/share/java")
NODE_VERSION = (20, 19)

Made = tuple[list[str], int | None]  # the command, and of how many WSDLs it has classes


@dataclass(frozen=True)
class Stack:
    name: str
    title: str
    version: Callable[[], str]
    make: Callable[[], Made]
    trick: str = "none"  # the one thing that a user of it has to know
    in_ci: bool = False


def debian(package: str) -> str:
    text = subprocess.check_output(["dpkg-query", "-W", "-f", "${Version}", package], text=True)
    return re.split(r"[-+~]", text.rpartition(":")[2])[0]


@cache
def jars(stack: str) -> list[Path]:
    """The jars of a stack, as its pinned pom.xml names them, from Maven's own cache."""
    folder = ZOO / "jars" / stack
    pom = HERE / "java" / f"{stack}.xml"
    stamp = folder / "pom.xml"
    if not stamp.is_file() or stamp.read_bytes() != pom.read_bytes():
        shutil.rmtree(folder, ignore_errors=True)
        copy = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
        run("mvn", "-q", "-B", "-ntp", "-f", pom, copy, f"-DoutputDirectory={folder}")
        stamp.write_bytes(pom.read_bytes())
    return sorted(folder.glob("*.jar"))


def pinned(stack: str, artifact: str) -> str:
    """A version in a stack's pom.xml."""
    text = (HERE / "java" / f"{stack}.xml").read_text("utf-8")
    found = re.search(rf"<artifactId>{artifact}</artifactId>\s*<version>([^<]+)", text)
    assert found, artifact
    return found[1]


@cache
def java(stack: str, generator: str, client: str) -> Made:
    """Classes of all WSDLs, compiled together with the client."""
    debian_jars = [DEBIAN_JARS / "jaxws-tools.jar", DEBIAN_JARS / "jaxws-rt.jar"]
    path = ":".join(map(str, debian_jars if stack == "jaxws23" else jars(stack)))
    folder = ZOO / stack
    shutil.rmtree(folder, ignore_errors=True)
    sources, classes = folder / "sources", folder / "classes"
    sources.mkdir(parents=True)
    run("java", "-cp", path, HERE / "java" / f"{generator}.java", GOLDEN, sources)
    packages = {one.parent for one in sources.rglob("*.java")}
    for name in ("Seen", client):
        text = (HERE / "java" / f"{name}.java").read_text("utf-8")
        if stack != "jaxws23":
            text = text.replace("javax.xml.ws", "jakarta.xml.ws")
        (sources / f"{name}.java").write_text(text, "utf-8")
    arguments = folder / "sources.txt"  # too many for a command line
    arguments.write_text("\n".join(str(one) for one in sources.rglob("*.java")), "utf-8")
    run("javac", "-encoding", "UTF-8", "-nowarn", "-cp", path, "-d", classes, f"@{arguments}")
    services = {name for name in SERVICES if any(name.lower() in one.parts for one in packages)}
    return ["java", "-cp", f"{path}:{classes}", client], len(services)


def jaxws(stack: str, *options: str) -> Made:
    generator = "GenerateCxf" if stack == "cxf" else "GenerateJaxws"
    command, services = java(stack, generator, "JaxwsClient")
    # the options come last, after what every client gets
    return ["sh", "-c", 'options=$0; exec "$@" $options', " ".join(options), *command], services


@cache
def gsoap() -> Made:
    """A proxy of each WSDL; four of them become programs, whose outputs are joined."""
    services = {"SubscriberWS": "", "DidWS": "", "HuntGroupWS": "", "UserLocationWS": ""}
    for name in SERVICES:
        folder = ZOO / "gsoap" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        header = folder / "service.h"
        run("wsdl2h", "-s", "-o", header, GOLDEN / f"{name}.wsdl")
        run("soapcpp2", "-C", "-1", "-x", "-j", "-w", f"-d{folder}", header)
        if name not in services:
            continue
        (proxy,) = folder.glob("soap*Proxy.h")
        nsmap = next(folder.glob("*.nsmap"))
        (folder / "proxy.h").write_text(f'#include "{proxy.name}"\n')
        (folder / "nsmap.h").write_text(f'#include "{proxy.name}"\n#include "{nsmap.name}"\n')
        defines = [f"-DSERVICE_{name.upper()}", f'-DSERVICE_NAME="{name}"']
        defines += [f"-DProxy={proxy.stem.removeprefix('soap')}"]
        defines += ["-DLAST_MODIFIED(listed)=listed.userLocation[0]->lastModified"]
        sources = [HERE / "gsoap" / "client.cpp", folder / "soapC.cpp", proxy.with_suffix(".cpp")]
        program = folder / "client"
        run("g++", "-O0", "-w", f"-I{folder}", *defines, "-o", program, *sources, "-lgsoap++")
        services[name] = str(program)
    joined = 'for program in $0; do "$program" "$@" || exit 1; done | '
    joined += "sed '$!s/$/,/; 1s/^/{/; $s/$/}/'"
    command = ["bash", "-o", "pipefail", "-c", joined, " ".join(services.values())]
    return command, len(SERVICES)


@cache
def mono() -> Made:
    folder = ZOO / "mono"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in SERVICES:
        out = folder / f"{name}.cs"
        run("wsdl", "-nologo", f"-namespace:{name}", f"-out:{out}", GOLDEN / f"{name}.wsdl")
    program = folder / "Client.exe"
    sources = [HERE / "mono" / "Client.cs", *sorted(folder.glob("*.cs"))]
    references = ["-r:System.Web.Services", "-r:System.Xml"]
    run("mcs", "-nologo", "-warn:0", *references, f"-out:{program}", *sources)
    return ["mono", str(program)], len(SERVICES)


@cache
def node(folder_name: str, program: str) -> Made:
    """Installed as its lock says, by npm, which keeps a cache."""
    folder = ZOO / folder_name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE / folder_name, folder)
    run("npm", "ci", "--ignore-scripts", "--no-audit", "--prefix", folder, cwd=folder)
    return ["node", str(folder / program)], None


def npm_version(folder: str, package: str) -> str:
    lock = json.loads((HERE / folder / "package-lock.json").read_text("utf-8"))
    return str(lock["packages"][f"node_modules/{package}"]["version"])


def node_is_new_enough() -> None:
    """The one program that may be absent."""
    text = "v0.0"
    if shutil.which("node") and shutil.which("npm"):
        text = subprocess.check_output(["node", "--version"], text=True)
    major, minor, *_ = map(int, re.findall(r"\d+", text))
    if (major, minor) < NODE_VERSION:
        pytest.skip(f"it needs Node.js 20.19 or later, here is {text.strip()}")


def php_version() -> str:
    return subprocess.check_output(["php", "-r", "echo PHP_VERSION;"], text=True)


def script(*command: str) -> Made:
    return [*command[:-1], str(HERE / command[-1])], None


OWN_PACKAGE = "a package for each service (`-p`)"
REQUIRED = (
    "values for the booleans and numbers that the WSDL requires, or `SIPPULSE_WSDL_REQUIRED=none`"
)
EMPTY = "an answer with an empty list is no object: `result?.did ?? []`"
STRINGS = (
    "strings need `->type('string')`, or what is not ASCII goes as base64;"
    " `on_action(sub { '' })` for the SOAPAction"
)

STACKS = [
    Stack(
        "cxf",
        "Apache CXF, validating by the schema",
        lambda: pinned("cxf", "cxf-rt-frontend-jaxws"),
        partial(jaxws, "cxf", "schema"),
        OWN_PACKAGE,
        in_ci=True,
    ),
    Stack(
        "cxf-mtom",
        "Apache CXF with MTOM",
        lambda: pinned("cxf", "cxf-rt-frontend-jaxws"),
        partial(jaxws, "cxf", "mtom"),
        OWN_PACKAGE,
        in_ci=True,
    ),
    Stack(
        "jaxws23",
        "JAX-WS 2.3 (wsimport)",
        lambda: debian("jaxws"),
        partial(jaxws, "jaxws23"),
        OWN_PACKAGE,
        in_ci=True,
    ),
    Stack(
        "jaxws40",
        "JAX-WS 4.0 (Jakarta)",
        lambda: pinned("jaxws40", "jaxws-rt"),
        partial(jaxws, "jaxws40"),
        OWN_PACKAGE,
    ),
    Stack(
        "axis1",
        "Apache Axis 1.4",
        lambda: pinned("axis1", "axis"),
        partial(java, "axis1", "GenerateAxis1", "Axis1Client"),
        "an empty list is `null`",
        in_ci=True,
    ),
    Stack(
        "axis2",
        "Apache Axis2 (ADB)",
        lambda: pinned("axis2", "axis2-adb"),
        partial(java, "axis2", "GenerateAxis2", "Axis2Client"),
        "`-u -ns2p` for a package of types for each service; an empty list is `null`",
    ),
    Stack(
        "gsoap",
        "gSOAP, strict",
        lambda: debian("gsoap"),
        gsoap,
        "`SOAP_C_UTFSTRING`, or names lose what is not Latin-1",
        in_ci=True,
    ),
    Stack(
        "mono",
        "Mono wsdl.exe (.NET classic)",
        lambda: debian("mono-devel"),
        mono,
        "for an optional number or boolean set `…Specified`, or it is not sent",
    ),
    Stack(
        "zeep",
        "zeep, strict",
        lambda: version("zeep"),
        lambda: script(sys.executable, "zeep_client.py"),
        REQUIRED,
        in_ci=True,
    ),
    Stack(
        "suds",
        "suds-community",
        lambda: version("suds-community"),
        lambda: script(sys.executable, "suds_client.py"),
        "`cache=None`, or a WSDL is kept for a day",
        in_ci=True,
    ),
    Stack(
        "php",
        "PHP SoapClient, compressing",
        php_version,
        lambda: script("php", "php/client.php"),
        "`SOAP_SINGLE_ELEMENT_ARRAYS`; " + REQUIRED,
        in_ci=True,
    ),
    Stack(
        "node",
        "node-soap",
        lambda: npm_version("node", "soap"),
        partial(node, "node", "client.mjs"),
        EMPTY,
        in_ci=True,
    ),
    Stack(
        "strong",
        "strong-soap",
        lambda: npm_version("strong", "strong-soap"),
        partial(node, "strong", "client.cjs"),
        EMPTY,
    ),
    Stack(
        "perl",
        "Perl SOAP::Lite",
        lambda: debian("libsoap-lite-perl"),
        lambda: script("perl", "perl/client.pl"),
        STRINGS,
    ),
]
BY_NAME = {one.name: one for one in STACKS}
