"""Writes generated passwords of an import, once, to a file that only its owner can read."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from sippulse_ws.domain.errors import DomainError
from sippulse_ws.wording import Wording


class PasswordsFileExists(DomainError):
    code = "passwords-file-exists"
    wording = Wording(
        "{path} já existe: indique outro com --passwords-file",
        "{path} exists already: name another with --passwords-file",
    )


class BadPasswordLength(DomainError):
    code = "bad-password-length"
    wording = Wording(
        "--generate-passwords: de {low} a {high} caracteres",
        "--generate-passwords: {low} to {high} characters",
    )


LEAST, MOST = 8, 128


class PasswordsFile:
    """A CSV of username, domain and password; created with the first password."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._file: IO[str] | None = None
        if path.exists():
            raise PasswordsFileExists(path=path)

    def add(self, made: Sequence[tuple[str, str, str]]) -> None:
        """Write passwords and sync the file, before their subscribers are stored."""
        if self._file is None:
            try:
                handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                raise PasswordsFileExists(path=self.path) from None
            self._file = os.fdopen(handle, "w", encoding="utf-8", newline="")
            csv.writer(self._file, lineterminator="\n").writerow(("username", "domain", "password"))
        csv.writer(self._file, lineterminator="\n").writerows(made)
        self._file.flush()
        os.fsync(self._file.fileno())
        self.count += len(made)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def check_length(length: int | None) -> None:
    if length is not None and not LEAST <= length <= MOST:
        raise BadPasswordLength(low=LEAST, high=MOST)
