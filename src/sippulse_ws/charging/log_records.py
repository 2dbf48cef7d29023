"""Recovers records of completed calls from Kamailio's log, the last resort.

Kamailio's accounting module writes a line for each call, besides its record in the queue. Records
that are in the database already stay as they are.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import insert, select, update

from sippulse_ws.charging.dead_holds import release_hold
from sippulse_ws.charging.rating import NEW
from sippulse_ws.db.statements import Session
from sippulse_ws.domain.stored_settings import charging_is_on
from sippulse_ws.models import CallHold, RawCall

_LINE = re.compile(
    r"log_write_cdr\(\): start_time=(?P<start>[\d.]*); end_time=(?P<end>[\d.]+); "
    r"duration=[\d.]*; answer=(?P<answer>[0-9A-Fa-f.]*); cut=(?P<cut>\w*); "
    r"call=(?P<call>[0-9A-Fa-f.]+)"
)
# In the order of route[DESCRIBE], with the length of each column.
_FIELDS = {
    "account": 129,
    "caller_domain": 255,
    "caller_id": 255,
    "src_uri": 255,
    "dst_uri": 255,
    "number": 64,
    "service": 32,
    "profile": 64,
    "user_agent": 255,
    "src_ip": 45,
    "gateway_id": 10,
    "gateway_address": 64,
    "basis": 16,
    "hold_id": 20,
    "call_id": 255,
    "from_tag": 192,
    "second_account": 129,
    "second_number": 64,
    "second_basis": 16,
    "second_hold": 20,
}
_MAYBE = ("account", "caller_id", "service", "profile", "gateway_address")
# MariaDB's latin1 is windows-1252, with control characters where that has no character.
_WINDOWS = {
    byte: text for byte in range(0x80, 0xA0) if (text := bytes([byte]).decode("cp1252", "ignore"))
}
_KEY = ("call_id", "from_tag", "to_tag", "leg", "started")


def read_records(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The call records in a log; other lines are ignored."""
    for line in lines:
        if found := _LINE.search(line):
            yield from _legs(found)


def store_missing(db: Session, records: Iterable[dict[str, Any]], proxy: str) -> tuple[int, int]:
    """Store the records that are missing; returns how many were stored, how many were there."""
    stored = known = 0
    on = charging_is_on(db)
    for record in records:
        same = (getattr(RawCall, name) == record[name] for name in _KEY)
        if db.execute(select(RawCall.id).where(*same)).first():
            known += 1
            continue
        state = NEW if on and record["basis"] != "off" else 3
        now = dt.datetime.now(dt.UTC)
        row = record | {"proxy": proxy, "received_at": now, "state": state}
        db.execute(insert(RawCall).values(row))
        if record["hold_id"] is not None:
            _end_hold(db, record["hold_id"], now, is_charged=state == NEW)
        stored += 1
    return stored, known


def _end_hold(db: Session, hold_id: int, now: dt.datetime, *, is_charged: bool) -> None:
    """End the hold as sippulse_record() does: rating reads it, or it is released if uncharged."""
    if is_charged:
        ended = (CallHold.id == hold_id, CallHold.ended_at.is_(None))
        db.execute(update(CallHold).where(*ended).values(ended_at=now))
    else:
        release_hold(db, hold_id)


def _legs(found: re.Match[str]) -> Iterator[dict[str, Any]]:
    texts = dict(zip(_FIELDS, found["call"].split("."), strict=False))
    told = {name: _text(texts.get(name, ""), size) for name, size in _FIELDS.items()}
    tag, _, address = found["answer"].partition(".")
    end = _moment(found["end"])
    start = _moment(found["start"]) if float(found["start"] or 0) > 0 else end
    record: dict[str, Any] = {name: told[name] for name in _FIELDS if "second_" not in name}
    record |= {name: told[name] or None for name in _MAYBE}
    record |= {name: _number(told[name]) for name in ("gateway_id", "hold_id")}
    record |= {
        "caller_domain": told["caller_domain"].lower(),
        "to_tag": _text(tag, 192),
        "dst_ip": _text(address, 45),
        "leg": 0,
        "started": start,
        "ended": end,
        "duration_ms": max(0, (end - start) // dt.timedelta(milliseconds=1)),
        "ended_by": "proxy" if found["cut"] else None,
    }
    if told["second_basis"]:
        came = {"leg": 1, "service": "0800", "account": told["second_account"] or None}
        came |= {"number": told["second_number"], "basis": told["second_basis"]}
        yield record | came | {"hold_id": _number(told["second_hold"])}
    yield record | ({"service": "timeout"} if found["cut"] else {})


def _text(hexadecimal: str, size: int) -> str:
    """Decode as sippulse_record() does, or a record that is there already would not be found."""
    raw = bytes.fromhex(hexadecimal[: len(hexadecimal) // 2 * 2])
    try:
        return raw.decode()[:size]
    except UnicodeDecodeError:
        return raw.decode("latin-1").translate(_WINDOWS)[:size]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _moment(text: str) -> dt.datetime:
    seconds, _, fraction = text.partition(".")
    moment = dt.datetime.fromtimestamp(int(seconds), dt.UTC)
    return moment + dt.timedelta(microseconds=int(f"{fraction:0<6.6}"))
