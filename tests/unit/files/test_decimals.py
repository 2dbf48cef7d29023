"""The decimal sign of a column: what it shows, and that nothing is guessed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sippulse_ws.files.decimals import DecimalReader, Sign, SignFinder
from sippulse_ws.files.refusals import CellRefused, DecimalMixed, DecimalUnclear


def sign_of(*cells: str) -> Sign:
    finder = SignFinder("rate_value")
    for line, cell in enumerate(cells, 2):
        finder.look_at(line, cell)
    return finder.sign()


@pytest.mark.parametrize(
    ("cells", "sign"),
    [
        (["0,08"], ","),
        (["0.08"], "."),
        (["1", "2"], "."),
        ([], "."),
        (["1.234", "0,5"], ","),
        (["1.234", "0.5"], "."),
        (["1.234,56"], ","),
        (["1,234.56"], "."),
        (["1.234.567"], ","),
        (["0.123"], "."),
        (["0,123", "12"], ","),
        (["1.0E-2"], "."),
        (["words", "0,5"], ","),
        (["1234.567"], "."),
    ],
)
def test_the_column_shows_its_sign(cells: list[str], sign: str) -> None:
    assert sign_of(*cells) == sign


def test_what_fits_both_is_refused_with_both_readings() -> None:
    with pytest.raises(DecimalUnclear) as refused:
        sign_of("7", "1.234")
    told = refused.value.message("en")
    assert "1.234 (--decimal .)" in told
    assert "1234 (--decimal ,)" in told
    assert "line 3" in told


def test_lines_that_differ_are_refused_with_their_numbers() -> None:
    with pytest.raises(DecimalMixed) as refused:
        sign_of("0.5", "0,5")
    assert "line 2" in refused.value.message("en")
    assert "line 3" in refused.value.message("en")


@pytest.mark.parametrize(
    "text", ["0,09", "1,234", "1 000", "NaN", "1_000", "", "0x1", "R$ 1", "--1"]
)
def test_a_point_is_no_comma(text: str) -> None:
    with pytest.raises(CellRefused):
        DecimalReader(".")(text, "rate_value")


@pytest.mark.parametrize(
    ("sign", "text", "number"),
    [
        (",", "1.234,56", "1234.56"),
        (",", "1.234", "1234"),
        (".", "1,234", "1234"),
        (".", "1,234,567.8", "1234567.8"),
        (",", "0,09", "0.09"),
    ],
)
def test_groups_of_thousands_are_read_where_the_sign_is_known(
    sign: Sign, text: str, number: str
) -> None:
    assert DecimalReader(sign, grouped=True)(text, "n") == Decimal(number)


@pytest.mark.parametrize("text", ["1.23,4", "0.123,4", "1.2345", "1,23.4", "12.34.567"])
def test_groups_are_of_three_digits(text: str) -> None:
    with pytest.raises(CellRefused):
        DecimalReader(",", grouped=True)(text, "n")


amounts = st.decimals(min_value=0, max_value=10**9, places=6, allow_nan=False)


@given(st.lists(amounts, min_size=1, max_size=20), st.sampled_from(".,"))
def test_a_column_is_read_as_it_was_written_or_refused(
    numbers: list[Decimal], written: Sign
) -> None:
    cells = [f"{number:f}".replace(".", written) for number in numbers]
    try:
        sign = sign_of(*cells)
    except DecimalUnclear:
        return
    read = DecimalReader(sign, grouped=True)
    assert [read(cell, "n") for cell in cells] == numbers
