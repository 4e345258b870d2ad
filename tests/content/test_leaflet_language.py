"""The leaflets of this course are for everybody: about the reading level of a child of twelve."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from app.content.loader import load_course
from app.domain.content import Leaflet

COURSE = load_course([Path(__file__).parents[2] / "questions"]).course
LEAFLETS = COURSE.leaflets if COURSE else ()
MAX_GRADE = 6
MAX_WORDS_OF_A_SENTENCE = 24


def list_sentences(leaflet: Leaflet) -> list[list[str]]:
    """Return the words of each sentence. The end of a heading, an item or a paragraph ends a sentence."""
    html = re.sub(r'<a class="leaflet__cite".*?</a>', "", leaflet.html)
    text = unescape(re.sub(r"<[^>]+>", "", re.sub(r"</(?:h2|h3|li|p)>", ". ", html)))
    sentences = [re.findall(r"[A-Za-z’]+", sentence) for sentence in re.split(r"[.:?!]", text)]
    return [words for words in sentences if words]


def count_syllables(word: str) -> int:
    vowels = re.findall(r"[aeiouy]+", word.lower())
    is_silent = word.lower().endswith("e") and not word.lower().endswith(("le", "ee")) and len(vowels) > 1
    return max(1, len(vowels) - is_silent)


def get_grade(sentences: list[list[str]]) -> float:
    """Return the Flesch-Kincaid grade level, https://en.wikipedia.org/wiki/Flesch-Kincaid_readability_tests."""
    words = [word for sentence in sentences for word in sentence]
    syllables = sum(map(count_syllables, words))
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59


def test_there_are_the_five_leaflets() -> None:
    assert {leaflet.id for leaflet in LEAFLETS} >= {
        "after-needling",
        "cauda-equina-card",
        "dry-needling-consent",
        "self-massage",
        "when-to-call",
    }


@pytest.mark.parametrize("leaflet", LEAFLETS, ids=lambda leaflet: leaflet.id)
def test_a_leaflet_reads_easily(leaflet: Leaflet) -> None:
    sentences = list_sentences(leaflet)

    assert get_grade(sentences) <= MAX_GRADE
    assert [" ".join(words) for words in sentences if len(words) > MAX_WORDS_OF_A_SENTENCE] == []
