"""SELECT, INSERT, UPDATE and DELETE per request: few, and as many after years as on the first day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Attempt, LessonProgress, LessonRow, QuestionVersion
from app.services.attempts import attempts
from app.services.course import catalogue
from app.services.marking.submission import submit
from tests.conftest import Clock
from tests.support.attempt_client import JSON, AttemptClient, follow_start, start
from tests.support.factory import Factory, Person
from tests.support.submissions import AnswerKey, join_with_the_same_paper, submit_test

Statements = Callable[[], list[str]]

QUESTION = 6
ANSWER = 7
START = RESULT = 8
SUBMIT = 9

KINDS = ["guest's practice", "member's practice", "member's test", "assigned test"]


@pytest.fixture(autouse=True)
def _warm(session: Session) -> None:
    """Published versions never change, and a process keeps them in memory: as after its first minutes."""
    versions = list(session.scalars(select(QuestionVersion.id)))
    catalogue.get_texts(session, versions)
    catalogue.get_solutions(session, versions)


def ready(kind: str, make: Factory) -> tuple[FlaskClient, str, dict[str, str]]:
    """A browser, and the post that starts an attempt of this kind."""
    if kind == "guest's practice":
        client = make.app.test_client()
        client.post("/modules/safety/lessons/red-flags/done")
        return client, "/modules/safety/attempts", {"mode": "practice"}
    trainer, learner = make.trainer(), make.person()
    if kind == "assigned test":
        assignment = make.assignment(trainer, make.cohort(trainer, learner), time_limit_minutes=15, attempts_allowed=50)
        return learner.client, f"/assignments/{assignment.id}/attempts", {}
    return learner.client, "/modules/safety/attempts", {"mode": kind.rpartition(" ")[2]}


class Counter:
    """How many statements each step of an attempt takes."""

    def __init__(self, statements: Statements) -> None:
        self.statements = statements
        self.steps: dict[str, int] = {}

    def step(self, name: str, request: Callable[[], object]) -> object:
        self.statements()
        reply = request()
        self.steps[name] = max(self.steps.get(name, 0), len(self.statements()))
        return reply


def play(
    client: FlaskClient, session: Session, path: str, form: dict[str, str], statements: Statements
) -> dict[str, int]:
    """Play a whole attempt; return the most statements that each step took."""
    counter = Counter(statements)
    started = counter.step("start", lambda: client.post(path, data=form))
    counter.step("start again", lambda: client.post(path, data=form))
    taken = follow_start(client, session, started)  # type: ignore[arg-type]
    for one in taken.questions():
        headers = JSON if one.n % 2 else {}
        counter.step("question", partial(taken.page, one.n))
        data = {"option": str(one.right[0]), "revision": "0", "save_id": f"s{one.n}"}
        counter.step(
            "answer",
            partial(client.post, f"{taken.path}/{one.n}", data=data, headers=headers),
        )
        counter.step("repeated", partial(client.post, f"{taken.path}/{one.n}", data=data))
        stale = {"option": str(one.wrong), "revision": "0", "save_id": "t"}
        counter.step("conflict", partial(client.post, f"{taken.path}/{one.n}", data=stale))
        counter.step("question seen again", partial(taken.page, one.n))
    counter.step("summary", taken.summary)
    counter.step("submit", taken.submit)
    counter.step("result", taken.result)
    return counter.steps


@pytest.mark.parametrize("kind", KINDS)
def test_an_attempt_takes_few_statements(kind: str, make: Factory, session: Session, statements: Statements) -> None:
    """Fails when a question's options, a mark or a standing is loaded or written one by one."""
    client, path, form = ready(kind, make)
    play(client, session, path, form, statements)

    steps = play(client, session, path, form, statements)

    assert steps["question"] <= QUESTION
    assert steps["question seen again"] <= QUESTION
    assert steps["summary"] <= QUESTION
    assert steps["answer"] <= ANSWER
    assert steps["repeated"] <= ANSWER
    assert steps["conflict"] <= 2 * QUESTION
    assert steps["start"] <= START
    assert steps["start again"] <= START
    assert steps["submit"] <= SUBMIT
    assert steps["result"] <= RESULT


@pytest.mark.parametrize("kind", KINDS)
def test_an_attempt_costs_the_same_after_thirty_others(
    kind: str, make: Factory, session: Session, statements: Statements
) -> None:
    """Fails when earlier attempts, their answers or marks are read one by one."""
    client, path, form = ready(kind, make)
    play(client, session, path, form, statements)
    second = play(client, session, path, form, statements)
    for _ in range(28):
        follow_start(client, session, client.post(path, data=form)).submit()

    thirty_first = play(client, session, path, form, statements)

    assert thirty_first == second


def count(client: FlaskClient, path: str, statements: Statements) -> int:
    assert client.get(path).status_code == 200
    statements()
    client.get(path)
    return len(statements())


PAGES = ["/", "/modules/safety", "/modules/safety/lessons/red-flags", "/progress", "/review"]


@pytest.mark.parametrize(
    ("page", "who", "most"),
    [
        ("/", "visitor", 1),
        ("/", "learner", 9),
        ("/modules/safety", "visitor", 4),
        ("/modules/safety", "learner", 8),
        ("/modules/safety/lessons/red-flags", "visitor", 1),
        ("/modules/safety/lessons/red-flags", "learner", 5),
        ("/review", "visitor", 0),
        ("/review", "learner", 6),
        ("/progress", "visitor", 0),
        ("/progress", "learner", 8),
    ],
)
def test_a_page_takes_a_fixed_number_of_statements(
    page: str, who: str, most: int, make: Factory, client: FlaskClient, statements: Statements
) -> None:
    """Fails when a page asks once more, for instance by a lazily loaded relationship."""
    assert count(client if who == "visitor" else make.person().client, page, statements) == most


def test_a_static_page_asks_the_database_for_nothing(client: FlaskClient, statements: Statements) -> None:
    assert count(client, "/healthz", statements) == 0
    assert count(client, "/login", statements) == 0


def studied(make: Factory, session: Session, clock: Clock, learner: Person, times: int) -> None:
    """Give a learner ``times`` closed tests and practices, made through the services, and some lessons opened."""
    module = make.module()
    for _ in range(times):
        for begin in (attempts.start_test, attempts.start_practice):
            attempt = begin(session, learner.learner, module, clock.now)
            submit(session, attempt, clock.now + timedelta(minutes=1))
            session.flush()
        clock.advance(hours=1)
    session.commit()


def costs(client: FlaskClient, statements: Statements) -> dict[str, int]:
    return {page: count(client, page, statements) for page in PAGES}


def test_pages_cost_the_same_after_thirty_attempts(
    make: Factory, session: Session, clock: Clock, statements: Statements
) -> None:
    """Fails when a page loads something for each attempt."""
    learner = make.person()
    studied(make, session, clock, learner, 1)
    after_one = costs(learner.client, statements)

    studied(make, session, clock, learner, 29)

    assert session.scalar(select(func.count(Attempt.id))) == 60
    assert costs(learner.client, statements) == after_one


def test_pages_cost_the_same_among_fifty_learners(
    make: Factory, session: Session, clock: Clock, statements: Statements
) -> None:
    """Fails when a page loads something for each learner, cohort or assignment."""
    trainer, learner = make.trainer(), make.person()
    make.assignment(trainer, make.cohort(trainer, learner))
    studied(make, session, clock, learner, 1)
    alone = costs(learner.client, statements)

    others = [make.person() for _ in range(49)]
    crowd = make.cohort(trainer, learner, *others)
    for _ in range(5):
        make.assignment(trainer, crowd)
    for other in others:
        studied(make, session, clock, other, 1)

    assert costs(learner.client, statements) == alone


def test_reports_cost_the_same_for_fifty_learners(
    make: Factory, session: Session, clock: Clock, statements: Statements
) -> None:
    """Fails when a row or a cell of the gradebook, or a learner in the analysis, is a query."""
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner)
    assignment = make.assignment(trainer, cohort)
    take(learner, session, assignment.id)
    pages = [
        f"/teach/cohorts/{cohort.id}",
        f"/teach/cohorts/{cohort.id}/gradebook.csv",
        f"/teach/assignments/{assignment.id}",
        f"/teach/cohorts/{cohort.id}/insight",
        f"/teach/cohorts/{cohort.id}/insight/scores.svg",
    ]
    for_one = [count(trainer.client, page, statements) for page in pages]

    for _ in range(49):
        other = make.person()
        other.client.post(f"/join/{cohort.join_code}")
        take(other, session, assignment.id)
    make.assignment(trainer, cohort)

    assert [count(trainer.client, page, statements) for page in pages] == for_one


def test_insight_takes_a_fixed_number_of_statements(
    make: Factory, session: Session, clock: Clock, statements: Statements
) -> None:
    """Who asks, overdue attempts, the cohort, its assignments, and what was answered. Fails when a line of a page is a query."""
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner)
    first = submit_test(session, learner, make.assignment(trainer, cohort), clock.now, AnswerKey(session).all_wrong)
    join_with_the_same_paper(session, first, cohort, 30, AnswerKey(session).rising)
    version_id = first.items[4].version_id
    question = f"/questions/{version_id}"

    found = {
        page: count(trainer.client, f"/teach/cohorts/{cohort.id}/insight{page}", statements)
        for page in ("", "/scores.svg", question, f"{question}/curves.svg")
    }

    assert found == {"": 12, "/scores.svg": 5, question: 13, f"{question}/curves.svg": 7}


def take(learner: Person, session: Session, assignment_id: int) -> AttemptClient:
    taken = follow_start(learner.client, session, learner.client.post(f"/assignments/{assignment_id}/attempts"))
    taken.submit()
    return taken


def test_an_answer_costs_the_same_whatever_the_length_of_its_log(
    make: Factory, session: Session, statements: Statements
) -> None:
    """Fails when saving reads the log of answers."""
    taken = start(make.person().client, session)
    one = taken.at(1)

    def save(revision: int) -> int:
        statements()
        form = {"option": str(revision % one.places), "revision": str(revision), "save_id": f"s{revision}"}
        assert taken.client.post(f"{taken.path}/1", data=form, headers=JSON).status_code == 200
        return len(statements())

    assert len({save(revision) for revision in range(60)}) == 1
    assert taken.log() == 60


def test_where_a_reader_is_costs_the_same_with_many_lessons_opened(
    make: Factory, session: Session, clock: Clock, statements: Statements
) -> None:
    learner = make.person()
    learner.client.post("/modules/safety/lessons/red-flags/done")
    with_one = count(learner.client, "/", statements)
    opened = select(LessonProgress.lesson_id)
    session.add_all(
        LessonProgress(learner_id=learner.learner.id, lesson_id=lesson_id, read_at=clock.now)
        for lesson_id in session.scalars(select(LessonRow.id).where(LessonRow.id.not_in(opened))).all()
    )
    session.commit()

    assert count(learner.client, "/", statements) == with_one
