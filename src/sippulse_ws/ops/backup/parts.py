"""The parts of a backup, a tar stream: `about.json`, the database in chunks, `manifest.json`."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from sippulse_ws.ops.backup.troubles import BackupError, BackupTrouble

CHUNK = 4 * 1024 * 1024
ABOUT = "about.json"
MANIFEST = "manifest.json"
DATABASE = "database/"

Progress = Callable[[int], None]  # called with the bytes of each chunk


@dataclass(slots=True)
class Manifest:
    """SHA-256 and bytes of the database's stream; by table, count of rows and their digest."""

    sha256: str = ""
    size: int = 0
    tables: dict[str, tuple[int, str]] = field(default_factory=dict)
    binlog: str = ""  # position of the binary log, if there is one


class PartsWriter:
    """Writes parts into a container, one after the other."""

    def __init__(self, file: Any) -> None:
        # not "w|", which writes into the file even when it is abandoned
        self._tar: tarfile.TarFile = tarfile.open(mode="w", fileobj=file)  # noqa: SIM115

    def add(self, name: str, data: bytes) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = len(data), 0o600
        self._tar.addfile(entry, io.BytesIO(data))

    def add_json(self, name: str, value: Any) -> None:
        self.add(name, json.dumps(value, indent=1, ensure_ascii=False).encode())

    def add_database(self, pieces: Iterable[bytes], manifest: Manifest, progress: Progress) -> None:
        digest = hashlib.sha256()
        for number, chunk in enumerate(_chunks(pieces)):
            digest.update(chunk)
            manifest.size += len(chunk)
            self.add(f"{DATABASE}{number:06}", chunk)
            progress(len(chunk))
        manifest.sha256 = digest.hexdigest()

    def finish(self, manifest: Manifest) -> None:
        self.add_json(MANIFEST, asdict(manifest))
        self._tar.close()


class PartsReader:
    """Reads the parts in their order: `about` is there at once, `manifest` after `database()`."""

    def __init__(self, file: Any) -> None:
        try:
            buffered: Any = io.BufferedReader(file, CHUNK)
            self._all = buffered
            self._tar: tarfile.TarFile = tarfile.open(mode="r|", fileobj=buffered)  # noqa: SIM115
        except tarfile.TarError:
            raise BackupError(BackupTrouble.DAMAGED) from None
        self.about: dict[str, Any] = self._json(self._next(), ABOUT)
        self.manifest = Manifest()

    def database(self, progress: Progress) -> Iterator[bytes]:
        """The database's chunks; a BackupError after the last one if their checksum is wrong."""
        digest, size = hashlib.sha256(), 0
        entry = self._next()
        while entry is not None and entry.name.startswith(DATABASE):
            piece = self._read(entry)
            digest.update(piece)
            size += len(piece)
            progress(len(piece))
            yield piece
            entry = self._next()
        told = self._json(entry, MANIFEST)
        while self._all.read(CHUNK):  # to its end, where a cut shows
            pass
        tables = {name: (rows, digest) for name, (rows, digest) in told.pop("tables").items()}
        self.manifest = Manifest(**told, tables=tables)
        if (self.manifest.sha256, self.manifest.size) != (digest.hexdigest(), size):
            raise BackupError(BackupTrouble.BAD_CHECKSUM)

    def _next(self) -> tarfile.TarInfo | None:
        try:
            return self._tar.next()
        except tarfile.TarError:
            raise BackupError(BackupTrouble.DAMAGED) from None

    def _read(self, entry: tarfile.TarInfo) -> bytes:
        file = self._tar.extractfile(entry)
        if file is None:
            raise BackupError(BackupTrouble.DAMAGED)
        return bytes(file.read())

    def _json(self, entry: tarfile.TarInfo | None, name: str) -> Any:
        if entry is None or entry.name != name:
            raise BackupError(BackupTrouble.PART_MISSING, part=name)
        return json.loads(self._read(entry))


def _chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) >= CHUNK:
            yield bytes(waiting[:CHUNK])
            del waiting[:CHUNK]
    if waiting:
        yield bytes(waiting)
