"""What learners and visitors see: the course, lessons, quizzes, results and progress."""

from flask import Blueprint

blueprint = Blueprint("learn", __name__)

from app.learn import attempts, body_map, calendar, course, lessons, reports  # noqa: E402, F401  the views register themselves
