"""Daily and monthly quota: in minutes (M) or in value (V)."""

from typing import Any, NamedTuple

import pytest

from sippulse_ws.models import Subscriber
from tests.factories.platform import DOMAIN, Platform
from tests.soap import Soap

KEY: dict[str, Any] = {"username": "1000", "domain": DOMAIN}


class Quota(NamedTuple):
    name: str
    retrieve: str
    update: str
    dto: str

    def fields(self, on: bool, kind: str | None, limit: float, consumed: float) -> dict[str, Any]:
        values = {"": on, "Type": kind, "Limit": limit, "Consumed": consumed}
        return KEY | {self.name + end: value for end, value in values.items()}


QUOTAS = [
    Quota("dailyQuota", "retrieveDailyQuota", "updateDailyQuota", "dailyQuotaDTO"),
    Quota("monthlyQuota", "retrieveMonthlyQuotaDTO", "updateMonthlyQuota", "monthlyQuotaDTO"),
]


@pytest.fixture(autouse=True)
def subscriber(platform: Platform) -> int:
    return platform.subscriber("1000")


@pytest.fixture(params=QUOTAS, ids=["daily", "monthly"])
def quota(request: pytest.FixtureRequest) -> Quota:
    one: Quota = request.param
    return one


def read(soap: Soap, quota: Quota) -> dict[str, Any]:
    found = soap("SubscriberWS", quota.retrieve, **KEY)
    return {name: found[name] for name in found}


def test_it_is_off_at_first_and_keeps_what_it_is_given(soap: Soap, quota: Quota) -> None:
    assert read(soap, quota) == quota.fields(False, None, 0.0, 0.0)
    for values in (quota.fields(True, "M", 90.5, 0.25), quota.fields(True, "V", 0.01, 0.0)):
        soap("SubscriberWS", quota.update, **{quota.dto: values})
        assert read(soap, quota) == values
    other = next(one for one in QUOTAS if one != quota)
    assert read(soap, other) == other.fields(False, None, 0.0, 0.0)


def test_absent_is_unchanged_and_an_empty_type_is_none(soap: Soap, quota: Quota) -> None:
    values = quota.fields(True, "V", 10.0, 1.0)
    soap("SubscriberWS", quota.update, **{quota.dto: values})
    update(soap, quota)
    assert read(soap, quota) == values
    update(soap, quota, Limit=20)
    assert read(soap, quota) == values | {f"{quota.name}Limit": 20.0}
    update(soap, quota, **{"": "false"}, Type="")
    assert read(soap, quota) == quota.fields(False, None, 20.0, 1.0)


@pytest.mark.parametrize(
    ("end", "value"),
    [
        ("Type", "X"),
        ("Type", "m"),
        ("Limit", "-1"),
        ("Limit", "NaN"),
        ("Limit", "INF"),
        ("Consumed", "-0.000001"),
        ("Consumed", "1e12"),
    ],
)
def test_what_cannot_be_meant_is_named_and_nothing_changes(
    end: str, value: str, soap: Soap, quota: Quota, platform: Platform
) -> None:
    before = platform.rows(Subscriber)
    body = xml(quota, **{"Consumed": 1, end: value})
    assert f"{quota.name}{end}" in soap.xml_fault("SubscriberWS", quota.update, body)
    assert platform.rows(Subscriber) == before


def test_an_active_quota_needs_a_type(soap: Soap, quota: Quota) -> None:
    body = xml(quota, **{"": "true"}, Limit=5)
    assert f"{quota.name}Type" in soap.xml_fault("SubscriberWS", quota.update, body)
    soap("SubscriberWS", quota.update, **{quota.dto: quota.fields(True, "M", 5, 0)})
    body = xml(quota, Type="")
    assert f"{quota.name}Type" in soap.xml_fault("SubscriberWS", quota.update, body)


def test_nobody_has_none(soap: Soap, quota: Quota) -> None:
    nobody = quota.fields(True, "M", 1, 0) | {"username": "1001"}
    assert "1001" in soap.fault("SubscriberWS", quota.update, **{quota.dto: nobody})
    assert "1001" in soap.fault("SubscriberWS", quota.retrieve, username="1001", domain=DOMAIN)
    assert quota.dto in soap.xml_fault("SubscriberWS", quota.update, "")


def xml(quota: Quota, **ends: object) -> str:
    fields = KEY | {quota.name + end: value for end, value in ends.items()}
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return f"<{quota.dto}>{inner}</{quota.dto}>"


def update(soap: Soap, quota: Quota, **ends: object) -> None:
    soap.xml("SubscriberWS", quota.update, xml(quota, **ends))
