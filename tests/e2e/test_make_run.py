"""`make run` from a clean shell: small, and what it prints can be pasted as it stands."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 500  # seconds, on a machine that does other things too
LARGEST = 120  # MiB
CLEAN = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is in git, as somebody has cloned it."""
    folder = tmp_path_factory.mktemp("clone") / "sippulse-ws"
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def environment() -> dict[str, str]:
    """No virtual environment of ours on the path; how packages are fetched stays."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("PIP_", "SSL_")) or name in ("HOME", "http_proxy", "https_proxy")
    }
    return CLEAN | kept | {"CI": "1", "PYTHON": supported_python()}


def supported_python() -> str:
    """Debian's, where it is one that is supported."""
    for candidate in ("/usr/bin/python3", shutil.which("python3") or ""):
        code = "import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))"
        if candidate and subprocess.run([candidate, "-c", code], check=False).returncode == 0:
            return candidate
    pytest.fail("no supported Python")


@pytest.fixture(scope="module")
def running(checkout: Path) -> Iterator[tuple[str, str, float]]:
    """What `make run` with another port printed, its address, and how long it took."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    log, started = checkout / "log", time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["make", "run", f"ARGS=-y --port {port}"],
            cwd=checkout,
            env=environment(),
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    base = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(base, process, log)
        yield log.read_text("utf-8"), base, time.monotonic() - started
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def wait_until_ready(base: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(f"{base}/readyz", timeout=10):
                return
        except (URLError, OSError):
            time.sleep(0.3)
    pytest.fail(log.read_text("utf-8"))


def test_what_it_prints_can_be_pasted(running: tuple[str, str, float], tmp_path: Path) -> None:
    printed, base, seconds = running
    print(f"ready after {seconds:.0f} s")
    call = re.search(r"^python3 - <<'END'\n.*?^END$", printed, re.MULTILINE | re.DOTALL)
    assert call is not None, printed
    assert base in call[0]
    run = subprocess.run(
        ["sh"],
        input=call[0],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "<firstName>Ana</firstName>" in run.stdout, run.stdout + run.stderr


def test_it_installs_only_what_running_needs(
    running: tuple[str, str, float], checkout: Path
) -> None:
    folders = [one.name for one in checkout.glob(".venv*")]
    assert folders == [".venv-run"]
    files = [one for one in (checkout / ".venv-run").rglob("*") if not one.is_symlink()]
    size = sum(one.stat().st_blocks * 512 for one in files if one.is_file()) / 2**20
    print(f"{size:.0f} MiB")
    assert size < LARGEST, f"{size:.0f} MiB"


def test_what_the_documents_say_works_in_a_strangers_venv(checkout: Path, tmp_path: Path) -> None:
    """The lines of docs/operations.md that install, then the README's call; nothing of ours."""
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    steps = re.search(r"^```\n(python3 -m venv /opt.*?)^```", text, re.MULTILINE | re.DOTALL)
    call = re.search(
        r"^```sh\n(curl .*?)^```",
        (ROOT / "README.md").read_text("utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    assert steps is not None
    assert call is not None
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = str(listener.getsockname()[1])
    python, program = supported_python(), tmp_path / "opt" / "bin" / "sippulse-ws"
    install = steps[1].replace("/opt/sippulse-ws", f"{tmp_path}/opt")
    clean = environment() | {
        "SIPPULSE_DATABASE_URL": f"sqlite:///{tmp_path}/db",
    }
    paste(install.replace("python3 -m", f"{python} -m"), checkout, clean)
    paste(f"{program} db upgrade", tmp_path, clean)
    printed = paste(f"{program} db demo", tmp_path, clean)
    password = re.search(r"^ +demo +(\S+)$", printed, re.MULTILINE)
    assert password is not None
    with (tmp_path / "log").open("wb") as log:
        command = [str(program), "serve", "--port", port, "--workers", "1"]
        server = subprocess.Popen(command, cwd=tmp_path, env=clean, stdout=log, stderr=log)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", server, tmp_path / "log")
        curl = call[1].replace("8080", port).replace("PASSWORD", password[1])
        assert "<return>50.0</return>" in paste(curl, tmp_path, clean)
    finally:
        server.terminate()
        server.wait(60)


def paste(lines: str, folder: Path, clean: dict[str, str]) -> str:
    run = subprocess.run(
        ["sh", "-e"],
        input=lines,
        cwd=folder,
        env=clean,
        capture_output=True,
        text=True,
        timeout=PATIENCE * 2,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout
