"""Compares the old server's answers with ours, by the same operations."""

from __future__ import annotations

from typing import Any

from sippulse_ws.cutover import reads
from sippulse_ws.cutover.report import MigrationReport
from sippulse_ws.cutover.source import Record, Source, SourceFault
from sippulse_ws.models import Subscriber

# Fields that a server sets itself, or that change with time.
_MOVING = {
    "location": ("last_modified", "expires", "callid", "cseq", "user_agent", "id"),
    "address": ("group", "pattern", "context_info", "port"),
}
_CENT = 5e-7  # half of the last decimal of our amounts


def compare_account(report: MigrationReport, ours: Source, theirs: reads.OldAccount) -> bool:
    """Whether our server returns the same for this account; differences are reported."""
    report.compared += 1
    record = theirs.subscriber
    try:
        mine = reads.read_account(ours, record["username"], record["domain"])
    except SourceFault as fault:
        report.differ(theirs.code, [str(fault)])
        return False
    untold = {operation for operation, _ in theirs.untold}
    fields = [
        name
        for name, value in record.items()
        if reads.PASSWORDS.get(name) not in untold
        and _differs(name, value, mine.subscriber.get(name))
    ]
    for kind, rows in theirs.lists.items():
        if rows is not None and _stable(kind, rows) != _stable(kind, mine.lists[kind] or []):
            fields.append(kind)
    report.differ(theirs.code, fields)
    return not fields


def compare_group(report: MigrationReport, ours: Source, theirs: Record) -> None:
    report.compared += 1
    manager = theirs["account_manager"]
    mine = reads.read_group(ours, manager) or {}
    same = mine.get("manager_profile") == theirs["manager_profile"]
    same = same and sorted(mine.get("account", [])) == sorted(theirs["account"])
    report.differ(f"account group {manager}", [] if same else ["account"])


def compare_objects(
    report: MigrationReport, kind: str, theirs: list[Record], mine: list[Record]
) -> None:
    """Compare objects of a domain by id; also reports those that only our server has."""
    here = {one["id"]: one for one in mine}
    for one in theirs:
        report.compared += 1
        other = here.pop(one["id"], None)
        if other is None:
            report.differ(f"{kind} {one['id']} of {one['domain']}", ["id"])
            continue
        names = [
            name
            for name, value in one.items()
            if name != "password" and _differs(name, value, other.get(name))
        ]
        report.differ(f"{kind} {one['id']} of {one['domain']}", names)
    report.only_here += [f"{kind} {one['id']} of {one['domain']}" for one in here.values()]


def compare_numbers(
    report: MigrationReport, domain: str, theirs: list[str], mine: list[str]
) -> None:
    report.compared += 1
    differ = sorted(theirs) != sorted(mine)
    report.differ(f"free numbers of {domain}", ["did"] if differ else [])


def _differs(name: str, theirs: Any, mine: Any) -> bool:
    """Whether two values differ; a reference of 0 equals none, and a default equals absence."""
    if name.endswith("_id") and not theirs and not mine:
        return False
    column = Subscriber.__table__.columns.get(name)
    if theirs is None and column is not None and not column.nullable:
        return False
    if isinstance(theirs, float) and isinstance(mine, float):
        return abs(theirs - mine) > _CENT
    return bool(theirs != mine)


def _stable(kind: str, rows: list[Record]) -> list[str]:
    moving = _MOVING.get(kind, ())
    return sorted(
        repr(sorted((name, value) for name, value in row.items() if name not in moving))
        for row in rows
    )
