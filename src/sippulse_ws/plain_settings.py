"""Settings as plain values: what they were read with, pydantic, is large, and stays elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class PlainSettings:
    """Attributes, as the settings had them."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.__dict__ |= values

    def __repr__(self) -> str:
        """Without values: some are passwords, and this may end in a log."""
        return f"<{type(self).__name__}>"


class PlainSecret:
    """A text that no log, trace or error shows."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def get_secret_value(self) -> str:
        return self._text

    def __len__(self) -> int:
        return len(self._text)

    def __repr__(self) -> str:
        return "PlainSecret('**********')"
