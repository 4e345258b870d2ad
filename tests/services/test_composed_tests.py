"""Composed tests from composing to the result: what attempts take over, who may use them, and what later changes do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.domain.content import Use
from app.domain.correction import Remedy
from app.models import Attempt, LibraryPerson, LibraryRole, ModuleRow, QuestionRow, QuestionVersion, SourceRow
from app.services.assignments import assignments, availability, composed_tests
from app.services.attempts import attempts, releases, results, starts
from app.services.course import catalogue, compositions
from app.services.marking import corrections, regrading, submission
from app.services.marking.corrections import CorrectionDecision
from app.services.reporting import question_bank, samples, source_use
from app.services.reporting.question_bank import BankQuery
from app.services.reporting.source_use import QuestionUse, SourceUse
from tests.conftest import Clock
from tests.support import composed, question_kinds
from tests.support.assigned_test import start_attempt, take_test
from tests.support.exam_pool import add_exam_pool
from tests.support.factory import AFTER_CLOSING, Factory, Person
from tests.support.published_library import get_module, publish

DAY = timedelta(days=1)


@pytest.fixture
def ilse(make: Factory) -> Person:
    return make.trainer(name="Ilse")


@pytest.fixture
def mia(make: Factory) -> Person:
    return make.person(name="Mia")


def list_modules(session: Session, attempt: Attempt) -> list[str]:
    """The modules of an attempt's questions, in the order of the paper."""
    rows = session.execute(
        select(QuestionVersion.id, ModuleRow.slug)
        .join(QuestionRow, QuestionRow.id == QuestionVersion.question_id)
        .join(ModuleRow, ModuleRow.id == QuestionRow.module_id)
    )
    slugs = {version_id: slug for version_id, slug in rows}
    return [slugs[item.version_id] for item in attempt.items]


def view_result(session: Session, person: Person, attempt: Attempt, clock: Clock) -> results.ResultView:
    loaded = attempts.get_for(session, person.viewer, attempt.id)
    assert loaded is not None
    return results.view_result(session, loaded, clock())


def test_an_attempt_asks_section_by_section_and_keeps_the_rules(
    session: Session, make: Factory, ilse: Person, mia: Person, clock: Clock
) -> None:
    assignment = composed.assign(make, ilse, make.cohort(ilse, mia), composed.compose(make, ilse))

    attempt = start_attempt(session, mia, assignment, clock())

    assert list_modules(session, attempt) == ["safety", "safety", "evidence", "evidence"]
    assert [item.section for item in attempt.items] == [0, 0, 1, 1]
    assert [rule.title for rule in attempt.section_rules] == ["Safety first", "The evidence"]
    assert attempt.section_rules[0].pass_mark_percent == 50
    assert not attempt.section_rules[1].needs_critical_right


@pytest.mark.parametrize(("is_right", "passed", "percents"), [(True, True, [100, 100]), (False, False, [0, 0])])
def test_the_result_says_how_each_section_went(
    session: Session,
    make: Factory,
    ilse: Person,
    mia: Person,
    clock: Clock,
    is_right: bool,
    passed: bool,
    percents: list[int],
) -> None:
    assignment = composed.assign(make, ilse, make.cohort(ilse, mia), composed.compose(make, ilse))

    attempt = take_test(session, mia, assignment, clock(), is_right=is_right)
    found = view_result(session, mia, attempt, clock)

    assert attempt.is_passed is passed
    assert [section.percent for section in found.sections] == percents
    assert [section.rule.title for section in found.failed_sections] == ([] if is_right else ["Safety first"])


def test_a_change_applies_to_attempts_that_start_afterwards(
    session: Session, make: Factory, ilse: Person, mia: Person, clock: Clock
) -> None:
    test = composed.compose(make, ilse)
    assignment = composed.assign(make, ilse, make.cohort(ilse, mia), test)
    first = take_test(session, mia, assignment, clock(), is_right=True)

    only_safety = composed.section("Only safety", composed.draw(make, "safety", 3))
    composed_tests.save_sections(session, ilse.user, test, [only_safety], clock())
    session.commit()
    second = start_attempt(session, mia, assignment, clock())

    assert [rule.title for rule in first.section_rules] == ["Safety first", "The evidence"]
    assert len(view_result(session, mia, first, clock).sections) == 2
    assert list_modules(session, second) == ["safety"] * 3


def test_a_test_whose_pools_shrank_still_starts_with_what_is_left(
    session: Session, make: Factory, ilse: Person, mia: Person, clock: Clock
) -> None:
    assignment = composed.assign(make, ilse, make.cohort(ilse, mia), composed.compose(make, ilse))
    make.module("safety").retired_at = clock()
    session.commit()

    item = availability.get_due(session, mia.learner, assignment.id, clock())
    attempt = start_attempt(session, mia, assignment, clock())

    assert item is not None
    assert (item.can_start, item.questions) == (True, 2)
    assert list_modules(session, attempt) == ["evidence", "evidence"]
    assert [section.rule.title for section in starts.preview_assignment(session, item).sections] == ["The evidence"]


def test_a_sample_is_drawn_like_a_paper(session: Session, make: Factory, ilse: Person, clock: Clock) -> None:
    assignment = composed.assign(make, ilse, make.cohort(ilse), composed.compose(make, ilse))
    taught = make_taught(session, ilse, assignment.id)

    items = samples.draw_sample(session, taught, 7)

    assert [item.section for item in items] == [0, 0, 1, 1]
    assert [item.version_id for item in items] == [item.version_id for item in samples.draw_sample(session, taught, 7)]


def make_taught(session: Session, trainer: Person, assignment_id: int) -> Any:
    taught = assignments.get_for(session, trainer.viewer, assignment_id)
    assert taught is not None
    return taught


def test_fixed_questions_and_exam_questions_are_asked(
    session: Session, make: Factory, ilse: Person, mia: Person, clock: Clock
) -> None:
    versions = add_exam_pool(session)
    question_id = session.get_one(QuestionVersion, versions[0]).question_id
    test = composed.compose(
        make,
        ilse,
        composed.section("Fixed", composed.draw(make, "safety", use=Use.EXAM, question_id=question_id)),
        composed.section("Drawn", composed.draw(make, "safety", 2, Use.EXAM)),
    )
    assignment = composed.assign(make, ilse, make.cohort(ilse, mia), test)

    attempt = start_attempt(session, mia, assignment, clock())

    asked = [item.version_id for item in attempt.items]
    assert asked[0] == versions[0]
    assert len(set(asked)) == 3
    assert set(asked) <= set(versions)


def test_only_the_owner_and_administrators_find_a_test(
    session: Session, make: Factory, ilse: Person, mia: Person
) -> None:
    test = composed.compose(make, ilse)

    assert composed_tests.get_for(session, ilse.viewer, test.id) is test
    assert composed_tests.get_for(session, make.admin().viewer, test.id) is test
    assert composed_tests.get_for(session, make.trainer().viewer, test.id) is None
    assert composed_tests.get_for(session, mia.viewer, test.id) is None


def test_a_test_without_questions_cannot_be_assigned(session: Session, make: Factory, ilse: Person) -> None:
    composed.compose(make, ilse, composed.section("Empty"))
    whole = composed.compose(make, ilse)

    assert [one.test for one in composed_tests.list_assignable(session, ilse.viewer)] == [whole]


def test_a_copy_has_the_same_sections_and_another_owner(
    session: Session, make: Factory, ilse: Person, clock: Clock
) -> None:
    test, admin = composed.compose(make, ilse, is_forward_only=True), make.admin()

    made = composed_tests.copy(session, admin.user, test, "A copy", clock())

    assert made.owner_id == admin.user.id
    assert compositions.load_one(session, made.id) == compositions.load_one(session, test.id)


# -- what is about a module --------------------------------------------------------------------------------------------


def test_right_answers_wait_for_a_composed_test_that_draws_on_the_module(
    session: Session, make: Factory, ilse: Person, mia: Person, clock: Clock
) -> None:
    """Evidence is only in the second section. Fails when the first module of a test stands for all of them."""
    module = make.module("evidence")
    own = attempts.start_test(session, mia.learner, module, clock())
    session.flush()  # it is submitted below
    submission.submit(session, own, clock())
    session.commit()
    loaded = attempts.get_for(session, mia.viewer, own.id)
    assert loaded is not None
    assert releases.get_release(session, loaded, clock()).key

    assignment = composed.assign(
        make, ilse, make.cohort(ilse, mia), composed.compose(make, ilse), due_at=clock() + DAY, policy=AFTER_CLOSING
    )

    assert not releases.get_release(session, loaded, clock()).key
    assert releases.list_waited_for(session, mia.learner, module.id, None, clock()) == (assignment.title,)


def test_right_answers_wait_while_a_composed_test_on_the_module_is_open(
    session: Session, make: Factory, ilse: Person, mia: Person, clock: Clock
) -> None:
    assignment = composed.assign(make, ilse, make.cohort(ilse, mia), composed.compose(make, ilse))
    start_attempt(session, mia, assignment, clock())
    own = attempts.start_test(session, mia.learner, make.module("evidence"), clock())
    session.flush()  # it is submitted below
    submission.submit(session, own, clock())
    session.commit()

    loaded = attempts.get_for(session, mia.viewer, own.id)

    assert loaded is not None
    assert not releases.get_release(session, loaded, clock()).key


def test_a_trainer_who_sits_a_composed_test_sees_no_key_of_its_modules(
    session: Session, make: Factory, ilse: Person, clock: Clock
) -> None:
    other = make.trainer()

    def may_see(module: str) -> bool:
        bank = question_bank.list_page(session, other.viewer, BankQuery(module=module, use=Use.TEST))
        return question_bank.may_see_key(session, other.viewer, bank.page.items[0])

    assert may_see("evidence")
    composed.assign(make, ilse, make.cohort(ilse, other), composed.compose(make, ilse))

    assert not may_see("evidence")
    assert not may_see("safety")
    assert may_see("trigger-points")


def test_a_module_of_a_library_opens_to_those_who_take_the_test(
    session: Session, make: Factory, ilse: Person, mia: Person, clock: Clock
) -> None:
    library = make.library(ilse)
    publish(session, ilse.user, library, clock())
    module = get_module(session, library)
    test = composed.compose(
        make,
        ilse,
        composed.section("Course", composed.draw(make, "safety", 1)),
        composed.section("Ours", composed.draw(make, module.slug, 1)),
    )
    assert catalogue.get_module_for(session, mia.viewer, module.slug) is None

    composed.assign(make, ilse, make.cohort(ilse, mia), test)

    assert catalogue.get_module_for(session, mia.viewer, module.slug) is module


def test_a_test_on_a_library_that_was_left_cannot_be_assigned(
    session: Session, make: Factory, ilse: Person, clock: Clock
) -> None:
    owner = make.trainer()
    library = make.library(owner, "Shared", (ilse, LibraryRole.READER))
    publish(session, owner.user, library, clock())
    theirs = get_module(session, library)
    sections = (composed.section(slug, composed.draw(make, slug)) for slug in ("safety", theirs.slug))
    test = composed.compose(make, ilse, *sections)
    assert [one.test for one in composed_tests.list_assignable(session, ilse.viewer)] == [test]

    session.execute(delete(LibraryPerson).where(LibraryPerson.user_id == ilse.user.id))
    session.commit()

    assert composed_tests.list_assignable(session, ilse.viewer) == []
    forbidden = composed_tests.list_forbidden_modules(session, ilse.viewer, compositions.load_one(session, test.id))
    assert forbidden == [theirs.title]


def test_a_correction_counts_in_the_section_of_its_question(
    session: Session, make: Factory, ilse: Person, mia: Person, clock: Clock
) -> None:
    """Fails when a regrade forgets the sections: the void question is the only one of the section that was failed."""
    test = composed.compose(
        make,
        ilse,
        composed.section("Right", *composed.pick(make, "evidence", 2), needs_critical_right=False),
        composed.section("Wrong", *composed.pick(make, "safety", 1), pass_mark_percent=50, needs_critical_right=False),
        shuffles=False,
    )
    assignment = composed.assign(make, ilse, make.cohort(ilse, mia), test)
    attempt = start_attempt(session, mia, assignment, clock())
    ids = [item.version_id for item in attempt.items]
    shown, keys = catalogue.get_texts(session, ids), catalogue.get_solutions(session, ids)
    for item in attempt.items[:2]:
        item.response = question_kinds.right(shown[item.version_id], keys[item.version_id].key)
    session.flush()  # marking reads what was answered
    submission.submit(session, attempt, clock())
    session.commit()
    session.refresh(attempt)
    assert attempt.is_passed is False

    taught = make_taught(session, ilse, assignment.id)
    asked = corrections.get_for_assignment(session, taught, ids[2])
    assert asked is not None
    made = corrections.apply(
        session, ilse.user, asked, CorrectionDecision(Remedy.VOID), "Unclear to everybody.", clock()
    )
    regrading.run_all_steps(session, made.correction_id, clock())
    session.commit()

    session.refresh(attempt)
    assert (attempt.is_passed, attempt.max_points) == (True, 2.0)


def test_a_composed_test_is_named_among_what_relies_on_a_source(
    session: Session, make: Factory, ilse: Person, clock: Clock
) -> None:
    """Evidence is only in the second section of the test."""
    composed.assign(make, ilse, make.cohort(ilse), composed.compose(make, ilse))
    [fixed] = composed.pick(make, "evidence", 1)
    version_id = session.scalars(
        select(QuestionVersion.id).where(
            QuestionVersion.question_id == fixed.question_id, QuestionVersion.superseded_at.is_(None)
        )
    ).one()
    text = catalogue.get_texts(session, [version_id])[version_id]
    module = make.module("evidence")
    asked = QuestionUse(version_id, text, module.id, module.title, Use.TEST, is_open=True)
    slug = session.scalars(select(SourceRow.slug).limit(1)).one()
    source = catalogue.list_sources(session, [slug])[slug]
    use = SourceUse(source, None, [], [asked], 0, [])

    found = source_use.list_assignments(session, ilse.viewer, use, clock())

    assert [(one.title, one.questions) for one in found] == [("Mixed test", 1)]
