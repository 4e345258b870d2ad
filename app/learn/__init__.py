"""Pages for learners and visitors: the course, lessons, quizzes, results and progress."""

from flask import Blueprint

blueprint = Blueprint("learn", __name__)

# Importing these modules registers their views.
from app.learn import (  # noqa: E402, F401
    attempts,
    badges,
    body_map,
    calendar,
    certificates,
    course,
    cpd,
    leaflets,
    lessons,
    messages,
    notes,
    offline,
    pictures,
    progress,
    reference,
    reports,
    reviews,
    searching,
    starting,
    transcript,
    wording,
)
