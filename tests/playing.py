"""Playing an attempt as a browser does, and looking up what only the server knows: for tests of every kind."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.demo import answering
from app.domain.content import Key, Kind
from app.domain.question import Shown
from app.domain.response import CHOICES, Response
from app.models import Answer, AttemptItem, QuestionKey, QuestionVersion

Part: TypeAlias = int | dict[str, str]
"""What an answer is made of: the place of an option, or the fields of another kind of question."""

HTMX = {"HX-Request": "true"}
JSON = {"Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Place:
    """One question of an attempt as the server has it, in places on the page."""

    n: int
    version_id: int
    kind: Kind
    is_critical: bool
    places: int
    right: tuple[Part, ...]
    wrong: Part
    chosen: tuple[int, ...]
    revision: int
    is_flagged: bool

    @property
    def is_choice(self) -> bool:
        """Whether it is answered by choosing options: then ``right`` and ``wrong`` are places on the page."""
        return self.kind in CHOICES


@dataclass(frozen=True, slots=True)
class Play:
    """An attempt in one browser."""

    client: FlaskClient
    session: Session
    attempt_id: int

    @property
    def path(self) -> str:
        return f"/attempts/{self.attempt_id}"

    def page(self, n: int, **given: object) -> TestResponse:
        return self.client.get(f"{self.path}/{n}", **given)  # type: ignore[arg-type]

    def summary(self) -> TestResponse:
        return self.client.get(f"{self.path}/summary")

    def result(self) -> TestResponse:
        return self.client.get(f"{self.path}/result")

    def submit(self) -> TestResponse:
        return self.client.post(f"{self.path}/submit")

    def answer(
        self, n: int, *parts: Part, revision: int | None = None, headers: dict[str, str] | None = None, **fields: object
    ) -> TestResponse:
        """Send the form of question ``n``, by default from a page that saw what is stored."""
        seen = self.at(n).revision if revision is None else revision
        form = {"option": [str(place) for place in parts if isinstance(place, int)], "revision": str(seen)} | fields
        for part in parts:
            form |= part if isinstance(part, dict) else {}
        return self.client.post(f"{self.path}/{n}", data=form, headers=headers)

    def at(self, n: int) -> Place:
        return self.questions()[n - 1]

    def questions(self) -> list[Place]:
        """Every question as it is in the database now."""
        rows = self.session.execute(
            select(AttemptItem, QuestionVersion, QuestionKey)
            .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
            .join(QuestionKey, QuestionKey.version_id == AttemptItem.version_id)
            .where(AttemptItem.attempt_id == self.attempt_id)
            .order_by(AttemptItem.position)
            .execution_options(populate_existing=True)
        )
        return [_place(*row) for row in rows]

    def answer_all(self, *, wrong: Iterable[int] = ()) -> None:
        """Answer every question, rightly but for those numbered in ``wrong``."""
        missed = set(wrong)
        for one in self.questions():
            parts = (one.wrong,) if one.n in missed else one.right
            assert self.answer(one.n, *parts).status_code == 303

    def log(self) -> int:
        """How many answers the append-only log holds."""
        return self.session.scalar(select(func.count(Answer.id)).where(Answer.attempt_id == self.attempt_id)) or 0


def _place(item: AttemptItem, version: QuestionVersion, row: QuestionKey) -> Place:
    shown = Shown(
        version_id=version.id,
        question_id=version.question_id,
        objective_id=version.objective_id,
        number=version.number,
        kind=version.kind,
        is_critical=version.is_critical,
        vignette=version.vignette,
        stem=version.stem,
        options=tuple(version.options),
        prompts=tuple(version.prompts),
    )
    key = Key(tuple(row.correct), tuple(row.near), row.value, row.tolerance)
    is_choice = version.kind in CHOICES
    not_right = [place for place, index in enumerate(item.option_order) if index not in row.correct]
    return Place(
        n=item.position,
        version_id=item.version_id,
        kind=version.kind,
        is_critical=version.is_critical,
        places=len(item.option_order),
        right=_right_places(version.kind, item, row)
        if is_choice
        else (_form(shown, item, answering.right(shown, key)),),
        wrong=not_right[0] if is_choice else _form(shown, item, answering.wrong(shown, key, Random(0), Random(0))),
        chosen=_places(item.option_order, item.response or ()) if is_choice else (),
        revision=item.revision,
        is_flagged=item.is_flagged,
    )


def _right_places(kind: Kind, item: AttemptItem, row: QuestionKey) -> tuple[int, ...]:
    places = _places(item.option_order, row.correct)
    return places[:1] if kind is Kind.REGION else places


def _form(shown: Shown, item: AttemptItem, response: Response) -> dict[str, str]:
    """The fields with which a page would send this response."""
    given = answering.given(shown, item.option_order, response)
    if given.number is not None:
        return {"value": given.number}
    fields = {f"match-{prompt}": str(place) for prompt, place in given.matched.items()}
    return fields | {f"order-{place}": str(rank) for place, rank in given.ranks.items()}


def _places(order: list[int], indexes: Iterable[int]) -> tuple[int, ...]:
    wanted = set(indexes)
    return tuple(place for place, index in enumerate(order) if index in wanted)


def begun(client: FlaskClient, session: Session, started: TestResponse) -> Play:
    """The attempt that a start led to."""
    assert started.status_code == 303, started.status_code
    found = re.fullmatch(r"/attempts/(\d+)/1", started.location)
    assert found, started.location
    return Play(client, session, int(found[1]))


def start(client: FlaskClient, session: Session, mode: str = "test", module: str = "safety") -> Play:
    return begun(client, session, client.post(f"/modules/{module}/attempts", data={"mode": mode}))


def start_assigned(client: FlaskClient, session: Session, assignment_id: int) -> Play:
    return begun(client, session, client.post(f"/assignments/{assignment_id}/attempts"))


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page) or re.search(
        rf'value="([^"]*)"[^>]*name="{name}"', page
    )
    assert found, f"no field {name}"
    return found[1]


def masked(text: str) -> str:
    """A page without what is random in every page: form tokens and save ids."""
    return re.sub(r'(name="(?:csrf_token|save_id)"[^>]*value=")[^"]*', r"\1*", text)


def take_away(app: Flask) -> None:
    """Delete the database under a running app, as a careless hand does."""
    for file in app.config["PALPATE"].data.glob("palpate.sqlite3*"):
        file.unlink()
