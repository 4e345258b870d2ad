"""The tables, by family. Importing this package registers all of them."""

from app.models.assignment import Assignment, AssignmentException
from app.models.attempt import Answer, Attempt, AttemptItem, Mark, MarkChange, Standing
from app.models.audit import AuditEvent
from app.models.catalogue import (
    LessonRow,
    ModuleRow,
    MuscleRow,
    ObjectiveRow,
    Publication,
    QuestionKey,
    QuestionRow,
    QuestionVersion,
    SourceRow,
    ZoneRow,
)
from app.models.cohort import Cohort, CohortTrainer, Membership
from app.models.once import HandledForm
from app.models.progress import LessonProgress
from app.models.report import QuestionReport
from app.models.user import Invitation, Learner, Role, SignIn, User

__all__ = [
    "Answer",
    "Assignment",
    "AssignmentException",
    "Attempt",
    "AttemptItem",
    "AuditEvent",
    "Cohort",
    "CohortTrainer",
    "HandledForm",
    "Invitation",
    "Learner",
    "LessonProgress",
    "LessonRow",
    "Mark",
    "MarkChange",
    "Membership",
    "ModuleRow",
    "MuscleRow",
    "ObjectiveRow",
    "Publication",
    "QuestionKey",
    "QuestionReport",
    "QuestionRow",
    "QuestionVersion",
    "Role",
    "SignIn",
    "SourceRow",
    "Standing",
    "User",
    "ZoneRow",
]
