"""Finds audit rows that are about a person, and rewrites them without the person."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from sippulse_ws.domain.audit import describe_object, fields_of
from sippulse_ws.domain.personal_data import Person

# Fields that reveal nothing about a person, besides ids.
_KEPT = frozenset({"domain", "value", "rate_id", "rate_plan_id", "fields", "alias_domain"})
_PAIRS = (("username", "domain"), ("alias_username", "alias_domain"))


def is_about(told: str, login: str, person: Person) -> bool:
    """Whether a row is about this person, and not about a namesake in another domain."""
    if login in person.names:
        return True
    values = _values(told)
    known = person.names | person.aliases
    if any(f"{values.get(user)}@{values.get(domain)}" in known for user, domain in _PAIRS):
        return True
    return any(replace_names(value, known, "") != value for value in values.values())


def without_person(told: str, person: Person, pseudonym: str) -> str:
    """The object of such a row with the pseudonym, and without other personal values."""
    known = person.names | person.aliases
    told_of: dict[str, str] = {}
    for name, value in _values(told).items():
        several = value.split(",")
        if any(one in known for one in several):
            told_of[name] = ",".join(pseudonym if one in known else one for one in several)
        elif name in ("username", "alias_username"):
            told_of[name] = pseudonym.rpartition("@")[0]
        elif name in _KEPT or name == "id" or name.endswith("_id"):
            told_of[name] = value
    return describe_object(told_of.items())


def replace_names(text: str, names: Iterable[str], pseudonym: str) -> str:
    """The text with the pseudonym instead of each name that stands by itself."""
    for name in sorted(names, key=len, reverse=True):
        text = re.sub(rf"(?<![\w.+-]){re.escape(name)}(?![\w-]|\.\w)", pseudonym, text)
    return text


def _values(told: str) -> Mapping[str, str]:
    found = {}
    for field in fields_of(told):
        name, _, value = field.partition("=")
        found[name] = json.loads(value) if value.startswith('"') else value
    return found
