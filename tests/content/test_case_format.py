"""Patient cases as their author writes them: what the file means, and each fault with file and line."""

from __future__ import annotations

import pytest

from app.domain.kinds.case_key import CaseKey
from app.domain.kinds.case_steps import CaseLink, CaseStep, parse_steps
from tests.support.course_folder import Folder

QUESTION = """\
- id: k-case
  objective: band
  level: apply
  kind: case
  use: practice
  vignette: A man with a sore calf.
  stem: What do you do for him?
  steps:
    - id: look
      shows: It is swollen.
      asks: What first?
      sources: [TS-1999]
      options:
        - text: Look at both calves
          share: 1
          then: One is thicker.
          next: act
          why: They should be alike.
        - text: Knead the calf well
          harmful: true
          harm: A clot could have come loose.
          then: He winces.
          next: ask
          why: Nobody looked first.
    - id: ask
      asks: What next?
      sources: [TS-1999]
      options:
        - text: Ask about his flight
          share: 1
          then: It took ten hours.
          next: act
          why: Long journeys matter.
        - text: Ask about his shoes
          next: act
          why: Shoes matter less.
    - id: act
      shows: It is noon.
      asks: What now?
      sources: [LUCAS-2009]
      options:
        - text: Send him today
          share: 1
          then: It was a clot.
          why: It cannot wait.
        - text: See him in May
          share: 0.25
          then: It was a clot, and it grew.
          why: That is late.
  explanation: Two calves are compared.
  sources: [TS-1999, LUCAS-2009]
"""
FILE = "1-basics/questions/case.yaml"


def test_what_an_author_wrote_becomes_steps_and_a_key(folder: Folder) -> None:
    folder.write(FILE, QUESTION)

    [question] = [one for one in folder.course().modules[0].questions if one.id == "k-case"]

    assert len(question.options) == 6
    look, ask, act = parse_steps(question.prompts)
    assert look == CaseStep(
        "It is swollen.", "What first?", (CaseLink(0, "One is thicker.", 2), CaseLink(1, "He winces.", 1))
    )
    assert ask.links == (CaseLink(2, "It took ten hours.", 2), CaseLink(3, None, 2))
    assert act.links == (CaseLink(4, "It was a clot.", None), CaseLink(5, "It was a clot, and it grew.", None))
    assert question.key == CaseKey(
        best=(0, 4),
        shares=(1, 0, 1, 0, 1, 0.25),
        ahead=(1, 2, 1, 1, 0, 0),
        reasons=(
            "They should be alike.",
            "Nobody looked first.",
            "Long journeys matter.",
            "Shoes matter less.",
            "It cannot wait.",
            "That is late.",
        ),
        harms=(None, "A clot could have come loose.", None, None, None, None),
        cited=(("TS-1999",), ("TS-1999",), ("LUCAS-2009",)),
        chance=question.key.chance,
    )
    assert 0 < question.key.chance < 0.5


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("  vignette: A man with a sore calf.\n", "", "1: `vignette` is missing"),
        (
            "          then: It was a clot.\n          why: It cannot wait.\n",
            "          why: It cannot wait.\n",
            "42: the case stops here without an outcome; expected a line `then: …` with the outcome, or `next: …` [dead-end]",
        ),
        (
            "      shows: It is noon.\n",
            "",
            "34: nothing is found after this choice; expected a line `then: …`, or `shows: …` in the next step [dead-end]",
        ),
        (
            "          then: He winces.\n          next: ask\n",
            "          then: He winces.\n          next: act\n",
            "25: no choice leads to the step `ask`; expected `next: ask` in an option [unreachable]",
        ),
        (
            "          then: One is thicker.\n          next: act\n",
            "          then: One is thicker.\n          next: acts\n",
            "17: the case has no step `acts`; expected one of look, ask, act [unknown-step]",
        ),
        (
            "          then: It took ten hours.\n          next: act\n",
            "          then: It took ten hours.\n          next: look\n",
            "32: `look` is not a later step, so the case could go in a circle; expected a step that is written further "
            "down [cycle]",
        ),
        (
            "          then: It took ten hours.\n          next: act\n",
            "          then: It took ten hours.\n          next: ask\n",
            "32: `ask` is not a later step, so the case could go in a circle; expected a step that is written further "
            "down [cycle]",
        ),
        (
            "          harm: A clot could have come loose.\n",
            "",
            "20: a harmful option does not say what it would have done; expected a line `harm: …` [harm]",
        ),
        (
            "          harmful: true\n",
            "",
            "20: `harm` belongs to a harmful option; expected `harmful: true` beside it [harm]",
        ),
        (
            "          harmful: true\n",
            "          harmful: true\n          share: 0.5\n",
            "21: a harmful option earns part of the point; expected `share: 0` [harm]",
        ),
        (
            "          share: 1\n          then: It was a clot.\n",
            "          then: It was a clot.\n",
            "41: no option of the step `act` earns everything; expected one with `share: 1` [no-key]",
        ),
        (
            "          share: 0.25\n",
            "          share: 1\n",
            "41: every option of the step `act` earns everything; expected an option that is wrong [key]",
        ),
        (
            "      sources: [LUCAS-2009]\n",
            "",
            "37: `sources` of entry 3 of `steps` is missing; expected a line `sources: …` [missing]",
        ),
        (
            "  sources: [TS-1999, LUCAS-2009]\n",
            "  sources: [TS-1999]\n",
            "40: `LUCAS-2009` is not among the question's sources; expected `LUCAS-2009` in `sources` [missing]",
        ),
        (
            "          why: Shoes matter less.\n",
            "",
            "34: `why`",
        ),
        (
            "- text: Ask about his shoes",
            "- text: Ask about his flight",
            "34: options 1 and 2 say the same; expected each option once [duplicate-options]",
        ),
        ("    - id: ask\n", "    - id: look\n", "25: steps 1 and 2 say the same"),
        ("          share: 0.25\n", "          share: 1.5\n", "47: `share`"),
        (
            "- text: Look at both calves\n",
            "- text: Look at both calves, from the heel to the hollow of the knee\n",
            "14: the key has 60 characters and the longest distractor 19; expected options of similar length [longest-key]",
        ),
    ],
)
def test_each_fault_has_its_line(folder: Folder, old: str, new: str, fault: str) -> None:
    assert QUESTION.count(old) == 1
    folder.write(FILE, QUESTION.replace(old, new))

    faults = folder.faults()

    assert any(one.startswith(f"case.yaml:{fault}") for one in faults), faults


LIST = """\
      shows: |
        It is noon, and two people
        have advice.
        - **Ann** would send him
          to the ward.
        - **Ben** would see him in May.
"""
LABELLED = (
    QUESTION.replace("  kind: case\n", "  kind: case\n  order: fixed\n")
    .replace("      shows: It is noon.\n", LIST)
    .replace("- text: Send him today", "- text: What Ann says")
    .replace("- text: See him in May", "- text: What Ben says")
)


def test_a_step_shows_what_its_labels_stand_for_as_a_list(folder: Folder) -> None:
    folder.write(FILE, LABELLED)

    [question] = [one for one in folder.course().modules[0].questions if one.id == "k-case"]

    assert (parse_steps(question.prompts)[2].shows or "").split("\n") == [
        "It is noon, and two people have advice.",
        "- **Ann** would send him to the ward.",
        "- **Ben** would see him in May.",
    ]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("  order: fixed\n", "", "the list keeps its order, but the options are shuffled"),
        ("- **Ben** would", "- Ben would", "item 2 of the list does not begin with a label"),
        ("- **Ben** would", "- It is **Ben** who would", "item 2 of the list does not begin with a label"),
        ("- **Ben** would see him in May.", "- **Cem** would.", "the labels of the list are not those of the options"),
        ("        - **Ben** would see him in May.\n", "", "the labels of the list are not those of the options"),
        (
            "        It is noon, and two people\n        have advice.\n",
            "",
            "the list has no sentence before it",
        ),
    ],
)
def test_a_list_agrees_with_the_options(folder: Folder, old: str, new: str, fault: str) -> None:
    """Fails when an option could stand for nothing in the list, or for another line than its own."""
    assert LABELLED.count(old) == 1
    folder.write(FILE, LABELLED.replace(old, new))

    faults = folder.faults()

    assert [one for one in faults if fault in one and "[list]" in one], faults


def test_a_case_cannot_be_a_check_in_a_lesson(folder: Folder) -> None:
    folder.write(FILE, QUESTION)
    folder.replace("1-basics/lessons/01-first.md", "::: check band-feel", "::: check k-case")

    assert [one for one in folder.faults() if "check-in-steps" in one]
