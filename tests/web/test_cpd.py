"""The CPD record: what is in it by itself, own entries, periods, and files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.domain.certificate import format_certificate_code
from app.domain.cpd import CpdKind, Period
from app.domain.release import ReleaseMoment, ReleasePolicy
from app.learn import cpd_file
from app.models import Attempt, Certificate, CpdEntry, CpdReflection
from app.services.attempts import cpd
from app.web import document_file, typesetting
from app.web.typesetting import PaperSize
from tests.conftest import Clock
from tests.support.assigned_test import take_test
from tests.support.attempt_client import start
from tests.support.factory import Factory, Person

ENTRY = {
    "title": "Course on shoulders",
    "done_on": "2026-11-02",
    "hours": "7,5",
    "kind": "formal",
    "reflection": "I test rotation first now.",
    "evidence": "https://example.org/course",
}


def add(person: Person, **changes: str) -> None:
    reply = person.client.post("/cpd/entries/new", data=ENTRY | changes)
    assert reply.status_code == 303, reply.text


def read_csv(person: Person, query: str = "") -> list[list[str]]:
    reply = person.client.get(f"/cpd.csv{query}")
    assert reply.mimetype == "text/csv"
    return list(csv.reader(io.StringIO(reply.get_data(as_text=True).removeprefix("\ufeff"))))


def list_titles(person: Person, query: str = "") -> list[str]:
    return [row[1] for row in read_csv(person, query)[1:]]


# -- what is there by itself -------------------------------------------------------------------------------------------


def test_a_passed_test_is_in_the_record_with_its_certificate(
    make: Factory, session: Session, learner: Person, trainer: Person
) -> None:
    assert "Nothing here yet" in learner.client.get("/cpd").text
    attempt = take_test(
        session, learner, make.assignment(trainer, make.cohort(trainer, learner)), make.now(), is_right=True
    )
    learner.client.post(f"/attempts/{attempt.id}/certificate")
    certificate = session.scalars(select(Certificate)).one()

    [row] = read_csv(learner)[1:]
    page = learner.client.get("/cpd").text

    assert row == [
        "2026-11-23",
        "The test",
        "formal education",
        f"{certificate.minutes / 60:.2f}",
        "",
        "",
        certificate.code,
    ]
    assert "Test passed in Palpate" in page
    assert f"/verify/{certificate.code}" in page


@pytest.mark.parametrize("why", ["failed", "practice", "pre-test", "not released", "corrected since"])
def test_what_is_no_known_pass_is_not_in_the_record(
    make: Factory, session: Session, learner: Person, trainer: Person, clock: Clock, why: str
) -> None:
    """Fails when the record tells a result before its trainer releases it."""
    if why == "practice":
        done = start(learner.client, session, "practice")
        done.answer_all()
        done.submit()
    else:
        closing = ReleasePolicy(*[ReleaseMoment.CLOSING] * 4)
        given = {"policy": closing, "due_at": clock.now + timedelta(days=1)} if why == "not released" else {}
        cohort = make.cohort(trainer, learner)
        assignment = make.assignment(trainer, cohort, **given)
        if why == "pre-test":
            make.assignment(trainer, cohort, pretest_id=assignment.id)
        attempt = take_test(session, learner, assignment, clock.now, is_right=why != "failed")
        if why == "corrected since":
            session.execute(update(Attempt).where(Attempt.id == attempt.id).values(is_passed=False))
            session.commit()
        assert learner.client.get(f"/cpd/tests/{attempt.id}").status_code == 404

    assert list_titles(learner) == []


def test_a_test_that_was_passed_twice_counts_once(
    make: Factory, session: Session, learner: Person, trainer: Person, clock: Clock
) -> None:
    assignment = make.assignment(trainer, make.cohort(trainer, learner), attempts_allowed=None)
    first = take_test(session, learner, assignment, clock.now, is_right=True)
    clock.advance(days=2)
    take_test(session, learner, assignment, clock.now, is_right=True)

    [row] = read_csv(learner)[1:]

    assert row[0] == "2026-11-23"
    assert f"/cpd/tests/{first.id}" in learner.client.get("/cpd").text


def test_a_reflection_on_a_test_is_kept_changed_and_removed(
    make: Factory, session: Session, learner: Person, trainer: Person
) -> None:
    attempt = take_test(
        session, learner, make.assignment(trainer, make.cohort(trainer, learner)), make.now(), is_right=True
    )
    address = f"/cpd/tests/{attempt.id}"
    for text in ("I ask about red flags.", "I ask about red flags first.", ""):
        assert learner.client.post(address, data={"reflection": text}).status_code == 303
        assert read_csv(learner)[1][4] == text

    session.expire_all()
    assert session.scalar(select(func.count()).select_from(CpdReflection)) == 0
    assert make.person().client.get(address).status_code == 404


# -- own entries -------------------------------------------------------------------------------------------------------


def test_an_own_entry_is_added_changed_and_deleted(session: Session, learner: Person) -> None:
    add(learner)
    entry = session.scalars(select(CpdEntry)).one()
    assert (entry.minutes, entry.kind, entry.done_on) == (450, CpdKind.FORMAL, date(2026, 11, 2))
    page = learner.client.get("/cpd").text
    assert "I test rotation first now." in page
    assert 'href="https://example.org/course"' in page

    address = f"/cpd/entries/{entry.id}"
    form = learner.client.get(address).text
    assert 'value="7.5"' in form
    assert learner.client.post(address, data=ENTRY | {"hours": "8", "kind": "other"}).status_code == 303
    assert read_csv(learner)[1][:4] == ["2026-11-02", "Course on shoulders", "other", "8.00"]

    assert learner.client.post(f"{address}/delete").status_code == 303
    assert list_titles(learner) == []


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("title", "", "Enter what you did."),
        ("done_on", "", "Enter a date."),
        ("done_on", "2026-11-24", "Choose a date that is not in the future."),
        ("done_on", "0026-01-01", "Enter a date."),
        ("hours", "many", "Enter a number of hours"),
        ("hours", "0", "Enter a number of hours"),
        ("hours", "1001", "Enter a number of hours"),
        ("kind", "magic", "Not a valid choice"),
        ("reflection", "x" * 5001, "Use at most 5000 characters."),
    ],
)
def test_an_entry_with_a_fault_is_not_stored_and_keeps_what_was_typed(
    session: Session, learner: Person, field: str, typed: str, message: str
) -> None:
    reply = learner.client.post("/cpd/entries/new", data=ENTRY | {field: typed})

    assert reply.status_code == 422
    assert message in reply.text
    assert field == "evidence" or "https://example.org/course" in reply.text
    assert session.scalar(select(CpdEntry.id)) is None


def test_a_form_that_is_sent_twice_adds_one_entry(session: Session, learner: Person) -> None:
    for _ in range(2):
        add(learner, form_id="1234567890abcdef")

    assert session.scalar(select(func.count()).select_from(CpdEntry)) == 1


def test_nobody_else_reads_or_changes_an_entry(make: Factory, session: Session, learner: Person) -> None:
    add(learner)
    entry = session.scalars(select(CpdEntry)).one()
    for other in (make.person(), make.admin()):
        assert other.client.get(f"/cpd/entries/{entry.id}").status_code == 404
        assert other.client.post(f"/cpd/entries/{entry.id}", data=ENTRY).status_code == 404
        assert other.client.post(f"/cpd/entries/{entry.id}/delete").status_code == 404
        assert list_titles(other) == []


def test_the_number_of_entries_has_a_limit(session: Session, learner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpd, "MAX_ENTRIES", 1)
    add(learner)
    reply = learner.client.post("/cpd/entries/new", data=ENTRY)

    assert reply.status_code == 422
    assert "You have reached the limit of 1 entries." in reply.text


# -- periods and files -------------------------------------------------------------------------------------------------


def test_a_period_limits_the_page_and_the_files(learner: Person) -> None:
    for day, title in (("2025-12-31", "Last year"), ("2026-01-01", "New Year"), ("2026-06-01", "June")):
        add(learner, done_on=day, title=title, hours="1")

    assert list_titles(learner) == ["June", "New Year", "Last year"]
    assert list_titles(learner, "?since=2026-01-01&until=2026-05-31") == ["New Year"]
    page = learner.client.get("/cpd?until=2025-12-31").text
    assert "Last year" in page
    assert "June" not in page
    assert "Nothing in this period" in learner.client.get("/cpd?since=2026-07-01").text


@pytest.mark.parametrize("query", ["?since=2026-02-01&until=2026-01-01", "?since=yesterday"])
def test_a_period_that_makes_no_sense_is_explained(learner: Person, query: str) -> None:
    assert learner.client.get(f"/cpd{query}").status_code == 422
    for file in ("csv", "pdf"):
        reply = learner.client.get(f"/cpd.{file}{query}")
        assert reply.status_code == 303
        assert reply.location.startswith("/cpd?")


def test_the_csv_has_no_formulas(learner: Person) -> None:
    add(learner, title="=1+1", reflection="+SUM(A1)", evidence="@x")

    [row] = read_csv(learner)[1:]

    assert [row[1], row[4], row[5]] == ["'=1+1", "'+SUM(A1)", "'@x"]


TEXTS = {
    "latin": "Łucja’s course on trigger points",
    "arabic": "دورة في العلاج الطبيعي",
    "chinese": "物理治疗课程",
    "markup": '#panic("no") *x* $a$ [b] \\ <img src=x> @ref // c',
    "unbroken": "W" * 190,
}


@pytest.mark.parametrize("text", TEXTS)
def test_the_pdf_takes_any_text_and_keeps_to_its_margins(
    app: Flask, session: Session, learner: Person, clock: Clock, text: str
) -> None:
    """Fails when a text is taken for markup or runs into the margin."""
    add(learner, title=TEXTS[text], reflection=f"{TEXTS[text]}\n\n{TEXTS[text]}")
    with app.test_request_context():
        record = cpd.get_record(session, learner.learner, Period(), clock.now)
        document = cpd_file.build_document(record, TEXTS[text][:100], clock.now)
        inputs = document_file.build_inputs(document, PaperSize.A4)
    drawn = typesetting.get_compiler().compile(input=str(typesetting.DOCUMENT), format="png", ppi=72, sys_inputs=inputs)
    assert isinstance(drawn, bytes)
    page = Image.open(io.BytesIO(drawn)).convert("L")
    width, height = page.size

    assert min(page.crop((width - 40, 0, width, height)).tobytes()) > 240
    assert min(page.crop((60, 60, width - 60, height - 60)).tobytes()) < 100


def test_the_pdf_is_a_file_in_the_language_of_the_reader(learner: Person) -> None:
    for number in range(40):
        add(learner, title=f"Course {number}", hours="1")
    for paper in PaperSize:
        pdf = learner.client.get(f"/cpd.pdf?paper={paper}")
        assert pdf.data.startswith(b"%PDF-")
        assert pdf.mimetype == "application/pdf"
    learner.client.post("/language", data={"language": "de"})
    german = learner.client.get("/cpd.pdf").data

    assert b"/Lang (de)" in german or b"/Lang(de)" in german


def test_the_address_of_a_certificate_is_in_the_pdf(
    make: Factory, app: Flask, session: Session, learner: Person, trainer: Person, clock: Clock
) -> None:
    attempt = take_test(
        session, learner, make.assignment(trainer, make.cohort(trainer, learner)), make.now(), is_right=True
    )
    learner.client.post(f"/attempts/{attempt.id}/certificate")
    code = format_certificate_code(session.scalars(select(Certificate.code)).one())
    with app.test_request_context():
        record = cpd.get_record(session, learner.learner, Period(), clock.now)
        document = cpd_file.build_document(record, "Ada", clock.now)

    details = [detail.text for row in document.parts[1].rows for cell in row for detail in cell.details]
    assert f"http://localhost:8000/verify/{code}" in details


def test_pages_of_the_record_take_few_statements(
    make: Factory, session: Session, learner: Person, trainer: Person, statements: Callable[[], list[str]]
) -> None:
    cohort = make.cohort(trainer, learner)
    for number in range(3):
        take_test(session, learner, make.assignment(trainer, cohort), make.now(), is_right=True)
        add(learner, title=f"Course {number}")
    statements()
    learner.client.get("/cpd")

    assert len(statements()) <= 7


def test_only_words_that_are_too_long_for_a_line_may_break() -> None:
    text = "short\nlines of\n\nordinary words " + "W" * 25

    made = typesetting.make_breakable(text, 10)

    assert made.replace("\u200b", "") == text
    assert made.startswith("short\nlines of\n\nordinary words WWWWW\u200bWWWWW")
