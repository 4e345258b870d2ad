"""Handled forms, stored so that posting a form twice has only one effect."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model
from app.models.columns import UtcDateTime


class SubmittedForm(Model):
    """A handled form, by the random id that its page contains."""

    __tablename__ = "submitted_form"

    form_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    submitted_at: Mapped[UtcDateTime] = mapped_column(index=True)
