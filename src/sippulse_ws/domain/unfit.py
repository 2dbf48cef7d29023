"""Finds stored values that would be refused today: older ones, or written by SQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from sqlalchemy import select

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.errors import InvalidField
from sippulse_ws.domain.networks import check_network
from sippulse_ws.domain.sip_fields import is_unfit
from sippulse_ws.models import Address, Base, DbAlias, Dialplan, Did, Subscriber


@dataclass(frozen=True, slots=True)
class Unfit:
    """A field that SIP proxies see as NULL, or a network that only a superuser may register."""

    table: str
    row: str  # the row's name, for people
    field: str
    value: str


_OWNED: dict[type[Base], tuple[Any, str]] = {
    Subscriber: (
        Subscriber.account_code,
        "username rpid call_fwd fwd_busy no_answer boss_secretary call_group pickup_group pin_code",
    ),
    DbAlias: (DbAlias.alias_username, "alias_username"),
    Did: (Did.alias_username, "alias_username did_header gwid"),
    Dialplan: (Dialplan.id, "match_exp subst_exp repl_exp attrs"),
}


def unfit_texts(db: Session) -> Iterator[Unfit]:
    """Stored texts that do not match the syntax of their field, table by table."""
    for model, (name, fields) in _OWNED.items():
        for field in fields.split():
            column = model.__table__.columns[field]
            rows = select(name.label("name"), column.label("value")).where(column != "")
            for row in db.execute(rows.order_by(name)):
                if is_unfit(column, row.value):
                    yield Unfit(model.__tablename__, str(row.name), field, row.value)


def wide_networks(db: Session) -> Iterator[Unfit]:
    """Networks that an administrator of domains could not register."""
    columns = (Subscriber.account_code, Address.ip_address, Address.mask)
    rows = select(*columns).join(Subscriber, Subscriber.id == Address.subscriber_id)
    for row in db.execute(rows.order_by(Address.ip_address, Address.mask)):
        network = f"{row.ip_address}/{row.mask}"
        try:
            check_network(ip_network(network), ())
        except (InvalidField, ValueError):
            yield Unfit(Address.__tablename__, row.account_code, "ip_address", network)
