"""What belongs to no single module: the glossary, the bibliography, and how the course was made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.db import db
from app.domain.content import SeenPart
from app.domain.source_type import SourceType
from app.learn import blueprint
from app.services.course import about, bibliography, glossary
from app.services.course.bibliography import STRENGTHS, BibliographyQuery
from app.web.urls import parse_choice

T = TypeVar("T")

MAX_SEARCH_LENGTH = 200

TYPE_LABELS = {
    SourceType.SYSTEMATIC_REVIEW: _l("Systematic reviews"),
    SourceType.GUIDANCE: _l("Guidelines and official guidance"),
    SourceType.TRIAL: _l("Clinical trials"),
    SourceType.STUDY: _l("Other studies"),
    SourceType.CASE_REPORT: _l("Case reports"),
    SourceType.REVIEW: _l("Reviews and commentary"),
    SourceType.PATIENT_INFORMATION: _l("Information for patients"),
    SourceType.OTHER: _l("Textbooks and other works"),
}


@dataclass(frozen=True, slots=True)
class FilterChoice:
    """A choice of a filter. ``count`` is how many entries the list would have with it."""

    value: object
    words: Any
    count: int
    is_chosen: bool


@blueprint.get("/glossary")
def show_glossary() -> str:
    """Show the key terms of all lessons by letter, or those that contain the words in ``q``."""
    query = request.args.get("q", "").strip()[:MAX_SEARCH_LENGTH]
    entries = glossary.list_entries(db.session)
    sections = glossary.group_by_letter(entries, query)
    return render_template("learn/glossary.html", sections=sections, query=query, total=len(entries))


@blueprint.get("/bibliography")
def show_bibliography() -> str:
    """Show the sources that the course cites, by letter, with search and filters, 25 per page."""
    query = _parse_query(request.args)
    found = bibliography.list_page(db.session, query)
    return render_template(
        "learn/bibliography.html",
        found=found,
        query=query,
        parts=SeenPart,
        type_labels=TYPE_LABELS,
        types=_list_choices(found.types, query.type, TYPE_LABELS.__getitem__),
        decades=_list_choices(found.decades, query.decade, _label_decade),
        strengths=_list_choices(found.strengths, query.strength, _label_strength),
        values=_get_parameters(query),
    )


@blueprint.get("/about-course")
def show_about_course() -> str:
    """Show how the course was made and checked, what was not, and what it rests on."""
    return render_template("learn/about_course.html", facts=about.get_facts(db.session), parts=SeenPart)


def _parse_query(args: Mapping[str, str]) -> BibliographyQuery:
    """Parse the query string of the bibliography. Invalid values are ignored, so that old bookmarks keep working."""
    decade, strength = _parse_number(args.get("decade", "")), _parse_number(args.get("strength", ""))
    return BibliographyQuery(
        words=args.get("q", "").strip()[:MAX_SEARCH_LENGTH],
        type=parse_choice(SourceType, args.get("type")),
        decade=decade if decade is None or decade % 10 == 0 else None,
        strength=strength if strength in STRENGTHS else None,
        source=args.get("source", "")[:MAX_SEARCH_LENGTH],
        page=_parse_number(args.get("page", "")) or 1,
    )


def _parse_number(digits: str) -> int | None:
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 4 else None


def _get_parameters(query: BibliographyQuery) -> dict[str, str | int]:
    """Return the query parameters that the links to other pages of the same list need."""
    chosen = {"q": query.words or None, "type": query.type, "decade": query.decade, "strength": query.strength}
    return {name: value for name, value in chosen.items() if value is not None}


def _list_choices(counts: Mapping[T, int], chosen: T | None, label: Callable[[T], Any]) -> list[FilterChoice]:
    """List the choices of a filter; the chosen one is among them even if it selects nothing."""
    shown = dict(counts)
    if chosen is not None:
        shown.setdefault(chosen, 0)
    return [FilterChoice(value, label(value), count, value == chosen) for value, count in shown.items()]


def _label_decade(decade: int) -> str:
    return _("%(first)s to %(last)s", first=decade, last=decade + 9) if decade else _("No year given")


def _label_strength(strength: int) -> str:
    return ngettext("%(num)s bar of 4", "%(num)s bars of 4", strength)
