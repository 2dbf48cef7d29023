"""What the metrics say of charging: calls without a price, errors of admission."""

import datetime as dt

import sqlalchemy as sa

from sippulse_ws.charging.backlog import purge_errors, read_backlog
from sippulse_ws.db import Database
from sippulse_ws.models import AdmissionError, RawCall


def test_the_backlog_is_counted_and_old_errors_are_forgotten(installed_url: str) -> None:
    database = Database(installed_url)
    now = dt.datetime.now(dt.UTC)
    try:
        fixed = {"account": "1000@x", "number": "55", "call_id": "c", "error": "e"}
        ages = [dt.timedelta(minutes=59), dt.timedelta(minutes=61), dt.timedelta(days=31)]
        at = {"started": now, "ended": now, "duration_ms": 1}
        ago = now - dt.timedelta(seconds=90)
        with database.writing() as db:
            for table in (AdmissionError, RawCall):  # of tests before this one
                db.execute(sa.delete(table))
            before = read_backlog(db)
            db.execute(sa.insert(AdmissionError), [fixed | {"at": now - age} for age in ages])
            raws = [{"call_id": f"c{state}", "state": state} for state in range(4)]
            db.execute(sa.insert(RawCall), [at | one | {"received_at": ago} for one in raws])
            found = read_backlog(db)
        assert (before.waiting, before.oldest, before.unrated, before.errors) == (0, 0, 0, 0)
        assert (found.waiting, found.unrated, found.errors) == (1, 1, 1)
        assert found.oldest >= 90
        assert not purge_errors(database)
        with database.writing() as db:
            left = db.scalar(sa.select(sa.func.count()).select_from(AdmissionError))
        assert left == 2
    finally:
        with database.writing() as db:
            db.execute(sa.delete(AdmissionError))
            db.execute(sa.delete(RawCall))
        database.close()
