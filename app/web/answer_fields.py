"""Forms that contain the answer to a question. The kind of the question defines the answer's fields."""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import Field, Form

from app.domain.kinds import Fields, is_answer_field


class LastIntegerField(Field):
    """An optional integer. ``data`` is the last value sent: a hidden 0 before a checkbox with 1 gives 1."""

    data: int | None

    def __init__(self, low: int, high: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.low, self.high = low, high

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist and valuelist[-1] != "":
            self.data = self._whole(valuelist[-1])

    def _whole(self, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 14 and self.low <= int(text) <= self.high):
            raise ValueError(f"Give a whole number from {self.low} to {self.high}.")
        return int(text)


class AnswerForm(Form):
    """A form with its own fields and those of an answer."""

    def __init__(self, sent: MultiDict[str, str], **kwargs: Any) -> None:
        super().__init__(sent, **kwargs)
        self._sent = sent

    @property
    def answer(self) -> Fields:
        """The fields that some kind of question uses. The question's own kind refuses those that belong to another."""
        return {name: self._sent.getlist(name) for name in self._sent if is_answer_field(name)}
