"""The counts that show whether a course is balanced."""

from __future__ import annotations

from dataclasses import replace

from app.content.balance import (
    describe_balance,
    list_assumed_only,
    list_thin_objectives,
    list_weakly_sourced_critical,
)
from tests.support.course_folder import Folder


def test_the_balance_of_a_small_course(folder: Folder) -> None:
    assert describe_balance(folder.course()) == [
        "",
        "balance",
        "  basics             above recall 1 of 3 (33%); true 0 of 1 (0%) of true/false; right options of several: 1 of 3 in 1",
        "  all modules        above recall 1 of 3 (33%); true 0 of 1 (0%) of true/false; right options of several: 1 of 3 in 1",
        "",
        "objectives with fewer than 4 questions",
        "  band 3",
        "",
        "sources",
        "  questions that rest on TEXTBOOK alone: 0 of 3 (0%)",
        "  safety-critical questions without a clinical source (only TEXTBOOK, ARTICLE, patient information): 0 of 1 (0%)",
        "  sources without a link: 1 of 2 (50%): TS-1999",
    ]


def test_an_objective_with_four_questions_is_not_thin(folder: Folder) -> None:
    [module] = folder.course().modules
    fourth = replace(module.questions[0], id="fourth")

    assert list_thin_objectives(module) == ["band 3"]
    assert list_thin_objectives(replace(module, questions=(*module.questions, fourth))) == []


def test_questions_that_rest_on_assumed_knowledge_alone(folder: Folder) -> None:
    question = folder.course().modules[0].questions[0]

    assert list_assumed_only([replace(question, sources=("TEXTBOOK",))]) == ["band-feel"]
    assert list_assumed_only([replace(question, sources=("TEXTBOOK", "LUCAS-2009"))]) == []


def test_a_safety_critical_question_needs_a_clinical_source(folder: Folder) -> None:
    course = folder.course()
    critical = replace(course.modules[0].questions[0], critical=True)
    leaflet = replace(course.sources[0], id="CARD", level="Patient information")
    sources = [*course.sources, leaflet]

    weak = replace(critical, sources=("TEXTBOOK", "ARTICLE", "CARD"))
    assert list_weakly_sourced_critical([weak], sources) == ["band-feel"]
    assert list_weakly_sourced_critical([replace(weak, sources=(*weak.sources, "LUCAS-2009"))], sources) == []
    assert list_weakly_sourced_critical([replace(weak, critical=False)], sources) == []
