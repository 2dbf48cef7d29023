"""What reaches a SIP message is written in its grammar, and keys hold no control characters."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sippulse_ws.db import Session
from sippulse_ws.domain import dialplans, dids, locations, subscribers, unfit
from sippulse_ws.domain.access import EVERYTHING
from sippulse_ws.domain.errors import DomainError, InvalidField
from sippulse_ws.files.kinds.dids import Dids
from sippulse_ws.models import Address, DbAlias, Dialplan, Did, Location, Subscriber
from tests.factories.platform import DOMAIN, Platform
from tests.soap import Soap

KEY: dict[str, Any] = {"username": "1000", "domain": DOMAIN}
# `x@h>` CR LF `X-Evil: 1` was seen to give the callee a header of the caller's choice.
INJECTIONS = [
    "x@h>\r\nX-Evil: 1",
    "1000\r",
    "1000\n",
    "1\x000",
    "1\x7f",
    "1\x01",
    "1000>",
    '10"00',
    "10%0d%0a00",
    "10%00",
    "10%7F",
    "<sip:1000@x>",
    "1000\tx",
    "\x85\r",
]
SIP_FIELDS = {
    "rpid": [*INJECTIONS, "1000@victim.example.com", "sip:1000@victim.example.com", "a;b", "joão"],
    "call_fwd": [
        *INJECTIONS,
        "sip:1000@x?P-Asserted-Identity=x",
        "sip:",
        "tel:+5548",
        "1000@",
        "@x",
    ],
    "fwd_busy": [*INJECTIONS, "sip:1 2@x", "http://x", "sip:1000@x:99999"],
    "no_answer": [*INJECTIONS, "1000@x\n", "sips:1000@[2001:db8::zz]"],
    "boss_secretary": [*INJECTIONS, "1000,\r\n1001", "1000;<x>"],
    "call_group": [*INJECTIONS],
    "pickup_group": [*INJECTIONS],
    "pin_code": [*INJECTIONS],
}
CASES = [(field, value) for field, values in SIP_FIELDS.items() for value in values]
GOOD = {
    "rpid": ["4830258080", "+554830258080", "ana.souza", "%23100", "*10", "0800-123"],
    "call_fwd": [
        "1001",
        "+554830258080",
        "huntgroup-14",
        "1001@example.com",
        "1001@192.0.2.1:5080",
        "sip:1001@example.com",
        "SIPS:1001@example.com:5061;transport=tls",
        "sip:1001:secret@[2001:db8::1]:5060;lr",
        "sip:gw.example.com",
    ],
    "boss_secretary": ["1001", "1001,1002;1003 1004", "sip:1001@example.com"],
    "call_group": ["1", "1,2-5", "vendas norte", "équipe"],
    "pin_code": ["0000", "a b"],
}

HEADERS = """X:Did X-Did: <X> From P-ASSERTED-IDENTITY route Record-Route f Via Content-Length
Diversion Privacy Contact X-Díd""".split()
HEADERS += ["X Did", "X-Did\r\nX-Evil", "x" * 65]


@pytest.fixture(autouse=True)
def owner(platform: Platform) -> int:
    return platform.subscriber("1000")


def writings(platform: Platform, field: str, value: str) -> list[Any]:
    """Every function that writes this field of a subscriber, ready to be called."""
    changes = KEY | {field: value}
    ways: list[Any] = []
    if field in subscribers.CLASS_V:
        ways.append(lambda: subscribers.update_class_v(platform.db, changes))
    if field in subscribers.SERVICES:
        ways.append(lambda: subscribers.update_services(platform.db, changes))
    if field in subscribers.CORE:
        ways.append(lambda: platform.subscriber("1001", **{field: value}))
    return ways


def wire(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


@pytest.mark.parametrize(("field", "value"), CASES)
def test_an_unfit_value_is_refused_by_whatever_writes_it(
    platform: Platform, field: str, value: str
) -> None:
    before = platform.rows(Subscriber)
    for write in writings(platform, field, value):
        with pytest.raises(InvalidField, match=wire(field)):
            write()
    assert platform.rows(Subscriber) == before


@pytest.mark.parametrize(("field", "value"), [(f, v) for f, vs in GOOD.items() for v in vs])
def test_a_fit_value_is_stored_as_sent(platform: Platform, field: str, value: str) -> None:
    for write in writings(platform, field, value):
        write()
    assert value in {getattr(row, field) for row in platform.rows(Subscriber)}


@pytest.mark.parametrize("operation", ["updateSubscriber", "updateSubscriberClassV"])
@pytest.mark.parametrize("value", ["x@h&gt;&#13;&#10;X-Evil: 1", "1&#10;", "1%0d%0a"])
def test_soap_refuses_it_with_the_fields_name(
    soap: Soap, platform: Platform, operation: str, value: str
) -> None:
    before = platform.one(Subscriber)
    body = f"<subscriber><username>1000</username><domain>{DOMAIN}</domain>"
    fault = soap.xml_fault(
        "SubscriberWS", operation, f"{body}<callFwd>{value}</callFwd></subscriber>"
    )
    assert "callFwd" in fault
    assert platform.one(Subscriber) == before


def test_services_refuse_an_identity_of_another_domain(soap: Soap) -> None:
    values = KEY | {"rpid": "1000@victim.example.com", "cps": 0, "keepAlive": 0}
    assert "rpid" in soap.fault("SubscriberWS", "updateSubscriberServices", subscriber=values)


@pytest.mark.parametrize(
    "name", ["huntgroup-14", "HuntGroup-0", "hunt\r\ngroup", "a%0d%0ab", "a\x7f"]
)
def test_a_key_is_no_hunt_groups_name_and_has_no_control_characters(
    soap: Soap, platform: Platform, name: str
) -> None:
    with pytest.raises(InvalidField, match="username"):
        platform.subscriber(name)
    imported = Dids()
    imported.begin(platform.db)
    for store in (
        lambda: dids.insert_did(platform.db, EVERYTHING, _did(name)),
        lambda: imported.check({"number": name, "domain": DOMAIN}),
    ):
        with pytest.raises(InvalidField):
            store()
    if name.isprintable():
        alias = KEY | {"aliasUsername": name, "aliasDomain": DOMAIN}
        assert "aliasUsername" in soap.fault("SubscriberWS", "insertDBAliases", dbAliases=alias)
    assert platform.rows(DbAlias) == []
    assert platform.rows(Did) == []


def _did(number: str, **values: Any) -> dict[str, Any]:
    account = {"account_code": f"1000@{DOMAIN}", "alias_username": number}
    return KEY | account | values


@pytest.mark.parametrize("header", HEADERS)
def test_a_numbers_header_is_a_token_that_nothing_else_needs(
    platform: Platform, header: str
) -> None:
    with pytest.raises(InvalidField, match="didHeader"):
        dids.insert_did(platform.db, EVERYTHING, _did("4830258080", did_header=header))
    dids.insert_did(platform.db, EVERYTHING, _did("4830258080", did_header="P-Called-Party-ID"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("repl_exp", r"0\1\r\nX-Evil: 1"),
        ("repl_exp", r"\n"),
        ("repl_exp", "1\r\n"),
        ("repl_exp", "1>"),
        ("repl_exp", "1%0d"),
        ("attrs", "a\r\nb"),
        ("attrs", '"'),
        ("match_exp", "^1\n"),
        ("subst_exp", "^(1)\x00"),
    ],
)
def test_a_dial_plan_makes_no_line_ends(platform: Platform, field: str, value: str) -> None:
    rule = {"domain": DOMAIN, "dpid": 1, "match_exp": "^(.*)$", "subst_exp": "^(.*)$"}
    with pytest.raises(InvalidField, match=wire(field)):
        dialplans.create_dialplan(platform.db, rule | {field: value})
    assert platform.rows(Dialplan) == []


@pytest.mark.parametrize("contact", ["sip:1%0d%0a@h", "sip:1@h\r\n", "sip:1@h;x=%00", "sip:1@h>"])
def test_a_contact_hides_no_line_end(platform: Platform, contact: str) -> None:
    with pytest.raises(InvalidField, match="contact"):
        locations.add_permanent(platform.db, (), "1000", DOMAIN, contact)
    assert platform.rows(Location) == []


@settings(
    deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    field=st.sampled_from(sorted(SIP_FIELDS)),
    before=st.text(max_size=8),
    control=st.characters(min_codepoint=0, max_codepoint=0x1F) | st.just("\x7f"),
    after=st.text(max_size=8),
)
def test_no_control_character_gets_in(
    field: str, before: str, control: str, after: str, platform: Platform
) -> None:
    for write in writings(platform, field, before + control + after):
        with pytest.raises(DomainError):
            write()


def test_descriptions_are_stored_as_sent(soap: Soap, platform: Platform) -> None:
    body = f"<subscriber><username>1000</username><domain>{DOMAIN}</domain>"
    body += "<firstName>a&#13;&#10;b&#9;c</firstName></subscriber>"
    soap.xml("SubscriberWS", "updateSubscriber", body)
    assert platform.one(Subscriber).first_name == "a\r\nb\tc"


class TestOld:
    """Values from before these rules, or written with SQL."""

    @pytest.fixture
    def old(self, platform: Platform, db: Session) -> None:
        platform.update(Subscriber, rpid="x@h", call_fwd="48 3025", boss_secretary="<a>")

    def test_reading_all_and_writing_it_back_changes_nothing(
        self, soap: Soap, platform: Platform, old: None
    ) -> None:
        before = platform.one(Subscriber)
        read = soap("SubscriberWS", "retrieveSubscriber", **KEY)
        soap("SubscriberWS", "updateSubscriber", subscriber=read)
        classv = soap("SubscriberWS", "retrieveSubscriberClassV", **KEY)
        soap("SubscriberWS", "updateSubscriberClassV", subscriber=classv)
        assert platform.one(Subscriber) == before

    def test_another_unfit_value_is_refused_and_an_empty_one_clears(
        self, soap: Soap, platform: Platform, old: None
    ) -> None:
        change = KEY | {"callFwd": "48 3026"}
        fault = soap.fault("SubscriberWS", "updateSubscriberClassV", subscriber=change)
        assert "callFwd" in fault
        soap("SubscriberWS", "updateSubscriberClassV", subscriber=KEY | {"callFwd": ""})
        assert platform.one(Subscriber).call_fwd == ""

    def test_they_are_listed_for_the_operator(
        self, platform: Platform, db: Session, old: None
    ) -> None:
        platform.insert(Did, alias_username="huntgroup-1", did_header="From")
        network = {"method": "iponly", "group": "1", "tech_prefix": "", "port": 0}
        owner = platform.one(Subscriber).id
        for address, mask in (("10.0.0.0", 8), ("192.0.2.0", 24), ("127.0.0.1", 32)):
            values = network | {"ip_address": address, "mask": mask, "subscriber_id": owner}
            platform.insert(Address, **values)
        found = [(one.row, one.field) for one in unfit.unfit_texts(db)]
        account = f"1000@{DOMAIN}"
        assert found == [
            (account, "rpid"),
            (account, "call_fwd"),
            (account, "boss_secretary"),
            ("huntgroup-1", "alias_username"),
            ("huntgroup-1", "did_header"),
        ]
        wide = [one.value for one in unfit.wide_networks(db)]
        assert wide == ["10.0.0.0/8", "127.0.0.1/32"]
