"""Numbers that are called whatever else is blocked, and cost nothing."""

from __future__ import annotations

# Brazil's public emergency services (Anatel), and what mobile phones dial anywhere.
EMERGENCY = frozenset("100 112 128 153 180 181 185 188 190 191 192 193 194 197 198 199 911".split())


def is_emergency(number: str) -> bool:
    return number in EMERGENCY
