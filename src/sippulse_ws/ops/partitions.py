"""Monthly partitions of `cdr`, `acc` and `call_raw` on MariaDB and MySQL.

Partition p202603 holds records that began before 1 April 2026 and are in no older partition;
`p_future` holds those later than all others, so that every record has a partition.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.wording import Wording

TABLES = {"cdr": "call_start_time", "acc": "time", "call_raw": "started"}
RAW, RAW_NEW, RAW_UNRATED = "call_raw", 0, 2
# Older records share the oldest partition: a wrong clock must not make thousands.
MONTHS_BACK = 240
_LOCK_SECONDS = 60


class PartitionGrew(DomainError):
    code = "partition-grew"
    wording = Wording(
        "Partição {partition} mudou durante o arquivamento; tente novamente",
        "Partition {partition} changed while it was archived; try again",
    )


class CallsNotRated(DomainError):
    code = "calls-not-rated"
    wording = Wording(
        "Partição {partition} de call_raw tem {count} chamadas ainda sem preço: {advice}",
        "Partition {partition} of call_raw has {count} calls without a price yet: {advice}",
    )


_WAIT = Wording("espere o processo em segundo plano", "wait for the background process")
_RATE_OR_ARCHIVE = Wording(
    "use calls unrated --again ou --archive-to", "use calls unrated --again or --archive-to"
)


@dataclass(frozen=True)
class Partition:
    """Rows from `start` to before `end`; None: no bound. `rows` is the server's estimate."""

    table: str
    name: str
    start: dt.datetime | None
    end: dt.datetime | None
    rows: int


def month_start(day: dt.date, months: int = 0) -> dt.datetime:
    """The first day of the month that is `months` after (if negative, before) that of `day`."""
    number = day.year * 12 + day.month - 1 + months
    return dt.datetime(number // 12, number % 12 + 1, 1)  # noqa: DTZ001 - as the tables' clocks


def list_partitions(db: Session, table: str) -> list[Partition]:
    rows = db.exec_driver_sql(
        "SELECT partition_name, partition_description, table_rows FROM "
        "information_schema.partitions WHERE table_schema = DATABASE() AND table_name = %s "
        "ORDER BY partition_ordinal_position",
        (table,),
    ).all()
    found: list[Partition] = []
    for name, bound, count in rows:
        start = found[-1].end if found else None
        end = None if bound == "MAXVALUE" else dt.datetime.fromisoformat(bound.strip("'"))
        found.append(Partition(table, name, start, end, count))
    return found


def create_partitions(db: Session, table: str, today: dt.date, ahead: int) -> list[str]:
    """Add the missing partitions, one a month, from the oldest record to `ahead` months from now.

    Returns the names of the new ones.
    """
    _wait_little(db)
    partitions = list_partitions(db, table)
    oldest = max(_oldest(db, partitions) or today, month_start(today, -MONTHS_BACK).date())
    past = (today.year - oldest.year) * 12 + today.month - oldest.month
    bounds = [month_start(today, n + 1) for n in range(min(-past, 0), ahead + 1)]
    created: list[str] = []
    for one in partitions:
        missing = [
            bound
            for bound in bounds
            if (one.start is None or one.start < bound) and (one.end is None or bound < one.end)
        ]
        if missing:
            pieces = [_definition(_name(bound), bound) for bound in missing]
            pieces.append(_definition(one.name, one.end))
            db.exec_driver_sql(
                f"ALTER TABLE {table} REORGANIZE PARTITION {one.name} INTO ({', '.join(pieces)})"
            )
            created += [_name(bound) for bound in missing]
    return created


def partitions_before(db: Session, table: str, month: dt.datetime) -> list[Partition]:
    """Partitions that end before this month begins, the oldest first."""
    return [one for one in list_partitions(db, table) if one.end is not None and one.end <= month]


def require_rated(db: Session, partition: Partition, *, archived: bool) -> None:
    """CallsNotRated if dropping raw records would lose money.

    That is so for calls that are not rated yet and, without an archive, calls that could not be.
    """
    if partition.table != RAW:
        return
    new = _count(db, partition, f"WHERE state = {RAW_NEW}")
    if new:
        raise CallsNotRated(partition=partition.name, count=new, advice=_WAIT)
    unrated = 0 if archived else _count(db, partition, f"WHERE state = {RAW_UNRATED}")
    if unrated:
        raise CallsNotRated(partition=partition.name, count=unrated, advice=_RATE_OR_ARCHIVE)


def drop_partition(db: Session, partition: Partition, archived: int | None) -> None:
    """Remove a partition with its rows; PartitionGrew if they are not as many as were archived."""
    table, name = partition.table, partition.name
    _wait_little(db)
    db.exec_driver_sql(f"LOCK TABLES {table} WRITE")
    try:
        if archived is not None and archived != _count(db, partition):
            raise PartitionGrew(partition=name)
        require_rated(db, partition, archived=archived is not None)
        db.exec_driver_sql(f"ALTER TABLE {table} DROP PARTITION {name}")
    finally:
        db.exec_driver_sql("UNLOCK TABLES")


def oldest_record(db: Session, table: str) -> dt.datetime | None:
    """When the first call of the table began."""
    query = f"SELECT MIN(`{TABLES[table]}`) FROM {table}"  # noqa: S608 - one of ours
    found: dt.datetime | None = db.exec_driver_sql(query).scalar()
    return found


def _oldest(db: Session, partitions: list[Partition]) -> dt.date | None:
    for one in partitions:
        column = TABLES[one.table]
        found = db.exec_driver_sql(
            f"SELECT MIN(`{column}`) FROM {one.table} PARTITION ({one.name})"  # noqa: S608
        ).scalar()
        if found is not None:
            return dt.date(found.year, found.month, 1)
    return None


def _count(db: Session, partition: Partition, which: str = "") -> int:
    table, name = partition.table, partition.name
    query = f"SELECT COUNT(*) FROM {table} PARTITION ({name}) {which}"  # noqa: S608
    return int(db.exec_driver_sql(query).scalar_one())


def _name(bound: dt.datetime) -> str:
    """The partition's name for the month that ends at `bound`."""
    return f"p{month_start(bound, -1):%Y%m}"


def _definition(name: str, end: dt.datetime | None) -> str:
    bound = "MAXVALUE" if end is None else f"'{end:%Y-%m-%d}'"
    return f"PARTITION {name} VALUES LESS THAN ({bound})"


def _wait_little(db: Session) -> None:
    # while we wait for a table's lock, all later queries wait behind us
    db.exec_driver_sql(f"SET SESSION lock_wait_timeout = {_LOCK_SECONDS}")
