"""Figures in the studio: adding one from a photo or a drawing, and who may see its picture."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.composing import Draw, Pool
from app.domain.content import Use
from app.models import Assignment, CohortTrainer, Library, LibraryRole, ModuleRow, PictureRow
from app.services.libraries import documents
from app.services.libraries.archives import read_archive
from tests.conftest import Clock
from tests.support import composed
from tests.support.assigned_test import start_attempt
from tests.support.attempt_client import get_hidden_field
from tests.support.factory import Factory, Person
from tests.support.picture_bytes import PLACE, animate, claim_size, draw, save, write_exif
from tests.support.published_library import get_module, publish, unpublish

FOLDER = "1-first-module"
NEW = f"/studio/our-bank/figures/new?folder={FOLDER}"
LIST = f"/studio/our-bank/figures?folder={FOLDER}"
LESSON = f"{FOLDER}/lessons/01-first-lesson.md"
PHOTO = save(draw(), "JPEG", exif=write_exif(orientation=6), comment=PLACE)
DRAWING = b'<svg viewBox="0 0 10 10"><title>A line</title><path class="f-line" d="M0 0 9 9"/></svg>'
BLOCK = "\n::: figure arm\nThe arm.\n\n***\n\nThe arm is lifted.\n:::\n"


@pytest.fixture
def library(make: Factory, trainer: Person) -> Library:
    return make.library(trainer, "Our bank")


def add(
    person: Person, data: bytes, file_name: str = "Arm.jpg", alternative: str = "An arm", name: str = ""
) -> tuple[int, str]:
    form = {"file": (BytesIO(data), file_name), "alternative": alternative, "name": name}
    reply = person.client.post(NEW, data=form)
    return reply.status_code, reply.text


def read_files(person: Person) -> dict[str, bytes]:
    return dict(read_archive(person.client.get("/studio/our-bank/library.zip").data).documents)


def find_address(page: str) -> str:
    found = re.search(r'<image href="(/pictures/[0-9a-f]{64}\.[a-z]+)"', page)
    assert found, page
    return found[1]


def show_in_lesson(person: Person, library: Library, session: Session, clock: Clock) -> None:
    current = documents.get_current(session, library, LESSON)
    assert current
    assert person.user
    body = current.body + BLOCK.encode()
    documents.save(session, person.user, library, LESSON, body, clock.now, seen=current.revision)
    session.commit()


def test_a_photo_becomes_a_figure_without_its_metadata(trainer: Person, library: Library) -> None:
    assert add(trainer, PHOTO)[0] == 303

    page = trainer.client.get(LIST).text
    assert "An arm" in page
    assert "Nothing shows it yet" in page
    files = read_files(trainer)
    assert PLACE not in files[f"{FOLDER}/pictures/arm.jpg"]
    assert b'viewBox="0 0 20 40"' in files[f"{FOLDER}/figures/arm.svg"]
    reply = trainer.client.get(find_address(page))
    assert reply.status_code == 200
    assert reply.data == files[f"{FOLDER}/pictures/arm.jpg"]


def test_a_photo_is_previewed_in_a_lesson_before_it_is_published(
    trainer: Person, library: Library, session: Session, clock: Clock
) -> None:
    add(trainer, PHOTO)
    show_in_lesson(trainer, library, session, clock)

    page = trainer.client.get(f"/studio/our-bank/lesson?path={LESSON}").text

    assert "The checker finds nothing to fix in this lesson." in page
    assert trainer.client.get(find_address(page)).status_code == 200
    assert "Shown in" in trainer.client.get(LIST).text
    assert "The checker finds nothing to fix." in trainer.client.get("/studio/our-bank").text


def test_a_zip_file_carries_pictures_both_ways_byte_for_byte(make: Factory, trainer: Person, library: Library) -> None:
    add(trainer, PHOTO)
    packed = trainer.client.get("/studio/our-bank/library.zip").data
    make.library(trainer, "Second")

    upload = {"file": (BytesIO(packed), "library.zip"), "removes_others": "y"}
    assert trainer.client.post("/studio/second/upload", data=upload).status_code == 303

    assert trainer.client.get("/studio/second/library.zip").data == packed


def test_a_zip_file_with_the_picture_of_a_reserved_name_can_be_uploaded(
    make: Factory, trainer: Person, library: Library
) -> None:
    """Fails when a figure is called like a device on Windows, as the first part of "Aux.jpg" is."""
    assert add(trainer, PHOTO, "Aux.jpg")[0] == 303
    assert add(trainer, DRAWING, "line.svg", name="NUL")[0] == 303

    assert {f"{FOLDER}/pictures/figure-aux.jpg", f"{FOLDER}/figures/figure-nul.svg"} <= {*read_files(trainer)}


def test_what_no_drawing_can_contain_is_left_out_of_what_a_picture_shows(trainer: Person, library: Library) -> None:
    assert add(trainer, PHOTO, alternative="An\ufffe arm\uffff")[0] == 303

    page = trainer.client.get(LIST).text
    assert find_address(page)
    assert ">An arm</title>" in page


@pytest.mark.parametrize(("data", "file_name"), [(PHOTO, "arm.jpg"), (DRAWING, "arm.svg")])
def test_a_form_that_is_sent_twice_adds_one_figure(
    trainer: Person, library: Library, data: bytes, file_name: str
) -> None:
    before = read_files(trainer)
    form_id = get_hidden_field(trainer.client.get(NEW).text, "form_id")

    for _time in range(2):
        form = {"file": (BytesIO(data), file_name), "alternative": "An arm", "form_id": form_id}
        assert trainer.client.post(NEW, data=form).status_code == 303

    added = read_files(trainer).keys() - before.keys()
    assert {path for path in added if path.endswith(".svg")} == {f"{FOLDER}/figures/arm.svg"}


def test_a_drawing_is_kept_as_it_is(trainer: Person, library: Library) -> None:
    assert add(trainer, DRAWING, "line.svg", alternative="")[0] == 303

    assert read_files(trainer)[f"{FOLDER}/figures/line.svg"] == DRAWING


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (b"<path", b"<script>alert(1)</script><path", "&lt;script&gt; is not allowed in a figure"),
        (b"<path", b'<path onclick="alert(1)"', "onclick is not allowed"),
        (b"<path", b'<image href="https://example.org/x.png" width="1" height="1"/><path', "is not a picture of this"),
        (b"<svg", b'<!DOCTYPE svg [<!ENTITY a "b">]><svg', "a DOCTYPE is not allowed"),
        (b"<title>A line</title>", b"", "the figure has no &lt;title&gt;"),
        (b"</svg>", b"", "this is not well-formed SVG"),
    ],
)
def test_a_hostile_drawing_is_refused(trainer: Person, library: Library, old: bytes, new: bytes, fault: str) -> None:
    before = read_files(trainer)

    status, page = add(trainer, DRAWING.replace(old, new, 1), "line.svg")

    assert status == 422
    assert "The checker does not accept this drawing" in page
    assert fault in page
    assert read_files(trainer) == before


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "This is not a picture"),
        (b"GIF89a" + bytes(50), "This is not a picture"),
        (b"<\xff\xfe", "This is not a picture"),
        (PHOTO[:200], "This is not a picture"),
        (claim_size(50_000, 50_000), "This picture is too large"),
        (animate("WEBP"), "This picture moves"),
    ],
)
def test_what_is_no_picture_is_refused_beside_its_field(
    trainer: Person, library: Library, data: bytes, message: str
) -> None:
    before = read_files(trainer)

    status, page = add(trainer, data)

    assert status == 422
    assert message in page
    assert "An arm" in page
    assert read_files(trainer) == before


def test_a_photo_needs_an_alternative_text_and_a_file(trainer: Person, library: Library) -> None:
    status, page = add(trainer, PHOTO, alternative=" ")

    assert status == 422
    assert "Say what the picture shows." in page
    reply = trainer.client.post(NEW, data={"alternative": "An arm"})
    assert reply.status_code == 422
    assert "Choose a picture." in reply.text
    assert trainer.client.post(f"{NEW}9", data={"alternative": "An arm"}).status_code == 404


def test_a_file_name_with_a_path_becomes_a_plain_one(trainer: Person, library: Library) -> None:
    for name in ("../../../course.yaml", "/etc/arm.png", "arm.jpg"):
        assert add(trainer, PHOTO, name)[0] == 303

    found = sorted(path for path in read_files(trainer) if "pictures" in path)

    assert found == [f"{FOLDER}/pictures/{name}.jpg" for name in ("arm-2", "arm", "course")]


def test_a_second_figure_of_a_name_does_not_replace_the_first(trainer: Person, library: Library) -> None:
    for _n in range(2):
        assert add(trainer, PHOTO, name="The Arm")[0] == 303

    assert {path for path in read_files(trainer) if path.endswith(".jpg")} == {
        f"{FOLDER}/pictures/the-arm.jpg",
        f"{FOLDER}/pictures/the-arm-2.jpg",
    }


def test_a_file_of_more_than_20_mb_is_refused_on_its_page(
    app: Flask, trainer: Person, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "LARGEST_LIBRARY", 1000)

    status, page = add(trainer, bytes(1001))

    assert status == 413
    assert "This file has more than 20 MB." in page


def test_a_reader_sees_figures_and_adds_none(trainer: Person, make: Factory) -> None:
    make.library(make.trainer(), "Our bank", (trainer, LibraryRole.READER))

    page = trainer.client.get(LIST).text

    assert "Add a figure" not in page
    assert trainer.client.get(NEW).status_code == 403
    assert add(trainer, PHOTO)[0] == 403


@pytest.fixture
def address(trainer: Person, library: Library, session: Session, clock: Clock) -> str:
    """A picture that a published lesson shows."""
    assert add(trainer, PHOTO)[0] == 303
    show_in_lesson(trainer, library, session, clock)
    publish(session, trainer.user, library, clock.now)
    return find_address(trainer.client.get(LIST).text)


@pytest.fixture
def assignment(make: Factory, trainer: Person, learner: Person, address: str) -> Assignment:
    due_at = make.now() + timedelta(days=1)
    return make.assignment(trainer, make.cohort(trainer, learner), "our-bank.first-module", due_at=due_at)


def test_a_learner_sees_the_picture_of_a_lesson(learner: Person, assignment: Assignment, address: str) -> None:
    page = learner.client.get("/modules/our-bank.first-module/lessons/our-bank.first-lesson").text

    assert find_address(page) == address
    reply = learner.client.get(address)
    assert reply.status_code == 200
    assert reply.mimetype == "image/jpeg"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
    assert reply.headers["Cache-Control"] == "private, no-cache"
    again = learner.client.get(address, headers={"If-None-Match": reply.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""


def test_others_do_not_see_the_picture(make: Factory, client: FlaskClient, learner: Person, address: str) -> None:
    """Before anything is assigned: a learner, a visitor and a trainer of another school."""
    for person in (learner, make.trainer()):
        reply = person.client.get(address)
        assert reply.status_code == 404
        assert reply.headers["Cache-Control"] == "no-store"
    assert client.get(address).status_code == 404


def test_a_draft_is_for_the_people_of_its_library(
    make: Factory, trainer: Person, learner: Person, library: Library
) -> None:
    add(trainer, PHOTO)
    address = find_address(trainer.client.get(LIST).text)

    assert trainer.client.get(address).status_code == 200
    assert make.trainer().client.get(address).status_code == 404
    assert learner.client.get(address).status_code == 404


def test_a_learner_who_began_keeps_the_picture_when_the_publication_ends(
    learner: Person,
    trainer: Person,
    assignment: Assignment,
    address: str,
    library: Library,
    session: Session,
    clock: Clock,
) -> None:
    assert learner.client.post("/modules/our-bank.first-module/attempts", data={"mode": "practice"}).status_code == 303

    unpublish(session, trainer.user, library, clock.now)

    assert learner.client.get(address).status_code == 200


def test_a_trainer_of_the_cohort_keeps_the_picture_when_the_assignment_is_withdrawn(
    make: Factory, assignment: Assignment, address: str, session: Session, clock: Clock
) -> None:
    """It is in the answers of the cohort's learners. Fails when only people of the library see it then."""
    other = make.trainer()
    session.add(CohortTrainer(cohort_id=assignment.cohort_id, user_id=other.user.id))
    assignment.withdrawn_at = clock.now
    session.commit()

    assert other.client.get(address).status_code == 200
    assert make.trainer().client.get(address).status_code == 404


def test_a_picture_of_a_composed_test_stays_with_its_attempt(
    make: Factory, trainer: Person, learner: Person, address: str, session: Session, clock: Clock
) -> None:
    """The module of the picture is not the first one on which the test draws."""
    own = make.session.scalars(select(ModuleRow.id).where(ModuleRow.slug == "our-bank.first-module")).one()
    parts = composed.draw(make, "safety"), Draw(Pool(own, Use.EXAM), 1)
    test = composed.compose(make, trainer, composed.section("Both", *parts))
    assignment = composed.assign(make, trainer, make.cohort(trainer, learner), test)
    start_attempt(session, learner, assignment, clock.now)
    assert learner.client.get(address).status_code == 200

    assignment.withdrawn_at = clock.now
    session.commit()

    assert learner.client.get(address).status_code == 200
    assert make.person().client.get(address).status_code == 404


@pytest.mark.parametrize("change", ["png", "svg", "html", "jpg/x"])
def test_an_address_has_the_type_of_its_picture(trainer: Person, address: str, change: str) -> None:
    assert trainer.client.get(address.replace(".jpg", f".{change}")).status_code == 404
    assert trainer.client.get("/pictures/abc.jpg").status_code == 404


def test_a_text_is_never_sent_as_a_picture(trainer: Person, library: Library, session: Session) -> None:
    current = documents.get_current(session, library, LESSON)
    assert current
    digest = documents.compute_digest(current.body)

    assert trainer.client.get(f"/pictures/{digest}.jpg").status_code == 404


def test_publishing_again_stores_a_picture_once(
    trainer: Person, library: Library, session: Session, clock: Clock, address: str
) -> None:
    publish(session, trainer.user, library, clock.now)

    rows = session.scalars(select(PictureRow)).all()

    assert [row.module_id for row in rows] == [get_module(session, library).id]
    assert rows[0].digest in address


def test_a_picture_of_the_course_is_kept_by_every_browser(make: Factory, client: FlaskClient, session: Session) -> None:
    module_id = make.module("safety").id
    session.add(PictureRow(module_id=module_id, digest="0" * 64, media_type="image/png", body=save(draw(), "PNG")))
    session.commit()

    reply = client.get(f"/pictures/{'0' * 64}.png")

    assert reply.status_code == 200
    assert reply.headers["Cache-Control"] == "public, max-age=31536000, immutable"
