"""What published libraries cost: no statement for each of them, and a bounded memory."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from app.domain.content import Use
from app.models import Publication
from app.services.course.memory import MAX_LIBRARIES, get_memory
from tests.conftest import Clock
from tests.support.factory import Factory, Person
from tests.support.published_library import QUESTIONS, publish, replace_text

MODULE, LESSON = "/modules/our-bank.first-module", "/modules/our-bank.first-module/lessons/our-bank.first-lesson"


def test_pages_cost_the_same_with_more_libraries(
    make: Factory,
    trainer: Person,
    learner: Person,
    session: Session,
    clock: Clock,
    statements: Callable[[], list[str]],
) -> None:
    """Fails when a library or one of its modules is a query."""
    cohort = make.cohort(trainer, learner)
    publish(session, trainer.user, make.library(trainer, "Our bank"), clock.now)
    assignment = make.assignment(trainer, cohort, "our-bank.first-module", question_use=Use.EXAM)
    pages = (
        *((learner, page) for page in ("/", "/progress", MODULE, LESSON, f"/assignments/{assignment.id}")),
        *(
            (trainer, page)
            for page in ("/studio", "/studio/our-bank/publication", "/teach/questions", "/teach/sources")
        ),
        (trainer, f"/teach/cohorts/{cohort.id}/assignments/new"),
        (trainer, f"/teach/cohorts/{cohort.id}/gradebook"),
    )

    def count() -> dict[str, int]:
        found = {}
        for person, page in pages:
            assert person.client.get(page).status_code == 200
            statements()
            person.client.get(page)
            found[page] = len(statements())
        return found

    before = count()
    for name in ("Second", "Third", "Fourth"):
        more = make.library(trainer, name)
        publish(session, trainer.user, more, clock.now)
        make.assignment(trainer, cohort, f"{more.slug}.first-module", question_use=Use.EXAM)

    assert count() == before


def test_publishing_a_library_leaves_the_course_in_memory(
    make: Factory, trainer: Person, learner: Person, session: Session, clock: Clock
) -> None:
    learner.client.get("/")
    before = get_memory(session)
    library = make.library(trainer)
    publish(session, trainer.user, library, clock.now)
    mine = get_memory(session, library.id)
    replace_text(session, trainer.user, library, QUESTIONS, "After their answer", "At once", clock.now)

    publish(session, trainer.user, library, clock.now)

    assert get_memory(session) is before
    assert get_memory(session, library.id) is not mine


def test_a_process_keeps_a_bounded_number_of_libraries(session: Session, make: Factory, clock: Clock) -> None:
    trainer = make.trainer()
    numbers = [make.library(trainer, f"Bank {n}").id for n in range(MAX_LIBRARIES + 1)]
    session.add_all(
        Publication(library_id=n, digest="d", title="", red_flags="", changes={}, published_at=clock.now)
        for n in numbers
    )
    session.flush()
    first = get_memory(session, numbers[0])

    assert get_memory(session, numbers[0]) is first
    for number in numbers[1:]:
        get_memory(session, number)
    assert get_memory(session, numbers[0]) is not first
