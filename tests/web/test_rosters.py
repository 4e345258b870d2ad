"""A list of people is uploaded or pasted, looked at, and only then invited."""

from __future__ import annotations

import base64
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Cohort, Invitation, Membership, Roster
from tests.conftest import Clock
from tests.support.factory import Factory, Person
from tests.support.mailbox import mail_server

LIST = "Name;E-mail\nAda Byron;ada@example.org\nBo;bo@\n=HYPERLINK(1);eve@example.org\n"


@pytest.fixture
def trainer(make: Factory) -> Person:
    return make.trainer(name="Dr Ilse O'Brandt & Co")


@pytest.fixture
def cohort(make: Factory, trainer: Person) -> Cohort:
    return make.cohort(trainer, title="Year 2")


def _form(content: bytes | str) -> dict[str, Any]:
    """A list as a browser sends it: bytes as a file, text as pasted. (The test client's own writer leaves large ones as open files.)"""
    name = b'"file"; filename="people.csv"' if isinstance(content, bytes) else b'"pasted"'
    body = content if isinstance(content, bytes) else content.encode()
    part = b"--edge\r\nContent-Disposition: form-data; name=%b\r\n\r\n%b\r\n--edge--\r\n" % (name, body)
    return {"data": part, "content_type": "multipart/form-data; boundary=edge"}


def _send(trainer: Person, cohort: Cohort, content: bytes | str) -> Any:
    return trainer.client.post(f"/teach/cohorts/{cohort.id}/roster", **_form(content))


def _counts(session: Session) -> tuple[int, int]:
    return session.scalar(select(func.count(Invitation.id))) or 0, session.scalar(select(func.count(Roster.id))) or 0


def _links(page: str) -> list[str]:
    return re.findall(r'value="(http://localhost:8000/invitation/[\w-]+)"', page)


def _file(page: str) -> str:
    found = re.search(r'href="data:text/csv;charset=utf-8;base64,([\w+/=]+)" download="year-2-invitations.csv"', page)
    assert found
    return base64.b64decode(found[1]).decode()


def test_the_example_shows_one_person_a_line(trainer: Person, cohort: Cohort) -> None:
    """Fails when a formatter joins the lines of the sample."""
    page = trainer.client.get(f"/teach/cohorts/{cohort.id}/roster").text

    assert "Name;E-mail\nAda Byron;ada@example.org\nBo Ek;bo@example.org</pre>" in page


def test_a_file_is_looked_at_line_by_line_before_anybody_is_invited(
    trainer: Person, cohort: Cohort, session: Session
) -> None:
    """Fails when a faulty line is passed over in silence, or sending the list invites people."""
    reply = _send(trainer, cohort, LIST.encode("utf-8-sig"))
    page = trainer.client.get(reply.location).text

    assert reply.status_code == 303
    assert "2 people to invite" in page
    assert re.search(r"Line 3</p>.*?Bo;bo@.*?This is not a valid e-mail address\.", page, re.DOTALL)
    assert re.search(r"Line 4</p><p>=HYPERLINK\(1\)</p>", page)
    assert "“Name” as the name" in page
    assert _counts(session) == (0, 1)


def test_faulty_lines_are_left_out_only_when_that_is_said(trainer: Person, cohort: Cohort, session: Session) -> None:
    path = _send(trainer, cohort, LIST).location

    undecided = trainer.client.post(path)
    before = _counts(session)
    done = trainer.client.post(path, data={"leave_out": "1"})

    assert undecided.status_code == 422
    assert "Nobody was invited." in undecided.text
    assert before == (0, 1)
    assert done.status_code == 200
    assert "2 people invited" in done.text
    assert "1 line with an error was left out" in done.text
    assert _counts(session) == (2, 0)


def test_a_list_without_faults_asks_nothing(trainer: Person, cohort: Cohort, session: Session) -> None:
    path = _send(trainer, cohort, "ada@example.org").location

    assert "leave_out" not in trainer.client.get(path).text
    assert trainer.client.post(path).status_code == 200
    assert _counts(session) == (1, 0)


def test_the_links_are_in_the_answer_once_to_copy_and_as_a_file(
    make: Factory, trainer: Person, cohort: Cohort, session: Session
) -> None:
    """Threat 20 for this file. Fails when a name goes into it as a formula, or the file needs another request."""
    path = _send(trainer, cohort, LIST).location

    page = trainer.client.post(path, data={"leave_out": "1"}).text

    rows = list(csv.reader(io.StringIO(_file(page).removeprefix("\ufeff"))))
    assert _file(page).startswith("\ufeff")
    assert rows[0] == ["Name", "E-mail", "Link"]
    assert [row[:2] for row in rows[1:]] == [["Ada Byron", "ada@example.org"], ["'=HYPERLINK(1)", "eve@example.org"]]
    assert [row[2] for row in rows[1:]] == _links(page)
    for link in _links(page):
        assert make.app.test_client().get(link.removeprefix("http://localhost:8000")).status_code == 200
    again = trainer.client.get(f"/teach/cohorts/{cohort.id}/people?show=invited").text
    assert not _links(again)
    assert str(session.scalars(select(Invitation.token_hash)).all()).find(_links(page)[0][-43:]) == -1


def test_accepting_twice_invites_once(trainer: Person, cohort: Cohort, session: Session) -> None:
    """Threat 11. Fails when the second press invites everybody again."""
    path = _send(trainer, cohort, "ada@example.org").location
    trainer.client.post(path)

    second = trainer.client.post(path)

    assert second.status_code == 303
    assert "That list was already accepted" in trainer.client.get(second.location).text
    assert [trainer.client.get(path).status_code, trainer.client.post(f"{path}/discard").status_code] == [303, 303]
    assert _counts(session) == (1, 0)


def test_a_list_is_thrown_away(trainer: Person, cohort: Cohort, session: Session) -> None:
    path = _send(trainer, cohort, "ada@example.org").location

    assert trainer.client.post(f"{path}/discard").status_code == 303
    assert _counts(session) == (0, 0)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "There is nobody in this list."),
        (b"", "There is nobody in this list."),
        (b"PK\x03\x04\x14\x00", "This is an Excel workbook."),
        (b"%PDF\x00\x00\x01\xff\x81", "We can’t read this file as text."),
        ("a@x.org\n" * 2_001, "This list has 2,001 lines. The maximum is 2,000."),
        (b"a@x.org\n" * 50_000, "This list has 50,000 lines. The maximum is 2,000."),
        (b"x" * 1_000_001, "This list is larger than 1 MB."),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_in_words(
    trainer: Person, cohort: Cohort, session: Session, content: bytes | str, said: str
) -> None:
    reply = _send(trainer, cohort, content)

    assert reply.status_code == 422
    assert said in reply.text
    assert _counts(session) == (0, 0)


def test_what_was_pasted_is_kept_when_it_is_refused(trainer: Person, cohort: Cohort) -> None:
    page = _send(trainer, cohort, "a@x.org\n" * 2_001).text

    assert page.count("a@x.org") == 2_001


@pytest.mark.usefixtures("checked_forms")
@pytest.mark.parametrize("way", ["as a file", "pasted"])
def test_fifty_thousand_lines_are_refused_unread(trainer: Person, cohort: Cohort, session: Session, way: str) -> None:
    """Fails when such a list ends at an error page that is not about it, or is read at all: looking for the form's token would."""
    content = "Somebody With A Name;somebody@example.org\n" * 50_000

    reply = _send(trainer, cohort, content.encode() if way == "as a file" else content)

    assert reply.status_code == 413
    assert "This list is larger than 1 MB. Split it into smaller lists. Nobody was invited." in reply.text
    assert "At most 2,000 people and 1 MB at once." in reply.text
    assert _counts(session) == (0, 0)


@pytest.mark.usefixtures("checked_forms")
def test_other_forms_and_strangers_get_no_more_room(make: Factory, trainer: Person, cohort: Cohort) -> None:
    """Fails when the room for lists is room for every form, or the refusal tells a stranger of a cohort."""
    elsewhere = trainer.client.post("/teach/cohorts", **_form("x" * 300_000))
    learners = _send(make.person(), cohort, "x" * 2_000_000)
    others = _send(make.trainer(), cohort, "x" * 2_000_000)

    assert [elsewhere.status_code, learners.status_code, others.status_code] == [413, 413, 413]
    assert cohort.title not in learners.text + others.text
    assert "That is too large" in learners.text


def test_a_list_of_the_largest_size_is_taken(trainer: Person, cohort: Cohort) -> None:
    """Fails when the file's limit is that of the whole request, or that of other forms."""
    line = f"{'N' * 90} {'N' * 5};{'e' * 60}-{{:04}}@{'sub.' * 40}example.org\n"
    content = "".join(line.format(number) for number in range(2000)).encode()
    assert 600_000 < len(content) < 1_000_000

    assert _send(trainer, cohort, content).status_code == 303
    assert _send(trainer, cohort, content.decode()).status_code == 303


def test_a_file_in_the_encoding_of_excel_says_so(trainer: Person, cohort: Cohort) -> None:
    page = trainer.client.get(_send(trainer, cohort, "Zoë Müller;zoe@x.org".encode("cp1252")).location).text

    assert "Zoë Müller" in page
    assert "Western European (Windows-1252)" in page


def test_script_in_a_list_is_text(trainer: Person, cohort: Cohort) -> None:
    path = _send(trainer, cohort, "<script>x</script>;ada@example.org\n<img src=x>;bad@").location

    shown, done = trainer.client.get(path).text, trainer.client.post(path, data={"leave_out": "1"}).text

    assert "<script>x" not in shown + done
    assert "<img src=x" not in shown + done
    assert "&lt;script&gt;x" in done


@pytest.fixture
def by_console(app: Flask) -> Iterator[None]:
    given = app.config["PALPATE"]
    app.config["PALPATE"] = replace(given, mail="console")
    yield
    app.config["PALPATE"] = given


def test_each_gets_their_own_link_by_mail_where_there_is_mail(
    make: Factory, trainer: Person, cohort: Cohort, app: Flask
) -> None:
    """Fails when a plain text is escaped as if it were HTML, or somebody gets another's link."""
    path = _send(trainer, cohort, "Ada O'Byron & Co;ada@example.org\nbo@example.org").location

    with mail_server(app) as box:
        page = trainer.client.post(path).text

    assert [mail["To"] for mail in box.mails] == ["ada@example.org", "bo@example.org"]
    assert box.mails[0]["Subject"] == "Your invitation: Year 2"
    for mail, link in zip(box.mails, _links(page), strict=True):
        said = mail.get_content()
        assert link in said
        assert "Dr Ilse O'Brandt & Co invites you to join “Year 2”" in said
    assert box.mails[0].get_content().startswith("Hello,")
    assert "being sent by e-mail" in page


@pytest.mark.usefixtures("by_console")
def test_nothing_is_mailed_where_there_is_no_mail(trainer: Person, cohort: Cohort, app: Flask) -> None:
    path = _send(trainer, cohort, "Ada Byron;ada@example.org").location

    with mail_server(app) as box:
        page = trainer.client.post(path).text

    assert box.mails == []
    assert "This server does not send e-mail" in page


def test_a_list_that_nobody_accepted_is_forgotten_after_a_day(
    trainer: Person, cohort: Cohort, session: Session, app: Flask, clock: Clock
) -> None:
    """Fails when names and addresses stay until somebody happens to send the next list."""
    path = _send(trainer, cohort, "ada@example.org").location
    runner = app.test_cli_runner()
    clock.advance(hours=23)
    runner.invoke(args=["guests", "remove"])
    early = _counts(session)
    clock.advance(hours=2)

    late = trainer.client.post(path)
    runner.invoke(args=["guests", "remove"])

    assert (early, _counts(session)) == ((0, 1), (0, 0))
    assert late.status_code == 303


CYRILLIC = "ФИО;E-mail\nАнна Иванова;anna@example.org\nФёдор Щукин;fedor@example.org\n"


def test_the_encoding_is_guessed_shown_and_changed(trainer: Person, cohort: Cohort, session: Session) -> None:
    """F22. Fails when names in another alphabet are read as Western letters, or get lost with their heading."""
    path = _send(trainer, cohort, CYRILLIC.encode("cp1251")).location
    guessed = trainer.client.get(path).text

    changed = trainer.client.post(f"{path}/encoding", data={"encoding": "cp1252"})
    wrong = trainer.client.get(changed.location).text
    again = trainer.client.post(f"{changed.location}/encoding", data={"encoding": "cp1251"})
    right = trainer.client.get(again.location).text

    assert "<p>Анна Иванова</p>" in guessed
    assert "ФИО, Анна, Иванова, Фёдор" in guessed
    assert "<p>Àííà Èâàíîâà</p>" in wrong
    assert "<p>Анна Иванова</p>" in right
    assert trainer.client.get(path).status_code == 303
    assert trainer.client.post(f"{path}/encoding", data={"encoding": "cp1252"}).status_code == 303
    assert _counts(session) == (0, 1)


@pytest.mark.parametrize("encoding", ["", "rot13", "utf-8", "zlib"])
def test_an_encoding_that_does_not_fit_changes_nothing(
    trainer: Person, cohort: Cohort, session: Session, encoding: str
) -> None:
    path = _send(trainer, cohort, CYRILLIC.encode("cp1251")).location

    assert trainer.client.post(f"{path}/encoding", data={"encoding": encoding}).status_code == 400
    assert trainer.client.get(path).status_code == 200


def test_unused_columns_are_named(trainer: Person, cohort: Cohort) -> None:
    page = trainer.client.get(_send(trainer, cohort, "Name;E-mail;Seat\nAda;ada@x.org;12\n").location).text

    assert "Not used: Seat" in page


def test_who_is_here_is_no_error_and_gets_the_number(
    make: Factory, trainer: Person, cohort: Cohort, session: Session
) -> None:
    """Fails when members must be waved through, or their numbers are lost."""
    member = make.person(email="ada@x.org")
    make.join(cohort, member)
    session.commit()
    path = _send(trainer, cohort, "Name;E-mail;Student number\nAda;ada@x.org;0815\nBo;bo@x.org;4711\n").location

    page = trainer.client.get(path).text
    trainer.client.post(path)

    session.expire_all()
    assert "leave_out" not in page
    assert "1 already here" in page
    assert session.get_one(Membership, (cohort.id, member.learner.id)).student_number == "0815"
    assert session.scalar(select(Invitation.student_number)) == "4711"
    assert "0815" in trainer.client.get(f"/teach/cohorts/{cohort.id}/people").text


def test_an_invited_learner_brings_the_number_along(
    make: Factory, trainer: Person, cohort: Cohort, session: Session
) -> None:
    path = _send(trainer, cohort, "Vorname;Nachname;E-Mail;Matrikelnummer\nBo;Ek;bo@x.org;4711\n").location
    link = _links(trainer.client.post(path).text)[0].removeprefix("http://localhost:8000")

    make.person(email="bo@x.org").client.post(link)

    member = session.scalars(select(Membership)).one()
    assert (member.student_number, member.sort_name) == ("4711", "Ek Bo")


@pytest.mark.parametrize("name", ["people.exe", "people.pdf", "people.csv.html"])
def test_a_file_that_is_no_list_by_its_name_is_refused(trainer: Person, make: Factory, name: str) -> None:
    """ASVS 5.2.2."""
    cohort = make.cohort(trainer)

    page = trainer.client.post(
        f"/teach/cohorts/{cohort.id}/roster", data={"file": (io.BytesIO(b"ada@example.org"), name)}
    )

    assert page.status_code == 422
    assert "We can’t read this file as text." in page.text
