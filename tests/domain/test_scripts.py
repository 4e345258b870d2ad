from __future__ import annotations

import pytest

from app.domain.names import clean_name, find_shared_names, has_visible_text, label_person
from app.domain.scripts import imitates_ascii, mixes_scripts


@pytest.mark.parametrize(
    "name",
    [
        "Ann Lee",
        "Łucja Štěpánková",
        "Анна Иванова",
        "Иван Smith",
        "O’Brien-Иванов",
        "Kaʻiulani",
        "山田 太郎",
        "山田たろう",
        "アンナ Lee",
        "DJ山田",
        "김민준",
        "محمد علي",
        "ΓΙΏΡΓΟΣ",
        "Ｌｉ Wei",
        "שרה",
        "अनिता",
        "Ann 2",
        "",
    ],
)
def test_a_name_in_one_script_for_each_word(name: str) -> None:
    assert not mixes_scripts(name)


@pytest.mark.parametrize("name", ["Аnn Lee", "Ann Leе", "Κim", "Kim Ⲟn", "Ann山а", "exаmple", "Ꭺnn", "Oоо"])
def test_a_word_of_two_scripts(name: str) -> None:
    assert mixes_scripts(name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("example.org", False),
        ("exаmple.org", True),
        ("асе.org", True),
        ("рост.рф", False),
        ("пример.рф", False),
        ("müller.de", False),
        ("例え.jp", False),
        ("οοο.com", True),
    ],
)
def test_a_domain_that_looks_like_one_in_ascii(text: str, expected: bool) -> None:
    assert imitates_ascii(text) is expected


@pytest.mark.parametrize(
    "text",
    ["", " ", "\u3164", "\u115f\u1160", "\uffa0", "\u2800\u2800", "\u200b", "\u034f", "\ufe0f", "\u0301", "\U000e0041"],
)
def test_a_name_without_visible_characters_is_refused(text: str) -> None:
    assert not has_visible_text(text)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Kim\u200b", "Kim"),
        ("Kim\u3164", "Kim"),
        ("Ki\u00adm \ufeffLee", "Kim Lee"),
        ("Kim\U000e0041", "Kim"),
        ("Ki\u200dm", "Kim"),
        ("\u0645\u06cc\u200c\u0631\u0648\u062f", "\u0645\u06cc\u200c\u0631\u0648\u062f"),
        ("\u0915\u094d\u200d\u0937", "\u0915\u094d\u200d\u0937"),
        ("Zoë", "Zoë"),
    ],
)
def test_a_name_without_what_is_invisible(typed: str, kept: str) -> None:
    assert clean_name(typed) == kept


@pytest.mark.parametrize("other", ["Аnnа Lее", "ANNA LEE", "Anna\u200b Lee", "Ánna Lee", "Ａnna Lee", "Anna LeΕ"])
def test_names_that_look_alike_are_shown_with_the_address(other: str) -> None:
    """Fails when only equal names are compared: whose result is it?"""
    shared = find_shared_names(["Anna Lee", other, "Bob"])

    assert label_person(other, "b@example.org", shared) == f"{other} (b@example.org)"
    assert label_person("Bob", "bob@example.org", shared) == "Bob"


def test_capital_i_and_small_l_look_alike() -> None:
    assert len(find_shared_names(["AI Smith", "Al Smith", "A1 Smith"])) == 1
