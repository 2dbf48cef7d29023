"""What functions get of a request: order, absence, spellings, the flat form, strictness."""

from typing import Any

import pytest

from sippulse_ws.wire.fields import fields_of, nested
from sippulse_ws.wire.names import NAMESPACE
from sippulse_ws.wire.rpc import Service, published
from sippulse_ws.wire.types import DidDto, DomainDto, ProfileDto, SubscriberDto, UserPrincipalDto

from .soap import PRINCIPAL, Client, envelope


def values(dto: Any) -> dict[str, Any]:
    """The fields of a DTO that are there."""
    return {name: value for name, value in vars(dto).items() if value is not None}


@pytest.fixture
def did() -> Client:
    return Client("DidWS")


@pytest.fixture
def subscribers() -> Client:
    return Client("SubscriberWS")


def test_arguments_come_in_the_order_of_the_contract(subscribers: Client) -> None:
    args = subscribers.args_of(
        "addCredit",
        f"{PRINCIPAL}<obs>o</obs><value>2.5</value><domain>d</domain><username>u</username>",
    )
    assert args[:4] == ("u", "d", 2.5, "o")
    assert isinstance(args[4], UserPrincipalDto)
    assert vars(args[4]) == {"login": "admin", "password": "secret"}


def test_the_context_tells_who_asks_for_what(subscribers: Client) -> None:
    subscribers.call("retrieveCredit", PRINCIPAL)
    context = subscribers.state.context
    assert (context.service, context.operation) == ("SubscriberWS", "retrieveCredit")
    assert context.address == "192.0.2.7"
    assert context.state is subscribers.state
    assert context.request_id == context.request_id != ""


def test_what_is_not_sent_is_none(subscribers: Client) -> None:
    assert subscribers.args_of("addCredit", "") == (None,) * 5


def test_every_field_of_a_dto_is_an_attribute(did: Client) -> None:
    sent, _ = did.args_of("insertDid", "<did><id>1</id></did>")
    assert isinstance(sent, DidDto)
    assert list(vars(sent)) == [field.attribute for field in fields_of(DidDto)]
    assert values(sent) == {"id": 1}


def test_an_empty_object_is_not_an_absent_one(did: Client) -> None:
    sent, principal = did.args_of("insertDid", "<did/><principal></principal>")
    assert values(sent) == values(principal) == {}


def test_unreadable_values_are_absent(did: Client) -> None:
    sent, _ = did.args_of(
        "insertDid",
        "<did><id>?</id><didToRuri>yes</didToRuri><monthlySubscription>1,5</monthlySubscription>"
        "<domain>?</domain></did>",
    )
    assert values(sent) == {"domain": "?"}


def test_empty_elements_are_what_the_reference_makes_of_them(subscribers: Client) -> None:
    sent, _ = subscribers.args_of(
        "insertSubscriber",
        "<subscriber><areaCode/><mobile/><lowCreditLimit/><voicemail/><city/></subscriber>",
    )
    assert values(sent) == {"area_code": 0, "city": ""}


def test_the_last_of_a_repeated_child_counts(subscribers: Client) -> None:
    args = subscribers.args_of(
        "addCredit", "<username>a</username><username>b</username><value>1</value><value>?</value>"
    )
    assert args == ("b", None, None, None, None)


def test_unknown_children_attributes_and_xsi_type_are_ignored(did: Client) -> None:
    sent, _ = did.args_of(
        "insertDid",
        '<x><id>9</id></x><did xsi:type="ser:did" a="1"><voice>1</voice><id b="2">1</id></did>',
    )
    assert values(sent) == {"id": 1}


def test_children_may_be_qualified_with_the_namespace_of_the_service(did: Client) -> None:
    sent, principal = did.args_of(
        "insertDid",
        f'<did xmlns="{NAMESPACE}"><id>1</id></did><ser:principal><login>a</login></ser:principal>',
    )
    assert values(sent) == {"id": 1}
    assert values(principal) == {"login": "a"}


def test_children_of_a_foreign_namespace_are_unknown(did: Client) -> None:
    assert did.args_of("insertDid", '<x:did xmlns:x="urn:x"><id>1</id></x:did>') == (None, None)


@pytest.mark.parametrize("nil", ["true", "1", " true "])
def test_nil_is_absent_whatever_the_content(did: Client, nil: str) -> None:
    sent, principal = did.args_of(
        "insertDid",
        f'<did><id>1</id><username xsi:nil="{nil}">u</username></did><principal xsi:nil="{nil}"/>',
    )
    assert values(sent) == {"id": 1}
    assert principal is None


def test_nil_false_is_not_absent(did: Client) -> None:
    sent, _ = did.args_of("insertDid", '<did><username xsi:nil="false">u</username></did>')
    assert values(sent) == {"username": "u"}


def test_nil_is_found_in_any_charset(did: Client) -> None:
    body = envelope("insertDid", '<did xsi:nil="true"/>').replace(b"UTF-8", b"UTF-16")
    did.request(body.decode().encode("utf-16"), CONTENT_TYPE="text/xml; charset=utf-16")
    assert did.state.args == (None, None)


# --- other spellings -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["idRatePlan", "id", "ID", "IDRATEPLAN"])
def test_a_parameter_has_aliases_and_no_case(name: str) -> None:
    assert Client("RatePlanWS").args_of("removeRatePlan", f"<{name}>4</{name}>") == (4, None)


@pytest.mark.parametrize("name", ["ipAddress", "IpAdress", "ipadress", "IPADDRESS"])
def test_a_field_has_aliases_and_no_case(name: str) -> None:
    content = f"<address><{name}>10.0.0.1</{name}></address>"
    sent, _ = Client("AddressWS").args_of("insertAddress", content)
    assert values(sent) == {"ip_address": "10.0.0.1"}


def test_the_exact_name_wins_wherever_it_stands(subscribers: Client) -> None:
    for content in (
        "<USERNAME>b</USERNAME><username>a</username>",
        "<username>a</username><Username>b</Username>",
    ):
        assert subscribers.args_of("retrieveCredit", content)[0] == "a"


def test_an_exact_name_wins_even_with_an_unreadable_value() -> None:
    content = "<idRatePlan>?</idRatePlan><id>4</id>"
    assert Client("RatePlanWS").args_of("removeRatePlan", content) == (None, None)


def test_the_principal_may_be_spelled_as_in_the_document(subscribers: Client) -> None:
    content = "<Principal><Login>a</Login><PASSWORD>b</PASSWORD></Principal>"
    principal = subscribers.args_of("retrieveCredit", content)[2]
    assert values(principal) == {"login": "a", "password": "b"}


def test_an_alias_in_the_service_namespace_counts_and_in_another_does_not() -> None:
    rate_plans = Client("RatePlanWS")
    assert rate_plans.args_of("removeRatePlan", "<ser:ID>4</ser:ID>") == (4, None)
    content = '<x:ID xmlns:x="urn:x">4</x:ID>'
    assert rate_plans.args_of("removeRatePlan", content) == (None, None)


# --- repeated fields -----------------------------------------------------------------------


def test_a_repeated_parameter_is_a_list() -> None:
    content = '<account>a</account><account/><account xsi:nil="true"/><account>b</account>'
    args = Client("AccountGroupWS").args_of("addAccountGroup", content)
    assert args[2] == ["a", "", "b"]


def test_a_repeated_parameter_may_go_by_its_alias() -> None:
    content = "<accounts>a</accounts><Accounts>b</Accounts>"
    assert Client("AccountGroupWS").args_of("addAccountGroup", content)[2] == ["a", "b"]


def test_repeated_objects_are_a_list() -> None:
    content = "<rate><id>1</id></rate><rate><ID>2</ID></rate>"
    rates, _ = Client("RateWS").args_of("insertRates", content)
    assert [values(rate) for rate in rates] == [{"id": 1}, {"id": 2}]


# --- the flat form -------------------------------------------------------------------------


def test_fields_of_an_absent_object_may_stand_under_the_operation(subscribers: Client) -> None:
    sent, principal = subscribers.args_of(
        "insertSubscriber",
        f"<username>u</username><emailAdress>e</emailAdress><AREACODE>48</AREACODE>{PRINCIPAL}",
    )
    assert isinstance(sent, SubscriberDto)
    assert values(sent) == {"username": "u", "email_address": "e", "area_code": 48}
    assert values(principal) == {"login": "admin", "password": "secret"}


def test_a_flat_object_of_a_repeated_parameter_is_a_list_of_one() -> None:
    content = "<prefix>55</prefix><RateID>3</RateID>"
    rates, _ = Client("RateWS").args_of("insertRates", content)
    assert [values(rate) for rate in rates] == [{"prefix": "55", "rate_id": 3}]


def test_a_loose_field_goes_to_one_object_only() -> None:
    class TwoWS(Service):
        both = published(
            lambda context, *args: context.state.run(None, context, args),
            [nested(DidDto, "did"), nested(DomainDto, "target"), nested(ProfileDto, "profile")],
        )

    two = Client(TwoWS)
    sent, target, profile = two.args_of("both", "<id>1</id><target/><domain>d</domain>")
    assert values(sent) == {"id": 1, "domain": "d"}
    assert (values(target), profile) == ({}, None)


def test_an_object_that_is_there_takes_nothing_from_outside(did: Client) -> None:
    sent, _ = did.args_of("insertDid", "<id>2</id><did><domain>d</domain></did>")
    assert values(sent) == {"domain": "d"}


def test_a_principal_is_never_made_of_loose_elements(did: Client) -> None:
    assert did.args_of("deleteDid", "<login>a</login><password>b</password>") == (None, None)


def test_unknown_elements_make_no_object(did: Client) -> None:
    assert did.args_of("insertDid", "<foo>1</foo>") == (None, None)


def test_a_flat_exact_name_wins_over_another_spelling(subscribers: Client) -> None:
    content = "<emailAdress>b</emailAdress><emailAddress>a</emailAddress>"
    assert values(subscribers.args_of("updateSubscriber", content)[0]) == {"email_address": "a"}


# --- filters, strictness -------------------------------------------------------------------


def test_a_lone_question_mark_in_a_filter_is_absent() -> None:
    content = "<domain>?</domain><descripion>?</descripion><prefix>?</prefix>"
    args = Client("RateWS").args_of("listRatesByParams", content)
    assert args == ("?", None, None, None, None)


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ("<did><id>?</id></did>", "id"),
        ("<did><id/></did>", "id"),
        ("<did><didToRuri>yes</didToRuri></did>", "didToRuri"),
        ("<did><monthlySubscription>0x1p3</monthlySubscription></did>", "monthlySubscription"),
        ("<ID>x</ID>", "id"),
    ],
)
def test_strict_refuses_what_is_not_of_its_type(content: str, field: str) -> None:
    strict = Client("DidWS", lexical="strict", invalid_value="campo {field}")
    response = strict.call("insertDid", content)
    assert response.fault == ("S:Server", f"campo {field}")
    assert response.root.findtext(".//faultMessage") == f"campo {field}"
    assert strict.state.args == ()


def test_strict_takes_good_values_and_absent_ones() -> None:
    strict = Client("DidWS", lexical="strict")
    sent, _ = strict.args_of(
        "insertDid", '<did><id> 4 </id><didToRuri>1</didToRuri><localArea xsi:nil="true"/></did>'
    )
    assert values(sent) == {"id": 4, "did_to_ruri": True}
