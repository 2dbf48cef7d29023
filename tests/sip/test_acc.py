"""Calls that were not completed have a row in `acc`, with the documented columns."""

import time
from typing import Any

import pytest
import sqlalchemy as sa

from tests.sip.conftest import DOMAIN, Telephones
from tests.sip.soap import RemoteSoap

pytestmark = [pytest.mark.sip, pytest.mark.engines("mariadb")]


def accounted(engine: sa.Engine, caller: str, rows: int = 1) -> list[dict[str, Any]]:
    """The caller's rows; waits until there are so many."""
    query = sa.text("SELECT * FROM acc WHERE caller_id = :caller ORDER BY id")
    deadline = time.monotonic() + 5
    while True:
        with engine.connect() as db:
            found = [dict(row._mapping) for row in db.execute(query, {"caller": caller})]
        if len(found) >= rows or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


def test_a_busy_call(telephones: Telephones, engine: sa.Engine) -> None:
    caller = telephones.registered("2000")
    telephones.registered("2001", on_invite=486)
    call = caller.call("2001")
    assert call.status == 486
    (row,) = accounted(engine, "2000")
    sent = dict(call.headers)
    assert row["callid"] == sent["Call-ID"]
    assert row["from_tag"] == sent["From"].partition("tag=")[2]
    expected = {
        "sip_code": "486",
        "sip_reason": "Busy Here",
        "src_uri": f"sip:2000@{DOMAIN}",
        "dst_uri": f"sip:2001@{DOMAIN}",
        "caller_domain": DOMAIN,
        "caller_id": "2000",
        "accountcode": f"2000@{DOMAIN}",
        "profile": "DEFAULT",
        "user_agent": "sippulse-ws tests",
        "src_ip": "127.0.0.1",
    }
    assert {name: row[name] for name in expected} == expected
    assert "method" not in row
    now = sa.select(sa.func.utc_timestamp())
    with engine.connect() as db:
        age = (db.execute(now).scalar_one() - row["time"]).total_seconds()
    # UTC, or the operator's time once the background process has seen it
    assert min(abs(age), abs(age - 3 * 3600)) < 60


def test_a_refused_call(telephones: Telephones, soap: RemoteSoap, engine: sa.Engine) -> None:
    caller = telephones.registered("2010")
    telephones.registered("2011")
    soap("SubscriberWS", "blockIncommingCalls", username="2011", domain=DOMAIN)
    assert caller.call("2011").status == 403
    (row,) = accounted(engine, "2010")
    assert (row["sip_code"], row["sip_reason"]) == ("403", "Incoming Calls Blocked")
    assert row["accountcode"] == f"2010@{DOMAIN}"


def test_a_completed_call_has_none(telephones: Telephones, engine: sa.Engine) -> None:
    caller = telephones.registered("2020")
    telephones.registered("2021")
    assert caller.call("2021").hang_up() == 200
    assert caller.call("2999").status == 404
    rows = accounted(engine, "2020")
    assert [row["sip_code"] for row in rows] == ["404"]
