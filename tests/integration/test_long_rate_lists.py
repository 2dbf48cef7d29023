"""insertRates reads, checks and stores long lists by columns: nobody can tell."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from lxml import etree

from sippulse_ws.domain import rate_columns
from sippulse_ws.models import Audit, IdempotencyKey, Rate
from sippulse_ws.wire.bulk import BulkReader
from tests.factories.platform import DOMAIN, Platform
from tests.soap import Soap, principal_xml

OTHER = "other.example.com"
COUNT = 120
Row = dict[str, Any]


def row(number: int) -> Row:
    return {
        "domain": DOMAIN.upper(),
        "name": f"It's {number} % of Açaí \\ 😀",
        "prefix": f"55{number}",
        "rateId": 1,
        "rateValue": f"{number / 1000:.3f}",
        "serviceType": "FIXO",
        "cadency": 6,
        "txConnection": "" if number % 2 else 30,
    }


def body(rows: list[Row]) -> str:
    def element(one: Row) -> str:
        return "".join(f"<{name}>{text}</{name}>" for name, text in one.items())

    return "".join(f"<rate>{element(one)}</rate>" for one in rows)


def changed(number: int, **values: Any) -> list[Row]:
    """A list with one row that is different."""
    rows = [row(n) for n in range(COUNT)]
    rows[number] = {**rows[number], **values}
    return rows


LISTS = {
    "usual": changed(0),
    "several domains": [row(n) | {"domain": OTHER if n % 3 else DOMAIN} for n in range(COUNT)],
    "several tables": [row(n) | {"rateId": n, "prefix": "55"} for n in range(COUNT)],
    "a small price": changed(7, rateValue="1e-6"),
    "a long price": changed(7, rateValue="0.1234565"),
    "a price below": changed(7, rateValue="1e-7"),
    "a negative price": changed(7, rateValue="-0.25"),
    "no price": changed(7, rateValue=""),
    "no number": changed(7, cadency="six"),
    "negative seconds": changed(7, txConnection=-1),
    "a long name": changed(7, name="x" * 129),
    "a control character": changed(7, prefix="5\t5"),
    "no name": changed(7, name=""),
    "no domain": changed(7, domain=""),
    "unknown domain": changed(7, domain="nowhere.example.com"),
    "twice": changed(7, prefix="553"),
    "there already": changed(7, prefix="99"),
    "two mistakes": [*changed(7, prefix="99"), row(200) | {"prefix": "x"}],
}


@contextmanager
def row_by_row(wanted: bool) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if wanted:
            patch.setattr(BulkReader, "read", lambda self, body: None)
            patch.setattr(rate_columns, "fitting", lambda columns: None)
        yield


def outcome(soap: Soap, platform: Platform, rows: list[Row], slow: bool, **headers: str) -> Any:
    """The answer, what is stored, and the last row of the audit trail."""
    with row_by_row(slow):
        answer = soap.post(
            "RateWS", "insertRates", body(rows) + principal_xml(soap.principal), **headers
        )
    stored = [
        {name: getattr(one, name) for name in ("domain", *rate_columns.FIELDS)}
        for one in platform.rows(Rate)
    ]
    audited = platform.rows(Audit)[-1]
    told = audited.operation, audited.object, audited.outcome, audited.error, audited.login
    return answer.data, sorted(stored, key=str), told


@pytest.mark.parametrize("rows", LISTS.values(), ids=LISTS)
def test_answer_rows_and_trail_are_the_same(
    soap: Soap, platform: Platform, rows: list[Row]
) -> None:
    platform.domain(OTHER)
    platform.rate("99", rate_id=1)
    quick = outcome(soap, platform, rows, slow=False)
    for one in platform.rows(Rate):
        if one.prefix != "99":
            soap("RateWS", "removeRate", id=one.id)
    assert outcome(soap, platform, rows, slow=True) == quick
    if b"Fault" not in quick[0]:
        assert len(quick[1]) == COUNT + 1


def test_a_key_tells_that_a_list_is_the_same(soap: Soap, platform: Platform) -> None:
    key = {"Idempotency-Key": "list-1"}
    for slow in (False, True):
        answer, stored, audited = outcome(soap, platform, LISTS["usual"], slow, **key)
        assert etree.fromstring(answer).find(".//{*}Fault") is None
        assert len(stored) == COUNT
        assert audited[2] == ("repeated" if slow else "done")
    answer, _, _ = outcome(soap, platform, LISTS["a long price"], False, **key)
    assert b"Fault" in answer
    assert len(platform.rows(IdempotencyKey)) == 1


def test_domains_of_all_rows_must_be_granted(soap: Soap, platform: Platform) -> None:
    platform.domain(OTHER)
    soap.principal = platform.administrator("here", DOMAIN)
    rows = [*LISTS["usual"], row(500) | {"domain": OTHER.upper()}]
    answers = {outcome(soap, platform, rows, slow)[0] for slow in (False, True)}
    assert len(answers) == 1
    assert f"Access to domain {OTHER} denied".encode() in answers.pop()
    assert platform.rows(Rate) == []
