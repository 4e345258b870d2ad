"""The forms of questions in the studio: what they show, save and refuse."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from sqlalchemy.orm import Session

from app.content.kinds import ENTRIES
from app.models import Library, LibraryRole
from app.services.libraries import documents, questions
from app.services.libraries.questions import OpenDocument, QuestionEdit
from tests.conftest import Clock
from tests.support.factory import Factory, Person

PATH = "1-first-module/questions/first-objective.yaml"
ADDRESS = "/studio/our-bank"


class FormFields(HTMLParser):
    """The fields that a browser would send of the question's form, in order. The token of the page is left to the client."""

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
        if tag == "input" and name and name != "csrf_token" and (found.get("type") != "checkbox" or "checked" in found):
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
    body: bytes = person.client.get(f"{ADDRESS}/file?path={PATH}").data
    return body.decode()


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


def test_an_untouched_form_changes_nothing(trainer: Person, library: Library) -> None:
    before = read_text(trainer)

    for n in range(1, before.count("- id:") + 1):
        status, _page = send(trainer, read_form(trainer, f"{ADDRESS}/question?path={PATH}&n={n}"))
        assert status == 303

    assert read_text(trainer) == before
    assert "Nothing has changed." in trainer.client.get(f"{ADDRESS}/question?path={PATH}&n=1").text


def test_one_change_leaves_the_rest_of_a_windows_file_byte_for_byte(
    trainer: Person, library: Library, session: Session, clock: Clock
) -> None:
    body = b"\xef\xbb\xbf# Ours\r\n" + read_text(trainer).encode().replace(b"\n", b"\r\n")
    documents.save(session, trainer.user, library, PATH, body, clock.now, seen=1)
    session.commit()
    fields = read_form(trainer, f"{ADDRESS}/question?path={PATH}&n=1")

    assert send(trainer, set_field(fields, "q.options.1.text", "After: the\r\nparty"))[0] == 303

    expected = body.replace(b"- text: After the due date", b"- text: |-\r\n        After: the\r\n        party")
    assert trainer.client.get(f"{ADDRESS}/file?path={PATH}").data == expected


@pytest.mark.parametrize(
    "text", ["yes", "1e3", "a: b # c", "- | >", "'\"", "\u202e</textarea><b>", "*" * 4000, "\n\nx"]
)
def test_what_is_typed_comes_back_as_it_was(trainer: Person, library: Library, text: str) -> None:
    fields = read_form(trainer, f"{ADDRESS}/question?path={PATH}&n=2")

    assert send(trainer, set_field(fields, "q.explanation", text.replace("\n", "\r\n")))[0] == 303

    saved = dict(read_form(trainer, f"{ADDRESS}/question?path={PATH}&n=2"))
    assert saved["q.explanation"] == text.strip()
    assert [name for name, _text in fields] == list(saved) or len(fields) > len(saved)


def test_buttons_of_rows_keep_what_was_typed_and_save_nothing(trainer: Person, library: Library) -> None:
    before = read_text(trainer)
    fields = set_field(read_form(trainer, f"{ADDRESS}/question?path={PATH}&n=1"), "q.stem", "Typed?")

    _status, page = send(trainer, [*fields, ("act", "down:options.0")], f"{ADDRESS}/question/check")
    moved = FormFields(page).fields
    _status, page = send(trainer, [*moved, ("act", "add:options")], f"{ADDRESS}/question/check")
    added = FormFields(page).fields
    _status, page = send(trainer, [*added, ("act", "remove:options.2")], f"{ADDRESS}/question/check")
    removed = FormFields(page).fields

    assert dict(removed)["q.stem"] == "Typed?"
    assert [text for name, text in moved if name.endswith(".text")][:2] == ["After the due date", "After their answer"]
    assert [text for name, text in removed if name.endswith(".text")] == [
        "After the due date",
        "After their answer",
        "",
    ]
    assert read_text(trainer) == before


@pytest.mark.parametrize(
    "act", ["up:options.0", "down:options.99", "remove:stem", "add:nothing", "add:", "up", "add:options.0.text"]
)
def test_an_act_that_is_not_possible_changes_nothing(trainer: Person, library: Library, act: str) -> None:
    fields = read_form(trainer, f"{ADDRESS}/question?path={PATH}&n=1")

    status, page = send(trainer, [*fields, ("act", act)], f"{ADDRESS}/question/check")

    assert status == 200
    assert FormFields(page).fields == fields


def test_findings_are_beside_their_fields(trainer: Person, library: Library) -> None:
    fields = read_form(trainer, f"{ADDRESS}/question?path={PATH}&n=1")
    fields = set_field(set_field(fields, "q.options.2.why", ""), "q.sources.0", "NOWHERE")

    assert send(trainer, fields)[0] == 303

    page = trainer.client.get(f"{ADDRESS}/question?path={PATH}&n=1").text
    assert "2 things to fix" in page
    assert "Option 3, Reason" in page
    assert (
        '<code class="monospace">NOWHERE</code> is not among the sources'
        in page.split('id="f-sources-0-err"')[1].split("</div>")[0]
    )
    assert "1 finding" in trainer.client.get(f"{ADDRESS}/questions?path={PATH}").text


def test_the_preview_shows_the_question_and_what_guessing_earns(trainer: Person, library: Library) -> None:
    page = trainer.client.get(f"{ADDRESS}/question?path={PATH}&n=4").text.split('id="entry-preview"')[1]

    assert "The order of the lessons is the order of their numbers." in page
    assert "50%" in page


def test_two_people_change_two_questions_at_once(trainer: Person, library: Library) -> None:
    mine = set_field(read_form(trainer, f"{ADDRESS}/question?path={PATH}&n=1"), "q.stem", "Mine?")
    theirs = set_field(read_form(trainer, f"{ADDRESS}/question?path={PATH}&n=2"), "q.stem", "Theirs?")
    assert send(trainer, theirs)[0] == 303
    moved = {"path": PATH, "seen": "2", "act": "down:1"}
    assert trainer.client.post(f"{ADDRESS}/questions", data=moved).status_code == 303

    assert send(trainer, mine)[0] == 303

    text = read_text(trainer)
    assert text.index("stem: Theirs?") < text.index("stem: Mine?")
    assert "Their changes are kept." in trainer.client.get(f"{ADDRESS}/questions?path={PATH}").text


def test_two_people_change_the_same_question(
    trainer: Person, make: Factory, library: Library, session: Session
) -> None:
    mine = set_field(read_form(trainer, f"{ADDRESS}/question?path={PATH}&n=1"), "q.stem", "Mine?")
    theirs = set_field(read_form(trainer, f"{ADDRESS}/question?path={PATH}&n=1"), "q.options.0.text", "Theirs")
    assert send(trainer, theirs)[0] == 303

    status, page = send(trainer, mine)

    assert status == 409
    assert "Somebody else changed this question meanwhile" in page
    assert re.search(r"<ins>\s*- text: Theirs\s*</ins>", page)
    assert "stem: Mine?" not in read_text(trainer)
    again = FormFields(page).fields
    assert dict(again)["q.stem"] == "Mine?"
    assert send(trainer, again)[0] == 303
    text = read_text(trainer)
    assert "stem: Mine?" in text
    assert "Theirs" not in text
    assert "Theirs" in trainer.client.get(f"{ADDRESS}/history?path={PATH}&number=2").text


def test_a_document_that_is_saved_at_the_same_moment_is_said_to_be(
    trainer: Person, library: Library, session: Session, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails when the author reads that the library is full."""
    write_edit = questions.write_edit

    def save_first(current: OpenDocument, edit: QuestionEdit) -> bytes:
        written = write_edit(current, edit)
        body = b"# Another comment\n" + current.body
        documents.save(session, trainer.user, library, PATH, body, clock.now, seen=current.revision)
        session.commit()
        return written

    mine = read_form(trainer, f"{ADDRESS}/question?path={PATH}&n=1")
    monkeypatch.setattr(questions, "write_edit", save_first)
    status, page = send(trainer, set_field(mine, "q.stem", "Mine?"))
    monkeypatch.undo()

    assert status == 409
    assert "Somebody else has just saved this document." in page
    assert send(trainer, FormFields(page).fields)[0] == 303
    assert read_text(trainer).startswith("# Another comment")
    assert "stem: Mine?" in read_text(trainer)


def test_a_question_that_was_deleted_meanwhile_can_be_added_again(trainer: Person, library: Library) -> None:
    mine = set_field(read_form(trainer, f"{ADDRESS}/question?path={PATH}&n=1"), "q.stem", "Mine?")
    trainer.client.post(f"{ADDRESS}/questions", data={"path": PATH, "seen": "1", "act": "delete:1"})

    status, page = send(trainer, mine)

    assert status == 409
    assert "Somebody else deleted this question meanwhile" in page
    assert send(trainer, FormFields(page).fields)[0] == 303
    assert read_text(trainer).index("first-practice-2") < read_text(trainer).index("stem: Mine?")


def test_an_act_on_an_outdated_list_changes_nothing(trainer: Person, library: Library) -> None:
    fields = set_field(read_form(trainer, f"{ADDRESS}/question?path={PATH}&n=1"), "q.stem", "Mine?")
    assert send(trainer, fields)[0] == 303
    before = read_text(trainer)

    trainer.client.post(f"{ADDRESS}/questions", data={"path": PATH, "seen": "1", "act": "delete:1"})

    assert read_text(trainer) == before
    assert "Nothing was changed" in trainer.client.get(f"{ADDRESS}/questions?path={PATH}").text


def test_a_copy_has_an_id_of_its_own(trainer: Person, library: Library) -> None:
    trainer.client.post(f"{ADDRESS}/questions", data={"path": PATH, "seen": "1", "act": "copy:2"})

    assert "- id: first-objective-1\n" in read_text(trainer)
    assert "asks the same question with the same options" in trainer.client.get(f"{ADDRESS}/text?path={PATH}").text


def test_a_reader_sees_the_form_and_cannot_send_it(trainer: Person, make: Factory) -> None:
    make.library(make.trainer(), "Our bank", (trainer, LibraryRole.READER))
    address = f"{ADDRESS}/question?path={PATH}&n=1"

    page = trainer.client.get(address).text

    assert '<fieldset class="entry-form__fields" disabled>' in page
    assert ">Save<" not in page.replace('<button type="submit" hidden>Save</button>', "")
    assert send(trainer, FormFields(page).fields)[0] == 403
    assert "Edit as text" not in trainer.client.get(f"{ADDRESS}/questions?path={PATH}").text


@pytest.mark.parametrize(
    "query", ["", "path=course.yaml&n=1", f"path={PATH}", f"path={PATH}&n=0", f"path={PATH}&n=99", f"path={PATH}&n=x"]
)
def test_what_is_no_question_is_not_found(trainer: Person, library: Library, query: str) -> None:
    assert trainer.client.get(f"{ADDRESS}/question?{query}").status_code == 404


@pytest.mark.parametrize(
    "fields",
    [
        {"path": PATH, "base": "99", "seen": "1", "n": "1"},
        {"path": PATH, "base": "1", "seen": "1", "n": "99"},
        {"path": PATH, "base": "1", "seen": "1", "kind": "none"},
        {"path": "course.yaml", "base": "1", "seen": "1", "n": "1"},
    ],
)
def test_a_form_about_nothing_is_not_found(trainer: Person, library: Library, fields: dict[str, str]) -> None:
    assert trainer.client.post(f"{ADDRESS}/question", data=fields).status_code == 404


def test_a_document_with_a_fault_is_edited_as_text(trainer: Person, library: Library) -> None:
    trainer.client.post(f"{ADDRESS}/text", data={"path": PATH, "seen": "1", "text": "- id: [\n"})

    reply = trainer.client.get(f"{ADDRESS}/questions?path={PATH}")

    assert reply.status_code == 303
    assert "its questions cannot be listed" in trainer.client.get(reply.location).text


def test_an_unknown_kind_is_listed_and_left_to_the_text(trainer: Person, library: Library) -> None:
    trainer.client.post(
        f"{ADDRESS}/text", data={"path": PATH, "seen": "1", "text": "- id: a\n  kind: riddle\n- text\n"}
    )

    page = trainer.client.get(f"{ADDRESS}/questions?path={PATH}").text

    assert page.count("Unknown kind: edit it as text") == 2
    for n in (1, 2):
        form = trainer.client.get(f"{ADDRESS}/question?path={PATH}&n={n}")
        assert (form.status_code, form.location) == (303, f"{ADDRESS}/text?path={PATH}")


def test_a_question_saved_without_options_still_offers_rows_for_them(trainer: Person, library: Library) -> None:
    fields = read_form(trainer, f"{ADDRESS}/question/new?path={PATH}&kind=single")
    assert send(trainer, set_field(fields, "q.stem", "What is it?"))[0] == 303
    before = read_text(trainer)

    saved = read_form(trainer, f"{ADDRESS}/question?path={PATH}&n={before.count('- id:')}")

    assert [name for name, _text in saved if name.endswith(".text")] == [f"q.options.{row}.text" for row in range(4)]
    assert send(trainer, saved)[0] == 303
    assert read_text(trainer) == before


def test_a_finding_leads_to_the_form_of_its_question(trainer: Person, library: Library) -> None:
    fields = read_form(trainer, f"{ADDRESS}/question?path={PATH}&n=2")
    send(trainer, set_field(fields, "q.explanation", ""))
    form = f"{ADDRESS}/question?path={PATH}&amp;n=2"

    assert f'<a href="{form}">question 2</a>' in trainer.client.get(ADDRESS).text
    assert f'<a href="{form}">question 2</a>' in trainer.client.get(f"{ADDRESS}/publication/preview").text


def test_a_first_question_is_added_to_an_empty_document(trainer: Person, library: Library) -> None:
    trainer.client.post(f"{ADDRESS}/text", data={"path": PATH, "seen": "1", "text": "# Ours\n"})
    assert "No question yet" in trainer.client.get(f"{ADDRESS}/questions?path={PATH}").text
    fields = read_form(trainer, f"{ADDRESS}/question/new?path={PATH}&kind=numeric")

    assert send(trainer, set_field(fields, "q.answer.value", "12"))[0] == 303

    assert read_text(trainer) == "# Ours\n- id: first-objective-1\n  kind: numeric\n  answer:\n    value: 12\n"


def test_a_question_with_one_answer_becomes_one_with_several(trainer: Person, library: Library) -> None:
    fields = read_form(trainer, f"{ADDRESS}/question?path={PATH}&n=1")
    before = read_text(trainer)

    assert send(trainer, set_field(fields, "kind", "several"))[0] == 303

    assert read_text(trainer) == before.replace("kind: single", "kind: several", 1)


def test_a_question_does_not_become_one_with_another_form(trainer: Person, library: Library) -> None:
    fields = read_form(trainer, f"{ADDRESS}/question?path={PATH}&n=1")
    before = read_text(trainer)

    assert send(trainer, set_field(fields, "kind", "case"))[0] == 303

    assert read_text(trainer) == before
