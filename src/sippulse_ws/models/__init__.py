"""Mapped classes, one module per aggregate. Importing the package loads them all."""

from sippulse_ws.models.administrator import Administrator, AdministratorDomain, LoginFailure
from sippulse_ws.models.audit import Audit
from sippulse_ws.models.background import BackgroundJob, BackgroundLease
from sippulse_ws.models.base import Base
from sippulse_ws.models.billing import (
    AccountGroup,
    AccountGroupMember,
    CreditLedger,
    Rate,
    RatePlan,
    Reseller,
)
from sippulse_ws.models.call_record import (
    VI_CDRS,
    Acc,
    Cdr,
    CdrGateway,
    CdrProvider,
    CdrRatePlan,
    CdrReseller,
)
from sippulse_ws.models.charging import AdmissionError, CallHold, RawCall, Route, StoredSetting
from sippulse_ws.models.daily import (
    CreditExpiry,
    DailyStatistics,
    DailyTask,
    DidFee,
    LowCreditNotice,
)
from sippulse_ws.models.did import Did, Numbering
from sippulse_ws.models.domain import Domain, Profile
from sippulse_ws.models.event import Event, EventDelivery
from sippulse_ws.models.guard import Guard
from sippulse_ws.models.idempotency import IdempotencyKey
from sippulse_ws.models.integrator import Integrator, IntegratorDomain
from sippulse_ws.models.price_list import PriceList, PriceListRow
from sippulse_ws.models.proxy_reload import ProxyReload
from sippulse_ws.models.reload_turn import ReloadTurn
from sippulse_ws.models.routing import Gateway, Provider
from sippulse_ws.models.sip import Address, Dialplan, HuntGroup, HuntGroupMember, Location
from sippulse_ws.models.subscriber import (
    DbAlias,
    FormerName,
    SipName,
    Subscriber,
    UserWhiteList,
)

__all__ = [
    "VI_CDRS",
    "Acc",
    "AccountGroup",
    "AccountGroupMember",
    "Address",
    "Administrator",
    "AdministratorDomain",
    "AdmissionError",
    "Audit",
    "BackgroundJob",
    "BackgroundLease",
    "Base",
    "CallHold",
    "Cdr",
    "CdrGateway",
    "CdrProvider",
    "CdrRatePlan",
    "CdrReseller",
    "CreditExpiry",
    "CreditLedger",
    "DailyStatistics",
    "DailyTask",
    "DbAlias",
    "Dialplan",
    "Did",
    "DidFee",
    "Domain",
    "Event",
    "EventDelivery",
    "FormerName",
    "Gateway",
    "Guard",
    "HuntGroup",
    "HuntGroupMember",
    "IdempotencyKey",
    "Integrator",
    "IntegratorDomain",
    "Location",
    "LoginFailure",
    "LowCreditNotice",
    "Numbering",
    "PriceList",
    "PriceListRow",
    "Profile",
    "Provider",
    "ProxyReload",
    "Rate",
    "RatePlan",
    "RawCall",
    "ReloadTurn",
    "Reseller",
    "Route",
    "SipName",
    "StoredSetting",
    "Subscriber",
    "UserWhiteList",
]
