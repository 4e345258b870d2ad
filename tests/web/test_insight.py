"""The pages of insight: what they say of many, of one and of nobody, what they refuse, and the pictures to save."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.domain.attempt import Purpose
from app.domain.content import Kind
from app.models import QuestionVersion, User
from app.services.course import catalogue
from tests import papers
from tests.crowd import answer, hand_in
from tests.factory import Make
from tests.taking import begin
from tests.web.insight_class import SVG, Class

EVIL = '<script>alert("1")</script>&\x0b{{ 7 * 7 }}'
"""What a person may type where they can: markup, a template, and what XML can't hold."""


def test_the_cohort_leads_to_insight(taught: Class) -> None:
    assert taught.path in taught.trainer.client.get(f"/teach/cohorts/{taught.cohort.id}").text


def test_a_crowd_is_analysed(taught: Class) -> None:
    taught.crowd(taught.assignment(asks_certainty=True))

    page = taught.page()

    assert re.search(r"1 certain</strong>, \d+ guessing or not saying, of 25 who answered", page)
    assert "Ann" in page
    assert "25 of 25 learners, first attempts" in page
    assert "Internal consistency" in page
    assert page.count('<table class="tbl tbl--items" role="table">') == 1
    assert page.count("too few answers to say") == 0


def test_an_assignment_without_certainty_says_so(taught: Class) -> None:
    assignment = taught.assignment()
    learner = taught.member(name="Ann")
    hand_in(taught.session, learner, assignment, taught.clock.now, lambda _, item: (taught.hand.wrong(item), None))

    page = taught.page()

    assert "nobody was asked how sure they were" in page
    assert "1 chose it</strong>, of 1 who answered" in page
    assert "certain</strong>" not in page


@pytest.mark.parametrize("learners", [0, 1])
def test_a_cohort_with_nothing_assigned_says_so(taught: Class, learners: int) -> None:
    for _ in range(learners):
        taught.member()

    assert "Nothing is assigned yet" in taught.page()
    assert taught.trainer.client.get(f"{taught.path}/scores.svg").status_code == 404
    assert taught.trainer.client.get(f"{taught.path}/questions/1").status_code == 404


def test_nobody_in_the_cohort_and_nobody_handed_in_are_told_apart(taught: Class) -> None:
    taught.assignment()
    assert "Nobody is in this cohort yet" in taught.page()

    taught.member()
    page = taught.page()
    assert "Nobody has handed it in yet" in page
    assert "1 learner is in this cohort" in page


def test_of_one_learner_the_page_says_what_it_can(taught: Class) -> None:
    """Fails when a figure of one learner is shown as 0, or divides by nothing."""
    assignment = taught.assignment(asks_certainty=True)
    first = hand_in(taught.session, taught.member(), assignment, taught.clock.now, taught.hand.all_right)

    page, question = taught.page(), taught.page(f"/questions/{first.items[0].version_id}")

    assert "One learner is too few" in page
    assert "Nobody was certain of a wrong answer" in page
    assert page.count("too few answers to say") == 2 * len(first.items)
    assert "Internal consistency" not in page
    assert "Too few answers to say how good the question is" in question
    assert "too few for groups by score" in question
    assert (
        taught.trainer.client.get(f"{taught.path}/questions/{first.items[0].version_id}/curves.svg").status_code == 404
    )


def test_a_question_shows_all_figures_and_its_curves(taught: Class, session: Session) -> None:
    first = taught.crowd(taught.assignment())
    kinds = catalogue.shown(session, [item.version_id for item in first.items])
    single = next(item for item in first.items[2:] if kinds[item.version_id].kind is Kind.SINGLE)

    page = taught.page(f"/questions/{single.version_id}")

    for words in (
        "Random guess", "Intended weight", "Effective weight", "Facility", "Standard deviation", "Discrimination",
        "Discriminative efficiency", "Median time", "Their mean score", "Options by score group",
    ):  # fmt: skip
        assert words in page, words
    assert 'role="img" aria-label="Per cent by score group, lowest, middle, highest.' in page


def test_the_attempts_that_count_can_be_asked_for(taught: Class, session: Session) -> None:
    assignment, learner = taught.assignment(), taught.member()
    hand_in(session, learner, assignment, taught.clock.now, taught.hand.all_wrong)
    hand_in(session, learner, assignment, taught.clock.now, taught.hand.all_right)

    assert "Mean</dt><dd>0.0" in taught.page()
    assert "Mean</dt><dd>100.0" in taught.page(attempts="counted")
    assert "Mean</dt><dd>0.0" in taught.page(attempts="nonsense")


@pytest.mark.parametrize("named", ["", "0", "-1", "x", "1.0", "٣", "9" * 5000, "1 OR 1=1"])
def test_an_assignment_that_is_not_there_is_not_found(taught: Class, named: str) -> None:
    """Fails when a number too long to read breaks the page, or any assignment may be named in any cohort."""
    taught.assignment()

    for page in ("", "/scores.svg", "/questions/1"):
        assert taught.trainer.client.get(taught.path + page, query_string={"assignment": named}).status_code == 404


def test_a_question_of_another_cohort_is_not_found(taught: Class, make: Make, session: Session) -> None:
    """Fails when a version is looked up by its id alone: it would show who answered what elsewhere."""
    taught.assignment()
    other = Class(session, make, taught.clock)
    theirs = hand_in(session, other.member(), other.assignment(), taught.clock.now, taught.hand.all_right)

    reply = taught.trainer.client.get(f"{taught.path}/questions/{theirs.items[0].version_id}")

    assert reply.status_code == 404


def test_attempts_whose_time_is_up_are_counted(taught: Class) -> None:
    """Fails when insight reads marks before overdue attempts have theirs, unlike the gradebook."""
    assignment = taught.assignment(time_limit_minutes=10)
    begin(taught.session, taught.member(), assignment, taught.clock.now)
    assert "Nobody has handed it in yet" in taught.page()

    taught.clock.advance(hours=1)

    assert "1 of 1 learner" in taught.page()


# -- what people typed -------------------------------------------------------------------------------------------------


def test_nothing_that_was_typed_becomes_markup(taught: Class, session: Session) -> None:
    """Threat: a learner's name, a title or a question runs in a trainer's browser. Fails when a macro or a plot marks text as safe."""
    assignment = taught.assignment(title=EVIL, asks_certainty=True)
    first = taught.crowd(assignment)
    version_id = first.items[4].version_id
    session.execute(update(User).values(name=EVIL))
    for version in session.query(QuestionVersion):
        version.stem, version.options = EVIL, [EVIL for _ in version.options]
    session.commit()
    catalogue.forget(session)

    for address in ("", f"/questions/{version_id}"):
        text = taught.trainer.client.get(taught.path + address).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;" in text
        assert "{{ 7 * 7 }}" in text
    for address in ("/scores.svg", f"/questions/{version_id}/curves.svg"):
        picture = taught.picture(address)
        assert not picture.findall(f".//{SVG}script")
        assert "alert" in "".join(picture.itertext())


def test_every_kind_of_question_has_a_page(taught: Class, session: Session) -> None:
    assignment, learner = taught.assignment(), taught.member()
    attempt = papers.of_every_kind(session, learner.learner, Purpose.TEST, taught.clock.now)
    attempt.assignment_id, attempt.scope = assignment.id, f"test:assignment:{assignment.id}"
    answer(session, attempt, taught.clock.now, taught.hand.all_right)

    for item in attempt.items:
        page = taught.page(f"/questions/{item.version_id}")
        assert "Their mean score" in page


# -- pictures ----------------------------------------------------------------------------------------------------------


def test_the_scores_can_be_saved_as_a_picture(taught: Class) -> None:
    taught.crowd(taught.assignment(title="Safety"))

    picture = taught.picture("/scores.svg")

    texts = ["".join(text.itertext()) for text in picture.iter(f"{SVG}text")]
    assert "Scores, Safety" in texts
    assert "pass mark 80" in texts
    assert len(picture.findall(f".//{SVG}rect[@class='plot__bar']")) == 10
    assert picture.find(f"{SVG}style") is not None


def test_the_curves_can_be_saved_with_what_their_letters_mean(taught: Class, session: Session) -> None:
    first = taught.crowd(taught.assignment())
    version_id = first.items[4].version_id

    picture = taught.picture(f"/questions/{version_id}/curves.svg")

    told = " ".join("".join(text.itertext()) for text in picture.iter(f"{SVG}text"))
    shown = catalogue.shown(session, [version_id])[version_id]
    assert f"A: {shown.options[0][:30]}" in told
    assert picture.findall(f".//{SVG}polyline")


def test_a_plot_on_a_page_has_no_inline_style_and_its_numbers_stand_in_a_table(taught: Class) -> None:
    """The security policy would drop a style attribute, and a plot alone says nothing to who can't see it."""
    first = taught.crowd(taught.assignment())

    for address in ("", f"/questions/{first.items[4].version_id}"):
        text = taught.trainer.client.get(taught.path + address).text
        assert " style=" not in text
        assert "<style" not in text
        plots = len(re.findall(r'<svg class="plot ', text))
        assert plots == len(re.findall(r"<summary>As a table</summary>", text)) == 1
