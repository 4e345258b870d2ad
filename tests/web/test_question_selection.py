"""Several questions of a document at once: what is changed, moved and retired, and what is refused."""

from __future__ import annotations

import pytest

from app.models import Library, LibraryRole
from tests.support.factory import Factory, Person

PATH = "1-first-module/questions/first-objective.yaml"
OTHER = "1-first-module/questions/other.yaml"
LIST = f"/studio/our-bank/questions?path={PATH}"


def read_text(person: Person, path: str = PATH) -> str:
    body: bytes = person.client.get(f"/studio/our-bank/file?path={path}").data
    return body.decode()


def act(person: Person, act: str, *chosen: str, seen: str = "1", **more: str) -> str:
    """Press a button with some questions chosen, and return the page that follows."""
    form = {"path": PATH, "seen": seen, "act": act, "chosen": list(chosen), **more}
    reply = person.client.post("/studio/our-bank/questions/selection", data=form)
    assert reply.status_code == 303
    return person.client.get(reply.location).text


def add_document(person: Person, text: str = "") -> None:
    person.client.post("/studio/our-bank/new", data={"path": OTHER})
    reply = person.client.post("/studio/our-bank/text", data={"path": OTHER, "seen": "1", "text": text})
    assert reply.status_code == 303


@pytest.fixture
def library(make: Factory, trainer: Person) -> Library:
    return make.library(trainer, "Our bank")


def test_the_chosen_questions_change_and_the_others_stay_byte_for_byte(trainer: Person, library: Library) -> None:
    before = read_text(trainer)

    page = act(trainer, "change", "1", "3", level="reason", use="test", objective="")

    assert "2 questions changed." in page
    after = read_text(trainer)
    old, new = before.split("- id:"), after.split("- id:")
    assert (new[2], new[4]) == (old[2], old[4])
    assert new[1] == old[1].replace("level: recall", "level: reason").replace("use: practice", "use: test")
    assert "level: reason" in new[3]
    assert "use: test" in new[3]


def test_questions_move_to_another_document_in_their_order(trainer: Person, library: Library) -> None:
    add_document(trainer, "# Mine\n")
    before = read_text(trainer)

    page = act(trainer, "move", "3", "1", to=OTHER)

    assert f"2 questions moved to {OTHER}." in page
    moved, left = read_text(trainer, OTHER), read_text(trainer)
    assert moved.startswith("# Mine\n- id: first-practice-1\n")
    assert moved.index("first-practice-1") < moved.index("first-exam-1")
    assert [left.count(name) for name in ("first-practice-1", "first-practice-2", "first-exam-1")] == [0, 1, 0]
    assert left.split("- id:")[1].strip() == before.split("- id:")[2].strip()


def test_retired_questions_can_be_brought_back(trainer: Person, library: Library) -> None:
    before = read_text(trainer)

    page = act(trainer, "retire", "1", "2", "4")

    assert "3 questions retired." in page
    assert "Undo" in page
    assert read_text(trainer).count("- id:") == 1
    undo = {"path": PATH, "seen": "2", "number": "1"}
    assert trainer.client.post("/studio/our-bank/restore", data=undo).status_code == 303
    assert read_text(trainer) == before


@pytest.mark.parametrize(
    ("button", "chosen", "more", "message"),
    [
        ("change", [], {"level": "apply"}, "Choose questions first."),
        ("change", ["1"], {}, "Choose an objective, a level or a use first."),
        ("change", ["1"], {"level": "hard", "use": "never", "objective": "nobody"}, "Choose an objective"),
        ("change", ["9"], {"level": "apply"}, "somebody else has changed the document"),
        ("change", ["0"], {"level": "apply"}, "somebody else has changed the document"),
        ("move", ["1"], {}, "Choose the document to which they move first."),
        ("move", ["1"], {"to": PATH}, "Choose the document to which they move first."),
        ("move", ["1"], {"to": "sources.yaml"}, "Choose the document to which they move first."),
        ("retire", ["1"], {"seen": "7"}, "somebody else has changed the document"),
    ],
)
def test_what_cannot_be_done_changes_nothing(
    trainer: Person, library: Library, button: str, chosen: list[str], more: dict[str, str], message: str
) -> None:
    before = read_text(trainer)

    assert message in act(trainer, button, *chosen, **more)

    assert read_text(trainer) == before


def test_nothing_moves_to_a_document_with_a_fault(trainer: Person, library: Library) -> None:
    add_document(trainer, "a: map\n")
    before = read_text(trainer)

    assert "nothing can be moved there" in act(trainer, "move", "1", to=OTHER)

    assert (read_text(trainer), read_text(trainer, OTHER)) == (before, "a: map\n")


def test_a_reader_has_no_boxes_and_changes_nothing(trainer: Person, make: Factory) -> None:
    make.library(make.trainer(), "Our bank", (trainer, LibraryRole.READER))

    assert 'name="chosen"' not in trainer.client.get(LIST).text
    form = {"path": PATH, "seen": "1", "act": "retire", "chosen": "1"}
    assert trainer.client.post("/studio/our-bank/questions/selection", data=form).status_code == 403


def test_an_unknown_act_is_refused(trainer: Person, library: Library) -> None:
    form = {"path": PATH, "seen": "1", "act": "explode", "chosen": "1"}
    assert trainer.client.post("/studio/our-bank/questions/selection", data=form).status_code == 400
