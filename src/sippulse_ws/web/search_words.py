"""Words by which the search finds an operation, besides its description and fields."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

from sippulse_ws.services.catalogue import PublishedOperation
from sippulse_ws.wording import Wording

_parts = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+").findall


def search_words(operation: PublishedOperation, language: str) -> str:
    """The parts of the operation's name, and words for them in the language."""
    name = operation.name.lower()
    whole = f"{operation.service} {operation.name}".lower().replace("_", "")
    known = _known()
    verbs = [words for verb, words in known["verbs"].items() if name.startswith(verb)]
    nouns = [words for noun, words in known["nouns"].items() if noun in whole]
    told = [words.text(language) for words in (*verbs, *nouns)]
    return " ".join([operation.name, *_parts(operation.name), *told])


@cache
def _known() -> dict[str, dict[str, Wording]]:
    text = files(__package__).joinpath("search_words.toml").read_text(encoding="utf-8")
    return {
        kind: {part: Wording(**both) for part, both in words.items()}
        for kind, words in tomllib.loads(text).items()
    }
