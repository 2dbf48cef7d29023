"""Aliases and numbers in a subscriber's own line."""

import pytest

from sippulse_ws.domain.errors import DomainError
from sippulse_ws.files.fields import ReadingStyle
from sippulse_ws.files.groups import group_of
from sippulse_ws.files.numbers import NumberOptions
from sippulse_ws.files.sheets import SheetNumber

CLEAN = ReadingStyle(NumberOptions(clean=True))


@pytest.mark.parametrize("column", ["dids", "dids_1", "aliases_1"])
@pytest.mark.parametrize("number", ["4830.258", "-48302580"])
def test_a_point_or_a_minus_of_a_spreadsheets_number_is_not_cleaned_away(
    column: str, number: str
) -> None:
    field = group_of(column)
    assert field is not None
    with pytest.raises(DomainError):
        field.reader(CLEAN)(SheetNumber(number))
    assert field.reader(CLEAN)(SheetNumber("48302580")) == ("48302580",)
