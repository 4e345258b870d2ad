"""Insight: what a cohort wrongly believes, how good the questions are, and how the scores are distributed."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from app.access import trainers_only
from app.db import db
from app.domain.analysis import scores
from app.jinja import plain
from app.models import Assignment, Cohort
from app.services import answered, insight, question_figures
from app.services.answered import Counting
from app.services.insight import Choosable, Insight
from app.services.question_figures import ChoicesView
from app.teach import blueprint, plots
from app.teach.cohorts import found_cohort
from app.teach.gradebook import file_name, settle_overdue
from app.teach.plots import Curve


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the address asks for; ``chosen`` is None in a cohort without assignments."""

    cohort: Cohort
    assignments: list[Choosable]
    chosen: Choosable | None
    counting: Counting

    @property
    def assignment(self) -> Assignment:
        return self.chosen.assignment if self.chosen else abort(404)


@blueprint.get("/cohorts/<int:cohort_id>/insight", endpoint="insight")
@trainers_only
def show_insight(cohort_id: int) -> ResponseReturnValue:
    """Confident and wrong, question analysis and scores of one assignment."""
    asked = _asked(cohort_id)
    found = insight.insight(db.session, asked.assignment, asked.counting) if asked.chosen else None
    return render_template("teach/insight.html", asked=asked, found=found, plots=plots, scores_plot=_scores(found))


@blueprint.get("/cohorts/<int:cohort_id>/insight/questions/<int:version_id>", endpoint="insight_question")
@trainers_only
def show_question(cohort_id: int, version_id: int) -> ResponseReturnValue:
    """One question version: all its figures, who chose what, and its option curves.

    :raise 404: nobody had it in an attempt that counts.
    """
    asked = _asked(cohort_id)
    found = question_figures.item(db.session, asked.assignment, asked.counting, version_id) or abort(404)
    groups = [group.name for group in found.chosen.groups]
    plot = plots.curves(groups, _curves(found.chosen)) if groups else None
    return render_template("teach/insight_question.html", asked=asked, found=found, plots=plots, plot=plot)


@blueprint.get("/cohorts/<int:cohort_id>/insight/scores.svg", endpoint="insight_scores_svg")
@trainers_only
def save_scores(cohort_id: int) -> ResponseReturnValue:
    """The distribution of scores as a picture."""
    asked = _asked(cohort_id)
    papers = answered.list_sat(db.session, asked.assignment, asked.counting).values()
    plot = plots.scores(scores.distribution(papers), asked.assignment.pass_mark_percent)
    title = f"Scores, {asked.assignment.title}"
    notes = [f"{asked.cohort.title}. Learners by score in per cent; {len(papers)} learners."]
    return _picture(plots.as_file(plot, title, notes), title)


@blueprint.get("/cohorts/<int:cohort_id>/insight/questions/<int:version_id>/curves.svg", endpoint="insight_curves_svg")
@trainers_only
def save_curves(cohort_id: int, version_id: int) -> ResponseReturnValue:
    """The option curves of a question as a picture.

    :raise 404: nobody had it, or too few for groups.
    """
    asked = _asked(cohort_id)
    found = question_figures.choices_of(db.session, asked.assignment, asked.counting, version_id)
    if found is None or not found.groups:
        abort(404)
    title = plain(found.shown.stem)
    letters = [f"{line.letter}: {plain(line.text)}" for line in found.lines if line.letter]
    notes = [f"Per cent of each score group; {found.answers} learners.", *letters]
    plot = plots.curves([group.name for group in found.groups], _curves(found))
    return _picture(plots.as_file(plot, title, notes), found.slug)


def _asked(cohort_id: int) -> _Asked:
    """The cohort, and the assignment that ``assignment`` names, or a sensible one.

    :raise 404: not the viewer's cohort, or no assignment of it.
    """
    cohort = found_cohort(cohort_id)
    settle_overdue()
    assignments = insight.list_assignments(db.session, cohort)
    named = request.args.get("assignment")
    chosen = insight.choose(assignments, named)
    if chosen is None and named is not None:
        abort(404)
    counting = Counting.COUNTED if request.args.get("attempts") == Counting.COUNTED else Counting.FIRST
    return _Asked(cohort, assignments, chosen, counting)


def _curves(found: ChoicesView) -> list[Curve]:
    """The lines of a question's plot: the right options and the commonest wrong ones; of other kinds, what was earned.

    Options that were chosen alike share a line.
    """
    if not found.is_choice:
        return [Curve("points", is_right=True, values=found.earned_by_group)]
    right = [line for line in found.lines if line.is_right]
    wrong = sorted((line for line in found.lines if not line.is_right and line.count), key=lambda line: -line.count)
    alike: dict[tuple[bool, tuple[float, ...]], list[str]] = {}
    for line in (*right, *wrong[: plots.MOST_WRONG]):
        alike.setdefault((line.is_right, line.by_group), []).append(line.letter or "")
    return [Curve(_name(letters, is_right=is_right), is_right, values) for (is_right, values), letters in alike.items()]


def _name(letters: list[str], *, is_right: bool) -> str:
    """The name of a curve, short enough to stand beside it on a phone: ``C key``, ``ACF key``, ``4 keys``, ``B``, ``BD``."""
    if not is_right:
        return "".join(letters)
    return f"{''.join(letters)} key" if len(letters) < 4 else f"{len(letters)} keys"


def _scores(found: Insight | None) -> object:
    return plots.scores(found.bands, found.assignment.pass_mark_percent) if found and found.figures.learners else None


def _picture(text: str, name: str) -> Response:
    response = Response(text, mimetype="image/svg+xml")
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name(name, "plot")}.svg"'
    return response
