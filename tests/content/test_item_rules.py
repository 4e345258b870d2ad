"""Questions that give their answer away."""

# ruff: noqa: E501 (tables of literal messages)

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.content.giveaways import find_giveaways
from app.content.kinds import QuestionEntry, get_entry_class
from tests.support.course_folder import QUESTIONS as QUESTIONS_TEXT
from tests.support.course_folder import Folder

QUESTIONS = "1-basics/questions/band.yaml"


@pytest.mark.parametrize(
    ("name", "old", "new", "faults"),
    [
        (
            QUESTIONS,
            "text: A narrow, hard strip",
            "text: A narrow, hard strip that runs straight along the muscle",
            [
                "band.yaml:8: the key has 56 characters and the longest distractor 21; expected options of similar length [longest-key]"
            ],
        ),
        (
            QUESTIONS,
            "text: A narrow, hard strip",
            "text: Usually a narrow strip",
            ["band.yaml:8: only the key hedges (“usually”); expected options of similar certainty [hedged-key]"],
        ),
        (
            QUESTIONS,
            "stem: What does the finger meet?",
            "stem: What narrow and hard thing does the finger meet?",
            [
                "band.yaml:8: the key repeats words of the stem that the other options don't (hard, narrow…); expected other words, or the same in a distractor [stem-words-in-key]"
            ],
        ),
        (
            QUESTIONS,
            "stem: What does the finger meet?",
            "stem: The finger meets an",
            [
                "band.yaml:8: the stem ends in “an”, which this option cannot follow; expected the article in each option [article-cue]",
                "band.yaml:11: the stem ends in “an”, which this option cannot follow; expected the article in each option [article-cue]",
                "band.yaml:13: the stem ends in “an”, which this option cannot follow; expected the article in each option [article-cue]",
            ],
        ),
        (
            QUESTIONS,
            "text: A small, loose pebble",
            "text: None of the above",
            [
                "band.yaml:13: “None of the above” is an option; expected an option with a content of its own [all-of-the-above]"
            ],
        ),
        (
            QUESTIONS,
            "text: A small, loose pebble",
            "text: All of these",
            [
                "band.yaml:13: “all” occurs only in distractors; expected no absolute, or one in the key too [absolutes]",
                "band.yaml:13: “All of these” is an option; expected an option with a content of its own [all-of-the-above]",
            ],
        ),
        (
            QUESTIONS,
            "text: A small, loose pebble",
            "text: Both A and B",
            [
                "band.yaml:13: “Both A and B” is an option; expected an option with a content of its own [all-of-the-above]"
            ],
        ),
        (
            QUESTIONS,
            "text: A wide, soft sheet",
            "text: Always a soft sheet",
            [
                "band.yaml:11: “always” occurs only in distractors; expected no absolute, or one in the key too [absolutes]"
            ],
        ),
        (
            QUESTIONS,
            "stem: A taut band is a spasm of the whole muscle.",
            "stem: A taut band is always a spasm.",
            [
                "band.yaml:40: the false statement contains “always”; expected a statement without an absolute [absolutes]"
            ],
        ),
        (
            QUESTIONS,
            "stem: What does the finger meet?",
            "stem: What does the finger not meet?",
            [
                "band.yaml:6: the stem is negative (“not”) but does not stress it; expected **not** in bold, or a positive question [negative-stem]"
            ],
        ),
        (
            QUESTIONS,
            "stem: What does the finger meet?",
            "stem: According to the article, what does the finger meet?",
            [
                "band.yaml:6: “According to the article” asks what was read, not what is true; expected what the evidence shows, or who holds which view [according-to]"
            ],
        ),
        (
            QUESTIONS,
            "text: A small, loose pebble",
            "text: A narrow, hard strip of bone",
            [
                "band.yaml:8: this option overlaps another one (“A narrow, hard strip of bone”); expected options that exclude each other [overlapping-options]"
            ],
        ),
        (
            QUESTIONS,
            "text: A small, loose pebble",
            "text: A small, loose pebble.",
            [
                "band.yaml:13: one option differs from the rest (full stop at the end); expected options of the same form [unlike-option]"
            ],
        ),
        (
            QUESTIONS,
            "text: A small, loose pebble",
            "text: a small, loose pebble",
            [
                "band.yaml:13: one option differs from the rest (small first letter); expected options of the same form [unlike-option]"
            ],
        ),
        (
            QUESTIONS,
            "text: A narrow, hard strip",
            "text: A strip of 3 mm",
            [
                "band.yaml:8: one option differs from the rest (a number); expected options of the same form [unlike-option]"
            ],
        ),
        (
            QUESTIONS,
            "vignette: A swimmer has a sore shoulder.",
            "vignette: The finger of a swimmer finds a narrow, hard strip.",
            [
                "band.yaml:6: the stem of `band-signs` gives this answer away (“A narrow, hard strip”); expected questions that don't answer each other [answered-elsewhere]"
            ],
        ),
        (
            QUESTIONS,
            "stem: What points to a trigger point?",
            "stem: What points to a trigger point?\n  allow: {longest-key: It is fine.}",
            [
                "band.yaml:24: `longest-key` finds nothing here, so there is nothing to allow; expected the line removed [allow]"
            ],
        ),
        (
            QUESTIONS,
            "stem: What points to a trigger point?",
            "stem: What points to a trigger point?\n  allow: {longest-kye: It is fine.}",
            [
                "band.yaml:24: there is no rule `longest-kye`; expected one of absolutes, according-to, all-of-the-above, answer-in-stem, answered-elsewhere, article-cue, duplicate-stem, hedged-key, longest-key, match-words, negative-stem, overlapping-options, stem-words-in-key, unlike-option [allow]"
            ],
        ),
    ],
)
def test_a_giveaway_is_refused(
    spoil: Callable[[str, str, str], list[str]], name: str, old: str, new: str, faults: list[str]
) -> None:
    assert spoil(name, old, new) == faults


def question(stem: str, *options: str, kind: str = "single") -> QuestionEntry:
    """Build a question whose keys are the options that begin with ``*``."""
    value = {
        "id": "q",
        "objective": "o",
        "level": "recall",
        "kind": kind,
        "use": "practice",
        "stem": stem,
        "options": [
            {"text": text.lstrip("*"), "why": "so", "correct": str(text.startswith("*")).lower()} for text in options
        ],
        "explanation": "So.",
        "sources": ["S"],
    }
    return get_entry_class(value).model_validate(value)


WHAT = "What is so?"


@pytest.mark.parametrize(
    ("rule", "asked"),
    [
        ("longest-key", question(WHAT, "*A long and well qualified answer", "A short one", "Another one")),
        (
            "longest-key",
            question(
                WHAT, "*A long answer with many words", "*One more long answer in words", "No", "Nay", kind="several"
            ),
        ),
        ("hedged-key", question(WHAT, "*It may help", "It helps", "It harms")),
        ("stem-words-in-key", question("Which deep needle is so?", "*The deep needles", "The ball", "The cane")),
        ("article-cue", question("This is called an", "*active point", "latent point", "empty point")),
        ("article-cue", question("This is called a …", "*tender knot", "inner band", "sore hour")),
        ("article-cue", question("She fell an", "*hour ago", "uncle did", "unit of time")),
        ("article-cue", question("This is a:", "*tender knot", "a soft band", "firm strip")),
        ("all-of-the-above", question(WHAT, "*Any of the above", "Two", "Three")),
        ("all-of-the-above", question(WHAT, "*One", "Two", "Neither a nor b")),
        ("absolutes", question(WHAT, "*It helps", "It never helps", "It helps a bit")),
        ("absolutes", question("A needle is the cure for all pain.", "True", "*False", kind="truefalse")),
        ("negative-stem", question("Which is not so?", "*One", "Two", "Three")),
        ("negative-stem", question("Which of these isn't so?", "*One", "Two", "Three")),
        ("negative-stem", question("All of these are red flags except?", "*One", "Two", "Three")),
        ("negative-stem", question("If it hurts, what should one not do?", "*One", "Two", "Three")),
        ("negative-stem", question("A band is not a spasm.", "*True", "False", kind="truefalse")),
        ("according-to", question("According to this lesson, what is so?", "*One", "Two", "Three")),
        ("overlapping-options", question(WHAT, "*Heat", "Heat and rest", "Cold")),
        ("overlapping-options", question(WHAT, "*10 to 20 minutes", "20 to 30 minutes", "40 to 50 minutes")),
        ("overlapping-options", question(WHAT, "*Less than 5 days", "At least 4 days", "3 weeks")),
        ("overlapping-options", question(WHAT, "*More than 5%", "Between 4 and 6%", "Up to 3%")),
        ("unlike-option", question(WHAT, "*One.", "Two", "Three")),
        ("unlike-option", question(WHAT, "*One", "Two?", "Three")),
        ("unlike-option", question(WHAT, "*5 days", "10 days", "A while")),
        ("unlike-option", question(WHAT, "*A knot", "The pain moves up", "The pain moves down", "The pain moves on")),
    ],
)
def test_a_rule_finds_what_it_is_for(rule: str, asked: QuestionEntry) -> None:
    assert rule in {finding.rule for finding in find_giveaways(asked)}


@pytest.mark.parametrize(
    "asked",
    [
        question(WHAT, "*A slightly longer answer", "A shorter answer"),
        question(WHAT, "A long and well qualified distractor", "*A short one"),
        question(WHAT, "*It may help", "It might harm", "It is inert"),
        question("Which deep needle is so?", "*The deep needle", "The deep needles of old"),
        question("What is called a point?", "*An active one", "A latent one"),
        question("This is called an", "*active point", "injured point", "empty point"),
        question(WHAT, "*All of them hurt", "None of them hurts", "Some hurt"),
        question(WHAT, "*It never helps", "It always helps", "It helps a bit"),
        question(WHAT, "*It lasts some days", "It lasts all day", "It is not felt at all"),
        question("Which is **not** so?", "*One", "Two", "Three"),
        question("The pain does not move. What is so?", "*One", "Two", "Three"),
        question("What helps a man who does not sleep?", "*One", "Two", "Three"),
        question("Which idea, not proven but old, is so?", "*One", "Two", "Three"),
        question("If it does not help, what is next?", "*One", "Two", "Three"),
        question("According to the review of 2009, what is so?", "*One", "Two", "Three"),
        question(WHAT, "*10 to 20 minutes", "21 to 30 minutes", "31 to 40 minutes"),
        question(WHAT, "*10 to 20 minutes", "10 to 20 hours", "10 to 20 days"),
        question(WHAT, "*Less than 5 days", "At least 5 days"),
        question(WHAT, "*A knot", "A sheet of 8 mm", "A pebble"),
        question(WHAT, "*An active point", "A latent point", "A trigger point", "A sore point"),
        question("A band always hurts.", "*True", "False", kind="truefalse"),
    ],
)
def test_the_rules_leave_sound_questions_alone(asked: QuestionEntry) -> None:
    assert list(find_giveaways(asked)) == []


def test_an_author_may_allow_a_finding_with_a_reason(folder: Folder) -> None:
    folder.replace(QUESTIONS, "text: A wide, soft sheet", "text: Always a soft sheet")
    folder.replace(
        QUESTIONS,
        "stem: What does the finger meet?",
        "stem: What does the finger meet?\n  allow: {absolutes: As said.}",
    )

    assert folder.faults() == []


@pytest.mark.parametrize("reason", ["", "'  '", "~"])
def test_an_allowance_needs_a_reason(folder: Folder, reason: str) -> None:
    folder.replace(QUESTIONS, "  use: test\n", f"  use: test\n  allow:\n    absolutes: {reason}\n")

    [fault] = folder.faults()

    assert fault.startswith("band.yaml:40: `absolutes` of `allow` is empty")


def test_what_makes_a_question_unmarkable_cannot_be_allowed(folder: Folder) -> None:
    folder.replace(QUESTIONS, "      correct: true\n      why: It belongs", "      why: It belongs")
    folder.replace(QUESTIONS, "  vignette: A swimmer", "  allow: {no-key: It is open.}\n  vignette: A swimmer")

    assert [fault.rpartition("[")[2] for fault in folder.faults()] == ["no-key]"]


class TestPairs:
    """What one question gives away about another."""

    TOLD = "vignette: The finger of a swimmer finds a narrow, hard strip."

    def test_practice_does_not_spoil_practice(self, folder: Folder) -> None:
        folder.replace(QUESTIONS, "vignette: A swimmer has a sore shoulder.", self.TOLD)

        assert [fault.rpartition("[")[2] for fault in folder.faults()] == ["answered-elsewhere]"]

    def test_practice_may_teach_what_a_test_asks(self, folder: Folder) -> None:
        folder.replace(QUESTIONS, "vignette: A swimmer has a sore shoulder.", self.TOLD)
        folder.replace(
            QUESTIONS,
            "  level: recall\n  kind: single\n  use: practice",
            "  level: recall\n  kind: single\n  use: test",
        )
        third = QUESTIONS_TEXT.split("- id: band-signs")[1].split("- id: band-spasm")[0]
        folder.write(
            "1-basics/questions/more.yaml", "- id: band-more" + third.replace("What points", "What else points")
        )
        folder.replace("1-basics/lessons/01-first.md", "check band-feel", "check band-more")

        assert folder.faults() == []

    def test_the_same_question_under_another_id_is_found(self, folder: Folder) -> None:
        second = QUESTIONS_TEXT.split("- id: band-signs")[1].split("- id: band-spasm")[0]
        folder.write("1-basics/questions/more.yaml", "- id: band-more" + second)

        assert folder.faults() == [
            "more.yaml:7: `band-signs` asks the same question with the same options; expected a different question [duplicate-stem]"
        ]
