"""The pages of insight: what to talk about, learning gain, the body map, and what can be saved."""

from __future__ import annotations

import re

from app.domain.analysis.groups import GROUP_NAMES
from app.models import Assignment, Cohort
from app.teach.insight import GROUP_LABELS
from tests.conftest import Clock
from tests.support.factory import Factory
from tests.support.insight_class import SVG, InsightClass
from tests.support.map_tests import take_map_tests
from tests.support.submissions import submit_test


def test_the_page_begins_with_what_to_talk_about_and_where_it_is_taught(taught: InsightClass) -> None:
    """Fails when a trainer has to read the tables first, or the link leads to a section that is not there."""
    assignment = taught.assignment(asks_certainty=True)
    for _ in range(8):
        submit_test(taught.session, taught.member(), assignment, taught.clock.now, taught.hand.all_wrong)

    page = taught.page()
    first = page.index("What to discuss next")
    link = re.search(r'class="next-steps__heading" ?>.*?<a\s+href="(/modules/[^"#]+)(#[^"]+)?"', page, re.S)

    assert first < page.index("Scores, ")
    assert "Wrong answers that learners were certain of" in taught.page("/answers")
    assert link
    lesson = taught.trainer.client.get(link[1]).text
    assert link[2] is None or f'id="{link[2][1:]}"' in lesson


def test_names_lead_to_the_page_of_their_learner(taught: InsightClass) -> None:
    taught.crowd(taught.assignment(asks_certainty=True))

    found = re.search(r'<dt>Certain</dt><dd> ?<a class="person-link" href="([^"]+)">Ann</a>', taught.page("/answers"))

    assert found
    assert taught.trainer.client.get(found[1]).status_code == 200


def test_a_question_names_who_chose_a_wrong_option(taught: InsightClass) -> None:
    """The overview shows ten wrong ideas and says that the rest stand with their questions. Fails when they don't, or the right ones are listed."""
    first = taught.crowd(taught.assignment(asks_certainty=True))

    page = taught.page(f"/questions/{first.items[4].version_id}")

    assert re.search(r"aria-label=\"Who answered “[^\"]*”\">Who<.*?>Ann</a>", page)
    assert page.count(">Who</summary>") == 1


def test_without_a_pretest_the_page_says_how_to_set_one(taught: InsightClass) -> None:
    assignment = taught.assignment()
    taught.crowd(assignment)

    page = taught.page("/gain")

    assert "There is no pre-test" in page
    assert f'href="/teach/assignments/{assignment.id}/settings"' in page
    assert taught.trainer.client.get(f"{taught.path}/gain.svg").status_code == 404


def with_pretest(taught: InsightClass, count: int) -> Assignment:
    """A pre-test that all got wrong but for the last one, and the same test later, which all had right but for the last one."""
    session, hand, now = taught.session, taught.hand, taught.clock.now
    pretest, assignment = taught.assignment(title="Before"), taught.assignment(title="After")
    for at in range(count):
        person = taught.member(name=f"Learner {at:02} <b>&")
        falls = at == count - 1
        submit_test(session, person, pretest, now, hand.all_right if falls else hand.all_wrong)
        submit_test(session, person, assignment, now, hand.all_wrong if falls else hand.all_right)
    assignment.pretest_id = pretest.id
    session.commit()
    return assignment


def test_the_gain_since_a_pretest_stands_on_the_page_and_in_a_picture(taught: InsightClass) -> None:
    assignment = with_pretest(taught, 3)

    page = taught.page("/gain", assignment=assignment.id)
    picture = taught.picture(f"/gain.svg?assignment={assignment.id}")

    assert "3 learners took both tests" in page
    assert "3 learners are too few for a mean gain" in page
    assert re.search(r'<td class="r">0</td><td class="r">100</td><td class="r">\+100</td><td class="r">100', page)
    assert re.search(r'<td class="r">100</td><td class="r">0</td><td class="r">−100</td><td class="r"></td>', page)
    assert len(picture.findall(f".//{SVG}circle[@class='plot__dot--key']")) == 3
    assert len(picture.findall(f".//{SVG}line[@class='plot__axis plot__dash-2']")) == 1
    assert "Gain, After" in "".join(picture.itertext())


def test_of_enough_learners_the_gain_is_said_in_a_word(taught: InsightClass) -> None:
    """Nine gained all, one lost all: from a mean of 10 to 90, 89% of what there was to gain."""
    assignment = with_pretest(taught, 10)

    page = taught.page("/gain", assignment=assignment.id)

    assert "Learners gained 89% of what was left: high by Hake’s measure" in page


def test_nobody_with_both_tests_is_said(taught: InsightClass) -> None:
    pretest, assignment = taught.assignment(title="Before"), taught.assignment(title="After")
    taught.crowd(assignment)
    assignment.pretest_id = pretest.id
    taught.session.commit()

    assert "Nobody has taken both tests yet" in taught.page("/gain", assignment=assignment.id)
    assert taught.trainer.client.get(f"{taught.path}/gain.svg?assignment={assignment.id}").status_code == 404


def test_a_test_without_the_body_map_says_so(taught: InsightClass) -> None:
    taught.crowd(taught.assignment())

    assert "No question of this test uses the body map" in taught.page("/answers")
    for which in ("muscles", "places"):
        assert taught.trainer.client.get(f"{taught.path}/{which}.svg").status_code == 404


def test_the_body_map_has_its_matrices_tables_and_pictures(taught: InsightClass, make: Factory, clock: Clock) -> None:
    assignment = take_map_tests(taught.session, make, taught.hand, clock, taught.trainer)
    taught.cohort = taught.session.get_one(Cohort, assignment.cohort_id)

    text = taught.trainer.client.get(f"{taught.path}/answers").text
    page = taught.page("/answers")

    assert len(re.findall(r'<svg class="plot plot--heat', text)) == 2
    assert page.count("(correct): 1") == 6
    for which in ("muscles", "places"):
        picture = taught.picture(f"/{which}.svg")
        assert len(picture.findall(f".//{SVG}rect[@class='heat heat--right']")) == 3
        assert picture.find(f"{SVG}title") is not None


def test_the_question_analysis_can_be_saved_as_csv(taught: InsightClass) -> None:
    taught.crowd(taught.assignment(title="Safety"))

    reply = taught.trainer.client.get(f"{taught.path}/questions.csv")

    assert reply.mimetype == "text/csv"
    assert reply.headers["Content-Disposition"] == "attachment; filename=safety.csv"
    lines = reply.text.splitlines()
    assert lines[0].startswith("\ufeffQuestion,Version,Kind")
    assert len(lines) > 40


def test_a_saved_picture_stands_alone(taught: InsightClass) -> None:
    """Fails when it needs a stylesheet, a font or a script from elsewhere, or has no title."""
    taught.crowd(taught.assignment())

    picture = taught.picture("/scores.svg")
    text = taught.trainer.client.get(f"{taught.path}/scores.svg").text

    assert picture.findtext(f"{SVG}title")
    used = {name for element in picture.iter() for name in (element.get("class") or "").split()}
    styled = set(re.findall(r"\.([a-z][\w-]+)", picture.findtext(f"{SVG}style") or ""))
    assert {name for name in used if not name.startswith("plot--") and name != "plot"} <= styled
    assert not re.search(r"var\(|@import|url\(|href|<script", text)


def test_every_group_has_a_label() -> None:
    """Fails when the page of a question ends with an error for a cohort of another size."""
    assert {name for names in GROUP_NAMES.values() for name in names} == set(GROUP_LABELS)
