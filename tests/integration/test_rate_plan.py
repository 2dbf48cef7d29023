"""RatePlanWS: rate plans of a domain."""

from typing import Any

import pytest

from sippulse_ws.models import RatePlan
from tests.factories.platform import DOMAIN, Platform
from tests.soap import Soap, principal_xml

DEFAULTS = {
    "prepaid": False,
    "txConnection": 60,
    "cadency": 60,
    "freeMinutes": 0,
    "markup": 0.0,
    "blockCallsWithoutRate": False,
    "limitToCreditExpires": 0,
    "txDelay": 0,
    "txDiscard": 0,
}


def insert(soap: Soap, **values: Any) -> Any:
    plan = {"domain": DOMAIN, "name": "Ouro", "rateId": 7, "prepaid": False}
    plan |= {"blockCallsWithoutRate": False} | values
    return soap("RatePlanWS", "insertRatePlan", ratePlan=plan)


def fields(plan: Any) -> dict[str, Any]:
    return {name: plan[name] for name in DEFAULTS}


def refused(soap: Soap, operation: str, **plan: Any) -> str:
    needed = {"prepaid": False, "blockCallsWithoutRate": False}
    return soap.fault("RatePlanWS", operation, ratePlan=needed | plan)


def test_an_insert_answers_with_the_id_and_the_defaults(soap: Soap) -> None:
    plan = insert(soap)
    assert (plan.domain, plan.name, plan.rateId) == (DOMAIN, "Ouro", 7)
    assert fields(plan) == DEFAULTS
    assert soap("RatePlanWS", "listRatePlansByDomain", domain=DOMAIN) == [plan]


def test_elements_sent_empty_and_misspelt_mean_the_defaults(soap: Soap) -> None:
    empty = "".join(f"<{name}/>" for name in DEFAULTS)
    answer = soap.xml(
        "RatePlanWS",
        "insertRatePlan",
        f"<ratePlan>{empty}<id/><prepaId/><limitToCreditsExpires/><name>Ouro</name>"
        f"<domain>{DOMAIN}</domain><rateid>7</rateid></ratePlan>",
    )
    assert answer.findtext("ratePlan/name") == "Ouro"
    (plan,) = soap("RatePlanWS", "listRatePlansByDomain", domain=DOMAIN)
    assert fields(plan) == DEFAULTS
    assert plan.rateId == 7


def test_the_documents_spellings_are_read(soap: Soap) -> None:
    soap.xml(
        "RatePlanWS",
        "insertRatePlan",
        f"<name>Ouro</name><domain>{DOMAIN}</domain><rateid>7</rateid><prepareid>true</prepareid>"
        "<limitToCreditsExpires>30</limitToCreditsExpires>",
    )
    (plan,) = soap("RatePlanWS", "listRatePlansByDomain", domain=DOMAIN)
    assert (plan.prepaid, plan.limitToCreditExpires) == (True, 30)


@pytest.mark.parametrize("name", ["txConnection", "cadency"])
def test_connection_and_cadency_are_1_to_60_seconds(soap: Soap, name: str) -> None:
    for good in (1, 60):
        assert insert(soap, **{name: good})[name] == good
    number = insert(soap).id
    for bad in (0, 61, -1):
        new = {"domain": DOMAIN, "name": "Prata", "rateId": 7, name: bad}
        assert name in refused(soap, "insertRatePlan", **new)
        assert name in refused(soap, "updateRatePlan", id=number, **{name: bad})
    assert len(soap("RatePlanWS", "listRatePlansByDomain", domain=DOMAIN)) == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("freeMinutes", -1),
        ("limitToCreditExpires", -1),
        ("limitToCreditExpires", 2**31 - 1),
        ("txDelay", -1),
        ("txDiscard", -1),
        ("name", "x" * 65),
        ("name", ""),
    ],
)
def test_values_that_cannot_be_meant(
    soap: Soap, platform: Platform, name: str, value: object
) -> None:
    new = {"domain": DOMAIN, "name": "Prata", "rateId": 7} | {name: value}
    assert name in refused(soap, "insertRatePlan", **new)
    assert platform.rows(RatePlan) == []


@pytest.mark.parametrize("markup", ["NaN", "INF"])
def test_a_markup_is_finite(soap: Soap, platform: Platform, markup: str) -> None:
    body = f"<name>Prata</name><domain>{DOMAIN}</domain><rateId>7</rateId>"
    body += f"<markup>{markup}</markup>" + principal_xml(soap.principal)
    assert b"markup" in soap.post("RatePlanWS", "insertRatePlan", body).data
    assert platform.rows(RatePlan) == []


def test_an_update_changes_only_what_is_there(soap: Soap) -> None:
    plan = insert(soap, prepaid=True, markup=12.5, cadency=6)
    answer = soap.xml(
        "RatePlanWS",
        "updateRatePlan",
        f"<ratePlan><id>{plan.id}</id><name>Prata</name><cadency/><txDelay>3</txDelay></ratePlan>",
    )
    assert answer.findtext("ratePlan/name") == "Prata"
    (updated,) = soap("RatePlanWS", "listRatePlansByDomain", domain=DOMAIN)
    assert updated.name == "Prata"
    assert fields(updated) == fields(plan) | {"txDelay": 3}


def test_a_plan_stays_in_its_domain(soap: Soap, platform: Platform) -> None:
    other = platform.domain("other.example.com")
    number = insert(soap).id
    assert "domain" in refused(soap, "updateRatePlan", id=number, domain=other)
    assert platform.one(RatePlan, id=number).domain == DOMAIN


@pytest.mark.parametrize("field", ["rate_plan_id", "reseller_rate_plan_id"])
def test_a_plan_in_use_stays(soap: Soap, platform: Platform, field: str) -> None:
    number = insert(soap).id
    reseller = platform.reseller()
    for username in ("1000", "1001"):
        platform.subscriber(username, reseller_id=reseller, **{field: number})
    fault = soap.fault("RatePlanWS", "removeRatePlan", idRatePlan=number)
    resellers = 1 if field == "reseller_rate_plan_id" else 0
    assert fault == f"Rate plan in use by 2 subscriber(s) and {resellers} reseller(s)"
    assert platform.find(RatePlan, id=number) is not None


def test_a_plan_is_removed_by_either_name_of_its_id(soap: Soap, platform: Platform) -> None:
    first, second = insert(soap).id, insert(soap).id
    soap("RatePlanWS", "removeRatePlan", idRatePlan=first)
    soap.xml("RatePlanWS", "removeRatePlan", f"<id>{second}</id>")
    assert platform.rows(RatePlan) == []
    assert str(first) in soap.fault("RatePlanWS", "removeRatePlan", idRatePlan=first)
