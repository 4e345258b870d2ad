"""The pages of insight: what they say of many, of one and of nobody, what they refuse, and the pictures to save."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain.attempt import Purpose
from app.models import Attempt, QuestionVersion, User
from app.services.course import catalogue
from app.services.reporting.analysis import insight
from tests.support import chosen_attempts
from tests.support.assigned_test import start_attempt
from tests.support.factory import Factory
from tests.support.insight_class import SVG, InsightClass
from tests.support.question_kinds import SINGLE
from tests.support.submissions import answer_and_submit, submit_test

EVIL = '<script>alert("1")</script>&\x0b{{ 7 * 7 }}'
"""What a person may type where they can: markup, a template, and what XML can't hold."""


def test_the_cohort_leads_to_insight(taught: InsightClass) -> None:
    assert taught.path in taught.trainer.client.get(f"/teach/cohorts/{taught.cohort.id}").text


def test_a_crowd_is_analysed(taught: InsightClass) -> None:
    taught.crowd(taught.assignment(asks_certainty=True))

    page, answers = taught.page(), taught.page("/answers")
    assert re.search(r"1 certain</strong>, \d+ guessing or not saying, of 25 who answered", answers)
    assert "Ann" in answers
    assert "wrong answers that few learners gave" in answers
    assert "No wrong answer is shared by enough learners to stand out." in page
    assert "25 of 25 learners, first attempts" in page
    assert page.index("More statistics") < page.index("Skewness")

    page = taught.page("/questions")
    assert page.count('<table class="tbl tbl--items" role="table">') == 1
    assert page.count("too few answers to say") == 0


def test_questions_are_sorted_by_how_many_missed_them(taught: InsightClass) -> None:
    taught.crowd(taught.assignment())

    page = taught.page("/questions", order="missed")

    missed = [int(number) for number in re.findall(r"<b>(\d+) of \d+</b>", page)]
    assert len(missed) > 3
    assert missed == sorted(missed, reverse=True)
    assert 'value="missed" selected' in page
    assert taught.page("/questions", order="upwards").count('value="urgent" selected') == 1


def test_an_assignment_without_certainty_says_so(taught: InsightClass) -> None:
    assignment = taught.assignment()
    learner = taught.member(name="Ann")
    submit_test(taught.session, learner, assignment, taught.clock.now, lambda _, item: (taught.hand.wrong(item), None))

    page = taught.page("/answers")

    assert "did not ask learners how certain they were" in page
    assert "1 chose it</strong>, of 1 who answered" in page
    assert "certain</strong>" not in page


@pytest.mark.parametrize("learners", [0, 1])
def test_a_cohort_with_nothing_assigned_says_so(taught: InsightClass, learners: int) -> None:
    for _ in range(learners):
        taught.member()

    assert "Nothing is assigned yet" in taught.page()
    assert taught.trainer.client.get(f"{taught.path}/scores.svg").status_code == 404
    assert taught.trainer.client.get(f"{taught.path}/questions/1").status_code == 404


def test_nobody_in_the_cohort_and_nobody_handed_in_are_told_apart(taught: InsightClass) -> None:
    taught.assignment()
    assert "Nobody is in this cohort yet" in taught.page()

    taught.member()
    page = taught.page()
    assert "Nobody has submitted it yet" in page
    assert "1 learner is in this cohort" in page


def test_of_one_learner_the_page_says_what_it_can(taught: InsightClass) -> None:
    """Fails when a figure of one learner is shown as 0, or divides by nothing."""
    assignment = taught.assignment(asks_certainty=True)
    first = submit_test(taught.session, taught.member(), assignment, taught.clock.now, taught.hand.all_right)

    page, question = taught.page(), taught.page(f"/questions/{first.items[0].version_id}")

    assert "One learner is too few to judge the test" in page
    assert "Nobody was certain of a wrong answer" in page
    assert "Nobody was certain of a wrong answer" in taught.page("/answers")
    assert taught.page("/questions").count("too few answers to say") == len(first.items)
    assert "Internal consistency" not in page
    assert "Too few answers to say how good the question is" in question
    assert "too few for score groups" in question
    assert (
        taught.trainer.client.get(f"{taught.path}/questions/{first.items[0].version_id}/curves.svg").status_code == 404
    )


def test_a_question_shows_all_figures_and_its_curves(taught: InsightClass, session: Session) -> None:
    first = taught.crowd(taught.assignment())
    kinds = catalogue.get_texts(session, [item.version_id for item in first.items])
    single = next(item for item in first.items[2:] if kinds[item.version_id].kind is SINGLE)

    page = taught.page(f"/questions/{single.version_id}")

    for words in (
        "Random guess", "Intended weight", "Effective weight", "Average score", "Standard deviation", "Discrimination",
        "Discriminative efficiency", "Median time", "their mean score", "Options by score group",
    ):  # fmt: skip
        assert words in page, words
    assert 'role="img" aria-label="Per cent by score group, lowest, middle, highest.' in page


def test_the_attempts_that_count_can_be_asked_for(taught: InsightClass, session: Session) -> None:
    assignment, learner = taught.assignment(), taught.member()
    submit_test(session, learner, assignment, taught.clock.now, taught.hand.all_wrong)
    submit_test(session, learner, assignment, taught.clock.now, taught.hand.all_right)

    assert "Mean</dt><dd>0.0" in taught.page()
    assert "Mean</dt><dd>100.0" in taught.page(attempts="counted")
    assert "Mean</dt><dd>0.0" in taught.page(attempts="nonsense")


@pytest.mark.parametrize("named", ["", "0", "-1", "x", "1.0", "٣", "9" * 5000, "1 OR 1=1"])
def test_an_assignment_that_is_not_there_is_not_found(taught: InsightClass, named: str) -> None:
    """Fails when a number too long to read breaks the page, or any assignment may be named in any cohort."""
    taught.assignment()

    for page in ("", "/scores.svg", "/questions/1"):
        assert taught.trainer.client.get(taught.path + page, query_string={"assignment": named}).status_code == 404


def test_a_question_that_is_only_in_later_or_open_attempts_is_led_to_or_explained(taught: InsightClass) -> None:
    """Fails when a link from a page that shows the question leads to a bare 404."""
    assignment, learner = taught.assignment(), taught.member(name="Ann")
    first, second = (
        submit_test(taught.session, learner, assignment, taught.clock.now, hand)
        for hand in (taught.hand.all_wrong, taught.hand.all_right)
    )
    under_way = start_attempt(taught.session, taught.member(name="Bo"), assignment, taught.clock.now)
    later = _list_versions(second) - _list_versions(first)
    assert later
    submitted = _list_versions(first) | _list_versions(second)
    unfinished = _ask_another(taught.session, under_way, submitted)

    led = taught.trainer.client.get(f"{taught.path}/questions/{later.pop()}", follow_redirects=True)
    explained = taught.trainer.client.get(f"{taught.path}/questions/{unfinished}")

    assert "No first attempt contains this question." in led.text
    assert led.request.args["attempts"] == "counted"
    assert explained.status_code == 409
    assert "Nothing to show about this question yet" in explained.text


def _ask_another(session: Session, attempt: Attempt, asked: set[int]) -> int:
    """Put a question that is not among ``asked`` in the first place of an attempt, and return its version."""
    others = select(QuestionVersion).where(QuestionVersion.id.not_in(asked), QuestionVersion.kind == "single")
    version = session.scalars(others.order_by(QuestionVersion.id).limit(1)).one()
    attempt.items[0].version_id, attempt.items[0].option_order = version.id, list(range(version.option_count))
    session.commit()
    return version.id


def _list_versions(attempt: Attempt) -> set[int]:
    return {item.version_id for item in attempt.items}


def test_a_question_of_another_cohort_is_not_found(taught: InsightClass, make: Factory, session: Session) -> None:
    """Fails when a version is looked up by its id alone: it would show who answered what elsewhere."""
    taught.assignment()
    other = InsightClass(session, make, taught.clock)
    theirs = submit_test(session, other.member(), other.assignment(), taught.clock.now, taught.hand.all_right)

    reply = taught.trainer.client.get(f"{taught.path}/questions/{theirs.items[0].version_id}")

    assert reply.status_code == 404


def test_attempts_whose_time_is_up_are_counted(taught: InsightClass) -> None:
    """Fails when insight reads marks before overdue attempts have theirs, unlike the gradebook."""
    assignment = taught.assignment(time_limit_minutes=10)
    start_attempt(taught.session, taught.member(), assignment, taught.clock.now)
    assert "Nobody has submitted it yet" in taught.page()

    taught.clock.advance(hours=1)

    assert "1 of 1 learner" in taught.page()


# -- what people typed -------------------------------------------------------------------------------------------------


def test_nothing_that_was_typed_becomes_markup(taught: InsightClass, session: Session) -> None:
    """Threat: a learner's name, a title or a question runs in a trainer's browser. Fails when a macro or a plot marks text as safe."""
    assignment = taught.assignment(title=EVIL, asks_certainty=True)
    first = taught.crowd(assignment)
    version_id = first.items[4].version_id
    session.execute(update(User).values(name=EVIL))
    for version in session.query(QuestionVersion):
        version.stem, version.options = EVIL, [EVIL for _ in version.options]
    session.commit()
    catalogue.clear_cache(session)

    for address in ("", f"/questions/{version_id}"):
        text = taught.trainer.client.get(taught.path + address).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;" in text
        assert "{{ 7 * 7 }}" in text
    for address in ("/scores.svg", f"/questions/{version_id}/curves.svg"):
        picture = taught.picture(address)
        assert not picture.findall(f".//{SVG}script")
        assert "alert" in "".join(picture.itertext())


def test_every_kind_of_question_has_a_page(taught: InsightClass, session: Session) -> None:
    assignment, learner = taught.assignment(), taught.member()
    attempt = chosen_attempts.start_with_every_kind(session, learner.learner, Purpose.TEST, taught.clock.now)
    attempt.assignment_id, attempt.scope = assignment.id, f"test:assignment:{assignment.id}"
    answer_and_submit(session, attempt, taught.clock.now, taught.hand.all_right)

    for item in attempt.items:
        page = taught.page(f"/questions/{item.version_id}")
        assert "their mean score" in page


# -- pictures ----------------------------------------------------------------------------------------------------------


def test_the_scores_can_be_saved_as_a_picture(taught: InsightClass) -> None:
    taught.crowd(taught.assignment(title="Safety"))

    picture = taught.picture("/scores.svg")

    texts = ["".join(text.itertext()) for text in picture.iter(f"{SVG}text")]
    assert "Scores, Safety" in texts
    assert "pass mark 80" in texts
    assert len(picture.findall(f".//{SVG}rect[@class='plot__bar']")) == 10
    assert picture.find(f"{SVG}style") is not None


def test_the_curves_can_be_saved_with_what_their_letters_mean(taught: InsightClass, session: Session) -> None:
    first = taught.crowd(taught.assignment())
    version_id = first.items[4].version_id

    picture = taught.picture(f"/questions/{version_id}/curves.svg")

    told = " ".join("".join(text.itertext()) for text in picture.iter(f"{SVG}text"))
    shown = catalogue.get_texts(session, [version_id])[version_id]
    assert f"A: {shown.options[0][:30]}" in told
    assert picture.findall(f".//{SVG}polyline")


def test_a_plot_on_a_page_has_no_inline_style_and_its_numbers_stand_in_a_table(taught: InsightClass) -> None:
    """The security policy would drop a style attribute, and a plot alone says nothing to who can't see it."""
    first = taught.crowd(taught.assignment())

    for address in ("", f"/questions/{first.items[4].version_id}"):
        text = taught.trainer.client.get(taught.path + address).text
        assert " style=" not in text
        assert "<style" not in text
        plots = len(re.findall(r'<svg class="plot ', text))
        assert plots == len(re.findall(r"<summary>As a table</summary>", text)) == 1


def test_many_questions_are_a_list_with_pages_for_each_group(
    taught: InsightClass, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails when a page has more questions than it should, or when some question is on no page."""
    monkeypatch.setattr(insight, "FEW_QUESTIONS", 3)
    assignment = taught.assignment()
    for number in range(12):
        learner = taught.member(name=f"Learner {number:02}")
        submit_test(taught.session, learner, assignment, taught.clock.now, taught.hand.all_wrong)
    first = taught.page("/questions")
    groups = dict(re.findall(r'group=(\w+)[^"]*#items"[^>]*><span>[^<]+</span> <b>(\d+)</b>', first))
    assert sum(map(int, groups.values())) > 3

    for group, count in groups.items():
        seen: set[str] = set()
        for number in range(1, int(count) // 3 + 2):
            page = taught.page("/questions", group=group, page=number)
            shown = re.findall(r"/insight/questions/(\d+)\?", page)
            assert len(set(shown)) <= 3
            seen.update(shown)
        assert len(seen) == int(count)
    assert taught.page("/questions", group="nonsense", page="x").count('aria-current="page"') >= 2
