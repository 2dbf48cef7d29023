"""An answer of any length: in memory while it is short, else in a file that has no name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from tempfile import SpooledTemporaryFile
from threading import Semaphore

IN_MEMORY = 4 * 1024 * 1024
_PIECE = 64 * 1024


class SpoolError(Exception):
    """A long answer could not be kept: no folder for temporary files, or no room in it."""


class Spooled:
    """Bytes that are all there, so that their length is known, and are read once.

    The file is where `TMPDIR` says.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._senders: Semaphore | None = None
        self._file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
        try:
            for piece in pieces:
                self._write(piece)
            self._length = self._rewind()
        except BaseException:
            with suppress(OSError):  # of what could not be written the first time
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
        """Too long to be held in memory."""
        return self._length > IN_MEMORY

    def fileno(self) -> int:
        """Of the file."""
        return self._file.fileno()

    def close(self) -> None:
        """Called by the server when it is done, even if the client left early."""
        senders, self._senders = self._senders, None
        if senders is not None:
            senders.release()
        self._file.close()

    def _write(self, piece: bytes) -> None:
        try:
            self._file.write(piece)
        except OSError as error:  # would pass for one of the database
            raise SpoolError(str(error)) from error

    def _rewind(self) -> int:
        """Write what is left in buffers; the length."""
        try:
            length = self._file.tell()
            self._file.seek(0)
        except OSError as error:
            raise SpoolError(str(error)) from error
        return length

    def handed_over(self, senders: Semaphore) -> Iterable[bytes]:
        """For a server to send; a file while there is a sender, else in memory.

        A server takes a list as it is, but while it sends from a file one of its threads is held,
        for as long as the client likes: `senders` leaves threads for others.
        """
        if len(self) > IN_MEMORY and senders.acquire(blocking=False):
            self._senders = senders
            return self
        with self._file:
            return [self._file.read()]
