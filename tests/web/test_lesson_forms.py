"""The form of a lesson in the studio: what it shows, checks, saves and refuses."""

from __future__ import annotations

from io import BytesIO

import pytest

from app.models import Library, LibraryRole
from app.services.libraries.archives import build_archive
from tests.support.factory import Factory, Person
from tests.web.test_question_forms import FormFields, read_form, send, set_field

PATH = "1-first-module/lessons/01-first-lesson.md"
FORM = f"/studio/our-bank/lesson?path={PATH}"
SAVE = "/studio/our-bank/lesson"
NEW = "/studio/our-bank/lesson/new?folder=1-first-module"


def read_text(person: Person, path: str = PATH) -> str:
    body: bytes = person.client.get(f"/studio/our-bank/file?path={path}").data
    return body.decode()


def write_text(person: Person, text: str, path: str = PATH, seen: int = 1) -> None:
    reply = person.client.post("/studio/our-bank/text", data={"path": path, "seen": str(seen), "text": text})
    assert reply.status_code == 303


def get_slot(page: str, name: str) -> str:
    return page.split(f'id="{name}"')[1].split("</div>")[0]


@pytest.fixture
def library(make: Factory, trainer: Person) -> Library:
    return make.library(trainer, "Our bank")


def test_an_untouched_form_changes_nothing(trainer: Person, library: Library) -> None:
    before = read_text(trainer)

    assert send(trainer, read_form(trainer, FORM), SAVE)[0] == 303

    assert read_text(trainer) == before
    assert "The checker finds nothing to fix in this lesson." in trainer.client.get(FORM).text


def test_the_head_changes_without_the_text_and_its_comments(trainer: Person, library: Library) -> None:
    before = read_text(trainer).replace("objectives: [", "# what it teaches\nobjectives: [")
    write_text(trainer, before)

    fields = set_field(read_form(trainer, FORM), "q.title", "What a library: holds")
    assert send(trainer, fields, SAVE)[0] == 303

    after = read_text(trainer)
    assert "# what it teaches\nobjectives: [first-objective]" in after
    assert set(before.splitlines()) - set(after.splitlines()) == {"title: What is in a library"}
    assert after.partition("\n---\n")[2] == before.partition("\n---\n")[2]


def test_the_text_changes_without_the_head(trainer: Person, library: Library) -> None:
    before = read_text(trainer)
    text = dict(read_form(trainer, FORM))["q.text"].replace(
        "A module is a folder whose", "A module is **a folder** whose"
    )

    assert send(trainer, set_field(read_form(trainer, FORM), "q.text", text), SAVE)[0] == 303

    assert read_text(trainer) == before.replace("A module is a folder whose", "A module is **a folder** whose")
    assert "\r" not in read_text(trainer)


def test_line_ends_of_windows_are_kept(trainer: Person, library: Library) -> None:
    archive_text = read_text(trainer).replace("\n", "\r\n")
    upload = {"file": (BytesIO(build_archive({PATH: archive_text.encode()})), "library.zip")}
    assert trainer.client.post("/studio/our-bank/upload", data=upload).status_code == 303
    assert read_text(trainer) == archive_text

    assert send(trainer, set_field(read_form(trainer, FORM), "q.title", "Another"), SAVE)[0] == 303

    assert read_text(trainer) == archive_text.replace("title: What is in a library", "title: Another")


def test_the_preview_shows_what_was_typed_and_saves_nothing(trainer: Person, library: Library) -> None:
    before = read_text(trainer)
    text = "## New {#new}\nA *new* text. [@EXAMPLE]\n\n::: check first-practice-1\n:::\n"

    status, page = send(trainer, set_field(read_form(trainer, FORM), "q.text", text), f"{SAVE}/check")

    assert status == 200
    preview = page.split('id="entry-preview"')[1]
    assert "A <em>new</em>" in preview
    assert "When do learners see the key of a practice question?" in preview
    assert "1 min" in preview
    assert read_text(trainer) == before


def test_faults_of_the_text_have_the_line_of_the_text(trainer: Person, library: Library) -> None:
    text = "## New {#new}\nA text. [@NOBODY]\n\n::: figure nothing\nA caption.\n:::\n"

    page = send(trainer, set_field(read_form(trainer, FORM), "q.text", text), f"{SAVE}/check")[1]

    slot = get_slot(page, "f-text-err")
    assert 'data-line="2">Line 2</a>' in slot
    assert "`NOBODY` is not among the sources" in slot
    assert 'data-line="4">Line 4</a>' in slot
    assert "there is no figure `nothing`" in slot
    assert "the figure has no text alternative" in slot


def test_a_faulty_head_leaves_the_preview_of_the_text(trainer: Person, library: Library) -> None:
    fields = set_field(read_form(trainer, FORM), "q.hook", "")

    page = send(trainer, fields, f"{SAVE}/check")[1]

    assert "This is still empty." in get_slot(page, "f-hook-err")
    assert "A module is a folder whose name" in page.split('id="entry-preview"')[1]


def test_two_lessons_with_one_id_are_found(trainer: Person, library: Library) -> None:
    write_text(trainer, read_text(trainer), "1-first-module/lessons/02-second.md", seen=0)

    page = trainer.client.get("/studio/our-bank/lesson?path=1-first-module/lessons/02-second.md").text

    assert ">first-lesson</code>" in get_slot(page, "f-id-err")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[here](javascript:alert(1))",
        '<img src=x onerror="alert(1)">',
        "::: flag <script>alert(1)</script>\n- a\n:::",
        "::: term <img src=x onerror=alert(1)>\nText\n:::",
    ],
)
def test_a_hostile_text_is_shown_as_text(trainer: Person, library: Library, text: str) -> None:
    fields = set_field(read_form(trainer, FORM), "q.text", f"## A {{#a}}\n{text}\n")

    preview = send(trainer, fields, f"{SAVE}/check")[1].split('id="entry-preview"')[1].split("</section>")[0]

    assert "<script" not in preview
    assert "<img" not in preview
    assert "javascript:" not in preview


def test_a_second_editor_sees_what_changed_and_nothing_is_lost(trainer: Person, library: Library) -> None:
    mine = set_field(read_form(trainer, FORM), "q.title", "Mine")
    theirs = set_field(read_form(trainer, FORM), "q.title", "Theirs")
    assert send(trainer, theirs, SAVE)[0] == 303

    status, page = send(trainer, mine, SAVE)

    assert status == 409
    assert "title: Theirs" in page
    assert "title: Theirs" in read_text(trainer)
    assert send(trainer, FormFields(page).fields, SAVE)[0] == 303
    assert "title: Mine" in read_text(trainer)


def test_a_reader_sees_the_lesson_and_cannot_send_it(trainer: Person, make: Factory) -> None:
    make.library(make.trainer(), "Our bank", (trainer, LibraryRole.READER))

    page = trainer.client.get(FORM).text

    assert '<fieldset class="entry-form__fields" disabled>' in page
    assert "data-toolbar" not in page
    assert send(trainer, FormFields(page).fields, SAVE)[0] == 403
    assert trainer.client.get(NEW).status_code == 403


def test_a_document_with_a_fault_is_edited_as_text(trainer: Person, library: Library) -> None:
    for seen, text in enumerate(["no head", "---\nid: a\n", "---\n- a list\n---\ntext"], start=1):
        write_text(trainer, text, seen=seen)
        reply = trainer.client.get(FORM)
        assert reply.status_code == 303
        assert "cannot be shown as a form" in trainer.client.get(reply.location).text
    assert trainer.client.get("/studio/our-bank/lesson?path=1-first-module/module.yaml").status_code == 404


def test_a_new_lesson_is_sound_and_the_last_of_its_module(trainer: Person, library: Library) -> None:
    fields = {"title": "The knee: a joint?", "form_id": "a"}

    reply = trainer.client.post(NEW, data=fields)

    assert reply.status_code == 303
    page = trainer.client.get(reply.location).text
    assert "The checker finds nothing to fix in this lesson." in page
    text = read_text(trainer, "1-first-module/lessons/02-the-knee-a-joint.md")
    assert text.startswith("---\nid: the-knee-a-joint\n")
    assert "The checker finds nothing to fix." in trainer.client.get("/studio/our-bank").text


def test_the_same_form_adds_one_lesson(trainer: Person, library: Library) -> None:
    for _ in range(2):
        assert trainer.client.post(NEW, data={"title": "Knees", "form_id": "a"}).status_code == 303
    assert trainer.client.post(NEW, data={"title": "Knees", "form_id": "b"}).status_code == 303

    page = trainer.client.get("/studio/our-bank").text

    assert page.count("/lesson?path=") == 3
    assert "lessons/03-knees-2.md" in page


def test_a_new_lesson_needs_a_title_and_a_module(trainer: Person, library: Library) -> None:
    assert trainer.client.post(NEW, data={"title": " ", "form_id": "a"}).status_code == 422
    assert trainer.client.get("/studio/our-bank/lesson/new?folder=9-nothing").status_code == 404
    assert trainer.client.get("/studio/our-bank/lesson/new").status_code == 404
