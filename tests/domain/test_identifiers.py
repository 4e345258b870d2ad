"""Codes and addresses as people type, paste and dictate them: what nobody can see is never compared."""

from __future__ import annotations

import pytest

from app.domain.identifiers import clean_address, clean_code, drop_invisible
from app.services.people.users import normalise_address

CODE = "MHV1GC1NKD"


@pytest.mark.parametrize(
    "typed",
    [
        "MHV1G-C1NKD",
        "mhv1gc1nkd",
        " MHV1G C1NKD ",
        "MHVIG-CLNKD",
        "MHV1G\u2013C1NKD",  # an en dash, as word processors write it
        "MHV1G\u2014C1NKD",
        "MHV1G\u2011C1NKD",
        "MHV1G\u2212C1NKD",
        "MHV1G\u00ad-C1NKD",
        "MHV1G-C1NKD.",
        "\u201cMHV1G-C1NKD\u201d",
        "(MHV1G-C1NKD)",
        "MHV1G\u200bC1NKD",
        "\ufeffMHV1G-C1NKD",
        "\u202aMHV1G-C1NKD\u202c",
        "MHV1G\u00a0C1NKD\u3000",
        "MHV1G_C1NKD",
        "MHV1G/C1NKD",
        "\uff2d\uff28\uff36\uff11\uff27\uff0d\uff23\uff11\uff2e\uff2b\uff24",  # full width
        "MHV\u0661G-C\u0661NKD",  # Arabic digits
        "MHV1G-C1NKD\ufe0f",
        "https://palpate.example/join/MHV1G-C1NKD",
        "palpate.example/join/mhv1gc1nkd/",
        "https://palpate.example/join/MHV1G%E2%80%93C1NKD?utm=x#here",
        "https://palpate.example/register?next=%2Fjoin%2FMHV1G-C1NKD",
        "Join my class: https://palpate.example/join/MHV1G-C1NKD. See you!",
        "The code is MHV1G-C1NKD, thanks",
        "Code: MHV1G \u2013 C1NKD",
    ],
)
def test_a_code_is_found_in_what_is_typed(typed: str) -> None:
    assert clean_code(typed) == CODE


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Code: YZAQA-JEFJS", "YZAQAJEFJS"),  # one code in forty has no digit
        ("Please enter YZAQA-JEFJS, or YZAQA JEFJS", "YZAQAJEFJS"),
        ("Your class 7K2MD-04XVP", "7K2MD04XVP"),
        ("Please enter 7K2MD 04XVP", "7K2MD04XVP"),
    ],
)
def test_a_code_is_distinguished_from_words(typed: str, code: str) -> None:
    assert clean_code(typed) == code


@pytest.mark.parametrize("typed", ["", "MHV1G", "MHV1G-C1NKE", "hello there", "\u041c\u041d\u0412-1"])
def test_another_code_stays_another(typed: str) -> None:
    assert clean_code(typed) != CODE


@pytest.mark.parametrize(
    "typed",
    [
        "ada@example.org",
        " Ada@Example.org ",
        "ada@example.org\u200b",
        "\ufeffada@example.org",
        "ada\u200d@example.org",
        "\u202aada@example.org\u202c",
        "ada\u00ad@example.org",
        "ada@\u2060example.org",
        "ada@example.org\u00a0",
        "ada @ example.org",
        "ada@example.org\t\n",
        "ada@example.org.",
        "<ada@example.org>",
        "mailto:ada@example.org",
        "MAILTO:ada@example.org?subject=Hello",
        "ada\uff20example.org",
        "ada@example\uff0eorg",
        "ada@example.org\ufe0f",
        "\u3164ada@example.org",
    ],
)
def test_an_address_is_found_in_what_is_pasted(typed: str) -> None:
    assert clean_address(typed) == "ada@example.org"
    assert normalise_address(typed) == "ada@example.org"


@pytest.mark.parametrize("typed", ["ada", "ada@", "@example.org", "", "\u200b", "ada@b@example.org"])
def test_what_is_no_address_stays_none(typed: str) -> None:
    assert normalise_address(typed) is None


def test_what_can_be_seen_is_kept() -> None:
    assert (
        drop_invisible("Zo\u00eb O\u2019Neil, \u0410\u043d\u043d\u0430 \U0001f600")
        == "Zo\u00eb O\u2019Neil, \u0410\u043d\u043d\u0430 \U0001f600"
    )
