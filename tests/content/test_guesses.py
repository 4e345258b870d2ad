"""Whether form alone finds the keys: the statistics over many questions."""

from __future__ import annotations

from itertools import product
from math import comb

import pytest

from app.content.guesses import STRATEGIES, Score, follow_strategy
from app.content.kinds import QuestionEntry, get_entry_class
from tests.support.course_folder import Folder

LONGEST = STRATEGIES["choose the longest"]
HEDGED = STRATEGIES["choose the most hedged"]
SHARED = STRATEGIES["choose the one that shares most words with the stem"]


def question(*options: str, stem: str = "What is so?") -> QuestionEntry:
    """Build a question whose keys are the options that begin with ``*``."""
    value = {
        "id": "q",
        "objective": "o",
        "level": "recall",
        "kind": "several" if sum(text.startswith("*") for text in options) > 1 else "single",
        "use": "practice",
        "stem": stem,
        "options": [
            {"text": text.lstrip("*"), "why": "so", "correct": str(text.startswith("*")).lower()} for text in options
        ],
        "explanation": "So.",
        "sources": ["S"],
    }
    return get_entry_class(value).model_validate(value)


WON = question("*long", "cut", "cut", "cut")
LOST = question("*cut", "long", "cut", "cut")


@pytest.mark.parametrize(
    ("score", "asked", "won"),
    [
        (LONGEST, question("*longer", "long", "cut"), 1.0),
        (LONGEST, question("*long", "longer", "cut"), 0.0),
        (LONGEST, question("*longer", "longed", "cut"), 0.5),
        (LONGEST, question("*one", "two", "six"), 1 / 3),
        (LONGEST, question("*longer", "*longed", "longest", "cut"), 0.0),
        (LONGEST, question("*longer", "*longed", "logged", "cut"), 2 / 3),
        (LONGEST, question("***bold**", "plain", "cut"), 0.0),
        (HEDGED, question("*it may often help", "it may help", "it helps"), 1.0),
        (HEDGED, question("*it helps", "it harms"), 0.5),
        (SHARED, question("*deep needles", "shallow needles", stem="Which needle goes deep?"), 1.0),
        (SHARED, question("*shallow ball", "deep needle", stem="Which needle goes deep?"), 0.0),
    ],
)
def test_a_guesser_earns_what_the_rule_finds(score: Score, asked: QuestionEntry, won: float) -> None:
    assert follow_strategy(score, [asked]).won == pytest.approx(won)


@pytest.mark.parametrize(("won", "lost"), [(0, 5), (1, 4), (3, 2), (5, 0), (8, 12)])
def test_without_ties_the_probability_is_the_binomial_one(won: int, lost: int) -> None:
    outcome = follow_strategy(LONGEST, [WON] * won + [LOST] * lost)

    n = won + lost
    binomial = sum(comb(n, k) * 0.25**k * 0.75 ** (n - k) for k in range(won, n + 1))
    assert outcome.probability == pytest.approx(binomial)
    assert outcome.won == won
    assert outcome.expected == pytest.approx(n / 4)


def test_with_ties_and_several_keys_it_is_that_of_all_places_of_the_keys() -> None:
    """A second implementation: put the keys at every place and count."""
    shapes = [(("longer", "longed", "cut"), 1), (("long", "cut", "cut", "cut"), 2), (("one", "two", "six"), 1)]
    bank = [
        question("*longer", "longed", "cut"),
        question("*long", "*cut", "cut", "cut"),
        question("*one", "two", "six"),
    ]

    outcome = follow_strategy(LONGEST, bank)

    def placements(texts: tuple[str, ...], keys: int) -> list[float]:
        tied = [at for at, text in enumerate(texts) if len(text) == max(map(len, texts))]
        places = [p for p in product((0, 1), repeat=len(texts)) if sum(p) == keys]
        return [sum(p[at] for at in tied) / len(tied) for p in places]

    sums = [sum(values) for values in product(*(placements(*shape) for shape in shapes))]
    assert outcome.probability == pytest.approx(sum(value >= outcome.won - 1e-9 for value in sums) / len(sums))
    assert outcome.expected == pytest.approx(sum(sums) / len(sums))


def many(count: int, longest_is_key: int) -> str:
    """Write ``count`` practice questions; in the first ``longest_is_key`` the key is longest by three letters."""
    written = []
    for number in range(count):
        key, other = ("abcdefg", "abcd") if number < longest_is_key else ("abcd", "abcdefg")
        written.append(
            f"- {{id: q{number}, objective: band, level: recall, kind: single, use: practice,"
            f" stem: 'Which word is w{number}?', explanation: So., sources: [TS-1999],"
            f" options: [{{text: {key}{number}, correct: true, why: so}},"
            f" {{text: {other}x{number}, why: no}}, {{text: aby{number}, why: no}}, {{text: abz{number}, why: no}}]}}\n"
        )
    return "".join(written)


def test_a_module_in_which_the_longest_option_wins_too_often_is_refused(folder: Folder) -> None:
    folder.write("1-basics/questions/many.yaml", many(20, 11))

    assert folder.faults() == [
        "module.yaml:1: “choose the longest” finds 11.0 of 22 keys, but chance finds 5.7 (p = 0.012): "
        "q0, q1, q2, q3, q4, q5, q6, q7 and 3 more; expected keys that their form does not reveal "
        "(p of 0.05 or more) [guessable]"
    ]


def test_a_module_in_which_it_wins_as_often_as_chance_is_sound(folder: Folder) -> None:
    folder.write("1-basics/questions/many.yaml", many(20, 5))

    assert folder.faults() == []


def test_over_the_whole_bank_five_points_are_too_many(folder: Folder) -> None:
    """Each module alone could be chance; together they can't."""
    folder.replace("course.yaml", "[basics]", "[basics, more]")
    folder.add_module("more")
    folder.write("1-basics/questions/many.yaml", many(30, 10))
    folder.write(
        "2-more/questions/many.yaml",
        many(30, 10)
        .replace("id: q", "id: r")
        .replace("Which word is", "What was")
        .replace("n: band", "n: more-band")
        .replace("objective: band", "objective: more-band"),
    )

    assert folder.faults() == [
        "course.yaml:1: over the whole bank “choose the longest” beats chance by 5.7 points; expected 5 points at most "
        "[guessable]"
    ]
