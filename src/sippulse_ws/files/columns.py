"""Assigns the columns of a file to the fields of a kind: by name, by mapping, by position."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sippulse_ws.domain.values import wire_name
from sippulse_ws.files.fields import Field
from sippulse_ws.files.refusals import (
    BadMapping,
    ColumnTwice,
    EmptyFile,
    FileRefused,
    MissingColumns,
    NoSuchColumn,
    NoSuchField,
    SeveralProblems,
    UnknownColumns,
    shown,
)

LEFT_OUT = "-"  # in --columns


@dataclass(frozen=True, slots=True)
class ColumnWishes:
    """The operator's options about columns."""

    mapping: tuple[tuple[str, str], ...] = ()  # (name in the file, our name)
    ignored: tuple[str, ...] = ()
    names: tuple[str, ...] | None = None  # --columns, for a file without a line of names
    lenient: bool = False  # of a profile: its columns need not be in every file


def folded(name: str) -> str:
    """A name for comparison: without case, accents, blanks and underscores."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(one for one in plain if one.isalnum())


class ColumnNames:
    """The columns of a kind under all of their names."""

    def __init__(self, fields: Sequence[Field], numbered: Callable[[str], Field | None]) -> None:
        self.fields = {one.name: one for one in fields}
        self._numbered = numbered
        self._names: dict[str, str] = {}
        for one in fields:
            for name in (one.name, wire_name(one.name), *one.also):
                self._names.setdefault(folded(name), one.name)

    def find(self, name: str) -> Field | None:
        """The field of this name; a numbered one (alias_3) is made as needed. None if unknown."""
        own = self._names.get(folded(name))
        if own is not None:
            return self.fields[own]
        return self._numbered(name)

    def count(self, cells: Iterable[str]) -> int:
        """How many of the cells are names of fields."""
        return sum(self.find(cell.strip()) is not None for cell in cells if cell.strip())

    def require(self, name: str, option: str) -> Field:
        found = self.find(name)
        if found is None:
            raise NoSuchField(option=option, column=shown(name), columns=", ".join(self.fields))
        return found


def parse_mapping(texts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Parse `NAME-IN-THE-FILE=column` of each --map."""
    pairs = []
    for text in texts:
        theirs, equals, ours = text.rpartition("=")
        if not (equals and theirs.strip() and ours.strip()):
            raise BadMapping(text=shown(text))
        pairs.append((theirs.strip(), ours.strip()))
    return tuple(pairs)


def place_columns(
    header: Sequence[str] | None, names: ColumnNames, wishes: ColumnWishes, given: Iterable[str]
) -> dict[int, Field]:
    """The fields by position in a line, without those of columns that are left out.

    `header` is None for a file without names; `given` are fields that need not be in the file.
    """
    problems: list[FileRefused] = []
    told: Sequence[str] = wishes.names or header or ()
    if wishes.names is not None:
        placed = _by_place(wishes.names, names)
    elif header is None:
        required = (one.name for one in names.fields.values() if one.required)
        raise EmptyFile(columns=", ".join(required))
    else:
        placed, unknown = _by_name(header, names, wishes)
        if unknown:
            problems.append(UnknownColumns(columns=", ".join(unknown)))
    problems += _twice(placed, told)
    there = {one.name for one in placed.values()} | set(given)
    missing = [one.name for one in names.fields.values() if one.required and one.name not in there]
    if missing:
        found = ", ".join(shown(cell) for cell in told)
        problems.append(MissingColumns(columns=", ".join(missing), found=found))
    if problems:
        raise problems[0] if len(problems) == 1 else SeveralProblems(problems)
    return placed


def unnamed_places(header: Sequence[str] | None) -> tuple[int, ...]:
    """Positions without a name, which must be blank; spreadsheets write such columns at the end."""
    return tuple(place for place, cell in enumerate(header or ()) if not cell.strip())


def _by_place(wanted: Sequence[str], names: ColumnNames) -> dict[int, Field]:
    return {
        place: names.require(name, "--columns")
        for place, name in enumerate(wanted)
        if name not in ("", LEFT_OUT)
    }


def _by_name(
    header: Sequence[str], names: ColumnNames, wishes: ColumnWishes
) -> tuple[dict[int, Field], list[str]]:
    """The fields by position, and the unknown names."""
    cells = [cell.strip() for cell in header]
    present = {folded(cell) for cell in cells}
    mapping: Mapping[str, Field] = {
        folded(theirs): names.require(ours, "--map") for theirs, ours in wishes.mapping
    }
    ignored = set(map(folded, wishes.ignored))
    told = [("--map", theirs) for theirs, _ in wishes.mapping]
    told += [("--ignore-column", name) for name in wishes.ignored]
    for option, name in told:
        if folded(name) not in present and not wishes.lenient:
            raise NoSuchColumn(option=option, column=shown(name))
    placed: dict[int, Field] = {}
    unknown = []
    for place, cell in enumerate(cells):
        key = folded(cell)
        if key in ignored:
            continue
        if not cell:
            continue  # see `unnamed_places`
        found = mapping.get(key) or names.find(cell)
        if found is None:
            unknown.append(shown(cell))
        else:
            placed[place] = found
    return placed, unknown


def _twice(placed: Mapping[int, Field], header: Sequence[str]) -> Iterator[FileRefused]:
    places: dict[str, list[int]] = {}
    for place, one in placed.items():
        places.setdefault(one.name, []).append(place)
    for name, there in places.items():
        if len(there) > 1:
            told = ", ".join(shown(header[place]) for place in there)
            yield ColumnTwice(column=name, names=told)
