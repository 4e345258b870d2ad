"""What can be found, and what was."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SearchGroup(StrEnum):
    """The heading under which a result is shown."""

    LESSONS = "lessons"
    TERMS = "terms"
    MUSCLES = "muscles"
    PLACES = "places"
    QUESTIONS = "questions"
    NOTES = "notes"
    LEAFLETS = "leaflets"
    SOURCES = "sources"


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of an entry. ``anchor`` is its id on the page, if it has one."""

    text: str
    heading: str = ""
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class SearchEntry:
    """Something to find. ``slug`` names it in its group.

    ``within`` and ``within_title`` say where it is: the slug and title of a lesson's module, the title of the lesson that
    explains a term or teaches a leaflet, the area of the body of a muscle or place.
    """

    group: SearchGroup
    slug: str
    title: str
    passages: tuple[Passage, ...]
    within: str = ""
    within_title: str = ""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of a text; ``is_match`` says whether it is a word that was looked for."""

    text: str
    is_match: bool = False


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """An entry that was found, the passage that matches best, and its title and an excerpt with the words marked."""

    entry: SearchEntry
    passage: Passage
    title: tuple[Fragment, ...]
    excerpt: tuple[Fragment, ...]


@dataclass(frozen=True, slots=True)
class SpelledWord:
    """A word that occurs nowhere, and the known word that was looked for instead."""

    typed: str
    used: str
