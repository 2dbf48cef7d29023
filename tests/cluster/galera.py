"""MariaDB nodes of a Galera cluster on loopback, with the configuration of deploy/cluster."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pymysql

from tests.fixtures.server import free_port

DEPLOYED = Path(__file__).parents[2] / "deploy/cluster"
HERE = Path(__file__).parent
COPYING = HERE.parents[1] / ".tools/wsrep_sst"  # of scripts/wsrep_sst.sh
PATIENCE = 90.0
USER = "root" if os.geteuid() == 0 else "mysql"
SINGLE_MACHINE = f"""
bind_address = 127.0.0.1
user = {USER}
skip_name_resolve = ON
innodb_use_native_aio = 0
innodb_buffer_pool_size = 64M
innodb_log_file_size = 32M
innodb_flush_log_at_trx_commit = 2
innodb_doublewrite = 0
wsrep_sst_method = files
wsrep_sst_auth =
"""


class Node:
    """One node; `pid` is that of its mariadbd while it runs. `options` are lines of its own."""

    def __init__(
        self, folder: Path, name: str, peers: list[int], group: int, options: str = ""
    ) -> None:
        self.name = name
        self.port = free_port()
        self._folder = folder / name
        self._folder.mkdir(exist_ok=True)
        self.group = group  # port of the group's communication
        self._config = folder / f"{name}.cnf"
        self._log = folder / f"{name}.log"
        text = (DEPLOYED / "galera.cnf").read_text()
        members = ",".join(f"127.0.0.1:{port}" for port in peers)
        own = f"gmcast.listen_addr=tcp://127.0.0.1:{group};ist.recv_addr=127.0.0.1:{free_port()}"
        for pattern, value in (
            ("^(wsrep_cluster_address = ).*", f"gcomm://{members}"),
            ("^(wsrep_node_name = ).*", name),
            ("^(wsrep_node_address = ).*", f"127.0.0.1:{group}"),
            ("(gcache.size=)1G", f"128M;{own}"),
        ):
            text, changed = re.subn(pattern, rf"\g<1>{value}", text, flags=re.MULTILINE)
            assert changed == 1, pattern
        place = f"datadir = {self._folder}\nsocket = {folder / name}.sock\nport = {self.port}\n"
        self._config.write_text(text + SINGLE_MACHINE + place + options)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, first: bool = False) -> None:
        """`first`: of a new cluster, or of one whose nodes are all gone."""
        options = ["--wsrep-new-cluster"] if first else []
        position = self.position()
        if position:
            options.append(f"--wsrep-start-position={position}")
        if first:
            self._edit_state("safe_to_bootstrap: 0", "safe_to_bootstrap: 1")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                # ends with the process of the tests, however that ends
                ["setpriv", "--pdeathsig", "KILL", *self._command(), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | {"PATH": f"{HERE}:{COPYING}:{os.environ['PATH']}:/usr/sbin"},
            )
        self.wait_for(wsrep_ready="ON", wsrep_local_state_comment="Synced")

    def wait_for(self, **wanted: str) -> None:
        """Until it says this of itself."""
        waiting(lambda: wanted.items() <= self.state().items(), f"{self.name}: {wanted}")

    def state(self) -> dict[str, str]:
        """Its wsrep_… variables of status; nothing while it does not answer."""
        if self._process is not None and self._process.poll() is not None:
            raise AssertionError(f"{self.name} ended:\n{self._log.read_text()[-3000:]}")
        with suppress(pymysql.Error, OSError):
            return {str(name): str(value) for name, value in self.ask("SHOW STATUS LIKE 'wsrep_%'")}
        return {}

    def connect(self, database: str | None = None) -> "pymysql.Connection[Any]":
        return pymysql.connect(
            host="127.0.0.1",
            port=self.port,
            user="root",
            database=database,
            autocommit=True,
            connect_timeout=5,
            read_timeout=30,
        )

    def ask(self, sql: str, database: str | None = None) -> list[tuple[Any, ...]]:
        with self.connect(database) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def stop(self) -> None:
        """As an operator does."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE)
            self._process = None

    def freeze(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def isolate(self) -> None:
        """Cut it off from the other nodes; its clients reach it all the same."""
        self.ask("SET GLOBAL wsrep_provider_options='gmcast.isolate=1'")

    def rejoin(self) -> None:
        self.ask("SET GLOBAL wsrep_provider_options='gmcast.isolate=0'")

    def position(self) -> str:
        """The last transaction in its files; nothing when it ended in order and knows by itself."""
        state = self._folder / "grastate.dat"
        if not state.exists():  # a new one
            return ""
        if not re.search(r"^seqno: +-1$", state.read_text(), re.MULTILINE):
            return ""
        done = subprocess.run(
            [*self._command(), "--wsrep-recover"], capture_output=True, text=True, check=False
        )
        found = re.search(r"Recovered position: (\S+)", done.stdout + done.stderr)
        assert found, done.stderr[-2000:]
        return found[1]

    @property
    def sequence(self) -> int:
        """Number of the last transaction in its files."""
        state = self.position() or (self._folder / "grastate.dat").read_text()
        return int(re.findall(r"-?\d+", state.split("safe")[0])[-1])

    def _edit_state(self, old: str, new: str) -> None:
        state = self._folder / "grastate.dat"
        state.write_text(state.read_text().replace(old, new))

    def _command(self) -> list[str]:
        return [program("mariadbd"), f"--defaults-file={self._config}"]


class Cluster:
    """Three nodes; the tables are those of nobody yet."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sippulse-galera-"))
        groups = [free_port() for _ in range(3)]
        self.nodes = [
            Node(self.folder, f"db{number}", groups, group)
            for number, group in enumerate(groups, 1)
        ]
        try:
            self._seed()
            for node in self.nodes:
                node.start(first=node is self.nodes[0])
        except BaseException:
            self.close()
            raise

    def healed(self) -> None:
        """Wait until all nodes are one cluster again."""
        for node in self.nodes:
            node.wait_for(
                wsrep_ready="ON", wsrep_local_state_comment="Synced", wsrep_cluster_size="3"
            )

    def restart_all(self) -> None:
        """As after a power failure: the node that knows most begins."""
        for node in self.nodes:
            node.kill()
        first, *others = sorted(self.nodes, key=lambda node: -node.sequence)
        first.start(first=True)
        for node in others:
            node.start()
        self.healed()

    def close(self) -> None:
        for node in self.nodes:
            with suppress(AssertionError):
                node.kill()
        shutil.rmtree(self.folder)

    def _seed(self) -> None:
        """All nodes begin with the same files, so that none needs a whole copy of another's."""
        first = self.folder / "db1"
        subprocess.run(
            [
                program("mariadb-install-db"),
                f"--defaults-file={first}.cnf",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--wsrep-on=OFF",
            ],
            capture_output=True,
            check=True,
        )
        one = self.nodes[0]
        (first / "grastate.dat").write_text("safe_to_bootstrap: 1\n")
        one.start(first=True)
        one.ask("CREATE DATABASE sippulse CHARACTER SET utf8mb4")
        for statement in (DEPLOYED / "check.sql").read_text().split(";")[:-1]:
            one.ask(statement)
        one.stop()
        for name in ("galera.cache", "gvwstate.dat"):
            (first / name).unlink(missing_ok=True)
        for node in self.nodes[1:]:
            shutil.copytree(first, self.folder / node.name, dirs_exist_ok=True)


def program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    assert found, f"{name} is not installed"
    return found


def waiting(is_so: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, what
        time.sleep(0.1)
