"""A text in Portuguese and English: the one way to write what people read.

Errors, answers of commands, words of pages and of reports are `Wording`s; `make lint` refuses pairs
of texts that are none.
"""

from __future__ import annotations

from typing import NamedTuple


class Wording(NamedTuple):
    """Both may name values in braces, as `str.format` has them; both the same ones."""

    pt: str
    en: str

    def text(self, language: str, **values: object) -> str:
        """In `language`, with its values, which may be Wordings; without any as it stands."""
        chosen = self.en if language == "en" else self.pt
        if not values:
            return chosen
        return chosen.format(**{name: _in(language, value) for name, value in values.items()})

    def fill(self, **values: object) -> Wording:
        """With its values, the language being open still."""
        return Wording(self.text("pt", **values), self.text("en", **values))


class WordedError(Exception):
    """An error for whoever called a command; its text is the English one, for logs."""

    def __init__(self, wording: Wording) -> None:
        super().__init__(wording.en)
        self.wording = wording


def reason_of(error: Exception) -> Wording:
    """What it was raised with; of an error of another origin what it says itself."""
    told = error.args[0] if error.args else None
    return told if isinstance(told, Wording) else Wording(str(error), str(error))


LANGUAGE_TAG = Wording("pt-BR", "en")  # as HTML names the language


def _in(language: str, value: object) -> object:
    return value.text(language) if isinstance(value, Wording) else value
