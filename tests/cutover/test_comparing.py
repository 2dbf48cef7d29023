"""What counts as the same answer, and what does not."""

import pytest

from sippulse_ws.cutover.shadow.comparing import Comparer, Comparison
from sippulse_ws.cutover.shadow.ids import IdMap
from sippulse_ws.cutover.shadow.messages import SoapMessage, read_text
from sippulse_ws.cutover.shadow.operations import operation_of

NAMESPACE = "http://service.ws.sippulse.voffice.com.br/"


def message(operation: str, body: str, prefix: str = "ns2") -> SoapMessage:
    return read_text(
        '<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><S:Body>'
        f'<{prefix}:{operation}Response xmlns:{prefix}="{NAMESPACE}">{body}'
        f"</{prefix}:{operation}Response></S:Body></S:Envelope>"
    )


def fault(text: str, code: str = "S:Server", typed: bool = True) -> SoapMessage:
    detail = (
        f'<detail><ns2:WSException xmlns:ns2="{NAMESPACE}"><faultMessage>{text}</faultMessage>'
        "</ns2:WSException></detail>"
    )
    return read_text(
        '<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body><S:Fault>'
        f"<faultcode>{code}</faultcode><faultstring>{text}</faultstring>"
        f"{detail if typed else ''}</S:Fault></S:Body></S:Envelope>"
    )


def compare(
    service: str,
    operation: str,
    first: str,
    second: str,
    ids: IdMap | None = None,
    ignored: frozenset[str] = frozenset(),
) -> Comparison:
    known = operation_of(f"/SipPulse/{service}", operation)
    assert known is not None
    comparer = Comparer(ids or IdMap(), ignored)
    return comparer.compare(known, message(operation, first), message(operation, second, "x"))


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ("<callLimit>3</callLimit><id>1</id>", "<id>1</id><callLimit>3</callLimit>", "order"),
        ("<callLimit>3</callLimit>", "<callLimit> 03 </callLimit>", "lexical"),
        ("<lowCreditLimit>10.0</lowCreditLimit>", "<lowCreditLimit>1E1</lowCreditLimit>",
         "lexical"),
        ("<lowCreditLimit>0.3</lowCreditLimit>",
         "<lowCreditLimit>0.30000000000000004</lowCreditLimit>", "digits"),
        ("<voicemail>true</voicemail>", "<voicemail>1</voicemail>", "lexical"),
        ('<city xsi:nil="true"/>', "", "nil"),
    ],
)  # fmt: skip
def test_the_same_in_another_form_is_tolerated_and_named(first: str, second: str, why: str) -> None:
    for one, other in ((first, second), (second, first)):
        pair = f"<return>{one}</return>", f"<return>{other}</return>"
        found = compare("SubscriberWS", "retrieveSubscriber", *pair)
        assert found.difference is None
        assert found.tolerated == {why}


@pytest.mark.parametrize(
    ("first", "second", "field", "samples"),
    [
        ("<username>0100</username>", "<username>100</username>", "username", ("9999", "999")),
        ("<firstName>João</firstName>", "<firstName>JOAO</firstName>", "firstName",
         ("Xxxx", "XXXX")),
        ("<city/>", "", "city", ("", None)),
        ("", "<city>X</city>", "city", (None, "X")),
        ("<voicemail>true</voicemail>", "<voicemail>false</voicemail>", "voicemail",
         ("true", "false")),
        ("<voicemail>true</voicemail>", "<voicemail>TRUE</voicemail>", "voicemail",
         ("true", "TRUE")),
        ("<lowCreditLimit>0.1</lowCreditLimit>", "<lowCreditLimit>0.100001</lowCreditLimit>",
         "lowCreditLimit", ("0.1", "0.100001")),
        ("<phone>48999990000</phone>", "<phone>48999990001</phone>", "phone",
         ("99999999999", "99999999999")),
        ("<id>1</id>", "<id>2</id>", "id", ("1", "2")),
        ("<ratePlanId>1</ratePlanId>", "<ratePlanId>2</ratePlanId>", "ratePlanId", ("1", "2")),
        ("", "<surprise>1</surprise>", "surprise", (None, "9")),
        ("<callLimit>1</callLimit>", "<callLimit>1</callLimit><callLimit>1</callLimit>",
         "callLimit/count()", ("1", "2")),
        ("<password>a</password>", "<password>b</password>", "password", ("***", "*** (another)")),
        ('<city a="1"/>', '<city a="2"/>', "city/@a", ("9", "9")),
    ],
)  # fmt: skip
def test_another_value_is_named_by_its_field_and_masked(
    first: str, second: str, field: str, samples: tuple[str | None, str | None]
) -> None:
    pair = f"<return>{first}</return>", f"<return>{second}</return>"
    found = compare("SubscriberWS", "retrieveSubscriber", *pair).difference
    assert found == (f"return/{field}", *samples)


def did(number: str, identifier: int, **more: str) -> str:
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in more.items())
    return f"<did><aliasUsername>{number}</aliasUsername><id>{identifier}</id>{inner}</did>"


def test_lists_are_compared_whatever_their_order() -> None:
    same = compare("DidWS", "listByAcc", did("1", 1) + did("2", 2), did("2", 2) + did("1", 1))
    assert same.difference is None
    assert same.tolerated == {"order"}
    lacking = compare("DidWS", "listByAcc", did("1", 1) + did("2", 2), did("2", 2))
    assert lacking.difference == ("did/count()", "2", "1")
    first = did("1", 1, gwid="7") + did("2", 2) + did("3", 3)
    second = did("3", 3) + did("1", 1, gwid="8") + did("2", 2)
    assert compare("DidWS", "listByAcc", first, second).difference == ("did/gwid", "9", "9")


def test_a_number_twice_is_not_two_numbers() -> None:
    first, second = did("1", 1) * 2 + did("2", 2), did("1", 1) + did("2", 2) * 2
    assert compare("DidWS", "listByAcc", first, second).difference is not None


def test_ids_are_the_same_that_a_write_has_told() -> None:
    ids = IdMap()
    assert (
        compare("DidWS", "insertDid", "<didId>5</didId>", "<didId>9</didId>", ids).difference
        is None
    )
    listed = compare("DidWS", "listByAcc", did("1", 5), did("1", 9), ids)
    assert listed.difference is None
    assert listed.tolerated == {"ids"}
    assert compare("DidWS", "listByAcc", did("1", 5), did("1", 5), ids).difference is not None
    assert compare("DidWS", "listByAcc", did("1", 6), did("1", 9), ids).difference is not None


def test_ids_of_lists_are_learnt_only_when_asked_or_untold() -> None:
    strict = compare("DidWS", "listByAcc", did("1", 5), did("1", 9))
    assert strict.difference == ("did/id", "5", "9")
    ids = IdMap(learn_all=True)
    assert compare("DidWS", "listByAcc", did("1", 5), did("1", 9), ids).difference is None
    assert compare("DidWS", "listByAcc", did("1", 5), did("1", 8), ids).difference is not None


def test_destinations_of_numbers_follow_the_ids_of_hunt_groups() -> None:
    ids = IdMap()
    ids.learn("huntGroup", "5", "9")
    first, second = (did("1", 1, username=f"huntgroup-{one}") for one in (5, 9))
    assert compare("DidWS", "listByAcc", first, second, ids).difference is None
    assert compare("DidWS", "listByAcc", second, first, ids).difference is not None


def test_faults_are_compared_by_their_kind() -> None:
    comparer = Comparer(IdMap())
    found = comparer.compare(None, fault("não existe"), fault("not found", "x:Server"))
    assert found.difference is None
    assert found.tolerated == {"fault-text"}
    texts = Comparer(IdMap(), fault_texts=True)
    assert texts.compare(None, fault("não"), fault("not")).difference is not None
    other = comparer.compare(None, fault("x"), fault("x", "S:Client"))
    assert other.difference == ("faultcode", "Server", "Client")
    assert comparer.compare(None, fault("x"), fault("x", typed=False)).difference is not None
    result = message("retrieveCredit", "<return>1.0</return>")
    assert comparer.compare(None, result, fault("x")).refused
    accepted = comparer.compare(None, fault("x"), result)
    assert not accepted.refused
    assert accepted.difference is not None


def test_fields_that_the_operator_names_do_not_count() -> None:
    pair = "<return>1.0</return>", "<return>2.0</return>"
    for name in ("return", "retrieveCredit.return"):
        found = compare("SubscriberWS", "retrieveCredit", *pair, ignored=frozenset([name]))
        assert found.difference is None
        assert found.tolerated == {"named"}
    other = frozenset(["retrieveSubscriber.return"])
    assert compare("SubscriberWS", "retrieveCredit", *pair, ignored=other).difference is not None
