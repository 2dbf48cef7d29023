"""Files of rows: CSV, also compressed, and Parquet (with the extra `parquet`)."""

from __future__ import annotations

import csv
import gzip
import io
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, Protocol

from sqlalchemy import BigInteger, Boolean, DateTime, Double, Integer
from sqlalchemy.sql import ColumnElement

Columns = Sequence[ColumnElement[Any]]
Rows = Iterable[Sequence[Any]]


class Format(StrEnum):
    CSV = "csv"
    PARQUET = "parquet"


class MissingExtraError(Exception):
    """Parquet is asked for and pyarrow is not installed."""

    def __str__(self) -> str:
        return "Parquet needs pyarrow: pip install 'sippulse-ws[parquet]'"


class Writer(Protocol):
    def write(self, rows: Rows) -> None: ...

    def close(self) -> None: ...


@contextmanager
def written(path: Path, format: Format, columns: Columns) -> Iterator[Writer]:
    """A new file, there under its name when all is written and not before; `-` is stdout.

    A CSV whose name ends in .gz is compressed.
    """
    if str(path) == "-":
        writer = _writer(format, sys.stdout.buffer, columns)
        yield writer
        writer.close()
        return
    part = path.with_name(f"{path.name}.part")
    try:
        with _opened(part, compressed=path.suffix == ".gz") as file:
            writer = _writer(format, file, columns)
            yield writer
            writer.close()
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


class CsvWriter:
    def __init__(self, file: IO[bytes], columns: Columns) -> None:
        self._text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
        self._rows = csv.writer(self._text, lineterminator="\n")
        self._rows.writerow([column.key for column in columns])
        self._flags = [n for n, column in enumerate(columns) if isinstance(column.type, Boolean)]

    def write(self, rows: Rows) -> None:
        self._rows.writerows(map(self._plain, rows))

    def close(self) -> None:
        self._text.flush()
        self._text.detach()  # whose file it is closes it

    def _plain(self, row: Sequence[Any]) -> Sequence[Any]:
        fields = list(row)
        for place in self._flags:
            fields[place] = None if row[place] is None else int(row[place])
        return fields


class ParquetWriter:
    def __init__(self, file: IO[bytes], columns: Columns) -> None:
        try:
            import pyarrow as pa  # noqa: PLC0415 - an extra
            from pyarrow import parquet  # noqa: PLC0415
        except ImportError:
            raise MissingExtraError from None
        self._arrow = pa
        self._schema = pa.schema([(c.key, _arrow_type(pa, c)) for c in columns])
        self._file = parquet.ParquetWriter(file, self._schema, compression="zstd")

    def write(self, rows: Rows) -> None:
        fields = zip(*rows, strict=True)
        arrays = [
            self._arrow.array(values, kind)
            for values, kind in zip(fields, self._schema.types, strict=True)
        ]
        self._file.write_batch(self._arrow.record_batch(arrays, schema=self._schema))

    def close(self) -> None:
        self._file.close()


def _writer(format: Format, file: IO[bytes], columns: Columns) -> Writer:
    return (ParquetWriter if format is Format.PARQUET else CsvWriter)(file, columns)


def _opened(path: Path, *, compressed: bool) -> IO[bytes]:
    if compressed:
        return gzip.open(path, "wb")  # type: ignore[return-value] # is one but for its class
    return path.open("wb")


def _arrow_type(arrow: Any, column: ColumnElement[Any]) -> Any:
    kinds = [
        (Boolean, arrow.bool_()),
        (BigInteger, arrow.int64()),
        (Integer, arrow.int32()),
        (Double, arrow.float64()),
        (DateTime, arrow.timestamp("ms")),
    ]
    return next((kind for sql, kind in kinds if isinstance(column.type, sql)), arrow.string())
