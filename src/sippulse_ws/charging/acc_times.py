"""Converts `acc.time`, which SIP proxies write in UTC, to the operator's time zone.

Only rows of a proxy's accounting module (they always have a `method`) are converted, each once: a
stored setting has the last one's id. MariaDB and MySQL only, since proxies write to no other.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnClause, String, column, func, select, table, update

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.local_time import wall_time
from sippulse_ws.domain.stored_settings import find_stored, store_setting
from sippulse_ws.models import Acc
from sippulse_ws.models.types import WallTime

MARK = "acc_time"  # stored setting: the id of the last row that was converted
AT_ONCE = 500
# A row has its id before its commit shows it: the newest rows are left for the next run.
_SETTLED = dt.timedelta(seconds=2)
_SKEW = dt.timedelta(minutes=1)
_METHOD: ColumnClause[str] = column("method", String)
_acc = table("acc", column("id"), column("time", WallTime), _METHOD)


def convert_acc_times(db: Session, zone: ZoneInfo) -> int:
    """Convert the next rows; returns how many. Rows from before the first run stay as they are."""
    if db.is_sqlite:
        return 0
    stored = find_stored(db, MARK)
    if stored is None:
        newest = db.scalar(select(func.max(Acc.id))) or 0
        store_setting(db, MARK, str(newest))
        return 0
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    rows = db.execute(
        select(_acc.c.id, _acc.c.time, _METHOD)
        .where(_acc.c.id > int(stored))
        .order_by(_acc.c.id)
        .limit(AT_ONCE)
    ).all()
    last = int(stored)
    for row in rows:
        # beyond the skew the proxy's clock is wrong, and waiting would take too long
        if row.method and now - _SETTLED < row.time < now + _SKEW:
            break
        last = row.id
        local = wall_time(row.time.replace(tzinfo=dt.UTC), zone)
        if row.method and local != row.time:
            same = (_acc.c.id == row.id) & (_acc.c.time == row.time)
            db.execute(update(_acc).where(same).values(time=local))
    if last == int(stored):
        return 0
    store_setting(db, MARK, str(last))
    return len(rows)
