"""Rules of the dial plans of domains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, select, update

from sippulse_ws.db.statements import Session
from sippulse_ws.domain import dialplans
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.files.fields import DomainField, Field, IntegerField
from sippulse_ws.files.kind import Identity, Kind, Record, Stored
from sippulse_ws.models import Dialplan

_COLUMNS = tuple(getattr(Dialplan, name) for name in dialplans.FIELDS)
# The defaults of the table.
_DEFAULTS: Mapping[str, Any] = {
    "pr": 0, "match_op": 1, "match_len": 0, "subst_exp": "", "repl_exp": "", "attrs": "",
}  # fmt: skip


class Dialplans(Kind):
    name = "dialplans"
    fields = (
        DomainField("domain", required=True),
        IntegerField("dpid", required=True),
        IntegerField("pr", empty=0),
        IntegerField("match_op", empty=1),
        Field("match_exp", required=True),
        IntegerField("match_len", empty=0),
        Field("subst_exp", empty=""),
        Field("repl_exp", empty=""),
        Field("attrs", empty=""),
    )
    identity = ("domain", "dpid", "pr", "match_op", "match_exp", "match_len")
    reloads = ("dialplan",)
    alone = True
    tries = True

    def check(self, record: Record) -> Record:
        self.require_domain(record["domain"])
        return {**_DEFAULTS, **record}

    def find(self, db: Session, records: Sequence[Record]) -> dict[Identity, Stored]:
        domains = sorted({record["domain"] for record in records})
        query = select(Dialplan.id, *_COLUMNS).where(Dialplan.domain.in_(domains))
        found: dict[Identity, Stored] = {}
        for row in db.execute(query):
            rule = row._asdict()
            found.setdefault(self.identify(rule), rule)
        return found

    def insert(self, db: Session, records: Sequence[Record]) -> dict[int, DomainError]:
        wrong: dict[int, DomainError] = {}
        for place, record in enumerate(records):
            try:
                with db.savepoint():
                    dialplans.create_dialplan(db, record)
            except DomainError as error:
                wrong[place] = error
        return wrong

    def change(self, db: Session, stored: Stored, record: Record, changes: Record) -> None:
        checked = dialplans.checked_rule(db, record)
        rule = update(Dialplan).where(Dialplan.id == stored["id"])
        db.execute(rule.values({name: checked[name] for name in changes}))

    def in_scope(self, scope: Mapping[str, Any]) -> Select[Any] | None:
        query = select(Dialplan.id, *_COLUMNS).where(Dialplan.domain == scope["domain"])
        return query.where(Dialplan.dpid == scope["dpid"]) if "dpid" in scope else query

    def remove(self, db: Session, row: Any) -> None:
        dialplans.remove_dialplan(db, row.id)

    def rows(self, scope: Mapping[str, Any]) -> Select[Any]:
        query = select(*_COLUMNS).order_by(Dialplan.domain, Dialplan.dpid, Dialplan.pr, Dialplan.id)
        return query.where(Dialplan.domain == scope["domain"]) if scope else query
