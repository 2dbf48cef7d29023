"""Telephone numbers out of files: the normal form, and what anything else seems to be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sippulse_ws.files.numbers import (
    NumberOptions,
    NumberRange,
    read_contact,
    read_number,
    read_numbers,
    read_prefix,
)
from sippulse_ws.files.refusals import CellRefused

AS_IT_IS = NumberOptions()
CLEAN = NumberOptions(clean=True)
BOTH = NumberOptions(clean=True, ranges=True)


@pytest.mark.parametrize(
    ("text", "number"), [("554830258081", "554830258081"), ("+554830258081", "554830258081")]
)
def test_a_number_is_kept_without_its_plus(text: str, number: str) -> None:
    assert read_number(text, "number", AS_IT_IS) == number


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("5.54E+12", "cut-by-spreadsheet"),
        ("5,54E+12", "cut-by-spreadsheet"),
        ("5.54e12", "cut-by-spreadsheet"),
        ("554830258081.0", "cut-by-spreadsheet"),
        ("554830258081,00", "cut-by-spreadsheet"),
        ("(48)3025-8080", "number-with-punctuation"),
        ("55 48 3025-8082", "number-with-punctuation"),
        ("48.3025.8080", "number-with-punctuation"),
        ("+55 48 3025 8082", "number-with-punctuation"),
        ("\u202a554830258081\u202c", "number-with-punctuation"),
        ("'554830258081", "number-with-punctuation"),
        ("3025-8080", "number-is-range"),
        ("554830259100-554830259199", "number-is-range"),
        ("554830259100 a 554830259199", "number-is-range"),
        ("ramal 5", "number-with-letters"),
        ("5548x", "number-with-letters"),
        ("٥٥٤٨", "number-with-letters"),
        ("++5548", "number-with-letters"),
        ("55+48", "number-with-letters"),
    ],
)
def test_what_is_no_number_is_named_as_what_it_seems(text: str, code: str) -> None:
    with pytest.raises(CellRefused) as refused:
        read_number(text, "number", AS_IT_IS)
    assert refused.value.code == code
    assert "number" in refused.value.message("en")
    assert "number" in refused.value.message("pt")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("(48)3025-8080", "4830258080"),
        ("+55 (48) 3025-8082", "554830258082"),
        ("48.3025.8080", "4830258080"),
        ("3025-8080", "30258080"),
        ("\u202a+554830258081\u202c", "554830258081"),
        ("'554830258081", "554830258081"),
    ],
)
def test_punctuation_is_taken_away_when_asked(text: str, number: str) -> None:
    assert read_number(text, "number", CLEAN) == number


@pytest.mark.parametrize("text", ["5.54E+12", "554830258081,00", "5548x", "3025-8080 r 5"])
def test_cleaning_makes_no_number_of_what_is_none(text: str) -> None:
    with pytest.raises(CellRefused):
        read_number(text, "number", CLEAN)


def test_a_number_that_may_be_a_range_is_neither() -> None:
    with pytest.raises(CellRefused) as refused:
        read_number("3025-8080", "number", BOTH)
    assert refused.value.code == "number-or-range"


def test_a_range_is_its_numbers_with_their_zeros() -> None:
    assert read_numbers("0098-0102", "n") == ("0098", "0099", "0100", "0101", "0102")
    assert read_numbers("+5548..+5549", "n") == NumberRange(("5548", "5549"))
    assert read_numbers("5548", "n") is None


@pytest.mark.parametrize("text", ["10000-20000", "200-100", "99-100", "0-10000"])
def test_a_range_grows_within_one_length_and_has_ten_thousand_numbers_at_most(text: str) -> None:
    with pytest.raises(CellRefused) as refused:
        read_numbers(text, "n")
    assert refused.value.code == "range-refused"
    assert len(read_numbers("10000-19999", "n") or ()) == 10_000


def test_a_prefix_has_no_plus() -> None:
    with pytest.raises(CellRefused) as refused:
        read_prefix("+5511", "prefix", AS_IT_IS)
    assert "5511" in refused.value.message("en")
    assert read_prefix("+55 11", "prefix", CLEAN) == "5511"


@pytest.mark.parametrize(
    ("text", "number"),
    [("(48) 3025-8080", 4830258080), ("+55 48 99999-0000", 5548999990000), ("3025", 3025)],
)
def test_contact_data_takes_the_digits_among_punctuation(text: str, number: int) -> None:
    assert read_contact(text, "phone") == number


@pytest.mark.parametrize(
    "text", ["5,54E+12", "3025-8080 / 3025-8081", "3025-8080;1", "casa", "9" * 20, "48 ramal 3"]
)
def test_contact_data_is_one_whole_number(text: str) -> None:
    with pytest.raises(CellRefused):
        read_contact(text, "phone")


digits = st.text("0123456789", min_size=1, max_size=20)


@given(digits)
def test_digits_are_a_number_in_every_mode(number: str) -> None:
    for options in (AS_IT_IS, CLEAN, BOTH):
        assert read_number(number, "n", options) == number
        assert read_number(f"+{number}", "n", options) == number


@given(st.text(max_size=30), st.sampled_from([AS_IT_IS, CLEAN, BOTH]))
def test_whatever_is_taken_is_digits_of_the_text_in_their_order(
    text: str, options: NumberOptions
) -> None:
    try:
        number = read_number(text, "n", options)
    except CellRefused:
        return
    assert number == "".join(one for one in text if one in "0123456789")
    assert number
