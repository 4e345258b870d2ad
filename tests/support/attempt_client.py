"""Playing an attempt as a browser does, and looking up what only the server knows: for tests of every kind."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.domain.kinds import QuestionKind
from app.models import AnswerRevision, AttemptItem
from app.services.course import catalogue
from tests.support import question_kinds

Part: TypeAlias = int | dict[str, str]
"""What an answer is made of: the place of an option, or the fields of another kind of question."""

HTMX = {"HX-Request": "true"}
JSON = {"Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class StoredQuestion:
    """One question of an attempt as the server has it, in places on the page."""

    n: int
    version_id: int
    kind: QuestionKind[Any]
    is_critical: bool
    places: int
    right: tuple[Part, ...]
    wrong: Part
    chosen: tuple[int, ...]
    revision: int
    is_flagged: bool

    @property
    def right_place(self) -> int:
        """The place of the (first) right option of a question that is answered by choosing."""
        [place, *_] = self.right
        assert isinstance(place, int)
        return place

    @property
    def is_choice(self) -> bool:
        """Whether it is answered by choosing options: then ``right`` and ``wrong`` are places on the page."""
        return self.kind.is_choice


@dataclass(frozen=True, slots=True)
class AttemptClient:
    """An attempt in one browser."""

    client: FlaskClient
    session: Session
    attempt_id: int

    @property
    def path(self) -> str:
        return f"/attempts/{self.attempt_id}"

    def page(self, n: int, **given: Any) -> TestResponse:
        return self.client.get(f"{self.path}/{n}", **given)

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

    def at(self, n: int) -> StoredQuestion:
        return self.questions()[n - 1]

    def questions(self) -> list[StoredQuestion]:
        """Every question as it is in the database now."""
        items = self.session.scalars(
            select(AttemptItem)
            .where(AttemptItem.attempt_id == self.attempt_id)
            .order_by(AttemptItem.position)
            .execution_options(populate_existing=True)
        ).all()
        return [_place(self.session, item) for item in items]

    def answer_all(self, *, wrong: Iterable[int] = ()) -> None:
        """Answer every question, rightly but for those numbered in ``wrong``."""
        missed = set(wrong)
        for one in self.questions():
            parts = (one.wrong,) if one.n in missed else one.right
            assert self.answer(one.n, *parts).status_code == 303

    def log(self) -> int:
        """How many answers the append-only log holds."""
        return (
            self.session.scalar(
                select(func.count(AnswerRevision.id)).where(AnswerRevision.attempt_id == self.attempt_id)
            )
            or 0
        )


def _place(session: Session, item: AttemptItem) -> StoredQuestion:
    ids = [item.version_id]
    shown, key = (
        catalogue.get_texts(session, ids)[item.version_id],
        catalogue.get_solutions(session, ids)[item.version_id].key,
    )
    kind, order = shown.kind, item.option_order
    right, wrong = question_kinds.right(shown, key), question_kinds.wrong(shown, key)
    if kind.is_choice:
        right_parts: tuple[Part, ...] = _places(order, right)  # type: ignore[arg-type]
        wrong_part: Part = next(place for place, index in enumerate(order) if kind.credit(key, index) < 1)
    else:
        right_parts, wrong_part = (_form(kind.fill(shown, order, right)),), _form(kind.fill(shown, order, wrong))
    return StoredQuestion(
        n=item.position,
        version_id=item.version_id,
        kind=kind,
        is_critical=shown.is_critical,
        places=len(order),
        right=right_parts,
        wrong=wrong_part,
        chosen=_places(order, item.response or ()) if kind.is_choice else (),
        revision=item.revision,
        is_flagged=item.is_flagged,
    )


def _form(fields: dict[str, list[str]]) -> dict[str, str]:
    return {name: values[-1] for name, values in fields.items()}


def _places(order: list[int], indexes: Iterable[int]) -> tuple[int, ...]:
    wanted = set(indexes)
    return tuple(place for place, index in enumerate(order) if index in wanted)


def follow_start(client: FlaskClient, session: Session, started: TestResponse) -> AttemptClient:
    """The attempt that a start led to."""
    assert started.status_code == 303, started.status_code
    found = re.fullmatch(r"/attempts/(\d+)/1", started.location)
    assert found, started.location
    return AttemptClient(client, session, int(found[1]))


def start(client: FlaskClient, session: Session, mode: str = "test", module: str = "safety") -> AttemptClient:
    return follow_start(client, session, client.post(f"/modules/{module}/attempts", data={"mode": mode}))


def start_assigned(client: FlaskClient, session: Session, assignment_id: int) -> AttemptClient:
    return follow_start(client, session, client.post(f"/assignments/{assignment_id}/attempts"))


def get_hidden_field(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page) or re.search(
        rf'value="([^"]*)"[^>]*name="{name}"', page
    )
    assert found, f"no field {name}"
    return found[1]


def get_json(reply: TestResponse) -> Any:
    """The JSON of a reply."""
    return reply.get_json()


def mask_random(text: str) -> str:
    """A page without what is random in every page: form tokens, save ids and the id of the request."""
    text = re.sub(r'(class="error-id">)[0-9a-f]+', r"\1*", text)
    return re.sub(r'(name="(?:csrf_token|save_id)"[^>]*value=")[^"]*', r"\1*", text)


def delete_database(app: Flask) -> None:
    """Delete the database under a running app, as a careless hand does."""
    for file in app.config["PALPATE"].data.glob("palpate.sqlite3*"):
        file.unlink()
