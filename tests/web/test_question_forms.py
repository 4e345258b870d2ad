"""The forms of questions in the studio: what they show, save and refuse."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from app.content.kinds import ENTRIES
from app.models import Library
from tests.support.factory import Factory, Person

PATH = "1-first-module/questions/first-objective.yaml"
ADDRESS = "/studio/our-bank"


class FormFields(HTMLParser):
    """The fields that a browser would send of the question's form, in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self.is_inside = False
        self.area: str | None = None
        self.text = ""
        self.select: str | None = None
        self.chosen: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "form":
            self.is_inside = "data-checks" in found
        if not self.is_inside:
            return
        name, value = found.get("name") or "", found.get("value") or ""
        if tag == "input" and name and (found.get("type") != "checkbox" or "checked" in found):
            self.fields.append((name, value))
        elif tag == "textarea":
            self.area, self.text = name, ""
        elif tag == "select":
            self.select, self.chosen = name, None
        elif tag == "option" and self.select and (self.chosen is None or "selected" in found):
            self.chosen = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.is_inside = False
        elif tag == "textarea" and self.area is not None:
            # Browsers drop the first line end, and send others as two characters.
            self.fields.append((self.area, self.text.removeprefix("\n").replace("\n", "\r\n")))
            self.area = None
        elif tag == "select" and self.select is not None:
            self.fields.append((self.select, self.chosen or ""))
            self.select = None

    def handle_data(self, data: str) -> None:
        self.text += data


def read_form(person: Person, address: str) -> list[tuple[str, str]]:
    page = person.client.get(address)
    assert page.status_code == 200, page.text
    return FormFields(page.text).fields


def set_field(fields: list[tuple[str, str]], name: str, value: str) -> list[tuple[str, str]]:
    assert name in dict(fields), name
    return [(one, value if one == name else text) for one, text in fields]


def send(person: Person, fields: list[tuple[str, str]], address: str = f"{ADDRESS}/question") -> tuple[int, str]:
    form: dict[str, list[str]] = {}
    for name, text in fields:
        form.setdefault(name, []).append(text)
    reply = person.client.post(address, data=form)
    return reply.status_code, reply.text


def read_text(person: Person) -> str:
    return person.client.get(f"{ADDRESS}/file?path={PATH}").data.decode()


@pytest.fixture
def library(make: Factory, trainer: Person) -> Library:
    return make.library(trainer, "Our bank")


def test_the_list_shows_every_question_and_each_kind(trainer: Person, library: Library) -> None:
    page = trainer.client.get(f"{ADDRESS}/questions?path={PATH}").text

    assert page.count("/question?path=") == read_text(trainer).count("- id:")
    for kind in ENTRIES:
        assert f"kind={kind}" in page


@pytest.mark.parametrize("kind", sorted(ENTRIES))
def test_a_new_question_of_each_kind_has_a_form(trainer: Person, library: Library, kind: str) -> None:
    fields = read_form(trainer, f"{ADDRESS}/question/new?path={PATH}&kind={kind}")

    status, page = send(trainer, fields, f"{ADDRESS}/question/check")

    assert status == 200
    assert "to fix" in page
    assert send(trainer, set_field(fields, "q.stem", "What is it?"))[0] == 303
    assert f"kind: {kind}" in read_text(trainer)
