"""Writes the refused lines of an import as they were, each after a remark with the reason."""

from __future__ import annotations

import gzip
import io
import os
from pathlib import Path
from typing import IO

from sippulse_ws.domain.errors import DomainError
from sippulse_ws.files.forms import Form
from sippulse_ws.files.refusals import UnreadableFile
from sippulse_ws.files.tables import REMARK


class Rejects:
    """A file of refused lines. `import` skips the remarks, so the corrected file can be imported.

    It may contain passwords, so only its owner can read it. Without refused lines it is removed.
    """

    def __init__(self, path: Path, language: str) -> None:
        self._path = path
        self._language = language
        self._text: io.TextIOWrapper | None = None
        self._count = 0
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise UnreadableFile(file=path, error=error.strerror) from None
        self._file: IO[bytes] = os.fdopen(descriptor, "wb")
        self._last_line = 0

    def begin(self, form: Form, header: str | None) -> None:
        file = self._file
        if self._path.suffix == ".gz":
            file = gzip.GzipFile(fileobj=self._file, mode="wb")  # type: ignore[assignment] # is one but for its class
        codec = "utf-8" if form.spreadsheet else form.codec
        # bytes that are not UTF-8 are written as they were
        errors = "surrogateescape" if codec.startswith("utf-8") else "strict"
        self._text = io.TextIOWrapper(file, codec, errors=errors, newline="")
        if header is not None:
            self._text.write(_ended(header))

    def add(self, line: int, raw: str, error: DomainError) -> None:
        """Write a line and its reason; once, even if several of the line's records are refused."""
        assert self._text is not None, "begin first"
        self._count += 1
        reason = " ".join(error.message(self._language).split())
        self._text.write(f"{REMARK}{line}: {reason}\n")
        if line != self._last_line:
            self._text.write(_ended(raw))
            self._last_line = line

    def close(self) -> None:
        if self._text is not None:
            self._text.close()
        self._file.close()
        if self._count == 0:
            self._path.unlink(missing_ok=True)


def _ended(line: str) -> str:
    return line if line.endswith(("\n", "\r")) else f"{line}\n"
