"""Whatever a proxy writes as a call's record is stored or counted, and stops no other's rating."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.charging.log_records import read_records, store_missing
from sippulse_ws.charging.rating import RatingWorker
from sippulse_ws.db import Database
from tests.fixtures.proxy_functions import Functions, functions

__all__ = ["functions"]
pytestmark = pytest.mark.engines("mariadb")

AT = 1774355240.25


def told(call_id: str, **values: Any) -> str:
    fields = ["odd@example.com", "example.com", "1000", "", "", "5548999990000", "pstn"]
    fields += ["", "", "", "", "", "postpaid", "", call_id, "t"]
    fields += [""] * 4
    call = ".".join(one.encode().hex() for one in fields)
    return json.dumps({"call": call, "start_time": AT, "end_time": AT + 60} | values)


NO_HEX = "a call that is no hexadecimal"
ODD: dict[str, dict[str, Any]] = {
    "before 1970": {"start_time": -5000, "end_time": AT},
    "never began": {"start_time": 0},
    "ended before it began": {"end_time": AT - 3600},
    "beyond the calendar": {"start_time": 9e11, "end_time": 9e11 + 60},
    "beyond all numbers": {"start_time": 1e30, "end_time": 1e30},
    "no times": {"start_time": None, "end_time": None},
    "words": {"start_time": "now", "end_time": "'; DROP TABLE cdr; --"},
    "a call of nothing": {"call": ""},
    NO_HEX: {"call": "zz.zz.'.\\.zz"},
    "began, never ended": {"end_time": None},
    "no UTF-8": {"answer": "746167ff.313932"},
    "halves of characters": {"answer": "746167eda080.313932"},
    "emoji": {"call": "f09f9880." * 20, "answer": "f09f9880.ff"},
}


def test_odd_records(functions: Functions, installed_url: str) -> None:
    odd = [told(name, **values) for name, values in ODD.items()]
    for text in [*odd, "", "no JSON", "[]", "null", "{}", told("plain")]:
        # what the function does not take comes again for ever, before all others
        assert functions("sippulse_record('p', :r)", r=text) == 1
    database = Database(installed_url)
    worker = RatingWorker("America/Sao_Paulo")
    while worker.run(database):
        pass
    database.close()
    query = "SELECT call_id, state, duration_ms, YEAR(started) > 2000 AS year FROM call_raw"
    with functions.engine.connect() as db:
        rows = db.execute(sa.text(query)).all()
    assert all(row.state != 0 and row.year for row in rows), rows
    durations = {row.call_id: row.duration_ms for row in rows}
    assert durations["plain"] == durations["no UTF-8"] == 60_000
    assert durations["halves of characters"] == 60_000
    assert durations["began, never ended"] == 0
    assert set(ODD) - set(durations) <= {"a call of nothing", NO_HEX, "emoji"}


@pytest.mark.parametrize("tag", ["746167ff", "808182", "c3a3", "f09f9880", "eda080", "c0af", "00"])
def test_the_log_finds_what_the_queue_brought(
    functions: Functions, installed_url: str, tag: str
) -> None:
    """Whatever bytes a phone's tag has: a call that was recorded is not recorded twice."""
    record = told(f"tag {tag}", answer=f"{tag}.313932")
    assert functions("sippulse_record('p', :r)", r=record) == 1
    text = f"log_write_cdr(): start_time={AT}; end_time={AT + 60}; duration=60.0; "
    text += f"answer={tag}.313932; cut=; call={json.loads(record)['call']}"
    database = Database(installed_url)
    with database.writing() as db:
        assert store_missing(db, read_records([text]), "p") == (0, 1)
    database.close()
