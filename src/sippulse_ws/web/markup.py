"""Descriptions as HTML."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_code = re.compile("`([^`]+)`").sub


def marked(text: str) -> Markup:
    """A description as HTML; backquotes mean code."""
    return Markup(_code(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before
