"""Messages after an action on other people, with a button that undoes it."""

from __future__ import annotations

from flask import flash


def flash_with_undo(message: str, path: str, label: str, /, **fields: object) -> None:
    """Show ``message`` on the next page with a button that posts ``fields`` to ``path``."""
    undo = {"path": path, "label": label, "fields": {name: str(value) for name, value in fields.items()}}
    flash({"message": message, "undo": undo}, "undo")  # type: ignore[arg-type]
