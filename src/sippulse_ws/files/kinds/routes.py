"""Routes: which gateways take a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select

from sippulse_ws.db.statements import Session
from sippulse_ws.domain import routes
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.files.fields import Field, IntegerField
from sippulse_ws.files.kind import Identity, Kind, Record, Stored
from sippulse_ws.models import RatePlan, Route

_KEY = ("gateway", "prefix", "domain", "rate_plan_id")


class Routes(Kind):
    name = "routes"
    fields = (
        Field("gateway", 64, required=True),
        Field("prefix", routes.PREFIX_LENGTH, empty=""),
        Field("domain", 64),
        IntegerField("rate_plan_id"),
        IntegerField("priority", empty=0),
        IntegerField("weight", empty=1),
    )
    identity = _KEY
    tries = True
    alone = True  # routes for everybody have no unique key
    domain = None

    def check(self, record: Record) -> Record:
        route = routes.checked_route({**record, "gateway": None})
        return {name: route.get(name) for name in route if name != "gateway"} | {
            "gateway": record["gateway"]
        }

    def find(self, db: Session, records: Sequence[Record]) -> dict[Identity, Stored]:
        prefixes = {record["prefix"] for record in records}
        query = routes.select_routes().where(Route.prefix.in_(prefixes))
        found = [row._asdict() for row in db.execute(query)]
        return {self.identify(row): row for row in found}

    def insert(self, db: Session, records: Sequence[Record]) -> dict[int, DomainError]:
        wrong: dict[int, DomainError] = {}
        for place, record in enumerate(records):
            values = {name: value for name, value in record.items() if name != "gateway"}
            try:
                with db.savepoint():
                    routes.create_route(db, record["gateway"], values)
            except DomainError as error:
                wrong[place] = error
        return wrong

    def change(self, db: Session, stored: Stored, record: Record, changes: Record) -> None:
        routes.update_route(db, stored["id"], changes)

    def in_scope(self, scope: Mapping[str, Any]) -> Select[Any] | None:
        return routes.select_routes().where(_of_domain(scope["domain"]))

    def remove(self, db: Session, row: Any) -> None:
        routes.delete_route(db, row.id)

    def rows(self, scope: Mapping[str, Any]) -> Select[Any]:
        query = routes.select_routes()
        return query.where(_of_domain(scope["domain"])) if scope else query


def _of_domain(domain: str) -> Any:
    plans = RatePlan.__table__.select().with_only_columns(RatePlan.id)
    return (Route.domain == domain) | Route.rate_plan_id.in_(plans.where(RatePlan.domain == domain))
