"""DialplanWS: dial plans of a domain."""

from typing import Any

from sippulse_ws.domain import dialplans
from sippulse_ws.services.call import Call
from sippulse_ws.services.operation import operation, within
from sippulse_ws.wire.fields import nested, string
from sippulse_ws.wire.rpc import Service
from sippulse_ws.wire.types.dialplan import DialplanDto


class DialplanWS(Service):
    """Dial plans of a domain."""

    @operation(
        within("domain"), string("domain"), returns=nested(DialplanDto, "dialplan", many=True)
    )
    def listDialplansByDomain(call: Call, domain: str) -> Any:
        return dialplans.list_dialplans(call.db, domain)
