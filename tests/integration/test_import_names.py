"""`import subscribers` into an empty installation: what an earlier batch has taken is taken."""

from pathlib import Path

import sqlalchemy as sa

from sippulse_ws.db import Database
from sippulse_ws.models import Subscriber
from tests.fixtures.server import Cli

OTHERS = 1100  # more than a batch


def test_an_alias_of_an_earlier_batch_is_no_username_of_a_later_one(
    cli: Cli, installed_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "subscribers.csv"
    lines = ["username,domain,profile,password,alias_1", "1000,example.com,DEFAULT,Segr3do-1,9999"]
    lines += [f"2{n:04},example.com,DEFAULT,Segr3do-1," for n in range(OTHERS)]
    lines += ["9999,example.com,DEFAULT,Segr3do-1,", "3000,example.com,DEFAULT,Segr3do-1,"]
    file.write_text("\n".join(lines) + "\n")
    said = cli("import", "subscribers", str(file), status=1)
    assert f":{OTHERS + 3}: " in said.stderr
    assert "9999" in said.stderr
    assert f"{OTHERS + 2} stored, 1 refused" in said.stdout
    # once more: all are known, the one stays refused
    again = cli("import", "subscribers", str(file), status=1)
    assert f"0 stored, {OTHERS + 2} known already, 1 refused" in again.stdout
    database = Database(installed_url)
    with database.reading() as db:
        count = db.scalar(sa.select(sa.func.count()).select_from(Subscriber))
    database.close()
    assert count == OTHERS + 2
