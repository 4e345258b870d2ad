"""Patient cases: what each path earns, where it leads, and that a step that was taken stays."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from app.domain.attempt import AnswerMissing, AnswerProblem, InvalidAnswer, StepTaken
from app.domain.kinds.case import CaseView
from app.domain.kinds.case_feedback import CaseRow
from app.domain.kinds.case_key import CaseKey, build_key
from app.domain.kinds.case_steps import CaseLink, CaseStep, write_step
from app.domain.marking import mark_response
from app.domain.question import QuestionText
from tests.support.question_kinds import CASE

OPTIONS = ("Ask", "Press", "Send home", "Stop", "Press on", "Refer", "Wait", "Tell", "Scare")
STEPS = (
    # 0 leads on, 1 to a detour, 2 ends the case at once.
    CaseStep("Pain.", "First?", (CaseLink(0, "Numb.", 2), CaseLink(1, "Sore.", 1), CaseLink(2, "Worse.", None))),
    CaseStep(None, "The detour?", (CaseLink(3, "Numb at last.", 2), CaseLink(4, "Numb anyway.", 2))),
    CaseStep("Evening.", "Where?", (CaseLink(5, "Off.", 3), CaseLink(6, "Still here.", 3))),
    CaseStep("Night.", "What then?", (CaseLink(7, "Well.", None), CaseLink(8, "Afraid.", None))),
)
SHARES = (1, 0.5, 0, 1, 0, 1, 0, 1, 0.25)
KEY = build_key(
    STEPS,
    SHARES,
    reasons=[f"Because of {n}." for n in range(9)],
    harms=[None, None, "It kills.", None, None, None, None, None, None],
    sources=[["ONE"], ["ONE"], ["TWO"], ["TWO"]],
)
QUESTION = QuestionText(1, 1, 1, 1, CASE, True, "A man.", "What now?", OPTIONS, tuple(map(write_step, STEPS)))
IN_ORDER = range(9)
REVERSED = tuple(reversed(IN_ORDER))


def look(path: list[int] | None, order: Sequence[int] = IN_ORDER) -> CaseView:
    """The page after these choices."""
    view = CASE.view(QUESTION, order, path)
    assert isinstance(view, CaseView)
    return view


def tell(path: list[int], key: CaseKey | None, explained: CaseKey | None) -> list[CaseRow]:
    return [row for row in CASE.feedback_rows(QUESTION, IN_ORDER, path, key, explained) if isinstance(row, CaseRow)]


def send(path: list[int], step: int | None, stored: list[int] | None = None) -> object:
    """Send a page that shows ``path`` with the button of ``step``; None is another button."""
    fields = {name: values for name, values in CASE.fill(QUESTION, IN_ORDER, path).items() if name != "case-step"}
    button = {} if step is None else {"case-step": [str(step)]}
    return CASE.read(QUESTION, IN_ORDER, fields | button, stored, was_shown=True)


def test_the_best_path_is_the_shortest_on_which_each_choice_earns_everything() -> None:
    assert KEY.best == (0, 5, 7)
    assert KEY.ahead == (2, 3, 0, 2, 2, 1, 1, 0, 0)


@pytest.mark.parametrize(
    ("path", "points"),
    [
        ((0, 5, 7), 1),
        ((0, 5, 8), 0.75),  # the last choice loses 0.75 of a third
        ((0, 6, 7), 2 / 3),
        ((0, 6, 8), 5 / 12),
        ((1, 3, 5, 7), 5 / 6),  # a detour costs the choice that led to it
        ((1, 4, 5, 7), 1 / 2),  # and what goes wrong on it
        ((1, 4, 6, 8), 0),
        ((2,), 0),  # the two choices that were not made are lost too
        ((0,), 1 / 3),  # an unfinished case
        ((0, 5), 2 / 3),
        ((1,), 0),
        ((1, 3), 1 / 6),
        ((1, 3, 5), 1 / 2),
    ],
)
def test_a_path_earns_what_its_choices_earn(path: tuple[int, ...], points: float) -> None:
    result = mark_response(CASE, KEY, list(path))

    assert result.points == pytest.approx(points)
    assert result.is_right is (points == 1)


def test_stopping_never_pays() -> None:
    for path in ((0, 5, 8), (1, 3, 5, 7), (1, 4, 5, 7), (0, 6, 7)):
        earned = [mark_response(CASE, KEY, list(path[:end])).points for end in range(1, len(path) + 1)]

        assert earned == sorted(earned)


def test_a_blind_guess_earns_the_average_over_all_ways() -> None:
    # By the first choice: 0, then two of two; 1, then three of two; 2, which ends the case.
    after_0 = (1 + 0.75 + 2 / 3 + 5 / 12) / 4
    after_1 = (5 / 6 + 7 / 12 + 1 / 2 + 1 / 4 + 1 / 2 + 1 / 4 + 1 / 6 + 0) / 8

    assert CASE.guess(KEY, 9) == pytest.approx((after_0 + after_1) / 3, abs=1e-4)


def test_a_page_shows_the_steps_taken_and_the_open_one_alone() -> None:
    view = look([1])
    text = repr(view)

    assert [(step.number, step.findings, step.asks) for step in view.taken] == [(1, ("Pain.",), "First?")]
    assert view.now is not None
    assert (view.now.number, view.now.findings, view.now.asks) == (2, ("Sore.",), "The detour?")
    assert all(hidden not in text for hidden in ("Numb", "Worse", "Evening", "Where", "Refer", "kills", "Because"))
    assert CASE.list_shown(QUESTION, IN_ORDER, [1]).options == ("Ask", "Press", "Send home", "Stop", "Press on")


def test_a_case_that_has_ended_shows_its_outcome() -> None:
    view = look([0, 5, 7])

    assert view.now is None
    assert view.outcome == ("Well.",)
    assert [step.findings for step in view.taken] == [("Pain.",), ("Numb.", "Evening."), ("Off.", "Night.")]
    assert CASE.get_next_step(QUESTION, [0, 5, 7]) is None
    assert [CASE.get_next_step(QUESTION, path) for path in (None, [1], [1, 3], [2])] == [1, 2, 3, None]


def test_letters_are_those_of_the_step_and_fields_do_not_tell_which_step_it_is() -> None:
    view = look([0], REVERSED)

    assert [(option.letter, option.text) for option in view.taken[0].options] == [
        ("A", "Send home"),
        ("B", "Press"),
        ("C", "Ask"),
    ]
    assert [step.field for step in (*view.taken, view.now) if step] == ["case-6", "case-2"]
    assert CASE.describe_response(QUESTION, [0, 5], REVERSED) == ("C. Ask", "B. Refer")


@pytest.mark.parametrize(
    ("options", "letters"),
    [
        (("Test P", "Test Q"), [None, None]),
        (("Alba’s", "Bruno’s"), ["A", "B"]),
        (("Test P", "Neither"), ["A", "B"]),  # not all of them are named
    ],
)
def test_options_that_the_step_itself_names_have_no_letter(options: tuple[str, str], letters: list[str | None]) -> None:
    """Catches: "A. Test P", where one thing has two names."""
    shows = "Four ways are known.\n- **Test P**: lift the arm\n- **Test Q**: turn the head"
    step = CaseStep(shows, "Which one?", (CaseLink(0, "Well.", None), CaseLink(1, "Sore.", None)))
    question = QuestionText(1, 1, 1, 1, CASE, True, None, "What now?", options, (write_step(step),))

    view = CASE.view(question, (0, 1), None)

    assert isinstance(view, CaseView)
    assert [option.letter for option in view.options] == letters


@pytest.mark.parametrize(
    ("path", "step", "stored", "response"),
    [
        ([0], 1, None, [0]),
        ([0], 1, [0], [0]),  # the same form once more
        ([0], 1, [0, 5], [0, 5]),  # and after the next step
        ([0, 5], 2, [0], [0, 5]),
        ([0, 5, 7], 3, [0, 5], [0, 5, 7]),
        ([0], None, None, None),  # no step without its button
        ([0, 5], None, [0], [0]),
    ],
)
def test_a_path_grows_by_its_button_and_never_shrinks(
    path: list[int], step: int | None, stored: list[int] | None, response: list[int] | None
) -> None:
    assert send(path, step, stored) == response


@pytest.mark.parametrize(
    ("path", "stored"), [([1], [0]), ([1, 3], [0, 5]), ([0, 6], [0, 5]), ([0, 6, 7], [0, 5]), ([2], [0, 5, 7])]
)
def test_a_step_that_was_taken_stays(path: list[int], stored: list[int]) -> None:
    with pytest.raises(StepTaken) as refused:
        send(path, len(path), stored)

    assert refused.value.problem is AnswerProblem.STEP_TAKEN


@pytest.mark.parametrize(("path", "step", "stored"), [([0], 2, [0]), ([0, 5], 3, [0, 5])])
def test_the_button_needs_a_choice(path: list[int], step: int, stored: list[int]) -> None:
    with pytest.raises(AnswerMissing):
        send(path, step, stored)


@pytest.mark.parametrize(
    "fields",
    [
        {"case-0": ["3"]},  # an option of another step
        {"case-3": ["3"]},  # a step that is not reached
        {"case-0": ["0"], "case-3": ["3"]},
        {"case-0": ["2"], "case-5": ["5"]},  # beyond the end
    ],
)
def test_what_the_page_does_not_offer_is_refused(fields: dict[str, list[str]]) -> None:
    with pytest.raises(InvalidAnswer):
        CASE.read(QUESTION, IN_ORDER, fields | {"case-step": ["1"]}, None, was_shown=True)


def test_another_key_is_a_path_and_ignores_the_steps_beside_it() -> None:
    form = {"case-0": ["0"], "case-3": ["4"], "case-5": ["6"], "case-7": ["7"]}

    assert CASE.read_other_key(QUESTION, form, KEY) == CaseKey((0, 6, 7))


def test_feedback_tells_each_step_and_what_was_missed() -> None:
    rows = tell([2], KEY, KEY)

    assert [(row.text, row.is_mine, row.is_right) for row in rows] == [
        ("Send home", True, False),
        ("Refer", False, True),
        ("Tell", False, True),
    ]
    assert rows[0].harm == "It kills."
    assert rows[0].outcome == "Worse."
    assert rows[0].right == "A. Ask"
    assert rows[0].sources == ("ONE",)


@pytest.mark.parametrize("with_key", [True, False])
def test_feedback_gives_no_reason_and_no_harm_before_they_are_released(*, with_key: bool) -> None:
    text = repr(tell([0, 6, 7], KEY if with_key else None, None))

    assert "Because" not in text
    assert "kills" not in text
    assert ("Refer" in text) is with_key
