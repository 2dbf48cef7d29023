"""Maps ids of the server that answers clients to the other server's ids of the same things.

They are learnt from both servers' answers to a write, and kept in a file.
"""

from __future__ import annotations

import json
from pathlib import Path

from lxml import etree

from sippulse_ws.cutover.shadow.operations import (
    ALIAS,
    HUNT_GROUP,
    LOCATION,
    PRINCIPAL_NAME,
    RATE,
    KnownOperation,
    by_name,
    fields_of_operation,
    id_kind,
    local_name,
    type_name,
)
from sippulse_ws.wire.fields import Field

# Writes that create these things return no id, so ids are learnt from lists.
_NOT_TOLD = {"insertdbaliases": ALIAS, "insertrates": RATE}


class IdMap:
    """First id to second id, by kind; things that are not in it have equal ids.

    With `learn_all` ids are learnt from all lists, for a replay without that file.
    """

    def __init__(self, file: Path | None = None, *, learn_all: bool = False) -> None:
        self.learn_all = learn_all
        self._file = file
        self._second: dict[tuple[str, str], str] = {}
        self._first: dict[tuple[str, str], str] = {}
        self._learnable = {LOCATION}  # ids of registrations, which come and go
        if file is not None and file.exists():
            for line in file.read_text().splitlines():
                kind, first, second = json.loads(line)
                self._keep(kind, first, second)

    def second(self, kind: str, first: str) -> str:
        return self._second.get((kind, first), first)

    def same(self, kind: str, first: str, second: str) -> bool:
        """Whether both ids belong, or may turn out to belong, to the same thing."""
        known = self._second.get((kind, first))
        if known is not None:
            return known == second
        return first == second or self.may_learn(kind, first, second)

    def may_learn(self, kind: str, first: str, second: str) -> bool:
        unknown = (kind, first) not in self._second and (kind, second) not in self._first
        return unknown and (self.learn_all or kind in self._learnable)

    def is_open(self, kind: str, first: str) -> bool:
        """Whether this id's counterpart may still be learnt from a list."""
        return (self.learn_all or kind in self._learnable) and (kind, first) not in self._second

    def is_open_second(self, kind: str, second: str) -> bool:
        return (self.learn_all or kind in self._learnable) and (kind, second) not in self._first

    def learn(self, kind: str, first: str, second: str) -> None:
        if (kind, first) in self._second or (kind, second) in self._first:
            return
        if first == second and kind not in self._learnable:
            return
        self._keep(kind, first, second)
        if self._file is not None and kind != LOCATION:
            with self._file.open("a") as out:
                out.write(json.dumps([kind, first, second]) + "\n")

    def mirrored(self, operation: KnownOperation) -> None:
        """Learn from both servers' answers to a write."""
        kind = _NOT_TOLD.get(operation.name.lower())
        if kind is not None:
            self._learnable.add(kind)

    def _keep(self, kind: str, first: str, second: str) -> None:
        self._second[kind, first] = second
        self._first[kind, second] = first

    def translate(self, operation: KnownOperation, payload: etree._Element) -> bool:
        """Put the second server's ids into a request; returns whether anything changed."""
        return self._translate(payload, fields_of_operation(operation), _flat_kind(operation))

    def _translate(self, element: etree._Element, fields: dict[str, Field], parent: str) -> bool:
        changed = False
        for child in element.iterchildren(etree.Element):
            name = local_name(child).lower()
            field = fields.get(name)
            if field is None or name == PRINCIPAL_NAME:
                continue
            if field.model is not None and len(child):
                changed |= self._translate(child, by_name(field.model), type_name(field))
            elif new := self._translated(field, parent, (child.text or "").strip()):
                child.text = new
                changed = True
        return changed

    def _translated(self, field: Field, parent: str, text: str) -> str | None:
        """The translated id, or None if it stays as it is."""
        if kind := id_kind(field, parent):
            second = self.second(kind, text)
            return second if second != text else None
        if group := HUNT_GROUP.fullmatch(text) if field.kind == "string" else None:
            second = self.second("huntGroup", group[1])
            return f"huntgroup-{second}" if second != group[1] else None
        return None


def _flat_kind(operation: KnownOperation) -> str:
    """The type whose fields may stand directly below the operation, else the operation's name."""
    objects = [one for one in operation.parameters if one.model and one.wire != PRINCIPAL_NAME]
    return type_name(objects[0]) if len(objects) == 1 else operation.name
