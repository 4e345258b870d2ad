"""Reading the questions of an attempt's paper, with the current answers, as rows."""

from __future__ import annotations

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.domain.paper import PaperItem
from app.models import AttemptItem

AnyItem = AttemptItem | PaperItem

COLUMNS = (
    AttemptItem.attempt_id,
    AttemptItem.position,
    AttemptItem.version_id,
    AttemptItem.option_order,
    AttemptItem.revision,
    AttemptItem.response,
    AttemptItem.certainty,
    AttemptItem.is_flagged,
    AttemptItem.saved_at,
    AttemptItem.section,
)
"""The columns of a :class:`PaperItem`, in the order of its fields."""

_ITEMS = select(*COLUMNS).where(AttemptItem.attempt_id == bindparam("attempt_id")).order_by(AttemptItem.position)


def list_items(session: Session, attempt_id: int) -> list[PaperItem]:
    return [PaperItem(*row) for row in session.execute(_ITEMS, {"attempt_id": attempt_id})]
