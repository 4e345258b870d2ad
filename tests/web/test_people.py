"""Who is in a cohort, and the ways in: code, link, picture and how long they work."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import segno
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Cohort, Membership, SignIn
from app.services.cohorts import cohorts, invitations
from app.services.cohorts.invitations import Invitee
from tests.conftest import Clock
from tests.support.assigned_test import take_test
from tests.support.factory import Factory, Person


@pytest.fixture
def cohort(make: Factory, trainer: Person) -> Cohort:
    return make.cohort(trainer, title="Year 2")


def _path(cohort: Cohort, more: str = "") -> str:
    return f"/teach/cohorts/{cohort.id}/{more or 'people'}"


def _lines(picture: str) -> str:
    """What is drawn of a QR code."""
    found = re.search(r' d="(M[^"]+)"[^>]*stroke="#000"|stroke="#000"[^>]* d="(M[^"]+)"', picture)
    assert found
    return found[1] or found[2]


@pytest.mark.parametrize("page", ["people", "join-screen"])
def test_the_code_is_shown_with_a_picture_of_its_link(trainer: Person, cohort: Cohort, page: str) -> None:
    """Fails when the picture leads anywhere else, or takes its colours from the theme: light on dark, many scanners read nothing."""
    code = cohorts.format_code(cohort.join_code)

    shown = trainer.client.get(_path(cohort, page)).text

    made = segno.make(f"http://localhost:8000/join/{code}", error="m", micro=False)
    assert code in shown
    assert "localhost:8000/join" in shown
    assert _lines(shown) == _lines(made.svg_inline(border=4, dark="#000", light="#fff"))
    assert 'fill="#fff"' in shown


def test_the_screen_for_the_room_shows_nothing_of_the_trainer(trainer: Person, cohort: Cohort) -> None:
    page = trainer.client.get(_path(cohort, "join-screen")).text

    assert trainer.user.name not in page
    assert trainer.user.email not in page
    assert 'class="main-nav"' not in page


def test_the_screen_asks_only_for_the_number_of_learners(
    make: Factory, trainer: Person, cohort: Cohort, statements: Callable[[], list[str]]
) -> None:
    screen = trainer.client.get(_path(cohort, "join-screen")).text
    make.person().client.post(f"/join/{cohort.join_code}")
    path = _path(cohort, "join-screen/joined")
    statements()

    part = trainer.client.get(path).text

    assert f'hx-get="{path}"' in screen
    assert "0 learners have joined" in screen
    assert "1 learner has joined" in part
    assert "<html" not in part
    assert len(statements()) == 3


def test_a_screen_left_open_does_not_keep_its_trainer_signed_in(
    trainer: Person, cohort: Cohort, session: Session, clock: Clock
) -> None:
    """Fails when a page that asks by itself counts as use, or when the sign-in page replaces a part of the screen."""
    path, started = _path(cohort, "join-screen/joined"), clock.now
    for _ in range(14):
        clock.advance(days=1)
        assert trainer.client.get(path).status_code == 200
    assert set(session.scalars(select(SignIn.seen_at).where(SignIn.user_id == trainer.user.id))) == {started}
    clock.advance(minutes=1)

    asked = trainer.client.get(path, headers={"HX-Request": "true"})

    assert (asked.status_code, asked.text) == (204, "")
    assert trainer.client.get(path).location.startswith("/login")


@pytest.mark.parametrize(
    ("form", "is_same_code", "lasts"),
    [
        ({"do": "keep", "valid": "day"}, True, timedelta(days=1)),
        ({"do": "keep", "valid": "week"}, True, timedelta(days=7)),
        ({"do": "renew", "valid": "term"}, False, timedelta(days=60)),
        ({"do": "close", "valid": "term"}, True, timedelta(0)),
        ({}, False, timedelta(days=60)),
    ],
)
def test_how_long_joining_is_open_is_chosen(
    trainer: Person,
    cohort: Cohort,
    session: Session,
    clock: Clock,
    form: dict[str, str],
    is_same_code: bool,
    lasts: timedelta,
) -> None:
    before = cohort.join_code

    reply = trainer.client.post(_path(cohort, "join-code"), data=form)

    session.refresh(cohort)
    assert reply.status_code == 303
    assert (cohort.join_code == before, cohort.join_expires_at - clock.now) == (is_same_code, lasts)


@pytest.mark.parametrize("form", [{"do": "keep", "valid": "century"}, {"do": "something", "valid": "day"}])
def test_what_was_not_offered_changes_nothing(
    trainer: Person, cohort: Cohort, session: Session, form: dict[str, str]
) -> None:
    before = (cohort.join_code, cohort.join_expires_at)

    reply = trainer.client.post(_path(cohort, "join-code"), data=form)

    session.refresh(cohort)
    assert (reply.status_code, (cohort.join_code, cohort.join_expires_at)) == (400, before)


def test_closed_joining_is_said_and_joins_nobody(
    make: Factory, trainer: Person, cohort: Cohort, session: Session
) -> None:
    trainer.client.post(_path(cohort, "join-code"), data={"do": "close", "valid": "day"})

    page, screen = (trainer.client.get(_path(cohort, more)).text for more in ("people", "join-screen"))
    joined = make.person().client.post(f"/join/{cohort.join_code}")

    assert "The code no longer works." in page
    assert "Joining is closed." in screen
    assert cohort.join_code[:5] not in page + screen
    assert joined.status_code == 410
    assert session.scalars(select(Membership)).all() == []


def test_nobody_joins_an_archived_cohort(make: Factory, trainer: Person, cohort: Cohort, session: Session) -> None:
    trainer.client.post(_path(cohort, "archive"))
    learner = make.person()

    replies = [learner.client.get(f"/join/{cohort.join_code}"), learner.client.post(f"/join/{cohort.join_code}")]

    assert [reply.status_code for reply in replies] == [410, 410]
    assert "This cohort has ended" in replies[0].text
    assert session.scalars(select(Membership)).all() == []


def _listed(page: str) -> list[str]:
    return re.findall(r"<li>\s*<p><b>(?:<a [^>]+>)?([^<]+)<", page)


def test_people_are_found_sorted_and_paged(make: Factory, trainer: Person, cohort: Cohort, clock: Clock) -> None:
    for number in range(60):
        person = make.person(name=f"Person {number:02}", email=f"p{number}@x.org")
        make.join(cohort, person)
    make.session.commit()
    clock.advance(days=3)
    make.signed_in(person.user, person.learner)

    first, second, found, seen, none = (
        trainer.client.get(_path(cohort), query_string=query).text
        for query in ({}, {"page": "2"}, {"q": "P7@X"}, {"sort": "seen", "page": "2"}, {"q": "nobody"})
    )

    assert _listed(first) == [f"Person {number:02}" for number in range(50)]
    assert _listed(second) == [f"Person {number:02}" for number in range(50, 60)]
    assert _listed(found) == ["Person 07"]
    assert _listed(seen)[-1] == "Person 59"
    assert "60 people, page 2 of 2" in second
    assert "No name or e-mail contains “nobody”." in none


def test_of_when_somebody_was_here_the_day_is_shown_and_they_were_told(
    make: Factory, trainer: Person, cohort: Cohort, clock: Clock
) -> None:
    """Fails when a trainer sees the hour at which somebody reads or practises, or learners are not told of the day."""
    learner = make.person(name="Bo Ek")
    told = make.person().client.get(f"/join/{cohort.join_code}").text
    make.join(cohort, learner)
    make.session.commit()
    clock.advance(days=1, hours=2)
    make.signed_in(learner.user, learner.learner)

    page = trainer.client.get(_path(cohort)).text

    assert "the day you were last active" in told
    assert "last seen Tue 24 Nov<" in page
    assert f'href="/teach/cohorts/{cohort.id}/learners/{learner.learner.id}">Bo Ek</a>' in page


@pytest.mark.parametrize("query", [{"page": "x"}, {"page": "-1"}, {"sort": "x"}, {"show": "x"}, {"q": "\x00%_\\"}])
def test_a_strange_address_shows_the_page(trainer: Person, cohort: Cohort, query: dict[str, str]) -> None:
    assert trainer.client.get(_path(cohort), query_string=query).status_code in (200, 404)


def test_a_removed_learner_is_listed_and_one_press_brings_them_back_with_their_record(
    make: Factory, trainer: Person, cohort: Cohort, session: Session
) -> None:
    learner = make.person(name="Bo Ek")
    make.join(cohort, learner)
    session.commit()
    assignment = make.assignment(trainer, cohort, title="The safety test")
    take_test(session, learner, assignment, make.now(), is_right=True)
    trainer.client.post(_path(cohort, "remove"), data={"learner": learner.learner.id})

    removed = trainer.client.get(_path(cohort), query_string={"show": "removed"}).text
    brought = trainer.client.post(_path(cohort, "readmit"), data={"learner": learner.learner.id})

    assert _listed(removed) == ["Bo Ek"]
    assert brought.status_code == 303
    assert _listed(trainer.client.get(_path(cohort)).text) == ["Bo Ek"]
    assert "The safety test" in learner.client.get("/").text
    assert "Bo Ek" in trainer.client.get(_path(cohort, "gradebook")).text


def test_pages_about_somebody_who_is_gone_say_so(
    make: Factory, trainer: Person, cohort: Cohort, session: Session
) -> None:
    """Fails when an old tab or a second press leads to a bare 404."""
    learner = make.person(name="Bo Ek")
    make.join(cohort, learner)
    assignment = make.assignment(trainer, cohort, title="The safety test")
    session.commit()
    twice = {"learner": learner.learner.id}
    member = _path(cohort).replace("people", f"members/{learner.learner.id}")
    exception = f"/teach/assignments/{assignment.id}/exceptions/{learner.learner.id}"

    trainer.client.post(_path(cohort, "remove"), data=twice)
    replies = [
        trainer.client.get(member, follow_redirects=True),
        trainer.client.post(f"{member}/reset-link", follow_redirects=True),
        trainer.client.post(_path(cohort, "remove"), data=twice, follow_redirects=True),
    ]
    more_time = trainer.client.get(exception)
    trainer.client.post(_path(cohort, "readmit"), data=twice)
    back = trainer.client.post(_path(cohort, "readmit"), data=twice, follow_redirects=True)

    assert all("Bo Ek is no longer in the cohort." in reply.text for reply in replies)
    assert more_time.status_code == 409
    assert "The safety test is not assigned to Bo Ek" in more_time.text
    assert "Bo Ek is in the cohort already." in back.text


@pytest.mark.parametrize("sent", [{}, {"learner": "x"}, {"learner": "999999"}, {"learner": "9" * 30}])
def test_bringing_nobody_back_is_404(trainer: Person, cohort: Cohort, sent: dict[str, str]) -> None:
    assert trainer.client.post(_path(cohort, "readmit"), data=sent).status_code == 404


def test_open_invitations_are_listed_withdrawn_and_made_anew(
    make: Factory, trainer: Person, cohort: Cohort, session: Session, clock: Clock
) -> None:
    sent = invitations.create_to_join(
        session, trainer.user, cohort, [Invitee("Ada", "ada@x.org"), Invitee("", "bo@x.org")], clock.now
    )
    session.commit()
    ada, bo = (invitations.get_by_token(session, one.token) for one in sent)
    assert ada
    assert bo
    listed = trainer.client.get(_path(cohort), query_string={"show": "invited"}).text

    trainer.client.post(_path(cohort, f"invitations/{ada.id}/withdraw"))
    renewed = trainer.client.post(_path(cohort, f"invitations/{bo.id}/renew")).text
    everybody = trainer.client.post(_path(cohort, "invitations/renew")).text

    assert _listed(listed) == ["Ada", "bo@x.org"]
    assert make.app.test_client().get(f"/invitation/{sent[0].token}").status_code == 410
    links = [re.findall(r'value="http://localhost:8000(/invitation/[\w-]+)"', page) for page in (renewed, everybody)]
    assert [len(found) for found in links] == [1, 1]
    assert [make.app.test_client().get(found[0]).status_code for found in links] == [404, 200]


def test_nobody_waiting_gets_no_links(trainer: Person, cohort: Cohort) -> None:
    reply = trainer.client.post(_path(cohort, "invitations/renew"))

    assert reply.status_code == 303
    assert "There are no open invitations." in trainer.client.get(reply.location).text


@pytest.mark.parametrize("show", ["members", "invited", "removed"])
def test_the_page_takes_as_many_statements_whatever_the_size(
    make: Factory, trainer: Person, session: Session, statements: Callable[[], list[str]], show: str
) -> None:
    """Fails when anything is asked for each person."""
    taken = []
    for size in (2, 60):
        people = [make.person() for _ in range(size)]
        cohort = make.cohort(trainer, *people)
        for person in people[::2]:
            cohorts.remove_member(session, trainer.user, cohort, person.learner.id, make.now())
        invited = [Invitee("", f"p{number}@example.org") for number in range(size)]
        invitations.create_to_join(session, trainer.user, cohort, invited, make.now())
        session.commit()
        statements()
        assert trainer.client.get(_path(cohort), query_string={"show": show}).status_code == 200
        taken.append(len(statements()))

    assert taken[0] == taken[1] <= 7
