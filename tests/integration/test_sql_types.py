"""vi_cdrs and acc have the document's columns, in its order and with its types."""

import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Session
from tests.contract.sql_views import DOCUMENTED

# Wider than documented, because today's values need it: docs/compatibility.md.
WIDER = {
    ("vi_cdrs", "accountcode"): "varchar(129)",
    ("vi_cdrs", "profile"): "varchar(64)",
    ("vi_cdrs", "user_agent"): "varchar(255)",
    ("vi_cdrs", "src_ip"): "varchar(45)",
    ("acc", "sip_reason"): "varchar(128)",
    ("acc", "accountcode"): "varchar(129)",
    ("acc", "profile"): "varchar(64)",
    ("acc", "user_agent"): "varchar(255)",
    ("acc", "src_ip"): "varchar(45)",
}
COLUMNS = sa.text(
    "SELECT column_name, column_type FROM information_schema.columns "
    "WHERE table_schema = DATABASE() AND table_name = :name AND extra NOT LIKE '%INVISIBLE%' "
    "ORDER BY ordinal_position"
)


@pytest.mark.parametrize("name", DOCUMENTED)
@pytest.mark.engines("mariadb")
def test_types_are_as_documented(db: Session, name: str) -> None:
    found = [(row[0], row[1]) for row in db.execute(COLUMNS, {"name": name})]
    expected = [
        (column, WIDER.get((name, column), kind)) for column, kind in DOCUMENTED[name].items()
    ]
    if not getattr(db.dialect, "is_mariadb", False):  # MySQL 8 and later have no display widths
        expected = [(column, re.sub(r"^int\(\d+\)", "int", kind)) for column, kind in expected]
    assert [(column, kind.replace("bigint(20)", "bigint")) for column, kind in found] == expected


@pytest.mark.parametrize("name", DOCUMENTED)
def test_select_star_shows_the_documents_columns(db: Session, name: str) -> None:
    assert list(db.execute(sa.text(f"SELECT * FROM {name}")).keys()) == list(DOCUMENTED[name])


@pytest.mark.parametrize("table", ["vi_cdrs", "acc"])
def test_every_widening_is_named_in_the_documentation(table: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / "compatibility.md").read_text()
    for (name, column), kind in WIDER.items():
        if name == table:
            assert f"| `{table}.{column}` | {DOCUMENTED[table][column]} | {kind} |" in text


@pytest.mark.engines("mariadb")
def test_a_proxys_accounting_module_can_write_acc(db: Session) -> None:
    """Kamailio's acc writes these seven whatever its configuration says."""
    db.exec_driver_sql(
        "INSERT INTO acc (method, from_tag, to_tag, callid, sip_code, sip_reason, time) VALUES "
        "('INVITE', 'a', 'b', 'c@d', '486', 'Busy Here', '2026-03-24 09:27:20')"
    )
    (row,) = db.exec_driver_sql("SELECT method, sip_code FROM acc").all()
    assert tuple(row) == ("INVITE", "486")
