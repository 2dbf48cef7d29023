"""`acc.time` becomes the operator's: what proxies wrote in UTC, once, and nothing else."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from sippulse_ws.charging.acc_times import convert_acc_times
from sippulse_ws.db import Session

pytestmark = pytest.mark.engines("mariadb")

BRAZIL, UTC = ZoneInfo("America/Sao_Paulo"), ZoneInfo("UTC")


def failed_call(db: Session, time: str, method: str = "INVITE") -> None:
    values = {"time": time, "callid": f"call at {time}", "method": method}
    db.execute(
        sa.text("INSERT INTO acc (time, callid, method) VALUES (:time, :callid, :method)"), values
    )


def times(db: Session) -> list[str]:
    rows = db.execute(sa.text("SELECT time FROM acc ORDER BY id")).scalars()
    return [f"{one:%Y-%m-%d %H:%M:%S}" for one in rows]


@pytest.fixture(autouse=True)
def begun(db: Session) -> None:
    """One row of before stays as it is."""
    failed_call(db, "2026-01-01 12:00:00")
    convert_acc_times(db, BRAZIL)


def test_times_of_proxies_become_the_operators(db: Session) -> None:
    failed_call(db, "2026-03-24 12:27:20")
    failed_call(db, "2019-02-17 02:30:00")  # summer time has just ended
    failed_call(db, "2018-11-04 03:00:00")  # and just begun
    for _ in range(3):
        convert_acc_times(db, BRAZIL)
    assert times(db) == [
        "2026-01-01 12:00:00",
        "2026-03-24 09:27:20",
        "2019-02-16 23:30:00",
        "2018-11-04 01:00:00",
    ]


def test_what_was_imported_stays(db: Session) -> None:
    failed_call(db, "2026-03-24 12:27:20", method="")
    convert_acc_times(db, BRAZIL)
    assert times(db)[1] == "2026-03-24 12:27:20"


def test_nothing_changes_where_the_zone_is_utc(db: Session) -> None:
    failed_call(db, "2026-03-24 12:27:20")
    convert_acc_times(db, UTC)
    convert_acc_times(db, BRAZIL)
    assert times(db)[1] == "2026-03-24 12:27:20"


def test_the_newest_rows_wait_a_moment(db: Session) -> None:
    now = f"{dt.datetime.now(dt.UTC) + dt.timedelta(seconds=20):%Y-%m-%d %H:%M:%S}"
    failed_call(db, now)
    assert convert_acc_times(db, BRAZIL) == 0
    assert times(db)[1] == now
