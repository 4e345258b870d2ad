"""Progress as a picture of the objectives, and practice of single ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from markupsafe import escape
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.mastery import Mastery
from app.models import Attempt, AttemptItem, ObjectiveRow, QuestionVersion
from tests.conftest import NOW, Clock
from tests.support.attempt_client import start, start_assigned
from tests.support.factory import AFTER_CLOSING, Factory, Person
from tests.support.progress_views import view_progress


def asked(session: Session) -> list[int]:
    """The objectives of the latest attempt, in the order of its questions."""
    latest = session.scalars(select(Attempt.id).order_by(Attempt.id.desc())).first()
    return list(
        session.scalars(
            select(QuestionVersion.objective_id)
            .join(AttemptItem, AttemptItem.version_id == QuestionVersion.id)
            .where(AttemptItem.attempt_id == latest)
            .order_by(AttemptItem.position)
        )
    )


def wrong_in_two_modules(make: Factory, session: Session, clock: Clock) -> Person:
    learner = make.person()
    for module in ("safety", "evidence"):
        play = start(learner.client, session, "practice", module)
        play.answer_all(wrong=[1, 2, 3])
        play.submit()
        clock.advance(hours=1)
    return learner


# -- one objective ----------------------------------------------------------------------------------------------------


def test_every_objective_that_can_be_chosen_can_be_practised(make: Factory, session: Session, clock: Clock) -> None:
    """The list and the action ask the same rule."""
    learner = wrong_in_two_modules(make, session, clock)
    page = learner.client.get("/progress").text
    ids = {int(found) for found in re.findall(r'name="objective" value="(\d+)"', page)}

    for objective_id in sorted(ids):
        reply = learner.client.post("/practice", data={"objective": str(objective_id)})
        assert re.search(r"/attempts/\d+$", reply.location)
        assert set(asked(session)) == {objective_id}

    assert len(ids) == session.scalar(select(func.count(ObjectiveRow.id)).where(ObjectiveRow.retired_at.is_(None)))


def test_a_retired_objective_is_neither_shown_nor_practised(make: Factory, session: Session, clock: Clock) -> None:
    learner = wrong_in_two_modules(make, session, clock)
    objective = session.scalars(select(ObjectiveRow)).first()
    assert objective
    objective.retired_at = clock.now
    session.commit()

    assert f'value="{objective.id}"' not in learner.client.get("/progress").text
    assert learner.client.post("/practice", data={"objective": str(objective.id)}).status_code == 404


@pytest.mark.parametrize("sent", ["x", "-1", "0", "1.5", ""])
def test_what_is_no_objective_is_refused(sent: str, make: Factory, session: Session) -> None:
    assert make.person().client.post("/practice", data={"objective": sent}).status_code == 400


# -- the page ---------------------------------------------------------------------------------------------------------


def test_each_objective_is_named_with_its_answers_in_words_and_what_to_do(
    make: Factory, session: Session, clock: Clock
) -> None:
    learner = wrong_in_two_modules(make, session, clock)
    view = view_progress(session, learner.learner, clock.now)
    page = learner.client.get("/progress").text
    rows = [
        row.split("</li>")[0] for row in page[page.index('id="objectives"') :].split('<li class="objective-row">')[1:]
    ]

    objectives = [one for module in view.modules for one in module.objectives]
    assert len(rows) == view.objectives
    for one, row in zip(objectives, rows, strict=True):
        assert str(escape(one.title)) in row
        if one.level.of:
            words = f"{one.level.right} correct" + (f", {one.level.wrong} wrong" if one.level.wrong else "")
            assert words in row
            assert f"latest-marks--right-{one.level.right} latest-marks--of-{one.level.of}" in row
        else:
            assert "Not asked yet" in row
            assert "wrong" not in row
        assert f'href="/modules/{one.module_slug}/lessons/{one.lesson_slug}' in row
        assert f'name="objective" value="{one.id}"' in row


def test_the_map_has_a_square_for_each_objective_and_its_table_the_numbers(
    make: Factory, session: Session, clock: Clock
) -> None:
    learner = wrong_in_two_modules(make, session, clock)
    view = view_progress(session, learner.learner, clock.now)

    page = learner.client.get("/progress").text
    map_rows = page[page.index('<ul class="mastery-map"') : page.index('<ul class="mastery-key')].split("<li>")[1:]
    table = page[page.index("<summary>As a table") :]
    table_rows = table[table.index("<tbody>") : table.index("</tbody>")].split("<tr>")[1:]

    assert len(map_rows) == len(table_rows) == len(view.modules)
    for module, squares, numbers in zip(view.modules, map_rows, table_rows, strict=True):
        levels = [one.level.mastery for one in module.objectives]
        assert re.findall(r"mastery-square--(\w+)", squares) == levels
        assert f"{module.secure} of {len(levels)} secure" in squares
        assert [int(number) for number in re.findall(r"<td[^>]*>(\d+)</td>", numbers)] == [
            levels.count(mastery) for mastery in reversed(Mastery)
        ]


def test_a_row_of_the_map_leads_to_its_unfolded_module(make: Factory, session: Session, clock: Clock) -> None:
    learner = wrong_in_two_modules(make, session, clock)

    page = learner.client.get("/progress").text
    path, _, place = re.findall(r'class="mastery-map__module"\s+href="([^"#]+)(#)([^"]+)"', page)[-1]
    followed = learner.client.get(path).text

    assert re.findall(r'id="(objectives-[\w-]+)"\s+open', page) == []
    assert re.findall(r'id="(objectives-[\w-]+)"\s+open', followed) == [place]


def test_what_to_practise_first_is_named_before_everything_else(make: Factory, session: Session, clock: Clock) -> None:
    learner = make.person()
    play = start(learner.client, session, "practice", "safety")
    play.answer_all(wrong=[one.n for one in play.questions()])
    play.submit()
    view = view_progress(session, learner.learner, clock.now)

    page = learner.client.get("/progress").text
    first = page[page.index('id="practise-first"') : page.index('id="objectives"')]

    assert [int(number) for number in re.findall(r'name="objective" value="(\d+)"', first)] == [
        one.id for one in view.weakest[:4]
    ]
    assert first.count("Last answer wrong") == sum(one.level.is_latest_wrong for one in view.weakest[:4]) > 0


def test_a_learner_without_answers_reads_how_to_begin(make: Factory) -> None:
    page = make.person().client.get("/progress").text

    assert "You have not answered a question yet." in page
    assert 'id="practise-first"' not in page


@pytest.mark.parametrize("query", ["?objective=999999", "?objective=x", "?page=0", "?page=x", "?page=99"])
def test_a_strange_query_shows_the_page(query: str, make: Factory, session: Session, clock: Clock) -> None:
    learner = wrong_in_two_modules(make, session, clock)

    assert learner.client.get(f"/progress{query}").status_code == 200


def test_attempts_are_listed_in_pages(make: Factory, session: Session, clock: Clock) -> None:
    learner = make.person()
    for _ in range(23):
        start(learner.client, session, "practice").submit()
        clock.advance(hours=1)

    first, second = (learner.client.get(f"/progress?page={number}").text for number in (1, 2))

    assert first.count("practice ") - first.count("practice</") >= 20
    assert "Safety: practice 23" in first
    assert "Safety: practice 3<" not in first
    assert "Safety: practice 3<" in second
    assert "Page 2 of 2" in second
    assert re.search(r'id="attempts"\s+open', second)


def test_an_attempt_whose_score_is_not_released_is_listed_without_it(make: Factory, session: Session) -> None:
    trainer, learner = make.trainer(), make.person()
    due = NOW + timedelta(days=1)
    assignment = make.assignment(trainer, make.cohort(trainer, learner), due_at=due, policy=AFTER_CLOSING)
    start_assigned(learner.client, session, assignment.id).submit()
    page = learner.client.get("/progress").text
    scores = view_progress(session, learner.learner, NOW)

    assert all((one.percent is None) == (one.is_passed is None) for one in scores.attempts.items)
    assert ("Score not released yet" in page) == (scores.attempts.items[0].percent is None)


def test_progress_costs_the_same_after_many_attempts(
    make: Factory, session: Session, clock: Clock, statements: Callable[[], list[str]]
) -> None:
    learner = wrong_in_two_modules(make, session, clock)

    def cost() -> int:
        statements()
        learner.client.get("/progress")
        return len(statements())

    cost()  # once in a while, a page also stores that the sign-in was used
    before = cost()
    for _ in range(4):
        play = start(learner.client, session, "practice")
        play.answer_all(wrong=[1])
        play.submit()

    assert cost() == before <= 8
