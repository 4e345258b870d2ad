"""The fields with which a question is answered, whatever its kind: what learners answer, and what somebody says is right as well."""

from __future__ import annotations

from typing import Any

from wtforms import Field, Form, StringField
from wtforms.validators import Length, Optional

from app.domain.response import Given


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
