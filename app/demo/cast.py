"""Who is in the demo's cohort, what their trainer set, and how it went for whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from app.domain.release import Policy, When

COHORT = "Physiotherapy, year 2"
ZONE = "Europe/Berlin"
ADMIN, TRAINER = "Tomasz Zieliński", "Dr Ilse Brandt"
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
    POOR = "every other one wrong"
    CRITICAL = "the first critical one wrong"
    STOPS = "four answers, then a break"


MANNERS = {
    Story.ORDINARY: (Manner.ABLE, Manner.ABLE),
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
    """One assignment: set a week before it is due, ``due_days`` from now."""

    module: str
    title: str
    due_days: int
    attempts_allowed: int
    time_limit_minutes: int | None
    policy: Policy = field(default_factory=Policy)
    asks_certainty: bool = False


WORKS = (
    Work("trigger-points", "Trigger points: what is known", -30, 3, None),
    Work(
        "referred-pain",
        "Referred pain",
        -16,
        2,
        20,
        Policy(key=When.LAST_ATTEMPT, correctness=When.LAST_ATTEMPT, explanation=When.LAST_ATTEMPT),
    ),
    Work("safety", "Safety before you treat", -4, 2, 15, asks_certainty=True),
    Work("treatment", "Treatment and self-care", 2, 2, None),
)

CAST: dict[str, tuple[Story, ...]] = {
    MID_COURSE: (Story.PASSES_LATER, Story.PASSES, Story.MISSES_CRITICAL, Story.UNDER_WAY),
    NEW: (Story.ABSENT, Story.ABSENT, Story.ABSENT, Story.ABSENT),
    "Ana-Maria Ștefănescu": (),
    "Aoife Ní Bhriain": (Story.PASSES, Story.PASSES, Story.PASSES, Story.PASSES),
    "Ayşe Öztürk": (),
    "Bo Ek": (Story.FAILS, Story.ABSENT, Story.ABSENT, Story.ABSENT),
    "Chloé Lefèvre": (),
    "Dmytro Kovalenko": (Story.LATE, Story.ORDINARY, Story.LATE, Story.ABSENT),
    "Elif Yıldız": (),
    "Fatoumata Diallo": (Story.PASSES, Story.PASSES_LATER, Story.MISSES_CRITICAL, Story.ORDINARY),
    "Hedvig Åkerström": (),
    "Jiří Dvořák": (Story.ORDINARY, Story.RUNS_OUT, Story.ORDINARY, Story.UNDER_WAY),
    "João Pedro Gonçalves": (),
    "Kateřina Nováková": (),
    "Li Wei": (Story.PASSES, Story.PASSES, Story.PASSES, Story.ORDINARY),
    "María José Fernández de la Vega y Castellanos": (),
    "Maximilian-Alexander von Hohenstein-Wittgenstein": (Story.ORDINARY, Story.FAILS, Story.RUNS_OUT, Story.ABSENT),
    "Mei-Ling Chow": (),
    "Mohammed Al-Rashid": (),
    "Ngozi Eze": (Story.PASSES, Story.LATE, Story.PASSES, Story.ABSENT),
    "Nguyễn Thị Minh Anh": (),
    "Oluwaseun Adebayo-Williams": (),
    "Priya Subramaniam": (Story.PASSES_LATER, Story.PASSES, Story.MISSES_CRITICAL, Story.PASSES),
    "Siobhán Murphy": (),
    "Søren Kjærgaard": (),
    "Tomás Ó Súilleabháin": (Story.ORDINARY, Story.FAILS, Story.ABSENT, Story.ABSENT),
    "Þórdís Guðmundsdóttir": (),
    "Venkatanarasimharajuvaripeta Lakshminarayanan": (),
    "Wanjiru Mwangi": (Story.ORDINARY, Story.ORDINARY, Story.LATE, Story.UNDER_WAY),
    "Yūki Tanaka": (),
}
SLOW_READER = "Jiří Dvořák"
