"""Runs the files that are named, one after the other; says which fail, and why."""

import contextlib
import io
import sys
from pathlib import Path

for name in sys.argv[1:]:
    told = "ok"
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            exec(compile(Path(name).read_text("utf-8"), name, "exec"), {})
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            told = f"{type(error).__name__}: {error}"
    print(Path(name).name, told.splitlines()[0], sep="\t")
