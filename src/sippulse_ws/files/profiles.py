"""Profiles of other programs' files: what their columns mean, and which rows are imported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import select

from sippulse_ws.db.statements import Session
from sippulse_ws.files.columns import ColumnWishes
from sippulse_ws.files.fields import Field
from sippulse_ws.files.kind import Kind, Record
from sippulse_ws.models import Domain

Adapt = Callable[[Kind, Record], "Record | None"]
# How database clients write NULL.
NULLS = frozenset({"NULL", "\\N"})


@dataclass(frozen=True)
class FileProfile:
    """How files of one origin are read; `adapt` returns None for rows that are left out."""

    name: str
    kind: str
    wishes: ColumnWishes = field(default_factory=ColumnWishes)
    fields: tuple[Field, ...] = ()  # further columns of the files that `adapt` needs
    delimiter: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    nulls: frozenset[str] = frozenset()
    adapt: Adapt | None = None
    needs_domain: bool = False  # since the files do not say it


def _uri(user: str | None, domain: str | None) -> str | None:
    if not user:
        return None
    return f"sip:{user}@{domain}" if domain else f"sip:{user}"


def _asterisk(kind: Kind, record: Record) -> Record | None:
    """A call record of an answered call; None for others."""
    if record.pop("disposition") != "ANSWERED":
        return None
    domain = record.get("caller_domain")
    source, called = record.pop("src"), record.pop("dst")
    return record | {
        "src_uri": _uri(source, domain),
        "dst_uri": _uri(called, domain),
        "caller_id": source,
    }


def _proxy_acc(kind: Kind, record: Record) -> Record | None:
    """A row of a call that was not completed; None for completed ones, which acc also writes."""
    if (record.get("sip_code") or "").startswith("2"):
        return None
    user, domain = record.pop("src_user", None), record.pop("src_domain", None)
    called, at = record.pop("dst_user", None), record.pop("dst_domain", None)
    ours = domain.lower() if domain and domain.lower() in kind.domains else None
    told = {
        "src_uri": _uri(user, domain),
        "dst_uri": _uri(called, at),
        "caller_id": user,
        "caller_domain": ours,
    }
    for name, value in told.items():
        if value is not None and record.get(name) is None:
            record[name] = value
    return record


_TEXTS = ("src_user", "src_domain", "dst_user", "dst_domain")
_PROXY = ColumnWishes(
    ignored=tuple(
        "id duration ms_duration setuptime created cdr_id dst_ouser time_hires time_attr "
        "time_exten calltype branch_idx".split()
    ),
    lenient=True,
)
# cdr_csv with loguniqueid=yes and loguserfield=yes; without the latter there are 17.
_MASTER = (
    "accountcode src dst - - - - - - call_start_time - - - duration disposition - sip_call_id -"
).split()

SHIPPED = {
    ("cdrs", "asterisk"): FileProfile(
        "asterisk",
        "cdrs",
        ColumnWishes(names=tuple(_MASTER)),
        tuple(Field(name) for name in ("src", "dst", "disposition")),
        delimiter=",",
        adapt=_asterisk,
        needs_domain=True,
    ),
    **{
        ("acc", name): FileProfile(
            name,
            "acc",
            _PROXY,
            tuple(Field(text) for text in _TEXTS),
            nulls=NULLS,
            adapt=_proxy_acc,
        )
        for name in ("opensips", "kamailio")
    },
}


def only_domain(db: Session) -> str | None:
    """The platform's domain if it has only one: a file without domains can mean no other."""
    names = db.execute(select(Domain.domain).limit(2)).scalars().all()
    return names[0] if len(names) == 1 else None
