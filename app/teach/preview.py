"""An assignment as a learner gets it: its start page, and a sample paper. Nothing of it is stored or counted."""

from __future__ import annotations

import secrets

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import trainers_only
from app.clock import now
from app.db import db
from app.services.assigned import due, samples
from app.services.taking import papers
from app.teach import blueprint
from app.teach.assignments import found_assignment

_SEED_BITS = 31


@blueprint.get("/assignments/<int:assignment_id>/preview", endpoint="preview")
@trainers_only
def preview(assignment_id: int) -> ResponseReturnValue:
    """What a learner sees before they begin."""
    taught = found_assignment(assignment_id)
    return render_template(
        "teach/preview.html",
        taught=taught,
        item=due.as_anybody(db.session, taught.assignment, taught.module, taught.cohort, now()),
        lessons=due.list_lessons(db.session, None, assignment_id),
        seed=secrets.randbits(_SEED_BITS),
    )


@blueprint.get("/assignments/<int:assignment_id>/preview/<int:n>", endpoint="preview_question")
@trainers_only
def preview_question(assignment_id: int, n: int) -> ResponseReturnValue:
    """One question of a sample paper, which the ``seed`` in the address draws; with ``key=1`` what is right, and why.

    :raise 404: the paper has no such question.
    """
    taught = found_assignment(assignment_id)
    seed = request.args.get("seed", "")
    if not seed.isdecimal() or int(seed) >= 1 << _SEED_BITS:
        return redirect(url_for("teach.preview", assignment_id=assignment_id))
    items = samples.draw(db.session, taught, int(seed))
    if not 1 <= n <= len(items):
        abort(404)
    item, assignment = items[n - 1], taught.assignment
    return render_template(
        "teach/preview_question.html",
        taught=taught,
        question=papers.question(db.session, item, asks_certainty=assignment.asks_certainty),
        last=len(items),
        seed=seed,
        solution=samples.solution(db.session, item) if request.args.get("key") == "1" else None,
    )
