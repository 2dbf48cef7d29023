"""UserLocationWS: registrations of a subscriber."""

from typing import Any

from sippulse_ws.domain import locations
from sippulse_ws.lanes import PROXIES
from sippulse_ws.services.call import Call
from sippulse_ws.services.operation import operation, within
from sippulse_ws.wire.fields import nested, string
from sippulse_ws.wire.rpc import Service
from sippulse_ws.wire.types.user_location import UserLocationDto

_IN_DOMAIN = within("domain")
_KEY = (string("username"), string("domain"))


class UserLocationWS(Service):
    """Registrations (contacts) of a subscriber."""

    @operation(_IN_DOMAIN, *_KEY, returns=nested(UserLocationDto, "userLocation", many=True))
    def listUserLocations(call: Call, username: str, domain: str) -> Any:
        return locations.list_locations(call.db, username, domain)

    @operation(_IN_DOMAIN, *_KEY, string("contact"), writes=True, lane=PROXIES)
    def addUserLocation(call: Call, username: str, domain: str, contact: str) -> None:
        locations.add_permanent(call.db, call.proxies, username, domain, contact)

    @operation(_IN_DOMAIN, *_KEY, string("contact"), writes=True, lane=PROXIES)
    def removeUserLocation(call: Call, username: str, domain: str, contact: str) -> None:
        locations.remove_permanent(call.db, call.proxies, username, domain, contact)
