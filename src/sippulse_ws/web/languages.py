"""The language that a client prefers by `Accept-Language`."""

from __future__ import annotations

from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

LANGUAGES = ("pt", "en")


def accepted_language(header: str | None, otherwise: str) -> str:
    """`pt` or `en`, whichever the header prefers, or `otherwise` if it has neither."""
    if not header:
        return otherwise
    accepted = parse_accept_header(header, LanguageAccept)
    return accepted.best_match(LANGUAGES, otherwise) or otherwise
