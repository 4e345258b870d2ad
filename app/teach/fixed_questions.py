"""Choosing fixed questions for a section of a composed test."""

from __future__ import annotations

from dataclasses import replace

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.clock import now
from app.db import db
from app.domain.composing import MAX_DRAWS, MAX_QUESTIONS, Draw, PlannedSection
from app.domain.content import Use
from app.models import ComposedTest
from app.services.assignments import composed_tests
from app.services.course import compositions
from app.services.reporting import compositions as composed_views
from app.services.reporting import question_bank
from app.services.reporting.question_bank import BankQuery
from app.teach import blueprint
from app.teach.composing import get_test_or_404, is_stale, refuse_stale
from app.teach.questions import parse_query
from app.web.access import current_account, trainers_only
from app.web.identity import get_viewer
from app.web.question_labels import LEVEL_LABELS
from app.web.urls import parse_id


@blueprint.get("/tests/<int:test_id>/sections/<int:position>/questions")
@trainers_only
def list_fixed_questions(test_id: int, position: int) -> ResponseReturnValue:
    """List the questions that a section can ask, without their answers; ``q``, ``module``, ``use``, ``page`` filter.

    :raise 404: no such test or section.
    """
    test = get_test_or_404(test_id)
    section = _get_section(test, position)
    asked = _parse_query()
    bank = question_bank.list_page(db.session, get_viewer(), asked)
    return render_template(
        "teach/test_questions.html",
        test=test,
        section=section,
        position=position,
        bank=bank,
        asked=asked,
        level_labels=LEVEL_LABELS,
        fixed=composed_views.list_fixed(db.session, get_viewer(), section.draws),
        turned=lambda number: _get_address(test_id, position, replace(asked, page=number)),
    )


@blueprint.post("/tests/<int:test_id>/sections/<int:position>/questions")
@trainers_only
def add_fixed_questions(test_id: int, position: int) -> ResponseReturnValue:
    """Add the chosen questions to a section. What it has already, or the viewer may not assign, is left out.

    :raise 404: no such test or section.
    """
    test = get_test_or_404(test_id, for_update=True)
    if is_stale(test):
        return refuse_stale(test)
    section = _get_section(test, position)
    wanted = {number for value in request.form.getlist("version") if (number := parse_id(value)) is not None}
    found = composed_views.list_choosable(db.session, get_viewer(), wanted)
    added = _add(test, position, section, found)
    if added:
        db.session.commit()
        flash(ngettext("%(num)s question added.", "%(num)s questions added.", added))
        return redirect(url_for("teach.edit_section", test_id=test_id, position=position, _anchor="lines"), 303)
    flash(_("Nothing was added. Choose at least one question that the section does not ask yet."))
    return redirect(_get_address(test_id, position, _parse_query()), 303)


def _add(test: ComposedTest, position: int, section: PlannedSection, found: list[Draw]) -> int:
    """Add these lines as far as the section and the test have room; return how many."""
    sections = list(compositions.load_one(db.session, test.id).sections)
    room = min(MAX_DRAWS - len(section.draws), MAX_QUESTIONS - sum(one.questions for one in sections))
    new = [draw for draw in found if draw not in section.draws][: max(0, room)]
    if new:
        sections[position - 1] = PlannedSection(section.rule, (*section.draws, *new))
        composed_tests.save_sections(db.session, current_account(), test, sections, now())
    return len(new)


def _get_section(test: ComposedTest, position: int) -> PlannedSection:
    sections = compositions.load_one(db.session, test.id).sections
    if not 1 <= position <= len(sections):
        abort(404)
    return sections[position - 1]


def _parse_query() -> BankQuery:
    asked = parse_query(request.args)
    use = asked.use if asked.use in (Use.TEST, Use.EXAM) else Use.TEST
    return BankQuery(words=asked.words, module=asked.module, use=use, page=asked.page)


def _get_address(test_id: int, position: int, asked: BankQuery) -> str:
    return url_for(
        "teach.list_fixed_questions",
        test_id=test_id,
        position=position,
        q=asked.words or None,
        module=asked.module,
        use=asked.use,
        page=asked.page if asked.page > 1 else None,
    )
