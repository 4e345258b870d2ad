"""The page on which a document is opened: that of its questions or form, or that of its text."""

from __future__ import annotations

import re

from flask import url_for

from app.studio import blueprint

SOURCES = "sources.yaml"
"""The path of the bibliography."""
_MODULE_PATH = re.compile(r"[0-9]+-[a-z0-9-]+/module\.yaml")
_LESSON_PATH = re.compile(r"[0-9]+-[a-z0-9-]+/lessons/[^/]+\.md")
_QUESTIONS_PATH = re.compile(r"[0-9]+-[a-z0-9-]+/questions/[^/]+\.yaml")


def is_question_document(path: str) -> bool:
    """Return whether questions belong at a path."""
    return _QUESTIONS_PATH.fullmatch(path) is not None


def is_module_document(path: str) -> bool:
    """Return whether the head of a module belongs at a path."""
    return _MODULE_PATH.fullmatch(path) is not None


def is_lesson_document(path: str) -> bool:
    """Return whether a lesson belongs at a path."""
    return _LESSON_PATH.fullmatch(path) is not None


def has_form(path: str) -> bool:
    """Return whether a document at a path can be edited in forms, and not only as text."""
    return is_question_document(path) or is_module_document(path) or is_lesson_document(path) or path == SOURCES


@blueprint.app_template_global("locate_document")
def locate_document(slug: str, path: str) -> str:
    """Return the address of the page that opens a document."""
    endpoint = "studio.edit_document"
    if is_question_document(path):
        endpoint = "studio.list_questions"
    elif is_module_document(path):
        endpoint = "studio.edit_module"
    elif path == SOURCES:
        return url_for("studio.list_sources", slug=slug)
    elif is_lesson_document(path):
        endpoint = "studio.edit_lesson"
    return url_for(endpoint, slug=slug, path=path)
