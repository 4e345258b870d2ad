"""The form of a module's head in the studio: what it shows, saves and refuses."""

from __future__ import annotations

import pytest

from app.models import Library, LibraryRole
from tests.support.factory import Factory, Person
from tests.web.test_question_forms import FormFields, read_form, send, set_field

PATH = "1-first-module/module.yaml"
FORM = f"/studio/our-bank/module?path={PATH}"
SAVE = "/studio/our-bank/module"


def read_text(person: Person) -> str:
    body: bytes = person.client.get(f"/studio/our-bank/file?path={PATH}").data
    return body.decode()


@pytest.fixture
def library(make: Factory, trainer: Person) -> Library:
    return make.library(trainer, "Our bank")


def test_an_untouched_form_changes_nothing(trainer: Person, library: Library) -> None:
    before = read_text(trainer)

    assert send(trainer, read_form(trainer, FORM), SAVE)[0] == 303

    assert read_text(trainer) == before
    assert "The checker finds nothing to fix in this module." in trainer.client.get(FORM).text


def test_one_change_leaves_the_rest_byte_for_byte(trainer: Person, library: Library) -> None:
    before = read_text(trainer)
    fields = set_field(read_form(trainer, FORM), "q.test.blueprint.0.questions", "1")
    fields = set_field(fields, "q.title", "Knees: an introduction")

    assert send(trainer, set_field(fields, "q.test.minutes", "20"), SAVE)[0] == 303

    after = read_text(trainer)
    assert "{objective: first-objective, questions: 1}" in after
    assert "  minutes: 20\n" in after
    assert set(before.splitlines()) - set(after.splitlines()) == {
        "title: A first module",
        "    - {objective: first-objective, questions: 2}",
    }


def test_impossible_draws_are_found_beside_their_fields(trainer: Person, library: Library) -> None:
    fields = set_field(read_form(trainer, FORM), "q.test.questions", "9")

    status, page = send(trainer, fields, f"{SAVE}/check")

    assert status == 200
    assert (
        'add up to 2, but <code class="monospace">questions</code> is 9'
        in page.split('id="f-test-blueprint-err"')[1].split("</div>")[0]
    )
    assert "questions: 9" not in read_text(trainer)


def test_an_objective_is_added_and_can_be_drawn_at_once(trainer: Person, library: Library) -> None:
    _status, page = send(trainer, [*read_form(trainer, FORM), ("act", "add:objectives")], f"{SAVE}/check")
    fields = set_field(FormFields(page).fields, "q.objectives.100000.id", "second-objective")
    fields = set_field(fields, "q.objectives.100000.title", "Say more")

    _status, page = send(trainer, fields, f"{SAVE}/check")

    assert '<option value="second-objective">' in page
    assert send(trainer, FormFields(page).fields, SAVE)[0] == 303
    assert "  - id: second-objective\n    title: Say more\n" in read_text(trainer)


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


def test_a_reader_sees_the_form_and_cannot_send_it(trainer: Person, make: Factory) -> None:
    make.library(make.trainer(), "Our bank", (trainer, LibraryRole.READER))

    page = trainer.client.get(FORM).text

    assert '<fieldset class="entry-form__fields" disabled>' in page
    assert send(trainer, FormFields(page).fields, SAVE)[0] == 403


def test_a_document_with_a_fault_is_edited_as_text(trainer: Person, library: Library) -> None:
    trainer.client.post("/studio/our-bank/text", data={"path": PATH, "seen": "1", "text": "- a list\n"})

    reply = trainer.client.get(FORM)

    assert reply.status_code == 303
    assert "cannot be shown as a form" in trainer.client.get(reply.location).text
    assert trainer.client.get("/studio/our-bank/module?path=course.yaml").status_code == 404
