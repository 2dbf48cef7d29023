"""A private MariaDB on loopback, thrown away at the end.

`python -m tests.mariadb` keeps one running until Ctrl-C and prints its URL, so that repeated test
runs need not start their own.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pymysql

START_SECONDS = 60
# Kernels limit what all servers of a machine together may lock for native I/O; several runs at once
# come to that limit, and a server that does ends at once.
PORTABLE_IO = "--innodb-use-native-aio=0"
# Only the time of a run counts: nothing of it survives the tests.
OPTIONS = (
    PORTABLE_IO,
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--skip-log-bin",
    "--character-set-server=utf8mb4",
    "--max-connections=1000",
    "--innodb-buffer-pool-size=256M",
    "--innodb-log-file-size=64M",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=nosync",
    "--innodb-doublewrite=0",
)
# Ends the server and removes its folder when told to, or when its owner is gone, however it went.
SUPERVISOR = """
owner=$1 folder=$2; shift 2
"$@" &
server=$!
trap 'owner=gone' TERM
while kill -0 $owner && kill -0 $server; do sleep 0.2 & wait $!; done 2>/dev/null
kill $server 2>/dev/null && wait $server
rm -rf "$folder"
"""


class MariaDBError(Exception):
    """No MariaDB to be had; the message is one line for the person who runs the tests."""


class PrivateMariaDB:
    """A running mariadbd with its own data folder, socket and free TCP port."""

    program = "mariadbd"
    options: Sequence[str] = OPTIONS

    def __init__(self, options: Sequence[str] | None = None) -> None:
        self._options = self.options if options is None else options
        self.folder = Path(tempfile.mkdtemp(prefix="sippulse-mariadb-"))
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the server
        self.port = _free_port()
        self.url = f"mysql+pymysql://root@127.0.0.1:{self.port}"
        try:
            self._install()
            self._supervisor = self._launch()
        except BaseException:
            shutil.rmtree(self.folder)
            raise
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        self._supervisor.terminate()
        self._supervisor.wait()
        self._log.close()

    def _install(self) -> None:
        program, *options = self._installer()
        command = [
            find_program(program),
            "--no-defaults",
            f"--datadir={self.folder}/data",
            *options,
            PORTABLE_IO,
            *_user(),
        ]
        result = subprocess.run(
            command, env=self._environment(), capture_output=True, text=True, check=False
        )
        if result.returncode:
            said = _first_line(result.stderr + result.stdout)
            raise MariaDBError(f"{program} failed: {said}")

    def _installer(self) -> list[str]:
        """What fills the data folder, with root who has no password."""
        normal = "--auth-root-authentication-method=normal"
        return ["mariadb-install-db", normal, "--skip-test-db"]

    def _launch(self) -> subprocess.Popen[bytes]:
        command = [
            find_program(self.program),
            "--no-defaults",
            f"--datadir={self.folder}/data",
            f"--socket={self.folder}/socket",
            f"--pid-file={self.folder}/pid",
            f"--port={self.port}",
            *self._options,
            *_user(),
        ]
        return subprocess.Popen(
            ["sh", "-c", SUPERVISOR, "sh", str(os.getpid()), str(self.folder), *command],
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,  # Ctrl-C is for pytest, which then stops the server
        )

    def _environment(self) -> dict[str, str]:
        """A folder for temporary tables: their names are process ids, which containers share."""
        return os.environ | {"TMPDIR": str(self.folder)}

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._supervisor.poll() is None:
            try:
                pymysql.connect(host="127.0.0.1", port=self.port, user="root").close()
                return
            except pymysql.OperationalError:
                time.sleep(0.05)
        self._log.seek(0)
        raise MariaDBError(f"{self.program} did not start: {_last_line(self._log.read().decode())}")


def find_program(program: str) -> str:
    path = shutil.which(program, path=f"{os.environ['PATH']}:/usr/local/sbin:/usr/sbin")
    if path is None:
        raise MariaDBError(
            f"{program} not found: install it, or name a server's URL in "
            "SIPPULSE_TEST_MYSQL_URL (mysql+pymysql://user:password@host:port)"
        )
    return path


def _user() -> list[str]:
    return ["--user=root"] if os.geteuid() == 0 else []


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]


def _first_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[0]


def main() -> None:
    server = PrivateMariaDB()
    print(f"export SIPPULSE_TEST_MYSQL_URL={server.url}", flush=True)
    try:
        signal.pause()
    except KeyboardInterrupt:
        server.stop()


if __name__ == "__main__":
    main()
