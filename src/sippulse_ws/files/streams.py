"""The bytes of a file or of standard input: how far they were read, and their digest.

A file may be read several times, standard input once; what comes in by it is looked at before it is
read, and put aside in a temporary file only when it has to be read twice.
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
_LEAST_SAMPLE = 8 * 1024  # of a pipe: whoever writes may wait for us before he goes on
_GZIP = b"\x1f\x8b"
_BLOCK = 1 << 20


class Bytes:
    """A file to import. `position` and `size` are of the bytes as they stand on disk."""

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
        """None while nobody knows it."""
        if self._aside is None and self.is_pipe:
            return None
        return self._size()

    def sample(self) -> bytes:
        """The beginning, uncompressed; reading it costs nothing of what is to be read."""
        raw = self._raw_sample()
        return _uncompressed(raw) if self.compressed else raw

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """All bytes from the beginning, uncompressed; of a pipe once, unless it was put aside."""
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
        """The file as it stands on disk, for readers that jump about in it."""
        self.put_aside()
        with self._raw() as raw:
            yield raw

    def put_aside(self) -> None:
        """Make a pipe readable more than once."""
        if self.is_pipe and self._aside is None:
            self._aside = tempfile.TemporaryFile()  # noqa: SIM115 - closed with this object
            assert self._pipe is not None
            shutil.copyfileobj(io.BufferedReader(self._pipe), self._aside, _BLOCK)

    @property
    def may_be_read_twice(self) -> bool:
        return not self.is_pipe or self._aside is not None

    def digest(self) -> str:
        """SHA-256 of the file; of a pipe of what was read of it."""
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
    """Tells what is read of another stream."""

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
    """A pipe whose beginning was read already."""

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
    """Read what is there already, without waiting for more."""
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
