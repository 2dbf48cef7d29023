"""RateWS: rate tables, with a price per prefix."""

from typing import Any

from sippulse_ws.domain import rates
from sippulse_ws.services.call import Call
from sippulse_ws.services.operation import BY_SCOPE, operation, within, within_each
from sippulse_ws.wire.fields import integer, nested, string
from sippulse_ws.wire.rpc import Service
from sippulse_ws.wire.types.rate import RateDto


class RateWS(Service):
    """Rates of a domain."""

    @operation(
        within("domain"),
        string("domain"),
        string("descripion", filter=True),
        integer("rateId", empty_absent=True),
        string("prefix", filter=True),
        returns=nested(RateDto, "rate", many=True),
        aliases={"description": "descripion"},
    )
    def listRatesByParams(
        call: Call, domain: str, descripion: str | None, rate_id: int | None, prefix: str | None
    ) -> Any:
        return rates.list_rates(call.db, domain, descripion, rate_id, prefix)

    @operation(within_each("rate"), nested(RateDto, "rate", many=True), writes=True)
    def insertRates(call: Call, rate: list[dict[str, Any]] | None) -> None:
        rates.insert_rates(call.db, rate)

    @operation(BY_SCOPE, nested(RateDto, "rate"), returns=nested(RateDto, "rate"), writes=True)
    def updateRate(call: Call, rate: dict[str, Any]) -> Any:
        return rates.update_rate(call.db, call.scope, rate)

    @operation(
        BY_SCOPE,
        integer("id", empty_absent=True),
        writes=True,
        aliases={"rateId": "id"},
    )
    def removeRate(call: Call, id: int | None) -> None:
        rates.remove_rate(call.db, call.scope, id)

    @operation(
        within("domain"),
        string("domain"),
        integer("rateId", empty_absent=True),
        returns=integer("ratesRemoved", required=True),
        writes=True,
    )
    def removeAllRatesByRateId(call: Call, domain: str, rate_id: int | None) -> int:
        return rates.remove_all_rates(call.db, domain, rate_id)
