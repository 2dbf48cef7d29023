"""The web services, one `*_ws` module each, and what runs their operations."""

from sippulse_ws.services.account_group_ws import AccountGroupWS
from sippulse_ws.services.address_ws import AddressWS
from sippulse_ws.services.customer_ws import CustomerWS
from sippulse_ws.services.dialplan_ws import DialplanWS
from sippulse_ws.services.did_ws import DidWS
from sippulse_ws.services.domain_ws import DomainWS
from sippulse_ws.services.hunt_group_ws import HuntGroupWS
from sippulse_ws.services.profile_ws import ProfileWS
from sippulse_ws.services.rate_plan_ws import RatePlanWS
from sippulse_ws.services.rate_ws import RateWS
from sippulse_ws.services.reload_modules_ws import ReloadModulesWS
from sippulse_ws.services.reseller_ws import ResellerWS
from sippulse_ws.services.subscriber_ws import SubscriberWS
from sippulse_ws.services.user_location_ws import UserLocationWS
from sippulse_ws.services.white_list_ws import WhiteListWS
from sippulse_ws.wire.rpc import Service

SERVICES: tuple[type[Service], ...] = (
    SubscriberWS,
    DidWS,
    DomainWS,
    ProfileWS,
    CustomerWS,
    HuntGroupWS,
    ResellerWS,
    WhiteListWS,
    RatePlanWS,
    RateWS,
    ReloadModulesWS,
    DialplanWS,
    AccountGroupWS,
    UserLocationWS,
    AddressWS,
)
