"""Playing an attempt as a browser does, and looking up what only the server knows: for tests of every kind."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.domain.content import Kind
from app.models import Answer, AttemptItem, QuestionKey, QuestionVersion

HTMX = {"HX-Request": "true"}
JSON = {"Accept": "application/json"}
SAFETY_QUESTIONS = 14
"""How many questions the test of the module `safety` draws, and what its time limit is: most tests here sit it."""
SAFETY_MINUTES = 20


@dataclass(frozen=True, slots=True)
class Place:
    """One question of an attempt as the server has it, in places on the page."""

    n: int
    version_id: int
    kind: Kind
    is_critical: bool
    places: int
    right: tuple[int, ...]
    chosen: tuple[int, ...]
    revision: int
    is_flagged: bool

    @property
    def wrong(self) -> int:
        """A place whose option is wrong."""
        return next(place for place in range(self.places) if place not in self.right)


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
        self, n: int, *places: int, revision: int | None = None, headers: dict[str, str] | None = None, **fields: object
    ) -> TestResponse:
        """Send the form of question ``n``, by default from a page that saw what is stored."""
        seen = self.at(n).revision if revision is None else revision
        form = {"option": [str(place) for place in places], "revision": str(seen)} | fields
        return self.client.post(f"{self.path}/{n}", data=form, headers=headers)

    def at(self, n: int) -> Place:
        return self.questions()[n - 1]

    def questions(self) -> list[Place]:
        """Every question as it is in the database now."""
        rows = self.session.execute(
            select(
                AttemptItem.position,
                AttemptItem.version_id,
                AttemptItem.option_order,
                AttemptItem.response,
                AttemptItem.revision,
                AttemptItem.is_flagged,
                QuestionVersion.kind,
                QuestionVersion.is_critical,
                QuestionKey.correct,
            )
            .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
            .join(QuestionKey, QuestionKey.version_id == AttemptItem.version_id)
            .where(AttemptItem.attempt_id == self.attempt_id)
            .order_by(AttemptItem.position)
        )
        return [
            Place(
                n=row.position,
                version_id=row.version_id,
                kind=row.kind,
                is_critical=row.is_critical,
                places=len(row.option_order),
                right=_places(row.option_order, row.correct),
                chosen=_places(row.option_order, row.response or ()),
                revision=row.revision,
                is_flagged=row.is_flagged,
            )
            for row in rows
        ]

    def answer_all(self, *, wrong: Iterable[int] = ()) -> None:
        """Answer every question, rightly but for those numbered in ``wrong``."""
        missed = set(wrong)
        for one in self.questions():
            places = (one.wrong,) if one.n in missed else one.right
            assert self.answer(one.n, *places).status_code == 303

    def log(self) -> int:
        """How many answers the append-only log holds."""
        return self.session.scalar(select(func.count(Answer.id)).where(Answer.attempt_id == self.attempt_id)) or 0


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
