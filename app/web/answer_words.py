"""The words about answers that cannot be stored or checked."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.domain.attempt import AnswerProblem, UnusableAnswer

_WORDS = {
    AnswerProblem.NOTHING_CHOSEN: _l("Choose an answer first."),
    AnswerProblem.NO_NUMBER_GIVEN: _l("Type a number first."),
    AnswerProblem.NOTHING_TYPED: _l("Type an answer first."),
    AnswerProblem.NOT_A_NUMBER: _l("That is not a number. Type it in digits, such as 12 or 0.5."),
    AnswerProblem.AMBIGUOUS_NUMBER: _l("This could mean %(whole)s or %(fraction)s. Type the one you mean in that way."),
    AnswerProblem.TOO_LONG: _l("That is too long: use %(most)s characters at most."),
    AnswerProblem.TOO_MANY_WORDS: _l(
        "That is %(words)s words, and %(most)s are allowed. Shorten it by %(over)s; until then, it is not saved."
    ),
    AnswerProblem.NO_LETTER: _l("Type at least one letter or digit."),
    AnswerProblem.RIGHT_ALREADY: _l("That answer is already accepted."),
    AnswerProblem.LINES_OPEN: _l("Choose something for each line first."),
    AnswerProblem.STEPS_OPEN: _l("Give each step a different place first."),
    AnswerProblem.STEP_TAKEN: _l("You already made this choice, and it can’t be changed. Continue from here."),
    AnswerProblem.CASE_OPEN: _l("Make every choice of the case first."),
}


def describe_problem(error: UnusableAnswer) -> str:
    """Say what to do about an answer, in a sentence for its author."""
    return str(_WORDS[error.problem]) % error.details
