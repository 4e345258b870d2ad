"""The last steps of an erasure, shared by pages and commands."""

from __future__ import annotations

from flask import current_app

from app.db import db, truncate_wal, vacuum
from app.web import mail


def finish_erasure(user_id: int, address: str, *, rewrites_database: bool = False) -> bool:
    """Commit an erasure, then remove traces outside the tables: the write-ahead log and mail files.

    ``rewrites_database`` rewrites the database file. Return whether the database files are free of the person's data;
    PostgreSQL cleans its files later by itself.
    """
    db.session.commit()
    try:
        return vacuum(db.engine) if rewrites_database else truncate_wal(db.engine)
    finally:
        mail.delete_mails(current_app.config["PALPATE"], user_id, address)
