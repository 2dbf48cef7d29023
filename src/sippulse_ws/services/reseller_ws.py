"""ResellerWS: resellers and their credit."""

from typing import Any

from sippulse_ws.domain import resellers
from sippulse_ws.services.call import Call
from sippulse_ws.services.operation import BY_SCOPE, operation, within
from sippulse_ws.wire.fields import double, integer, nested, string
from sippulse_ws.wire.rpc import Service
from sippulse_ws.wire.types.reseller import ResellerDto


class ResellerWS(Service):
    """Resellers and their credit."""

    @operation(
        within("reseller.domain"),
        nested(ResellerDto, "reseller"),
        returns=integer("resellerId"),
        writes=True,
    )
    def insertReseller(call: Call, reseller: dict[str, Any]) -> int:
        return resellers.insert_reseller(call.db, call.vault, call.login, reseller)

    @operation(BY_SCOPE, integer("resellerId"), writes=True)
    def deleteReseller(call: Call, reseller_id: int | None) -> None:
        resellers.delete_reseller(call.db, call.scope, reseller_id)

    @operation(
        within("domain"), string("domain"), returns=nested(ResellerDto, "reseller", many=True)
    )
    def listByDomain(call: Call, domain: str) -> Any:
        return resellers.list_resellers(call.db, domain)

    @operation(
        within("domain"),
        string("resellerName"),
        string("domain"),
        double("value"),
        string("obs"),
        writes=True,
    )
    def addResellerCredit(
        call: Call, reseller_name: str, domain: str, value: float | None, obs: str | None
    ) -> None:
        minutes = call.settings.repeated_credit_minutes
        resellers.add_credit(call.db, call.login, reseller_name, domain, value, obs, minutes)

    @operation(BY_SCOPE, integer("resellerId"), returns=double("return"), tagged=True)
    def retrieveResellerCredit(call: Call, reseller_id: int | None) -> Any:
        return resellers.get_credit(call.db, call.scope, reseller_id)
