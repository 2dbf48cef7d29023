"""updateSubscriber and the three partial updates: absent is unchanged, empty is cleared."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sippulse_ws.db import Session
from sippulse_ws.models import Subscriber
from tests.factories.platform import DOMAIN, PASSWORD, Platform
from tests.soap import Soap

KEY: dict[str, Any] = {"username": "1000", "domain": DOMAIN}
TEXTS = (
    "address callFwd city cityCode complement contractNumber document emailAddress firstName "
    "fwdBusy lastName localArea noAnswer number quarter rpid state zip"
).split()
BOOLEANS = (
    "activeIncomingCalls activeOutgoingCalls addServiceHeader blockAnonymousCalls "
    "blockCollectCalls blockEntry0303 callsOnlyByIp copyPassertedRpid lowCreditNotification "
    "softphoneAllowed validateSource0303 voicemail"
).split()
INTEGERS = "areaCode callLimit countryCode rings".split()
LONGS = "mobile phone voiceMailPassword".split()


@pytest.fixture(autouse=True)
def subscriber(platform: Platform) -> int:
    """One with something in every column that can be written."""
    values: dict[str, Any] = dict.fromkeys(map(snake, TEXTS), "before")
    values |= dict.fromkeys(map(snake, BOOLEANS), True)
    values |= dict.fromkeys(map(snake, INTEGERS), 5)
    values |= dict.fromkeys(map(snake, LONGS), 554800000000)
    values |= {"low_credit_limit": 1.25, "reseller_markup": 1.5, "reseller_billing_type": 1}
    values |= {"rate_plan_id": platform.rate_plan(), "reseller_id": platform.reseller()}
    values |= {"reseller_rate_plan_id": platform.rate_plan(), "password_portal": "portal"}
    subscriber_id = platform.subscriber("1000", **values)
    platform.subscriber("1001", **values)
    return subscriber_id


def snake(name: str) -> str:
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in name)


def row(platform: Platform, username: str = "1000") -> dict[str, Any]:
    return dict(platform.one(Subscriber, username=username)._mapping)


def xml(**fields: object) -> str:
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in (KEY | fields).items())
    return f"<subscriber>{inner}</subscriber>"


def retrieve(soap: Soap) -> Any:
    return soap("SubscriberWS", "retrieveSubscriber", **KEY)


@pytest.mark.parametrize("operation", ["", "BillingInfo", "ClassV", "Services"])
def test_absent_is_unchanged(operation: str, soap: Soap, platform: Platform) -> None:
    before = row(platform)
    soap.xml("SubscriberWS", f"updateSubscriber{operation}", xml())
    assert row(platform) == before


@pytest.mark.parametrize("field", TEXTS)
def test_an_empty_optional_text_is_cleared(field: str, soap: Soap, platform: Platform) -> None:
    before = row(platform)
    soap.xml("SubscriberWS", "updateSubscriber", xml(**{field: ""}))
    assert row(platform) == before | {snake(field): ""}


@pytest.mark.parametrize("field", ["username", "domain", "password", "profile"])
def test_an_empty_needed_field_is_a_fault(field: str, soap: Soap, platform: Platform) -> None:
    before = row(platform)
    body = xml(firstName="after", **{field: ""})
    assert field in soap.xml_fault("SubscriberWS", "updateSubscriber", body)
    assert row(platform) == before


def test_the_id_must_be_the_subscribers_own(
    soap: Soap, platform: Platform, subscriber: int
) -> None:
    before = row(platform), row(platform, "1001")
    other = platform.one(Subscriber, username="1001").id
    for wrong in (other, other + 1000, -1):
        body = xml(id=wrong, firstName="after")
        assert "id" in soap.xml_fault("SubscriberWS", "updateSubscriber", body)
    assert (row(platform), row(platform, "1001")) == before
    for right in (subscriber, 0, "?", ""):
        soap.xml("SubscriberWS", "updateSubscriber", xml(id=right, firstName=f"by {right}"))
        assert row(platform)["first_name"] == f"by {right}"


def test_account_code_and_name_are_not_written(soap: Soap, platform: Platform) -> None:
    before = row(platform)
    soap.xml("SubscriberWS", "updateSubscriber", xml(accountCode="mine"))
    assert row(platform) == before


@pytest.mark.parametrize("field", ["ratePlanId", "resellerId", "resellerRatePlanId"])
def test_a_reference_of_zero_is_none_and_a_foreign_one_a_fault(
    field: str, soap: Soap, platform: Platform
) -> None:
    before = row(platform)
    other = platform.domain("other.example.com")
    foreign = (platform.reseller if field == "resellerId" else platform.rate_plan)(domain=other)
    for wrong in (foreign, foreign + 1000):
        body = xml(firstName="after", **{field: wrong})
        assert str(wrong) in soap.xml_fault("SubscriberWS", "updateSubscriber", body)
    assert row(platform) == before
    soap.xml("SubscriberWS", "updateSubscriber", xml(**{field: 0}))
    assert row(platform) == before | {snake(field): None}


def test_the_profile_is_one_of_the_domain(soap: Soap, platform: Platform) -> None:
    platform.profile("GOLD", platform.domain("other.example.com"))
    body = xml(profile="GOLD")
    assert "GOLD" in soap.xml_fault("SubscriberWS", "updateSubscriber", body)
    platform.profile("GOLD")
    soap.xml("SubscriberWS", "updateSubscriber", body)
    assert retrieve(soap).profile == "GOLD"


def test_passwords_can_be_set_and_the_portal_one_cleared(soap: Soap, platform: Platform) -> None:
    before = row(platform)
    soap.xml("SubscriberWS", "updateSubscriber", xml(password="nova", passwordPortal="web"))
    assert soap("SubscriberWS", "retrievePassword", **KEY) == "nova"
    assert soap("SubscriberWS", "retrievePasswordWEB", **KEY) == "web"
    after = row(platform)
    assert {after["ha1"], after["ha1b"]}.isdisjoint({before["ha1"], before["ha1b"]})
    soap.xml("SubscriberWS", "updateSubscriber", xml(passwordPortal=""))
    assert row(platform) == after | {"password_portal": None}


@pytest.mark.parametrize("operation", ["", "BillingInfo", "ClassV", "Services"])
def test_nobody_is_updated_by_a_name_that_is_not_there(operation: str, soap: Soap) -> None:
    name = f"updateSubscriber{operation}"
    assert "1002" in soap.xml_fault("SubscriberWS", name, xml(username="1002"))
    assert "username" in soap.xml_fault("SubscriberWS", name, xml(username=""))
    assert "subscriber" in soap.xml_fault("SubscriberWS", name, "")


def test_billing_info_writes_its_fields_and_no_others(soap: Soap, platform: Platform) -> None:
    before = row(platform)
    names = "address city complement contractNumber document firstName lastName number quarter"
    values: dict[str, Any] = dict.fromkeys([*names.split(), "state", "zip"], "after")
    values |= {"phone": 1, "mobile": 2**62}
    soap("SubscriberWS", "updateSubscriberBillingInfo", subscriber=KEY | values)
    assert row(platform) == before | {snake(name): value for name, value in values.items()}


def test_class_v_writes_its_fields_and_shows_them(soap: Soap, platform: Platform) -> None:
    before = row(platform)
    names = "bossSecretary callFwd callGroup fwdBusy noAnswer pickupGroup pinCode".split()
    values = {name: f"new-{name}" for name in names}
    soap("SubscriberWS", "updateSubscriberClassV", subscriber=KEY | values)
    assert row(platform) == before | {snake(name): value for name, value in values.items()}
    read = soap("SubscriberWS", "retrieveSubscriberClassV", **KEY)
    assert {name: read[name] for name in read} == KEY | values
    soap("SubscriberWS", "updateSubscriberClassV", subscriber=KEY | {"pinCode": ""})
    assert soap("SubscriberWS", "retrieveSubscriberClassV", **KEY).pinCode in ("", None)


def test_services_writes_its_fields_and_no_others(soap: Soap, platform: Platform) -> None:
    before = row(platform)
    texts = {"cityCode": "1", "localArea": "0", "rpid": "2"}
    numbers = {"areaCode": 11, "callLimit": 2, "countryCode": 1, "cps": 3, "keepAlive": 4}
    values = texts | numbers
    soap("SubscriberWS", "updateSubscriberServices", subscriber=KEY | values | {"email": "e@x"})
    changed = {snake(name): value for name, value in values.items()}
    assert row(platform) == before | changed | {"email_address": "e@x"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("firstName", "x" * 256),
        ("zip", "x" * 33),
        ("resellerMarkup", "NaN"),
        ("password", "x" * 129),
    ],
)
def test_what_could_not_be_stored_is_named_and_nothing_changes(
    field: str, value: str, soap: Soap, platform: Platform
) -> None:
    before = row(platform)
    body = xml(lastName="after", **{field: value})
    assert field in soap.xml_fault("SubscriberWS", "updateSubscriber", body)
    assert row(platform) == before


SIP_TEXTS = {"callFwd", "fwdBusy", "noAnswer", "rpid"}  # tests/integration/test_sip_fields.py
changes = st.one_of(
    st.tuples(st.sampled_from(BOOLEANS), st.booleans()),
    st.tuples(
        st.sampled_from([name for name in TEXTS if name not in SIP_TEXTS]),
        st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=32).filter(
            lambda text: "\ufffe" not in text and "\uffff" not in text
        ),
    ),
    st.tuples(
        st.sampled_from(sorted(SIP_TEXTS)), st.from_regex("[A-Za-z0-9+*._-]{0,32}", fullmatch=True)
    ),
    st.tuples(st.sampled_from(INTEGERS), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.sampled_from(LONGS), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(st.just("resellerMarkup"), st.floats(allow_nan=False, allow_infinity=False)),
    st.tuples(st.just("lowCreditLimit"), st.floats(-1e11, 1e11)),
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(change=("lowCreditLimit", 536870912.5581055))
@given(change=changes)
def test_retrieve_change_one_field_update_loses_nothing(
    change: tuple[str, Any], soap: Soap, platform: Platform, db: Session
) -> None:
    field, value = change
    with db.savepoint() as attempt:
        before = row(platform)
        first = retrieve(soap)
        first[field] = value
        soap("SubscriberWS", "updateSubscriber", subscriber=first)
        after = row(platform)
        assert {name for name in after if after[name] != before[name]} <= {snake(field)}
        second = retrieve(soap)
        # rounded half-even as the decimal that it is written as, not as the binary number
        expected = float(round(Decimal(str(value)), 6)) if field == "lowCreditLimit" else value
        assert (second[field] or "") == (expected or "")
        soap("SubscriberWS", "updateSubscriber", subscriber=second)
        assert row(platform) == after
        assert soap("SubscriberWS", "retrievePassword", **KEY) == PASSWORD
        attempt.rollback()
