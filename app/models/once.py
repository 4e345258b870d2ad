"""Forms that make something, remembered so that posting one twice makes one thing."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model
from app.models.columns import Moment


class HandledForm(Model):
    """A form that was handled, by the random id that was made with its page."""

    __tablename__ = "handled_form"

    form_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    handled_at: Mapped[Moment] = mapped_column(index=True)
