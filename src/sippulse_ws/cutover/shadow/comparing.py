"""Compares two servers' answers as a client that parses XML sees them.

Differences that do not matter are tolerated and counted in the report: see `TOLERATED`.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from lxml import etree

from sippulse_ws.cutover.shadow.ids import IdMap
from sippulse_ws.cutover.shadow.masking import mask, masked_value
from sippulse_ws.cutover.shadow.messages import SoapMessage
from sippulse_ws.cutover.shadow.operations import (
    HUNT_GROUP,
    KnownOperation,
    by_name,
    id_kind,
    local_name,
    type_name,
)
from sippulse_ws.cutover.shadow.scrubbing import Pseudonyms, is_pseudonym, is_secret_name
from sippulse_ws.models.types import as_money
from sippulse_ws.wire.fields import Field
from sippulse_ws.wire.lexical import PARSERS

ORDER, LEXICAL, DIGITS, IDS = "order", "lexical", "digits", "ids"
NIL, CHARSET, FAULT_TEXT, SECRET = "nil", "charset", "fault-text", "secret"
IMPORTED = "imported"  # one of the two WSDLs imports its schema
_NAMED = "named"  # a field that --ignore names
TOLERATED = (ORDER, LEXICAL, DIGITS, IDS, NIL, CHARSET, FAULT_TEXT, SECRET, IMPORTED, _NAMED)

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_MOST_PAIRED = 50  # records of lists paired at most to find the differing field


class FieldDifference(NamedTuple):
    """The first field that differs; the samples are masked, None if the field is absent."""

    field: str
    given: str | None  # by the server that answers clients
    other: str | None


@dataclass(slots=True)
class Comparison:
    difference: FieldDifference | None = None
    refused: bool = False  # the client's answer is no fault, but the other one is
    tolerated: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Comparer:
    """`ids` translates the ids of the first message's server into those of the second's.

    `pseudonyms` made those of first messages out of a recording; None: both messages are live.
    """

    ids: IdMap
    ignored: frozenset[str] = frozenset()  # fields, or operation.field
    fault_texts: bool = False
    pseudonyms: Pseudonyms | None = None

    def compare(
        self, operation: KnownOperation | None, first: SoapMessage, second: SoapMessage
    ) -> Comparison:
        run = _Run(self, operation, first.operation)
        if second.is_fault and not first.is_fault:
            run.found.refused = True
            text = second.payload.findtext("faultstring") or ""
            run.differs("Fault", None, mask(text))
        elif first.is_fault and not second.is_fault:
            run.differs("Fault", mask(first.payload.findtext("faultstring") or ""), None)
        elif first.is_fault:
            run.compare_faults(first.payload, second.payload)
        else:
            run.compare_results(first.payload, second.payload)
        if first.charset.label != second.charset.label:
            run.found.tolerated.add(CHARSET)
        return run.found


class _Run:
    """One comparison."""

    def __init__(self, comparer: Comparer, operation: KnownOperation | None, name: str) -> None:
        self.found = Comparison()
        self._comparer = comparer
        self._ids = comparer.ids
        self._operation = operation
        self._name = operation.name if operation else name.removesuffix("Response")
        self._learns = operation is not None and operation.creates

    def differs(self, path: str, old: str | None, new: str | None) -> None:
        if self.found.difference is None:
            self.found.difference = FieldDifference(path, old, new)

    def compare_faults(self, first: etree._Element, second: etree._Element) -> None:
        codes = [(one.findtext("faultcode") or "").rpartition(":")[2] for one in (first, second)]
        if codes[0] != codes[1]:
            self.differs("faultcode", codes[0], codes[1])
        details = [_detail(one) for one in (first, second)]
        if details[0] != details[1]:
            self.differs("detail", details[0] or None, details[1] or None)
        texts = [_texts_of_fault(one) for one in (first, second)]
        for name, old, new in zip(("faultstring", "faultMessage"), *texts, strict=True):
            if old != new and self._comparer.fault_texts:
                self.differs(name, mask(old), mask(new))
            elif old != new:
                self.found.tolerated.add(FAULT_TEXT)

    def compare_results(self, first: etree._Element, second: etree._Element) -> None:
        if first.tag != second.tag:
            self.differs(local_name(first), first.tag, second.tag)
            return
        returns = self._operation.returns if self._operation else None
        fields = {returns.wire.lower(): returns} if returns is not None else {}
        self._compare_children("", first, second, fields, "")

    def _compare_children(
        self,
        path: str,
        first: etree._Element,
        second: etree._Element,
        fields: dict[str, Field],
        parent: str,
    ) -> None:
        self._compare_attributes(path, first, second)
        groups = self._grouped(first), self._grouped(second)
        if [one.tag for one in _shown(first)] != [one.tag for one in _shown(second)]:
            self.found.tolerated.add(ORDER)
        for tag in dict.fromkeys([*groups[0], *groups[1]]):
            name = etree.QName(tag).localname
            below = f"{path}/{name}" if path else name
            if self._is_ignored(name, below):
                self.found.tolerated.add(_NAMED)
                continue
            known = fields.get(name.lower())
            old, new = groups[0].get(tag, []), groups[1].get(tag, [])
            if len(old) == len(new) == 1:
                self._compare_one(below, old[0], new[0], known, parent)
            else:
                self._compare_lists(below, old, new, known, parent)

    def _grouped(self, element: etree._Element) -> dict[str, list[etree._Element]]:
        groups: dict[str, list[etree._Element]] = defaultdict(list)
        for child in element.iterchildren(etree.Element):
            if _is_nil(child):
                self.found.tolerated.add(NIL)
            else:
                groups[child.tag].append(child)
        return groups

    def _compare_one(
        self,
        path: str,
        first: etree._Element,
        second: etree._Element,
        known: Field | None,
        parent: str,
    ) -> None:
        if len(first) or len(second):
            fields = by_name(known.model) if known and known.model else {}
            self._compare_children(path, first, second, fields, type_name(known) if known else "")
            return
        self._compare_attributes(path, first, second)
        old, new = first.text or "", second.text or ""
        if self._secret(path):
            self._compare_secrets(path, old, new)
        elif kind := known and id_kind(known, parent):
            self._compare_ids(path, kind, old.strip(), new.strip())
        elif _value(known, old, self._ids) != _value(known, new, None):
            self.differs(path, masked_value(known, old), masked_value(known, new))
        elif old != new:
            self.found.tolerated.add(_why_same(known, old, new))

    def _secret(self, path: str) -> bool:
        name = path.rpartition("/")[2]
        whole = self._operation is not None and self._operation.secret and path == "return"
        return whole or is_secret_name(name)

    def _compare_secrets(self, path: str, old: str, new: str) -> None:
        if old == new:
            return
        pseudonyms = self._comparer.pseudonyms
        if pseudonyms is not None and is_pseudonym(old.strip()):
            if not pseudonyms.is_lasting:
                self.found.tolerated.add(SECRET)
                return
            if old.strip() in (pseudonyms.of(new), pseudonyms.of(new, numeric=True)):
                return
        self.differs(path, "***" if old else "", "*** (another)" if new else "")

    def _compare_ids(self, path: str, kind: str, old: str, new: str) -> None:
        if self._learns and old and new and self._ids.second(kind, old) == old:
            self._ids.learn(kind, old, new)
        if not self._ids.same(kind, old, new):
            self.differs(path, old, new)
            return
        if self._ids.may_learn(kind, old, new):
            self._ids.learn(kind, old, new)
        if old != new:
            self.found.tolerated.add(IDS)

    def _compare_lists(
        self,
        path: str,
        first: list[etree._Element],
        second: list[etree._Element],
        known: Field | None,
        parent: str,
    ) -> None:
        """Compare two lists by their elements, in any order."""
        if bool(first) != bool(second) and max(len(first), len(second)) == 1:
            old, new = (_presence(known, one) for one in (first, second))
            self.differs(path, old, new)
            return
        left = defaultdict(list)
        for element in second:
            left[self._canonical(element, known, parent, True)].append(element)
        unmatched: list[etree._Element] = []
        order: list[int] = []
        places = {id(element): place for place, element in enumerate(second)}
        for element in first:
            same = left.get(self._canonical(element, known, parent, False))
            if same:
                found = same.pop(0)
                order.append(places[id(found)])
                self._compare_one(path, element, found, known, parent)
            else:
                unmatched.append(element)
        if order != sorted(order):
            self.found.tolerated.add(ORDER)
        others = [element for some in left.values() for element in some]
        self._compare_leftovers(path, (first, second), (unmatched, others), known, parent)

    def _compare_leftovers(
        self,
        path: str,
        whole: tuple[list[etree._Element], list[etree._Element]],
        left: tuple[list[etree._Element], list[etree._Element]],
        known: Field | None,
        parent: str,
    ) -> None:
        if len(whole[0]) != len(whole[1]):
            self.differs(f"{path}/count()", str(len(whole[0])), str(len(whole[1])))
            return
        others = sorted(left[1][:_MOST_PAIRED], key=_identity)
        for old, new in zip(sorted(left[0][:_MOST_PAIRED], key=_identity), others, strict=True):
            self._compare_one(path, old, new, known, parent)

    def _compare_attributes(self, path: str, first: etree._Element, second: etree._Element) -> None:
        old, new = _attributes(first), _attributes(second)
        for name in sorted(old.keys() | new.keys()):
            if old.get(name) != new.get(name):
                self.differs(f"{path}/@{name}", _attribute(old, name), _attribute(new, name))

    def _is_ignored(self, name: str, path: str) -> bool:
        ignored = self._comparer.ignored
        return bool(ignored) and not ignored.isdisjoint(
            (name, path, f"{self._name}.{name}", f"{self._name}.{path}")
        )

    def _canonical(
        self, element: etree._Element, known: Field | None, parent: str, is_second: bool
    ) -> Any:
        """A value that is equal for elements that count as the same."""
        if len(element) == 0:
            return self._canonical_text(element, known, parent, is_second)
        fields = by_name(known.model) if known and known.model else {}
        inner = type_name(known) if known else ""
        made = [
            (
                child.tag,
                self._canonical(child, fields.get(local_name(child).lower()), inner, is_second),
            )
            for child in _shown(element)
            if not self._is_ignored(local_name(child), local_name(child))
        ]
        return tuple(sorted(made, key=repr))

    def _canonical_text(
        self, element: etree._Element, known: Field | None, parent: str, is_second: bool
    ) -> Any:
        text = element.text or ""
        if self._comparer.pseudonyms is not None and is_secret_name(local_name(element)):
            return SECRET
        kind = id_kind(known, parent) if known else None
        if kind is None:
            return _value(known, text, None if is_second else self._ids)
        text = text.strip()
        if is_second:
            return None if self._ids.is_open_second(kind, text) else text
        return None if self._ids.is_open(kind, text) else self._ids.second(kind, text)


def _attribute(values: dict[str, str], name: str) -> str | None:
    return mask(values[name]) if name in values else None


def _value(known: Field | None, text: str, ids: IdMap | None) -> Any:
    """The value that a client reads from a text; an id is translated to the other server's."""
    if known is None or known.kind in ("", "string"):
        text = text.replace("\r\n", "\n")
        group = HUNT_GROUP.fullmatch(text) if ids is not None else None
        return f"huntgroup-{ids.second('huntGroup', group[1])}" if group and ids else text
    value = PARSERS[known.kind](text)
    if value is None:
        return ("unreadable", text.strip())
    if known.kind == "double":
        return _rounded(text, value)
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC)
    return value


def _rounded(text: str, value: float) -> Any:
    """The number rounded to six decimals; the old server's 0.1 + 0.2 has 17."""
    try:
        return as_money(Decimal(text.strip()))
    except InvalidOperation:
        return value


def _why_same(known: Field | None, old: str, new: str) -> str:
    """Why two different texts are the same value."""
    if known is not None and known.kind == "double":
        try:
            return LEXICAL if Decimal(old.strip()) == Decimal(new.strip()) else DIGITS
        except InvalidOperation:
            return LEXICAL
    is_text = known is None or known.kind in ("", "string")
    return IDS if is_text and HUNT_GROUP.fullmatch(old) else LEXICAL


def _shown(element: etree._Element) -> Iterator[etree._Element]:
    return (one for one in element.iterchildren(etree.Element) if not _is_nil(one))


def _is_nil(element: etree._Element) -> bool:
    return str(element.get(f"{_XSI}nil", "")).strip() in ("true", "1")


def _attributes(element: etree._Element) -> dict[str, str]:
    return {
        str(name): str(value)
        for name, value in element.attrib.items()
        if not str(name).startswith(_XSI)
    }


def _identity(element: etree._Element) -> tuple[str, ...]:
    """The key by which records of two lists are paired: names first, then all content."""
    named = [element.findtext(name) or "" for name in ("username", "aliasUsername", "prefix", "id")]
    return (*named, *(child.text or "" for child in element), element.text or "")


def _detail(fault: etree._Element) -> str:
    """The name of the element in a fault's detail, by which clients choose the exception."""
    detail = fault.find("detail")
    first = next(iter(detail), None) if detail is not None else None
    return str(first.tag) if first is not None else ""


def _texts_of_fault(fault: etree._Element) -> tuple[str, str]:
    detail = fault.find("detail")
    said = "" if detail is None else "".join(_texts(detail.iter("faultMessage")))
    return (fault.findtext("faultstring") or "").strip(), said.strip()


def _texts(elements: Iterable[etree._Element]) -> Iterator[str]:
    return (one.text or "" for one in elements)


def _presence(known: Field | None, elements: list[etree._Element]) -> str | None:
    if not elements:
        return None
    return "…" if len(elements[0]) else masked_value(known, elements[0].text or "")
