"""Numbers as people type them, in many scripts and habits."""

from __future__ import annotations

import pytest

from app.domain.numbers import AmbiguousNumberError, parse_number

READ = (
    ("12", "12"),
    (" 12 ", "12"),
    ("+3", "3"),
    ("-3", "-3"),
    ("- 3", "-3"),
    ("−3", "-3"),
    ("–3", "-3"),
    ("—3", "-3"),
    ("‐3", "-3"),
    ("－3", "-3"),
    ("-0", "0"),
    ("-0,0", "0"),
    ("007", "7"),
    ("1,5", "1.5"),
    ("1.50", "1.5"),
    (".5", "0.5"),
    (",5", "0.5"),
    ("0,125", "0.125"),
    ("0.125", "0.125"),
    (".125", "0.125"),
    ("1,2345", "1.2345"),
    ("1234,567", "1234.567"),
    ("1 000", "1000"),
    ("1\u202f000", "1000"),
    ("1\u00a0000\u00a0000", "1000000"),
    ("1'000", "1000"),
    ("1’000", "1000"),
    ("1,000,000", "1000000"),
    ("1.000.000", "1000000"),
    ("1,000.5", "1000.5"),
    ("1.000,5", "1000.5"),
    ("1 000,5", "1000.5"),
    ("1'234.50", "1234.5"),
    ("1,00,000", "100000"),
    ("٥٧", "57"),
    ("۵۷", "57"),
    ("५७", "57"),
    ("५७.५", "57.5"),
    ("৫৭", "57"),
    ("๕๗", "57"),
    ("５７", "57"),
    ("𝟓𝟕", "57"),
    ("١٫٥", "1.5"),
    ("١٬٠٠٠", "1000"),
    ("-٥", "-5"),
    ("\u200e57", "57"),
    ("57\u200f", "57"),
    ("5\u200b7", "57"),
    ("\ufeff57", "57"),
    ("\u206157", "57"),
    ("\u00ad57", "57"),
    ("\u2066-57\u2069", "-57"),
)


@pytest.mark.parametrize(("typed", "number"), READ, ids=ascii)
def test_a_number_is_read_by_what_it_says(typed: str, number: str) -> None:
    assert parse_number(typed) == number


@pytest.mark.parametrize(
    ("typed", "whole", "fraction"),
    [
        ("1,000", "1000", "1.0"),
        ("1.000", "1000", "1.0"),
        ("12,345", "12345", "12.345"),
        ("-1.250", "-1250", "-1.25"),
        ("999,999", "999999", "999.999"),
        ("١,٠٠٠", "1000", "1.0"),
        ("１，０００", "1000", "1.0"),
    ],
)
def test_three_digits_after_one_comma_or_point_are_ambiguous(typed: str, whole: str, fraction: str) -> None:
    with pytest.raises(AmbiguousNumberError) as refused:
        parse_number(typed)

    assert (refused.value.whole, refused.value.fraction) == (whole, fraction)


@pytest.mark.parametrize(
    "typed",
    [
        "x", "1e3", "½", "1/2", "1-2", "--1", "+-1", "1.", "1,", ",", ".", "1..2", "1,2,3", "1,2.3,4", "1 2", "1 00",
        "10 00", "1,00,00", "1'00", "12345678901", "0x10", "Ⅻ", "²", "5²", "①", "57 %", "5 7 cm", "inf", "nan", "1000.000.000",
        "1 000 00", "3-", "<3", "1:2", "\ud800", "٪",
    ],
    ids=ascii,
)  # fmt: skip
def test_anything_else_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="number"):
        parse_number(typed)


@pytest.mark.parametrize("typed", ["", " ", "\u200b", "\u2060 \ufeff"])
def test_nothing_visible_is_no_number(typed: str) -> None:
    assert parse_number(typed) is None


@pytest.mark.parametrize(
    ("typed", "unit"),
    [
        ("57 %", "per cent"),
        ("57%", "per cent"),
        ("57 ％", "per cent"),
        ("٥٧٪", "per cent"),
        ("57 percent", "per cent"),
        ("57 Per Cent", "per cent"),
        ("57 PERCENT", "%"),
        ("57 per cent.", "%"),
        ("57 mm", "mm"),
        ("57mm", "mm"),
        ("57 MM", "mm"),
        ("57 ㎜", "mm"),
        ("57 m\u200bm", "mm"),
        ("57 point", "points"),
        ("57 Points", "points"),
        ("57°", "degrees"),
        ("57 degrees", "°"),
        ("57", "per cent"),
    ],
    ids=ascii,
)
def test_the_unit_may_follow_in_any_spelling(typed: str, unit: str) -> None:
    assert parse_number(typed, unit) == "57"


@pytest.mark.parametrize(("typed", "unit"), [("57 cm", "mm"), ("57 %", "mm"), ("57 % %", "per cent"), ("% 57", "%")])
def test_another_unit_is_refused(typed: str, unit: str) -> None:
    with pytest.raises(ValueError, match="number"):
        parse_number(typed, unit)
