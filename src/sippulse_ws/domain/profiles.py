"""Profiles of a domain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.exc import IntegrityError

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.domains import require_domain
from sippulse_ws.domain.errors import ProfileExists, ProfileNotFound
from sippulse_ws.domain.rows import insert_row
from sippulse_ws.domain.values import required, storable
from sippulse_ws.models import Profile


def list_profiles(db: Session, domain: str) -> Sequence[Row[Any]]:
    require_domain(db, domain)
    query = select(Profile.domain, Profile.id, Profile.profile).where(Profile.domain == domain)
    return db.execute(query.order_by(Profile.profile)).all()


def create_profile(db: Session, domain: str, profile: str) -> int:
    require_domain(db, domain)
    values = {"domain": domain, "profile": profile}
    required(values, "profile")
    try:
        return insert_row(db, Profile, storable(Profile, values))
    except IntegrityError:
        raise ProfileExists(profile=profile) from None


def require_profile(db: Session, domain: str, profile: str) -> None:
    """Raise ProfileNotFound if the domain has no such profile."""
    there = (Profile.domain == domain) & (Profile.profile == profile)
    if db.execute(select(Profile.id).where(there)).first() is None:
        raise ProfileNotFound(profile=profile)


def get_profile_name(db: Session, domain: str, profile_id: int) -> str:
    """The name of a profile of this domain, by its id."""
    query = select(Profile.profile).where(Profile.id == profile_id, Profile.domain == domain)
    name = db.execute(query).scalar()
    if name is None:
        raise ProfileNotFound(profile=profile_id)
    return str(name)
