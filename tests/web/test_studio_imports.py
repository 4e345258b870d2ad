"""Questions of other systems in the studio: what a file becomes, what is lost, and the way back."""

from __future__ import annotations

import io

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.domain.content import Level
from app.interchange.formats import list_formats, read_bank
from app.models import BankUpload, Library, LibraryRole
from app.services.libraries import documents, imports
from app.services.libraries.imports import LibraryChangedError
from tests.conftest import Clock
from tests.interchange.support import FILES
from tests.support.factory import Factory, Person
from tests.web.test_studio import add, create

GIFT = """\
$CATEGORY: Shoulder/Basics

::SH-1:: Which muscle lifts the arm? { =Deltoid #Yes. ~Soleus #A muscle of the calf. ~Masseter #A muscle of the jaw. }

::SH-2:: Name a muscle of the calf. { =Soleus =Gastrocnemius }

::SH-3:: The rotator cuff has four muscles.
"""


def upload(client: FlaskClient, address: str, body: bytes | str, name: str = "bank.gift") -> TestResponse:
    data = body.encode() if isinstance(body, str) else body
    return client.post(f"{address}/import/upload", data={"file": (io.BytesIO(data), name)})


def accept(client: FlaskClient, address: str, **fields: str) -> TestResponse:
    return client.post(f"{address}/import", data={"objective": "first-objective", "level": "recall"} | fields)


def read_paths(session: Session, address: str) -> dict[str, str]:
    library = session.scalars(select(Library).where(Library.slug == address.rpartition("/")[2])).one()
    return {path: body.decode("utf-8", "replace") for path, body in documents.read_all(session, library).items()}


def test_a_file_is_shown_before_anything_changes(trainer: Person, session: Session) -> None:
    address = create(trainer)
    before = read_paths(session, address)

    assert upload(trainer.client, address, GIFT).status_code == 303
    page = trainer.client.get(f"{address}/import").text

    assert "2 of 3 questions in this file can be imported." in page
    assert "1 question is left out" in page
    assert "a text to read asks nothing" in page
    assert read_paths(session, address) == before


def test_imported_questions_are_drafts_of_the_library(trainer: Person, session: Session) -> None:
    address = create(trainer)
    upload(trainer.client, address, GIFT)

    assert accept(trainer.client, address).status_code == 303

    text = read_paths(session, address)["1-first-module/questions/shoulder-basics.yaml"]
    assert text.count("objective: first-objective") == 2
    assert "stem: Name a muscle of the calf." in text
    page = trainer.client.get(address).text
    assert "2 questions imported as drafts, in 1 new document." in page
    assert "Choose a file from another system." in trainer.client.get(f"{address}/import").text


def test_an_essay_becomes_a_draft_of_a_written_answer(trainer: Person, session: Session) -> None:
    address = create(trainer)
    upload(trainer.client, address, "::SH-4:: Describe the rotator cuff. {}\n")

    assert accept(trainer.client, address).status_code == 303

    text = read_paths(session, address)["1-first-module/questions/questions.yaml"]
    assert "kind: written" in text
    assert trainer.client.get(f"{address}/question?path=1-first-module/questions/questions.yaml&n=1").status_code == 200


def test_what_a_second_import_brings_gets_its_own_ids_and_documents(trainer: Person, session: Session) -> None:
    """Fails when questions of a file take the ids, or the document, of those that the library has."""
    address = create(trainer)
    for _time in range(2):
        upload(trainer.client, address, GIFT)
        accept(trainer.client, address)

    texts = read_paths(session, address)
    first, second = (texts[f"1-first-module/questions/shoulder-basics{end}.yaml"] for end in ("", "-2"))
    assert "- id: sh-1\n" in first
    assert "- id: sh-1-2\n" in second
    assert "two questions have the id" not in trainer.client.get(address).text


def test_sending_the_import_twice_imports_once(trainer: Person, session: Session) -> None:
    address = create(trainer)
    upload(trainer.client, address, GIFT)

    replies = [accept(trainer.client, address) for _time in range(2)]

    assert [reply.status_code for reply in replies] == [303, 303]
    assert "1-first-module/questions/shoulder-basics-2.yaml" not in read_paths(session, address)
    assert "This file has been imported or discarded already." in trainer.client.get(address).text


def test_an_import_prepared_before_somebody_saved_a_document_takes_no_path_or_id(
    trainer: Person, session: Session, clock: Clock
) -> None:
    """Fails when two imports at one moment write the same new document: the later one would replace the earlier one."""
    address = create(trainer)
    upload(trainer.client, address, GIFT)
    library = session.scalars(select(Library)).one()
    kept = imports.get_kept(session, trainer.user, library)
    assert kept is not None
    shown = imports.preview(session, library, kept)
    prepared = imports.prepare(session, library, shown, shown.objectives[0], Level.RECALL)
    (path,) = prepared.files
    assert trainer.client.post(f"{address}/new", data={"path": path}).status_code == 303

    with pytest.raises(LibraryChangedError), session.begin_nested():
        imports.accept(session, trainer.user, library, prepared, clock())
    session.commit()

    assert "sh-1" not in read_paths(session, address)[path]
    assert accept(trainer.client, address).status_code == 303
    assert "sh-1" in read_paths(session, address)["1-first-module/questions/shoulder-basics-2.yaml"]


@pytest.mark.parametrize(
    ("body", "name", "fault"),
    [
        (b"", "", "Choose a file."),
        (b"\x00\xff\x00garbage", "bank.gift", "This file cannot be read."),
        (b"<quiz><question", "bank.xml", "This file cannot be read."),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><quiz>&x;</quiz>', "bank.xml", "This file cannot be read."),
        (b"PK\x03\x04 no zip", "bank.zip", "This file cannot be read."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(trainer: Person, body: bytes, name: str, fault: str) -> None:
    address = create(trainer)

    reply = upload(trainer.client, address, body, name)

    assert reply.status_code == 422
    assert fault in reply.text
    assert "Nothing was changed." in reply.text


def test_hostile_texts_are_only_texts(trainer: Person) -> None:
    address = create(trainer)
    upload(trainer.client, address, "::<script>alert(1)</script>:: <img src=x onerror=alert(1)> {}", "<b>x</b>.gift")

    page = trainer.client.get(f"{address}/import").text

    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "<b>x</b>.gift" not in page


def test_a_question_of_each_module_can_be_chosen_and_others_are_refused(trainer: Person) -> None:
    address = create(trainer)
    upload(trainer.client, address, GIFT)

    reply = accept(trainer.client, address, objective="nowhere")

    assert reply.status_code == 422
    assert "Not a valid choice" in reply.text


def test_each_sees_only_the_file_that_they_uploaded(trainer: Person, make: Factory, session: Session) -> None:
    address, trainer2 = create(trainer), make.trainer()
    add(session, address, trainer2, LibraryRole.EDITOR)
    upload(trainer.client, address, GIFT)

    assert "SH-3" in trainer.client.get(f"{address}/import").text
    assert "SH-3" not in trainer2.client.get(f"{address}/import").text
    assert trainer2.client.get(f"{address}/import/report.txt").status_code == 404
    trainer2.client.post(f"{address}/import/discard")
    assert "SH-3" in trainer.client.get(f"{address}/import").text


def test_readers_export_but_do_not_import(trainer: Person, make: Factory, session: Session) -> None:
    address, trainer2 = create(trainer), make.trainer()
    add(session, address, trainer2, LibraryRole.READER)

    assert trainer2.client.get(f"{address}/import").status_code == 403
    assert upload(trainer2.client, address, GIFT).status_code == 403
    assert trainer2.client.get(f"{address}/export").status_code == 200


def test_an_upload_is_forgotten_after_a_day(trainer: Person, session: Session, clock: Clock) -> None:
    address = create(trainer)
    upload(trainer.client, address, GIFT)

    clock.advance(hours=25)
    imports.remove_old(session, clock.now)
    session.commit()

    assert session.scalars(select(BankUpload)).all() == []


def test_the_report_has_a_line_for_each_question(trainer: Person) -> None:
    address = create(trainer)
    upload(trainer.client, address, (FILES / "moodle-4.5.xml").read_bytes(), "moodle.xml")

    report = trainer.client.get(f"{address}/import/report.txt").text

    assert "Questions that can be imported: 15 of 18. Pictures: 1." in report
    assert "refused: dragging words into a text has no counterpart" in report


@pytest.mark.parametrize("name", [one.name for one in list_formats() if one.write])
def test_a_library_is_exported_to_each_format(trainer: Person, name: str) -> None:
    address = create(trainer)

    page = trainer.client.get(f"{address}/export?format={name}").text
    file = trainer.client.get(f"{address}/export/file?format={name}")

    assert "questions can be written in this format" in page
    assert "attachment" in file.headers["Content-Disposition"]
    assert len(read_bank(file.data).items) >= 1


@pytest.mark.parametrize("query", ["", "?format=", "?format=nothing", "?format=gift&module=nowhere", "?format=qti"])
def test_odd_queries_show_the_page(trainer: Person, query: str) -> None:
    address = create(trainer)

    assert trainer.client.get(f"{address}/export{query}").status_code == 200
    assert trainer.client.get(f"{address}/export/file{query}").status_code == 200


def test_what_a_format_cannot_hold_is_named_before_the_download(trainer: Person) -> None:
    address = create(trainer)
    upload(trainer.client, address, GIFT)
    accept(trainer.client, address)

    page = trainer.client.get(f"{address}/export?format=aiken").text

    assert "1 question is left out" in page
    assert "The file contains the right answers." in page


def test_the_template_can_be_imported(trainer: Person) -> None:
    address = create(trainer)

    template = trainer.client.get("/studio/import-template.xlsx").data

    assert upload(trainer.client, address, template, "questions.xlsx").status_code == 303
