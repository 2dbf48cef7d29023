"""Texts in Portuguese and English: the only way to write what people read.

Errors, output of commands, words of pages and reports are `Wording`s; `make lint` finds other pairs
of texts.
"""

from __future__ import annotations

from typing import NamedTuple


class Wording(NamedTuple):
    """A text in both languages, with the same values in braces, as for `str.format`."""

    pt: str
    en: str

    def text(self, language: str, **values: object) -> str:
        """The text in `language`, filled with values, which may be Wordings."""
        chosen = self.en if language == "en" else self.pt
        if not values:
            return chosen
        return chosen.format(**{name: _in(language, value) for name, value in values.items()})

    def fill(self, **values: object) -> Wording:
        """The wording with its values filled in, in both languages."""
        return Wording(self.text("pt", **values), self.text("en", **values))


class WordedError(Exception):
    """An error for the user of a command; `str` gives the English text, for logs."""

    def __init__(self, wording: Wording) -> None:
        super().__init__(wording.en)
        self.wording = wording


def reason_of(error: Exception) -> Wording:
    """The error's wording, or the error's own text in both languages."""
    told = error.args[0] if error.args else None
    return told if isinstance(told, Wording) else Wording(str(error), str(error))


LANGUAGE_TAG = Wording("pt-BR", "en")  # as HTML names the language


def _in(language: str, value: object) -> object:
    return value.text(language) if isinstance(value, Wording) else value
