"""Finds views that are missing or cannot be read, and creates views anew with another definer."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from sippulse_ws.db.statements import Session

# The view that every installation has, as migration 0003 makes it; {open} and {close} make a double
# of money.
WANTED = "vi_cdrs"
VI_CDRS = """
CREATE VIEW vi_cdrs AS SELECT
    c.id, c.call_start_time, c.src_uri, c.dst_uri, c.caller_domain, c.caller_id,
    c.sip_call_id, c.sip_from_tag, c.sip_to_tag,
    CAST(c.duration AS CHAR(255)) AS duration,
    {open}c.rate{close} AS rate, {open}c.price{close} AS price,
    c.accountcode, c.service,
    p.rateplan_name, p.rateplan_tx_conn, p.rateplan_cadency, p.rateplan_markup,
    p.rateplan_prepaid, p.rateplan_rateid,
    r.reseller_id, r.reseller_name, c.reseller_rateplan_id,
    g.gwid, g.gw_address, g.gw_name, g.gw_rateid,
    v.providerid, v.provider_name, v.provider_tx_conn, v.provider_cadency,
    c.profile, c.user_agent, c.src_ip, c.matched_prefix, c.matched_prefix_name,
    {open}c.reseller_rate{close} AS reseller_rate, {open}c.reseller_price{close} AS reseller_price,
    c.reseller_matched_prefix, c.reseller_matched_prefix_name,
    {open}c.cost{close} AS cost, {open}c.cost_price{close} AS cost_price
FROM cdr c
LEFT JOIN cdr_rate_plan p ON p.id = c.cdr_rate_plan_id
LEFT JOIN cdr_reseller r ON r.id = c.cdr_reseller_id
LEFT JOIN cdr_gateway g ON g.id = c.cdr_gateway_id
LEFT JOIN cdr_provider v ON v.id = c.cdr_provider_id
"""
# the definer does not exist; a table does not, or the definer may not read it
_BROKEN = (1449, 1356)
_definer = re.compile(r"CREATE (ALGORITHM=\w+ )?DEFINER=`(?:[^`]|``)*`@`(?:[^`]|``)*` ")


@dataclass(frozen=True, slots=True)
class BrokenView:
    """A view that cannot be read, and why."""

    name: str
    reason: str


def find_broken_views(db: Session) -> list[BrokenView]:
    """Views of this program's own schema that are missing or cannot be read."""
    there = {*_views(db), WANTED}
    broken = []
    for name in sorted(there):
        try:
            query = f"SELECT * FROM {_quoted(db, name)} LIMIT 0"  # noqa: S608 - quoted
            db.exec_driver_sql(query).close()
        except DBAPIError as error:
            args = getattr(error.orig, "args", ())
            broken.append(BrokenView(name, str(args[-1] if args else error.orig)))
    return broken


def find_broken_elsewhere(db: Session) -> list[BrokenView]:
    """Broken views made for proxies and integrators, in schemas named after ours, `_` and a suffix.

    Views that this account may not read are left out.
    """
    if db.is_sqlite:
        return []
    query = (
        "SELECT table_schema, table_name FROM information_schema.views "
        "WHERE LEFT(table_schema, CHAR_LENGTH(DATABASE()) + 1) = CONCAT(DATABASE(), '_') "
        "ORDER BY 1, 2"
    )
    broken = []
    for schema, name in db.exec_driver_sql(query).all():
        try:
            view = f"{_quoted(db, schema)}.{_quoted(db, name)}"
            db.exec_driver_sql(f"SELECT * FROM {view} LIMIT 0").close()  # noqa: S608 - quoted
        except DBAPIError as error:
            number, *said = getattr(error.orig, "args", (0,))
            if number in _BROKEN:
                broken.append(BrokenView(f"{schema}.{name}", str(said[-1])))
    return broken


def remake_views(db: Session) -> list[str]:
    """Create our own schema's views anew, with this account as definer; returns their names.

    SQLite's views have no definer: there only a missing one is created.
    """
    made = [] if db.is_sqlite else _views(db)
    for name in made:
        row = db.exec_driver_sql(f"SHOW CREATE VIEW {_quoted(db, name)}").one()
        text = _definer.sub(r"CREATE OR REPLACE \1", str(row[1]), count=1)
        db.exec_driver_sql(text.replace("%", "%%"))
    if WANTED not in _views(db):
        start, end = ("", " / 1000000.0") if db.is_sqlite else ("CAST(", " AS DOUBLE)")
        db.exec_driver_sql(VI_CDRS.format(open=start, close=end))
        made.append(WANTED)
    return made


def _views(db: Session) -> list[str]:
    query = (
        "SELECT name FROM sqlite_schema WHERE type = 'view'"
        if db.is_sqlite
        else "SELECT table_name FROM information_schema.views WHERE table_schema = DATABASE()"
    )
    return [str(row[0]) for row in db.exec_driver_sql(query)]


def _quoted(db: Session, name: str) -> str:
    return db.dialect.identifier_preparer.quote_identifier(name)
