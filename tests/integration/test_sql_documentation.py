"""The statements of docs/sql.md do what it says, on MariaDB."""

import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Session
from tests.explain import explain

TEXT = (Path(__file__).parents[2] / "docs" / "sql.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"<!-- example: (\w+) -->\n```sql\n(.*?)```", TEXT, re.DOTALL))

pytestmark = pytest.mark.engines("mariadb")


def run(db: Session, name: str) -> Any:
    """The result of the last statement of an example."""
    result = None
    for statement in EXAMPLES[name].split(";"):
        if statement.strip():
            result = db.exec_driver_sql(statement)
    return result


def test_a_record_written_as_documented_is_found_by_the_documented_queries(
    db: Session,
) -> None:
    run(db, "insert")
    db.exec_driver_sql(
        "INSERT INTO acc (time, callid, accountcode, sip_code, sip_reason, dst_uri) VALUES "
        "('2026-03-24 09:27:20', 'x', '600002@example.com', '408', 'Request Timeout', 'sip:1@x')"
    )
    (call,) = run(db, "calls").all()
    assert (call.dst_uri, call.duration, call.price) == (
        "sip:554830258080@201.64.23.11",
        "127",
        0.42,
    )
    (service,) = run(db, "services").all()
    assert (service.service, service.calls, service.seconds) == ("pstn", 1, 127)
    (failure,) = run(db, "failures").all()
    assert (failure.sip_code, failure.sip_reason) == ("408", "Request Timeout")
    assert run(db, "call").all() == []
    (whole,) = db.exec_driver_sql("SELECT * FROM vi_cdrs").all()
    assert (whole.rateplan_name, whole.gwid, whole.provider_name, whole.reseller_name) == (
        "PRÉ-BRONZE",
        12001,
        "OperadoraSul",
        "Revenda ACME",
    )


def test_snapshots_are_found_again_and_a_repeated_call_is_an_error(db: Session) -> None:
    run(db, "insert")
    with pytest.raises(sa.exc.IntegrityError, match="1062"):
        run(db, "insert")
    for table in ("cdr_rate_plan", "cdr_gateway", "cdr_provider", "cdr_reseller", "cdr"):
        assert db.exec_driver_sql(f"SELECT COUNT(*) FROM {table}").scalar_one() == 1


@pytest.mark.parametrize(
    ("name", "table", "index"),
    [
        ("calls", "c", "ix_cdr_accountcode_service_call_start_time"),
        ("services", "c", "ix_cdr_caller_domain_call_start_time"),
        ("call", "c", "uq_cdr_call"),
        ("failures", "acc", "ix_acc_accountcode_time"),
    ],
)
def test_the_documented_queries_use_an_index(
    db: Session, name: str, table: str, index: str
) -> None:
    run(db, "insert")
    for row in explain(db, EXAMPLES[name].strip().rstrip(";")):
        if row["table"] == table:
            assert index in row["possible_keys"].split(",")
            return
    pytest.fail("the table is not read")
