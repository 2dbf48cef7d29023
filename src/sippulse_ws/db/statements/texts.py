"""Writes a statement with its values as text, by a function generated for each set of names.

The constant text between the values is joined once, and each value is written by one expression.
For an INSERT of a string `name` and a datetime `at`, whose type has a bind processor, it is

    def write(values, quote):
        v0 = values['name']
        t0 = quote(v0) if type(v0) is str else literals[type(v0)](v0)
        v1 = p1(values['at'])
        t1 = quote(v1) if type(v1) is str else literals[type(v1)](v1)
        return join((c0, t0, c1, t1, c2))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sippulse_ws.db.statements.drivers import LITERALS, Literal

Processor = Callable[[Any], Any]
TextWriter = Callable[[Mapping[str, Any], Literal], bytes]
Gap = tuple[Processor | None, Sequence[int]]  # bind processor, indexes of the value in the template

_OFTEN = 3  # uses of a set of names before a function is generated for it, which takes a while
_MOST = 200  # functions of a statement; clients may send any combination of names


class TextWriters:
    """The writers of one statement; `template` makes the pieces of text that they fill in."""

    def __init__(
        self, gaps: Mapping[str, Gap], template: Callable[[Literal], Sequence[bytes]]
    ) -> None:
        self.known: dict[tuple[str, ...], TextWriter] = {}
        self._gaps = gaps
        self._template = template
        self._made: Sequence[bytes] | None = None
        self._seen: dict[tuple[str, ...], int] = {}

    def find(self, names: tuple[str, ...], quote: Literal) -> TextWriter:
        """The writer for values with these names, in this order."""
        if len(self._seen) > _MOST:
            self._seen.clear()
        times = self._seen[names] = self._seen.get(names, 0) + 1
        if self._made is None:
            self._made = self._template(quote)
        template = self._made
        gaps = {name: self._gaps[name] for name in names}
        if times < _OFTEN or len(self.known) >= _MOST:
            return looping_writer(template, gaps)
        made = self.known[names] = text_writer(template, gaps)
        return made


def looping_writer(template: Sequence[bytes], gaps: Mapping[str, Gap]) -> TextWriter:
    """Does the same as `text_writer`, slower, but without generating code."""

    def write(values: Mapping[str, Any], quote: Literal) -> bytes:
        text = [*template]
        for name, (process, places) in gaps.items():
            bound = values[name] if process is None else process(values[name])
            kind = type(bound)
            literal = quote(bound) if kind is str else LITERALS[kind](bound)
            for place in places:
                text[place] = literal
        return b"".join(text)

    return write


def text_writer(template: Sequence[bytes], gaps: Mapping[str, Gap]) -> TextWriter:
    """Generate a function that writes `template` with the values of these names in their places."""
    helpers: dict[str, Any] = {"literals": LITERALS, "join": b"".join}
    source = ["def write(values, quote):"]
    written: dict[int, str] = {}
    for number, (name, (process, places)) in enumerate(gaps.items()):
        value, text = f"v{number}", f"t{number}"
        helpers[f"p{number}"] = process
        found = f"values[{name!r}]"
        source.append(f"    {value} = {found if process is None else f'p{number}({found})'}")
        literal = f"literals[type({value})]({value})"
        source.append(f"    {text} = quote({value}) if type({value}) is str else {literal}")
        written |= dict.fromkeys(places, text)
    parts: list[str] = []
    constant = b""
    for place, piece in enumerate(template):
        if place not in written:
            constant += piece
            continue
        helpers[f"c{place}"], constant = constant, b""
        parts += [f"c{place}", written[place]]
    helpers["end"] = constant
    source.append(f"    return join(({', '.join([*parts, 'end'])},))")
    exec("\n".join(source), helpers)  # noqa: S102 - made of names of parameters alone
    write: TextWriter = helpers["write"]
    return write
