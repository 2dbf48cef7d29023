"""insertSubscriber: what is needed, what is computed, what is checked, what is the default."""

from hashlib import md5
from typing import Any

import pytest

from sippulse_ws.models import DbAlias, Numbering, Subscriber
from tests.factories.platform import DOMAIN, Platform
from tests.factories.requests import NEEDED, new_subscriber
from tests.soap import Soap

OTHER = "other.example.com"


# Something in every field that neither refers to another row nor is computed.
FULL: dict[str, Any] = {
    "username": "joão",
    "domain": DOMAIN,
    "profile": "DEFAULT",
    "activeIncomingCalls": False,
    "activeOutgoingCalls": False,
    "addServiceHeader": True,
    "address": 'Rua São José, 1 <fundos> & "térreo"',
    "areaCode": 48,
    "blockAnonymousCalls": True,
    "blockCollectCalls": True,
    "blockEntry0303": True,
    "callFwd": "sip:1000@sippulse.com",
    "callLimit": 7,
    "callsOnlyByIp": True,
    "city": "Florianópolis 🏝",
    "cityCode": "48001",
    "complement": "  espaços  ",
    "contractNumber": "C-1",
    "copyPassertedRpid": True,
    "countryCode": 55,
    "document": "012.345.678-90",
    "emailAddress": "a@example.com;b@example.com",
    "firstName": "Ana - 1",
    "fwdBusy": "sip:1@x",
    "lastName": "d'Ávila",
    "localArea": "0",
    "lowCreditLimit": 12.345678,
    "lowCreditNotification": True,
    "mobile": 5548999999999,
    "noAnswer": "sip:2@x",
    "number": "12-B",
    "phone": 554833330000,
    "quarter": "Centro",
    "resellerBillingType": 1,
    "resellerMarkup": 1.7,
    "rings": 30,
    "rpid": "554833330000",
    "softphoneAllowed": True,
    "state": "SC",
    "validateSource0303": True,
    "voiceMailPassword": 1234,
    "voicemail": True,
    "zip": "88000-000",
}


def insert(soap: Soap, **fields: object) -> int:
    answer = soap.xml("SubscriberWS", "insertSubscriber", new_subscriber(**fields))
    return int(answer.findtext("subscriberId"))


def refused(soap: Soap, **fields: object) -> str:
    return soap.xml_fault("SubscriberWS", "insertSubscriber", new_subscriber(**fields))


def retrieve(soap: Soap, username: str = "1000", domain: str = DOMAIN) -> Any:
    return soap("SubscriberWS", "retrieveSubscriber", username=username, domain=domain)


def test_needed_fields_are_enough_and_the_others_have_their_defaults(
    soap: Soap, platform: Platform
) -> None:
    subscriber_id = insert(soap)
    read = {name: value for name, value in zeep_dict(retrieve(soap)).items() if value is not None}
    assert read == {
        "id": subscriber_id,
        "accountCode": f"1000@{DOMAIN}",
        "username": "1000",
        "domain": DOMAIN,
        "profile": "DEFAULT",
        "activeIncomingCalls": True,
        "activeOutgoingCalls": True,
        "addServiceHeader": False,
        "blockAnonymousCalls": False,
        "blockCollectCalls": False,
        "blockEntry0303": False,
        "callsOnlyByIp": False,
        "copyPassertedRpid": False,
        "lowCreditLimit": 0.0,
        "lowCreditNotification": False,
        "resellerBillingType": 0,
        "resellerMarkup": 0.0,
        "softphoneAllowed": False,
        "validateSource0303": False,
        "voicemail": False,
    }
    assert platform.one(Subscriber).active


def test_every_field_is_stored_as_sent(soap: Soap, platform: Platform) -> None:
    values = FULL | {
        "ratePlanId": platform.rate_plan(),
        "resellerId": platform.reseller(),
        "resellerRatePlanId": platform.rate_plan(name="Revenda"),
    }
    sent = values | {"password": "segredo", "passwordPortal": "portal", "accountCode": "mine"}
    new = soap("SubscriberWS", "insertSubscriber", subscriber=sent)
    read = zeep_dict(retrieve(soap, "joão"))
    assert read == values | {
        "id": new,
        "accountCode": f"joão@{DOMAIN}",
        "password": None,
        "passwordPortal": None,
    }


def test_the_domain_is_stored_in_lower_case(soap: Soap) -> None:
    insert(soap, domain=DOMAIN.upper(), accountCode="mine")
    read = retrieve(soap, domain=DOMAIN.title())
    assert (read.domain, read.accountCode) == (DOMAIN, f"1000@{DOMAIN}")


@pytest.mark.parametrize("field", NEEDED)
@pytest.mark.parametrize("value", [..., ""])
def test_a_needed_field_that_is_absent_or_empty_is_named(
    field: str, value: object, soap: Soap, platform: Platform
) -> None:
    assert field in refused(soap, **{field: value})
    assert platform.rows(Subscriber) == []


def test_without_a_subscriber_the_fault_names_it(soap: Soap) -> None:
    assert "subscriber" in soap.xml_fault("SubscriberWS", "insertSubscriber", "")


def test_a_name_is_given_once_per_domain(soap: Soap, platform: Platform) -> None:
    insert(soap)
    assert f"1000@{DOMAIN}" in refused(soap, password="outra", domain=DOMAIN.upper())
    assert len(platform.rows(Subscriber)) == 1
    insert(soap, domain=platform.domain(OTHER))


def test_an_alias_is_no_free_name(soap: Soap, platform: Platform) -> None:
    owner = platform.subscriber("1001")
    platform.insert(DbAlias, alias_username="1000", alias_domain=DOMAIN, subscriber_id=owner)
    assert f"1000@{DOMAIN}" in refused(soap)


def test_names_are_exact_bytes(soap: Soap, platform: Platform) -> None:
    ids = {insert(soap, username=name) for name in ("joao", "João", "JOAO", "joão")}
    assert len(ids) == 4
    for name in ("joao ", "Joao", "joaõ"):
        assert "not found" in soap.fault(
            "SubscriberWS", "retrieveSubscriber", username=name, domain=DOMAIN
        )
    assert len(platform.rows(Subscriber, username="joao")) == 1


@pytest.mark.parametrize(
    "name", ["a b", "a@b", "a:b", "a;b", "a\tb", "joao ", "a\u00a0b", "a&lt;b"]
)
def test_a_name_that_no_sip_address_can_have_is_refused(name: str, soap: Soap) -> None:
    assert "username" in refused(soap, username=name)


def test_a_domain_or_profile_that_is_not_there_is_named(soap: Soap, platform: Platform) -> None:
    assert OTHER in refused(soap, domain=OTHER)
    platform.domain(OTHER)
    platform.profile("GOLD", OTHER)
    assert "GOLD" in refused(soap, profile="GOLD")
    assert "default" in refused(soap, profile="default")
    assert platform.rows(Subscriber) == []


@pytest.mark.parametrize("field", ["ratePlanId", "resellerId", "resellerRatePlanId"])
def test_references_exist_in_the_domain_and_zero_is_none(
    field: str, soap: Soap, platform: Platform
) -> None:
    platform.domain(OTHER)
    make = platform.reseller if field == "resellerId" else platform.rate_plan
    foreign = make(domain=OTHER)
    missing = refused(soap, **{field: foreign + 1000})
    assert refused(soap, **{field: foreign}) == missing.replace(str(foreign + 1000), str(foreign))
    assert "-1" in refused(soap, **{field: -1})
    insert(soap, **{field: 0})
    assert getattr(retrieve(soap), field) is None
    insert(soap, username="1001", **{field: make()})
    assert getattr(retrieve(soap, "1001"), field) > 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "1" * 65),
        ("password", "x" * 129),
        ("passwordPortal", "x" * 129),
        ("firstName", "á" * 256),
        ("zip", "x" * 33),
        ("cityCode", "x" * 65),
        ("resellerBillingType", "2"),
        ("resellerMarkup", "INF"),
        ("lowCreditLimit", "NaN"),
        ("lowCreditLimit", "1e12"),
    ],
)
def test_what_could_not_be_stored_is_named_and_nothing_is(
    field: str, value: str, soap: Soap, platform: Platform
) -> None:
    assert field in refused(soap, **{field: value})
    assert platform.rows(Subscriber) == []


def test_texts_as_long_as_their_columns_fit(soap: Soap) -> None:
    insert(soap, username="1" * 64, password="ç" * 128, firstName="🏝" * 255)
    assert retrieve(soap, "1" * 64).firstName == "🏝" * 255


def test_the_digest_hashes_are_those_of_the_password(soap: Soap, platform: Platform) -> None:
    insert(soap, password="ségredo")
    stored = platform.one(Subscriber)
    assert stored.ha1 == md5(f"1000:{DOMAIN}:ségredo".encode()).hexdigest()
    assert stored.ha1b == md5(f"1000@{DOMAIN}:{DOMAIN}:ségredo".encode()).hexdigest()


class TestNumbering:
    """cityCode and localArea out of a numeric username."""

    @pytest.fixture(autouse=True)
    def _table(self, platform: Platform) -> None:
        for prefix, city, area in (("48", "48000", "SC"), ("4833", "48001", "FNS")):
            platform.insert(Numbering, prefix=prefix, city_code=city, local_area=area)

    @pytest.mark.parametrize(
        ("username", "codes"),
        [
            ("4833330000", ("48001", "FNS")),
            ("4899990000", ("48000", "SC")),
            ("1130000000", (None, None)),
            ("ana48", (None, None)),
            ("٤٨٣٣", (None, None)),
        ],
    )
    def test_the_longest_prefix_says(
        self, username: str, codes: tuple[str | None, str | None], soap: Soap
    ) -> None:
        insert(soap, username=username)
        read = retrieve(soap, username)
        assert (read.cityCode, read.localArea) == codes

    def test_what_was_sent_stays(self, soap: Soap) -> None:
        insert(soap, username="4833330000", cityCode="1", localArea="0")
        read = retrieve(soap, "4833330000")
        assert (read.cityCode, read.localArea) == ("1", "0")


def zeep_dict(read: Any) -> dict[str, Any]:
    return {name: read[name] for name in read}
