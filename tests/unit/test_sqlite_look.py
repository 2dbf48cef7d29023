"""A look at SQLite's file takes nothing from the connections that this process has to it."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from sippulse_ws.db import Database

_OTHER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("INSERT INTO t VALUES (1)")
db.commit()
db.close()
"""


def test_another_process_still_sees_that_the_database_is_in_use(tmp_path: Path) -> None:
    """Or else it takes the log away at its end, and what we write next is lost or damaged."""
    path = tmp_path / "ção 100%.db"
    with closing(sqlite3.connect(path)) as ours:
        ours.execute("PRAGMA journal_mode=WAL")
        ours.execute("CREATE TABLE t (n INTEGER)")
        ours.commit()
        looking = Database(f"sqlite:///{path}")
        assert looking.find_misplaced_file() is None
        looking.close()
        subprocess.run([sys.executable, "-c", _OTHER, str(path)], check=True, timeout=120)
        assert path.with_name(f"{path.name}-wal").exists()
        assert ours.execute("SELECT COUNT(*) FROM t").fetchone() == (1,)


@pytest.mark.parametrize(
    ("content", "wrong"), [(b"", False), (b"hello", True), (b"x" * 9000, True)]
)
def test_a_file_of_another_kind_is_found(tmp_path: Path, content: bytes, wrong: bool) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    database = Database(f"sqlite:///{path}")
    assert (database.find_misplaced_file() is not None) == wrong
    database.close()
    assert path.read_bytes() == content
