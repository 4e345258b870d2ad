"""The pages of insight: what they say of many, of one and of nobody, what they refuse, and the pictures to save."""

from __future__ import annotations

import html
import re
from xml.etree import ElementTree

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.domain.attempt import Purpose
from app.domain.content import Kind
from app.models import Assignment, Attempt, Cohort, QuestionVersion, User
from app.services import catalogue
from tests import papers
from tests.conftest import Clock
from tests.crowd import Hand, answer, hand_in, join_with_the_same_paper
from tests.factory import Make, Person
from tests.pointing import on_map
from tests.taking import begin

SVG = "{http://www.w3.org/2000/svg}"
EVIL = '<script>alert("1")</script>&\x0b{{ 7 * 7 }}'
"""What a person may type where they can: markup, a template, and what XML can't hold."""


class Class:
    """A trainer, a cohort and an assignment, handed in by whom a test wants."""

    def __init__(self, session: Session, make: Make, clock: Clock) -> None:
        self.session, self.make, self.clock, self.hand = session, make, clock, Hand(session)
        self.trainer = make.trainer()
        self.cohort: Cohort = make.cohort(self.trainer)

    def assignment(self, **given: object) -> Assignment:
        return self.make.assignment(self.trainer, self.cohort, **given)

    def member(self, **given: object) -> Person:
        person = self.make.person(**given)
        person.client.post(f"/join/{self.cohort.join_code}")
        return person

    def crowd(self, assignment: Assignment, count: int = 24) -> Attempt:
        """A first learner who is certain of wrong answers, and a crowd with the same paper."""
        first = hand_in(self.session, self.member(name="Ann"), assignment, self.clock.now, self.hand.all_wrong)
        join_with_the_same_paper(self.session, first, self.cohort, count, self.hand.rising)
        return first

    @property
    def path(self) -> str:
        return f"/teach/cohorts/{self.cohort.id}/insight"

    def page(self, address: str = "", **query: object) -> str:
        reply = self.trainer.client.get(self.path + address, query_string=query)
        assert reply.status_code == 200, reply.status_code
        return html.unescape(re.sub(r"\s+", " ", reply.text))

    def picture(self, address: str) -> ElementTree.Element:
        reply = self.trainer.client.get(self.path + address)
        assert reply.status_code == 200, reply.status_code
        assert reply.mimetype == "image/svg+xml"
        assert reply.headers["Content-Disposition"].startswith("attachment; filename=")
        return ElementTree.fromstring(reply.text)


@pytest.fixture
def taught(session: Session, make: Make, clock: Clock) -> Class:
    return Class(session, make, clock)


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


# -- what to talk about, gain, the body map, the file ------------------------------------------------------------------


def test_the_page_begins_with_what_to_talk_about_and_where_it_is_taught(taught: Class) -> None:
    """Fails when a trainer has to read the tables first, or the link leads to a section that is not there."""
    taught.crowd(taught.assignment(asks_certainty=True))

    page = taught.page()
    first = page.index("What to talk about next time")
    link = re.search(r'class="next__say">.*?<a href="(/modules/[^"#]+)(#[^"]+)?"', page)

    assert first < page.index("Wrong ideas held with certainty")
    assert link
    lesson = taught.trainer.client.get(link[1]).text
    assert link[2] is None or f'id="{link[2][1:]}"' in lesson


def test_names_lead_to_the_page_of_their_learner(taught: Class) -> None:
    taught.crowd(taught.assignment(asks_certainty=True))

    found = re.search(r'<dt>Certain</dt><dd><a href="([^"]+)">Ann</a>', taught.page())

    assert found
    assert taught.trainer.client.get(found[1]).status_code == 200


def test_a_question_names_who_chose_a_wrong_option(taught: Class) -> None:
    """The overview shows ten wrong ideas and says that the rest stand with their questions. Fails when they don't, or the right ones are listed."""
    first = taught.crowd(taught.assignment(asks_certainty=True))

    page = taught.page(f"/questions/{first.items[4].version_id}")

    assert re.search(r"<summary>Who<span.*?>Ann</a>", page)
    assert page.count("<summary>Who<span") == 1


def test_without_a_pretest_the_page_says_how_to_set_one(taught: Class) -> None:
    assignment = taught.assignment()
    taught.crowd(assignment)

    page = taught.page()

    assert "No pre-test is set" in page
    assert f'href="/teach/assignments/{assignment.id}"' in page
    assert taught.trainer.client.get(f"{taught.path}/gain.svg").status_code == 404


def with_pretest(taught: Class, count: int) -> Assignment:
    """A pre-test that all got wrong but for the last one, and the same test later, which all had right but for the last one."""
    session, hand, now = taught.session, taught.hand, taught.clock.now
    pretest, assignment = taught.assignment(title="Before"), taught.assignment(title="After")
    for at in range(count):
        person = taught.member(name=f"Learner {at:02} <b>&")
        falls = at == count - 1
        hand_in(session, person, pretest, now, hand.all_right if falls else hand.all_wrong)
        hand_in(session, person, assignment, now, hand.all_wrong if falls else hand.all_right)
    assignment.pretest_id = pretest.id
    session.commit()
    return assignment


def test_the_gain_since_a_pretest_stands_on_the_page_and_in_a_picture(taught: Class) -> None:
    assignment = with_pretest(taught, 3)

    page = taught.page(assignment=assignment.id)
    picture = taught.picture(f"/gain.svg?assignment={assignment.id}")

    assert "3 learners took both tests" in page
    assert "are too few to speak of a mean gain" in page
    assert re.search(r'<td class="r">0</td><td class="r">100</td><td class="r">\+100</td><td class="r">100', page)
    assert re.search(r'<td class="r">100</td><td class="r">0</td><td class="r">−100</td><td class="r"></td>', page)
    assert len(picture.findall(f".//{SVG}circle[@class='plot__dot--key']")) == 3
    assert len(picture.findall(f".//{SVG}line[@class='plot__axis plot__dash-2']")) == 1
    assert "Gain, After" in "".join(picture.itertext())


def test_of_enough_learners_the_gain_is_said_in_a_word(taught: Class) -> None:
    """Nine gained all, one lost all: from a mean of 10 to 90, 89 % of what there was to gain."""
    assignment = with_pretest(taught, 10)

    page = taught.page(assignment=assignment.id)

    assert "Together they gained 89\u202f% of what they could still gain. That is called high" in page


def test_nobody_with_both_tests_is_said(taught: Class) -> None:
    pretest, assignment = taught.assignment(title="Before"), taught.assignment(title="After")
    taught.crowd(assignment)
    assignment.pretest_id = pretest.id
    taught.session.commit()

    assert "Nobody has taken both tests yet" in taught.page(assignment=assignment.id)
    assert taught.trainer.client.get(f"{taught.path}/gain.svg?assignment={assignment.id}").status_code == 404


def test_a_test_without_the_body_map_says_so(taught: Class) -> None:
    taught.crowd(taught.assignment())

    assert "Nothing was asked on the body map" in taught.page()
    for which in ("muscles", "places"):
        assert taught.trainer.client.get(f"{taught.path}/{which}.svg").status_code == 404


def test_the_body_map_has_its_matrices_tables_and_pictures(taught: Class, make: Make, clock: Clock) -> None:
    assignment = on_map(taught.session, make, taught.hand, clock, taught.trainer)
    taught.cohort = taught.session.get_one(Cohort, assignment.cohort_id)

    text = taught.trainer.client.get(taught.path).text
    page = taught.page()

    assert len(re.findall(r'<svg class="plot plot--heat', text)) == 2
    assert page.count("(right): 1") == 10
    for which in ("muscles", "places"):
        picture = taught.picture(f"/{which}.svg")
        assert len(picture.findall(f".//{SVG}rect[@class='heat heat--right']")) == 5
        assert picture.find(f"{SVG}title") is not None


def test_the_question_analysis_can_be_saved_as_csv(taught: Class) -> None:
    taught.crowd(taught.assignment(title="Safety"))

    reply = taught.trainer.client.get(f"{taught.path}/questions.csv")

    assert reply.mimetype == "text/csv"
    assert reply.headers["Content-Disposition"] == 'attachment; filename="safety.csv"'
    lines = reply.text.splitlines()
    assert lines[0].startswith("\ufeffQuestion,Version,Kind")
    assert len(lines) > 40


def test_a_saved_picture_stands_alone(taught: Class) -> None:
    """Fails when it needs a stylesheet, a font or a script from elsewhere, or has no title."""
    taught.crowd(taught.assignment())

    picture = taught.picture("/scores.svg")
    text = taught.trainer.client.get(f"{taught.path}/scores.svg").text

    assert picture.findtext(f"{SVG}title")
    used = {name for element in picture.iter() for name in (element.get("class") or "").split()}
    styled = set(re.findall(r"\.([a-z][\w-]+)", picture.findtext(f"{SVG}style") or ""))
    assert {name for name in used if not name.startswith("plot--") and name != "plot"} <= styled
    assert not re.search(r"var\(|@import|url\(|href|<script", text)
