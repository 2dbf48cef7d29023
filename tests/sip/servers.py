"""A real Kamailio, a process of its own on loopback."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from tests.fixtures.server import WITH_US

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "kamailio" / "kamailio.cfg"
START_SECONDS = 30


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if ready():
            return
        time.sleep(0.05)
    raise RuntimeError(f"{log.stem} did not start:\n{log.read_text()[-4000:]}")


class Kamailio:
    """A Kamailio with deploy/kamailio/kamailio.cfg as it is, and a local.cfg of the test."""

    def __init__(
        self,
        folder: Path,
        database: str,
        after: str = "",
        local: str = "",
        timezone: str = "UTC",
    ) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port, self.rpc_port = free_port(socket.SOCK_DGRAM), free_port()
        self.address = ("127.0.0.1", self.port)
        self.rpc_url = f"http://127.0.0.1:{self.rpc_port}/RPC"
        self.log = folder / "kamailio.log"
        self._environment = os.environ | {"TZ": timezone}
        (folder / "kamailio.cfg").write_text(CONFIGURATION.read_text() + after)
        (folder / "local.cfg").write_text(
            f'#!define DB_URL "{database}"\n'
            f'#!define SQL_CONNECTION "db=>{database}"\n'
            '#!define TOPOLOGY_KEY "of the tests"\n'
            f"#!define SIP_LISTEN udp:127.0.0.1:{self.port}\n"
            f"#!define RPC_LISTEN tcp:127.0.0.1:{self.rpc_port}\n"
            "#!define WORKERS 2\n"
            f"{local}"
        )
        self.start()

    def start(self) -> None:
        command = [*WITH_US, "kamailio", "-DD", "-E", "-m", "64", "-M", "8", "-Y", str(self.folder)]
        command += ["-f", str(self.folder / "kamailio.cfg")]
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                env=self._environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        wait_until(self._is_ready, self._process, self.log)

    def pause(self) -> None:
        """It is there and answers nothing."""
        os.killpg(self._process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.killpg(self._process.pid, signal.SIGCONT)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()

    def kill(self) -> None:
        """It is gone at once, with all that it had in memory."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def end_calls(self) -> None:
        """All that are still going on: their phones get a BYE."""
        found: Any = self.rpc("dlg.list") or []
        for call in found if isinstance(found, list) else [found]:
            with suppress(AssertionError):  # it has just ended
                self.rpc("dlg.end_dlg", call["h_entry"], call["h_id"])

    def longest(self, call_id: str) -> int:
        """The seconds that the proxy lets a call go on, from its answer."""
        found: Any = self.rpc("dlg.list") or []
        calls = found if isinstance(found, list) else [found]
        (call,) = [one for one in calls if one["call-id"] == call_id]
        return int(call["timeout"] - call["start_ts"])

    def rpc(self, method: str, *parameters: object) -> object:
        request = {"jsonrpc": "2.0", "method": method, "params": parameters, "id": 1}
        answer = httpx.post(self.rpc_url, json=request, timeout=10).json()
        assert "error" not in answer, answer
        return answer["result"]

    def _is_ready(self) -> bool:
        try:
            self.rpc("core.uptime")
        except (httpx.HTTPError, ValueError):
            return False
        return True
