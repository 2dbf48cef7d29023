"""`proxy recover`: call records out of Kamailio's log, when nothing else has them."""

import datetime as dt
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sippulse_ws.db import Database
from sippulse_ws.models import RawCall
from tests.fixtures.server import Cli

FIELDS = (
    "1000@example.com Example.com 1000 sip:1000@example.com sip:55@192.0.2.1 5548 pstn DEFAULT "
    "agent 192.0.2.9 3 192.0.2.1 prepaid 17 call-1 from-1"
).split()


def line(call: list[str], answer: str = "to-1 192.0.2.1", cut: str = "") -> str:
    def encoded(texts: list[str]) -> str:
        return ".".join(text.encode().hex() for text in texts)

    filled = call + [""] * (20 - len(call))
    return (
        " 2(71) NOTICE: acc [acc_cdr.c:395]: log_write_cdr(): start_time=1795677851.876; "
        f"end_time=1795677857.569; duration=5.693; answer={encoded(answer.split())}; cut={cut}; "
        f"call={encoded(filled)}\n"
    )


def rows(url: str) -> list[Any]:
    database = Database(url)
    with database.reading() as db:
        found = db.execute(sa.select(*RawCall.__table__.columns).order_by(RawCall.leg)).all()
    with database.writing() as db:
        db.execute(sa.delete(RawCall))
    database.close()
    return list(found)


def test_a_lost_record_comes_back_once(cli: Cli, installed_url: str, tmp_path: Path) -> None:
    log = tmp_path / "kamailio.log"
    log.write_text("nothing\n" + line(FIELDS) * 2)
    told = cli("proxy", "recover", str(log), "--proxy", "kam1")
    assert "1 stored, 1 known" in told.stdout
    (row,) = rows(installed_url)
    expected = {
        "proxy": "kam1",
        "call_id": "call-1",
        "to_tag": "to-1",
        "account": "1000@example.com",
        "caller_domain": "example.com",
        "gateway_id": 3,
        "hold_id": 17,
        "dst_ip": "192.0.2.1",
        "service": "pstn",
        "duration_ms": 5693,
        "state": 0,
    }
    assert {name: getattr(row, name) for name in expected} == expected
    assert row.started == dt.datetime(2026, 11, 26, 7, 24, 11, 876000, dt.UTC)


def test_two_legs_and_a_call_that_was_cut(cli: Cli, installed_url: str, tmp_path: Path) -> None:
    log = tmp_path / "kamailio.log"
    second = ["1001@example.com", "4899", "prepaid", "18"]
    log.write_text(line([*FIELDS, *second], cut="1"))
    cli("proxy", "recover", str(log))
    out, came = rows(installed_url)
    assert (out.service, out.ended_by, out.hold_id) == ("timeout", "proxy", 17)
    assert (came.service, came.account, came.number) == ("0800", "1001@example.com", "4899")


def test_bytes_that_are_no_text_lose_no_call(cli: Cli, installed_url: str, tmp_path: Path) -> None:
    log = tmp_path / "kamailio.log"
    broken = line(FIELDS).replace(b"agent".hex(), "ff41")
    log.write_text(broken)
    cli("proxy", "recover", str(log))
    (row,) = rows(installed_url)
    assert row.user_agent.endswith("A")
