"""What clients need is generated, compiled or installed once, and kept in .tools/interop.

It is made anew when anything has changed of which it is made; `make clean` removes it.
"""

import fcntl
import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

KEPT = Path(__file__).parents[2] / ".tools" / "interop"


def built(name: str, build: Callable[[Path], None], *inputs: Path | str) -> Path:
    """The folder that `build` has filled; test processes that need the same wait for each other.

    Inputs are files, folders, and texts such as a program's version. A build that fails or is
    interrupted is begun anew by whoever comes next.
    """
    folder, stamp = KEPT / name, KEPT / f"{name}.digest"
    wanted = digest(inputs)
    with locked(name):
        if not stamp.is_file() or stamp.read_text() != wanted:
            stamp.unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            build(folder)
            stamp.write_text(wanted)
    return folder


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Alone among all processes of this working copy."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def digest(inputs: tuple[Path | str, ...]) -> str:
    """Of the content of files and the names in folders, whatever their dates are."""
    made = hashlib.sha256()
    for one in inputs:
        if isinstance(one, str):
            made.update(f"text {one}\n".encode())
            continue
        files = sorted(path for path in one.rglob("*") if path.is_file()) if one.is_dir() else [one]
        for path in files:
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            made.update(f"file {path.relative_to(one.parent)} {content}\n".encode())
    return made.hexdigest()
