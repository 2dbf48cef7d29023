"""ProfileWS: the profiles of a domain."""

from typing import Any

from sippulse_ws.domain import profiles
from sippulse_ws.services.call import Call
from sippulse_ws.services.operation import operation, within
from sippulse_ws.wire.fields import nested, string
from sippulse_ws.wire.rpc import Service
from sippulse_ws.wire.types.profile import ProfileDto


class ProfileWS(Service):
    """Profiles of a domain."""

    @operation(within("domain"), string("domain"), returns=nested(ProfileDto, "profile", many=True))
    def listProfilesByDomain(call: Call, domain: str) -> Any:
        return profiles.list_profiles(call.db, domain)
