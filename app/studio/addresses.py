"""The page on which a document is opened: that of its questions, or that of its text."""

from __future__ import annotations

import re

from flask import url_for

from app.studio import blueprint

_QUESTIONS_PATH = re.compile(r"[0-9]+-[a-z0-9-]+/questions/[^/]+\.yaml")


def is_question_document(path: str) -> bool:
    """Return whether questions belong at a path."""
    return _QUESTIONS_PATH.fullmatch(path) is not None


@blueprint.app_template_global("locate_document")
def locate_document(slug: str, path: str) -> str:
    """Return the address of the page that opens a document."""
    endpoint = "studio.list_questions" if is_question_document(path) else "studio.edit_document"
    return url_for(endpoint, slug=slug, path=path)
