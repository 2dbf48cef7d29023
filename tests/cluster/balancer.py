"""HAProxy in front of the servers, and between them and the nodes."""

import re
import subprocess
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa

from tests.cluster.galera import DEPLOYED, Cluster, program
from tests.fixtures.server import free_port


class Balancer:
    """HAProxy with the configuration of deploy/cluster, on free ports of loopback."""

    def __init__(self, galera: Cluster, folder: Path) -> None:
        self.writer, self.spread, self.soap = free_port(), free_port(), free_port()
        self.servers = [free_port(), free_port()]
        text = (DEPLOYED / "haproxy.cfg").read_text()
        for old, new in (
            ("127.0.0.1:3306", f"127.0.0.1:{self.writer}"),
            ("127.0.0.1:3307", f"127.0.0.1:{self.spread}"),
            ("bind :8080", f"bind 127.0.0.1:{self.soap}"),
            *(
                (f"192.0.2.1{node.name[-1]}:3306", f"127.0.0.1:{node.port}")
                for node in galera.nodes
            ),
            *(
                (f"192.0.2.2{n}:8080", f"127.0.0.1:{port}")
                for n, port in enumerate(self.servers, 1)
            ),
        ):
            assert old in text, old
            text = text.replace(old, new)
        assert not re.search(r"192\.0\.2\.\d", text)
        config = folder / "haproxy.cfg"
        config.write_text(text)
        command = ["setpriv", "--pdeathsig", "KILL", program("haproxy"), "-db", "-f", str(config)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def url(self, port: int) -> str:
        return f"mysql+pymysql://root@127.0.0.1:{port}/sippulse"

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


def answers(url: str) -> bool:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with suppress(sa.exc.OperationalError), engine.connect():
        return True
    return False
