"""The tables, by family. Importing this package registers all of them."""

from app.models.assignment import (
    Assignment,
    AssignmentException,
    AssignmentLesson,
    AssignmentRecipient,
    Prerequisite,
    Reminder,
)
from app.models.attempt import Answer, Attempt, AttemptItem, Correction, Mark, MarkChange, Standing
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
from app.models.cohort import Cohort, CohortTrainer, Membership, Roster
from app.models.once import HandledForm
from app.models.progress import LessonProgress
from app.models.report import QuestionReport
from app.models.user import Invitation, Learner, Role, SignIn, User

__all__ = [
    "Answer",
    "Assignment",
    "AssignmentException",
    "AssignmentLesson",
    "AssignmentRecipient",
    "Attempt",
    "AttemptItem",
    "AuditEvent",
    "Cohort",
    "CohortTrainer",
    "Correction",
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
    "Prerequisite",
    "Publication",
    "QuestionKey",
    "QuestionReport",
    "QuestionRow",
    "QuestionVersion",
    "Reminder",
    "Role",
    "Roster",
    "SignIn",
    "SourceRow",
    "Standing",
    "User",
    "ZoneRow",
]
