"""RateWS: rate tables, prefix by prefix."""

from decimal import Decimal
from typing import Any

import pytest

from sippulse_ws.models import Rate
from tests.factories.platform import DOMAIN, Platform
from tests.soap import Soap, principal_xml

OTHER = "other.example.com"


def rate(prefix: str, **values: Any) -> dict[str, Any]:
    return {
        "domain": DOMAIN,
        "name": f"Destino {prefix}",
        "prefix": prefix,
        "rateId": 7,
        "rateValue": 0.35,
    } | values


def prefixes(soap: Soap, **filters: Any) -> list[str]:
    listed = soap("RateWS", "listRatesByParams", domain=DOMAIN, **filters)
    return [one.prefix for one in listed]


def test_rates_are_stored_as_sent(soap: Soap, platform: Platform) -> None:
    soap(
        "RateWS",
        "insertRates",
        rate=[
            rate("5548", serviceType="LDN", cadency=6, txConnection=30, txDelay=3, txDiscard=1),
            rate("55489", rateValue=0.0),
        ],
    )
    first, second = soap("RateWS", "listRatesByParams", domain=DOMAIN)
    assert (first.domain, first.name, first.rateId) == (DOMAIN, "Destino 5548", 7)
    assert (first.serviceType, first.cadency, first.txConnection) == ("LDN", 6, 30)
    assert (first.txDelay, first.txDiscard, first.rateValue) == (3, 1, 0.35)
    assert (second.serviceType, second.cadency, second.rateValue) == (None, None, 0.0)
    assert platform.one(Rate, prefix="5548").rate_value == Decimal("0.35")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"prefix": "55a"}, "prefix"),
        ({"prefix": "+55"}, "prefix"),
        ({"prefix": "٣"}, "prefix"),
        ({"prefix": ""}, "prefix"),
        ({"prefix": "1" * 21}, "prefix"),
        ({"name": "x" * 129}, "name"),
        ({"name": None}, "name"),
        ({"rateId": None}, "rateId"),
        ({"rateValue": None}, "rateValue"),
        ({"rateValue": -0.01}, "rateValue"),
        ({"rateValue": 1e12}, "rateValue"),
        ({"rateValue": 1e-7}, "rateValue"),
        ({"cadency": -1}, "cadency"),
        ({"txDelay": -1}, "txDelay"),
        ({"domain": None}, "domain"),
        ({"domain": "nowhere.example.com"}, "nowhere.example.com"),
        ({"prefix": "10", "rateId": 7}, "same as row 1"),
        ({"prefix": "99"}, "already exists"),
    ],
)
def test_one_wrong_row_refuses_all_and_is_named(
    soap: Soap, platform: Platform, wrong: dict[str, Any], why: str
) -> None:
    platform.rate("99", rate_id=7)
    rows = [rate("10"), rate("11"), rate("12") | wrong, rate("13")]
    fault = soap.fault("RateWS", "insertRates", rate=rows)
    assert fault.startswith("Row 3: ")
    assert why in fault
    assert [row.prefix for row in platform.rows(Rate)] == ["99"]


@pytest.mark.parametrize("value", ["NaN", "INF", "-INF", "abc", ""])
def test_a_value_that_is_no_finite_number_is_refused(
    soap: Soap, platform: Platform, value: str
) -> None:
    body = f"<rate><domain>{DOMAIN}</domain><name>x</name><prefix>55</prefix><rateId>7</rateId>"
    body += f"<rateValue>{value}</rateValue></rate>"
    answer = soap.post("RateWS", "insertRates", body + principal_xml(soap.principal))
    assert b"Row 1: " in answer.data
    assert b"rateValue" in answer.data
    assert platform.rows(Rate) == []


def test_the_same_prefix_may_stand_in_other_tables_and_domains(
    soap: Soap, platform: Platform
) -> None:
    platform.domain(OTHER)
    rows = [rate("55"), rate("55", rateId=8), rate("55", domain=OTHER), rate("5")]
    soap("RateWS", "insertRates", rate=rows)
    assert len(platform.rows(Rate)) == 4


def test_every_domain_among_the_rows_must_be_granted(soap: Soap, platform: Platform) -> None:
    platform.domain(OTHER)
    here = platform.administrator("here", DOMAIN)
    rows = [rate("10"), rate("11", domain=OTHER), rate("x")]
    fault = soap.fault("RateWS", "insertRates", rate=rows, principal=here)
    assert fault == f"Access to domain {OTHER} denied"
    assert platform.rows(Rate) == []
    soap("RateWS", "insertRates", rate=rows[:1], principal=here)


def test_no_rates_at_all_is_a_fault(soap: Soap) -> None:
    assert "rate" in soap.fault("RateWS", "insertRates", rate=[])


@pytest.fixture
def four_rates(platform: Platform) -> None:
    platform.domain(OTHER)
    platform.rate("55", name="BRASIL 100% MÓVEL", rate_id=2)
    platform.rate("5548", name="FLORIANÓPOLIS_FIXO", rate_id=1)
    platform.rate("551", name="São Paulo", rate_id=1)
    platform.rate("55", name="Other", rate_id=1, domain=OTHER)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, ["551", "5548", "55"]),
        ({"descripion": "móvel"}, ["55"]),
        ({"descripion": "são PAULO"}, ["551"]),
        ({"descripion": "florianópolis"}, ["5548"]),
        ({"descripion": "%"}, ["55"]),
        ({"descripion": "_"}, ["5548"]),
        ({"descripion": "0% m"}, ["55"]),
        ({"descripion": "rio"}, []),
        ({"rateId": 1}, ["551", "5548"]),
        ({"rateId": 3}, []),
        ({"prefix": "55"}, ["55"]),
        ({"prefix": "5"}, []),
        ({"rateId": 1, "prefix": "55"}, []),
        ({"rateId": 1, "descripion": "PAULO", "prefix": "551"}, ["551"]),
        ({"descripion": "", "prefix": ""}, ["551", "5548", "55"]),
        ({"descripion": "?", "prefix": "?"}, ["551", "5548", "55"]),
    ],
)
@pytest.mark.usefixtures("four_rates")
def test_filters_combine(soap: Soap, filters: dict[str, Any], found: list[str]) -> None:
    assert sorted(prefixes(soap, **filters)) == sorted(found)


@pytest.mark.usefixtures("four_rates")
def test_rates_come_by_table_and_prefix(soap: Soap) -> None:
    assert prefixes(soap) == ["551", "5548", "55"]


@pytest.mark.parametrize("left", ["", "?", " "])
@pytest.mark.usefixtures("four_rates")
def test_what_tools_leave_behind_is_no_filter(soap: Soap, left: str) -> None:
    answer = soap.xml(
        "RateWS",
        "listRatesByParams",
        f"<domain>{DOMAIN}</domain><Description>{left.strip()}</Description>"
        f"<RateId>{left}</RateId><Prefix>{left.strip()}</Prefix>",
    )
    assert [one.findtext("prefix") for one in answer] == ["551", "5548", "55"]


def test_an_update_changes_only_what_is_there(soap: Soap, platform: Platform) -> None:
    number = platform.rate("5548", service_type="LDN", cadency=6)
    before = platform.one(Rate, id=number)
    answer = soap("RateWS", "updateRate", rate={"id": number, "rateValue": 0.5})
    assert (answer.id, answer.prefix, answer.rateValue) == (number, "5548", 0.5)
    after = platform.one(Rate, id=number)
    assert after._asdict() == before._asdict() | {"rate_value": Decimal("0.5")}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"prefix": "551"}, "already exists"),
        ({"prefix": "x"}, "prefix"),
        ({"prefix": ""}, "prefix"),
        ({"name": ""}, "name"),
        ({"rateValue": -1.0}, "rateValue"),
        ({"txDelay": -1}, "txDelay"),
        ({"domain": OTHER}, "domain"),
    ],
)
@pytest.mark.usefixtures("four_rates")
def test_a_bad_update_changes_nothing(
    soap: Soap, platform: Platform, change: dict[str, Any], why: str
) -> None:
    number = platform.one(Rate, prefix="5548").id
    before = platform.rows(Rate)
    assert why in soap.fault("RateWS", "updateRate", rate={"id": number} | change)
    assert platform.rows(Rate) == before


@pytest.mark.usefixtures("four_rates")
def test_a_rate_is_removed_by_either_name_of_its_id(soap: Soap, platform: Platform) -> None:
    first = platform.one(Rate, prefix="551").id
    soap("RateWS", "removeRate", id=first)
    soap.xml("RateWS", "removeRate", f"<RateID>{platform.one(Rate, prefix='5548').id}</RateID>")
    assert prefixes(soap) == ["55"]
    assert str(first) in soap.fault("RateWS", "removeRate", id=first)


@pytest.mark.usefixtures("four_rates")
def test_a_whole_table_of_the_domain_is_removed(soap: Soap, platform: Platform) -> None:
    assert soap("RateWS", "removeAllRatesByRateId", domain=DOMAIN, rateId=1) == 2
    assert soap("RateWS", "removeAllRatesByRateId", domain=DOMAIN, rateId=1) == 0
    assert [(row.domain, row.rate_id) for row in platform.rows(Rate)] == [(DOMAIN, 2), (OTHER, 1)]


def test_no_table_is_removed_without_a_rate_id(soap: Soap, platform: Platform) -> None:
    platform.rate("55", rate_id=0)
    assert "rateId" in soap.fault("RateWS", "removeAllRatesByRateId", domain=DOMAIN)
    answer = soap.post(
        "RateWS",
        "removeAllRatesByRateId",
        f"<domain>{DOMAIN}</domain><rateId/>" + principal_xml(soap.principal),
    )
    assert answer.status_code == 500
    assert len(platform.rows(Rate)) == 1
