"""The pages of insight: what to talk about, learning gain, the body map, and what can be saved."""

from __future__ import annotations

import re

from app.models import Assignment, Cohort
from tests.conftest import Clock
from tests.crowd import hand_in
from tests.factory import Make
from tests.pointing import on_map
from tests.web.insight_class import SVG, Class


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
