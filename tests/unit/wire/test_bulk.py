"""Long lists read by columns mean what they mean when they are read as elements."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sippulse_ws.row_columns import RowColumns
from sippulse_ws.wire import bulk
from sippulse_ws.wire.bulk import BulkReader

from .soap import PRINCIPAL, Client, envelope

CLIENTS = {mode: Client("RateWS", lexical=mode) for mode in ("compatible", "strict")}
NAMES = ["cadency", "domain", "name", "prefix", "rateId", "rateValue", "serviceType", "txDelay"]
ROWS = 40


def rows(count: int = ROWS, row: Callable[[int], str] | None = None) -> str:
    return "".join((row or plain)(number) for number in range(count))


def plain(number: int) -> str:
    return (
        f"<rate><cadency>6</cadency><domain>Example.com</domain><name>Cidade {number} ção</name>"
        f"<prefix>55{number}</prefix><rateId>1</rateId><rateValue>0.{number}</rateValue>"
        "<serviceType></serviceType></rate>"
    )


def outcome(client: Client, content: str | bytes, *, quick: bool) -> Any:
    """The arguments as plain values, and whether rows were read by columns; or the fault."""
    body = envelope("insertRates", content) if isinstance(content, str) else content
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk, "LEAST_BYTES", 0)
        if not quick:
            patch.setattr(BulkReader, "read", lambda self, body: None)
        answer = client.request(body)
    if answer.code != 200:
        return answer.fault, False
    context = client.state.context
    args = client.state.args
    meant = [*map(as_values, args)], context.dropped, context.telephones
    return meant, isinstance(args[0], RowColumns)


def as_values(value: Any) -> Any:
    if isinstance(value, list | RowColumns):
        return [as_values(one) for one in value]
    return vars(value) if hasattr(value, "__dict__") else value


def both(content: str | bytes, mode: str = "compatible") -> tuple[bool, Any]:
    """Whether it was read by columns, and what it meant in either way."""
    client = CLIENTS[mode]
    meant, by_columns = outcome(client, content, quick=True)
    as_elements, _ = outcome(client, content, quick=False)
    # NaN is none of the texts below, so that equal is equal; types count, too
    assert repr(meant) == repr(as_elements)
    return by_columns, meant


def indented(number: int, end: str) -> str:
    return plain(number).replace("></", ">FIXO</").replace("><", f">{end}  <") + end


USUAL = {
    "one line": rows() + PRINCIPAL,
    "principal first": PRINCIPAL + rows(),
    "indented": rows(row=lambda n: indented(n, "\n")) + PRINCIPAL,
    "line ends of Windows": rows(row=lambda n: indented(n, "\r\n")),
    "no namespace": rows().replace("<rate>", '<rate xmlns="">'),
    "prefixed": rows().replace("<rate>", "<ser:rate>").replace("</rate>", "</ser:rate>"),
    "types": rows().replace("<cadency>", '<cadency xsi:type="xsd:int">'),
    "empty elements": rows().replace("<serviceType></serviceType>", "<serviceType/>"),
    "other order": rows(row=lambda n: f"<rate><prefix>5{n}</prefix><domain>d</domain></rate>"),
}


@pytest.mark.parametrize("mode", CLIENTS)
@pytest.mark.parametrize("content", USUAL.values(), ids=USUAL)
def test_rows_that_are_alike_are_read_by_columns(content: str, mode: str) -> None:
    by_columns, meant = both(content, mode)
    assert by_columns
    (read, _), dropped, _ = meant
    assert len(read) == ROWS
    assert not dropped


def changed(old: str, new: str) -> str:
    """The usual rows, with another text in the last row that has the old one."""
    before, _, after = rows().rpartition(old)
    return before + new + after + PRINCIPAL


CUT = "<rate><domain>d</domain></rate>"
UNUSUAL = {
    "nil": changed("<serviceType>", '<serviceType xsi:nil="true">'),
    "a child less": changed("<cadency>6</cadency>", ""),
    "a child more": changed("<rateId>", "<txDelay>1</txDelay><rateId>"),
    "other spelling": rows().replace("rateId", "RATEID"),
    "unknown child": rows().replace("cadency", "colour"),
    "child twice": rows().replace("<rateId>1</rateId>", "<rateId>1</rateId><rateId>2</rateId>"),
    "reference": changed("Cidade", "Rio &amp; Cidade"),
    "character reference": changed("ção", "&#233;"),
    "cdata": changed("Cidade", "<![CDATA[Cidade]]>"),
    "comment in a text": changed("Cidade", "Ci<!-- x -->dade"),
    "comment between": changed("<rateId>", "<!-- <rateId>2</rateId> --><rateId>"),
    "instruction": changed("<rateId>", "<?x y?><rateId>"),
    "element in a text": changed("Cidade", "Ci<b>da</b>de"),
    "line end in a text": changed("Cidade", "Ci\r\ndade"),
    "control character": changed("Cidade", "Ci\x01dade"),
    "no character": changed("Cidade", "Ci\ufffedade"),
    "> in a text": changed("Cidade", "Ci>dade"),
    "end of cdata in a text": changed("Cidade", "Ci]]>dade"),
    "wrong number": changed("<cadency>6<", "<cadency>six<"),
    "no number": changed("<cadency>6<", "<cadency><"),
    "white space": changed("<cadency>6<", "<cadency> 6\n<"),
    "exponent": changed("<rateValue>0.", "<rateValue>1e-"),
    "hexadecimal": changed("<rateValue>0.", "<rateValue>0x1p"),
    "not finite": changed("<rateValue>0.", "<rateValue>-INF<!--"),
    "number too large": changed("<cadency>6<", "<cadency>99999999999<"),
    "not closed": changed("</rate>", ""),
    "closed wrongly": changed("</cadency>", "</cadence>"),
    "not opened": changed("<rate>", ""),
    "text between": changed("<rateId>", "x<rateId>"),
    "principal between": changed("<rate>", PRINCIPAL + "<rate>"),
    "all in a comment": f"<!--{rows()}-->{CUT}{PRINCIPAL}",
    "all in a cdata section": f"<![CDATA[{rows()}]]>{CUT}{PRINCIPAL}",
    "begin in a comment": f"<!-- <rate> -->{rows()}",
    "end in a comment": f"{rows()}<!-- {CUT} -->",
    "within the principal": f"<principal>{rows()}<login>a</login></principal>",
    "within another": f"<x>{rows()}</x>",
    "within a rate": f"<rate>{rows()}</rate>",
    "beside another spelling": f"<Rate><domain>x</domain></Rate>{rows()}",
    "beside another namespace": f"{rows()}<ser:rate><domain>x</domain></ser:rate>",
    "the mark": f"{rows()}<sippulse.rows/>",
    "a single row": rows(1),
    "flat": "<domain>d</domain><prefix>1</prefix>",
    "empty rows": "<rate></rate>" * ROWS,
    "nothing": "",
}


@pytest.mark.parametrize("mode", CLIENTS)
@pytest.mark.parametrize("content", UNUSUAL.values(), ids=UNUSUAL)
def test_whatever_is_unusual_means_the_same(content: str, mode: str) -> None:
    both(content, mode)


def test_rows_outside_of_the_operation_are_not_its_rows() -> None:
    usual = envelope("insertRates", CUT)
    header = f"<s:Header><ser:IdempotencyKey><![CDATA[{rows()}]]></ser:IdempotencyKey></s:Header>"
    second = usual.replace(b"</s:Body>", f"<ser:insertRates>{rows()}</ser:insertRates>".encode())
    for body in (
        envelope("insertRates", "", header),
        envelope("updateRate", rows() + PRINCIPAL),
        envelope("insertRates", rows(), "<s:Header/>").replace(b"Envelope", b"Umschlag"),
        second + b"</s:Body></s:Envelope>",
        usual + rows().encode(),
        envelope("insertRates", rows()) + b"\0",
        envelope("insertRates", rows()).replace("ção".encode(), b"\xe9"),
        b"<!DOCTYPE x>" + usual,
    ):
        both(body)


TEXTS = st.sampled_from(
    ["", "6", " 7 ", "0.25", "12.", ".5", "1e3", "?", "x", "São > Paulo", "&lt;", "\r", "é\t\n"]
)
TAGS = st.sampled_from([*NAMES, "RATEID", "colour", "ser:cadency", 'name a="b"'])
SHAPES = st.lists(TAGS, min_size=1, max_size=4)


def child(tag: str, text: str) -> str:
    return f"<{tag}>{text}</{tag.partition(' ')[0]}>"


@st.composite
def contents(draw: st.DrawFn) -> str:
    """Rows of one shape or of two, with any of the texts, and one odd thing among them."""
    shapes = draw(st.lists(SHAPES, min_size=1, max_size=2))
    texts = draw(st.lists(TEXTS, min_size=1, max_size=3))
    made = ""
    for number in range(draw(st.integers(2, 6))):
        shape = shapes[number % len(shapes)]
        children = (child(tag, texts[(number + n) % len(texts)]) for n, tag in enumerate(shape))
        made += f"<rate>{''.join(children)}</rate>"
    place = draw(st.integers(0, len(made)))
    odd = draw(st.sampled_from(["", "", "", " ", "\r\n", "<!---->", "<x/>", "<", ">", "/", "]]>"]))
    return made[:place] + odd + made[place:]


@settings(max_examples=300)
@given(contents(), st.sampled_from([*CLIENTS]))
def test_odd_lists_mean_the_same(content: str, mode: str) -> None:
    both(content, mode)
