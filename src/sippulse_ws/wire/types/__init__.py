"""The complex types of the contract."""

from .account_group import AccountGroupDto
from .address import AddressDto
from .db_aliases import DbAliasesDto
from .dialplan import DialplanDto
from .did import DidDto
from .domain import DomainDto
from .hunt_group import HuntGroupDto
from .profile import ProfileDto
from .rate import RateDto
from .rate_plan import RatePlanDto
from .reseller import ResellerDto
from .subscriber import (
    SubscriberBillingInfoDto,
    SubscriberClassVDto,
    SubscriberDto,
    SubscriberServicesDto,
)
from .subscriber_quota import SubscriberDailyQuotaDto, SubscriberMonthlyQuotaDto
from .user_location import UserLocationDto
from .user_principal import UserPrincipalDto
from .white_list import UserWhiteListDto

__all__ = [
    "AccountGroupDto",
    "AddressDto",
    "DbAliasesDto",
    "DialplanDto",
    "DidDto",
    "DomainDto",
    "HuntGroupDto",
    "ProfileDto",
    "RateDto",
    "RatePlanDto",
    "ResellerDto",
    "SubscriberBillingInfoDto",
    "SubscriberClassVDto",
    "SubscriberDailyQuotaDto",
    "SubscriberDto",
    "SubscriberMonthlyQuotaDto",
    "SubscriberServicesDto",
    "UserLocationDto",
    "UserPrincipalDto",
    "UserWhiteListDto",
]
