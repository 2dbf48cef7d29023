"""DidWS: DID numbers of accounts, and free numbers of domains."""

from typing import Any

from sippulse_ws.domain import dids
from sippulse_ws.services.call import Call
from sippulse_ws.services.operation import BY_SCOPE, operation, within, within_account
from sippulse_ws.wire.fields import integer, nested, string
from sippulse_ws.wire.rpc import Service
from sippulse_ws.wire.types.did import DidDto


class DidWS(Service):
    """DID numbers."""

    @operation(
        within_account("did.account_code"),
        nested(DidDto, "did"),
        returns=integer("didId"),
        writes=True,
    )
    def insertDid(call: Call, did: dict[str, Any]) -> int:
        rules = dids.NumberRules(
            call.settings.emergency_numbers, call.settings.did_source == "inventory"
        )
        return dids.insert_did(call.db, call.scope, did, rules)

    @operation(BY_SCOPE, integer("didId"), writes=True)
    def deleteDid(call: Call, did_id: int | None) -> None:
        dids.delete_did(call.db, call.scope, did_id)

    @operation(
        within_account("account_code"),
        string("accountCode"),
        returns=nested(DidDto, "did", many=True),
        reads=dids.BY_ACCOUNT,
    )
    def listByAcc(call: Call, account_code: str) -> Any:
        return dids.list_by_account(call.found, account_code)

    @operation(within("domain"), string("domain"), returns=string("did", many=True))
    def listAvailablesNumbers(call: Call, domain: str) -> Any:
        return dids.list_available_numbers(call.db, domain)
