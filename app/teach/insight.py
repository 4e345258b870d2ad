"""Insight: a cohort's misconceptions, the quality of the questions and the distribution of scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from markupsafe import Markup

from app.db import db
from app.domain.analysis import scores
from app.domain.paging import Paged, paginate_list
from app.models import Assignment, Cohort
from app.services.marking import corrections
from app.services.reporting.analysis import confusions, gains, insight, insight_csv, question_statistics, responses
from app.services.reporting.analysis.gains import Gains
from app.services.reporting.analysis.insight import (
    AnalysableAssignment,
    Insight,
    QuestionGroup,
    QuestionOrder,
)
from app.services.reporting.analysis.question_statistics import ChoicesView, ItemLine
from app.services.reporting.analysis.responses import AttemptChoice
from app.teach import blueprint
from app.teach.cohorts import get_cohort_or_404
from app.teach.obstacles import NotPossibleNowError
from app.teach.overdue import close_overdue_attempts
from app.web import charts, svg
from app.web.access import trainers_only
from app.web.charts import Curve
from app.web.downloads import attachment
from app.web.templating import plain
from app.web.urls import parse_choice, parse_id

MAX_PAGES = 10_000

ORDER_LABELS = {
    QuestionOrder.URGENT: _l("To look at first"),
    QuestionOrder.MISSED: _l("Missed by most learners"),
    QuestionOrder.HARDEST: _l("Hardest first"),
    QuestionOrder.SLOWEST: _l("Slowest first"),
}

GROUP_WORDS = {
    QuestionGroup.REVIEW: _l("To look at"),
    QuestionGroup.CRITICAL: _l("Safety-critical"),
    QuestionGroup.PLAIN: _l("Nothing stands out"),
    QuestionGroup.FEW: _l("Too few answers"),
}


@dataclass(frozen=True, slots=True)
class _InsightQuery:
    """The parsed query string. ``chosen`` is None in a cohort without assignments."""

    cohort: Cohort
    assignments: list[AnalysableAssignment]
    chosen: AnalysableAssignment | None
    counting: AttemptChoice
    order: QuestionOrder

    @property
    def assignment(self) -> Assignment:
        return self.chosen.assignment if self.chosen else abort(404)


@blueprint.get("/cohorts/<int:cohort_id>/insight")
@trainers_only
def show_insight(cohort_id: int) -> ResponseReturnValue:
    """Show the overview of one assignment's analysis: what to talk about next, and the scores."""
    return _render_part(cohort_id, "overview")


@blueprint.get("/cohorts/<int:cohort_id>/insight/<any(questions, answers, gain):part>")
@trainers_only
def show_insight_part(cohort_id: int, part: str) -> ResponseReturnValue:
    """Show one part of the analysis: the questions, the wrong answers that learners believed, or the learning gain."""
    return _render_part(cohort_id, part)


@blueprint.get("/cohorts/<int:cohort_id>/insight/questions.csv")
@trainers_only
def export_question_analysis(cohort_id: int) -> ResponseReturnValue:
    """Download the question analysis as CSV."""
    asked = _get_query(cohort_id)
    lines = insight_csv.stream_lines(db.session, asked.assignment, asked.counting)
    return attachment("".join(lines), "text/csv", "questions.csv", title=asked.assignment.title)


@blueprint.get("/cohorts/<int:cohort_id>/insight/questions/<int:version_id>")
@trainers_only
def show_question_analysis(cohort_id: int, version_id: int) -> ResponseReturnValue:
    """Show one question version: its statistics, the choices made and the option curves.

    :raise 404: no attempt at the assignment contains it.
    :raise NotPossibleNowError: only attempts contain it that are not analysed, such as those in progress.
    """
    asked = _get_query(cohort_id)
    found = question_statistics.view_item(db.session, asked.assignment, asked.counting, version_id)
    if found is None:
        return _lead_to_other_attempts(asked, version_id)
    groups = _name_groups(found.chosen)
    plot = charts.draw_curves(groups, _build_curves(found.chosen)) if groups else None
    return render_template(
        "teach/insight_question.html", asked=asked, found=found, groups=groups, plots=charts, plot=plot
    )


@blueprint.get("/cohorts/<int:cohort_id>/insight/scores.svg")
@trainers_only
def export_score_plot(cohort_id: int) -> ResponseReturnValue:
    """Download the distribution of scores as SVG."""
    asked = _get_query(cohort_id)
    papers = responses.list_counted_attempts(db.session, asked.assignment, asked.counting).values()
    plot = charts.draw_scores(scores.count_by_band(papers), asked.assignment.pass_mark_percent)
    title = _("Scores, %(title)s", title=asked.assignment.title)
    notes = [
        asked.cohort.title,
        ngettext(
            "Learners by score in per cent; %(num)s learner.",
            "Learners by score in per cent; %(num)s learners.",
            len(papers),
        ),
    ]
    return _send_picture(svg.render_file(plot, title, notes), title)


@blueprint.get("/cohorts/<int:cohort_id>/insight/gain.svg")
@trainers_only
def export_gain_plot(cohort_id: int) -> ResponseReturnValue:
    """Download the learning gain since the pre-test as SVG.

    :raise 404: there is no pre-test, or no learner took both tests.
    """
    asked = _get_query(cohort_id)
    sat = responses.list_counted_attempts(db.session, asked.assignment, asked.counting).values()
    takers = responses.list_member_attempts(db.session, asked.assignment, sat)
    found = gains.compute_gains(db.session, asked.assignment, sat, takers)
    if found is None or not found.lines:
        abort(404)
    title = _("Gain, %(title)s", title=asked.assignment.title)
    told = _(
        "Score in per cent before, in “%(pretest)s” (open), and after (filled). Dashed line: the score fell.",
        pretest=found.pretest.title,
    )
    notes = [asked.cohort.title, told, ngettext("%(num)s learner", "%(num)s learners", found.figures.learners)]
    return _send_picture(svg.render_file(_draw_gain(found, asked.assignment), title, notes), title)


@blueprint.get("/cohorts/<int:cohort_id>/insight/<any(muscles, places):which>.svg")
@trainers_only
def export_confusion_plot(cohort_id: int, which: str) -> ResponseReturnValue:
    """Download the confusion matrix of the body map as SVG, for muscles or places of pain.

    :raise 404: no such question was answered.
    """
    asked = _get_query(cohort_id)
    found = confusions.load_confusions(db.session, asked.assignment, asked.counting)
    matrix = found.muscles if which == "muscles" else found.places
    if not matrix.rows:
        abort(404)
    title = _("Answers on the body map, %(title)s", title=asked.assignment.title)
    rows = (
        _("Rows: the muscle whose pain was shaded. Columns: the muscle that learners pointed at.")
        if which == "muscles"
        else _("Rows: the muscle whose trigger point was shown. Columns: where learners placed its pain.")
    )
    notes = [asked.cohort.title, rows, _("Framed: correct. A dot: not an option in that question.")]
    return _send_picture(svg.render_file(charts.draw_heatmap(matrix), title, notes), f"{title} {which}")


@blueprint.get("/cohorts/<int:cohort_id>/insight/questions/<int:version_id>/curves.svg")
@trainers_only
def export_curve_plot(cohort_id: int, version_id: int) -> ResponseReturnValue:
    """Download the option curves of a question as SVG.

    :raise 404: no counted attempt contains it, or there are too few for score groups.
    """
    asked = _get_query(cohort_id)
    found = question_statistics.get_choices(db.session, asked.assignment, asked.counting, version_id)
    if found is None or not found.groups:
        abort(404)
    title = plain(found.shown.stem)
    letters = [f"{line.letter}: {plain(line.text)}" for line in found.lines if line.letter]
    told = _("Per cent of each score group.")
    notes = [told, ngettext("%(num)s learner", "%(num)s learners", found.answers), *letters]
    plot = charts.draw_curves(_name_groups(found), _build_curves(found))
    return _send_picture(svg.render_file(plot, title, notes), found.slug)


def _render_part(cohort_id: int, part: str) -> str:
    asked = _get_query(cohort_id)
    found = insight.analyse(db.session, asked.assignment, asked.counting) if asked.chosen else None
    return render_template(
        "teach/insight.html",
        asked=asked,
        found=found,
        part=part,
        questions=_choose_questions(found, asked.order) if found and part == "questions" else None,
        orders=ORDER_LABELS,
        plots=charts,
        gain_plot=_draw_gain,
    )


@dataclass(frozen=True, slots=True)
class _QuestionPage:
    """One page of the questions of one group; ``counts`` has the number of questions of each group."""

    group: QuestionGroup
    counts: Mapping[QuestionGroup, int]
    page: Paged[ItemLine]

    @property
    def words(self) -> Mapping[QuestionGroup, Any]:
        return GROUP_WORDS


def _choose_questions(found: Insight, order: QuestionOrder) -> _QuestionPage | None:
    """Return the page of the group that the query string names, else of the first group, or None without questions."""
    groups = insight.group_questions(found.items, order)
    if not groups:
        return None
    named = next((group for group in groups if group == request.args.get("group")), next(iter(groups)))
    number = min(parse_id(request.args.get("page", "")) or 1, MAX_PAGES)
    counts = {group: len(lines) for group, lines in groups.items()}
    return _QuestionPage(named, counts, paginate_list(groups[named], number, per_page=insight.FEW_QUESTIONS))


def _get_query(cohort_id: int) -> _InsightQuery:
    """Load the cohort and the assignment named by ``assignment``, or a suitable default.

    :raise 404: not the viewer's cohort, or not one of its assignments.
    """
    cohort = get_cohort_or_404(cohort_id)
    close_overdue_attempts(cohort)
    assignments = insight.list_assignments(db.session, cohort)
    named = request.args.get("assignment")
    chosen = insight.choose_assignment(assignments, named)
    if chosen is None and named is not None:
        abort(404)
    counting = parse_choice(AttemptChoice, request.args.get("attempts")) or AttemptChoice.FIRST
    chosen_order = parse_choice(QuestionOrder, request.args.get("order")) or QuestionOrder.URGENT
    return _InsightQuery(cohort, assignments, chosen, counting, chosen_order)


def _lead_to_other_attempts(asked: _InsightQuery, version_id: int) -> ResponseReturnValue:
    """Redirect to the counted attempts if only they contain the question, because links choose the first ones.

    :raise 404: see :func:`show_question_analysis`.
    """
    cohort_id, assignment, counted = asked.cohort.id, asked.assignment, AttemptChoice.COUNTED
    if asked.counting is not counted and question_statistics.view_item(db.session, assignment, counted, version_id):
        flash(_("No first attempt contains this question. These are the attempts that count."))
        path = url_for(
            "teach.show_question_analysis",
            cohort_id=cohort_id,
            version_id=version_id,
            assignment=assignment.id,
            attempts=counted.value,
        )
        return redirect(path, 303)
    if not corrections.is_asked(db.session, assignment, version_id):
        abort(404)
    raise NotPossibleNowError(
        _("Nothing to show about this question yet"),
        _("The attempts that contain it are still in progress or do not count."),
        url_for("teach.show_insight_part", cohort_id=cohort_id, part="questions", assignment=assignment.id),
        _("See all questions"),
    )


def _build_curves(found: ChoicesView) -> list[Curve]:
    """Build the curves of a question: the right options and the most frequent wrong ones.

    Options with equal values share a curve. Questions without options get a single curve of the points earned.
    """
    if not found.is_choice:
        return [Curve(_("points"), is_right=True, values=found.earned_by_group)]
    right = [line for line in found.lines if line.is_right]
    wrong = sorted((line for line in found.lines if not line.is_right and line.count), key=lambda line: -line.count)
    alike: dict[tuple[bool, tuple[float, ...]], list[str]] = {}
    for line in (*right, *wrong[: charts.MAX_WRONG]):
        alike.setdefault((line.is_right, line.by_group), []).append(line.letter or "")
    return [
        Curve(_name_curve(letters, is_right=is_right), is_right, values)
        for (is_right, values), letters in alike.items()
    ]


GROUP_LABELS: Mapping[str, Any] = {
    "lowest": _l("lowest"),
    "low": _l("low"),
    "middle": _l("middle"),
    "high": _l("high"),
    "highest": _l("highest"),
    "lower half": _l("lower half"),
    "upper half": _l("upper half"),
}
"""Of all groups in :data:`app.domain.analysis.groups.GROUP_NAMES`."""


def _name_groups(found: ChoicesView) -> list[str]:
    return [str(GROUP_LABELS[group.name]) for group in found.groups]


def _name_curve(letters: list[str], *, is_right: bool) -> str:
    """Return a name that fits next to the curve on a phone: ``C key``, ``ACF key``, ``4 keys``, ``B``, ``BD``."""
    if not is_right:
        return "".join(letters)
    if len(letters) < 4:
        return _("%(letters)s key", letters="".join(letters))
    return ngettext("%(num)s key", "%(num)s keys", len(letters))


def _draw_gain(found: Gains, assignment: Assignment) -> Markup:
    pairs = [(line.taker.name or _("deleted account"), line.pair) for line in found.lines]
    return charts.draw_gains(pairs, assignment.pass_mark_percent)


def _send_picture(text: str, title: str) -> Response:
    return attachment(text, "image/svg+xml", "plot.svg", title=title)
