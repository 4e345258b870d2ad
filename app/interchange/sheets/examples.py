"""The examples and explanations of the template for question sheets."""

from __future__ import annotations

from collections.abc import Mapping

from app.content.interactions import (
    AcceptedNumber,
    AcceptedText,
    ChoiceInteraction,
    Description,
    ExtendedTextInteraction,
    MatchInteraction,
    NumberInteraction,
    Option,
    OrderedStep,
    OrderInteraction,
    Pair,
    TextEntryInteraction,
)
from app.interchange.bank import BankItem
from app.interchange.sheets.columns import SheetType

EXPLANATIONS: Mapping[SheetType, str] = {
    SheetType.SINGLE: "The options. The right one has 100 in its percent column.",
    SheetType.SEVERAL: "The options. The percents of the right ones add up to 100; wrong ones may cost something, as -50.",
    SheetType.TRUTH: "True and False. The right one has 100 in its percent column.",
    SheetType.TEXT: "The accepted texts. The first that fits counts; * stands for any text.",
    SheetType.NUMBER: "The accepted numbers: 7, or 7 ± 0.5, or 6.5..7.5. The first that fits counts.",
    SheetType.MATCH: "The left sides, each with its partner. A partner without an answer belongs to none.",
    SheetType.ORDER: "The steps in the right order.",
    SheetType.ESSAY: "A model answer, if there is one. A person marks what learners write.",
    SheetType.DESCRIPTION: "None. Nothing is asked.",
}

EXAMPLES = (
    BankItem(
        "example",
        title="Bones of the hand",
        identifier="example-one-option",
        categories=("Anatomy", "Hand"),
        tags=("bones",),
        stem="How many bones does the wrist have?",
        interaction=ChoiceInteraction(
            (
                Option("Eight", 1.0, "They lie in two rows of four."),
                Option("Seven", 0.0, "That is the number of bones in the ankle."),
                Option("Ten"),
            )
        ),
        feedback="The wrist has two rows of four bones each.",
    ),
    BankItem(
        "example",
        identifier="example-several-options",
        stem="Which of these are bones of the leg?",
        interaction=ChoiceInteraction(
            (Option("Femur", 0.5), Option("Tibia", 0.5), Option("Ulna", -0.5), Option("Radius", -0.5)), is_multiple=True
        ),
    ),
    BankItem(
        "example",
        identifier="example-true-or-false",
        stem="The heart is a muscle.",
        interaction=ChoiceInteraction((Option("True", 1.0), Option("False")), is_shuffled=False, is_truth=True),
    ),
    BankItem(
        "example",
        identifier="example-short-text",
        stem="What is the longest bone of the body called?",
        interaction=TextEntryInteraction(
            (
                AcceptedText("femur", 1.0, "", allows_typo=True),
                AcceptedText("thigh bone", 1.0),
                AcceptedText("*tibia*", 0.0, "The tibia is the second longest."),
            ),
            otherwise="It reaches from the hip to the knee.",
        ),
    ),
    BankItem(
        "example",
        identifier="example-number",
        stem="What is the normal temperature of the body, in degrees Celsius?",
        interaction=NumberInteraction((AcceptedNumber(37, 0.5), AcceptedNumber(37, 1, 0.5, "Nearly.")), "°C"),
    ),
    BankItem(
        "example",
        identifier="example-matching",
        stem="Where is each of these bones?",
        interaction=MatchInteraction(
            (Pair("Femur", "Thigh"), Pair("Ulna", "Forearm"), Pair("Sternum", "Chest")), ("Head",)
        ),
    ),
    BankItem(
        "example",
        identifier="example-ordering",
        stem="Put these joints in order, from the trunk outwards.",
        interaction=OrderInteraction((OrderedStep("Shoulder"), OrderedStep("Elbow"), OrderedStep("Wrist"))),
    ),
    BankItem(
        "example",
        identifier="example-long-text",
        stem="Explain how a joint is kept in place.",
        interaction=ExtendedTextInteraction(
            "Ligaments, the capsule and muscles hold the bones together.", "One point for each of the three.", 20, 100
        ),
        mark=3.0,
    ),
    BankItem(
        "example",
        identifier="example-text-only",
        stem="The next questions are about the knee.",
        interaction=Description(),
        mark=0.0,
    ),
)
