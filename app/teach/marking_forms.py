"""The forms of the pages on which people mark answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, TextAreaField
from wtforms.validators import Length

from app.domain.kinds import RubricCriterion
from app.domain.markings import add_up, get_most
from app.domain.numbers import parse_number
from app.models import MarkingRow
from app.services.marking.markings import MAX_COMMENT_LENGTH, GivenMarking
from app.web.forms import clean_line, clean_text, form_id_field
from app.web.templating import points as write_points

MAX_ENTRY_LENGTH = 12


class MarkingSettingsForm(FlaskForm):  # type: ignore[misc]
    marks_anonymously = BooleanField(_l("Hide names while marking"))
    needs_second_marker = BooleanField(_l("Two people mark each answer"))
    releases_unfinished = BooleanField(_l("Show marks before all answers are marked"))


@dataclass(frozen=True, slots=True)
class PointsEntry:
    """A field for points, up to ``most``: what was entered, and what is wrong with it."""

    name: str
    label: str
    most: int
    text: str
    error: str = ""
    value: float | None = None

    @property
    def errors(self) -> tuple[str, ...]:
        return (self.error,) if self.error else ()


class MarkingForm(FlaskForm):  # type: ignore[misc]
    """A marking: the points of each criterion, or one mark for the whole, and a comment to the learner."""

    form_id = form_id_field()
    comment = TextAreaField(
        _l("Comment to the learner"),
        filters=[clean_text],
        validators=[Length(max=MAX_COMMENT_LENGTH)],
        render_kw={"rows": 4, "maxlength": MAX_COMMENT_LENGTH, "data-key": "c"},
    )

    def __init__(self, criteria: Sequence[RubricCriterion], own: MarkingRow | None) -> None:
        super().__init__(comment=own.comment if own else None)
        self.rubric = criteria
        most = get_most(criteria)
        before = _list_before(criteria, own)
        self.criteria = [
            _read_points(f"criterion-{n}", one.text, one.points, before.get(n, "")) for n, one in enumerate(criteria)
        ]
        self.total = _read_points("total", _("One mark for the whole"), most, _get_total_before(own, most))

    def validate_marking(self) -> bool:
        """Check the form. Either all criteria have points, or the whole has a mark, which then counts."""
        is_shaped = bool(self.validate())
        if self.total.text and not self.total.error:
            return is_shaped
        if not any(one.text for one in self.criteria) and not self.total.error:
            self.criteria = [_require(one) for one in self.criteria]
            return False
        self.criteria = [one if one.text else _require(one) for one in self.criteria]
        return is_shaped and not any(one.error for one in (*self.criteria, self.total))

    @property
    def has_errors(self) -> bool:
        return bool(self.errors) or any(one.error for one in (*self.criteria, self.total))

    def get_marking(self) -> GivenMarking:
        """Return the marking of a valid form."""
        comment = self.comment.data or None
        if self.total.value is not None:
            return GivenMarking(self.total.value / self.total.most, None, comment)
        given = [one.value or 0.0 for one in self.criteria]
        return GivenMarking(add_up(self.rubric, given), given, comment)


def _list_before(criteria: Sequence[RubricCriterion], own: MarkingRow | None) -> dict[int, str]:
    if own is None or own.criteria is None or len(own.criteria) != len(criteria):
        return {}
    return {n: write_points(value) for n, value in enumerate(own.criteria)}


def _get_total_before(own: MarkingRow | None, most: int) -> str:
    return write_points(own.points * most) if own is not None and own.criteria is None else ""


def _read_points(name: str, label: str, most: int, before: str) -> PointsEntry:
    """Read points from 0 to ``most``; an empty field has none."""
    if request.method != "POST":
        return PointsEntry(name, label, most, before)
    text = clean_line(request.form.get(name, ""))[:MAX_ENTRY_LENGTH]
    if not text:
        return PointsEntry(name, label, most, text)
    try:
        value = float(parse_number(text) or "nan")
    except ValueError:
        value = nan
    if not 0 <= value <= most:
        return PointsEntry(name, label, most, text, _("Enter a number from 0 to %(most)s.", most=most))
    return PointsEntry(name, label, most, text, value=value)


def _require(entry: PointsEntry) -> PointsEntry:
    words = _("Enter the points, or one mark for the whole below.")
    return PointsEntry(entry.name, entry.label, entry.most, entry.text, entry.error or words)
