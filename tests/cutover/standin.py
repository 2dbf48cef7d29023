"""Two servers of ours, one of which stands in for the original, and a shadow before them."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import requests

from sippulse_ws.cutover.shadow.recording import recorded
from sippulse_ws.testing.server import DOMAIN, SippulseServer
from tests.soap import ENVELOPE, principal_xml

PROGRAM = Path(sys.executable).with_name("sippulse-ws")
PATIENCE = 120.0
XML = "text/xml; charset=utf-8"


class Shadow:
    """`sippulse-ws shadow` on a free port; `stop` ends it as an operator does."""

    def __init__(self, old: str, new: str, folder: Path, *options: str) -> None:
        self.folder = folder
        self.log = folder.with_suffix(".log")
        command = [str(PROGRAM), "shadow", "--listen", "127.0.0.1:0", "--old", old, "--new", new]
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [*command, "--record", str(folder), *options],
                stdout=output,
                stderr=output,
                env=os.environ | {"SIPPULSE_LANGUAGE": "en"},
                start_new_session=True,
            )
        wait_for(lambda: bool(self._address()) or self.process.poll() is not None, self.output)
        self.url = self._address()
        assert self.url, self.output

    def _address(self) -> str:
        found = re.search(r"http://[^,\s]+:\d+(?=, )", self.output)
        return found[0] if found else ""

    @property
    def output(self) -> str:
        return self.log.read_text()

    def stop(self) -> dict[str, Any]:
        """The report at the end."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self) -> dict[str, Any]:
        """The report when it has ended, for which it was told before."""
        try:
            assert self.process.wait(PATIENCE) == 0, self.output
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        report: dict[str, Any] = json.loads((self.folder / "report.json").read_text())
        return report

    def kill(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def records(self) -> list[dict[str, Any]]:
        return list(recorded(self.folder))

    def written(self) -> str:
        """Everything that is on the disk, as one text."""
        files = [file for file in self.folder.rglob("*") if file.is_file()]
        return "\n".join(file.read_text(encoding="utf-8") for file in files)


class Caller:
    """A client that knows one address."""

    def __init__(self, url: str, principal: dict[str, str]) -> None:
        self._url = url
        self._principal = principal
        self.session = requests.Session()

    def envelope(self, operation: str, body: str) -> str:
        return ENVELOPE.format(operation=operation, body=body + principal_xml(self._principal))

    def __call__(self, service: str, operation: str, body: str, **headers: str) -> Any:
        return self.send(service, self.envelope(operation, body).encode(), **headers)

    def send(self, service: str, body: bytes, content_type: str = XML, **headers: str) -> Any:
        return self.session.post(
            f"{self._url}/SipPulse/{service}",
            data=body,
            headers={"Content-Type": content_type, **headers},
            timeout=PATIENCE,
        )


def account(username: str, domain: str = DOMAIN) -> str:
    return f"<username>{username}</username><domain>{domain}</domain>"


def new_account(username: str, password: str = "Secret-1234", **fields: object) -> str:
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return (
        f"<subscriber>{account(username)}<password>{password}</password>"
        f"<profile>DEFAULT</profile>{inner}</subscriber>"
    )


def share_administrator(one: SippulseServer, other: SippulseServer) -> None:
    """The other server's superuser gets the password of the first's."""
    from sippulse_ws.domain import administrators  # noqa: PLC0415

    other.principal = one.principal
    with other._database.writing() as db:
        administrators.set_password(
            db, other._authenticator, one.principal["login"], one.principal["password"]
        )


def wait_for(done: Callable[[], bool], what: str = "") -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def verdicts(report: dict[str, Any], operation: str) -> dict[str, int]:
    """Without those of which there are none."""
    found: dict[str, int] = report["operations"][operation]["verdicts"]
    return {name: count for name, count in found.items() if count}


def fields(report: dict[str, Any]) -> Iterator[tuple[str, str, int]]:
    """Every operation and field that differs, and how often."""
    for operation, told in report["operations"].items():
        for name, finding in told["fields"].items():
            yield operation, name, finding["count"]
