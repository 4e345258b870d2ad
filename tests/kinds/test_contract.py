"""What holds for every kind of question: all of them go through the same cases."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from itertools import permutations
from random import Random
from typing import Any

import pytest

from app.domain.analysis.choices import tally
from app.domain.analysis.items import ItemResponses
from app.domain.attempt import AnswerIncomplete, AnswerMissing, AnswerProblem, BadEntry, InvalidAnswer, StepTaken
from app.domain.correction import ActiveCorrection, Remedy, mark_corrected
from app.domain.kinds import KINDS, QuestionKind, Response
from app.domain.marking import mark_response
from tests.domain.test_correction import NOON
from tests.kinds.examples import EXAMPLES, Example
from tests.support.question_kinds import MARKED_BY_KEY

every_kind = pytest.mark.parametrize("kind", KINDS, ids=str)
every_kind_marked_by_key = pytest.mark.parametrize("kind", MARKED_BY_KEY, ids=str)


def example_of(kind: QuestionKind[Any]) -> Example:
    assert kind.name in EXAMPLES, f"give tests/kinds/examples.py a question of the kind {kind}"
    return EXAMPLES[kind.name]


def sent(fields: dict[str, list[str]]) -> dict[str, list[str]]:
    """A form as a browser sends it: what has no value is not in it."""
    return {name: values for name, values in fields.items() if values}


def orders(example: Example) -> list[tuple[int, ...]]:
    return list(permutations(range(len(example.question.options))))


def points(example: Example, response: Response | None, key: Any = None) -> float:
    return mark_response(example.question.kind, key if key is not None else example.key, response).points


def pages(example: Example, order: Sequence[int], response: Response) -> list[object]:
    """The pages on which a learner gives this response: one, or one for each step and one after the last."""
    kind, question = example.question.kind, example.question
    ends = range(len(response) + 1) if kind.step_field else [len(response)]
    return [kind.view(question, order, response[:end]) for end in ends]


# -- form, response, page ------------------------------------------------------------------------------------------------


@every_kind
def test_a_response_goes_to_the_page_and_comes_back_whatever_the_order(kind: QuestionKind[Any]) -> None:
    one = example_of(kind)
    for response in (one.right, one.wrong):
        for order in orders(one):
            fields = kind.fill(one.question, order, response)

            assert kind.read(one.question, order, sent(fields), None, was_shown=False) == response
            assert fields.keys() <= kind.field_names(one.question)
            assert kind.view(one.question, order, response) != kind.view(one.question, order, None)


@every_kind
def test_a_response_is_stored_as_json_as_it_is(kind: QuestionKind[Any]) -> None:
    one = example_of(kind)
    for response in (one.right, one.wrong):
        assert json.loads(json.dumps(response)) == response


@every_kind
def test_a_blank_form_is_blank_and_a_form_without_the_answer_keeps_it(kind: QuestionKind[Any]) -> None:
    one, order = example_of(kind), range(len(example_of(kind).question.options))
    blank = sent(kind.fill(one.question, order, None))

    assert kind.read(one.question, order, blank, None, was_shown=False) is None
    assert kind.read(one.question, order, {}, one.right, was_shown=False) == one.right
    kind.check_complete(one.question, None)
    kind.check_complete(one.question, one.right)


NASTY = (
    "",
    " ",
    "-1",
    "99",
    "99999999999999999999",
    "x",
    "1e9",
    "١",
    "\x00",
    "\u202e",
    "<script>",
    "*",
    "a" * 5000,
    "\ud800",
    "½",
)


@every_kind
@pytest.mark.parametrize("value", NASTY, ids=ascii)
def test_nonsense_is_refused_or_an_ordinary_wrong_answer(kind: QuestionKind[Any], value: str) -> None:
    """Fails when a hostile form gets past the end of a list, becomes a right answer, or is stored with what can't be seen."""
    one = example_of(kind)
    order = orders(one)[-1]
    for name in sorted(kind.field_names(one.question)):
        for values in ([value], [value, value], ["0", value]):
            try:
                response = kind.read(one.question, order, {name: values}, None, was_shown=False)
            except InvalidAnswer:
                continue
            assert 0 <= points(one, response) < 1
            text = json.dumps(response) + "".join(kind.describe_response(one.question, response))
            assert not any(unicodedata.category(letter).startswith("C") for letter in text)


@every_kind
def test_a_field_of_another_form_is_refused(kind: QuestionKind[Any]) -> None:
    one = example_of(kind)
    order = orders(one)[0]
    right = sent(kind.fill(one.question, order, one.right))
    for name in ("foreign", "option", "value", "match-0", "match-9", "order-0", "order-9", "tolerance"):
        if name not in kind.field_names(one.question):
            with pytest.raises(InvalidAnswer):
                kind.read(one.question, order, right | {name: ["1"]}, None, was_shown=False)


@every_kind
def test_a_response_that_is_not_whole_says_which_step_is_next(kind: QuestionKind[Any]) -> None:
    one = example_of(kind)

    for response in (one.right, one.wrong):
        assert kind.get_next_step(one.question, response) is None
    assert (kind.get_next_step(one.question, None) is None) == (kind.step_field is None)


@every_kind
def test_an_answer_can_be_cleared_unless_it_is_given_in_steps(kind: QuestionKind[Any]) -> None:
    one = example_of(kind)

    assert kind.clear(one.question, None) is None
    if kind.step_field:
        with pytest.raises(StepTaken):
            kind.clear(one.question, one.right)
    else:
        assert kind.clear(one.question, one.right) is None


@every_kind
def test_the_texts_shown_are_those_of_the_question(kind: QuestionKind[Any]) -> None:
    one = example_of(kind)
    order = orders(one)[-1]
    shown = kind.list_shown(one.question, order, one.wrong)

    assert set(shown.options) == set(one.question.options)
    assert bool(shown.prompts) == bool(one.question.prompts)
    assert kind.view_for_key(one.question, order)


# -- marking -------------------------------------------------------------------------------------------------------------


@every_kind_marked_by_key
def test_points_run_from_0_to_1_and_only_the_right_response_earns_them_all(kind: QuestionKind[Any]) -> None:
    one = example_of(kind)

    assert points(one, one.right) == 1
    assert points(one, None) == 0
    for seed in range(30):
        wrong = kind.wrong_response(one.question, one.key, Random(seed), Random(seed + 1))
        assert 0 <= points(one, wrong) < 1


@every_kind
def test_shuffling_changes_no_mark(kind: QuestionKind[Any]) -> None:
    one = example_of(kind)
    for response in (one.right, one.wrong):
        found = {
            points(
                one,
                kind.read(one.question, order, sent(kind.fill(one.question, order, response)), None, was_shown=True),
            )
            for order in orders(one)
        }
        assert found == {points(one, response)}


@every_kind
def test_guessing_earns_a_share_or_nobody_knows(kind: QuestionKind[Any]) -> None:
    one = example_of(kind)
    share = kind.guess(one.key, len(one.question.options))

    assert share is None or 0 <= share < 1


@every_kind
def test_a_key_becomes_a_document_and_comes_back(kind: QuestionKind[Any]) -> None:
    key = example_of(kind).key
    document = kind.dump_key(key)

    assert kind.load_key(json.loads(json.dumps(document))) == key
    assert kind.load_key(kind.dump_key(kind.bare_key(key))) == kind.bare_key(key)


# -- words and feedback ----------------------------------------------------------------------------------------------------


@every_kind
def test_responses_keys_and_parts_are_said_in_words(kind: QuestionKind[Any]) -> None:
    one = example_of(kind)

    assert kind.describe_response(one.question, None) == ()
    for texts in (
        *(kind.describe_response(one.question, r) for r in (one.right, one.wrong)),
        kind.describe_key(one.question, one.key),
    ):
        assert texts
        assert all(texts)
    assert all(kind.describe_part(one.question, part) for part in kind.parts(one.key, one.wrong))
    assert kind.nothing_given in AnswerProblem


@every_kind
def test_options_keep_the_letters_of_the_paper_in_everything_said_about_them(kind: QuestionKind[Any]) -> None:
    """Answers, keys and rows name an option as the learner's page did; kinds without letters name none."""
    one = example_of(kind)
    options = one.question.options
    for order in orders(one):
        views = [view for page in pages(one, order, one.wrong) for view in getattr(page, "options", ())]
        on_paper = {view.text: view.letter for view in views if view.letter}
        assert bool(on_paper) == kind.has_letters
        rows = kind.feedback_rows(one.question, order, one.wrong, one.key, one.key)
        said = [
            *kind.describe_response(one.question, one.wrong, order),
            *kind.describe_key(one.question, one.key, order),
            *(text for row in rows for text in (row.heading, row.mine, row.right) if text),
        ]
        for text in said:
            for index, option in enumerate(options):
                if option in text and kind.has_letters:
                    assert f"{on_paper[option]}. {option}" in text
                assert kind.letter(one.question, index, order) == on_paper.get(option)
        assert all(row.letter == on_paper.get(row.text) for row in rows)
        plain = kind.describe_response(one.question, one.wrong)
        assert len(plain) == len(kind.describe_response(one.question, one.wrong, order))
        assert not any(f"{letter}. " in text for letter in "ABCD" for text in plain)


@every_kind
def test_feedback_shows_no_more_than_is_released(kind: QuestionKind[Any]) -> None:
    one = example_of(kind)
    order = orders(one)[-1]
    for response in (one.right, one.wrong, None):
        hidden = kind.feedback_rows(one.question, order, response, None, None)
        told = kind.feedback_rows(one.question, order, response, one.key, one.key)

        assert all((row.is_right, row.right, row.reason, row.is_near) == (None, None, None, False) for row in hidden)
        assert response is not one.right or all(row.is_right for row in told if row.is_mine)
    rows = kind.solution_rows(one.question, order, one.key)
    assert all(row.heading for row in rows)
    assert not rows or any(row.is_right for row in rows)


@every_kind
def test_a_picture_names_places_alone(kind: QuestionKind[Any]) -> None:
    one = example_of(kind)
    picture = kind.marked_picture(one.question, orders(one)[-1], one.wrong, one.key)

    assert (picture is None) == (one.question.picture is None)
    assert "data-region" not in (picture or "")


# -- analysis --------------------------------------------------------------------------------------------------------------


@every_kind_marked_by_key
def test_item_analysis_counts_parts_and_knows_those_of_the_key(kind: QuestionKind[Any]) -> None:
    one = example_of(kind)
    given = [one.right, one.wrong, one.wrong, None]
    earned = [points(one, response) for response in given]
    answers = ItemResponses(
        range(4), earned, earned, [1.0] * 4, [json.dumps(response) for response in given], [None] * 4
    )

    found = tally(kind, one.key, len(one.question.options), answers)

    assert (found.answered, found.blank) == (3, 1)
    assert all(kind.credit(one.key, part) == 1 for part in kind.parts(one.key, one.right))
    assert any(kind.credit(one.key, part) < 1 for part in kind.parts(one.key, one.wrong))
    assert any(choice.is_right and choice.at for choice in found.choices)
    assert any(not choice.is_right and len(choice) == 2 for choice in found.choices)


# -- corrections -------------------------------------------------------------------------------------------------------------


@every_kind_marked_by_key
def test_another_key_is_given_like_an_answer_and_is_accepted_beside_the_first(kind: QuestionKind[Any]) -> None:
    one = example_of(kind)
    order = range(len(one.question.options))
    fields = sent(kind.fill(one.question, order, one.wrong))

    other = kind.read_other_key(one.question, fields, one.key)

    assert kind.load_key(kind.dump_key(other)) == other == kind.bare_key(other)
    assert other != kind.bare_key(one.key)
    assert points(one, one.wrong, other) == 1
    ruling = ActiveCorrection(Remedy.ACCEPT, NOON, other)
    for response in (one.right, one.wrong):
        assert mark_corrected(kind, one.key, response, None, [ruling]).is_right
    both = kind.combine_keys([one.key, other], one.wrong)
    assert any(row.is_right for row in kind.feedback_rows(one.question, order, one.wrong, both, one.key)) or not (
        kind.feedback_rows(one.question, order, one.wrong, both, one.key)
    )


@every_kind_marked_by_key
def test_a_correction_without_an_answer_or_with_half_of_one_is_refused(kind: QuestionKind[Any]) -> None:
    one = example_of(kind)
    blank = sent(kind.fill(one.question, range(len(one.question.options)), None))

    with pytest.raises(AnswerMissing):
        kind.read_other_key(one.question, blank, one.key)
    with pytest.raises(InvalidAnswer):
        kind.read_other_key(one.question, blank | {"foreign": ["1"]}, one.key)
    if len(blank) > 1:
        with pytest.raises((AnswerIncomplete, BadEntry)):
            kind.read_other_key(one.question, blank | {min(blank): ["1"]}, one.key)


# -- erasure -----------------------------------------------------------------------------------------------------------------


@every_kind_marked_by_key
def test_a_response_without_the_learners_words_is_worth_the_same(kind: QuestionKind[Any]) -> None:
    one = example_of(kind)
    other = kind.read_other_key(
        one.question, sent(kind.fill(one.question, range(len(one.question.options)), one.wrong)), one.key
    )
    for response in (one.right, one.wrong):
        kept = kind.anonymise([one.key, other], response)

        assert max(points(one, kept), points(one, kept, other)) == max(
            points(one, response), points(one, response, other)
        )
        assert kept == response or kind.is_free_text
