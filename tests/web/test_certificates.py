"""Certificates: who gets one, what it says, how anybody verifies it, and how it is withdrawn."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote

import pytest
import zxingcpp
from flask import Flask
from PIL import Image
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain.certificate import format_certificate_code
from app.domain.content import Use
from app.domain.release import ReleaseMoment, ReleasePolicy
from app.models import Attempt, AuditEvent, Certificate, LessonRow, Library, Publication
from app.web import certificate_file, typesetting
from app.web.typesetting import PaperSize
from tests.conftest import Clock
from tests.support import composed
from tests.support.assigned_test import take_test
from tests.support.attempt_client import start
from tests.support.factory import Factory, Person
from tests.support.published_library import publish, unpublish
from tests.support.reopened_test import reopen

NAMES = {
    "long": "Maximiliane-Theodora von und zu Hohenstein-Waldburg-Zeil-Trauchburg de la Cruz y Fernández-Montesinos",
    "arabic": "فاطمة الزهراء بنت عبد الرحمن",
    "chinese": "欧阳娜娜",
    "polish": "Łucja Śćibór-Żółkiewska",
    "markup": '#panic("no") *x* $a$ [b] \\ <img src=x> @ref // c',
    "unbroken": "W" * 190,
}


def pass_test(make: Factory, session: Session, person: Person, trainer: Person, /, **given: object) -> Attempt:
    assignment = make.assignment(trainer, make.cohort(trainer, person), **given)
    return take_test(session, person, assignment, make.now(), is_right=True)


def issue(session: Session, person: Person, attempt: Attempt) -> Certificate:
    reply = person.client.post(f"/attempts/{attempt.id}/certificate")
    assert reply.status_code == 303, reply.status_code
    session.expire_all()
    return session.scalars(select(Certificate).where(Certificate.attempt_id == attempt.id)).one()


def pass_library_test(make: Factory, session: Session, person: Person, trainer: Person) -> tuple[Library, Attempt]:
    """Publish a library, and pass the test of its module."""
    library = make.library(trainer)
    publish(session, trainer.user, library, make.now())
    cohort = make.cohort(trainer, person)
    assignment = make.assignment(trainer, cohort, "our-bank.first-module", question_use=Use.EXAM)
    return library, take_test(session, person, assignment, make.now(), is_right=True)


def verify(app: Flask, certificate: Certificate) -> str:
    reply = app.test_client().get(f"/verify/{format_certificate_code(certificate.code)}")
    assert reply.status_code == 200
    return reply.text


def render(app: Flask, certificate: Certificate, paper: PaperSize = PaperSize.A4) -> Image.Image:
    """Draw the page of a certificate."""
    with app.test_request_context():
        inputs = certificate_file.list_inputs(certificate, paper, "UTC")
    drawn = typesetting.compile_file(typesetting.CERTIFICATE, format="png", ppi=110, sys_inputs=inputs)
    return Image.open(io.BytesIO(drawn)).convert("RGB")


@pytest.fixture
def passed(make: Factory, session: Session, learner: Person, trainer: Person) -> Attempt:
    return pass_test(make, session, learner, trainer)


def test_who_passed_gets_a_certificate_that_anybody_can_verify(
    app: Flask, session: Session, learner: Person, passed: Attempt
) -> None:
    result = learner.client.get(f"/attempts/{passed.id}/result").text
    assert f'href="/attempts/{passed.id}/certificate"' in result
    assert "Get the certificate" in learner.client.get(f"/attempts/{passed.id}/certificate").text

    certificate = issue(session, learner, passed)
    page = verify(app, certificate)

    assert "This certificate is genuine" in page
    assert learner.user.name in page
    assert "The test" in page
    assert "100%" in page
    assert "are still the same" in page
    assert certificate.title in learner.client.get("/certificates").text
    for paper in PaperSize:
        pdf = learner.client.get(f"/attempts/{passed.id}/certificate.pdf?paper={paper}")
        assert pdf.data.startswith(b"%PDF-")
        assert pdf.mimetype == "application/pdf"


def test_a_certificate_is_issued_once(session: Session, learner: Person, passed: Attempt) -> None:
    name, code = learner.user.name, issue(session, learner, passed).code
    learner.client.post("/account", data={"name": "Another Name", "time_zone": "UTC"})

    again = issue(session, learner, passed)

    assert (again.code, again.name) == (code, name)


def test_codes_have_128_bits_and_differ(make: Factory, session: Session, trainer: Person) -> None:
    codes = set()
    for _ in range(3):
        person = make.person()
        codes.add(issue(session, person, pass_test(make, session, person, trainer)).code)

    assert len(codes) == 3
    assert all(re.fullmatch(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", code) for code in codes)


# -- who gets none -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("why", ["failed", "practice", "pre-test", "not released", "somebody else's", "a guest"])
def test_there_is_no_certificate(
    make: Factory, session: Session, learner: Person, trainer: Person, clock: Clock, why: str
) -> None:
    client = learner.client
    if why == "practice":
        done = start(client, session, "practice")
        done.answer_all()
        done.submit()
        attempt_id = done.attempt_id
    elif why == "a guest":
        client = make.app.test_client()
        done = start(client, session, "practice")
        done.submit()
        attempt_id = done.attempt_id
    else:
        closing = ReleasePolicy(*[ReleaseMoment.CLOSING] * 4)
        given = {"policy": closing, "due_at": clock.now + timedelta(days=1)} if why == "not released" else {}
        cohort = make.cohort(trainer, learner)
        assignment = make.assignment(trainer, cohort, **given)
        if why == "pre-test":
            make.assignment(trainer, cohort, pretest_id=assignment.id)
        attempt_id = take_test(session, learner, assignment, clock.now, is_right=why != "failed").id
        client = make.person().client if why == "somebody else's" else client

    pages = [client.get(f"/attempts/{attempt_id}/certificate"), client.post(f"/attempts/{attempt_id}/certificate")]

    expected = 303 if why == "a guest" else 404
    assert [page.status_code for page in pages] == [expected, expected]
    assert session.scalar(select(Certificate.id)) is None


def test_a_modules_own_test_gives_one_as_well(app: Flask, session: Session, learner: Person) -> None:
    done = start(learner.client, session, "test")
    done.answer_all()
    done.submit()
    attempt = session.get_one(Attempt, done.attempt_id)
    assert attempt.is_passed

    certificate = issue(session, learner, attempt)

    assert certificate.title == certificate.module_title
    assert "This certificate is genuine" in verify(app, certificate)


# -- what it says ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("paper", list(PaperSize))
def test_any_name_fits_on_one_page_whose_code_leads_to_the_verification(
    app: Flask, session: Session, learner: Person, passed: Attempt, name: str, paper: PaperSize
) -> None:
    """Fails when a name is taken for markup, runs into the margin or pushes something off the page."""
    certificate = issue(session, learner, passed)
    certificate.name = NAMES[name]
    page = render(app, certificate, paper)
    certificate.name = "x"
    other = render(app, certificate, paper)

    [code] = zxingcpp.read_barcodes(page)
    assert code.text == f"http://localhost:8000/verify/{format_certificate_code(certificate.code)}"
    assert page.size == other.size
    width, height = page.size
    edges = (
        page.crop((width // 22, height // 4, width // 22 + 1, height // 2)),
        page.crop((width - width // 22, height // 4, width - width // 22 + 1, height // 2)),
    )
    assert all(min(edge.tobytes()) > 240 for edge in edges), "the name runs beyond the frame"
    assert page.tobytes() != other.tobytes()


def test_the_pdf_is_in_the_language_of_the_reader(session: Session, learner: Person, passed: Attempt) -> None:
    issue(session, learner, passed)
    address = f"/attempts/{passed.id}/certificate.pdf"
    english = learner.client.get(address)
    learner.client.post("/language", data={"language": "de"})
    german = learner.client.get(address)

    assert b"/Lang (en)" in english.data or b"/Lang(en)" in english.data
    assert b"/Lang (de)" in german.data or b"/Lang(de)" in german.data


# -- verifying ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["lower case", "no groups", "letters for digits", "blanks"])
def test_a_code_is_read_however_it_is_typed(
    app: Flask, session: Session, learner: Person, passed: Attempt, change: str
) -> None:
    code = issue(session, learner, passed).code
    typed = {
        "lower case": format_certificate_code(code).lower(),
        "no groups": code,
        "letters for digits": code.replace("0", "o").replace("1", "l"),
        "blanks": " ".join(code[at : at + 5] for at in range(0, 26, 5)),
    }[change]

    reply = app.test_client().get("/verify", query_string={"code": typed}, follow_redirects=True)

    assert "This certificate is genuine" in reply.text


@pytest.mark.parametrize("code", ["x", "0" * 26, "U" * 26, "0" * 25, "..", "<script>alert(1)<script>", "ü" * 26])
def test_an_unknown_code_is_said_to_be_unknown(app: Flask, code: str) -> None:
    reply = app.test_client().get(f"/verify/{quote(code, safe='')}")

    assert reply.status_code == 404
    assert "No certificate has this code" in reply.text
    assert "<script>alert" not in reply.text


def test_guessing_codes_is_limited(make: Factory, session: Session, learner: Person, passed: Attempt) -> None:
    """A right code passes for visitors, because a class may share its address with somebody who guesses."""
    certificate = issue(session, learner, passed)
    guesser = make.person().client

    statuses = [guesser.get(f"/verify/{number:026d}").status_code for number in range(62)]

    assert statuses == [404] * 60 + [429] * 2
    assert guesser.get(f"/verify/{certificate.code}").status_code == 429
    assert make.app.test_client().get(f"/verify/{certificate.code}").status_code == 200


def test_changed_content_is_said(app: Flask, session: Session, learner: Person, passed: Attempt) -> None:
    certificate = issue(session, learner, passed)
    session.execute(update(LessonRow).where(LessonRow.module_id == passed.module_id).values(digest="0" * 64))
    session.commit()

    assert "have changed since the certificate was issued" in verify(app, certificate)


def test_a_certificate_of_a_composed_test_is_about_all_of_its_modules(
    app: Flask, make: Factory, session: Session, learner: Person, trainer: Person
) -> None:
    """Fails when only the module of its first line counts, and when reading it does although no lesson was set."""
    assignment = composed.assign(make, trainer, make.cohort(trainer, learner), composed.compose(make, trainer))
    certificate = issue(session, learner, take_test(session, learner, assignment, make.now(), is_right=True))
    assert "have changed since the certificate was issued" not in verify(app, certificate)
    evidence = make.module("evidence").id
    session.execute(update(LessonRow).where(LessonRow.module_id == evidence).values(digest="0" * 64))
    session.commit()

    assert "have changed since the certificate was issued" in verify(app, certificate)
    assert certificate.minutes == 0


def test_a_pass_that_was_taken_away_is_no_longer_certified(
    app: Flask, session: Session, learner: Person, passed: Attempt
) -> None:
    certificate = issue(session, learner, passed)
    session.get_one(Attempt, passed.id).is_passed = False
    session.commit()

    page = verify(app, certificate)

    assert "not valid" in page
    assert learner.user.name not in page
    assert learner.client.get(f"/attempts/{passed.id}/certificate.pdf").status_code == 404
    assert "not valid at the moment" in learner.client.get(f"/attempts/{passed.id}/certificate").text


# -- withdrawing -------------------------------------------------------------------------------------------------------


def test_the_result_of_a_reopened_attempt_is_not_verified_before_its_learner_may_know_it(
    app: Flask, make: Factory, session: Session, learner: Person, trainer: Person, clock: Clock
) -> None:
    due_at = make.now() + timedelta(hours=1)
    attempt = pass_test(
        make, session, learner, trainer, due_at=due_at, policy=ReleasePolicy(*[ReleaseMoment.CLOSING] * 4)
    )
    clock.advance(hours=2)
    certificate = issue(session, learner, attempt)
    reopen(session, trainer, attempt, clock(), minutes=60)
    clock.advance(minutes=1)
    assert learner.client.post(f"/attempts/{attempt.id}/submit").status_code == 303
    session.expire_all()

    before = verify(app, certificate), learner.client.get(f"/attempts/{attempt.id}/certificate").text
    pdf = learner.client.get(f"/attempts/{attempt.id}/certificate.pdf")
    clock.advance(hours=2)

    assert attempt.is_passed
    assert "This certificate is not valid" in before[0]
    assert "This certificate is not valid at the moment" in before[1]
    assert pdf.status_code == 404
    assert "This certificate is genuine" in verify(app, certificate)


@pytest.mark.parametrize("who", ["trainer", "admin"])
def test_a_certificate_is_withdrawn_with_a_reason_and_made_valid_again(
    app: Flask, make: Factory, session: Session, learner: Person, trainer: Person, passed: Attempt, who: str
) -> None:
    actor = trainer if who == "trainer" else make.admin()
    certificate = issue(session, learner, passed)
    address = f"/teach/certificates/{certificate.id}"
    assert f'href="{address}"' in actor.client.get(f"/teach/attempts/{passed.id}").text
    assert actor.client.post(address, data={"reason": " "}).status_code == 422

    reply = actor.client.post(address, data={"reason": "Somebody else sat the test."}, follow_redirects=True)

    assert "Somebody else sat the test." in reply.text
    page = verify(app, certificate)
    assert "This certificate was withdrawn" in page
    assert "Somebody else" not in page
    assert learner.user.name not in page
    own = learner.client.get(f"/attempts/{passed.id}/certificate").text
    assert "Somebody else sat the test." in own
    assert learner.client.get(f"/attempts/{passed.id}/certificate.pdf").status_code == 404
    assert "Your certificate for The test was withdrawn." in learner.client.get("/").text
    actor.client.post(f"{address}/restore")
    assert "Your certificate for The test is valid again." in learner.client.get("/").text
    assert "This certificate is genuine" in verify(app, certificate)
    recorded = select(AuditEvent.action).where(AuditEvent.action.startswith("certificate")).order_by(AuditEvent.id)
    assert session.scalars(recorded).all() == ["certificate.withdraw", "certificate.restore"]


def test_nobody_else_withdraws_it(make: Factory, session: Session, learner: Person, passed: Attempt) -> None:
    certificate = issue(session, learner, passed)
    address = f"/teach/certificates/{certificate.id}"

    for client, status in ((make.trainer().client, 404), (learner.client, 403), (make.app.test_client(), 303)):
        assert client.post(address, data={"reason": "No."}).status_code == status
        assert client.post(f"{address}/restore").status_code == status
    session.expire_all()
    assert certificate.withdrawn_at is None


def test_only_an_administrator_withdraws_that_of_a_modules_own_test(
    make: Factory, session: Session, learner: Person, trainer: Person
) -> None:
    make.cohort(trainer, learner)
    done = start(learner.client, session, "test")
    done.answer_all()
    done.submit()
    certificate = issue(session, learner, session.get_one(Attempt, done.attempt_id))
    address = f"/teach/certificates/{certificate.id}"

    assert trainer.client.get(address).status_code == 404
    assert make.admin().client.get(address).status_code == 200


def test_an_erased_persons_certificate_says_only_that_it_was_withdrawn(
    app: Flask, make: Factory, session: Session, learner: Person, passed: Attempt
) -> None:
    certificate = issue(session, learner, passed)
    name, admin = learner.user.name, make.admin()
    admin.client.post(f"/admin/users/{learner.user.id}/erase", data={"confirm": learner.user.email})
    session.expire_all()

    page = verify(app, certificate)

    assert "This certificate was withdrawn" in page
    main = page.partition("<main")[2].partition("</main>")[0]
    for secret in (name, "The test", "100", "2026"):
        assert secret not in main.replace(format_certificate_code(certificate.code), "")
    assert admin.client.get(f"/teach/certificates/{certificate.id}").status_code == 404


def test_pages_of_certificates_take_few_statements(
    session: Session, learner: Person, passed: Attempt, statements: Callable[[], list[str]]
) -> None:
    certificate = issue(session, learner, passed)
    code = format_certificate_code(certificate.code)
    for path, most in ((f"/verify/{code}", 6), ("/certificates", 3), (f"/attempts/{passed.id}/certificate", 5)):
        statements()
        assert learner.client.get(path).status_code == 200
        assert len(statements()) <= most, path


def test_a_certificate_of_a_library_names_the_librarys_publication(
    app: Flask, make: Factory, session: Session, learner: Person, trainer: Person
) -> None:
    library, attempt = pass_library_test(make, session, learner, trainer)

    certificate = issue(session, learner, attempt)

    assert session.get_one(Publication, certificate.publication_id).library_id == library.id
    assert "are still the same" in verify(app, certificate)
    unpublish(session, trainer.user, library, make.now())
    assert "This certificate is genuine" in verify(app, certificate)
    assert "are still the same" not in verify(app, certificate)
