"""Pages for correcting a faulty question: for one assignment (trainers) or for the whole server (administrators).

Choosing a remedy shows a preview, which changes nothing. Confirming it with a reason makes the correction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, Form, IntegerField, StringField
from wtforms.validators import AnyOf, NumberRange, Optional

from app.clock import now
from app.db import db, end_read_transaction, run_in_steps
from app.domain.attempt import AnswerIncomplete, AnswerMissing, BadEntry, InvalidAnswer
from app.domain.correction import Remedy
from app.domain.paging import paginate_list
from app.models import AttemptItem, Regrading
from app.services.attempts.papers import QuestionView, view_question
from app.services.log import idempotency
from app.services.marking import corrections, regrading
from app.services.marking.corrections import (
    AlreadyInForce,
    CorrectionDecision,
    CorrectionError,
    CorrectionPreview,
    MorePassesLost,
    QuestionUnderCorrection,
)
from app.web.access import current_account
from app.web.answer_fields import LastIntegerField
from app.web.answer_words import describe_problem
from app.web.forms import form_id_field, required_text

_ERROR_MESSAGES: dict[type[CorrectionError], LazyString] = {
    AlreadyInForce: _l("This correction has already been made. Choose another one."),
    corrections.NotInForce: _l("This correction was already undone, or was made elsewhere."),
    MorePassesLost: _l(
        "Since you opened this page, more learners have submitted who would lose their pass. Check the preview again."
    ),
}
REGRADE_SECONDS = 5
"""How long a request changes existing marks."""

_CHOOSE_REMEDY = _l("Choose how to correct the question.")


@dataclass(frozen=True, slots=True)
class CorrectionPage:
    """The templates and URLs for correcting one question.

    ``path`` shows the form and, on POST, makes the correction; ``preview_path`` shows its effect.
    """

    asked: QuestionUnderCorrection
    template: str
    preview_template: str
    path: str
    preview_path: str


class DecisionForm(Form):  # type: ignore[misc]
    """The remedy. A further key is sent like an answer, in the fields of the question's kind."""

    remedy = StringField(validators=[AnyOf([remedy.value for remedy in Remedy], message=_CHOOSE_REMEDY)])
    correction = LastIntegerField(1, 10**13)


class ReasonForm(FlaskForm):  # type: ignore[misc]
    """The confirmation. ``seen`` is the number of released passes that would be lost according to the preview."""

    form_id = form_id_field()
    reason = required_text(_l("Reason"), _l("Give a reason."), longest=corrections.MAX_REASON_LENGTH)
    may_lower = BooleanField(_l("Take these passes away too"))
    seen = IntegerField(validators=[Optional(), NumberRange(0, 10**9)])


class UndecidedError(Exception):
    """The form is incomplete or invalid; the message explains why."""


def show_form(place: CorrectionPage, fault: str | None = None) -> ResponseReturnValue:
    """Show the question with its key, the corrections in force and the possible remedies."""
    asked = place.asked
    held = corrections.list_in_force(db.session, asked)
    page = render_template(
        place.template,
        place=place,
        asked=asked,
        truth=_key_in_words(asked, asked.explained.key),
        held=held,
        texts={one.correction.id: _key_in_words(asked, one.key) for one in held if one.key is not None},
        question=_view_question(asked),
        chosen=request.values.get("remedy"),
        typed=request.values,
        is_regrading=regrading.is_unfinished(db.session, asked.version_id),
        fault=fault,
    )
    return page, 422 if fault else 200


def show_preview(place: CorrectionPage) -> ResponseReturnValue:
    """Show which marks and totals would change. Nothing is written."""
    try:
        decision = _parse_decision(place.asked)
        seen = corrections.preview(db.session, place.asked, decision, now())
    except UndecidedError as undecided:
        return show_form(place, str(undecided))
    except CorrectionError as error:
        return show_form(place, str(_ERROR_MESSAGES[type(error)]))
    return _render_preview(place, decision, seen, ReasonForm(formdata=None, seen=seen.released_lost))


def take_decision(place: CorrectionPage, back: str) -> ResponseReturnValue:
    """Make the correction, once, and redirect to ``back``. On an error, explain it and change nothing."""
    form = ReasonForm()
    try:
        decision = _parse_decision(place.asked)
        if not form.validate_on_submit():
            return _render_preview(place, decision, corrections.preview(db.session, place.asked, decision, now()), form)
        passes_to_lower = (form.seen.data or 0) if form.may_lower.data else 0
        if form.may_lower.data:
            corrections.check_passes(db.session, place.asked, decision, now(), passes_to_lower)
        end_read_transaction()  # the check may take seconds and must not hold the write lock
        if not idempotency.claim(db.session, current_account(), form.form_id.data, now()):
            return redirect(back, 303)
        made = corrections.apply(
            db.session,
            current_account(),
            place.asked,
            decision,
            form.reason.data,
            now(),
            passes_to_lower=passes_to_lower,
        )
    except UndecidedError as undecided:
        return show_form(place, str(undecided))
    except MorePassesLost:
        seen = corrections.preview(db.session, place.asked, decision, now())
        form = ReasonForm(formdata=None, reason=form.reason.data, seen=seen.released_lost)
        return _render_preview(place, decision, seen, form, str(_ERROR_MESSAGES[MorePassesLost]))
    except CorrectionError as error:
        db.session.rollback()
        return show_form(place, str(_ERROR_MESSAGES[type(error)]))
    db.session.commit()
    flash(_describe_outcome(_change_marks(made.correction_id)))
    return redirect(back, 303)


def _change_marks(correction_id: int) -> Regrading:
    """Change existing marks for a few seconds. The rest of a very long regrading is left to the scheduler."""

    def step() -> bool:
        return regrading.run_step(db.session, correction_id, now()).finished_at is None

    run_in_steps(step, seconds=REGRADE_SECONDS)
    return db.session.get_one(Regrading, correction_id)


def _describe_outcome(done: Regrading) -> str:
    if done.finished_at is None:
        return _("Question corrected. Existing marks are changed over the next minutes.")
    sentences = [
        ngettext(
            "Question corrected. %(num)s mark was changed.",
            "Question corrected. %(num)s marks were changed.",
            done.changed,
        )
    ]
    if done.kept:
        sentences.append(
            ngettext(
                "%(num)s attempt kept its marks, so that the learner still passes.",
                "%(num)s attempts kept their marks, so that the learners still pass.",
                done.kept,
            )
        )
    sentences.append(_("Learners see the correction in their results."))
    return " ".join(sentences)


def _parse_decision(asked: QuestionUnderCorrection) -> CorrectionDecision:
    """Read the decision from the form or the query string.

    :raise UndecidedError: a value is missing or invalid.
    """
    form = DecisionForm(request.values)
    if not form.validate():
        raise UndecidedError(str(_CHOOSE_REMEDY))
    remedy = Remedy(form.remedy.data)
    if remedy is Remedy.ACCEPT:
        return CorrectionDecision(remedy, key=_parse_key(asked))
    return CorrectionDecision(remedy, withdraws_id=form.correction.data if remedy is Remedy.WITHDRAW else None)


def _parse_key(asked: QuestionUnderCorrection) -> Any:
    shown = asked.shown
    names = shown.kind.correction_field_names(shown)
    fields = {name: request.values.getlist(name) for name in names if name in request.values}
    try:
        return shown.kind.read_other_key(shown, fields, asked.explained.key)
    except BadEntry as error:
        raise UndecidedError(describe_problem(error)) from None
    except AnswerMissing:
        raise UndecidedError(_("Enter the other answer that is correct.")) from None
    except AnswerIncomplete:
        raise UndecidedError(
            _("Complete the other answer: fill in each line, or give each step its own place.")
        ) from None
    except InvalidAnswer:
        raise UndecidedError(_("Choose the other answer from those on the page.")) from None


def _key_in_words(asked: QuestionUnderCorrection, key: Any) -> tuple[str, ...]:
    return asked.shown.kind.describe_key(asked.shown, key)


def _get_order(asked: QuestionUnderCorrection) -> list[int]:
    return list(range(len(asked.shown.options)))


def _view_question(asked: QuestionUnderCorrection) -> QuestionView:
    """Return the question with its options in the author's order, as a form for a further key."""
    item = AttemptItem(
        position=1, version_id=asked.version_id, option_order=_get_order(asked), revision=0, is_flagged=False
    )
    return replace(
        view_question(db.session, item), answer=asked.shown.kind.view_for_key(asked.shown, item.option_order)
    )


def _render_preview(
    place: CorrectionPage,
    decision: CorrectionDecision,
    seen: CorrectionPreview,
    form: ReasonForm,
    fault: str | None = None,
) -> ResponseReturnValue:
    html = render_template(
        place.preview_template,
        place=place,
        asked=place.asked,
        decision=decision,
        key_texts=() if decision.key is None else _key_in_words(place.asked, decision.key),
        seen=seen,
        page=paginate_list(seen.regrades, request.args.get("page", 1, type=int)),
        form=form,
        decided=[(name, value) for name in _fields_of_decision(place.asked) for value in request.values.getlist(name)],
        fault=fault,
    )
    return html, 409 if fault else 422 if form.errors else 200


def _fields_of_decision(asked: QuestionUnderCorrection) -> list[str]:
    return ["remedy", "correction", *sorted(asked.shown.kind.correction_field_names(asked.shown))]
