"""Written questions in the author's format."""

from __future__ import annotations

import pytest

from app.domain.content import Use
from app.domain.kinds import RubricCriterion
from app.domain.kinds.written import WrittenKey
from tests.support.course_folder import Folder

FILE = "1-basics/questions/written.yaml"
QUESTION = """\
- id: band-report
  objective: band
  level: reason
  kind: written
  use: test
  stem: Describe how you examine a muscle.
  words: 20
  rubric:
    - text: Names both sides
      points: 2
    - text: Gives a reason
      points: 3
  model: Compare both sides, because one alone says little.
  explanation: Sides differ.
  sources: [TS-1999]
"""


def test_a_written_question_has_a_limit_a_rubric_and_a_model_answer(folder: Folder) -> None:
    folder.write(FILE, QUESTION)

    question = next(one for one in folder.course().modules[0].questions if one.id == "band-report")

    assert (question.kind, question.use, question.prompts, question.options) == ("written", Use.TEST, ("20",), ())
    assert question.key == WrittenKey(
        (RubricCriterion("Names both sides", 2), RubricCriterion("Gives a reason", 3)),
        "Compare both sides, because one alone says little.",
    )


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("use: test", "use: practice", "written.yaml:5: people mark this question, and nobody marks practice"),
        ("  words: 20\n", "  words: 20\n  critical: true\n", "a safety-critical question must be fully right"),
        ("words: 20", "words: 5", "`words` is `5`; expected 10 or more"),
        ("words: 20", "words: many", "`words` is not a whole number"),
        ("  words: 20\n", "", "`words` is missing"),
        ("points: 2", "points: 0", "`points` of entry 1 of `rubric` is `0`; expected 1 or more"),
        ("text: Gives a reason", "text: Names both sides", "rubric 1 and 2 say the same"),
        ("one alone says little.", "one " * 20, "the model answer has 24 words, and learners may write 20"),
        ("  model: Compare both sides, because one alone says little.\n", "", "`model` is missing"),
    ],
)
def test_what_cannot_be_marked_is_a_fault(folder: Folder, old: str, new: str, fault: str) -> None:
    folder.write(FILE, QUESTION)
    folder.replace(FILE, old, new)

    found = folder.faults()

    assert len(found) == 1, found
    assert fault in found[0]
