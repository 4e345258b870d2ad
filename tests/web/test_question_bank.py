"""The question bank of trainers and administrators: filters, statistics of own cohorts, and keys that stay hidden."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.content import Use
from app.models import Attempt, AttemptItem, ModuleRow, QuestionReport, QuestionRow, QuestionVersion
from app.services.assignments import assignments
from app.services.course import catalogue
from app.services.reporting import question_bank
from app.services.reporting.question_bank import BankOrder, BankQuery, FacilityBand
from tests.support.assigned_test import start_attempt, take_test
from tests.support.factory import Factory, Person
from tests.support.question_kinds import MARKED_BY_KEY


def _list(session: Session, viewer: Person, **asked: object) -> list[question_bank.BankLine]:
    found: list[question_bank.BankLine] = []
    for number in range(1, 99):
        page = question_bank.list_page(session, viewer.viewer, BankQuery(**asked, page=number)).page  # type: ignore[arg-type]
        found += page.items
        if number >= page.pages:
            break
    return found


def _test_question(session: Session, module: str = "safety") -> int:
    return session.scalars(
        select(QuestionVersion.id)
        .join(QuestionRow, QuestionRow.id == QuestionVersion.question_id)
        .join(ModuleRow, ModuleRow.id == QuestionRow.module_id)
        .where(ModuleRow.slug == module, QuestionRow.use == Use.TEST, QuestionVersion.superseded_at.is_(None))
        .order_by(QuestionVersion.id)
    ).first() or pytest.fail("no question")


def _key(session: Session, version_id: int) -> str:
    return catalogue.get_solutions(session, [version_id])[version_id].explanation[:30]


def test_every_filter_keeps_what_it_names(trainer: Person, session: Session) -> None:
    everything = _list(session, trainer)
    assert len(everything) == len({line.version_id for line in everything}) > 10
    one = everything[-1]

    assert {line.module_slug for line in _list(session, trainer, module=one.module_slug)} == {one.module_slug}
    assert {line.objective_id for line in _list(session, trainer, objective=one.objective_id)} == {one.objective_id}
    assert {line.level for line in _list(session, trainer, level=one.level)} == {one.level}
    assert {line.use for line in _list(session, trainer, use=Use.TEST)} == {Use.TEST}
    assert all(line.text.is_critical for line in _list(session, trainer, is_critical=True))
    assert {line.band for line in _list(session, trainer, facility=FacilityBand.NONE)} == {FacilityBand.NONE}
    assert _list(session, trainer, facility=FacilityBand.HARD) == []
    assert _list(session, trainer, is_reported=True) == []
    assert one.version_id in {line.version_id for line in _list(session, trainer, words=one.slug.upper())}
    assert _list(session, trainer, words="no such words") == []


@pytest.mark.parametrize("kind", MARKED_BY_KEY, ids=str)
def test_each_kind_can_be_chosen_and_has_a_name(trainer: Person, session: Session, kind: object) -> None:
    name = str(kind)
    has_any = session.scalars(select(QuestionVersion.id).where(QuestionVersion.kind == name)).first()

    found = _list(session, trainer, kind=name)
    page = trainer.client.get("/teach/questions").text

    assert bool(found) is (has_any is not None)
    assert {line.kind.name for line in found} <= {name}
    if found:
        option = re.search(rf'<option\s+value="{name}"[^>]*>\s*([^<]+?)\s*</option>', page)
        assert option
        assert option[1] != name


def test_statistics_are_those_of_the_viewer_s_own_cohorts(trainer: Person, make: Factory, session: Session) -> None:
    """Fails when a trainer sees how the learners of others did."""
    other = make.trainer()
    mine, theirs = make.person(), make.person()
    take_test(session, mine, make.assignment(trainer, make.cohort(trainer, mine)), make.now(), is_right=True)
    take_test(session, theirs, make.assignment(other, make.cohort(other, theirs)), make.now(), is_right=False)

    def facilities(viewer: Person) -> set[float]:
        return {line.facility.percent for line in _list(session, viewer) if line.facility}

    assert facilities(trainer) == {100}
    assert facilities(other) == {0}
    assert facilities(make.trainer()) == set()
    assert facilities(make.admin()) >= {0}


def test_the_page_of_a_question_shows_only_own_assignments_and_reports(
    trainer: Person, make: Factory, session: Session
) -> None:
    other = make.trainer()
    learner = make.person()
    assignment = make.assignment(other, make.cohort(other, learner, title="Their cohort"), title="Their test")
    take_test(session, learner, assignment, make.now(), is_right=True)
    attempt = session.scalars(select(Attempt).where(Attempt.assignment_id == assignment.id)).one()
    session.add(QuestionReport(attempt_id=attempt.id, position=1, says="Two are right.", reported_at=make.now()))
    session.commit()
    version_id = session.scalars(
        select(AttemptItem.version_id).where(AttemptItem.attempt_id == attempt.id, AttemptItem.position == 1)
    ).one()
    address = f"/teach/questions/{version_id}"

    theirs, mine = other.client.get(address).text, trainer.client.get(address).text

    for words in ("Their test", "Their cohort", "Two are right."):
        assert words in theirs
        assert words not in mine
    assert [line.version_id for line in _list(session, other, is_reported=True)] == [version_id]
    assert _list(session, trainer, is_reported=True) == []
    assert _list(session, other, order=BankOrder.REPORTED)[0].open_reports == 1


def test_the_answer_is_shown_on_demand(trainer: Person, session: Session) -> None:
    version_id = _test_question(session)
    address = f"/teach/questions/{version_id}"

    assert _key(session, version_id) not in trainer.client.get(address).text
    assert _key(session, version_id) in trainer.client.get(f"{address}?key=1").text


@pytest.mark.parametrize("role", ["trainer", "admin"])
def test_who_has_a_test_on_the_module_does_not_see_its_keys(make: Factory, session: Session, role: str) -> None:
    """Fails when a trainer who learns in a colleague's cohort reads the answers of the exam in the bank."""
    student, teacher = (make.trainer() if role == "trainer" else make.admin()), make.trainer()
    cohort = make.cohort(teacher, student)
    assignment = make.assignment(teacher, cohort)
    version_id = _test_question(session)
    address = f"/teach/questions/{version_id}?key=1"

    page = student.client.get(address).text
    assert _key(session, version_id) not in page
    assert "The answer is hidden" in page
    assert "Show the answer" not in page
    assert _key(session, version_id) in teacher.client.get(address).text
    elsewhere = _test_question(session, "evidence")
    assert _key(session, elsewhere) in student.client.get(f"/teach/questions/{elsewhere}?key=1").text

    start_attempt(session, student, assignment, make.now())
    assert _key(session, version_id) not in student.client.get(address).text
    taught = assignments.get_for(session, teacher.viewer, assignment.id)
    assert taught is not None
    assignments.withdraw(session, teacher.user, taught, make.now())
    session.commit()
    assert _key(session, version_id) not in student.client.get(address).text  # their attempt is still open


def test_a_module_s_own_test_that_is_open_hides_its_keys(trainer: Person, session: Session) -> None:
    version_id = _test_question(session)
    trainer.client.post("/modules/safety/attempts", data={"mode": "test"})

    assert _key(session, version_id) not in trainer.client.get(f"/teach/questions/{version_id}?key=1").text


def test_any_query_shows_a_page(trainer: Person) -> None:
    for query in (
        "module=x&objective=y&level=z&kind=w&use=v&facility=u&order=t&page=s",
        "page=99999999999",
        "objective=99999999999999999999",
        f"q={'x' * 3000}",
        "q=%00",
        "former=1&critical=1&reported=1",
        *(f"order={order}" for order in BankOrder),
        *(f"facility={band}" for band in FacilityBand),
    ):
        assert trainer.client.get(f"/teach/questions?{query}").status_code == 200, query
    assert trainer.client.get("/teach/questions/999999").status_code == 404


def test_the_bank_takes_as_many_statements_however_much_was_answered(
    trainer: Person, make: Factory, session: Session, statements: Callable[[], list[str]]
) -> None:
    counts = []
    for _ in range(2):
        learner = make.person()
        take_test(session, learner, make.assignment(trainer, make.cohort(trainer, learner)), make.now(), is_right=True)
        trainer.client.get("/teach/questions")
        statements()
        trainer.client.get("/teach/questions")
        counts.append(len(statements()))

    assert counts[0] == counts[1] <= 5


def test_statistics_read_a_bounded_number_of_attempts(
    trainer: Person, make: Factory, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question_bank, "MAX_ATTEMPTS", 1)
    people = [make.person(), make.person()]
    assignment = make.assignment(trainer, make.cohort(trainer, *people))
    take_test(session, people[0], assignment, make.now(), is_right=False)
    take_test(session, people[1], assignment, make.now(), is_right=True)

    assert {line.facility.percent for line in _list(session, trainer) if line.facility} == {100}


def test_a_large_cohort_does_not_hide_the_answers_of_a_small_one(
    trainer: Person, make: Factory, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails when the newer attempts of one cohort, or those of other trainers, are all that is counted."""
    monkeypatch.setattr(question_bank, "MAX_ATTEMPTS", 4)
    monkeypatch.setattr(question_bank, "MAX_ATTEMPTS_OF_ONE", 2)
    of_small = _take_tests(session, make, trainer, "Small cohort", learners=1, is_right=False)[0]
    _take_tests(session, make, trainer, "Large cohort", learners=4, is_right=True)
    _take_tests(session, make, make.trainer(), "Cohort of another", learners=2, is_right=True)
    versions = session.scalars(select(AttemptItem.version_id).where(AttemptItem.attempt_id == of_small.id)).all()

    found = {line.version_id: line.facility for line in _list(session, trainer) if line.facility}
    question = question_bank.get_question(session, trainer.viewer, versions[0])

    assert sum(facility.answers for facility in found.values()) == 3 * len(versions)
    assert all(found[version_id].percent < 100 for version_id in versions)
    assert question is not None
    assert ("Small cohort", 1) in [(use.cohort_title, use.facility.answers) for use in question.uses]


def _take_tests(
    session: Session, make: Factory, trainer: Person, title: str, *, learners: int, is_right: bool
) -> list[Attempt]:
    people = [make.person() for _ in range(learners)]
    assignment = make.assignment(trainer, make.cohort(trainer, *people, title=title))
    return [take_test(session, learner, assignment, make.now(), is_right=is_right) for learner in people]
