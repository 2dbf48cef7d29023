"""Dial plans: how a SIP proxy rewrites dialled numbers, rule by rule."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any

from sqlalchemy import Row, delete, select

from sippulse_ws.db.statements import Session, stream
from sippulse_ws.domain.dial_expressions import groups_of, trouble_with
from sippulse_ws.domain.domains import require_domain
from sippulse_ws.domain.errors import DialplanNotFound, InvalidField
from sippulse_ws.domain.reasons import Reason
from sippulse_ws.domain.rows import insert_row
from sippulse_ws.domain.values import (
    INT_MAX,
    Values,
    present,
    required,
    storable,
    wire_name,
    within,
)
from sippulse_ws.models import Dialplan
from sippulse_ws.models.proxy_views import PLANS_PER_DOMAIN

REGEX = 1
FIELDS = "domain dpid pr match_op match_exp match_len subst_exp repl_exp attrs".split()
_LIMITS = {
    "dpid": (0, PLANS_PER_DOMAIN - 1),
    "pr": (0, INT_MAX),
    "match_op": (0, 2),  # equal, regular expression, shell pattern
    "match_len": (0, 255),
}
_REFERENCE = re.compile(r"\\(\d)")


def list_dialplans(db: Session, domain: str) -> Generator[Row[Any]]:
    """The rules of a domain, in the order in which a proxy tries them."""
    require_domain(db, domain)
    columns = (getattr(Dialplan, name) for name in ("id", *FIELDS))
    query = select(*columns).where(Dialplan.domain == domain)
    return stream(db, query.order_by(Dialplan.dpid, Dialplan.pr, Dialplan.id))


def create_dialplan(db: Session, values: Values) -> int:
    """Create a rule. One that a proxy could not load is refused: a proxy would then refuse all."""
    return insert_row(db, Dialplan, checked_rule(db, values))


def checked_rule(db: Session, values: Values) -> dict[str, Any]:
    """The rule as it is stored. Raises InvalidField if a proxy could not load it."""
    required(values, "domain", "dpid", "match_exp")
    require_domain(db, values["domain"])
    for name, (low, high) in _LIMITS.items():
        within(values.get(name), low, high, wire_name(name))
    stored = storable(Dialplan, present(values, FIELDS))
    if stored.get("match_op", REGEX) == REGEX:
        _check(db, stored["match_exp"], "matchExp")
    if "$" in stored.get("repl_exp", ""):  # a proxy's view leaves such rules out
        raise InvalidField("replExp", Reason.DOLLAR_SIGN)
    _check(db, searched := stored.get("subst_exp", ""), "substExp")
    wanted = max((int(n) for n in _REFERENCE.findall(stored.get("repl_exp", ""))), default=0)
    if wanted and wanted > (groups := groups_of(db, searched)):
        raise InvalidField("replExp", Reason.TOO_FEW_GROUPS, wanted=wanted, groups=groups)
    return stored


def remove_dialplan(db: Session, dialplan_id: int) -> None:
    if db.execute(delete(Dialplan).where(Dialplan.id == dialplan_id)).rowcount == 0:
        raise DialplanNotFound(id=dialplan_id)


def _check(db: Session, expression: str, field: str) -> None:
    """Check that the database's REGEXP accepts the expression, as the proxies' view does."""
    trouble = trouble_with(db, expression) if expression else None
    if trouble is not None:
        raise InvalidField(field, Reason.BAD_EXPRESSION, trouble=trouble)
