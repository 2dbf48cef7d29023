"""Rows stored as columns, so that a long list is read, checked and written column by column."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any


class RowColumns(Sequence[dict[str, Any]]):
    """Rows with the same names; a row is made when it is accessed."""

    def __init__(self, columns: Mapping[str, Sequence[Any]]) -> None:
        self.columns = columns

    @classmethod
    def of_rows(cls, rows: Sequence[Mapping[str, Any]]) -> RowColumns:
        """Make columns of at least one row; each has all names that any row has."""
        names = dict.fromkeys(chain.from_iterable(rows))
        return cls({name: [row.get(name) for row in rows] for name in names})

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return list(self)[index]
        return {name: column[index] for name, column in self.columns.items()}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        names = tuple(self.columns)
        for values in zip(*self.columns.values(), strict=True):
            yield dict(zip(names, values, strict=True))

    def changed(self, name: str, change: Callable[[Any], Any]) -> RowColumns:
        """The same rows, with `change` applied to the values of one name."""
        column = self.columns[name]
        known = {one: change(one) for one in set(column)}
        return RowColumns({**self.columns, name: list(map(known.__getitem__, column))})
