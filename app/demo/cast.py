"""The demo's cast: members of the cohort, assignments, exceptions, and each learner's story in each assignment."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from app.domain.release import ReleaseMoment, ReleasePolicy

SEED = 2026
COHORT = "Physiotherapy, year 2"
ZONE = "Europe/Berlin"
ADMIN, TRAINER, SECOND_TRAINER = "Tomasz Zieliński", "Dr Ilse Brandt", "Marta Lindqvist"
INVITED_TRAINER = "Dr Rui Tavares"
MID_COURSE, NEW = "Amara Okafor", "Lina Haddad"


class AssignmentStory(StrEnum):
    """How an assignment goes for a learner.

    ``ORDINARY`` depends on their ability; the others make sure that each state occurs.
    """

    ORDINARY = "ordinary"
    PASSES = "passes"
    FAILS = "fails"
    PASSES_LATER = "passes at the second attempt"
    MISSES_CRITICAL = "all right but for a safety-critical question"
    LATE = "passes after the due date"
    RUNS_OUT = "runs out of time"
    UNDER_WAY = "under way"
    ABSENT = "never started"


class AttemptManner(StrEnum):
    """How a learner answers in one attempt."""

    ABLE = "as able"
    CAREFUL = "one slip"
    UNTAUGHT = "with what they bring along"
    POOR = "every third one wrong"
    CRITICAL = "the first critical one wrong"
    STOPS = "four answers, then a break"


MANNERS_BY_STORY = {
    AssignmentStory.ORDINARY: (AttemptManner.ABLE, AttemptManner.ABLE, AttemptManner.ABLE),
    AssignmentStory.PASSES: (AttemptManner.CAREFUL,),
    AssignmentStory.FAILS: (AttemptManner.POOR,),
    AssignmentStory.PASSES_LATER: (AttemptManner.POOR, AttemptManner.CAREFUL),
    AssignmentStory.MISSES_CRITICAL: (AttemptManner.CRITICAL,),
    AssignmentStory.LATE: (AttemptManner.CAREFUL,),
    AssignmentStory.RUNS_OUT: (AttemptManner.STOPS,),
    AssignmentStory.UNDER_WAY: (AttemptManner.STOPS,),
    AssignmentStory.ABSENT: (),
}


@dataclass(frozen=True, slots=True)
class DemoAssignment:
    """An assignment that is due ``due_days`` from now and was set ``set_days`` before that.

    ``opens_days`` also counts from now. ``requires`` is the title of an assignment that must be passed first. A
    pre-test runs from the day it is set until the assignment opens. ``is_a_slip`` marks an assignment that was set by
    mistake and withdrawn.
    """

    module: str
    title: str
    due_days: int
    attempts_allowed: int
    time_limit_minutes: int | None = None
    policy: ReleasePolicy = field(default_factory=ReleasePolicy)
    asks_certainty: bool = False
    set_days: int = 8
    opens_days: int | None = None
    lessons: tuple[str, ...] = ()
    lessons_first: bool = False
    requires: str | None = None
    has_pretest: bool = False
    is_a_slip: bool = False


FIRST, MAPPED, CRITICAL = "Trigger points: what is known", "Referred pain", "Safety before you treat"
ASSIGNMENTS = (
    DemoAssignment("trigger-points", FIRST, -30, 3, asks_certainty=True, opens_days=-36, has_pretest=True),
    DemoAssignment(
        "referred-pain",
        MAPPED,
        -16,
        2,
        20,
        ReleasePolicy(
            key=ReleaseMoment.LAST_ATTEMPT,
            correctness=ReleaseMoment.LAST_ATTEMPT,
            explanation=ReleaseMoment.LAST_ATTEMPT,
        ),
    ),
    DemoAssignment("safety", CRITICAL, -4, 2, 15, asks_certainty=True),
    DemoAssignment("treatment", "Treatment and self-care", 2, 2),
    DemoAssignment(
        "referred-pain",
        "The body map, from head to foot",
        6,
        2,
        set_days=12,
        lessons=("head-and-face", "shoulder-to-foot"),
        lessons_first=True,
        requires=FIRST,
    ),
    DemoAssignment("evidence", "Reading a study", 12, 2, set_days=13, opens_days=3, requires="Treatment and self-care"),
    DemoAssignment("safety", "Safety before you treat (copy)", 3, 2, 15, set_days=9, is_a_slip=True),
)
PRETEST_PASS_MARK = 20
"""Per cent; low, because learners know little before the lessons."""

LAST_YEAR_ASSIGNMENT = DemoAssignment("safety", CRITICAL, -330, 2, 15)


@dataclass(frozen=True, slots=True)
class DemoException:
    """An exception for one learner in the assignment or pre-test with this title.

    It was granted ``days`` from now, at ``hour`` o'clock. ``later_days`` counts from the common due date.
    """

    name: str
    title: str
    days: int
    hour: int
    note: str
    extra_time_percent: int = 0
    later_days: int = 0
    more_attempts: int = 0
    is_excused: bool = False


BEFORE_JOINING = "Joined in the sixth week, after this test."
TIME_TO_CATCH_UP = "Joined in the sixth week, and has ten more days to catch up."
EXCEPTIONS = (
    DemoException("Jiří Dvořák", MAPPED, -23, 9, "Extra time, agreed with the study office.", extra_time_percent=25),
    DemoException("Jiří Dvořák", CRITICAL, -11, 9, "Extra time, agreed with the study office.", extra_time_percent=25),
    DemoException(
        "Tomás Ó Súilleabháin",
        CRITICAL,
        -6,
        11,
        "In hospital that day; he takes it with the next group.",
        is_excused=True,
    ),
    DemoException("Dmytro Kovalenko", CRITICAL, -5, 14, "His flight home was cancelled.", later_days=3),
    DemoException(
        "Priya Subramaniam", CRITICAL, -3, 16, "The fire alarm went off during her first attempt.", more_attempts=1
    ),
    DemoException(NEW, f"{FIRST} (before)", -3, 9, BEFORE_JOINING, is_excused=True),
    DemoException(NEW, FIRST, -3, 9, TIME_TO_CATCH_UP, later_days=40),
    DemoException(NEW, MAPPED, -3, 9, TIME_TO_CATCH_UP, later_days=26),
    DemoException(NEW, CRITICAL, -3, 9, TIME_TO_CATCH_UP, later_days=14),
)


STORIES: dict[str, tuple[AssignmentStory, ...]] = {
    MID_COURSE: (
        AssignmentStory.PASSES_LATER,
        AssignmentStory.PASSES,
        AssignmentStory.MISSES_CRITICAL,
        AssignmentStory.UNDER_WAY,
    ),
    NEW: (),
    "Ana-Maria Ștefănescu": (),
    "Aoife Ní Bhriain": (
        AssignmentStory.PASSES,
        AssignmentStory.PASSES,
        AssignmentStory.PASSES,
        AssignmentStory.PASSES,
        AssignmentStory.PASSES,
    ),
    "Ayşe Öztürk": (),
    "Bo Ek": (AssignmentStory.FAILS, AssignmentStory.ABSENT, AssignmentStory.ABSENT, AssignmentStory.ABSENT),
    "Chloé Lefèvre": (),
    "Dmytro Kovalenko": (AssignmentStory.LATE, AssignmentStory.ORDINARY, AssignmentStory.LATE, AssignmentStory.ABSENT),
    "Elif Yıldız": (),
    "Fatoumata Diallo": (
        AssignmentStory.PASSES,
        AssignmentStory.PASSES_LATER,
        AssignmentStory.PASSES,
        AssignmentStory.ORDINARY,
    ),
    "Hedvig Åkerström": (),
    "Jiří Dvořák": (
        AssignmentStory.PASSES,
        AssignmentStory.RUNS_OUT,
        AssignmentStory.ORDINARY,
        AssignmentStory.UNDER_WAY,
    ),
    "João Pedro Gonçalves": (),
    "Karol Wójcik": (AssignmentStory.PASSES, AssignmentStory.ABSENT, AssignmentStory.ABSENT, AssignmentStory.ABSENT),
    "Kateřina Nováková": (),
    "Li Wei": (
        AssignmentStory.PASSES,
        AssignmentStory.PASSES,
        AssignmentStory.PASSES,
        AssignmentStory.ORDINARY,
        AssignmentStory.PASSES,
    ),
    "María José Fernández de la Vega y Castellanos": (),
    "Maximilian-Alexander von Hohenstein-Wittgenstein": (
        AssignmentStory.PASSES,
        AssignmentStory.FAILS,
        AssignmentStory.RUNS_OUT,
        AssignmentStory.ABSENT,
    ),
    "Mei-Ling Chow": (),
    "Mohammed Al-Rashid": (),
    "Ngozi Eze": (AssignmentStory.PASSES, AssignmentStory.LATE, AssignmentStory.PASSES, AssignmentStory.ABSENT),
    "Nguyễn Thị Minh Anh": (),
    "Oluwaseun Adebayo-Williams": (),
    "Priya Subramaniam": (
        AssignmentStory.PASSES_LATER,
        AssignmentStory.PASSES,
        AssignmentStory.MISSES_CRITICAL,
        AssignmentStory.PASSES,
    ),
    "Siobhán Murphy": (),
    "Søren Kjærgaard": (),
    "Tomás Ó Súilleabháin": (
        AssignmentStory.PASSES_LATER,
        AssignmentStory.FAILS,
        AssignmentStory.ABSENT,
        AssignmentStory.ABSENT,
    ),
    "Þórdís Guðmundsdóttir": (),
    "Venkatanarasimharajuvaripeta Lakshminarayanan": (),
    "Wanjiru Mwangi": (
        AssignmentStory.PASSES_LATER,
        AssignmentStory.ORDINARY,
        AssignmentStory.LATE,
        AssignmentStory.UNDER_WAY,
    ),
    "Yūki Tanaka": (),
}
"""Stories of each learner in the order of the assignments. A learner without stories gets random ones."""

LEAVER = "Karol Wójcik"
"""Changes to another course after the first assignment and is removed."""

LAST_YEAR_LEARNERS = (
    "Beatriz Moreira",
    "Dagný Jónsdóttir",
    "Finn Petersen",
    "Ifeoma Okeke",
    "Radu Ionescu",
    "Sunniva Haugen",
    "Zofia Kamińska",
)
INVITED_ROSTER = "Name;E-mail\nEmeka Nwosu;emeka.nwosu@example.org\nHanna Virtanen;hanna.virtanen@example.org"
"""Two late joiners, as listed by the study office."""
