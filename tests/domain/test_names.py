from __future__ import annotations

import pytest

from app.domain.names import folded, is_meant


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Łucja Štěpánková", "lucja stepankova"),
        ("Þórdís  Guðmundsdóttir", "thordis gudmundsdottir"),
        ("Søren Kjærgaard", "soren kjaergaard"),
        ("Ayşe Yıldız", "ayse yildiz"),
        ("STRASSE straße", "strasse strasse"),
        ("İpek", "ipek"),
        ("Nguyễn Thị Minh Anh", "nguyen thi minh anh"),
        ("Ｌｉ Wei", "li wei"),
        ("Юлия", "юлия"),
        ("", ""),
    ],
)
def test_a_name_without_case_and_accents(name: str, plain: str) -> None:
    assert folded(name) == plain


def test_every_word_has_to_stand_somewhere() -> None:
    who = ("Tomás Ó Súilleabháin", "t.osullivan@example.org")

    assert is_meant("", *who)
    assert is_meant("tomas example.org", *who)
    assert not is_meant("tomas murphy", *who)
