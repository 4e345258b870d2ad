"""Threats 13 and 15 around cohorts: access that ended is refused at the next request; codes can't be guessed, and a class can join."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Cohort, CohortTrainer, Membership, Role
from app.services.cohorts import cohorts, invitations, rosters, trainers
from app.services.cohorts.invitations import Invitee
from app.services.people import users
from tests.conftest import Clock
from tests.support.assigned_test import start_attempt
from tests.support.factory import Factory, Person


@pytest.fixture
def cohort(make: Factory, trainer: Person) -> Cohort:
    return make.cohort(trainer)


# -- 13: access that ended --------------------------------------------------------------------------------------------

READING = ("", "/gradebook", "/gradebook.csv", "/insight", "/people", "/join-screen", "/roster", "/settings")
CHANGING = ("/remove", "/join-code", "/roster", "/invitations/renew", "/settings", "/archive", "/copy", "/trainers")


def _statuses(person: Person, cohort: Cohort) -> set[int]:
    base = f"/teach/cohorts/{cohort.id}"
    read = {person.client.get(f"{base}{more}").status_code for more in READING}
    return read | {person.client.post(f"{base}{more}", data={"title": "x"}).status_code for more in CHANGING}


def test_a_removed_trainer_is_refused_at_the_next_request(
    make: Factory, session: Session, trainer: Person, cohort: Cohort
) -> None:
    """Threat 13. Fails when any page or change looks a cohort up by its id alone."""
    colleague = make.trainer()
    session.add(CohortTrainer(cohort_id=cohort.id, user_id=colleague.user.id))
    session.commit()
    assert colleague.client.get(f"/teach/cohorts/{cohort.id}/people").status_code == 200

    trainer.client.post(f"/teach/cohorts/{cohort.id}/trainers/remove", data={"user": colleague.user.id})

    assert _statuses(colleague, cohort) == {404}
    page = colleague.client.get("/teach").text
    # Its title is named once more by the notice of the removal.
    assert f"/teach/cohorts/{cohort.id}" not in page


def test_who_is_no_trainer_any_more_is_refused_at_the_next_request(
    make: Factory, session: Session, trainer: Person, cohort: Cohort
) -> None:
    """Threat 13. Fails when teaching a cohort is enough, without the role."""
    users.set_role(session, make.admin().user, trainer.user, Role.LEARNER, make.now())
    session.commit()

    assert _statuses(trainer, cohort) == {403}


def test_a_roster_and_its_invitations_end_with_the_trainers_access(
    make: Factory, session: Session, trainer: Person, cohort: Cohort
) -> None:
    """Threat 13. Fails when a list belongs to whoever sent it and not to the cohort that they teach."""
    colleague = make.trainer()
    session.add(CohortTrainer(cohort_id=cohort.id, user_id=colleague.user.id))
    roster = rosters.read_text(session, colleague.user, cohort, "ada@example.org", make.now())
    (sent,) = invitations.create_to_join(session, colleague.user, cohort, [Invitee("", "bo@example.org")], make.now())
    waiting = invitations.get_by_token(session, sent.token)
    assert waiting
    trainers.remove(session, trainer.user, cohort, colleague.user.id, make.now())
    session.commit()
    base = f"/teach/cohorts/{cohort.id}"

    replies = [
        colleague.client.get(f"{base}/roster/{roster.id}"),
        colleague.client.post(f"{base}/roster/{roster.id}"),
        colleague.client.post(f"{base}/roster/{roster.id}/discard"),
        colleague.client.post(f"{base}/invitations/{waiting.id}/renew"),
        colleague.client.post(f"{base}/invitations/{waiting.id}/withdraw"),
    ]

    assert [reply.status_code for reply in replies] == [404] * 5


def test_a_removed_learner_is_refused_at_the_next_request_and_let_in_again_when_brought_back(
    make: Factory, session: Session, trainer: Person, cohort: Cohort
) -> None:
    """Threat 13. Fails when being a member is asked only when an attempt begins."""
    learner = make.person()
    make.join(cohort, learner)
    session.commit()
    assignment = make.assignment(trainer, cohort, title="Members alone")
    other = make.assignment(trainer, cohort, title="Not begun")
    start_attempt(session, learner, assignment, make.now())

    trainer.client.post(f"/teach/cohorts/{cohort.id}/remove", data={"learner": learner.learner.id})
    removed = [learner.client.post(f"/assignments/{one.id}/attempts").status_code for one in (assignment, other)]
    page = learner.client.get("/").text
    trainer.client.post(f"/teach/cohorts/{cohort.id}/readmit", data={"learner": learner.learner.id})

    assert removed == [404, 404]
    assert "Members alone" not in page
    assert learner.client.post(f"/assignments/{assignment.id}/attempts").status_code == 303


def test_a_removed_learner_does_not_come_back_by_the_code(
    make: Factory, session: Session, trainer: Person, cohort: Cohort
) -> None:
    """Threat 13. Fails when whoever was removed, and knows the code that hangs in the room, lets themselves in again."""
    learner = make.person()
    make.join(cohort, learner)
    session.commit()
    trainer.client.post(f"/teach/cohorts/{cohort.id}/remove", data={"learner": learner.learner.id})

    page, sent = (learner.client.open(f"/join/{cohort.join_code}", method=method) for method in ("GET", "POST"))

    assert (page.status_code, sent.status_code) == (403, 403)
    assert "bring you back" in page.text
    assert not cohorts.is_member(session, cohort, learner.learner)


def test_a_removed_learner_does_not_come_back_by_an_older_invitation(
    make: Factory, session: Session, trainer: Person, cohort: Cohort, clock: Clock
) -> None:
    """Threat 13. Fails when a link from before the removal still opens the cohort; one that was made since does."""
    learner = make.person(email="bo@example.org")
    invitee = [Invitee("", "bo@example.org")]
    (old,) = invitations.create_to_join(session, trainer.user, cohort, invitee, make.now())
    make.join(cohort, learner)
    session.commit()
    clock.advance(minutes=1)
    trainer.client.post(f"/teach/cohorts/{cohort.id}/remove", data={"learner": learner.learner.id})
    clock.advance(minutes=1)

    refused = learner.client.post(f"/invitation/{old.token}")
    waiting = invitations.get_by_token(session, old.token)
    assert waiting
    new = invitations.renew(session, trainer.user, cohort, waiting, clock())
    session.commit()
    let_in = learner.client.post(f"/invitation/{new.token}")

    assert (refused.status_code, let_in.status_code) == (410, 303)


def test_a_withdrawn_invitation_is_refused_at_the_next_request(
    make: Factory, app: Flask, session: Session, trainer: Person, cohort: Cohort
) -> None:
    (sent,) = invitations.create_to_join(session, trainer.user, cohort, [Invitee("", "bo@example.org")], make.now())
    waiting = invitations.get_by_token(session, sent.token)
    assert waiting
    session.commit()
    assert app.test_client().get(f"/invitation/{sent.token}").status_code == 200

    trainer.client.post(f"/teach/cohorts/{cohort.id}/invitations/{waiting.id}/withdraw")

    assert app.test_client().get(f"/invitation/{sent.token}").status_code == 410
    assert make.person().client.post(f"/invitation/{sent.token}").status_code == 410


# -- 15: guessing codes -----------------------------------------------------------------------------------------------


def test_a_code_has_more_than_forty_bits() -> None:
    """Threat 15. At 600 guesses an hour from each of 1,000 addresses, one of 1,000 open codes is found in 200 years."""
    possible = 32**10

    assert possible > 2**40
    assert possible / (600 * 1000 * 1000) / (24 * 365) > 200


def test_who_guesses_codes_is_stopped_and_the_class_at_the_same_address_joins(
    make: Factory, app: Flask, session: Session, cohort: Cohort
) -> None:
    """Threat 15. Fails without a limit; and when those who guess while signed in use up the limit of all who share their address."""
    *guessers, learner = (make.person() for _ in range(12))

    for guesser in guessers:
        guesses = [guesser.client.get(f"/join/{number:010}").status_code for number in range(61)]
    typed = guesser.client.post("/join", data={"code": "ZZZZZ-ZZZZZ"}).status_code
    seen, joined = app.test_client().get(f"/join/{cohort.join_code}"), learner.client.post(f"/join/{cohort.join_code}")

    assert guesses == [404] * 60 + [429]
    assert typed == 429
    assert (seen.status_code, joined.status_code) == (200, 303)


def test_a_class_of_five_hundred_behind_one_address_looks_a_code_up(
    app: Flask, session: Session, cohort: Cohort
) -> None:
    """Threats 15 and 17. Fails when right codes count, or when one mistyped code each is too many."""
    client = app.test_client()

    replies = [
        (client.get(f"/join/{number:010}").status_code, client.get(f"/join/{cohort.join_code}").status_code)
        for number in range(500)
    ]

    assert set(replies) == {(404, 200)}


def test_a_visitor_who_guesses_is_stopped_by_address(app: Flask) -> None:
    """Threat 15. Fails when a fresh browser, or the form instead of the link, begins a count of its own."""
    for number in range(600):
        assert app.test_client().get(f"/join/{number:010}").status_code == 404

    assert app.test_client().get("/join/9999999999").status_code == 429
    assert app.test_client().post("/join", data={"code": "99999-99999"}).status_code == 429


@pytest.mark.parametrize("how", ["expired", "renewed", "closed", "archived"])
def test_a_code_that_was_ended_joins_nobody(
    make: Factory, trainer: Person, session: Session, cohort: Cohort, how: str
) -> None:
    """Threat 15. Fails when a code is looked up without asking whether it is still good."""
    code, base = cohort.join_code, f"/teach/cohorts/{cohort.id}"
    if how == "expired":
        make.now.advance(days=61)  # type: ignore[attr-defined]
    elif how == "archived":
        trainer.client.post(f"{base}/archive")
    else:
        trainer.client.post(f"{base}/join-code", data={"do": "renew" if how == "renewed" else "close", "valid": "day"})

    reply = make.person().client.post(f"/join/{code}")

    assert reply.status_code == (404 if how == "renewed" else 410)
    assert session.scalar(select(func.count()).select_from(Membership)) == 0
