"""A cohort's settings: renamed, archived, copied, and taught by several."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Assignment, AuditEvent, Cohort, CohortTrainer, Invitation
from tests.support.factory import AFTER_CLOSING, Factory, Person
from tests.support.mailbox import mail_server


@pytest.fixture
def trainer(make: Factory) -> Person:
    return make.trainer(name="Dr Ilse Brandt")


@pytest.fixture
def cohort(make: Factory, trainer: Person) -> Cohort:
    return make.cohort(trainer, title="Year 2, 2026")


def _path(cohort: Cohort, more: str = "settings") -> str:
    return f"/teach/cohorts/{cohort.id}/{more}"


def test_title_and_time_zone_are_changed(trainer: Person, cohort: Cohort, session: Session) -> None:
    reply = trainer.client.post(_path(cohort), data={"title": " Year  3 ", "time_zone": "Asia/Tokyo"})

    session.refresh(cohort)
    assert reply.status_code == 303
    assert (cohort.title, cohort.time_zone) == ("Year 3", "Asia/Tokyo")


def test_every_fault_is_told_at_once_and_nothing_is_lost(trainer: Person, cohort: Cohort, session: Session) -> None:
    page = trainer.client.post(_path(cohort), data={"title": "", "time_zone": "Berlin"})

    session.refresh(cohort)
    assert page.status_code == 422
    assert "Enter a title for the cohort." in page.text
    assert "There is no such time zone." in page.text
    assert 'value="Berlin"' in page.text
    assert cohort.time_zone == "Europe/Berlin"


def test_an_archived_cohort_is_folded_away_and_can_be_read(trainer: Person, cohort: Cohort, make: Factory) -> None:
    make.assignment(trainer, cohort)
    trainer.client.post(_path(cohort, "archive"))

    listed = trainer.client.get("/teach").text

    assert listed.index("No active cohort") < listed.index("1 archived") < listed.rindex("Year 2, 2026")
    for more in ("", "gradebook", "gradebook.csv", "insight", "people", "settings", "join-screen"):
        assert trainer.client.get(_path(cohort, more).rstrip("/")).status_code == 200


@pytest.mark.parametrize(
    ("more", "form"),
    [
        ("settings", {"title": "Other", "time_zone": "UTC"}),
        ("join-code", {"do": "renew", "valid": "day"}),
        ("join-code", {"do": "keep", "valid": "day"}),
        ("remove", {"learner": "{learner}"}),
        ("readmit", {"learner": "{learner}"}),
        ("roster", {"pasted": "ada@example.org"}),
        ("invitations/renew", {}),
        ("trainers", {"email": "bo@example.org"}),
        ("trainers/remove", {"user": "{trainer}"}),
    ],
)
def test_changes_of_an_archived_cohort_are_refused_in_words(
    make: Factory, trainer: Person, session: Session, more: str, form: dict[str, str]
) -> None:
    """Fails when one of the changes does not ask."""
    learner = make.person()
    cohort = make.cohort(trainer, learner, title="Year 2")
    trainer.client.post(_path(cohort, "archive"))
    events = session.scalar(select(func.count(AuditEvent.id)))
    names = {"learner": learner.learner.id, "trainer": trainer.user.id}

    reply = trainer.client.post(_path(cohort, more), data={name: value.format(**names) for name, value in form.items()})

    assert reply.status_code == 409
    assert "This cohort is archived" in reply.text
    assert f'href="/teach/cohorts/{cohort.id}/settings#archive"' in reply.text
    assert session.scalar(select(func.count(AuditEvent.id))) == events


@pytest.mark.parametrize(
    ("more", "form"),
    [
        ("/settings", {"title": "Other", "revision": "1"}),
        ("/withdraw", {}),
        ("/set-again", {}),
        ("/delete", {}),
        ("/exceptions", {"learners": "{learner}", "extra_time_percent": "25"}),
        ("/exceptions/move-closing", {}),
        ("/exceptions/{learner}", {"extra_time_percent": "50"}),
        ("/exceptions/{learner}/take-back", {}),
    ],
)
def test_what_is_assigned_stays_as_it_is_in_an_archived_cohort(
    make: Factory, trainer: Person, session: Session, more: str, form: dict[str, str]
) -> None:
    """Fails when an assignment is loaded to be changed without asking about its cohort."""
    learner = make.person()
    cohort = make.cohort(trainer, learner)
    assignment = make.assignment(trainer, cohort)
    trainer.client.post(_path(cohort, "archive"))
    events = session.scalar(select(func.count(AuditEvent.id)))
    names = {"learner": learner.learner.id}

    reply = trainer.client.post(
        f"/teach/assignments/{assignment.id}{more.format(**names)}",
        data={name: value.format(**names) for name, value in form.items()},
    )

    assert reply.status_code == 409
    assert "This cohort is archived" in reply.text
    assert session.scalar(select(func.count(AuditEvent.id))) == events
    assert trainer.client.get(f"/teach/assignments/{assignment.id}/settings").status_code == 200


def test_what_a_copy_left_open_is_asked_for_when_it_is_looked_at(
    make: Factory, trainer: Person, session: Session
) -> None:
    """Fails when a page can't show an assignment that waits for a due date that it lacks, or that is for nobody yet."""
    cohort = make.cohort(trainer)
    given = make.assignment(trainer, cohort, due_at=make.now() + timedelta(days=3), policy=AFTER_CLOSING)
    given.is_for_all = False
    session.commit()
    copied = trainer.client.post(_path(cohort, "copy"), data={"new_title": "Again"}).location
    assignment = session.scalars(select(Assignment).order_by(Assignment.id.desc())).first()
    assert assignment
    path = f"/teach/assignments/{assignment.id}/settings"

    pages = [trainer.client.get(one) for one in (copied, f"{copied}/gradebook", f"{copied}/insight", path)]
    terms = {"revision": "1", "counts": "best", "release_mark": "submission"}
    terms |= {f"release_{name}": "closing" for name in ("correctness", "key", "explanation")}
    saved = trainer.client.post(path, data=terms)

    assert [page.status_code for page in pages] == [200] * 4
    assert saved.status_code == 422
    assert "Without a due date, the test never closes" in saved.text


def test_it_is_taken_back_out(trainer: Person, cohort: Cohort, session: Session) -> None:
    trainer.client.post(_path(cohort, "archive"))

    trainer.client.post(_path(cohort, "restore"))

    session.refresh(cohort)
    assert cohort.archived_at is None
    assert "1 archived" not in trainer.client.get("/teach").text


def test_a_copy_is_made_once_and_offers_the_next_year(
    make: Factory, trainer: Person, cohort: Cohort, session: Session
) -> None:
    make.assignment(trainer, cohort)
    page = trainer.client.get(_path(cohort)).text
    form_id = re.search(r'action="[^"]+/copy".*?name="form_id"[^>]*value="([0-9a-f]+)"', page, re.DOTALL)
    assert form_id
    assert 'value="Year 2, 2027"' in page
    form = {"form_id": form_id[1], "new_title": "Year 2, 2027"}

    first, second = (trainer.client.post(_path(cohort, "copy"), data=form) for _ in range(2))

    made = session.scalars(select(Cohort).where(Cohort.title == "Year 2, 2027")).one()
    assert (first.location, second.location) == (f"/teach/cohorts/{made.id}", "/teach/cohorts")
    assert session.scalar(select(func.count()).where(Assignment.cohort_id == made.id)) == 1


def test_a_trainer_is_invited_and_the_page_tells_nobody_whose_address_it_is(
    make: Factory, trainer: Person, cohort: Cohort, session: Session
) -> None:
    """Threat 16. Fails when the page, or what it lists, depends on whether there is such an account."""
    make.trainer(email="known@example.org", name="Known Trainer")
    make.person(email="learns@example.org", name="Known Learner")

    pages = []
    for email in ("known@example.org", "learns@example.org", "nobody@example.org"):
        page = trainer.client.post(_path(cohort, "trainers"), data={"email": email})
        assert page.status_code == 200
        pages.append(
            re.sub(
                r'/invitation/[\w-]+|value="[0-9a-f]{16}"|/invitations/\d+|name="csrf_token" value="[^"]+"',
                "",
                page.text.replace(email, ""),
            )
        )
        for found in session.scalars(select(Invitation)):
            session.delete(found)
        session.commit()

    assert pages[0] == pages[1] == pages[2]
    assert "Known" not in pages[0]


def test_an_invited_trainer_gets_the_link_by_mail_too(trainer: Person, cohort: Cohort, app: Flask) -> None:
    with mail_server(app) as box:
        page = trainer.client.post(_path(cohort, "trainers"), data={"email": "bo@example.org"}).text

    link = re.search(r'value="(http://localhost:8000/invitation/[\w-]+)"', page)
    assert link
    assert link[1] in box.mails[0].get_content()
    assert "invites you to teach" in box.mails[0].get_content()


def test_a_bad_address_is_told_beside_its_field(trainer: Person, cohort: Cohort, session: Session) -> None:
    page = trainer.client.post(_path(cohort, "trainers"), data={"email": "bo@"})

    assert page.status_code == 422
    assert "This is not a valid e-mail address." in page.text
    assert session.scalar(select(func.count(Invitation.id))) == 0


def test_who_teaches_it_is_not_invited_again(trainer: Person, cohort: Cohort, session: Session) -> None:
    page = trainer.client.post(_path(cohort, "trainers"), data={"email": trainer.user.email})

    assert page.status_code == 422
    assert "This person already teaches the cohort." in page.text
    assert session.scalar(select(func.count(Invitation.id))) == 0


def test_the_last_trainer_stays(make: Factory, trainer: Person, cohort: Cohort, session: Session) -> None:
    reply = trainer.client.post(_path(cohort, "trainers/remove"), data={"user": trainer.user.id})

    assert reply.status_code == 409
    assert "Invite another trainer first" in reply.text
    assert session.scalars(select(CohortTrainer.user_id)).all() == [trainer.user.id]


def test_who_removes_themselves_is_led_to_their_other_cohorts(
    make: Factory, trainer: Person, cohort: Cohort, session: Session
) -> None:
    session.add(CohortTrainer(cohort_id=cohort.id, user_id=make.trainer().user.id))
    session.commit()

    reply = trainer.client.post(_path(cohort, "trainers/remove"), data={"user": trainer.user.id})

    assert reply.location == "/teach/cohorts"
    assert trainer.client.get(_path(cohort)).status_code == 404


def test_pages_about_a_trainer_who_is_gone_say_so(
    make: Factory, trainer: Person, cohort: Cohort, session: Session
) -> None:
    """Fails when an old tab or a second press leads to a bare 404."""
    colleague = make.trainer(name="Cleo Colleague")
    session.add(CohortTrainer(cohort_id=cohort.id, user_id=colleague.user.id))
    session.commit()
    twice = {"user": colleague.user.id}

    trainer.client.post(_path(cohort, "trainers/remove"), data=twice)
    replies = [
        trainer.client.get(_path(cohort, f"trainers/{colleague.user.id}"), follow_redirects=True),
        trainer.client.post(_path(cohort, "trainers/remove"), data=twice, follow_redirects=True),
    ]
    trainer.client.post(_path(cohort, "trainers/restore"), data=twice)
    back = trainer.client.post(_path(cohort, "trainers/restore"), data=twice, follow_redirects=True)

    assert all("Cleo Colleague no longer teaches" in reply.text for reply in replies)
    assert "the trainer is back already" in back.text


@pytest.mark.parametrize("sent", [{}, {"user": "x"}, {"user": "999999"}])
def test_removing_nobody_as_a_trainer_is_404(trainer: Person, cohort: Cohort, sent: dict[str, str]) -> None:
    assert trainer.client.post(_path(cohort, "trainers/remove"), data=sent).status_code == 404
