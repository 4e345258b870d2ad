"""Attacks that see only the options: each on literal banks, one on which it works and one on which it doesn't."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest

from app.content.__main__ import main
from app.content.cues import limits
from app.content.cues.bank import CueItem, list_single_answer_items
from app.content.cues.classifier import fit
from app.content.cues.evaluation import cross_validate, validate_across_modules
from app.content.cues.limits import LIMITS, CueLimit, CueMeasure, CueMeasures, check_cues, measure, measure_rules
from app.content.cues.outcome import AttackOutcome, sum_shares
from app.content.cues.report import describe_guessability
from app.content.cues.rules import REASON, REFERRING, RULES, compute_share, follow_rule, score_caution
from app.content.faults import FileLocation
from app.content.loader import load_course
from app.domain.content import Course
from tests.support.course_folder import Folder

WORDS = ("arm", "band", "calf", "disc", "ear", "foot", "grip", "heel", "iris", "joint", "knee", "limb", "neck", "palm")


def item(*options: str, name: str = "q", module: str = "m", stem: str = "", critical: bool = False) -> CueItem:
    """Build an item whose key is the option that begins with ``*``."""
    key = next(at for at, text in enumerate(options) if text.startswith("*"))
    return CueItem(name, module, stem, tuple(text.removeprefix("*") for text in options), key, critical)


def bank(right: str = "", wrong: str = "", *, module: str = "m", questions: int = 40) -> list[CueItem]:
    """Build questions of neutral words with keys drawn by lot, and add a word to all keys or to all distractors."""
    made = []
    random = Random(f"{module}1")
    for number in range(questions):
        key = random.randrange(4)
        options = []
        for at in range(4):
            text = f"{right if at == key else wrong} {' '.join(random.sample(WORDS, 2))}".strip()
            options.append(f"*{text}" if at == key else text)
        made.append(item(*options, name=f"{module}-{number:02}", module=module))
    return made


# -- figures -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("won", "questions", "low", "high"),
    [(93, 100, 0.8625, 0.9657), (0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (0, 0, 0.0, 1.0)],
)
def test_the_interval_is_wilsons(won: float, questions: int, low: float, high: float) -> None:
    assert AttackOutcome(won, questions).interval == pytest.approx((low, high), abs=5e-4)


def test_shares_add_up() -> None:
    assert sum_shares([1.0, 0.5, 0.0, 0.0]) == AttackOutcome(1.5, 4)
    assert sum_shares([1.0, 0.5, 0.0, 0.0]).rate == 0.375


# -- rules -------------------------------------------------------------------------------------------------------------


CASES = [
    ("cautious", item("*It may help", "It works", "It cures the pain"), 1.0),
    ("cautious", item("It may help", "*It works", "It cures the pain"), 0.0),
    ("cautious", item("*It may help", "It might help", "It cures the pain"), 0.5),
    ("referring", item("*See a doctor today", "Press the knot", "Rest at home"), 1.0),
    ("referring", item("See a doctor today", "*Press the knot", "Rest at home"), 0.0),
    ("referring", item("*Today", "This week", "In a month"), 1.0),
    ("sceptical", item("*The question is open", "It works", "It harms"), 1.0),
    ("sceptical", item("The question is open", "*It works", "It harms"), 0.0),
    ("no reason clause", item("*It works", "It works, as it is warm", "It fails because it is cold"), 1.0),
    ("no reason clause", item("It works", "*It works, as it is warm", "It fails because it is cold"), 0.0),
    ("a reason clause", item("It works", "*It works since it is warm", "It fails"), 1.0),
    ("a reason clause", item("*It works", "It works since it is warm", "It fails"), 0.0),
    ("longest", item("*longer", "long", "cut"), 1.0),
    ("longest", item("*cut", "long", "longer"), 0.0),
    ("shortest", item("*cut", "long", "longer"), 1.0),
    ("shortest", item("*longer", "long", "cut"), 0.0),
    ("most hedged", item("*It often helps", "It helps", "It harms"), 1.0),
    ("most hedged", item("*It helps", "It often helps", "It harms"), 0.0),
    ("fewest absolutes", item("*It helps", "It always helps", "It never helps"), 1.0),
    ("fewest absolutes", item("It helps", "*It always helps", "It never helps"), 0.0),
    ("most words of the stem", item("*A deep needle", "A ball", stem="Which needle?"), 1.0),
    ("most words of the stem", item("A deep needle", "*A ball", stem="Which needle?"), 0.0),
    ("fewest words of the stem", item("*A ball", "A deep needle", stem="Which needle?"), 1.0),
    ("fewest words of the stem", item("A ball", "*A deep needle", stem="Which needle?"), 0.0),
    ("most like the others", item("*warm needle", "warm ball", "cold needle"), 1.0),
    ("most like the others", item("warm needle", "*warm ball", "cold needle"), 0.0),
]


@pytest.mark.parametrize(("rule", "asked", "won"), CASES)
def test_a_rule_finds_what_has_most_of_it(rule: str, asked: CueItem, won: float) -> None:
    assert compute_share(RULES[rule], asked) == won


def test_every_rule_is_tried_above() -> None:
    assert {rule for rule, _, _ in CASES} == set(RULES)


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("Call the emergency services at once", 3),
        ("Press the knot harder", -2),
        ("A ball under the calf", 0),
        ("It is not shown", 0),
        ("It may be the heart", 1),
    ],
)
def test_caution_weighs_doubt_against_promises(text: str, score: int) -> None:
    assert score_caution(text) == score


@pytest.mark.parametrize("text", ["See the prescriber today", "ambulance", "It is urgently examined"])
def test_words_that_refer(text: str) -> None:
    assert REFERRING.search(text)


@pytest.mark.parametrize("text", ["The caller's chart", "A spring", "Scarring of the skin", "Shoulder clinics"])
def test_words_that_only_look_as_if_they_refer(text: str) -> None:
    assert not REFERRING.search(text)


@pytest.mark.parametrize(
    "text", ["Yes, as it is warm", "Since it is warm", "Warm it so that it bends", "Cold, so it stops"]
)
def test_clauses_that_give_a_reason(text: str) -> None:
    assert REASON.search(text)


@pytest.mark.parametrize("text", ["As warm as before", "It is not so warm", "Warm for an hour", "Such as heat"])
def test_clauses_that_give_none(text: str) -> None:
    assert not REASON.search(text)


def test_a_rule_is_counted_apart_where_one_option_stands_out() -> None:
    items = [item("*It may help", "It works"), item("*It helps", "It harms")]

    outcome = follow_rule(RULES["cautious"], items)

    assert outcome.overall == AttackOutcome(1.5, 2)
    assert outcome.decided == AttackOutcome(1.0, 1)


# -- the classifier ----------------------------------------------------------------------------------------------------


def test_the_weights_are_those_of_scikit_learn() -> None:
    # TfidfVectorizer(ngram_range=(1, 2), min_df=2) and LogisticRegression(C=1, tol=1e-10) of scikit-learn 1.9.1.
    items = [
        item("*call a doctor", "press the knot", "rest at home", name="a"),
        item("press the knot harder", "wait at home", "*call a friend", name="b"),
        item("rest and wait", "*call a doctor today", "press harder", name="c"),
    ]

    weights = fit(items).weights

    expected = {
        "call": 0.6133, "a": 0.6133, "call a": 0.6133, "doctor": 0.4075, "a doctor": 0.4075, "press": -0.3046, "the": -0.1822,
        "knot": -0.1822, "press the": -0.1822, "the knot": -0.1822, "harder": -0.2527, "rest": -0.2664, "wait": -0.2662,
        "at": -0.2129, "home": -0.2129, "at home": -0.2129, "(characters)": 0.0280, "(words)": 0.0450,
    }  # fmt: skip
    assert weights == pytest.approx(expected, abs=2e-4)


@pytest.mark.parametrize(
    ("right", "wrong"), [("maybe", ""), ("", "since"), ("maybe", "since"), ("rather more to read", "")]
)
def test_the_classifier_finds_a_style_of_keys(right: str, wrong: str) -> None:
    trials = cross_validate(bank(right, wrong))

    assert sum_shares(trial.found_share for trial in trials.values()).rate == 1.0


@pytest.mark.parametrize("word", ["", "maybe"])
def test_the_classifier_finds_nothing_where_all_options_are_alike(word: str) -> None:
    trials = cross_validate(bank(word, word))

    assert sum_shares(trial.found_share for trial in trials.values()).rate < 0.4


def test_the_classifier_would_know_questions_that_it_has_learned_from() -> None:
    items = bank()
    model = fit(items)
    scores = [model.scores(asked) for asked in items]

    found = sum(options.index(max(options)) == asked.key for options, asked in zip(scores, items, strict=True))

    assert found / len(items) > 0.6  # below 0.4 in the test above, so none of these was among those learned from


def test_a_style_within_one_module_is_not_found_by_what_other_modules_teach() -> None:
    items = [*bank("maybe", "since", module="a"), *bank("could", "would", module="b")]

    within = sum_shares(trial.found_share for trial in cross_validate(items).values())
    across = sum_shares(trial.found_share for trial in validate_across_modules(items).values())

    assert within.rate == 1.0
    assert across.rate < 0.4
    shared = [*bank("maybe", "since", module="a"), *bank("maybe", "since", module="b")]
    assert sum_shares(trial.found_share for trial in validate_across_modules(shared).values()).rate == 1.0


def test_the_figures_do_not_depend_on_the_order_of_files() -> None:
    items = [*bank("maybe", module="a", questions=12), *bank(module="b", questions=12)]

    ordered, reversed_ = cross_validate(items), cross_validate(items[::-1])

    assert [ordered[found.id].found for found in items] == [reversed_[found.id].found for found in items]


def test_words_that_set_the_key_apart_are_told() -> None:
    trial = cross_validate(bank("maybe", "since"))["m-00"]

    strongest = sorted(trial.telling, key=lambda term: -trial.telling[term])[:2]

    assert set(strongest) == {"maybe", "since"}


# -- limits ------------------------------------------------------------------------------------------------------------


def measured(won: float, questions: int, *, attack: str = limits.CROSS_VALIDATED, module: str = "") -> CueMeasure:
    return CueMeasure(attack, module, AttackOutcome(won, questions))


@pytest.mark.parametrize(
    ("found", "above"),
    [
        (measured(35, 100), False),
        (measured(36, 100), True),
        (measured(19, 19), False),
        (measured(20, 20), True),
        (measured(36, 100, module="a"), True),
        (measured(36, 100, attack="cautious"), True),
        (measured(36, 100, attack="cautious", module="a"), False),
        (measured(100, 100, attack="longest"), False),
    ],
)
def test_more_than_the_limit_is_too_much(found: CueMeasure, above: bool) -> None:
    assert found.is_above is above


def test_the_limits_of_the_course() -> None:
    assert {name: limit.at_most for name, limit in LIMITS.items()} == {
        "classifier, cross-validated": 0.35,
        "classifier, other modules": 0.35,
        "cautious": 0.35,
        "referring, safety-critical": 0.35,
        "no reason clause": 0.35,
        "a reason clause": 0.35,
    }


def test_the_referring_rule_is_counted_apart_for_safety_critical_questions() -> None:
    items = [
        item("*Call a doctor", "Rest", name="a", critical=True),
        item("Call a doctor", "*Rest", name="b"),
    ]

    found = {(one.attack, one.module): one.overall for one in measure_rules(items)}

    assert found["referring", ""] == AttackOutcome(1.0, 2)
    assert found["referring, safety-critical", ""] == AttackOutcome(1.0, 1)
    assert found["referring, safety-critical", "m"] == AttackOutcome(1.0, 1)


def course_of(folder: Folder, options: Sequence[str], questions: int = 20) -> Course:
    """Return a course in which the first of ``options`` is the key of every question."""
    course = folder.course()
    [module] = course.modules
    model = module.questions[0]
    asked = tuple(replace(model, id=f"q-{number:02}", options=tuple(options)) for number in range(questions))
    return replace(course, modules=(replace(module, questions=asked),))


@pytest.fixture
def over_the_course(monkeypatch: pytest.MonkeyPatch) -> None:
    """Apply each limit over the course alone, so that a finding of a rule is one fault and not one in each module."""
    monkeypatch.setattr(limits, "LIMITS", {name: CueLimit(limit.at_most) for name, limit in LIMITS.items()})


CAUTIOUS = ["It may help", "It works", "It cures"]
BOLD = ["It works", "It may help", "It cures"]


@pytest.mark.usefixtures("over_the_course")
def test_an_exceeded_limit_fails_a_course(folder: Folder) -> None:
    place = FileLocation(folder.path / "course.yaml")

    faults = list(check_cues(course_of(folder, CAUTIOUS), place, with_classifier=False))

    assert [(fault.rule, fault.message, fault.expected) for fault in faults] == [
        ("guessable", "all modules: “cautious” finds 20.0 of 20 keys", "7 at most")
    ]
    assert list(check_cues(course_of(folder, CAUTIOUS, questions=19), place, with_classifier=True)) == []
    assert list(check_cues(course_of(folder, BOLD), place, with_classifier=False)) == []


def test_an_attack_without_a_limit_is_reported_only(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LIMITS", {})
    course = course_of(folder, CAUTIOUS)

    found = measure(course)

    assert list(check_cues(course, FileLocation(folder.path), with_classifier=True)) == []
    assert found.measures
    assert found.excesses == []


@pytest.mark.usefixtures("over_the_course")
def test_loading_a_course_tries_the_rules(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    assert folder.faults() == []
    monkeypatch.setattr(limits, "MIN_QUESTIONS", 1)
    folder.replace("1-basics/questions/band.yaml", "A narrow, hard strip", "A thin, hard strip")
    folder.replace("1-basics/questions/band.yaml", "A small, loose pebble", "A round, loose pebble")

    assert folder.faults() == [
        "course.yaml:1: all modules: “cautious” finds 1.0 of 1 keys; expected 0 at most [guessable]"
    ]


def test_the_classifier_is_tried_on_request(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MIN_QUESTIONS", 1)
    monkeypatch.setattr(limits, "LIMITS", {limits.CROSS_VALIDATED: CueLimit(-1.0)})

    assert folder.load().faults == ()
    loaded = load_course([folder.path], with_classifier=True)

    assert loaded.course is None
    assert [fault.rule for fault in loaded.faults] == ["guessable"]


# -- the report --------------------------------------------------------------------------------------------------------


def measured_bank(items: Sequence[CueItem]) -> CueMeasures:
    return CueMeasures(items, list(measure_rules(items)), cross_validate(items), validate_across_modules(items))


def test_the_report_lists_the_most_guessable_question_first() -> None:
    easy = item("*maybe not", "since it is warm", "since it is cold", "since it is wet", name="easy", module="b")
    hard = item("*since it is warm", "maybe not", "maybe so", "maybe yes", name="hard", module="b")
    report = describe_guessability(measured_bank([*bank("maybe", "since", module="a"), hard, easy]), "b").splitlines()

    assert [line.split()[0] for line in report[-2:]] == ["easy", "hard"]
    assert report[-2].split()[1] == "100/100"
    assert "+ maybe" in report[-2]
    assert "- since" in report[-2]
    assert report[-1].split()[1] == "0/0"


def test_the_report_tells_words_of_right_and_wrong_options() -> None:
    report = describe_guessability(measured_bank(bank("maybe", "since"))).splitlines()

    [right] = [line for line in report if "words of right options" in line]
    [wrong] = [line for line in report if "words of wrong options" in line]
    assert right.startswith("all modules, words of right options (right/all): maybe 40/40")
    assert wrong.startswith("all modules, words of wrong options (right/all): since 0/120")


def test_the_command_prints_the_report(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--guessable", str(folder.path)])

    printed = capsys.readouterr().out
    assert status == 0
    assert printed.startswith("1 single-answer questions, options only")
    assert "every limited attack is within its limit" in printed
    assert "  band-feel " in printed


@pytest.mark.usefixtures("over_the_course")
def test_the_command_fails_above_a_limit(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.content.__main__.measure", lambda _: CueMeasures([], [measured(36, 100)], {}, {}))

    assert main(["--guessable", str(folder.path)]) == 1


def test_only_single_answer_questions_are_attacked(folder: Folder) -> None:
    assert [(found.id, found.options[found.key]) for found in list_single_answer_items(folder.course())] == [
        ("band-feel", "A narrow, hard strip")
    ]
