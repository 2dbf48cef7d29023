"""Mapped classes, one module per aggregate. Importing the package loads them all."""

from sippulse_ws.models.administrator import Administrator, AdministratorDomain, LoginFailure
from sippulse_ws.models.audit import Audit
from sippulse_ws.models.base import Base
from sippulse_ws.models.billing import (
    AccountGroup,
    AccountGroupMember,
    CreditLedger,
    Rate,
    RatePlan,
    Reseller,
)
from sippulse_ws.models.did import Did, Numbering
from sippulse_ws.models.domain import Domain, Profile
from sippulse_ws.models.sip import Address, Dialplan, HuntGroup, HuntGroupMember, Location
from sippulse_ws.models.subscriber import DbAlias, Subscriber, UserWhiteList

__all__ = [
    "AccountGroup",
    "AccountGroupMember",
    "Address",
    "Administrator",
    "AdministratorDomain",
    "Audit",
    "Base",
    "CreditLedger",
    "DbAlias",
    "Dialplan",
    "Did",
    "Domain",
    "HuntGroup",
    "HuntGroupMember",
    "Location",
    "LoginFailure",
    "Numbering",
    "Profile",
    "Rate",
    "RatePlan",
    "Reseller",
    "Subscriber",
    "UserWhiteList",
]
