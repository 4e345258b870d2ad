"""Insight: what a cohort wrongly believes, how good the questions are, and how the scores are distributed."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.access import trainers_only
from app.db import db
from app.domain.analysis import scores
from app.jinja import plain
from app.models import Assignment, Cohort
from app.services.insights import answered, gains, insight, insight_csv, mistaken, question_figures
from app.services.insights.answered import Counting
from app.services.insights.gains import Gains
from app.services.insights.insight import Choosable
from app.services.insights.question_figures import ChoicesView
from app.teach import blueprint, drawing, plots
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
    """Confident and wrong, question analysis, scores, learning gain and the body map of one assignment."""
    asked = _asked(cohort_id)
    found = insight.insight(db.session, asked.assignment, asked.counting) if asked.chosen else None
    return render_template("teach/insight.html", asked=asked, found=found, plots=plots, gain_plot=_gain_plot)


@blueprint.get("/cohorts/<int:cohort_id>/insight/questions.csv", endpoint="insight_csv")
@trainers_only
def export_questions(cohort_id: int) -> ResponseReturnValue:
    """The question analysis as CSV for spreadsheets."""
    asked = _asked(cohort_id)
    lines = insight_csv.lines(db.session, asked.assignment, asked.counting)
    response = Response("".join(lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="{file_name(asked.assignment.title, "questions")}.csv"'
    )
    return response


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
    return _picture(drawing.as_file(plot, title, notes), title)


@blueprint.get("/cohorts/<int:cohort_id>/insight/gain.svg", endpoint="insight_gain_svg")
@trainers_only
def save_gain(cohort_id: int) -> ResponseReturnValue:
    """The gain from the pre-test on as a picture.

    :raise 404: there is no pre-test, or nobody took both.
    """
    asked = _asked(cohort_id)
    sat = answered.list_sat(db.session, asked.assignment, asked.counting).values()
    takers = answered.list_takers(db.session, asked.assignment, sat)
    found = gains.of(db.session, asked.assignment, sat, takers)
    if found is None or not found.lines:
        abort(404)
    title = f"Gain, {asked.assignment.title}"
    notes = [
        f"{asked.cohort.title}. Score in per cent in “{found.pretest.title}” (open) and afterwards (filled); a dashed line fell. "
        f"{found.figures.learners} learners."
    ]
    return _picture(drawing.as_file(_gain_plot(found, asked.assignment), title, notes), title)


@blueprint.get("/cohorts/<int:cohort_id>/insight/<any(muscles, places):which>.svg", endpoint="insight_map_svg")
@trainers_only
def save_map(cohort_id: int, which: str) -> ResponseReturnValue:
    """What was mistaken for what on the body map as a picture: muscles, or places of pain.

    :raise 404: no such question was answered.
    """
    asked = _asked(cohort_id)
    found = mistaken.read(db.session, asked.assignment, asked.counting)
    matrix = found.muscles if which == "muscles" else found.places
    if not matrix.rows:
        abort(404)
    row = "whose pain was shaded" if which == "muscles" else "whose trigger point was shown"
    title = f"Pointed at on the body map, {asked.assignment.title}"
    notes = [
        f"{asked.cohort.title}. Rows: the muscle {row}; columns: what was pointed at. Framed: right. A dot: could not be pointed at."
    ]
    return _picture(drawing.as_file(plots.heat(matrix), title, notes), f"{title} {which}")


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
    return _picture(drawing.as_file(plot, title, notes), found.slug)


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


def _gain_plot(found: Gains, assignment: Assignment) -> Markup:
    pairs = [(line.taker.name or "an erased account", line.pair) for line in found.lines]
    return plots.gains(pairs, assignment.pass_mark_percent)


def _picture(text: str, name: str) -> Response:
    response = Response(text, mimetype="image/svg+xml")
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name(name, "plot")}.svg"'
    return response
