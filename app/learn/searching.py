"""Search of the course."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.clock import now
from app.db import db
from app.domain.attempt import Purpose
from app.domain.body_map import BodyArea
from app.domain.search.entries import SearchGroup
from app.domain.search.words import MAX_QUERY_LENGTH
from app.learn import blueprint
from app.learn.body_map import AREA_NAMES
from app.learn.shown_questions import get_question_address
from app.services.attempts import search
from app.services.attempts.search import Result
from app.web.identity import get_viewer
from app.web.urls import parse_choice

GROUP_NAMES = {
    SearchGroup.LESSONS: _l("Lessons"),
    SearchGroup.TERMS: _l("Terms"),
    SearchGroup.MUSCLES: _l("Muscles"),
    SearchGroup.PLACES: _l("Places on the body map"),
    SearchGroup.QUESTIONS: _l("Questions you have seen"),
    SearchGroup.NOTES: _l("Your notes"),
    SearchGroup.LEAFLETS: _l("Leaflets"),
    SearchGroup.SOURCES: _l("Sources"),
}
_PURPOSES = {
    Purpose.CHECK: _l("check in a lesson"),
    Purpose.PRACTICE: _l("your practice"),
    Purpose.TEST: _l("your test"),
}


@blueprint.get("/search")
def show_search() -> str:
    """Show what has the words in ``q``, in groups; ``in`` lists one group."""
    query = request.args.get("q", "").strip()
    only = parse_choice(SearchGroup, request.args.get("in"))
    found = search.search(db.session, get_viewer().learner, query, now(), only) if query else None
    return render_template(
        "learn/search.html",
        query=query[:MAX_QUERY_LENGTH],
        only=only,
        found=found,
        examples=[] if found and found.groups else search.list_examples(db.session),
        group_names=GROUP_NAMES,
        get_address=get_address,
        describe_place=describe_place,
    )


def get_address(result: Result) -> str:
    """Return the address of what was found."""
    entry, anchor = result.found.entry, result.found.passage.anchor or None
    match entry.group:
        case SearchGroup.LESSONS:
            return url_for("learn.show_lesson", slug=entry.within, lesson_slug=entry.slug, _anchor=anchor)
        case SearchGroup.TERMS:
            return url_for("learn.show_glossary", _anchor=entry.slug)
        case SearchGroup.MUSCLES:
            return url_for("learn.show_body_map", muscle=entry.slug)
        case SearchGroup.PLACES:
            return url_for("learn.show_body_map", place=entry.slug)
        case SearchGroup.LEAFLETS:
            return url_for("learn.show_leaflet", slug=entry.slug, _anchor=anchor)
        case SearchGroup.SOURCES:
            return url_for("learn.show_bibliography", source=entry.slug, _anchor=entry.slug.lower())
        case SearchGroup.NOTES:
            return url_for("learn.edit_note", note_id=int(entry.slug))
        case SearchGroup.QUESTIONS:
            assert result.question is not None
            return get_question_address(result.question, result.module, result.lesson)


def describe_place(result: Result) -> tuple[str, ...]:
    """Say where something is, from the whole to the part."""
    entry, passage = result.found.entry, result.found.passage
    match entry.group:
        case SearchGroup.LESSONS:
            return tuple(filter(None, (entry.within_title, passage.heading)))
        case SearchGroup.MUSCLES | SearchGroup.PLACES:
            return (_("Body map"), str(AREA_NAMES[BodyArea(entry.within)]))
        case SearchGroup.TERMS:
            return (_("Glossary"), entry.within_title)
        case SearchGroup.LEAFLETS:
            return tuple(filter(None, (_("Leaflets"), passage.heading)))
        case SearchGroup.SOURCES:
            return (_("Bibliography"),)
        case SearchGroup.NOTES:
            return (_("Your notes"),)
        case SearchGroup.QUESTIONS:
            assert result.question is not None
            title = result.module.title if result.module else ""
            return tuple(filter(None, (title, str(_PURPOSES[result.question.purpose]))))
