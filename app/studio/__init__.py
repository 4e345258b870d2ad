"""The studio: libraries, their documents and their people."""

from flask import Blueprint

blueprint = Blueprint("studio", __name__, url_prefix="/studio")

from app.studio import (  # noqa: E402
    addresses,  # noqa: F401
    archives,  # noqa: F401
    documents,  # noqa: F401
    exports,  # noqa: F401
    figures,  # noqa: F401
    history,  # noqa: F401
    imports,  # noqa: F401
    lesson_forms,  # noqa: F401
    lessons,  # noqa: F401
    libraries,  # noqa: F401
    module_forms,  # noqa: F401
    modules,  # noqa: F401
    people,  # noqa: F401
    publication,  # noqa: F401
    question_forms,  # noqa: F401
    question_selection,  # noqa: F401
    questions,  # noqa: F401
    source_forms,  # noqa: F401
    sources,  # noqa: F401
)
