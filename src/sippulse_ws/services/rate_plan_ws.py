"""RatePlanWS: rate plans of a domain."""

from typing import Any

from sippulse_ws.domain import rate_plans
from sippulse_ws.services.call import Call
from sippulse_ws.services.operation import BY_SCOPE, operation, within
from sippulse_ws.wire.fields import integer, nested, string
from sippulse_ws.wire.rpc import Service
from sippulse_ws.wire.types.rate_plan import RatePlanDto


class RatePlanWS(Service):
    """Rate plans of a domain."""

    @operation(
        within("domain"), string("domain"), returns=nested(RatePlanDto, "ratePlan", many=True)
    )
    def listRatePlansByDomain(call: Call, domain: str) -> Any:
        return rate_plans.list_rate_plans(call.db, domain)

    @operation(
        within("rate_plan.domain"),
        nested(RatePlanDto, "ratePlan"),
        returns=nested(RatePlanDto, "ratePlan"),
        writes=True,
    )
    def insertRatePlan(call: Call, rate_plan: dict[str, Any]) -> Any:
        return rate_plans.insert_rate_plan(call.db, rate_plan)

    # by the stored plan's domain: updateRatePlan has none in the vendor's document
    @operation(
        BY_SCOPE,
        nested(RatePlanDto, "ratePlan"),
        returns=nested(RatePlanDto, "ratePlan"),
        writes=True,
    )
    def updateRatePlan(call: Call, rate_plan: dict[str, Any]) -> Any:
        return rate_plans.update_rate_plan(call.db, call.scope, rate_plan)

    @operation(BY_SCOPE, integer("idRatePlan"), writes=True, aliases={"id": "idRatePlan"})
    def removeRatePlan(call: Call, id_rate_plan: int | None) -> None:
        rate_plans.remove_rate_plan(call.db, call.scope, id_rate_plan)
