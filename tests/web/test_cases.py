"""Patient cases over HTTP: step after step, what can't be undone, and that no page runs ahead of the choices made."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.domain.attempt import Purpose
from app.domain.question import QuestionText
from app.models import AttemptItem, Mark, QuestionVersion
from app.services.course import catalogue
from app.services.privacy import attempts_export
from tests.conftest import Clock
from tests.support import chosen_attempts
from tests.support.attempt_client import HTMX, JSON, AttemptClient, get_json
from tests.support.factory import Factory, Person
from tests.support.question_kinds import CASE, N

CASE_N = N[CASE]
LOOK, BIND, WEIGH = "Look at the foot", "Bind the leg", "Weigh the bird"
TAKE_OFF, TIGHTER = "Take it off", "Wind it tighter"
PULL, WAIT = "Pull the thorn out", "Wait for a week"
TAKEN = "You already made this choice"


class CaseClient(AttemptClient):
    """An attempt in which the case is answered by the texts of its options."""

    def item(self) -> tuple[QuestionText, AttemptItem]:
        item = self.session.scalars(
            select(AttemptItem)
            .where(AttemptItem.attempt_id == self.attempt_id, AttemptItem.position == CASE_N)
            .execution_options(populate_existing=True)
        ).one()
        return catalogue.get_texts(self.session, [item.version_id])[item.version_id], item

    def stored(self) -> list[str]:
        shown, item = self.item()
        return [shown.options[index] for index in item.response or ()]

    def form(self, *chosen: str, step: int | None = None) -> dict[str, str]:
        """The form of the page on which the last of these was chosen."""
        shown, item = self.item()
        fields = CASE.fill(shown, item.option_order, [shown.options.index(text) for text in chosen])
        return {name: values[-1] for name, values in fields.items()} | ({"case-step": str(step)} if step else {})

    def decide(self, *chosen: str, revision: int | None = None, headers: dict[str, str] | None = None) -> TestResponse:
        return self.answer(CASE_N, self.form(*chosen), revision=revision, headers=headers)

    def case_page(self) -> str:
        return unescape(self.page(CASE_N).text)


@pytest.fixture
def person(make: Factory) -> Person:
    return make.person()


@pytest.fixture
def give(person: Person, session: Session, clock: Clock) -> Callable[[Purpose], CaseClient]:
    def given(purpose: Purpose) -> CaseClient:
        attempt = chosen_attempts.start_with_every_kind(session, person.learner, purpose, clock.now)
        session.commit()
        return CaseClient(person.client, session, attempt.id)

    return given


@pytest.fixture
def exam(give: Callable[[Purpose], CaseClient]) -> CaseClient:
    return give(Purpose.TEST)


@pytest.fixture
def practice(give: Callable[[Purpose], CaseClient]) -> CaseClient:
    return give(Purpose.PRACTICE)


@pytest.mark.parametrize("purpose", [Purpose.PRACTICE, Purpose.TEST])
def test_each_choice_leads_to_what_follows_it(
    give: Callable[[Purpose], CaseClient], session: Session, purpose: Purpose
) -> None:
    play = give(purpose)
    assert "The left leg is swollen." in play.case_page()

    reply = play.decide(BIND)

    assert (reply.status_code, reply.location) == (303, f"/attempts/{play.attempt_id}/{CASE_N}#step")
    page = play.case_page()
    assert "The heron pecks at the bandage." in page
    assert 'id="step"' in page
    assert "Decide" in page
    assert "The foot is red" not in page
    play.decide(BIND, TAKE_OFF)
    assert "The foot is red around the thorn." in play.case_page()
    last = play.decide(BIND, TAKE_OFF, PULL)
    assert play.stored() == [BIND, TAKE_OFF, PULL]
    assert last.location.endswith("#verdict" if purpose is Purpose.PRACTICE else "#step")
    page = play.case_page()
    assert "The heron flies away." in page
    assert ("Partly correct" in page) is (purpose is Purpose.PRACTICE)
    assert (session.scalar(select(Mark.points).where(Mark.attempt_id == play.attempt_id)) == 0.5) is (
        purpose is Purpose.PRACTICE
    )


@pytest.mark.parametrize("purpose", [Purpose.PRACTICE, Purpose.TEST])
def test_a_choice_cannot_be_changed(give: Callable[[Purpose], CaseClient], purpose: Purpose) -> None:
    """Two tabs, or the Back button: fails when another choice replaces the one that was made."""
    play = give(purpose)
    play.decide(BIND)
    play.decide(BIND, TAKE_OFF)

    for revision in (0, 1, 2):
        for chosen in ((LOOK,), (BIND, TIGHTER), (LOOK, PULL)):
            for headers in ({}, HTMX, JSON):
                reply = play.decide(*chosen, revision=revision, headers=headers)
                assert reply.status_code == 422
                assert TAKEN in unescape(reply.text) or get_json(reply)["message"].startswith(TAKEN)
    assert play.stored() == [BIND, TAKE_OFF]
    assert "The foot is red" in unescape(play.decide(LOOK, revision=0).text)


@pytest.mark.parametrize("purpose", [Purpose.PRACTICE, Purpose.TEST])
def test_a_case_cannot_be_cleared(give: Callable[[Purpose], CaseClient], purpose: Purpose) -> None:
    play = give(purpose)
    play.decide(BIND)

    reply = play.answer(CASE_N, clear="1")

    assert reply.status_code == 422
    assert play.stored() == [BIND]


@pytest.mark.parametrize("purpose", [Purpose.PRACTICE, Purpose.TEST])
def test_sending_a_form_again_changes_nothing(give: Callable[[Purpose], CaseClient], purpose: Purpose) -> None:
    play = give(purpose)
    for _ in range(2):
        assert play.decide(BIND, revision=0).status_code == 303
    play.decide(BIND, TAKE_OFF)

    assert play.decide(BIND, revision=0).status_code == 303
    assert play.stored() == [BIND, TAKE_OFF]
    assert play.log() == 2


def test_a_choice_without_its_button_is_not_taken(exam: CaseClient) -> None:
    """Fails when a radio button that was touched on the way to the next question counts as a decision."""
    form = exam.form(BIND)
    del form["case-step"]

    reply = exam.answer(CASE_N, form, go="1", flag="1")

    assert reply.status_code == 303
    assert exam.stored() == []
    assert exam.at(CASE_N).is_flagged


@pytest.mark.parametrize("purpose", [Purpose.PRACTICE, Purpose.TEST])
def test_the_button_without_a_choice_says_so(give: Callable[[Purpose], CaseClient], purpose: Purpose) -> None:
    play = give(purpose)

    first = play.answer(CASE_N, {"case-step": "1"})
    play.decide(BIND)
    second = play.answer(CASE_N, play.form(BIND, step=2))

    for reply in (first, second):
        assert reply.status_code == 422
        assert "Choose an answer first." in reply.text
    assert play.stored() == [BIND]


def test_certainty_and_flag_are_kept_from_step_to_step(exam: CaseClient) -> None:
    exam.answer(CASE_N, exam.form(LOOK), certainty="2", flag="1")
    exam.answer(CASE_N, exam.form(LOOK, PULL), certainty="3")

    _, item = exam.item()
    assert (item.certainty, item.is_flagged) == (3, True)


def test_an_unfinished_case_is_unanswered_and_is_marked_for_its_steps(exam: CaseClient, session: Session) -> None:
    exam.decide(WEIGH)

    assert f'>{CASE_N}<span class="visually-hidden">, not answered' in exam.page(CASE_N).text
    exam.submit()

    points = session.scalar(select(Mark.points).where(Mark.attempt_id == exam.attempt_id, Mark.position == CASE_N))
    assert points == pytest.approx(0.25)  # half of one of two steps
    page = unescape(exam.result().text)
    assert "The case was not finished." in page


def test_practice_continues_where_the_case_was_left(practice: CaseClient) -> None:
    practice.decide(BIND)

    assert 'name="case-step" value="2"' in re.sub(r"\s+", " ", practice.case_page())
    assert practice.decide(BIND, TAKE_OFF).location.endswith("#step")


def test_feedback_tells_the_whole_path_and_what_harm_was_near(practice: CaseClient) -> None:
    practice.decide(BIND)
    practice.decide(BIND, TIGHTER)
    practice.decide(BIND, TIGHTER, WAIT)

    page = practice.case_page()

    for text in (BIND, TIGHTER, WAIT, "The leg would have turned black.", "The heron still limps.", LOOK, PULL):
        assert text in page
    assert page.index("The heron pecks") < page.index("The keeper takes it off") < page.index("The heron still limps")
    assert page.count("Your answer<") == 3
    assert "Incorrect</h2>" in page


@pytest.fixture
def later_texts(session: Session) -> Callable[[], dict[str, str]]:
    """Put a canary into each text of the case but the first step; return them by what leads to them."""

    def planted() -> dict[str, str]:
        version = session.scalars(select(QuestionVersion).where(QuestionVersion.kind == CASE.name)).one()
        steps = [json.loads(prompt) for prompt in version.prompts]
        for at, step in enumerate(steps):
            for link in step["links"]:
                link["then"] = f"CANARY-then-{link['option']}-"
            if at:
                step["asks"] = f"CANARY-asks-{at}-"
                step["shows"] = f"CANARY-shows-{at}-"
        first = [link["option"] for link in steps[0]["links"]]
        version.options = [
            text if index in first else f"CANARY-option-{index}-" for index, text in enumerate(version.options)
        ]
        version.prompts = [json.dumps(step) for step in steps]
        session.commit()
        catalogue.clear_cache(session)
        return {"bandage": "-1-", "thorn": "-2-"}

    return planted


def look_around(play: CaseClient, person: Person, session: Session, clock: Clock) -> str:
    """Everything a learner can get during the attempt: pages, fragments, replies to each kind of post, and the export."""
    pages = [
        f"{play.path}/{CASE_N}",
        f"{play.path}/summary",
        f"{play.path}/{CASE_N}/report",
        play.path,
        "/",
        "/progress",
    ]
    replies = [
        play.client.get(page, headers=headers, follow_redirects=True) for page in pages for headers in ({}, HTMX, JSON)
    ]
    for headers in ({}, HTMX, JSON):
        replies.append(play.answer(CASE_N, {"case-step": "9"}, headers=headers))
        replies.append(play.answer(CASE_N, {"case-0": "0", "case-1": "1", "case-step": "1"}, headers=headers))
        replies.append(play.answer(CASE_N, clear="1", headers=headers))
        replies.append(play.answer(CASE_N, revision=99, certainty="1", headers=headers))
        replies.append(play.answer(CASE_N, flag="1", headers=headers))
    assert all(reply.status_code < 500 for reply in replies)
    [document] = attempts_export.collect(session, person.learner, clock.now).attempts
    return "".join(reply.text for reply in replies) + json.dumps(document, default=str)


@pytest.mark.parametrize("purpose", [Purpose.PRACTICE, Purpose.TEST])
def test_nothing_of_a_later_step_is_anywhere_before_its_choice_is_stored(
    give: Callable[[Purpose], CaseClient],
    later_texts: Callable[[], dict[str, str]],
    plant: Callable[[], str],
    person: Person,
    session: Session,
    clock: Clock,
    purpose: Purpose,
) -> None:
    """Threat 1. Fails when a page, a reply or an export holds the next step, the key, a reason or a harm too early."""
    later_texts()
    canary = plant()
    play = give(purpose)

    before = look_around(play, person, session, clock)
    play.decide(BIND)
    middle = look_around(play, person, session, clock)

    assert "CANARY-" not in before
    seen = set(re.findall(r"CANARY-(\w+-\d)-", middle))
    assert seen == {"then-1", "asks-1", "shows-1", "option-3", "option-4"}
    assert canary not in middle


def test_a_test_tells_no_verdict_after_the_last_choice(exam: CaseClient, plant: Callable[[], str]) -> None:
    canary = plant()
    for path in ((BIND,), (BIND, TIGHTER), (BIND, TIGHTER, WAIT)):
        exam.decide(*path)

    page = exam.case_page()

    assert "How it ended" in page
    assert canary not in page
    assert not re.search(r"Best choice|Harmful|Incorrect|outcome--", page)


def test_the_names_of_the_fields_do_not_tell_which_way_was_taken(exam: CaseClient) -> None:
    """Fails when a field is called by the author's number of its step: the detour would be known by its name."""
    shown, item = exam.item()
    view = CASE.view(shown, item.option_order, None)
    assert view.now is not None  # type: ignore[attr-defined]

    assert view.now.field == f"case-{min(option.place for option in view.now.options)}"  # type: ignore[attr-defined]


def test_a_trainer_reads_the_path_and_every_option(make: Factory, session: Session, clock: Clock) -> None:
    trainer, learner = make.trainer(), make.person(name="Ana Li")
    assignment = make.assignment(trainer, make.cohort(trainer, learner))
    attempt = chosen_attempts.start_with_every_kind(session, learner.learner, Purpose.TEST, clock.now)
    attempt.assignment_id, attempt.scope = assignment.id, f"test:assignment:{assignment.id}"
    session.commit()
    play = CaseClient(learner.client, session, attempt.id)
    play.decide(BIND)
    play.decide(BIND, TAKE_OFF)
    play.submit()

    page = unescape(trainer.client.get(f"/teach/attempts/{attempt.id}").text)

    assert BIND in page
    assert TAKE_OFF in page
    version = play.at(CASE_N).version_id
    answer = unescape(trainer.client.get(f"/teach/questions/{version}?key=1").text)
    assert LOOK in answer


def test_what_labels_stand_for_is_a_list(app: Flask) -> None:
    finding = "Two people have advice.\n- **Ann** would go.\n- **Ben** would <wait>."
    source = '{% from "kinds/case/_record.html" import findings with context %}{{ findings(1, [finding]) }}'

    with app.test_request_context():
        page = re.sub(r"\s+", " ", app.jinja_env.from_string(source).render(finding=finding))

    assert '<p class="record__finding">Two people have advice.</p>' in page
    assert "<li><strong>Ann</strong> would go.</li><li><strong>Ben</strong> would &lt;wait&gt;.</li>" in page
