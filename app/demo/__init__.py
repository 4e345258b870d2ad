"""Fill a database with a realistic demo cohort: weeks of lessons, practice and tests with typical mistakes.

Like the pages, the demo calls the services and passes ``now``. Abilities, difficulties and plausible wrong options are
drawn from a fixed seed; the questions of an attempt are drawn at its start, as for any learner.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sqlalchemy.orm import Session

from app.demo.cast import (
    ADMIN,
    ASSIGNMENTS,
    COHORT,
    INVITED_TRAINER,
    LAST_YEAR_ASSIGNMENT,
    LAST_YEAR_LEARNERS,
    LEAVER,
    MID_COURSE,
    NEW,
    SECOND_TRAINER,
    SEED,
    STORIES,
    TRAINER,
    ZONE,
)
from app.demo.student import DemoLearner, PublishedCourse, Student, skip_night
from app.demo.trainer import DemoCohort, Trainer
from app.domain import wall_clock
from app.models import Cohort, Role, User
from app.permissions import Viewer
from app.services.cohorts import accepting, cohorts, invitations, trainers
from app.services.marking import submission
from app.services.people import sign_ins, users
from app.web.address_key import get_address_key

DURATION = timedelta(weeks=6)
"""The length of the history of this year's cohort."""

LAST_YEAR_START = timedelta(weeks=53)
"""How long ago the school started with Palpate, a week before last year's cohort."""


class OccupiedError(Exception):
    """The database contains accounts that are not the demo's."""


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account to advertise, with the password generated for this installation."""

    email: str
    password: str
    role: Role

    def __str__(self) -> str:
        return f"{self.email} {self.password} {self.role}"


def fill(session: Session, now: datetime, hash_password: Callable[[str], str]) -> list[DemoAccount] | None:
    """Fill an empty database; return the accounts to advertise, or None if it was filled before.

    :raise OccupiedError: the database contains other accounts.
    """
    if users.get_by_email(session, _make_address(TRAINER)) is not None:
        return None
    if users.has_any(session):
        raise OccupiedError
    passwords = {name: _make_password() for name in (ADMIN, TRAINER, MID_COURSE, NEW)}
    demo = _Demo(session, now, hash_password, passwords)
    trainer = demo.staff(now - LAST_YEAR_START)
    demo.last_year(trainer)
    demo.this_year(trainer)
    while submission.close_expired(session, now):
        pass
    roles = (Role.ADMIN, Role.TRAINER, Role.LEARNER, Role.LEARNER)
    return [
        DemoAccount(_make_address(name), passwords[name], role) for name, role in zip(passwords, roles, strict=True)
    ]


def _make_address(name: str) -> str:
    """Return the name in ASCII letters, without title, at a reserved domain (RFC 2606)."""
    plain = name.removeprefix("Dr ").lower()
    for letter, written in {"ł": "l", "ø": "o", "æ": "ae", "ð": "d", "þ": "th", "ı": "i"}.items():
        plain = plain.replace(letter, written)
    letters = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return f"{'.'.join(re.findall('[a-z]+', letters))}@example.org"


def _make_password() -> str:
    """Draw about 59 random bits in three groups, without letters that look like digits."""
    letters = "abcdefghjkmnpqrstvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(3))


class _Demo:
    def __init__(
        self, session: Session, now: datetime, hash_password: Callable[[str], str], passwords: dict[str, str]
    ) -> None:
        self.session, self.now, self.hash_password, self.passwords = session, now, hash_password, passwords
        self.course = PublishedCourse(session)

    # -- staff ---------------------------------------------------------------------------------------------------------

    def staff(self, began: datetime) -> User:
        """Create the administrator and the trainer, and leave another trainer's invitation open; return the trainer."""
        first = invitations.create_first(self.session, began)
        admin = self._arrive(ADMIN, first.token, began + timedelta(minutes=4))
        at = began + timedelta(minutes=9)
        invited = invitations.create(self.session, admin, Role.TRAINER, at, name=TRAINER)
        trainer = self._arrive(TRAINER, invited.token, began + timedelta(hours=2))
        invitations.create(self.session, admin, Role.TRAINER, self.now - timedelta(days=1), name=INVITED_TRAINER)
        return trainer

    def _arrive(self, name: str, token: str, at: datetime) -> User:
        """Create an account from an invitation."""
        invitation = invitations.get_by_token(self.session, token)
        assert invitation is not None
        return accepting.accept(
            self.session,
            invitation,
            name=name,
            email=_make_address(name),
            password_hash=self._hash(name),
            time_zone=ZONE,
            now=at,
            key=get_address_key(),
        )

    def _hash(self, name: str) -> str:
        """Hash the advertised password, or an unknown one for an account that is not advertised."""
        return self.hash_password(self.passwords.get(name, secrets.token_hex()))

    # -- cohorts -------------------------------------------------------------------------------------------------------

    def last_year(self, trainer: User) -> None:
        """Create last year's archived cohort: a few learners and one test."""
        began = self.now - LAST_YEAR_START + timedelta(weeks=1)
        title = f"{COHORT} ({wall_clock.to_local(began, ZONE):%Y})"
        cohort = cohorts.create(self.session, trainer, title, ZONE, began)
        of = DemoCohort(trainer, cohort, self._enrol(cohort, LAST_YEAR_LEARNERS, began))
        works = Trainer(self.session, of, self.now).set_works([LAST_YEAR_ASSIGNMENT])
        for person in of.people.values():
            Student(self.session, self.course, person, began + timedelta(weeks=12)).live(works, ())
        cohorts.archive(self.session, trainer, cohort, began + timedelta(weeks=14))

    def this_year(self, trainer: User) -> None:
        began = self.now - DURATION
        cohort = cohorts.create(self.session, trainer, COHORT, ZONE, began + timedelta(hours=3))
        self._share(trainer, cohort, began + timedelta(hours=4))
        of = DemoCohort(trainer, cohort, self._enrol(cohort, list(STORIES), began))
        teaching = Trainer(self.session, of, self.now)
        works = teaching.set_works(ASSIGNMENTS)
        teaching.make_exceptions()
        for name, person in of.people.items():
            if name != NEW:
                Student(self.session, self.course, person, self.now).live(works, STORIES[name])
        teaching.remove(LEAVER)
        teaching.invite_late_comers()
        teaching.look_back()

    def _share(self, trainer: User, cohort: Cohort, at: datetime) -> None:
        sent = trainers.invite(self.session, trainer, cohort, _make_address(SECOND_TRAINER), at)
        self._arrive(SECOND_TRAINER, sent.token, at + timedelta(hours=20))

    def _enrol(self, cohort: Cohort, names: Sequence[str], began: datetime) -> dict[str, DemoLearner]:
        return {name: self._join(cohort, name, began) for name in names}

    def _join(self, cohort: Cohort, name: str, began: datetime) -> DemoLearner:
        rng = Random(f"{SEED}:joins:{name}")  # noqa: S311  repeatable, not secret
        at = skip_night(began + timedelta(days=38 if name == NEW else 0, hours=rng.uniform(5, 60)))
        user = users.create(
            self.session, name=name, email=_make_address(name), password_hash=self._hash(name), now=at, time_zone=ZONE
        )
        self.session.flush()  # the membership needs the id of the new learner
        learner = sign_ins.get_learner(self.session, user)
        cohorts.join(
            self.session, cohort, learner, at + timedelta(minutes=1), address=user.email, key=get_address_key()
        )
        return DemoLearner(name, Viewer(user, learner), learner)
