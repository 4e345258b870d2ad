"""The chores: regular work that one process among all servers does."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model
from app.models.columns import Str200, UtcDateTime


class ChoreRun(Model):
    """The latest run of a chore.

    While a process works on it, ``holder`` names that process, which keeps the chore until ``leased_until`` at most.
    ``finished_at`` is that of the latest run that came to its end or failed; it is null before the first, and if the
    latest run was interrupted because its process was stopped. ``error`` says why the latest run failed.
    """

    __tablename__ = "chore_run"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str | None] = mapped_column(String(100))
    leased_until: Mapped[UtcDateTime | None]
    started_at: Mapped[UtcDateTime | None]
    finished_at: Mapped[UtcDateTime | None]
    seconds: Mapped[float] = mapped_column(default=0.0)
    done: Mapped[int] = mapped_column(default=0)
    error: Mapped[Str200] = mapped_column(default="")
