"""Reads files written by the operator: accounts to take, and data the old server cannot give."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sippulse_ws.cutover.errors import BadLine, FileUnreadable, UnknownColumn
from sippulse_ws.cutover.old_database import UNTOLD_FLAGS, Listed
from sippulse_ws.cutover.source import Record
from sippulse_ws.wording import Wording

_BOOLEANS = {"1": True, "true": True, "yes": True, "sim": True}
_BOOLEANS |= {"0": False, "false": False, "no": False, "não": False}  # data
_ACCOUNTS = ("account_code", "username", "domain", *UNTOLD_FLAGS)
_ADMINISTRATORS = ("login", "password", "password_hash", "superuser", "active", "domains")
_ARGON2 = "$argon2id$"
_NO_ACCOUNT = Wording(
    "nem account_code nem username e domain", "neither account_code nor username and domain"
)
_NO_LOGIN = Wording(
    "falta login, ou password ou password_hash", "login, or password or password_hash is missing"
)
_NOT_ARGON2 = Wording("password_hash não é argon2id", "password_hash is not of argon2id")
_WIDTH = Wording("número de campos", "number of fields")
_BAD_FLAG = Wording("{name} não pode ser {text!r}", "{name} cannot be {text!r}")


def read_accounts(path: Path) -> Listed:
    """Rows with `account_code`, or `username` and `domain`, and maybe UNTOLD_FLAGS."""
    found = Listed()
    seen = set()
    for line, row in _rows(path, _ACCOUNTS):
        user, _, at = (row.get("account_code") or "").rpartition("@")
        username, domain = row.get("username") or user, row.get("domain") or at
        if not username or not domain:
            raise BadLine(file=path, line=line, reason=_NO_ACCOUNT)
        key = (username, domain.lower())
        if key not in seen:
            seen.add(key)
            found.accounts.append(key)
        given = [name for name in UNTOLD_FLAGS if row.get(name)]
        found.columns |= frozenset(given)
        if given:
            found.more[key] = {name: _flag(path, line, name, row[name]) for name in given}
    return found


def read_administrators(path: Path) -> list[Record]:
    """Rows with `login`, `password` or its argon2 hash, and `domains` separated by blanks."""
    found = []
    for line, row in _rows(path, _ADMINISTRATORS):
        hashed, password = row.get("password_hash") or "", row.get("password") or ""
        if not row.get("login") or not (hashed or password):
            raise BadLine(file=path, line=line, reason=_NO_LOGIN)
        if hashed and not hashed.startswith(_ARGON2):
            raise BadLine(file=path, line=line, reason=_NOT_ARGON2)
        flags = {
            name: _flag(path, line, name, row[name])
            for name in ("superuser", "active")
            if row.get(name)
        }
        domains = (row.get("domains") or "").replace(";", " ").lower().split()
        told = {"login": row["login"], "password": password, "password_hash": hashed}
        found.append({"superuser": False, "active": True} | told | flags | {"domains": domains})
    return found


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Line numbers and cells by column. Raises BadLine for an unknown column."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            heading = file.readline()
            file.seek(0)
            reader = csv.DictReader(file, delimiter=";" if ";" in heading else ",", strict=True)
            for name in reader.fieldnames or ():
                if name not in columns:
                    raise UnknownColumn(file=path, column=name, columns=", ".join(columns))
            for row in reader:
                if None in row or None in row.values():
                    raise BadLine(file=path, line=reader.line_num, reason=_WIDTH)
                yield reader.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FileUnreadable(file=path, reason=error) from None


def _flag(path: Path, line: int, name: str, text: str) -> Any:
    read: Callable[[str], Any] = int if name in ("cps", "keep_alive") else _boolean
    try:
        return read(text.strip().lower())
    except (ValueError, KeyError):
        reason = _BAD_FLAG.fill(name=name, text=text)
        raise BadLine(file=path, line=line, reason=reason) from None


def _boolean(text: str) -> bool:
    return _BOOLEANS[text]
