"""Statistics by which the database plans its queries."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

SAMPLED_ROWS = 1000
"""How many rows of each index SQLite reads: enough to rank its indexes, and bounded for large tables."""


def update_statistics(session: Session) -> None:
    """Update the statistics of all tables."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text(f"PRAGMA analysis_limit={SAMPLED_ROWS}"))
    session.execute(text("ANALYZE"))
