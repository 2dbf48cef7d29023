"""Writes rows as CSV (also compressed), Parquet or Excel (extras `parquet` and `excel`)."""

from __future__ import annotations

import csv
import gzip
import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import IO, Any, Protocol

from sqlalchemy import BigInteger, Boolean, DateTime, Double, Integer
from sqlalchemy.sql import ColumnElement

from sippulse_ws.files.fields import ContactField, Field
from sippulse_ws.files.formula_texts import guarded
from sippulse_ws.files.refusals import WritingExtraMissing
from sippulse_ws.files.sheet_writing import SheetWriter
from sippulse_ws.models.types import Money, UtcDateTime

_Columns = Sequence[ColumnElement[Any]]
_Rows = Iterable[Sequence[Any]]


class Format(StrEnum):
    CSV = "csv"
    PARQUET = "parquet"
    XLSX = "xlsx"

    @classmethod
    def of(cls, path: Path) -> Format:
        """The format by the file's name; CSV if the suffix is another."""
        return next((one for one in cls if path.suffix.lower() == f".{one}"), cls.CSV)


@dataclass(frozen=True, slots=True)
class Style:
    """How a file is written: `texts` are columns that a spreadsheet could take for formulas.

    `phones` are telephone numbers that the database stores as integers.
    """

    delimiter: str = ","
    decimal: str = "."
    texts: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    archive: bool = False


def style_of(fields: Iterable[Field], delimiter: str = ",", decimal: str = ".") -> Style:
    """The style for the fields of a kind."""
    fields = list(fields)
    texts = frozenset(one.name for one in fields if one.is_text)
    phones = frozenset(one.name for one in fields if isinstance(one, ContactField))
    return Style(delimiter, decimal, texts, phones)


class Writer(Protocol):
    def write(self, rows: _Rows) -> None: ...

    def close(self) -> None: ...

    def discard(self) -> None:
        """Called instead of `close` after a failure."""


@contextmanager
def written(
    path: Path, format: Format, columns: _Columns, style: Style | None = None
) -> Iterator[Writer]:
    """A new file, which gets its name when it is complete; `-` is stdout.

    A CSV whose name ends in .gz is compressed.
    """
    style = style or Style()
    if str(path) == "-":
        writer = _writer(format, sys.stdout.buffer, columns, style)
        yield writer
        writer.close()
        return
    part = path.with_name(f"{path.name}.part")
    try:
        with _opened(part, columns, compressed=path.suffix == ".gz") as file:
            writer = _writer(format, file, columns, style)
            try:
                yield writer
            except BaseException:
                writer.discard()
                raise
            writer.close()
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


class CsvWriter:
    """Writes rows as text. Texts that look like formulas are written so that they are shown.

    An archive has its names in quotation marks, which tell `import` that texts are unchanged.
    """

    def __init__(self, file: IO[bytes], columns: _Columns, style: Style) -> None:
        self._text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
        self._rows = csv.writer(self._text, delimiter=style.delimiter, lineterminator="\n")
        names = [column.key for column in columns]
        if style.archive:
            self._text.write(",".join(f'"{name}"' for name in names) + "\n")
        else:
            self._rows.writerow(names)
        self._plain: dict[int, Callable[[Any], Any]] = {}
        for place, column in enumerate(columns):
            if isinstance(column.type, Boolean):
                self._plain[place] = int
            elif isinstance(column.type, Money):
                self._plain[place] = partial(_decimal, sign=style.decimal)
            elif isinstance(column.type, Double):
                self._plain[place] = partial(_double, sign=style.decimal)
            elif not style.archive and column.key in style.texts:
                self._plain[place] = guarded

    def write(self, rows: _Rows) -> None:
        self._rows.writerows(map(self._cells, rows))

    def close(self) -> None:
        self._text.flush()
        self.discard()

    def discard(self) -> None:
        self._text.detach()  # the file's owner closes it

    def _cells(self, row: Sequence[Any]) -> Sequence[Any]:
        cells = list(row)
        for place, plain in self._plain.items():
            if cells[place] is not None:
                cells[place] = plain(cells[place])
        return cells


def _decimal(value: Decimal, sign: str) -> str:
    """The number without trailing zeros of its fraction."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(".", sign)


def _double(value: float, sign: str) -> str:
    return str(value).replace(".", sign)


class ParquetWriter:
    def __init__(self, file: IO[bytes], columns: _Columns) -> None:
        try:
            import pyarrow as pa  # noqa: PLC0415 - an extra
            from pyarrow import parquet  # noqa: PLC0415
        except ImportError:
            told = {"format": "Parquet", "package": "pyarrow", "extra": "parquet"}
            raise WritingExtraMissing(**told) from None
        self._arrow = pa
        self._schema = pa.schema([(c.key, _arrow_type(pa, c)) for c in columns])
        self._file = parquet.ParquetWriter(file, self._schema, compression="zstd")

    def write(self, rows: _Rows) -> None:
        fields = zip(*rows, strict=True)
        arrays = [
            self._arrow.array(values, kind)
            for values, kind in zip(fields, self._schema.types, strict=True)
        ]
        self._file.write_batch(self._arrow.record_batch(arrays, schema=self._schema))

    def close(self) -> None:
        self._file.close()

    discard = close


def _writer(format: Format, file: IO[bytes], columns: _Columns, style: Style) -> Writer:
    if format is Format.PARQUET:
        return ParquetWriter(file, columns)
    if format is Format.XLSX:
        return SheetWriter(file, columns, style.texts, style.phones)
    return CsvWriter(file, columns, style)


def _opened(path: Path, columns: _Columns, *, compressed: bool) -> IO[bytes]:
    """Create the file; only for its owner if it has passwords, such as voicemail's."""
    if any("password" in str(column.key) for column in columns):
        path.touch(0o600)
        path.chmod(0o600)  # the mode of a file left behind by an earlier run
    if compressed:
        return gzip.open(path, "wb")  # type: ignore[return-value] # is one but for its class
    return path.open("wb")


def _arrow_type(arrow: Any, column: ColumnElement[Any]) -> Any:
    kinds = [
        (Boolean, arrow.bool_()),
        (Money, arrow.decimal128(18, 6)),
        (UtcDateTime, arrow.timestamp("us", "UTC")),
        (BigInteger, arrow.int64()),
        (Integer, arrow.int32()),
        (Double, arrow.float64()),
        (DateTime, arrow.timestamp("ms")),
    ]
    return next((kind for sql, kind in kinds if isinstance(column.type, sql)), arrow.string())
