"""An answer of any length: in memory while it is short, else in an unnamed temporary file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from tempfile import SpooledTemporaryFile
from threading import Semaphore

IN_MEMORY = 4 * 1024 * 1024  # bytes
_PIECE = 64 * 1024


class SpoolError(Exception):
    """A long answer could not be written: no folder for temporary files, or the disk is full."""


class Spooled:
    """The bytes of a whole answer; its `len()` is known, and it can be read once.

    The file is in the folder that `TMPDIR` names.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._senders: Semaphore | None = None
        self._file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
        try:
            for piece in pieces:
                self._write(piece)
            self._length = self._rewind()
        except BaseException:
            with suppress(OSError):  # closing tries again to write what could not be written
                self.close()
            raise

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        try:
            while piece := self._file.read(_PIECE):
                yield piece
        finally:
            self.close()

    @property
    def is_file(self) -> bool:
        """Whether it is too long for memory, and so in a file."""
        return self._length > IN_MEMORY

    def fileno(self) -> int:
        """The descriptor of the temporary file."""
        return self._file.fileno()

    def close(self) -> None:
        """Release the file and the place among the senders; WSGI servers call it in any case."""
        senders, self._senders = self._senders, None
        if senders is not None:
            senders.release()
        self._file.close()

    def _write(self, piece: bytes) -> None:
        try:
            self._file.write(piece)
        except OSError as error:  # callers would take it for an error of the database
            raise SpoolError(str(error)) from error

    def _rewind(self) -> int:
        """Flush, and go back to the beginning; the length in bytes."""
        try:
            length = self._file.tell()
            self._file.seek(0)
        except OSError as error:
            raise SpoolError(str(error)) from error
        return length

    def handed_over(self, senders: Semaphore) -> Iterable[bytes]:
        """What a WSGI server can send: this object, read from its file, or a list with all bytes.

        Sending from the file holds a thread of the server until the client has read everything.
        `senders` bounds these threads; if none is left, the answer is read into memory.
        """
        if len(self) > IN_MEMORY and senders.acquire(blocking=False):
            self._senders = senders
            return self
        with self._file:
            return [self._file.read()]
