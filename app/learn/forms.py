"""The shape of what learners send. Rules live in the domain."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, Form, StringField
from wtforms.validators import AnyOf, Length, Optional, Regexp

from app.domain.response import Given
from app.fields import words_field
from app.services import question_reports
from app.services.attempts import Change


def _whole(text: str, low: int, high: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 14 and low <= int(text) <= high):
        raise ValueError(f"Give a whole number from {low} to {high}.")
    return int(text)


class WholeField(Field):
    """A whole number, possibly missing. ``data`` is the last one sent: a hidden 0 before a checkbox's 1 reads as 1."""

    data: int | None

    def __init__(self, low: int, high: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.low, self.high = low, high

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist and valuelist[-1] != "":
            self.data = _whole(valuelist[-1], self.low, self.high)


class PlacesField(Field):
    """The chosen places, none or several. ``data`` is a tuple; which places there are, the question knows."""

    data: tuple[int, ...]

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = tuple(_whole(value, 0, 99) for value in valuelist)


class NumberedField(Field):
    """Fields with a number in their name, as ``match-0=3``: ``data`` maps the one to the other, None where nothing was chosen."""

    data: dict[int, int | None]

    def process(self, formdata: Any, *_args: Any, **_kwargs: Any) -> None:
        self.process_errors, self.data = [], {}
        prefix = f"{self.name}-"
        try:
            for name in formdata or ():
                if name.startswith(prefix):
                    value = formdata.getlist(name)[-1]
                    self.data[_whole(name.removeprefix(prefix), 0, 99)] = None if value == "" else _whole(value, 0, 99)
        except ValueError as error:
            self.process_errors.append(str(error))


class GivenForm(Form):
    """What is answered, whatever the kind of question: options, ``match-<left>=<right>``, ``order-<step>=<place>``, or a number."""

    option = PlacesField(default=())
    match = NumberedField()
    order = NumberedField()
    value = StringField(validators=[Optional(), Length(max=60)])

    def given(self, *, is_cleared: bool = False) -> Given:
        return Given(
            places=self.option.data or (),
            matched=self.match.data,
            ranks=self.order.data,
            number=self.value.raw_data[-1] if self.value.raw_data else None,
            is_cleared=is_cleared,
        )


class AnswerForm(GivenForm):
    """One question's form: the contract of ``POST /attempts/<id>/<n>``."""

    revision = WholeField(0, 10**8, default=0)
    save_id = StringField(validators=[Optional(), Length(max=64), Regexp(r"[A-Za-z0-9-]+\Z")])
    certainty = WholeField(1, 3, validators=[Optional()])
    clear = WholeField(0, 1)
    flag = WholeField(0, 1)
    go = StringField(
        validators=[Optional(), Regexp(r"([1-9][0-9]{0,3}|summary)\Z", message="Give a number of a question.")]
    )

    def change(self) -> Change:
        return Change(
            given=self.given(is_cleared=self.clear.data == 1),
            revision=self.revision.data or 0,
            save_id=self.save_id.data or "",
            certainty=self.certainty.data,
            is_flagged=None if self.flag.data is None else self.flag.data == 1,
        )


class StartForm(Form):
    mode = StringField(validators=[AnyOf(("practice", "test"), message="Give practice or test.")])
    missed = WholeField(1, 10**12, validators=[Optional()])


class CheckForm(GivenForm):
    number = WholeField(1, 10**6, default=1)


class ReportForm(FlaskForm):
    says = words_field("What is wrong?", "Say what is wrong with it.", longest=question_reports.LONGEST)
