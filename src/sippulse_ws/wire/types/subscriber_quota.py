"""Quotas: the minutes or the amount that a subscriber may use in a day or a month."""

from ..fields import Dto, boolean, double, string


class SubscriberDailyQuotaDto(Dto):
    __type_name__ = "subscriberDailyQuotaDTO"

    daily_quota = boolean("dailyQuota", required=True)
    daily_quota_consumed = double("dailyQuotaConsumed", required=True)
    daily_quota_limit = double("dailyQuotaLimit", required=True)
    daily_quota_type = string("dailyQuotaType")
    domain = string("domain")
    username = string("username")


class SubscriberMonthlyQuotaDto(Dto):
    __type_name__ = "subscriberMonthlyQuotaDTO"

    domain = string("domain")
    monthly_quota = boolean("monthlyQuota", required=True)
    monthly_quota_consumed = double("monthlyQuotaConsumed", required=True)
    monthly_quota_limit = double("monthlyQuotaLimit", required=True)
    monthly_quota_type = string("monthlyQuotaType")
    username = string("username")
