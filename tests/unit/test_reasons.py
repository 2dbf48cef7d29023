"""What errors say of a field is said in both languages, with the same values."""

from string import Formatter

import pytest

from sippulse_ws.domain.errors import InvalidField
from sippulse_ws.domain.reasons import Reason


def places(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("reason", Reason)
def test_both_languages_name_the_same_values(reason: Reason) -> None:
    assert reason.value.pt
    assert reason.value.en
    assert places(reason.value.pt) == places(reason.value.en)


def test_values_are_filled_in_as_they_are() -> None:
    error = InvalidField("substExp", Reason.BAD_EXPRESSION, trouble="{x} at 0")
    assert (
        error.message("en") == "Invalid value in field substExp: bad regular expression: {x} at 0"
    )
    assert error.message("pt").endswith("expressão regular inválida: {x} at 0")
