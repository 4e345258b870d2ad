"""Short text as its author writes it: what the file means, and each fault with file and line."""

from __future__ import annotations

import pytest

from app.domain.kinds.text import AcceptedAnswer, Exactness, TextKey
from tests.support.course_folder import Folder

QUESTION = """\
- id: k-text
  objective: band
  level: recall
  kind: text
  use: practice
  stem: What is the strip called?
  accept:
    - text: tight band
      typo: true
    - text: "*cord*"
      share: 0.5
      why: It feels like one.
  otherwise: It is the tight band.
  exact: [case]
  explanation: It has a name.
  sources: [TS-1999]
"""
FILE = "1-basics/questions/text.yaml"


def test_what_an_author_wrote_becomes_a_key(folder: Folder) -> None:
    folder.write(FILE, QUESTION)

    [question] = [one for one in folder.course().modules[0].questions if one.id == "k-text"]

    assert question.options == ()
    assert question.key == TextKey(
        (AcceptedAnswer("tight band", allows_typo=True), AcceptedAnswer("*cord*", 0.5, "It feels like one.")),
        Exactness(case=True),
        "It is the tight band.",
    )


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("    - text: tight band\n      typo: true\n", "", "text.yaml:7: no answer earns the whole point"),
        ("      why: It feels like one.\n", "", "text.yaml:10: an answer that does not earn the whole point gives no"),
        ("text: tight band", "text: band", "text.yaml:9: typing errors cannot be detected in this answer"),
        ("text: tight band", "text: tight*", "text.yaml:9: typing errors cannot be detected in this answer"),
        ('text: "*cord*"', 'text: "*"', "text.yaml:10: the answer has nothing to compare"),
        ('text: "*cord*"', "text: Tight-band", "text.yaml:10: answers 1 and 2"),
        ("share: 0.5", "share: 1.5", "text.yaml:11: `share` of entry 2 of `accept` is `1.5`; expected 1 or less"),
        ("share: 0.5", "share: half", "text.yaml:11: `share` of entry 2 of `accept` is not a number"),
        ("exact: [case]", "exact: [colour]", "text.yaml:14: entry 1 of `exact` is `colour`"),
        ("  otherwise: It is the tight band.\n", "", "text.yaml:1: `otherwise` is missing"),
        ("kind: text", "kind: numeric", "text.yaml:7: `accept` does not belong to `kind: numeric`"),
        (
            "What is the strip called?",
            "What is a tight band called?",
            "text.yaml:8: the question itself contains the answer",
        ),
    ],
)
def test_each_fault_is_named_with_file_and_line(folder: Folder, old: str, new: str, fault: str) -> None:
    assert old in QUESTION
    text = QUESTION.replace("exact: [case]\n", "exact: []\n") if "Tight-band" in new else QUESTION
    folder.write(FILE, text.replace(old, new))

    shown = folder.faults()

    assert any(one.startswith(fault) for one in shown), shown
