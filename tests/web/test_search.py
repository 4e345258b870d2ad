"""The page of the search: what it finds, what it never shows, and what it makes of odd queries."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain.content import Use
from app.domain.release import ReleaseMoment, ReleasePolicy
from app.models import Attempt, QuestionRow, QuestionVersion
from app.services.course import catalogue
from tests.conftest import Clock
from tests.support.attempt_client import AttemptClient, start, start_assigned
from tests.support.exam_pool import CANARY, add_exam_pool
from tests.support.factory import Factory, Person

WORD = "qwcanary"


def search(client: FlaskClient, query: str, **more: str) -> str:
    reply = client.get("/search", query_string={"q": query, **more})
    assert reply.status_code == 200
    return reply.text


def list_links(page: str) -> list[str]:
    return re.findall(r'search-result__title"[^>]*>\s*<a href="([^"]*)"', page)


def count_questions(page: str) -> int:
    found = re.search(r'id="found-questions">.*?search__total">(\d+)<', page, re.S)
    return int(found[1]) if found else 0


@pytest.fixture
def planted(session: Session) -> None:
    """Every question, of any use, has the canary in its stem."""
    session.execute(update(QuestionVersion).values(stem=f"{WORD} " + QuestionVersion.stem))
    session.commit()
    catalogue.clear_cache(session)


def test_it_finds_each_sort_of_thing_where_it_is(client: FlaskClient) -> None:
    """The links are those of the pages themselves, down to the section."""
    assert "/modules/trigger-points/lessons/knots" in list_links(search(client, "knots"))[0]
    assert "/glossary#taut-band" in list_links(search(client, "taut band"))
    assert "/body-map?muscle=upper-trapezius" in list_links(search(client, "trapezius"))
    assert any(link.startswith("/body-map?place=") for link in list_links(search(client, "neck")))
    assert "/leaflets/animals" in [link.partition("#")[0] for link in list_links(search(client, "animals"))]
    assert any(link.startswith("/bibliography?source=") for link in list_links(search(client, "Simons")))


def test_every_link_of_a_result_leads_to_its_place(client: FlaskClient) -> None:
    links = {
        link for query in ("pain", "muscle", "a band", "neck", "simons") for link in list_links(search(client, query))
    }

    assert len(links) > 10
    for link in links:
        address, _, anchor = link.partition("#")
        reply = client.get(address)
        assert reply.status_code == 200, link
        assert not anchor or f'id="{anchor}"' in reply.text, link


@pytest.mark.parametrize("query", ["trapezious", "TRAPÉZIUS", "trapez"])
def test_a_misspelt_muscle_is_found(client: FlaskClient, query: str) -> None:
    page = search(client, query)

    assert "/body-map?muscle=upper-trapezius" in list_links(page)
    assert "<mark>trapezius</mark>" in page.lower()
    assert ("No page contains" in page) == (query == "trapezious")


@pytest.mark.parametrize(
    "query",
    [
        "x" * 5000,
        " ".join(["pain"] * 1000),
        '" OR * NEAR( ) AND :',
        "' OR 1=1 --",
        "title:pain AND -neck",
        "斜方肌",
        "عضلة",
        "e\u0301\u0327\u0308" * 50,
        "\u202e\u200b\ufeff",
        "\x00\x01",
        "<script>alert(1)</script><mark>",
        "{{ 7 * 7 }} %s %(x)s",
        "ß ﬁ ½ Ⅷ",
    ],
)
def test_an_odd_query_has_a_page(client: FlaskClient, query: str) -> None:
    page = search(client, query)

    assert "<script>alert" not in page
    assert "{{ 7" not in page or "49" not in page.partition("{{ 7")[0][-20:]
    assert len(page) < 60_000


def test_without_a_query_it_says_what_can_be_found(client: FlaskClient) -> None:
    page = client.get("/search").text

    assert "What are you looking for?" in page
    [example, *_] = re.findall(r'href="(/search\?q=[^"]+)"', page)
    assert list_links(client.get(example).text)


def test_what_is_not_found_is_said_with_what_to_try(client: FlaskClient) -> None:
    page = search(client, "zebra")

    assert "Nothing found for “zebra”" in page
    assert 'href="/glossary"' in page


def test_words_that_are_nowhere_together_find_what_has_some_of_them(client: FlaskClient) -> None:
    page = search(client, "zebra trapezius")

    assert "These contain some of them." in page
    assert "/body-map?muscle=upper-trapezius" in list_links(page)


def test_one_group_can_be_listed_by_itself(client: FlaskClient) -> None:
    page = search(client, "trapezius", **{"in": "muscles"})

    assert list_links(page)
    assert all(link.startswith("/body-map?muscle=") for link in list_links(page))
    assert list_links(search(client, "trapezius", **{"in": "nonsense"}))


def test_a_german_page_says_that_the_course_is_in_english(client: FlaskClient) -> None:
    client.post("/language", data={"language": "de"})

    page = search(client, "trapezius")

    assert 'lang="en" dir="ltr"' in page.partition("search-result__title")[2][:200]


# -- what is not released ----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("planted")
def test_no_question_is_found_before_its_key_was_shown(make: Factory, session: Session) -> None:
    """Threat: the search tells which questions a test will ask. The canary is in each, whatever its use."""
    add_exam_pool(session)
    learner, trainer = make.person(), make.trainer()
    start(learner.client, session, "practice")
    own = start(learner.client, session, "test", "evidence")
    visitor = make.app.test_client()

    for client in (visitor, learner.client, trainer.client, make.admin().client):
        for query in (WORD, CANARY, WORD[:-1] + "x", WORD[:4]):
            page = search(client, query)
            assert '<h2 class="small-heading">Nothing found</h2>' in page
            assert WORD not in page or query == WORD
    own.submit()
    assert count_questions(search(learner.client, WORD)) == len(own.questions())
    assert "Nothing found" in search(trainer.client, WORD)


@pytest.mark.usefixtures("planted")
def test_a_question_is_found_once_its_key_was_shown(make: Factory, session: Session) -> None:
    learner, other = make.person(), make.person()
    done = start(learner.client, session, "practice")
    done.answer_all(wrong=[1])
    done.submit()

    page = search(learner.client, WORD)

    assert count_questions(page) == len(done.questions())
    [link, *_] = list_links(page)
    address, _, anchor = link.partition("#")
    assert f'id="{anchor}"' in learner.client.get(address.replace("&amp;", "&")).text
    assert "Nothing found" in search(other.client, WORD)


@pytest.mark.usefixtures("planted")
def test_a_checked_question_of_a_lesson_leads_to_the_lesson(make: Factory, session: Session) -> None:
    learner = make.person()
    lesson = "/modules/safety/lessons/red-flags"
    check = re.search(rf'action="({lesson}/checks/[^"]+)"', learner.client.get(lesson).text)
    assert check
    assert "Nothing found" in search(learner.client, WORD)
    learner.client.post(check[1], data={"option": "0", "number": "1"})

    [link] = list_links(search(learner.client, WORD))

    assert link == f"{lesson}#check-{check[1].rpartition('/')[2]}"


MOMENTS = [ReleaseMoment.SUBMISSION, ReleaseMoment.LAST_ATTEMPT, ReleaseMoment.CLOSING]


@pytest.mark.usefixtures("planted")
@pytest.mark.parametrize("moment", MOMENTS)
def test_an_assigned_tests_questions_are_found_when_its_key_is_released(
    make: Factory, session: Session, clock: Clock, moment: ReleaseMoment
) -> None:
    """Its score may be released earlier: that releases no question."""
    taken, learner = _take(make, session, ReleasePolicy(ReleaseMoment.SUBMISSION, moment, moment, moment), clock)
    at_once = count_questions(search(learner.client, WORD))
    again = start_assigned(learner.client, session, _get_assignment(taken))
    again.submit()
    at_last = count_questions(search(learner.client, WORD))
    clock.advance(days=3)
    at_end = count_questions(search(learner.client, WORD))

    # Before the last attempt, no key is shown, because it would give away the next attempt.
    assert at_once == 0
    assert (at_last > 0) == (moment is not ReleaseMoment.CLOSING)
    assert at_end >= len(taken.questions())


@pytest.mark.usefixtures("planted")
def test_questions_of_a_retired_version_stay_as_they_were_shown(make: Factory, session: Session) -> None:
    learner = make.person()
    done = start(learner.client, session, "practice")
    done.submit()
    session.execute(update(QuestionRow).where(QuestionRow.use == Use.PRACTICE).values(retired_at=make.now()))
    session.commit()

    assert count_questions(search(learner.client, WORD)) == len(done.questions())


def _take(make: Factory, session: Session, policy: ReleasePolicy, clock: Clock) -> tuple[AttemptClient, Person]:
    """An assigned test with two attempts, of which the first was submitted."""
    trainer, learner = make.trainer(), make.person()
    cohort, due = make.cohort(trainer, learner), clock.now + timedelta(days=2)
    assignment = make.assignment(trainer, cohort, policy=policy, attempts_allowed=2, due_at=due)
    taken = start_assigned(learner.client, session, assignment.id)
    taken.submit()
    return taken, learner


def _get_assignment(taken: AttemptClient) -> int:
    found = taken.session.scalar(select(Attempt.assignment_id).where(Attempt.id == taken.attempt_id))
    assert found
    return found


# -- cost --------------------------------------------------------------------------------------------------------------


def test_a_search_takes_few_statements_however_much_was_answered(
    make: Factory, session: Session, statements: Callable[[], list[str]]
) -> None:
    learner = make.person()
    for _ in range(2):
        done = start(learner.client, session, "practice")
        done.answer_all()
        done.submit()
    search(learner.client, "pain")
    statements()

    search(learner.client, "trapezious question")

    # Who asks, the latest publication, what they have been shown, and their notes.
    assert len(statements()) <= 4
