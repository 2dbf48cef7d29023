"""The database server: its version, rights, character set, clock; the schema and its views."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from sippulse_ws.db.schema.revisions import current_revision, find_trouble
from sippulse_ws.db.schema.servers import server_version
from sippulse_ws.db.statements import Session
from sippulse_ws.ops.doctor.findings import Finding, error, fine, warning
from sippulse_ws.ops.partitions import TABLES, list_partitions, oldest_record
from sippulse_ws.ops.rights import missing_rights
from sippulse_ws.ops.views import find_broken_elsewhere, find_broken_views

MONTH = 31  # days
CLOCKS = 2.0  # seconds that may differ
LEAST_PACKET = 1 << 20  # bytes of max_allowed_packet; INSERTs of many rows have half as many
# docs/sql.md's queries: name, table, its name or alias in EXPLAIN, statement
QUERIES = (
    (
        "calls",
        "cdr",
        "c",
        (
            "SELECT call_start_time, dst_uri, duration, price FROM vi_cdrs WHERE accountcode = "
            "'600002@example.com' AND service = 'pstn' AND call_start_time BETWEEN "
            "'2026-03-01 00:00:00' AND '2026-03-31 23:59:59' ORDER BY call_start_time"
        ),
    ),
    ("call", "cdr", "c", "SELECT * FROM vi_cdrs WHERE sip_call_id = 'a84b4c76e66710@198.51.100.7'"),
    (
        "failures",
        "acc",
        "acc",
        (
            "SELECT time, dst_uri, sip_code, sip_reason FROM acc WHERE accountcode = "
            "'600002@example.com' AND time >= '2026-03-01' AND time < '2026-04-01'"
        ),
    ),
    (
        "subscriber",
        "subscriber",
        "subscriber",
        "SELECT id FROM subscriber WHERE contract_number = '1'",
    ),
)


def check_version(db: Session) -> Iterator[Finding]:
    found = server_version(db)
    if found.needed is None:
        yield fine("database", "is", what=found.version)
    else:
        yield error("database", "database-old", version=found.version, needed=found.needed)


def check_rights(db: Session, own: str) -> Iterator[Finding]:
    if missing := missing_rights(db, "serve", own):
        yield error("rights", "rights-missing", rights=", ".join(missing))
    elif missing := missing_rights(db, "db upgrade", own):
        yield warning("rights", "rights-missing", rights=", ".join(missing))
    else:
        yield fine("rights")


def check_character_set(db: Session) -> Iterator[Finding]:
    if db.is_sqlite:
        yield fine("character set", "not-needed")
        return
    query = (
        "SELECT schema_name FROM information_schema.schemata WHERE schema_name = DATABASE() "
        "AND default_character_set_name <> 'utf8mb4' UNION ALL "
        "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() "
        "AND table_collation NOT LIKE 'utf8mb4%%'"
    )
    others = [str(row[0]) for row in db.exec_driver_sql(query)]
    if others:
        yield warning("character set", "charset", what=", ".join(others[:5]))
    else:
        yield fine("character set")


def check_clock(db: Session) -> Iterator[Finding]:
    if db.is_sqlite:
        yield fine("clock", "not-needed")
        return
    theirs = db.exec_driver_sql("SELECT UTC_TIMESTAMP(6)").scalar()
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    apart = abs((now - theirs).total_seconds()) if isinstance(theirs, dt.datetime) else 0.0
    if apart > CLOCKS:
        yield warning("clock", "clock", seconds=round(apart, 1))
    else:
        yield fine("clock")


def check_packet(db: Session) -> Iterator[Finding]:
    if db.is_sqlite:
        yield fine("packet", "not-needed")
        return
    size = int(db.exec_driver_sql("SELECT @@max_allowed_packet").scalar() or 0)
    if size < LEAST_PACKET:
        yield warning("packet", "packet-small", size=size, needed=LEAST_PACKET)
    else:
        yield fine("packet")


def check_schema(db: Session) -> Iterator[Finding]:
    if trouble := find_trouble(db):
        yield error("schema", "schema", trouble=trouble)
    else:
        yield fine("schema", "is", what=current_revision(db))


def check_views(db: Session) -> Iterator[Finding]:
    broken, elsewhere = find_broken_views(db), find_broken_elsewhere(db)
    for one in broken:
        yield error("views", "view-broken", name=one.name, reason=one.reason)
    for one in elsewhere:
        yield error("views", "view-broken-elsewhere", name=one.name, reason=one.reason)
    if not broken + elsewhere:
        yield fine("views")


def check_partitions(db: Session) -> Iterator[Finding]:
    """Partitions must go on for 14 days; with none, no record may be older than a month."""
    if db.is_sqlite:
        yield fine("partitions", "not-needed")
        return
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    soon, old = now + dt.timedelta(days=14), now - dt.timedelta(days=MONTH)
    late = False
    for table in TABLES:
        ends = [one.end for one in list_partitions(db, table) if one.end is not None]
        if ends and max(ends) < soon:
            late = True
            yield warning("partitions", "partitions-end", table=table, end=max(ends).date())
        elif not ends and (oldest := oldest_record(db, table)) is not None and oldest < old:
            late = True
            yield warning("partitions", "partitions-none", table=table, oldest=oldest.date())
    if not late:
        yield fine("partitions")


def check_indexes(db: Session) -> Iterator[Finding]:
    slow = False
    for name, table, alias, query in QUERIES:
        if not _uses_index(db, alias, query):
            slow = True
            yield warning("indexes", "no-index", query=name, table=table)
    if not slow:
        yield fine("indexes")


def _uses_index(db: Session, table: str, query: str) -> bool:
    if db.is_sqlite:
        plan = [str(row[3]) for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]
        return not any(re.match(rf"SCAN {table}\b(?!.*USING)", step) for step in plan)
    mariadb = getattr(db.dialect, "is_mariadb", False)
    how = "EXPLAIN" if mariadb else "EXPLAIN FORMAT=TRADITIONAL"  # MySQL 9 draws a tree
    for row in db.exec_driver_sql(f"{how} {query}").mappings():
        read = str(row["table"] or "")
        if read == table and row["key"] is None and row["possible_keys"] is None:
            return False
    return True
