"""Settings that the database was given when it was made or upgraded."""

from __future__ import annotations

from sqlalchemy import select

from sippulse_ws.db.statements import Session
from sippulse_ws.models import StoredSetting

TIMEZONE = "timezone"  # a new installation's is Brazil's, an old one's UTC
CHARGING = "charging"  # on for a new installation, off for an old one


def find_stored(db: Session, name: str) -> str | None:
    """What holds while the environment says nothing else."""
    query = select(StoredSetting.value).where(StoredSetting.name == name)
    found: str | None = db.execute(query).scalar()
    return found
