"""The names of the fields of questions, as forms show them."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

LABELS = {
    "accept": _l("Accepted answers"),
    "answer": _l("Answer"),
    "blueprint": _l("What the test draws"),
    "certainty": _l("Ask how sure learners are"),
    "minutes": _l("Minutes"),
    "objectives": _l("Objectives"),
    "pass_mark": _l("Pass mark"),
    "points": _l("Points"),
    "practice": _l("Practice"),
    "questions": _l("Number of questions"),
    "read": _l("Lesson to read"),
    "summary": _l("Summary"),
    "title": _l("Title"),
    "asks": _l("What the step asks"),
    "correct": _l("This is right"),
    "critical": _l("Safety-critical"),
    "exact": _l("What has to be exact"),
    "explanation": _l("Explanation"),
    "extra": _l("Further right sides"),
    "facts": _l("Facts"),
    "harm": _l("What it would have done"),
    "harmful": _l("This is harmful"),
    "hook": _l("What it is for"),
    "id": _l("Id"),
    "left": _l("Left side"),
    "level": _l("Level"),
    "map": _l("Body map"),
    "model": _l("Model answer"),
    "muscle": _l("Muscle that is asked for"),
    "near": _l("Nearly right"),
    "next": _l("Next step"),
    "objective": _l("Objective"),
    "options": _l("Options"),
    "order": _l("Order of the options"),
    "otherwise": _l("Why any other answer is wrong"),
    "pain": _l("Muscle whose pain is shaded"),
    "pairs": _l("Pairs"),
    "picture": _l("Picture"),
    "region": _l("Region of the picture"),
    "right": _l("Right side"),
    "rubric": _l("Criteria"),
    "share": _l("Share of the point"),
    "shows": _l("What is found"),
    "sources": _l("Sources"),
    "stem": _l("Question"),
    "steps": _l("Steps"),
    "test": _l("Test"),
    "text": _l("Text"),
    "then": _l("What follows"),
    "tolerance": _l("Tolerance"),
    "typo": _l("Allow a typing error"),
    "unit": _l("Unit"),
    "use": _l("Use"),
    "value": _l("Right number"),
    "views": _l("Views"),
    "vignette": _l("Case before the question"),
    "why": _l("Reason"),
    "words": _l("Most words"),
}


ROW_LABELS = {
    "options": _l("Option %(number)s"),
    "objectives": _l("Objective %(number)s"),
    "blueprint": _l("Draw %(number)s"),
    "rubric": _l("Criterion %(number)s"),
    "pairs": _l("Pair %(number)s"),
    "steps": _l("Step %(number)s"),
    "accept": _l("Answer %(number)s"),
    "sources": _l("Source %(number)s"),
    "facts": _l("Fact %(number)s"),
    "extra": _l("Further right side %(number)s"),
}


def describe_row(field: str, place: int) -> str:
    """Return the name of a row of a list. ``place`` counts from 1."""
    return str(ROW_LABELS.get(field, _l("Entry %(number)s"))) % {"number": place}
