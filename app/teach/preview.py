"""Preview of an assignment as a learner sees it: its start page and a sample paper. Nothing is stored."""

from __future__ import annotations

import secrets

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.clock import now
from app.db import db
from app.services.assignments import availability
from app.services.attempts import papers, starts
from app.services.reporting import samples
from app.teach import blueprint
from app.teach.assignments import get_assignment_or_404
from app.web.access import trainers_only
from app.web.urls import parse_seed

_SEED_BITS = 31


@blueprint.get("/assignments/<int:assignment_id>/preview")
@trainers_only
def preview_assignment(assignment_id: int) -> ResponseReturnValue:
    """Show the start page of an assignment as a learner sees it."""
    taught = get_assignment_or_404(assignment_id)
    item = availability.view_without_exceptions(db.session, taught.assignment, taught.module, taught.cohort, now())
    return render_template(
        "teach/preview.html",
        taught=taught,
        item=item,
        test=starts.preview_assignment(db.session, item),
        lessons=availability.list_lessons(db.session, None, assignment_id),
        seed=secrets.randbits(_SEED_BITS),
    )


@blueprint.get("/assignments/<int:assignment_id>/preview/<int:n>")
@trainers_only
def preview_question(assignment_id: int, n: int) -> ResponseReturnValue:
    """Show one question of a sample paper drawn with ``seed``; ``key=1`` adds the solution.

    :raise 404: the paper has no such question.
    """
    taught = get_assignment_or_404(assignment_id)
    seed = parse_seed(request.args.get("seed", ""))
    if seed is None:
        return redirect(url_for("teach.preview_assignment", assignment_id=assignment_id))
    items = samples.draw_sample(db.session, taught, seed)
    if not 1 <= n <= len(items):
        abort(404)
    item, assignment = items[n - 1], taught.assignment
    return render_template(
        "teach/preview_question.html",
        taught=taught,
        question=papers.view_question(db.session, item, asks_certainty=assignment.asks_certainty),
        last=len(items),
        seed=seed,
        solution=samples.get_solution(db.session, item) if request.args.get("key") == "1" else None,
    )
