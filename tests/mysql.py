"""Runs a command with a private MySQL for its tests: `python -m tests.mysql COMMAND…`."""

import os
import subprocess
import sys
from shutil import which

from tests.mariadb import PORTABLE_IO, PrivateMariaDB

OPTIONS = (
    PORTABLE_IO,
    "--bind-address=127.0.0.1",
    "--skip-log-bin",
    "--mysqlx=OFF",
    "--secure-file-priv=NULL",
    "--character-set-server=utf8mb4",
    "--max-connections=1000",
    "--innodb-buffer-pool-size=256M",
    "--innodb-redo-log-capacity=128M",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=nosync",
    "--innodb-doublewrite=OFF",
)


class PrivateMySQL(PrivateMariaDB):
    """A running mysqld, like the MariaDB of the tests."""

    program = "mysqld"
    options = OPTIONS

    def _installer(self) -> list[str]:
        return ["mysqld", "--initialize-insecure"]


def start_logging() -> PrivateMariaDB:
    """A server that writes a binary log: MariaDB, or MySQL where that is the one installed."""
    kind = PrivateMariaDB if which("mariadbd") or not which("mysqld") else PrivateMySQL
    kept = (one for one in kind.options if one != "--skip-log-bin")
    return kind((*kept, "--log-bin=binlog", "--server-id=1"))


def main() -> int:
    server = PrivateMySQL()
    try:
        environment = os.environ | {"SIPPULSE_TEST_MYSQL_URL": server.url}
        return subprocess.run(sys.argv[1:], env=environment, check=False).returncode
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(main())
