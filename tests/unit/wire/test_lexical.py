"""Simple values: texts to values as JAXB reads them (with our differences), and back."""

import math
import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from sippulse_ws.wire.lexical import (
    escape,
    is_exact,
    is_plain,
    parse_boolean,
    parse_date_time,
    parse_double,
    parse_filled_int,
    parse_filter,
    parse_int,
    parse_long,
    parse_telephone,
    print_date_time,
    print_double,
)

WHITE = " \t\r\n"
numbers = st.text("0123456789+-. eExXpPaf\t\n_?\u0660\u00a0", max_size=12)
padding = st.text(WHITE, max_size=3)


def reference_int(text: str) -> int | None:
    """The reference skips white space anywhere and wraps; where it does so, ours is absent."""
    text = text.strip(WHITE)
    if text == "":
        return 0
    if not re.fullmatch("[+-]?[0-9]+", text):
        return None
    return int(text) if -(2**31) <= int(text) < 2**31 else None


@given(numbers | st.integers(-(2**33), 2**33).map(str))
@example("2147483647")
@example("-2147483648")
@example("2147483648")
@example("-2147483649")
@example("0" * 5000 + "42")
@example("9" * 5000)
def test_an_int_is_digits_in_the_range_or_empty(text: str) -> None:
    if len(text) < 1000:
        assert parse_int(text) == reference_int(text)
    else:
        assert parse_int(text) == (42 if text.endswith("42") else None)


@pytest.mark.parametrize(
    "text",
    ["4 2", "5-5", "--5", "+", "42.0", "0x10", "1_000", "\u0664\u0662", "\u00a042"],
)
def test_what_the_reference_would_make_an_int_of_is_none(text: str) -> None:
    assert parse_int(text) is None
    assert parse_long(text) is None


@given(st.integers(-(2**64), 2**64), padding, padding)
@example(2**63 - 1, "", "")
@example(2**63, "", "")
@example(10**19 - 1, "", "")
@example(10**19, "", "")
@example(-(2**63), "", "")
@example(-(2**63) - 1, " ", "")
@example(1 - 10**19, " ", "")
def test_a_long_has_64_bits(value: int, before: str, after: str) -> None:
    expected = value if -(2**63) <= value < 2**63 else None
    assert parse_long(f"{before}{value}{after}") == expected


def test_an_empty_long_double_or_boolean_is_absent() -> None:
    assert parse_long("") is parse_double("") is parse_boolean("") is None


@given(numbers, padding)
@example("1.", "")
@example(".5", " ")
@example("1e400", "")
@example("+INF", "")
@example("nan", "")
def test_a_double_is_a_decimal_with_an_exponent(text: str, pad: str) -> None:
    if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", text.strip(WHITE)):
        assert parse_double(pad + text + pad) == float(text)
    elif "x" not in text.lower():
        assert parse_double(pad + text + pad) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("INF", math.inf),
        (" -INF ", -math.inf),
        ("0x1.8p1", 3.0),
        ("-0x1p9999", -math.inf),
        ("0x1p9999", math.inf),
        ("+0x1P9999", math.inf),
    ],
)
def test_a_double_may_be_infinite_or_hexadecimal(text: str, value: float) -> None:
    assert parse_double(text) == value


def test_a_double_may_be_no_number() -> None:
    assert math.isnan(parse_double("NaN") or 0)


@given(st.sampled_from(["true", "false", "1", "0"]), padding, padding)
def test_a_boolean_is_one_of_four_words(word: str, before: str, after: str) -> None:
    assert parse_boolean(before + word + after) is (word in ("true", "1"))


@pytest.mark.parametrize("text", ["TRUE", "truex", "1 x", "01", "S", "?", "t rue", "\u00a0true"])
def test_no_other_word_is_a_boolean(text: str) -> None:
    assert parse_boolean(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-02-29T12:30:00Z", datetime(2024, 2, 29, 12, 30, tzinfo=UTC)),
        (" 2024-02-29T12:30:00.5-03:00 ", datetime(2024, 2, 29, 15, 30, 0, 500000, UTC)),
        ("2023-02-29T00:00:00Z", None),
        ("2024-02-29", None),
        ("20240229T123000Z", None),
    ],
)
def test_a_date_has_a_time(text: str, value: datetime | None) -> None:
    assert parse_date_time(text) == value


@pytest.mark.parametrize(("text", "value"), [("?", None), (" ? ", None), ("??", "??"), ("", "")])
def test_a_lone_question_mark_is_no_filter(text: str, value: str | None) -> None:
    assert parse_filter(text) == value


@pytest.mark.parametrize(
    ("text", "value"), [("", None), (" \n", None), ("0", 0), (" 5 ", 5), ("x", None)]
)
def test_an_empty_element_may_be_absent_rather_than_zero(text: str, value: int | None) -> None:
    assert parse_filled_int(text) == value
    assert parse_int("") == 0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(48) 3025-8080", 4830258080),
        ("+55 48 3025.8080\n", 554830258080),
        ("1234567", 1234567),
        ("123456", None),
        ("48.5", None),
        ("3333-4444/5555", None),
        ("3025-808O", None),
        ("\u0663" * 8, None),
        (str(2**63 - 1), 2**63 - 1),
        (str(2**63), None),
        ("", None),
    ],
)
def test_a_telephone_is_the_digits_of_one_number(text: str, value: int | None) -> None:
    assert parse_telephone(text) == value


@pytest.mark.parametrize(
    ("kind", "text", "exact"),
    [
        ("int", " 5 ", True),
        ("int", " ", False),
        ("int", "", False),
        ("double", " 1.5e3 ", True),
        ("double", "INF", True),
        ("double", " 0x1p1 ", False),
        ("string", "", True),
        ("string", "0x1p1", True),
    ],
)
def test_what_we_read_beyond_xml_schema_is_known(kind: str, text: str, exact: bool) -> None:
    assert is_exact(kind, text) is exact


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (10, "10.0"),
        (Decimal("0.180000"), "0.18"),
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (0.001, "0.001"),
        (0.000999, "9.99E-4"),
        (9999999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (-123456789.99, "-1.2345678999E8"),
        (1e23, "1.0E23"),
        (1e-7, "1.0E-7"),
        (-0.001, "-0.001"),
        (-0.000999, "-9.99E-4"),
        (-9999999.0, "-9999999.0"),
        (-1e7, "-1.0E7"),
        (Decimal(0), "0.0"),
        (Decimal("0.001"), "0.001"),
        (Decimal("0.000999"), "9.99E-4"),
        (Decimal("9999999.5"), "9999999.5"),
        (Decimal(10000000), "1.0E7"),
        (math.nan, "NaN"),
        (math.inf, "INF"),
        (-math.inf, "-INF"),
    ],
)
def test_doubles_are_printed_as_java_prints_them(value: float | Decimal, text: str) -> None:
    assert print_double(value) == text


@given(st.floats(allow_nan=False))
def test_a_printed_double_reads_as_the_same_double(value: float) -> None:
    assert parse_double(print_double(value)) == value


@given(st.floats(1e-3, 1e7, exclude_max=True))
def test_a_double_of_common_size_has_no_exponent(value: float) -> None:
    assert re.fullmatch(r"[0-9]+\.[0-9]+", print_double(value))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2024, 1, 2, 3, 4, 5), "2024-01-02T03:04:05"),  # noqa: DTZ001 - without one
        (datetime(2024, 1, 2, 3, 4, 5, 250000, UTC), "2024-01-02T03:04:05.250Z"),
        (
            datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=-3))),
            "2024-01-02T03:04:05-03:00",
        ),
        (datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(0))), "2024-01-02T03:04:05Z"),
    ],
)
def test_dates_are_printed_with_their_offset(value: datetime, text: str) -> None:
    assert print_date_time(value) == text


@given(st.text(st.characters(codec=None, categories=None)))
@example("a\x00b\ud800c\ufffed\re]]>")
def test_escaped_text_survives_a_parser_except_what_xml_cannot_carry(text: str) -> None:
    carried = "".join(c for c in text if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff"))
    carried = carried.encode("utf-8", "ignore").decode()
    assert (etree.fromstring(f"<a>{escape(text)}</a>").text or "") == carried


EDGES = [*range(0x22), 0x7F, 0xD7FF, 0xD800, 0xDFFF, 0xE000, 0xFFFD, 0xFFFE, 0xFFFF, 0x10000]


@pytest.mark.parametrize("code", EDGES, ids=hex)
def test_every_edge_of_what_xml_carries(code: int) -> None:
    dropped = (code < 0x20 and code not in (9, 10, 13)) or 0xD800 <= code < 0xE000
    expected = "" if dropped or code in (0xFFFE, 0xFFFF) else chr(code)
    assert escape(f"a{chr(code)}") == "a" + expected.replace("\r", "&#13;")


@pytest.mark.parametrize(
    ("value", "text"), [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("é'\"", "é'\""), (42, "42")]
)
def test_only_markup_is_escaped(value: object, text: str) -> None:
    assert escape(value) == text
    assert is_plain(str(value)) is (text == str(value))
