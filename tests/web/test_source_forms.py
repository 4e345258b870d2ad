"""The bibliography of a library in the studio: its forms, and what rests on sources that are no longer current."""

from __future__ import annotations

import pytest

from app.models import Library, LibraryRole
from tests.support.factory import Factory, Person
from tests.web.test_question_forms import FormFields, read_form, send, set_field

LIST = "/studio/our-bank/sources"
SAVE = "/studio/our-bank/source"
FORM = f"{SAVE}?n=1"
NEW_FIELDS = {
    "id": "NEWER-2024",
    "label": "Newer 2024",
    "title": "A newer one: larger",
    "kind": "Systematic review",
    "says": "It is so.",
    "strength": "3",
    "level": "Review",
    "link": "https://doi.org/10.1000/1",
}


def read_text(person: Person) -> str:
    body: bytes = person.client.get("/studio/our-bank/file?path=sources.yaml").data
    return body.decode()


def get_slot(page: str, name: str) -> str:
    return page.split(f'id="{name}"')[1].split("</div>")[0]


def add_source(person: Person, **more: str) -> int:
    fields = read_form(person, f"{SAVE}/new")
    for name, value in (NEW_FIELDS | more).items():
        fields = set_field(fields, f"q.{name}", value)
    return send(person, fields, SAVE)[0]


def supersede(person: Person) -> None:
    """Add a source, and let it replace the first one."""
    add_source(person)
    fields = set_field(read_form(person, FORM), "q.status", "superseded")
    fields = set_field(fields, "q.status_note", "A newer one appeared.")
    assert send(person, set_field(fields, "q.replaced_by", "NEWER-2024"), SAVE)[0] == 303


@pytest.fixture
def library(make: Factory, trainer: Person) -> Library:
    return make.library(trainer, "Our bank")


def test_an_untouched_form_changes_nothing(trainer: Person, library: Library) -> None:
    before = read_text(trainer)

    assert send(trainer, read_form(trainer, FORM), SAVE)[0] == 303

    assert read_text(trainer) == before
    assert "The checker finds nothing to fix in this source." in trainer.client.get(FORM).text


def test_a_source_is_added_behind_the_others_and_their_comments_stay(trainer: Person, library: Library) -> None:
    before = read_text(trainer)

    assert add_source(trainer) == 303

    after = read_text(trainer)
    assert after.startswith(before)
    assert "- id: NEWER-2024\n  label: Newer 2024\n  title: 'A newer one: larger'\n" in after.replace('"', "'")
    page = trainer.client.get(LIST).text
    assert "2 sources" in page
    assert "Nothing cites it yet" in page
    assert "The checker finds nothing to fix." in trainer.client.get("/studio/our-bank").text


@pytest.mark.parametrize("has_others", [True, False])
def test_a_form_that_is_sent_twice_adds_one_source(trainer: Person, library: Library, *, has_others: bool) -> None:
    if not has_others:
        removed = trainer.client.post("/studio/our-bank/remove", data={"path": "sources.yaml", "seen": "1"})
        assert removed.status_code == 303
    fields = read_form(trainer, f"{SAVE}/new")
    for name, value in NEW_FIELDS.items():
        fields = set_field(fields, f"q.{name}", value)

    assert [send(trainer, fields, SAVE)[0] for _time in range(2)] == [303, 303]

    assert read_text(trainer).count("- id: NEWER-2024") == 1


def test_two_people_add_the_first_source(trainer: Person, library: Library) -> None:
    """Fails when the second one, whose page was opened before there was a bibliography, is sent to an error page."""
    assert trainer.client.post("/studio/our-bank/remove", data={"path": "sources.yaml", "seen": "1"}).status_code == 303
    late = read_form(trainer, f"{SAVE}/new")
    assert add_source(trainer) == 303

    for name, value in (NEW_FIELDS | {"id": "OTHER-2020", "link": "https://doi.org/10.1000/2"}).items():
        late = set_field(late, f"q.{name}", value)
    assert send(trainer, late, SAVE)[0] == 303

    assert read_text(trainer).count("- id: ") == 2


def test_a_superseded_source_has_a_list_of_what_rests_on_it(trainer: Person, library: Library) -> None:
    assert "To read again" not in trainer.client.get(LIST).text

    supersede(trainer)

    assert "status: superseded\n  status_note: A newer one appeared.\n  replaced_by: NEWER-2024\n" in read_text(trainer)
    tasks = trainer.client.get(LIST).text.split("To read again")[1].split("</section>")[0]
    assert "What is in a library" in tasks
    assert "When do learners see the key of a practice question?" in tasks
    assert tasks.count("<li>") == 5


def test_what_cites_the_replacement_as_well_is_done(trainer: Person, library: Library) -> None:
    supersede(trainer)
    path = "1-first-module/questions/first-objective.yaml"
    text = trainer.client.get(f"/studio/our-bank/file?path={path}").text.replace(
        "sources: [EXAMPLE]", "sources: [EXAMPLE, NEWER-2024]", 1
    )
    trainer.client.post("/studio/our-bank/text", data={"path": path, "seen": "1", "text": text})

    tasks = trainer.client.get(LIST).text.split("To read again")[1].split("</section>")[0]

    assert tasks.count("<li>") == 4
    assert "When do learners see the key of a practice question?" not in tasks
    assert "cites the replacement as well" in trainer.client.get(FORM).text


@pytest.mark.parametrize(
    ("changes", "slot", "fault"),
    [
        ({"label": ""}, "f-label-err", "This is still empty."),
        ({"id": "small"}, "f-id-err", "capitals"),
        ({"id": "EXAMPLE"}, "f-id-err", ">EXAMPLE</code>"),
        ({"link": "javascript:alert(1)"}, "f-link-err", "Expected:"),
        ({"link": ""}, "f-id-err", "no link and no reason for it"),
        ({"status": "withdrawn"}, "f-id-err", "a status without a note"),
        ({"replaced_by": "EXAMPLE"}, "f-replaced_by-err", "is replaced but has no status"),
        ({"year": "soon"}, "f-year-err", "is not a whole number"),
    ],
)
def test_faults_are_shown_beside_their_fields(
    trainer: Person, library: Library, changes: dict[str, str], slot: str, fault: str
) -> None:
    fields = read_form(trainer, f"{SAVE}/new")
    for name, value in (NEW_FIELDS | changes).items():
        fields = set_field(fields, f"q.{name}", value)

    status, page = send(trainer, fields, f"{SAVE}/check")

    assert status == 200
    assert fault in get_slot(page, slot)
    assert "NEWER-2024" not in read_text(trainer)


def test_two_people_who_change_two_sources_both_keep_their_change(trainer: Person, library: Library) -> None:
    add_source(trainer)
    mine = set_field(read_form(trainer, FORM), "q.label", "Mine")
    theirs = set_field(read_form(trainer, f"{SAVE}?n=2"), "q.label", "Theirs")
    assert send(trainer, theirs, SAVE)[0] == 303

    assert send(trainer, mine, SAVE)[0] == 303

    assert "label: Mine" in read_text(trainer)
    assert "label: Theirs" in read_text(trainer)


def test_two_people_who_change_one_source_see_both_texts(trainer: Person, library: Library) -> None:
    mine = set_field(read_form(trainer, FORM), "q.label", "Mine")
    theirs = set_field(read_form(trainer, FORM), "q.label", "Theirs")
    assert send(trainer, theirs, SAVE)[0] == 303

    status, page = send(trainer, mine, SAVE)

    assert status == 409
    assert "label: Theirs" in page
    assert "label: Theirs" in read_text(trainer)
    assert send(trainer, FormFields(page).fields, SAVE)[0] == 303
    assert "label: Mine" in read_text(trainer)


def test_a_library_without_a_bibliography_gets_one(trainer: Person, library: Library) -> None:
    trainer.client.post("/studio/our-bank/remove", data={"path": "sources.yaml", "seen": "1"})
    assert "No source yet" in trainer.client.get(LIST).text

    assert add_source(trainer) == 303

    assert read_text(trainer).startswith("- id: NEWER-2024\n")


def test_a_bibliography_with_a_fault_is_edited_as_text(trainer: Person, library: Library) -> None:
    trainer.client.post("/studio/our-bank/text", data={"path": "sources.yaml", "seen": "1", "text": "a: map\n"})

    reply = trainer.client.get(LIST)

    assert reply.status_code == 303
    assert "its sources cannot be listed" in trainer.client.get(reply.location).text
    assert trainer.client.get(FORM).status_code == 404


def test_a_reader_sees_sources_and_changes_none(trainer: Person, make: Factory) -> None:
    make.library(make.trainer(), "Our bank", (trainer, LibraryRole.READER))

    assert "Add a source" not in trainer.client.get(LIST).text
    page = trainer.client.get(FORM).text
    assert '<fieldset class="entry-form__fields" disabled>' in page
    assert send(trainer, FormFields(page).fields, SAVE)[0] == 403
    assert trainer.client.get(f"{SAVE}/new").status_code == 403
    assert trainer.client.get(f"{SAVE}?n=9").status_code == 404
