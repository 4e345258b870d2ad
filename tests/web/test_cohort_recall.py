"""What a cohort would still remember, as its trainers see it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain import recall
from app.models import Assignment, Cohort, MemoryCard, ModuleRow, ObjectiveRow
from app.services.attempts import cards
from app.services.cohorts import cohorts
from app.services.reporting import cohort_recall
from app.services.reporting.cohort_recall import MIN_LEARNERS, CohortRecall
from tests.conftest import Clock
from tests.support import composed
from tests.support.attempt_client import start, start_assigned
from tests.support.factory import Factory, Person
from tests.support.review_client import update_cards

YEAR = timedelta(days=365)


@pytest.fixture
def trainer(make: Factory) -> Person:
    return make.trainer()


@pytest.fixture
def learners(make: Factory) -> list[Person]:
    return [make.person() for _ in range(MIN_LEARNERS)]


@pytest.fixture
def cohort(make: Factory, trainer: Person, learners: Sequence[Person]) -> Cohort:
    """A cohort of as many learners as a mean needs, with a test on safety."""
    cohort = make.cohort(trainer, *learners)
    make.assignment(trainer, cohort)
    return cohort


def give_card(session: Session, person: Person, clock: Clock, stability: float = 10.0, module: str = "safety") -> int:
    """Give a person a card of the first objective of a module, ten days old; return the id of the objective."""
    objective = session.scalars(
        select(ObjectiveRow)
        .join(ModuleRow, ModuleRow.id == ObjectiveRow.module_id)
        .where(ModuleRow.slug == module)
        .order_by(ObjectiveRow.position)
    ).first()
    assert objective
    session.add(
        MemoryCard(
            learner_id=person.learner.id,
            objective_id=objective.id,
            stability=stability,
            difficulty=5,
            reviewed_at=clock.now - timedelta(days=10),
            is_urgent=False,
            due_at=clock.now,
        )
    )
    session.commit()
    return objective.id


def get_view(session: Session, cohort: Cohort, clock: Clock, days: int = 0) -> CohortRecall:
    day = (clock.now + timedelta(days=days)).date()
    return cohort_recall.view_recall(session, cohort, recall.choose_moment(day, clock.now, "UTC"))


def test_it_works(
    make: Factory, trainer: Person, learners: Sequence[Person], cohort: Cohort, session: Session, clock: Clock
) -> None:
    """Five learners remember an objective with 90 % on average; in a year, with less."""
    for person in learners:
        number = give_card(session, person, clock)

    path = f"/teach/cohorts/{cohort.id}/insight/recall"
    page, later = (trainer.client.get(path + query).text for query in ("", f"?on={clock.now.date() + YEAR}"))

    [shown] = get_view(session, cohort, clock).estimated
    assert (shown.id, shown.learners, shown.estimate.percent_today) == (number, MIN_LEARNERS, 90)  # type: ignore[union-attr]
    assert "Today the cohort would remember 90%" in page
    assert page.count("mastery-square--firm") == 2
    assert re.search(r"On [^<]+ the cohort would remember [1-7]\d%", later)
    assert "recall 90%" not in later


def test_the_mean_is_that_of_all_members_with_a_card(
    make: Factory, learners: Sequence[Person], cohort: Cohort, session: Session, clock: Clock
) -> None:
    for person, stability in zip(learners, (1.0, 5.0, 10.0, 50.0, 200.0), strict=True):
        give_card(session, person, clock, stability)
    moment = recall.choose_moment(clock.now.date() + timedelta(days=20), clock.now, "UTC")
    memories = [cards.get_memory(row) for row in session.scalars(select(MemoryCard))]
    each = [recall.estimate_recall(one, moment) for one in memories]

    [shown] = get_view(session, cohort, clock, 20).estimated

    assert shown.estimate
    assert shown.estimate.today == pytest.approx(sum(one.today for one in each) / len(each))
    assert shown.estimate.then == pytest.approx(sum(one.then for one in each) / len(each))


def test_fewer_than_five_learners_have_no_mean(
    trainer: Person, learners: Sequence[Person], cohort: Cohort, session: Session, clock: Clock
) -> None:
    """A mean of few would tell what one of them practised."""
    for person in learners[1:]:
        give_card(session, person, clock)

    page = trainer.client.get(f"/teach/cohorts/{cohort.id}/insight/recall").text

    assert get_view(session, cohort, clock).estimated == ()
    assert "No estimate yet" in page
    assert "mastery-square" not in page


def test_only_current_members_and_modules_assigned_here_count(
    make: Factory, trainer: Person, learners: Sequence[Person], cohort: Cohort, session: Session, clock: Clock
) -> None:
    stranger, gone = make.person(), make.person()
    make.join(cohort, gone)
    for person in (*learners, stranger, gone):
        give_card(session, person, clock)
        give_card(session, person, clock, module="evidence")
    assert [one.learners for one in get_view(session, cohort, clock).estimated] == [MIN_LEARNERS + 1]

    cohorts.remove_member(session, trainer.user, cohort, gone.learner.id, clock.now)
    session.commit()

    found = get_view(session, cohort, clock)
    assert [module.slug for module in found.modules] == ["safety"]
    assert [one.learners for one in found.estimated] == [MIN_LEARNERS]


def test_all_modules_of_a_composed_test_count(
    make: Factory, trainer: Person, learners: Sequence[Person], session: Session, clock: Clock
) -> None:
    """Fails when only the module of its first line does."""
    cohort = make.cohort(trainer, *learners)
    composed.assign(make, trainer, cohort, composed.compose(make, trainer))
    for person in learners:
        give_card(session, person, clock, module="evidence")

    found = get_view(session, cohort, clock)

    assert {module.slug for module in found.modules} == {"safety", "evidence"}
    assert [one.module_slug for one in found.estimated] == ["evidence"]


def test_who_needs_help_follows_from_the_tests_of_this_cohort(
    make: Factory, trainer: Person, learners: Sequence[Person], cohort: Cohort, session: Session, clock: Clock
) -> None:
    """Practice and self-tests are private, and a later right answer counts instead of an earlier wrong one."""
    assignment = session.scalars(select(Assignment)).one()
    bad, better, private, *_ = learners
    everything = range(1, 30)
    for person, wrong in ((bad, everything), (better, everything), (better, ())):
        play = start_assigned(person.client, session, assignment.id)
        play.answer_all(wrong=wrong)
        play.submit()
        clock.advance(hours=1)
    for kind in ("practice", "test"):
        play = start(private.client, session, kind)
        play.answer_all(wrong=everything)
        play.submit()
    update_cards(session, clock)

    found = get_view(session, cohort, clock).in_need
    page = trainer.client.get(f"/teach/cohorts/{cohort.id}/insight/recall").text
    part = page[page.index('id="in-need"') :]

    by_learner = {one.learner_id: one for one in found}
    assert by_learner[bad.learner.id].wrong == by_learner[bad.learner.id].asked > 0
    assert set(by_learner) <= {bad.learner.id, better.learner.id}
    assert all(one.wrong < one.asked for one in found if one.learner_id == better.learner.id)
    order = [(one.critical, one.wrong) for one in found]
    assert order == sorted(order, reverse=True)
    assert f'href="/teach/cohorts/{cohort.id}/messages/new?to={bad.learner.id}"' in part
    assert f'href="/teach/cohorts/{cohort.id}/learners/{bad.learner.id}"' in part


@pytest.mark.parametrize("asked", ["2020-01-01", "9999-12-31", "soon"])
def test_a_day_without_forecast_is_explained(
    asked: str, trainer: Person, learners: Sequence[Person], cohort: Cohort, session: Session, clock: Clock
) -> None:
    for person in learners:
        give_card(session, person, clock)

    reply = trainer.client.get(f"/teach/cohorts/{cohort.id}/insight/recall?on={asked}")

    assert reply.status_code == 200
    assert "Choose a day from today to a year from now." in reply.text


def test_the_page_takes_as_many_statements_for_thirty_learners(
    make: Factory,
    trainer: Person,
    learners: Sequence[Person],
    cohort: Cohort,
    session: Session,
    clock: Clock,
    statements: Callable[[], list[str]],
) -> None:
    def cost() -> int:
        path = f"/teach/cohorts/{cohort.id}/insight/recall"
        trainer.client.get(path)
        statements()
        trainer.client.get(path)
        return len(statements())

    for person in learners:
        give_card(session, person, clock)
    before = cost()
    for _ in range(25):
        person = make.person()
        make.join(cohort, person)
        give_card(session, person, clock)

    assert cost() == before == 7
