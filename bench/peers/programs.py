"""How each peer is built and started."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from bench.database import LOGIN, NAME, PASSWORD, BenchDatabase
from bench.served import OUT, WORKERS, Served, free_port, ours, serving

HERE = Path(__file__).parent
FOLDER = OUT / "peers"
THREADS = 16  # as many as there are connections
SPYNE_THREADS = 4  # in each of 2 processes, as ours
OLD_CASES_ONLY = {"stock Spyne, PyMySQL"}
# Java package by service; the classes of two WSDLs have the same names
SERVICES = {"SubscriberWS": "peer", "RateWS": "peer.rates", "DidWS": "peer.dids"}
# Debian's; the manifest of jaxws-rt names the other jars that it needs.
JARS = ":".join(
    f"/usr/share/java/{jar}.jar"
    for jar in ("jaxws-rt", "HikariCP", "mariadb-java-client", "slf4j-api", "slf4j-nop")
)
GRANIAN = "--interface wsgi --factory --backlog 1024 --log-level warning --host 127.0.0.1".split()


def prepare(db: BenchDatabase) -> None:
    """Build what is built, and write the configuration of each peer."""
    config = prepare_java(db)
    (FOLDER / "config.json").write_text(json.dumps(config))
    (FOLDER / "config.php").write_text(f"<?php return {_php(config)};\n")
    _install_node()


def prepare_java(db: BenchDatabase) -> dict[str, Any]:
    """The same for JAX-WS alone; the configuration."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    _run(Path(sys.executable).with_name("sippulse-ws"), "wsdl", "export", FOLDER / "wsdl")
    config = _config(db)
    (FOLDER / "config.properties").write_text("".join(f"{k}={v}\n" for k, v in config.items()))
    _build_java()
    return config


def programs(db: BenchDatabase) -> dict[str, AbstractContextManager[Served]]:
    """Every server of the comparison by name, not started yet; ratios are to the first."""
    return {
        "JAX-WS RI, HikariCP": java(),
        "PHP SoapServer, PDO": _php_fpm(),
        "Node soap, mysql2": _node(),
        "stock Spyne, PyMySQL": _spyne(),
        "sippulse-ws, PyMySQL": ours("ours-pymysql", db, "pymysql"),
        "sippulse-ws, mysqlclient": ours("ours-mysqldb", db, "mysqldb"),
    }


def _config(db: BenchDatabase) -> dict[str, Any]:
    """Statements, database, and the proof that the password was right once before.

    Ours pays for argon2 at the first call of a login and then compares a keyed digest of stored
    hash and password. The peers begin with that digest.
    """
    row = db.row("SELECT password_hash FROM administrator WHERE login = %s", LOGIN)
    secret = secrets.token_bytes(32)
    proven = f"{row['password_hash']}\0{PASSWORD}".encode()
    return {
        **json.loads((HERE / "statements.json").read_text()),
        "port": db.port,
        "database": NAME,
        "wsdl": str(FOLDER / "wsdl"),
        "secret": secret.hex(),
        "mark": hmac.digest(secret, proven, hashlib.sha256).hex(),
    }


def _build_java() -> None:
    folder = FOLDER / "java"
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("generated", "classes"):
        (folder / name).mkdir(parents=True)
    generated = folder / "generated"
    for service, package in SERVICES.items():
        _run(
            "wsimport", "-quiet", "-Xnocompile", "-p", package, "-s", generated,
            "-generateJWS", "-implDestDir", generated, FOLDER / "wsdl" / f"{service}.wsdl",
        )  # fmt: skip
    sources = [*generated.rglob("*.java"), *(HERE / "java").glob("*.java")]
    _run("javac", "-encoding", "UTF-8", "-nowarn", "-cp", JARS, "-d", folder / "classes", *sources)


def _install_node() -> None:
    folder = FOLDER / "node"
    folder.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json", "peer.mjs", ".npmrc"):
        shutil.copy(HERE / "node" / name, folder)
    _run("npm", "ci", "--ignore-scripts", cwd=folder)


def java() -> AbstractContextManager[Served]:
    port = free_port()
    command = ["java", "-Dsun.net.httpserver.nodelay=true", "-cp"]
    command += [f"{JARS}:{FOLDER}/java/classes", "peer.Peer"]
    command += [str(FOLDER / "config.properties"), str(port)]
    return serving("java", [command], port)


def _node() -> AbstractContextManager[Served]:
    port = free_port()
    command = ["node", str(FOLDER / "node" / "peer.mjs"), str(FOLDER / "config.json"), str(port)]
    return serving("node", [command], port, {"NODE_ENV": "production"})


def _spyne() -> AbstractContextManager[Served]:
    port = free_port()
    command = [sys.executable, "-m", "granian", *GRANIAN, "--port", str(port)]
    command += ["--workers", str(WORKERS), "--blocking-threads", str(SPYNE_THREADS)]
    command.append("bench.peers.spyne.application:make")
    environment = {"PEER_CONFIG": str(FOLDER / "config.json")}
    return serving("spyne", [command], port, environment, cwd=HERE.parents[1])


def _php_fpm() -> AbstractContextManager[Served]:
    port = free_port()
    folder = FOLDER / "php"
    folder.mkdir(exist_ok=True)
    values = {
        "folder": str(folder),
        "port": str(port),
        "children": str(THREADS),
        "script": str(HERE / "php" / "peer.php"),
        "config": str(FOLDER / "config.php"),
    }
    for name in ("php-fpm.conf", "nginx.conf"):
        text = _filled((HERE / "php" / name).read_text(), values)
        (folder / name).write_text(text)
    as_root = ["--allow-to-run-as-root"] if os.geteuid() == 0 else []
    fpm = [_php_fpm_program(), "--nodaemonize", *as_root, "--fpm-config", f"{folder}/php-fpm.conf"]
    nginx = ["/usr/sbin/nginx", "-p", str(folder), "-c", f"{folder}/nginx.conf"]
    return serving("php", [fpm, nginx], port)


def _php_fpm_program() -> str:
    """Debian's name has the version in it."""
    (program, *_) = sorted(map(str, Path("/usr/sbin").glob("php-fpm*")), reverse=True)
    return program


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


def _php(values: Mapping[str, Any]) -> str:
    """A PHP array of numbers and texts."""
    pairs = (
        f"'{name}' => " + (str(value) if isinstance(value, int) else _php_text(value))
        for name, value in values.items()
    )
    return f"[{', '.join(pairs)}]"


def _php_text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _run(*command: str | Path, cwd: Path | None = None) -> None:
    result = subprocess.run(
        command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise RuntimeError(f"{command[0]}:\n{result.stdout}{result.stderr}")
