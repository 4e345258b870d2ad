"""Who is in the demo's cohort, what their trainer set, and how it went for whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from app.domain.release import Policy, When

SEED = 2026
COHORT = "Physiotherapy, year 2"
ZONE = "Europe/Berlin"
ADMIN, TRAINER, SECOND_TRAINER = "Tomasz Zieliński", "Dr Ilse Brandt", "Marta Lindqvist"
INVITED_TRAINER = "Dr Rui Tavares"
MID_COURSE, NEW = "Amara Okafor", "Lina Haddad"


class Story(StrEnum):
    """How an assignment went for somebody. ``ORDINARY`` is left to their ability; the others see to it that every state occurs."""

    ORDINARY = "ordinary"
    PASSES = "passes"
    FAILS = "fails"
    PASSES_LATER = "passes at the second attempt"
    MISSES_CRITICAL = "all right but for a safety-critical question"
    LATE = "passes after the due date"
    RUNS_OUT = "runs out of time"
    UNDER_WAY = "under way"
    ABSENT = "never started"


class Manner(StrEnum):
    """How one attempt is taken."""

    ABLE = "as able"
    CAREFUL = "one slip"
    UNTAUGHT = "with what they bring along"
    POOR = "every third one wrong"
    CRITICAL = "the first critical one wrong"
    STOPS = "four answers, then a break"


MANNERS = {
    Story.ORDINARY: (Manner.ABLE, Manner.ABLE, Manner.ABLE),
    Story.PASSES: (Manner.CAREFUL,),
    Story.FAILS: (Manner.POOR,),
    Story.PASSES_LATER: (Manner.POOR, Manner.CAREFUL),
    Story.MISSES_CRITICAL: (Manner.CRITICAL,),
    Story.LATE: (Manner.CAREFUL,),
    Story.RUNS_OUT: (Manner.STOPS,),
    Story.UNDER_WAY: (Manner.STOPS,),
    Story.ABSENT: (),
}


@dataclass(frozen=True, slots=True)
class Work:
    """One assignment: set ``set_days`` before it is due, which is ``due_days`` from now.

    ``opens_days`` is from now as well. ``requires`` is the title of one that has to be passed first. ``has_pretest``: a test before it, from
    the day it is set until it opens. ``is_a_slip``: it was set by mistake, and withdrawn.
    """

    module: str
    title: str
    due_days: int
    attempts_allowed: int
    time_limit_minutes: int | None = None
    policy: Policy = field(default_factory=Policy)
    asks_certainty: bool = False
    set_days: int = 8
    opens_days: int | None = None
    lessons: tuple[str, ...] = ()
    lessons_first: bool = False
    requires: str | None = None
    has_pretest: bool = False
    is_a_slip: bool = False


FIRST, MAPPED, CRITICAL = "Trigger points: what is known", "Referred pain", "Safety before you treat"
WORKS = (
    Work("trigger-points", FIRST, -30, 3, asks_certainty=True, opens_days=-36, has_pretest=True),
    Work(
        "referred-pain",
        MAPPED,
        -16,
        2,
        20,
        Policy(key=When.LAST_ATTEMPT, correctness=When.LAST_ATTEMPT, explanation=When.LAST_ATTEMPT),
    ),
    Work("safety", CRITICAL, -4, 2, 15, asks_certainty=True),
    Work("treatment", "Treatment and self-care", 2, 2),
    Work(
        "referred-pain",
        "The body map, from head to foot",
        6,
        2,
        set_days=12,
        lessons=("head-and-face", "shoulder-to-foot"),
        lessons_first=True,
        requires=FIRST,
    ),
    Work("evidence", "Reading a study", 12, 2, set_days=13, opens_days=3, requires="Treatment and self-care"),
    Work("safety", "Safety before you treat (copy)", 3, 2, 15, set_days=9, is_a_slip=True),
)
PRETEST_PASS_MARK = 20
"""Before the teaching nobody has to know much."""

LAST_YEAR = Work("safety", CRITICAL, -330, 2, 15)


@dataclass(frozen=True, slots=True)
class Exempt:
    """What somebody was granted in one assignment, on which day from now, at what o'clock, and why; a later due date counts from everybody's.

    ``title`` is that of the assignment, or of the test before it.
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
    Exempt("Jiří Dvořák", MAPPED, -23, 9, "Extra time, agreed with the study office.", extra_time_percent=25),
    Exempt("Jiří Dvořák", CRITICAL, -11, 9, "Extra time, agreed with the study office.", extra_time_percent=25),
    Exempt(
        "Tomás Ó Súilleabháin",
        CRITICAL,
        -6,
        11,
        "In hospital that day; he takes it with the next group.",
        is_excused=True,
    ),
    Exempt("Dmytro Kovalenko", CRITICAL, -5, 14, "His flight home was cancelled.", later_days=3),
    Exempt("Priya Subramaniam", CRITICAL, -3, 16, "The fire alarm went off during her first attempt.", more_attempts=1),
    Exempt(NEW, f"{FIRST} (before)", -3, 9, BEFORE_JOINING, is_excused=True),
    Exempt(NEW, FIRST, -3, 9, TIME_TO_CATCH_UP, later_days=40),
    Exempt(NEW, MAPPED, -3, 9, TIME_TO_CATCH_UP, later_days=26),
    Exempt(NEW, CRITICAL, -3, 9, TIME_TO_CATCH_UP, later_days=14),
)


CAST: dict[str, tuple[Story, ...]] = {
    MID_COURSE: (Story.PASSES_LATER, Story.PASSES, Story.MISSES_CRITICAL, Story.UNDER_WAY),
    NEW: (),
    "Ana-Maria Ștefănescu": (),
    "Aoife Ní Bhriain": (Story.PASSES, Story.PASSES, Story.PASSES, Story.PASSES, Story.PASSES),
    "Ayşe Öztürk": (),
    "Bo Ek": (Story.FAILS, Story.ABSENT, Story.ABSENT, Story.ABSENT),
    "Chloé Lefèvre": (),
    "Dmytro Kovalenko": (Story.LATE, Story.ORDINARY, Story.LATE, Story.ABSENT),
    "Elif Yıldız": (),
    "Fatoumata Diallo": (Story.PASSES, Story.PASSES_LATER, Story.PASSES, Story.ORDINARY),
    "Hedvig Åkerström": (),
    "Jiří Dvořák": (Story.PASSES, Story.RUNS_OUT, Story.ORDINARY, Story.UNDER_WAY),
    "João Pedro Gonçalves": (),
    "Karol Wójcik": (Story.PASSES, Story.ABSENT, Story.ABSENT, Story.ABSENT),
    "Kateřina Nováková": (),
    "Li Wei": (Story.PASSES, Story.PASSES, Story.PASSES, Story.ORDINARY, Story.PASSES),
    "María José Fernández de la Vega y Castellanos": (),
    "Maximilian-Alexander von Hohenstein-Wittgenstein": (Story.PASSES, Story.FAILS, Story.RUNS_OUT, Story.ABSENT),
    "Mei-Ling Chow": (),
    "Mohammed Al-Rashid": (),
    "Ngozi Eze": (Story.PASSES, Story.LATE, Story.PASSES, Story.ABSENT),
    "Nguyễn Thị Minh Anh": (),
    "Oluwaseun Adebayo-Williams": (),
    "Priya Subramaniam": (Story.PASSES_LATER, Story.PASSES, Story.MISSES_CRITICAL, Story.PASSES),
    "Siobhán Murphy": (),
    "Søren Kjærgaard": (),
    "Tomás Ó Súilleabháin": (Story.PASSES_LATER, Story.FAILS, Story.ABSENT, Story.ABSENT),
    "Þórdís Guðmundsdóttir": (),
    "Venkatanarasimharajuvaripeta Lakshminarayanan": (),
    "Wanjiru Mwangi": (Story.PASSES_LATER, Story.ORDINARY, Story.LATE, Story.UNDER_WAY),
    "Yūki Tanaka": (),
}
"""How each assignment went for whom; whom nothing is told of goes their own way."""

LEAVES = "Karol Wójcik"
"""Goes to another course after the first assignment, and is removed."""

OF_LAST_YEAR = (
    "Beatriz Moreira",
    "Dagný Jónsdóttir",
    "Finn Petersen",
    "Ifeoma Okeke",
    "Radu Ionescu",
    "Sunniva Haugen",
    "Zofia Kamińska",
)
INVITED = "Name;E-mail\nEmeka Nwosu;emeka.nwosu@example.org\nHanna Virtanen;hanna.virtanen@example.org"
"""Two who come late, as the office's list has them."""
