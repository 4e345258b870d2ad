"""The tables, by family. Importing this package registers them all."""

from app.models.assignment import (
    Assignment,
    AssignmentException,
    AssignmentLesson,
    AssignmentRecipient,
    Prerequisite,
    Reminder,
)
from app.models.attempt import (
    AnswerRevision,
    Attempt,
    AttemptItem,
    Correction,
    Mark,
    MarkChange,
    Regrading,
    ScopeResult,
)
from app.models.audit import AuditEvent
from app.models.catalogue import (
    LessonRow,
    ModuleRow,
    MuscleRow,
    ObjectiveRow,
    PictureRow,
    Publication,
    QuestionKey,
    QuestionRow,
    QuestionVersion,
    SourceRow,
    ZoneRow,
)
from app.models.certificate import Certificate
from app.models.chore import ChoreRun
from app.models.cohort import Cohort, CohortTrainer, Membership, Roster
from app.models.composed_test import ComposedTest, DrawRow, SectionRow
from app.models.cpd import CpdEntry, CpdReflection
from app.models.learner_note import LearnerNote
from app.models.library import (
    BankUpload,
    DocumentChange,
    DocumentVersion,
    Library,
    LibraryDocument,
    LibraryInvitation,
    LibraryPerson,
    LibraryRole,
)
from app.models.marking import MarkingRow
from app.models.message import MailState, Message, MessageRecipient
from app.models.notification import Digest, NotificationSetting
from app.models.outbox import OutboxMail, OutboxState
from app.models.progress import LessonProgress
from app.models.reopening import AttemptReopening, WithdrawnMark
from app.models.report import QuestionReport
from app.models.review import CardUpdate, MemoryCard, ReviewPlan
from app.models.submitted_form import SubmittedForm
from app.models.user import Invitation, Learner, Role, SignIn, User

__all__ = [
    "AnswerRevision",
    "Assignment",
    "AssignmentException",
    "AssignmentLesson",
    "AssignmentRecipient",
    "Attempt",
    "AttemptItem",
    "AttemptReopening",
    "AuditEvent",
    "BankUpload",
    "CardUpdate",
    "Certificate",
    "ChoreRun",
    "Cohort",
    "CohortTrainer",
    "ComposedTest",
    "Correction",
    "CpdEntry",
    "CpdReflection",
    "Digest",
    "DocumentChange",
    "DocumentVersion",
    "DrawRow",
    "Invitation",
    "Learner",
    "LearnerNote",
    "LessonProgress",
    "LessonRow",
    "Library",
    "LibraryDocument",
    "LibraryInvitation",
    "LibraryPerson",
    "LibraryRole",
    "MailState",
    "Mark",
    "MarkChange",
    "MarkingRow",
    "Membership",
    "MemoryCard",
    "Message",
    "MessageRecipient",
    "ModuleRow",
    "MuscleRow",
    "NotificationSetting",
    "ObjectiveRow",
    "OutboxMail",
    "OutboxState",
    "PictureRow",
    "Prerequisite",
    "Publication",
    "QuestionKey",
    "QuestionReport",
    "QuestionRow",
    "QuestionVersion",
    "Regrading",
    "Reminder",
    "ReviewPlan",
    "Role",
    "Roster",
    "ScopeResult",
    "SectionRow",
    "SignIn",
    "SourceRow",
    "SubmittedForm",
    "User",
    "WithdrawnMark",
    "ZoneRow",
]
