"""Hunt groups: subscribers of a domain that ring together or one after the other."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.domains import require_domain
from sippulse_ws.domain.errors import (
    HuntGroupNotFound,
    InvalidField,
    MissingField,
    SubscriberNotFound,
)
from sippulse_ws.domain.reasons import Reason
from sippulse_ws.domain.rows import insert_row, refers_to_nothing
from sippulse_ws.domain.values import INT_MAX, Values, present, required, storable, within
from sippulse_ws.models import HuntGroup, HuntGroupMember, Subscriber

# "paralell" is the document's spelling.
METHODS = ("paralell", "parallel", "serial")
_FIELDS = ("description", "method", "timeout")
_COLUMNS = ("description", "domain", "id", "method", "timeout", "uri")


def list_hunt_groups(db: Session, domain: str) -> list[SimpleNamespace]:
    require_domain(db, domain)
    return _read(db, HuntGroup.domain == domain)


def get_hunt_group(db: Session, domain: str, hunt_group_id: int) -> SimpleNamespace:
    found = _read(db, (HuntGroup.domain == domain) & (HuntGroup.id == hunt_group_id))
    if not found:
        raise HuntGroupNotFound(id=hunt_group_id)
    return found[0]


def insert_hunt_group(db: Session, values: Values) -> SimpleNamespace:
    """Store a hunt group; id and URI are made here, whatever was sent."""
    required(values, "domain", "description", "group_list", "method", "timeout")
    domain = values["domain"]
    require_domain(db, domain)
    _check(values)
    members = hunt_group_members(db, domain, values["group_list"])
    stored = storable(HuntGroup, present(values, _FIELDS))
    hunt_group_id = insert_row(db, HuntGroup, stored | {"domain": domain, "uri": ""})
    uri = f"sip:huntgroup-{hunt_group_id}@{domain}"
    db.execute(update(HuntGroup).where(HuntGroup.id == hunt_group_id).values(uri=uri))
    store_hunt_group_members(db, hunt_group_id, members, domain)
    return get_hunt_group(db, domain, hunt_group_id)


def update_hunt_group(db: Session, values: Values) -> SimpleNamespace:
    """Change a hunt group; absent fields stay, and none can be empty."""
    required(values, "id")
    for name in ("description", "group_list", "method"):
        if values.get(name) == "":
            required(values, name)
    _check(values)
    domain, hunt_group_id = values["domain"], values["id"]
    _lock(db, domain, hunt_group_id)
    changes = storable(HuntGroup, present(values, _FIELDS))
    if changes:
        db.execute(update(HuntGroup).where(HuntGroup.id == hunt_group_id).values(changes))
    if values.get("group_list") is not None:
        members = hunt_group_members(db, domain, values["group_list"])
        whole = HuntGroupMember.hunt_group_id == hunt_group_id
        db.execute(delete(HuntGroupMember).where(whole))
        store_hunt_group_members(db, hunt_group_id, members, domain)
    return get_hunt_group(db, domain, hunt_group_id)


def remove_hunt_group(db: Session, domain: str, hunt_group_id: int | None) -> None:
    if hunt_group_id is None:
        raise MissingField(field="huntGroupId")
    condition = (HuntGroup.domain == domain) & (HuntGroup.id == hunt_group_id)
    if db.execute(delete(HuntGroup).where(condition)).rowcount == 0:
        raise HuntGroupNotFound(id=hunt_group_id)


def _check(values: Values) -> None:
    if values.get("method") is not None and values["method"] not in METHODS:
        raise InvalidField("method", Reason.NEITHER_PARALLEL_NOR_SERIAL)
    within(values.get("timeout"), 1, INT_MAX, "timeout")


def hunt_group_members(db: Session, domain: str, group_list: str) -> list[tuple[str, int]]:
    """The usernames in a list like `joao;maria;jose` with their ids, in its order."""
    names = [name.strip() for name in group_list.split(";") if name.strip()]
    if not names:
        raise MissingField(field="groupList")
    query = select(Subscriber.username, Subscriber.id).where(
        Subscriber.domain == domain, Subscriber.username.in_(set(names))
    )
    ids = {row.username: row.id for row in db.execute(query)}
    for name in names:
        if name not in ids:
            raise SubscriberNotFound(account=f"{name}@{domain}")
    return [(name, ids[name]) for name in names]


def _lock(db: Session, domain: str, hunt_group_id: int) -> None:
    """Lock the group until the transaction ends."""
    same = (HuntGroup.domain == domain) & (HuntGroup.id == hunt_group_id)
    if db.scalar(select(HuntGroup.id).where(same).with_for_update()) is None:
        raise HuntGroupNotFound(id=hunt_group_id)


def store_hunt_group_members(
    db: Session, hunt_group_id: int, members: list[tuple[str, int]], domain: str
) -> None:
    rows = [
        {"hunt_group_id": hunt_group_id, "position": position, "subscriber_id": member}
        for position, (_, member) in enumerate(members)
    ]
    try:
        db.execute(insert(HuntGroupMember), rows)
    except IntegrityError as error:
        if refers_to_nothing(error):  # removed in this moment
            hunt_group_members(db, domain, ";".join(name for name, _ in members))
        raise


def _read(db: Session, condition: Any) -> list[SimpleNamespace]:
    """Groups with their groupList, in two statements however many there are."""
    columns = (getattr(HuntGroup, name) for name in _COLUMNS)
    rows = db.execute(select(*columns).where(condition).order_by(HuntGroup.id)).all()
    members: dict[int, list[str]] = {row.id: [] for row in rows}
    query = (
        select(HuntGroupMember.hunt_group_id, Subscriber.username)
        .join(HuntGroup, HuntGroup.id == HuntGroupMember.hunt_group_id)
        .join(Subscriber, Subscriber.id == HuntGroupMember.subscriber_id)
        .where(condition)
        .order_by(HuntGroupMember.hunt_group_id, HuntGroupMember.position)
    )
    for hunt_group_id, username in db.execute(query):
        members.setdefault(hunt_group_id, []).append(username)  # a group may be new since
    return [SimpleNamespace(**row._mapping, group_list=";".join(members[row.id])) for row in rows]
