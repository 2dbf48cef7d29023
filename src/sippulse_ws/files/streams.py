"""The bytes of a file or of standard input, with the position and the digest.

A file may be read several times, a pipe once. A pipe's beginning can be looked at before it is
read, and it is copied to a temporary file only if it has to be read twice.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from sippulse_ws.files.refusals import CutOffFile, UnreadableFile

STANDARD_INPUT = "-"
SAMPLE = 64 * 1024
_LEAST_SAMPLE = 8 * 1024  # of a pipe, whose writer may wait until it is read
_GZIP = b"\x1f\x8b"
_BLOCK = 1 << 20


class Bytes:
    """A file to import. `position` and `size` count the bytes on disk, maybe compressed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path)
        self.is_pipe = self.name == STANDARD_INPUT or not _is_regular(path)
        self.position = 0
        self._digest = hashlib.sha256()
        self._pipe: io.RawIOBase | None = None
        self._aside: IO[bytes] | None = None
        if self.is_pipe:
            self._pipe = _Replay(*_beginning(_opened_pipe(path)))
        self.compressed = self._raw_sample().startswith(_GZIP)

    @property
    def size(self) -> int | None:
        """The size in bytes; None while it is unknown."""
        if self._aside is None and self.is_pipe:
            return None
        return self._size()

    def sample(self) -> bytes:
        """The beginning, uncompressed; it remains to be read."""
        raw = self._raw_sample()
        return _uncompressed(raw) if self.compressed else raw

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """All bytes from the beginning, uncompressed; a pipe can be read once unless put aside."""
        self.position, self._digest = 0, hashlib.sha256()
        with self._raw() as raw:
            counted: IO[bytes] = io.BufferedReader(_Counted(raw, self._count), _BLOCK)
            if not self.compressed:
                yield counted
                return
            try:
                with gzip.GzipFile(fileobj=counted) as plain:
                    yield io.BufferedReader(plain, _BLOCK)
            except (EOFError, gzip.BadGzipFile, zlib.error):
                raise CutOffFile from None

    @contextmanager
    def seekable(self) -> Iterator[IO[bytes]]:
        """The file as it is on disk, for readers that need random access."""
        self.put_aside()
        with self._raw() as raw:
            yield raw

    def put_aside(self) -> None:
        """Copy a pipe to a temporary file, so that it can be read more than once."""
        if self.is_pipe and self._aside is None:
            self._aside = tempfile.TemporaryFile()  # noqa: SIM115 - closed with this object
            assert self._pipe is not None
            shutil.copyfileobj(io.BufferedReader(self._pipe), self._aside, _BLOCK)

    @property
    def may_be_read_twice(self) -> bool:
        return not self.is_pipe or self._aside is not None

    def digest(self) -> str:
        """The SHA-256 of the file, or of what was read of a pipe."""
        if not self.may_be_read_twice:
            return self._digest.hexdigest()
        with self._raw() as raw:
            return hashlib.file_digest(raw, "sha256").hexdigest()  # type: ignore[arg-type] # a binary file

    def close(self) -> None:
        if self._aside is not None:
            self._aside.close()

    @contextmanager
    def _raw(self) -> Iterator[IO[bytes]]:
        if self._aside is not None:
            self._aside.seek(0)
            yield self._aside
        elif self._pipe is not None:
            yield self._pipe  # type: ignore[misc] # a raw stream serves as well
        else:
            try:
                file = self.path.open("rb")
            except OSError as error:
                raise UnreadableFile(file=self.name, error=error.strerror) from None
            with file:
                yield file

    def _raw_sample(self) -> bytes:
        if isinstance(self._pipe, _Replay):
            return self._pipe.prefix
        with self._raw() as raw:
            return raw.read(SAMPLE)

    def _size(self) -> int:
        if self._aside is None:
            return self.path.stat().st_size
        return self._aside.seek(0, io.SEEK_END)

    def _count(self, block: Any) -> None:
        self.position += len(block)
        if self.is_pipe:
            self._digest.update(block)


class _Counted(io.RawIOBase):
    """Reports what is read from another stream."""

    def __init__(self, raw: IO[bytes], tell: Callable[[Any], None]) -> None:
        self._stream = raw
        self._tell = tell

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = self._stream.read(len(buffer)) or b""
        buffer[: len(block)] = block
        self._tell(block)
        return len(block)


class _Replay(io.RawIOBase):
    """A pipe whose beginning has been read already."""

    def __init__(self, prefix: bytes, pipe: IO[bytes]) -> None:
        self.prefix = prefix
        self._left = prefix
        self._stream = pipe

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = len(buffer)
        if self._left:
            block, self._left = self._left[:size], self._left[size:]
        else:
            block = _some(self._stream, size)
        buffer[: len(block)] = block
        return len(block)


def _opened_pipe(path: Path) -> IO[bytes]:
    if str(path) == STANDARD_INPUT:
        return sys.stdin.buffer
    try:
        return path.open("rb")
    except OSError as error:
        raise UnreadableFile(file=str(path), error=error.strerror) from None


def _beginning(pipe: IO[bytes]) -> tuple[bytes, IO[bytes]]:
    prefix = b""
    while len(prefix) < _LEAST_SAMPLE and (block := _some(pipe, SAMPLE)):
        prefix += block
    return prefix, pipe


def _some(pipe: IO[bytes], size: int) -> bytes:
    """Read what is available, without waiting for more."""
    read: Callable[[int], bytes] = getattr(pipe, "read1", pipe.read)
    return read(size)


def _uncompressed(raw: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(raw, SAMPLE)
    except zlib.error:
        raise CutOffFile from None


def _is_regular(path: Path) -> bool:
    try:
        return path.is_file() or not path.exists()
    except OSError:
        return True
