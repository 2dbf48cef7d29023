"""Daily statistics: exported, never imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, select

from sippulse_ws.files.call_queries import Period
from sippulse_ws.files.fields import DecimalField, Field, IntegerField, MomentField
from sippulse_ws.files.kind import Kind
from sippulse_ws.models import DailyStatistics


class Statistics(Kind):
    name = "statistics"
    fields = (
        MomentField("day"),
        Field("account_code"),
        Field("service"),
        IntegerField("calls"),
        IntegerField("seconds"),
        DecimalField("price"),
        IntegerField("unrated"),
    )
    identity = ("day", "account_code", "service")

    def rows(self, scope: Mapping[str, Any]) -> Select[Any]:
        columns = DailyStatistics.__table__.columns
        query = select(*columns).order_by(
            DailyStatistics.day, DailyStatistics.account_code, DailyStatistics.service
        )
        period: Period = scope.get("period", Period())
        if period.start is not None:
            query = query.where(DailyStatistics.day >= period.start.date())
        if period.end is not None:
            query = query.where(DailyStatistics.day < period.end.date())
        if scope.get("domain") is not None:
            pattern = "%@" + str(scope["domain"]).replace("\\", "\\\\").replace("_", "\\_")
            query = query.where(DailyStatistics.account_code.like(pattern, escape="\\"))
        return query
