"""Words for the level and the use of a question."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.domain.content import Level, Use

LEVEL_LABELS = {
    Level.RECALL: _l("Recall"),
    Level.APPLY: _l("Application"),
    Level.REASON: _l("Reasoning"),
}
USE_LABELS = {
    Use.PRACTICE: _l("Practice and lessons"),
    Use.TEST: _l("Tests only"),
    Use.EXAM: _l("Exams only"),
}
