"""Requests written by hand, for what a generated client cannot send."""

from typing import Any

from tests.factories.platform import DOMAIN

# What a new subscriber needs; zeep would insist on the required primitives as well.
NEEDED: dict[str, Any] = {
    "username": "1000",
    "domain": DOMAIN,
    "password": "segredo",
    "profile": "DEFAULT",
}


def new_subscriber(**fields: object) -> str:
    """A subscriber with what is needed and these fields; `...` leaves one out."""
    values = NEEDED | fields
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in values.items() if value != ...)
    return f"<subscriber>{inner}</subscriber>"
