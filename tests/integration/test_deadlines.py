"""A statement that runs beyond its thread's deadline is cut off, whatever the driver."""

from time import monotonic

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Database
from sippulse_ws.db.connections.deadlines import Deadline, DeadlinePassed
from sippulse_ws.db.connections.engine import STATEMENT_SECONDS

# Counts without end: on either engine it takes hours.
ENDLESS = sa.text(
    "WITH RECURSIVE a(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a WHERE n < 1000000000)"
    " SELECT MAX(n) FROM a"
)


@pytest.mark.parametrize("kind", ["reading", "writing"])
def test_a_statement_that_takes_too_long_is_cut_off(database_url: str, kind: str) -> None:
    database = Database(database_url)
    statement = ENDLESS if database.is_sqlite else sa.select(sa.func.sleep(200))
    use = getattr(database, kind)
    with use() as db:  # there is a connection
        assert db.scalar(sa.select(1)) == 1
    started = monotonic()
    with pytest.raises((sa.exc.OperationalError, DeadlinePassed)), Deadline(2), use() as db:
        db.execute(statement)
    assert monotonic() - started < STATEMENT_SECONDS - 10
    with use() as db:
        assert db.scalar(sa.select(1)) == 1
    database.close()
