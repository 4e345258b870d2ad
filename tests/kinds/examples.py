"""One question of every kind, with its key. A kind without an example fails the contract."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from app.domain import kinds
from app.domain.kinds import Response, RubricCriterion
from app.domain.kinds.case_key import build_key
from app.domain.kinds.case_steps import CaseLink, CaseStep, write_step
from app.domain.kinds.choice import ChoiceKey
from app.domain.kinds.match import MatchKey
from app.domain.kinds.numeric import NumericKey
from app.domain.kinds.order import OrderKey
from app.domain.kinds.region import RegionKey
from app.domain.kinds.text import AcceptedAnswer, TextKey
from app.domain.kinds.written import WrittenKey
from app.domain.question import QuestionText

FOUR = ("Heat", "Cold", "Rest", "Walking")
WHYS = ("Because of A.", "Because of B.", "Because of C.", "Because of D.")
SIX = (*FOUR, "Needling", "Waiting")
CASE_STEPS = (
    CaseStep("A sore calf.", "What first?", (CaseLink(0, "It is redder.", 1), CaseLink(1, "It is paler.", 1))),
    CaseStep(None, "What next?", (CaseLink(2, None, 2), CaseLink(3, "It swells.", 2))),
    CaseStep("A week later.", "What now?", (CaseLink(4, "It bleeds.", None), CaseLink(5, "It is gone.", None))),
)
PICTURE = '<svg><g data-region="0"></g><g data-region="1"></g><g data-region="2"></g><g data-region="3"></g></svg>'


@dataclass(frozen=True, slots=True)
class Example:
    question: QuestionText
    key: Any

    @property
    def right(self) -> Response:
        return self.question.kind.right_response(self.question, self.key)

    @property
    def wrong(self) -> Response:
        return self.question.kind.wrong_response(self.question, self.key, Random(0), Random(0))


def _case() -> Example:
    key = build_key(
        CASE_STEPS,
        shares=(0, 1, 1, 0.5, 0, 1),
        reasons=(*WHYS, "Because of E.", "Because of F."),
        harms=("It burns.", None, None, None, "It harms.", None),
        sources=(("BAND",), ("BAND",), ("KNOT",)),
    )
    return Example(_question("case", SIX, prompts=tuple(map(write_step, CASE_STEPS))), key)


def _question(kind: str, options: tuple[str, ...] = FOUR, **parts: Any) -> QuestionText:
    return QuestionText(1, 1, 1, 1, kinds.get_kind(kind), False, None, "Which?", options, **parts)


EXAMPLES = {
    example.question.kind.name: example
    for example in (
        Example(_question("single"), ChoiceKey((2,), WHYS)),
        Example(_question("several"), ChoiceKey((1, 3), WHYS)),
        Example(_question("truefalse", ("True", "False")), ChoiceKey((1,), WHYS[:2])),
        Example(_question("match", prompts=("Swelling", "Ache", "Stiffness")), MatchKey((1, 0, 3), WHYS[:3])),
        _case(),
        Example(_question("order"), OrderKey((2, 0, 3, 1), WHYS)),
        Example(_question("numeric", (), unit="mm"), NumericKey(-2.5, 0.5)),
        Example(
            _question("written", (), prompts=("12",)),
            WrittenKey((RubricCriterion("Names the lung", 2), RubricCriterion("Says why", 4)), "The lung lies below."),
        ),
        Example(_question("region", picture=PICTURE), RegionKey((0,), (1, 2), WHYS)),
        Example(
            _question("text", ()),
            TextKey(
                (
                    AcceptedAnswer("Trapezius", allows_typo=True),
                    AcceptedAnswer("upper trap*", 0.5, "Only its upper part."),
                    AcceptedAnswer("deltoid", 0.0, "That one lies beside it."),
                ),
                reason="It is another muscle.",
            ),
        ),
    )
}
