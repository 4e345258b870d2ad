"""Composed tests: listing, composing and archiving them."""

from __future__ import annotations

import secrets

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.domain.composing import MAX_QUESTIONS, MAX_SECTIONS, PlannedSection
from app.models import ComposedTest
from app.services.assignments import composed_tests
from app.services.cohorts import cohorts
from app.services.cohorts.cohorts import CohortStage
from app.services.course import compositions
from app.services.reporting import composed_estimates
from app.services.reporting import compositions as composed_views
from app.teach import blueprint
from app.teach.composing_forms import ComposedTestForm, SectionForm, fill_section_form
from app.web.access import current_account, trainers_only
from app.web.forms import is_first_submission
from app.web.identity import get_viewer
from app.web.question_labels import LEVEL_LABELS
from app.web.urls import parse_seed

_SEED_BITS = 31


@blueprint.get("/tests")
@trainers_only
def list_tests() -> ResponseReturnValue:
    """List the viewer's composed tests; ``archived=1`` lists the archived ones."""
    archived = request.args.get("archived") == "1"
    return render_template(
        "teach/tests.html",
        lines=composed_tests.list_for(db.session, get_viewer(), archived=archived),
        archived=archived,
    )


@blueprint.route("/tests/new", methods=["GET", "POST"])
@trainers_only
def add_test() -> ResponseReturnValue:
    form = ComposedTestForm()
    if form.validate_on_submit():
        if not is_first_submission(form):
            return redirect(url_for("teach.list_tests"), 303)
        test = composed_tests.create(
            db.session,
            current_account(),
            form.title.data,
            now(),
            shuffles=form.shuffles.data,
            is_forward_only=form.is_forward_only.data,
        )
        db.session.commit()
        return redirect(url_for("teach.add_section", test_id=test.id), 303)
    return render_template("teach/test_new.html", form=form), 422 if form.errors else 200


@blueprint.get("/tests/<int:test_id>")
@trainers_only
def show_test(test_id: int) -> ResponseReturnValue:
    """Show what a test asks, what is missing in its pools, and where it is used."""
    test = get_test_or_404(test_id)
    viewer = get_viewer()
    return render_template(
        "teach/test.html",
        test=test,
        estimates=composed_estimates.estimate(db.session, test),
        view=composed_views.view_test(db.session, viewer, test),
        uses=composed_tests.list_uses(db.session, viewer, test),
        forbidden=composed_tests.list_forbidden_modules(db.session, viewer, compositions.load_one(db.session, test.id)),
        cohorts=[
            row.cohort for row in cohorts.list_for(db.session, viewer, now()) if row.stage is not CohortStage.ARCHIVED
        ],
        level_labels=LEVEL_LABELS,
        may_add_section=_count_sections(test) < MAX_SECTIONS,
    )


@blueprint.get("/tests/<int:test_id>/sample")
@trainers_only
def show_sample(test_id: int) -> ResponseReturnValue:
    """Show the questions of one paper drawn with ``seed``, without their answers."""
    test = get_test_or_404(test_id)
    seed = parse_seed(request.args.get("seed", ""))
    if seed is None:
        return redirect(url_for("teach.show_sample", test_id=test_id, seed=secrets.randbits(_SEED_BITS)))
    return render_template(
        "teach/test_sample.html",
        test=test,
        sections=composed_views.draw_sample(db.session, get_viewer(), test, seed),
        other=secrets.randbits(_SEED_BITS),
    )


def _count_sections(test: ComposedTest) -> int:
    return len(compositions.load_one(db.session, test.id).sections)


@blueprint.route("/tests/<int:test_id>/settings", methods=["GET", "POST"])
@trainers_only
def edit_test(test_id: int) -> ResponseReturnValue:
    """Edit the title, mixing and navigation of a test."""
    test = get_test_or_404(test_id, for_update=request.method == "POST")
    form = ComposedTestForm(obj=test)
    if form.validate_on_submit():
        composed_tests.edit(
            db.session,
            current_account(),
            test,
            now(),
            title=form.title.data,
            shuffles=form.shuffles.data,
            is_forward_only=form.is_forward_only.data,
        )
        db.session.commit()
        flash(_("Changes saved. They apply to attempts that start from now on."))
        return redirect(url_for("teach.show_test", test_id=test_id), 303)
    uses = composed_tests.list_uses(db.session, get_viewer(), test)
    return render_template("teach/test_settings.html", test=test, form=form, uses=uses), 422 if form.errors else 200


@blueprint.route("/tests/<int:test_id>/sections/new", methods=["GET", "POST"])
@trainers_only
def add_section(test_id: int) -> ResponseReturnValue:
    """Add a section to the end of a test."""
    return _edit_section(test_id, None)


@blueprint.route("/tests/<int:test_id>/sections/<int:position>", methods=["GET", "POST"])
@trainers_only
def edit_section(test_id: int, position: int) -> ResponseReturnValue:
    """Edit a section: its rules and its lines.

    :raise 404: no such test or section.
    """
    return _edit_section(test_id, position)


def _edit_section(test_id: int, position: int | None) -> ResponseReturnValue:
    test = get_test_or_404(test_id, for_update=request.method == "POST")
    sections = list(compositions.load_one(db.session, test.id).sections)
    if position is None and len(sections) >= MAX_SECTIONS:
        return redirect(url_for("teach.show_test", test_id=test_id))
    if position is not None and not 1 <= position <= len(sections):
        abort(404)
    viewer = get_viewer()
    section = sections[position - 1] if position else composed_tests.build_first_section("")
    options = composed_tests.load_options(db.session, viewer)
    form = SectionForm(options, section.draws, data=fill_section_form(section, test.revision))
    is_outdated = form.is_submitted() and is_stale(test)
    if form.is_submitted() and form.validate() and not is_outdated:
        wanted = _put(sections, position, form.read_section())
        if sum(one.questions for one in wanted) <= MAX_QUESTIONS:
            composed_tests.save_sections(db.session, current_account(), test, wanted, now())
            db.session.commit()
            return _redirect_saved(test, position or len(wanted))
        form.form_errors.append(_("A test can ask at most %(most)s questions.", most=MAX_QUESTIONS))
    page = render_template(
        "teach/test_section.html",
        test=test,
        form=form,
        position=position,
        is_stale=is_outdated,
        fixed=composed_views.list_fixed(db.session, viewer, section.draws),
        uses=composed_tests.list_uses(db.session, viewer, test),
    )
    return page, 409 if is_outdated else 422 if form.errors else 200


def _put(sections: list[PlannedSection], position: int | None, section: PlannedSection) -> list[PlannedSection]:
    if position is None:
        return [*sections, section]
    return [*sections[: position - 1], section, *sections[position:]]


def _redirect_saved(test: ComposedTest, position: int) -> ResponseReturnValue:
    flash(_("Section saved."))
    if request.form.get("then") == "more":
        return redirect(url_for("teach.edit_section", test_id=test.id, position=position, _anchor="lines"), 303)
    return redirect(url_for("teach.show_test", test_id=test.id), 303)


@blueprint.post("/tests/<int:test_id>/sections/<int:position>/delete")
@trainers_only
def delete_section(test_id: int, position: int) -> ResponseReturnValue:
    test = get_test_or_404(test_id, for_update=True)
    if is_stale(test):
        return refuse_stale(test)
    sections = list(compositions.load_one(db.session, test.id).sections)
    if not 1 <= position <= len(sections):
        abort(404)
    gone = sections.pop(position - 1)
    composed_tests.save_sections(db.session, current_account(), test, sections, now())
    db.session.commit()
    flash(_("Section “%(title)s” deleted.", title=gone.rule.title))
    return redirect(url_for("teach.show_test", test_id=test_id), 303)


@blueprint.post("/tests/<int:test_id>/sections/<int:position>/earlier")
@trainers_only
def move_section(test_id: int, position: int) -> ResponseReturnValue:
    """Move a section before the one that precedes it; the first one stays."""
    test = get_test_or_404(test_id, for_update=True)
    if is_stale(test):
        return refuse_stale(test)
    sections = list(compositions.load_one(db.session, test.id).sections)
    if not 1 <= position <= len(sections):
        abort(404)
    if position > 1:
        sections.insert(position - 2, sections.pop(position - 1))
        composed_tests.save_sections(db.session, current_account(), test, sections, now())
        db.session.commit()
    return redirect(url_for("teach.show_test", test_id=test_id), 303)


@blueprint.post("/tests/<int:test_id>/copy")
@trainers_only
def copy_test(test_id: int) -> ResponseReturnValue:
    test = get_test_or_404(test_id)
    title = _("%(title)s (copy)", title=test.title[:180])
    made = composed_tests.copy(db.session, current_account(), test, title, now())
    db.session.commit()
    flash(_("Copied. You can change the copy without changing the original."))
    return redirect(url_for("teach.show_test", test_id=made.id), 303)


@blueprint.post("/tests/<int:test_id>/archive")
@trainers_only
def archive_test(test_id: int) -> ResponseReturnValue:
    test = get_test_or_404(test_id, for_update=True)
    composed_tests.set_archived(db.session, current_account(), test, now(), is_archived=True)
    db.session.commit()
    flash(_("%(title)s archived. Its assignments stay as they are.", title=test.title))
    return redirect(url_for("teach.list_tests"), 303)


@blueprint.post("/tests/<int:test_id>/restore")
@trainers_only
def restore_test(test_id: int) -> ResponseReturnValue:
    test = get_test_or_404(test_id, for_update=True)
    composed_tests.set_archived(db.session, current_account(), test, now(), is_archived=False)
    db.session.commit()
    return redirect(url_for("teach.show_test", test_id=test_id), 303)


def is_stale(test: ComposedTest) -> bool:
    """Return whether the test was changed since the page with the form: positions may mean other sections now."""
    return request.form.get("revision") != str(test.revision)


def refuse_stale(test: ComposedTest) -> ResponseReturnValue:
    """Change nothing, and show the test as it is now."""
    flash(_("The test was changed meanwhile, in another window or by an administrator. Nothing was saved."), "error")
    return redirect(url_for("teach.show_test", test_id=test.id), 303)


def get_test_or_404(test_id: int, *, for_update: bool = False) -> ComposedTest:
    """Return the composed test if it is the viewer's.

    :raise 404: no such test, or another trainer's.
    """
    return composed_tests.get_for(db.session, get_viewer(), test_id, for_update=for_update) or abort(404)
