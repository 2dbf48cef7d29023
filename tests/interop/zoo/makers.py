"""How each stack of the zoo is made ready: classes of every WSDL, compiled with its client.

What is generated, compiled and installed is kept; see tests/interop/built.py.
"""

from __future__ import annotations

import json
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from tests.interop.built import built, locked
from tests.interop.clients import GOLDEN, JAVA, JAVAC, debian, jdk_version, npm, require_node, run

HERE = Path(__file__).parent
SERVICES = sorted(path.stem for path in GOLDEN.glob("*.wsdl"))
DEBIAN_JARS = Path("/usr/share/java")
NODE_PACKAGES = {"node": HERE.parent / "node", "strong": HERE / "strong"}
# What gSOAP's client does is in four programs, one for each of these.
PROGRAMS = ("SubscriberWS", "DidWS", "HuntGroupWS", "UserLocationWS")
THREADS = 2

Made = tuple[list[str], int | None]  # the command, and of how many WSDLs it has classes


@cache
def jars(stack: str) -> list[Path]:
    """The jars of a stack, as its pinned pom.xml names them, from Maven's own cache."""
    pom = HERE / "java" / f"{stack}.xml"

    def copy(folder: Path) -> None:
        goal = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
        with locked("maven"):  # its cache is not made for two at once
            run("mvn", "-q", "-B", "-ntp", "-f", pom, goal, f"-DoutputDirectory={folder}")

    return sorted(built(f"jars-{stack}", copy, pom).glob("*.jar"))


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
    program, *own = (HERE / "java" / f"{name}.java" for name in (generator, "Seen", client))

    def make(folder: Path) -> None:
        sources = folder / "sources"
        sources.mkdir()
        run(*JAVA, "-cp", path, program, GOLDEN, sources)
        for one in own:
            text = one.read_text("utf-8")
            if stack != "jaxws23":
                text = text.replace("javax.xml.ws", "jakarta.xml.ws")
            (sources / one.name).write_text(text, "utf-8")
        arguments = folder / "sources.txt"  # too many for a command line
        arguments.write_text("\n".join(str(one) for one in sources.rglob("*.java")), "utf-8")
        run(*JAVAC, "-cp", path, "-d", folder / "classes", f"@{arguments}")

    folder = built(stack, make, Path(__file__), GOLDEN, program, *own, path, jdk_version())
    # the classes of a service are in a package of its own
    packages = {one.parent for one in folder.rglob("*.class")}
    services = {name for name in SERVICES if any(name.lower() in one.parts for one in packages)}
    return [*JAVA, "-cp", f"{path}:{folder / 'classes'}", client], len(services)


def jaxws(stack: str, *options: str) -> Made:
    generator = "GenerateCxf" if stack == "cxf" else "GenerateJaxws"
    command, services = java(stack, generator, "JaxwsClient")
    # the options come last, after what every client gets
    return ["sh", "-c", 'options=$0; exec "$@" $options', " ".join(options), *command], services


@cache
def gsoap() -> Made:
    """A proxy of each WSDL; four of them become programs, whose outputs are joined."""

    def make(folder: Path) -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            largest_first = sorted(SERVICES, key=lambda name: name not in PROGRAMS)
            for _ in pool.map(lambda name: _gsoap_service(folder / name, name), largest_first):
                pass

    folder = built("gsoap", make, Path(__file__), GOLDEN, HERE / "gsoap", debian("gsoap"))
    joined = 'for program in $0; do "$program" "$@" || exit 1; done | '
    joined += "sed '$!s/$/,/; 1s/^/{/; $s/$/}/'"
    programs = " ".join(str(folder / name / "client") for name in PROGRAMS)
    return ["bash", "-o", "pipefail", "-c", joined, programs], len([*folder.glob("*/soap*Proxy.h")])


def _gsoap_service(folder: Path, name: str) -> None:
    folder.mkdir()
    header = folder / "service.h"
    run("wsdl2h", "-s", "-o", header, GOLDEN / f"{name}.wsdl")
    run("soapcpp2", "-C", "-1", "-x", "-j", "-w", f"-d{folder}", header)
    if name not in PROGRAMS:
        return
    (proxy,) = folder.glob("soap*Proxy.h")
    nsmap = next(folder.glob("*.nsmap"))
    (folder / "proxy.h").write_text(f'#include "{proxy.name}"\n')
    (folder / "nsmap.h").write_text(f'#include "{proxy.name}"\n#include "{nsmap.name}"\n')
    defines = [f"-DSERVICE_{name.upper()}", f'-DSERVICE_NAME="{name}"']
    defines += [f"-DProxy={proxy.stem.removeprefix('soap')}"]
    defines += ["-DLAST_MODIFIED(listed)=listed.userLocation[0]->lastModified"]
    sources = [HERE / "gsoap" / "client.cpp", folder / "soapC.cpp", proxy.with_suffix(".cpp")]
    flags = ["-O0", "-g0", "-w", f"-I{folder}", *defines]
    run("g++", *flags, "-o", folder / "client", *sources, "-lgsoap++")


@cache
def mono() -> Made:
    def make(folder: Path) -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            for _ in pool.map(lambda name: mono_classes(name, name, folder), SERVICES):
                pass
        sources = [HERE / "mono" / "Client.cs", *sorted(folder.glob("*.cs"))]
        compile_csharp(folder / "Client.exe", *sources)

    version = debian("mono-devel")
    folder = built("mono", make, Path(__file__), GOLDEN, HERE / "mono", version)
    return ["mono", str(folder / "Client.exe")], len([*folder.glob("*.cs")])


def mono_classes(service: str, namespace: str, folder: Path) -> Path:
    out = folder / f"{namespace}.cs"
    run("wsdl", "-nologo", f"-namespace:{namespace}", f"-out:{out}", GOLDEN / f"{service}.wsdl")
    return out


def compile_csharp(program: Path, *sources: Path) -> None:
    references = ["-r:System.Web.Services", "-r:System.Xml"]
    run("mcs", "-nologo", "-warn:0", *references, f"-out:{program}", *sources)


def node(stack: str, program: str) -> Made:
    require_node()
    return ["node", str(npm(NODE_PACKAGES[stack]) / program)], None


def npm_version(stack: str, package: str) -> str:
    lock = json.loads((NODE_PACKAGES[stack] / "package-lock.json").read_text("utf-8"))
    return str(lock["packages"][f"node_modules/{package}"]["version"])


def php_version() -> str:
    return subprocess.check_output(["php", "-r", "echo PHP_VERSION;"], text=True)


def script(*command: str) -> Made:
    return [*command[:-1], str(HERE / command[-1])], None
