"""DomainWS: the domains an administrator may manage."""

from typing import Any

from sippulse_ws.domain import domains
from sippulse_ws.services.call import Call
from sippulse_ws.services.operation import BY_SCOPE, operation
from sippulse_ws.wire.fields import nested
from sippulse_ws.wire.rpc import Service
from sippulse_ws.wire.types.domain import DomainDto


class DomainWS(Service):
    """Domains the administrator may manage."""

    @operation(BY_SCOPE, returns=nested(DomainDto, "domain", many=True))
    def listDomains(call: Call) -> Any:
        return domains.list_domains(call.db, call.scope)
