"""Profiles saved by operators, in a JSON file, by kind and name."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from sippulse_ws.files.columns import ColumnWishes
from sippulse_ws.files.profiles import SHIPPED, FileProfile
from sippulse_ws.files.refusals import FileRefused, NoSuchProfile, UnreadableFile, shown
from sippulse_ws.wording import Wording

_FORM = ("delimiter", "decimal", "encoding", "sheet")


class ShippedProfile(FileRefused):
    code = "shipped-profile"
    wording = Wording(
        "O perfil {profile} vem com o programa; escolha outro nome",
        "The profile {profile} comes with the program; choose another name",
    )


def saved_path() -> Path:
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "sippulse-ws" / "profiles.json"


def find_profile(kind: str, name: str | None) -> FileProfile | None:
    """The profile of this name, shipped or saved. Raises NoSuchProfile, which lists all names."""
    if name is None:
        return None
    if found := SHIPPED.get((kind, name)):
        return found
    saved = _read().get(kind, {})
    if name not in saved:
        names = sorted({*saved, *(one for sort, one in SHIPPED if sort == kind)})
        raise NoSuchProfile(profile=shown(name), kind=kind, profiles=", ".join(names) or "-")
    told = saved[name]
    names = told.get("columns")
    wishes = ColumnWishes(
        tuple((theirs, ours) for theirs, ours in told.get("mapping", ())),
        tuple(told.get("ignored", ())),
        None if names is None else tuple(names),
    )
    return FileProfile(name, kind, wishes, **{one: told.get(one) for one in _FORM})


def save_profile(profile: FileProfile) -> None:
    """Save a profile, replacing one of the same name."""
    if (profile.kind, profile.name) in SHIPPED:
        raise ShippedProfile(profile=shown(profile.name))
    wishes = profile.wishes
    told: dict[str, Any] = {
        "mapping": [list(pair) for pair in wishes.mapping],
        "ignored": list(wishes.ignored),
        "columns": None if wishes.names is None else list(wishes.names),
    } | {name: getattr(profile, name) for name in _FORM}
    all_saved = _read()
    all_saved.setdefault(profile.kind, {})[profile.name] = {
        name: value for name, value in told.items() if value not in (None, [])
    }
    path = saved_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(all_saved, indent=2, ensure_ascii=False), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise UnreadableFile(file=path, error=error.strerror) from None


def _read() -> dict[str, dict[str, Any]]:
    path = saved_path()
    try:
        found: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UnreadableFile(file=path, error=error) from None
    return found
