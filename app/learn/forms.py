"""The shape of what learners send. Rules live in the domain."""

from __future__ import annotations

from typing import Any

from wtforms import Field, Form, StringField
from wtforms.validators import AnyOf, Length, Optional, Regexp, ValidationError

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


class AnswerForm(Form):
    """One question's form: the contract of ``POST /attempts/<id>/<n>``."""

    option = PlacesField(default=())
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
            places=self.option.data or (),
            revision=self.revision.data or 0,
            save_id=self.save_id.data or "",
            certainty=self.certainty.data,
            is_cleared=self.clear.data == 1,
            is_flagged=None if self.flag.data is None else self.flag.data == 1,
        )


class StartForm(Form):
    mode = StringField(validators=[AnyOf(("practice", "test"), message="Give practice or test.")])
    missed = WholeField(1, 10**12, validators=[Optional()])


class CheckForm(Form):
    option = PlacesField(default=())
    number = WholeField(1, 10**6, default=1)

    def validate_option(self, field: PlacesField) -> None:
        if not field.data:
            raise ValidationError("Choose an answer first.")
