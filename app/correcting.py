"""The pages on which a faulty question is corrected: trainers have them for an assignment, administrators for the whole server.

Choosing a remedy leads to a preview, which changes nothing; from there one step, with a reason, makes the correction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, StringField
from wtforms.validators import AnyOf, Length, NumberRange, Optional

from app.access import account
from app.clock import now
from app.db import db
from app.domain.attempt import AnswerUnfinished, BadAnswer, BadNumber
from app.domain.correction import Remedy, other_key
from app.domain.response import demand_finished, number, read
from app.fields import once_field, words_field
from app.given import GivenForm, WholeField
from app.models import AttemptItem
from app.services import once
from app.services.marking import corrections
from app.services.marking.corrections import AlreadyHolds, Asked, CorrectionError, Decision, MoreLost, Preview
from app.services.marking.regrading import Regrade
from app.services.taking import feedback
from app.services.taking.papers import QuestionView, question

SHOWN = 50
"""Attempts on a page of the preview."""

_WORDS: dict[type[CorrectionError], str] = {
    AlreadyHolds: "That holds already: choose something else.",
    corrections.NotInForce: "This correction was withdrawn before, or was made elsewhere.",
    MoreLost: "Since you looked, more learners handed in who would lose their pass. Look again, and decide anew.",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a question is corrected. ``path`` is the page itself, which also takes the decision; ``preview_path`` shows what it would do."""

    asked: Asked
    template: str
    preview_template: str
    path: str
    preview_path: str


class DecisionForm(GivenForm):
    """What to do; the other key is given as an answer is."""

    remedy = StringField(validators=[AnyOf([remedy.value for remedy in Remedy], message="Choose what to do.")])
    tolerance = StringField(validators=[Optional(), Length(max=20)])
    correction = WholeField(1, 10**13)


class ReasonForm(FlaskForm):  # type: ignore[misc]
    """The step itself; ``seen`` is how many released passes the preview said would be lost."""

    form_id = once_field()
    reason = words_field("Reason", "Say why.", longest=corrections.LONGEST_REASON)
    may_lower = BooleanField("Take these passes away too")
    seen = IntegerField(validators=[Optional(), NumberRange(0, 10**9)])


class UndecidedError(Exception):
    """Why a form is no decision yet, in words."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the attempts that change."""

    rows: Sequence[Regrade]
    number: int
    pages: int


def show_form(place: Place, fault: str | None = None) -> ResponseReturnValue:
    """The question with its key, what is in force, and what can be done."""
    asked = place.asked
    held = corrections.list_held(db.session, asked)
    page = render_template(
        place.template,
        place=place,
        asked=asked,
        truth=feedback.right_texts(asked.shown, asked.explained.key),
        held=held,
        texts={one.correction.id: feedback.right_texts(asked.shown, one.key) for one in held if one.key},
        question=_as_answered(asked),
        chosen=request.values.get("remedy"),
        typed=request.values,
        fault=fault,
    )
    return page, 422 if fault else 200


def show_preview(place: Place) -> ResponseReturnValue:
    """Whose mark and total would change, and how. Nothing is changed."""
    try:
        decision = _decided(place.asked)
        seen = corrections.preview(db.session, place.asked, decision, now())
    except UndecidedError as undecided:
        return show_form(place, str(undecided))
    except CorrectionError as error:
        return show_form(place, _WORDS[type(error)])
    return _preview_page(place, decision, seen, ReasonForm(formdata=None, seen=seen.released_lost))


def take_decision(place: Place, back: str) -> ResponseReturnValue:
    """Make the correction, once, and go ``back``; what can't be done is said, with nothing changed."""
    form = ReasonForm()
    try:
        decision = _decided(place.asked)
        if not form.validate_on_submit():
            return _preview_page(place, decision, corrections.preview(db.session, place.asked, decision, now()), form)
        if not once.is_first(db.session, account(), form.form_id.data, now()):
            return redirect(back, 303)
        done = corrections.apply(
            db.session,
            account(),
            place.asked,
            decision,
            form.reason.data,
            now(),
            may_lower=form.may_lower.data,
            seen_lost=form.seen.data or 0,
        )
    except UndecidedError as undecided:
        return show_form(place, str(undecided))
    except MoreLost:
        db.session.rollback()
        seen = corrections.preview(db.session, place.asked, decision, now())
        form = ReasonForm(formdata=None, reason=form.reason.data, seen=seen.released_lost)
        return _preview_page(place, decision, seen, form, _WORDS[MoreLost])
    except CorrectionError as error:
        db.session.rollback()
        return show_form(place, _WORDS[type(error)])
    db.session.commit()
    flash(_said(done))
    return redirect(back, 303)


def _said(done: corrections.Done) -> str:
    kept = f" {done.kept} kept theirs, because of their pass." if done.kept else ""
    marks = "1 mark was changed" if done.changed == 1 else f"{done.changed} marks were changed"
    return f"The question is corrected: {marks}.{kept} Learners see it with their results."


def _decided(asked: Asked) -> Decision:
    """The decision that a form or an address holds.

    :raise UndecidedError: something is missing or can't be.
    """
    form = DecisionForm(request.values)
    if not form.validate():
        raise UndecidedError("Choose what to do.")
    remedy = Remedy(form.remedy.data)
    if remedy is Remedy.ACCEPT:
        return Decision(remedy, key=_key(asked, form))
    return Decision(remedy, withdraws_id=form.correction.data if remedy is Remedy.WITHDRAW else None)


def _key(asked: Asked, form: DecisionForm) -> Any:
    kind = asked.shown.kind
    try:
        response = read(asked.shown, _order(asked), form.given(), None, is_seen=False)
        demand_finished(asked.shown, response)
        tolerance = abs(float(number(form.tolerance.data or "0", asked.shown.unit) or 0))
    except BadNumber:
        raise UndecidedError("That is not a number. Give one in digits, such as 12 or 0.5.") from None
    except AnswerUnfinished:
        raise UndecidedError(
            "Give the whole of the other answer: each line, or each step with a place of its own."
        ) from None
    except BadAnswer:
        raise UndecidedError("Choose the other answer from those on the page.") from None
    if response is None:
        raise UndecidedError("Say which other answer is right as well.")
    return other_key(kind, response, tolerance)


def _order(asked: Asked) -> list[int]:
    return list(range(len(asked.shown.options)))


def _as_answered(asked: Asked) -> QuestionView:
    """The question in the author's order, as a form in which the other key is given."""
    item = AttemptItem(
        position=1, version_id=asked.version_id, option_order=_order(asked), revision=0, is_flagged=False
    )
    return question(db.session, item)


def _preview_page(
    place: Place, decision: Decision, seen: Preview, form: ReasonForm, fault: str | None = None
) -> ResponseReturnValue:
    wanted = request.args.get("page", 1, type=int)
    pages = max(1, -(-len(seen.regrades) // SHOWN))
    at = min(max(wanted, 1), pages)
    rows = seen.regrades[(at - 1) * SHOWN : at * SHOWN]
    html = render_template(
        place.preview_template,
        place=place,
        asked=place.asked,
        decision=decision,
        key_texts=feedback.right_texts(place.asked.shown, decision.key) if decision.key else (),
        seen=seen,
        page=Page(rows, at, pages),
        form=form,
        decided=[(name, value) for name, value in request.values.items(multi=True) if _is_of_decision(name)],
        fault=fault,
    )
    return html, 409 if fault else 422 if form.errors else 200


def _is_of_decision(name: str) -> bool:
    return name in ("remedy", "option", "value", "tolerance", "correction") or name.startswith(("match-", "order-"))
