"""The recording: a JSON line per exchange, without passwords, in files of limited size."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

_NAME = "exchanges-{:05}.jsonl"
_PATTERN = "exchanges-*.jsonl"
_LARGEST_FILE = 64 * 1024 * 1024


class Recording:
    """Appends to a folder; stops for good at `most` bytes in all, or when the disk is full."""

    def __init__(self, folder: Path, most: int) -> None:
        self.stopped = ""  # why
        self._folder = folder
        self._left = most - sum(file.stat().st_size for file in folder.glob(_PATTERN))
        self._out: TextIO | None = None
        self._number = len(list(folder.glob(_PATTERN)))
        self.last_id = _last_id(folder)

    def next_id(self) -> int:
        self.last_id += 1
        return self.last_id

    def write(self, record: dict[str, Any]) -> None:
        if self.stopped:
            return
        line = json.dumps(record, ensure_ascii=False) + "\n"
        size = len(line.encode("utf-8", "surrogatepass"))
        if size > self._left:
            self.stopped = "limit"
            return
        try:
            self._write(line)
        except OSError as error:
            self.stopped = error.strerror or str(error)
            return
        self._left -= size

    def _write(self, line: str) -> None:
        if self._out is None or self._out.tell() > _LARGEST_FILE:
            self.close()
            self._number += 1
            file = self._folder / _NAME.format(self._number)
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self._out = os.fdopen(descriptor, "w", encoding="utf-8", errors="replace")
        self._out.write(line)
        self._out.flush()

    def close(self) -> None:
        if self._out is not None:
            self._out.close()
            self._out = None


def recorded(folder: Path) -> Iterator[dict[str, Any]]:
    """The recorded exchanges in order, without a last line that was cut off."""
    for file in sorted(folder.glob(_PATTERN)):
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                if line.endswith("\n"):
                    yield json.loads(line)


def _last_id(folder: Path) -> int:
    last = 0
    for file in sorted(folder.glob(_PATTERN))[-1:]:
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                if line.endswith("\n"):
                    last = max(last, json.loads(line)["id"])
    return last
