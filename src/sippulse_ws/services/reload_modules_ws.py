"""ReloadModulesWS: makes the running SIP proxies load changed data."""

from sippulse_ws.domain import proxies
from sippulse_ws.services.call import Call
from sippulse_ws.services.operation import BY_SCOPE, operation, within
from sippulse_ws.wire.fields import integer, string
from sippulse_ws.wire.rpc import Service


class ReloadModulesWS(Service):
    """Reloads of the SIP proxies; success means that every proxy has done it."""

    @operation(within("domain"), string("username"), string("domain"), acts=True)
    def reloadSubscriber(call: Call, username: str | None, domain: str) -> None:
        proxies.reload_subscriber(call.db, call.proxies, username, domain)

    @operation(within("domain"), string("profile"), string("domain"), acts=True)
    def reloadProfile(call: Call, profile: str | None, domain: str) -> None:
        patience = call.settings.proxy_patience
        proxies.reload_profile(call.reloads, call.proxies, profile, domain, patience)

    @operation(BY_SCOPE, integer("didId"), acts=True)
    def reloadDid(call: Call, did_id: int | None) -> None:
        proxies.reload_did(call.db, call.proxies, call.scope, did_id)

    @operation(BY_SCOPE, acts=True)
    def reloadAddress(call: Call) -> None:
        patience = call.settings.proxy_patience
        proxies.reload_tables(call.reloads, call.proxies, ("address",), patience)

    @operation(BY_SCOPE, integer("huntGroupId"), acts=True)
    def reloadHuntGroup(call: Call, hunt_group_id: int | None) -> None:
        proxies.reload_hunt_group(call.db, call.proxies, call.scope, hunt_group_id)
