"""Masks values: enough remains to see what differs, but not whose it is."""

from __future__ import annotations

import re

from sippulse_ws.wire.fields import Field

_SHOWN_DIGITS = 7  # of a number; longer ones may be telephones or documents


def masked_value(known: Field | None, text: str) -> str:
    """Numbers, booleans and dates unchanged, unless they may identify a person; else `mask`."""
    if known is not None and known.kind not in ("", "string") and not known.filter:
        digits = sum(one.isdigit() for one in text)
        if known.kind in ("boolean", "dateTime", "double") or digits <= _SHOWN_DIGITS:
            return text
    return mask(text)


def mask(text: str) -> str:
    """The shape of a text: `João 12` becomes `Xxxx 99`."""
    text = re.sub(r"[A-ZÀ-ÖØ-Þ]", "X", text)  # data
    text = re.sub(r"[^\W\d_X]", "x", text)
    return re.sub(r"\d", "9", text)[:80]
