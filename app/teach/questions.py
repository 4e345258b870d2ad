"""The question bank: browse, filter and view the questions of the course."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.db import db
from app.domain.content import Level, Use
from app.services.reporting import question_bank
from app.services.reporting.question_bank import BankOrder, BankQuery, FacilityBand
from app.teach import blueprint
from app.web.access import trainers_only
from app.web.identity import get_viewer
from app.web.question_labels import LEVEL_LABELS, USE_LABELS
from app.web.urls import parse_choice, parse_id

MAX_SEARCH_LENGTH = 200
MAX_PAGES = 10_000

FACILITY_LABELS = {
    FacilityBand.HARD: _l("Hard: below 40 per cent"),
    FacilityBand.MEDIUM: _l("Medium: 40 to 84 per cent"),
    FacilityBand.EASY: _l("Easy: 85 per cent or more"),
    FacilityBand.NONE: _l("Too few answers"),
}
ORDER_LABELS = {
    BankOrder.COURSE: _l("Course order"),
    BankOrder.HARDEST: _l("Hardest first"),
    BankOrder.EASIEST: _l("Easiest first"),
    BankOrder.REPORTED: _l("Most reported first"),
    BankOrder.NEWEST: _l("Newest first"),
}


@blueprint.get("/questions")
@trainers_only
def list_questions() -> ResponseReturnValue:
    """List the questions of the course, with filters."""
    asked = parse_query(request.args)
    bank = question_bank.list_page(db.session, get_viewer(), asked)
    return render_template(
        "teach/questions.html",
        bank=bank,
        asked=asked,
        labels={"level": LEVEL_LABELS, "use": USE_LABELS, "facility": FACILITY_LABELS, "order": ORDER_LABELS},
        is_filtered=replace(asked, page=1, order=BankOrder.COURSE) != BankQuery(),
        turned=lambda number: _get_address(replace(asked, page=number)),
    )


@blueprint.get("/questions/<int:version_id>")
@trainers_only
def show_question(version_id: int) -> ResponseReturnValue:
    """Show one question version as learners see it; ``key=1`` adds the answer, if the viewer may see it.

    :raise 404: no such version.
    """
    found = question_bank.get_question(db.session, get_viewer(), version_id) or abort(404)
    return render_template(
        "teach/question.html",
        found=found,
        line=found.line,
        question=found.view,
        solution=found.solution if request.args.get("key") == "1" else None,
        labels={"level": LEVEL_LABELS, "use": USE_LABELS},
    )


def parse_query(args: Mapping[str, str]) -> BankQuery:
    """Parse the query string. Invalid values are ignored, so that old bookmarks keep working."""
    return BankQuery(
        words=args.get("q", "").strip()[:MAX_SEARCH_LENGTH],
        module=args.get("module") or None,
        objective=parse_id(args.get("objective", "")),
        level=parse_choice(Level, args.get("level", "")),
        kind=args.get("kind") or None,
        use=parse_choice(Use, args.get("use", "")),
        facility=parse_choice(FacilityBand, args.get("facility", "")),
        is_critical=args.get("critical") == "1",
        is_reported=args.get("reported") == "1",
        with_former=args.get("former") == "1",
        order=parse_choice(BankOrder, args.get("order", "")) or BankOrder.COURSE,
        page=min(parse_id(args.get("page", "")) or 1, MAX_PAGES),
    )


def _get_address(it: BankQuery) -> str:
    """Return the URL of a query, with the parameters that differ from the defaults."""
    said = {
        "q": it.words,
        "module": it.module,
        "objective": str(it.objective or ""),
        "level": it.level,
        "kind": it.kind,
        "use": it.use,
        "facility": it.facility,
        "critical": "1" if it.is_critical else "",
        "reported": "1" if it.is_reported else "",
        "former": "1" if it.with_former else "",
        "order": it.order if it.order is not BankOrder.COURSE else "",
        "page": str(it.page) if it.page > 1 else "",
    }
    parameters: dict[str, Any] = {name: str(value) for name, value in said.items() if value}
    return url_for("teach.list_questions", **parameters)
