"""Forms for composed tests and their sections. They check only the shape of the input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    SelectChoice,
    SelectField,
)
from wtforms.validators import NumberRange, Optional

from app.domain.composing import MAX_DRAWS, Draw, PlannedSection, Pool
from app.domain.content import Level, Use
from app.domain.sections import SectionRule
from app.services.assignments.composed_tests import ComposingOptions
from app.web.forms import form_id_field, required_line
from app.web.question_labels import LEVEL_LABELS
from app.web.urls import parse_id

BLANK_LINES = 3
"""How many empty lines the form of a section offers."""

POOL_LABELS: Mapping[Use, LazyString] = {
    Use.TEST: _l("%(module)s: test questions (%(num)s)"),
    Use.EXAM: _l("%(module)s: exam questions (%(num)s)"),
}


class ComposedTestForm(FlaskForm):  # type: ignore[misc]
    form_id = form_id_field()
    title = required_line(_l("Title"), _l("Enter a title for the test."), longest=200)
    shuffles = BooleanField(_l("Mix the questions within each section"), default=True)
    is_forward_only = BooleanField(_l("Forward only"))


class DrawForm(Form):  # type: ignore[misc]
    """One line of a section. A fixed question has its id in ``question``; its pool cannot be changed."""

    question = HiddenField(default="")
    pool = SelectField(_l("Draw from"), default="", validate_choice=False)
    objective = SelectField(_l("Objective"), default="0", validate_choice=False)
    level = SelectField(_l("Level"), default="", validate_choice=False)
    questions = IntegerField(
        _l("Questions"),
        validators=[Optional(), NumberRange(1, 100, message=_l("Enter a whole number from 1 to 100."))],
        render_kw={"min": 1, "max": 100, "inputmode": "numeric"},
    )
    remove = BooleanField(_l("Remove"))


class SectionForm(FlaskForm):  # type: ignore[misc]
    """A section with its lines. ``revision`` is that of the test which the page showed.

    ``fixed`` are the lines of the section so far: the form can keep or remove its fixed questions, but not add any.
    """

    form_id = form_id_field()
    revision = HiddenField(default="0")
    title = required_line(_l("Title"), _l("Enter a title for the section."), longest=200)
    pass_mark_percent = IntegerField(
        _l("Pass mark of this section in per cent"),
        validators=[Optional(), NumberRange(1, 100, message=_l("Enter a whole number from 1 to 100."))],
        render_kw={"min": 1, "max": 100, "inputmode": "numeric"},
    )
    needs_critical_right = BooleanField(_l("Safety-critical questions must be right"), default=True)
    draws = FieldList(FormField(DrawForm), label=_l("Questions"), max_entries=MAX_DRAWS)

    def __init__(self, options: ComposingOptions, fixed: Sequence[Draw] = (), **given: Any) -> None:
        super().__init__(**given)
        self.options = options
        self.fixed = {str(draw.question_id): draw for draw in fixed if draw.question_id is not None}
        self.pools = {name_pool(choice.pool): choice.pool for choice in options.pools}
        self.found: tuple[Draw, ...] = ()
        for line in self.draws:
            self._offer(line.form)

    def _offer(self, line: Any) -> None:
        line.pool.choices = _keep([SelectChoice("", _("Nothing")), *self._list_pools()], line.pool.data)
        objectives = [SelectChoice("0", _("Any objective")), *self._list_objectives()]
        line.objective.choices = _keep(objectives, line.objective.data)
        line.level.choices = [
            SelectChoice("", _("Any level")),
            *(SelectChoice(level.value, str(words)) for level, words in LEVEL_LABELS.items()),
        ]

    def _list_pools(self) -> Sequence[SelectChoice]:
        return [
            SelectChoice(
                name_pool(choice.pool),
                str(POOL_LABELS[choice.pool.use]) % {"module": self.label_module(choice.pool), "num": choice.questions},
            )
            for choice in self.options.pools
        ]

    def label_module(self, pool: Pool) -> str:
        """Return the title of a module, after the name of its library if it is not of the course."""
        module = self.options.modules[pool.module_id]
        library = self.options.libraries[module.library_id].name if module.library_id else None
        return f"{library}: {module.title}" if library else module.title

    def _list_objectives(self) -> Sequence[SelectChoice]:
        titles = {number: module.title for number, module in self.options.modules.items()}
        return [
            SelectChoice(str(one.id), one.title, optgroup=titles[one.module_id])
            for one in self.options.objectives
            if one.module_id in titles
        ]

    def validate(self, **kwargs: Any) -> bool:
        is_shaped = super().validate(**kwargs)
        draws = [self._read(line.form) for line in self.draws]
        self.found = tuple(draw for draw in draws if draw is not None)
        if not any(line.form.errors for line in self.draws):
            return bool(is_shaped)
        self.draws.errors = [line.errors for line in self.draws]  # collected again, with those of _read
        return False

    def _read(self, line: Any) -> Draw | None:
        """Return the draw of a line; None if it is empty, removed or wrong. Errors are added to its fields."""
        if line.remove.data or not line.pool.data:
            return None
        pool = self.pools.get(line.pool.data)
        if pool is None:
            line.pool.errors = [
                *line.pool.errors,
                _("You can’t draw from here any more. Choose another, or remove it."),
            ]
            return None
        if line.question.data:
            fixed = self.fixed.get(line.question.data)
            return fixed if fixed and fixed.pool == pool else None
        level = Level(line.level.data) if line.level.data in list(Level) else None
        objective_id = parse_id(line.objective.data or "") or 0
        if objective_id and not any(
            one.id == objective_id and one.module_id == pool.module_id for one in self.options.objectives
        ):
            line.objective.errors = [*line.objective.errors, _("This objective belongs to another module.")]
            return None
        return Draw(pool, line.questions.data or 1, objective_id or None, level)

    def read_section(self) -> PlannedSection:
        return PlannedSection(
            SectionRule(self.title.data, self.pass_mark_percent.data, bool(self.needs_critical_right.data)), self.found
        )


def _keep(choices: Sequence[SelectChoice], chosen: str | None) -> Sequence[SelectChoice]:
    """Offer what is chosen although it is gone, as browsers would send the first choice instead, which changes the line."""
    if any(one.value == (chosen or "") for one in choices) or not chosen:
        return choices
    return [*choices, SelectChoice(chosen, _("No longer offered"))]


def name_pool(pool: Pool) -> str:
    return f"{pool.module_id}-{pool.use.value}"


def fill_section_form(section: PlannedSection, revision: int) -> dict[str, Any]:
    """Return the initial values of a section's form, with some empty lines."""
    lines: list[dict[str, object]] = [
        {
            "question": str(draw.question_id or ""),
            "pool": name_pool(draw.pool),
            "objective": str(draw.objective_id or 0),
            "level": draw.level.value if draw.level else "",
            "questions": draw.questions,
        }
        for draw in section.draws
    ]
    return {
        "revision": str(revision),
        "title": section.rule.title,
        "pass_mark_percent": section.rule.pass_mark_percent,
        "needs_critical_right": section.rule.needs_critical_right,
        "draws": [*lines, *({} for _blank in range(min(BLANK_LINES, MAX_DRAWS - len(lines))))],
    }
