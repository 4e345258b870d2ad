"""Writing an answer and its line in the log, with statements that are built once, because each answer runs them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Table, bindparam, insert, update
from sqlalchemy.orm import Session

from app.domain.kinds import Response
from app.domain.paper import PaperItem
from app.models import AnswerRevision, AttemptItem

_ITEMS, _ANSWERS = cast(Table, AttemptItem.__table__), cast(Table, AnswerRevision.__table__)
_UPDATE = update(_ITEMS).where(
    _ITEMS.c.attempt_id == bindparam("of_attempt_id"), _ITEMS.c.position == bindparam("of_position")
)
_SAVE = _UPDATE.values(
    {name: bindparam(name) for name in ("revision", "response", "certainty", "is_flagged", "saved_at")}
)
_FLAG = _UPDATE.values(is_flagged=bindparam("is_flagged"))
_LOG = insert(_ANSWERS)


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The answer columns of an item."""

    revision: int
    response: Response | None
    certainty: int | None
    is_flagged: bool
    saved_at: datetime


def write(session: Session, item: PaperItem, answer: StoredAnswer, save_id: str) -> None:
    """Replace the answer of an item and add it to the log."""
    current = {
        "revision": answer.revision,
        "response": answer.response,
        "certainty": answer.certainty,
        "is_flagged": answer.is_flagged,
        "saved_at": answer.saved_at,
    }
    of_item = {"attempt_id": item.attempt_id, "position": item.position}
    session.execute(_SAVE, current | {f"of_{name}": value for name, value in of_item.items()})
    logged = {name: current[name] for name in ("revision", "response", "certainty")}
    session.execute(_LOG, of_item | logged | {"save_id": save_id, "arrived_at": answer.saved_at})
    for name, value in current.items():
        setattr(item, name, value)


def flag(session: Session, item: PaperItem, *, is_flagged: bool) -> None:
    """Flag a question or take its flag away. The log has answers only."""
    of_item = {"of_attempt_id": item.attempt_id, "of_position": item.position}
    session.execute(_FLAG, of_item | {"is_flagged": is_flagged})
    item.is_flagged = is_flagged
