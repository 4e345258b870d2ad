"""A believable cohort to look around in: weeks of lessons, practice and tests with the mistakes that people make.

Everything goes through the services, with ``now`` as an argument, just as the pages do it. Abilities, difficulties and tempting wrong options
are drawn from a fixed seed; which questions somebody gets is drawn when they start, as for anybody.
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
    CAST,
    COHORT,
    INVITED_TRAINER,
    LAST_YEAR,
    LEAVES,
    MID_COURSE,
    NEW,
    OF_LAST_YEAR,
    SECOND_TRAINER,
    SEED,
    TRAINER,
    WORKS,
    ZONE,
)
from app.demo.student import Course, Person, Student, awake
from app.demo.trainer import Class, Trainer
from app.domain import wall_clock
from app.models import Cohort, Role, User
from app.permissions import Viewer
from app.services.marking import submission
from app.services.people import invitations, sign_ins, users
from app.services.teaching import cohorts, trainers

SPAN = timedelta(weeks=6)
"""How far back the history of this year's cohort goes."""

OPENED = timedelta(weeks=53)
"""How long ago the school began with Palpate: in time for the cohort of last year."""


class OccupiedError(Exception):
    """The database holds people already, and not those of the demo."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account that is advertised, with the password made for this installation."""

    email: str
    password: str
    role: Role

    def __str__(self) -> str:
        return f"{self.email} {self.password} {self.role}"


def fill(session: Session, now: datetime, hash_password: Callable[[str], str]) -> list[Account] | None:
    """Fill an empty database; return the accounts to advertise, or None where it was filled before.

    :raise OccupiedError: somebody else's accounts are here.
    """
    if users.get_by_email(session, _address(TRAINER)) is not None:
        return None
    if users.is_any(session):
        raise OccupiedError
    passwords = {name: _password() for name in (ADMIN, TRAINER, MID_COURSE, NEW)}
    demo = _Demo(session, now, hash_password, passwords)
    trainer = demo.staff(now - OPENED)
    demo.last_year(trainer)
    demo.this_year(trainer)
    while submission.close_expired(session, now):
        pass
    roles = (Role.ADMIN, Role.TRAINER, Role.LEARNER, Role.LEARNER)
    return [Account(_address(name), passwords[name], role) for name, role in zip(passwords, roles, strict=True)]


def _address(name: str) -> str:
    """The name in plain letters, without a title, at a domain that is nobody's (RFC 2606)."""
    plain = name.removeprefix("Dr ").lower()
    for letter, written in {"ł": "l", "ø": "o", "æ": "ae", "ð": "d", "þ": "th", "ı": "i"}.items():
        plain = plain.replace(letter, written)
    letters = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return f"{'.'.join(re.findall('[a-z]+', letters))}@example.org"


def _password() -> str:
    """Sixty random bits in three groups, without letters that look like digits."""
    letters = "abcdefghjkmnpqrstvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(3))


class _Demo:
    def __init__(
        self, session: Session, now: datetime, hash_password: Callable[[str], str], passwords: dict[str, str]
    ) -> None:
        self.session, self.now, self.hash_password, self.passwords = session, now, hash_password, passwords
        self.course = Course(session)

    # -- who works here ----------------------------------------------------------------------------------------------------

    def staff(self, began: datetime) -> User:
        """The administrator, who invites the trainer; another invitation waits."""
        first = invitations.create_first(self.session, began)
        admin = self._arrive(ADMIN, first.token, began + timedelta(minutes=4))
        at = began + timedelta(minutes=9)
        invited = invitations.create(self.session, admin, Role.TRAINER, at, name=TRAINER)
        trainer = self._arrive(TRAINER, invited.token, began + timedelta(hours=2))
        invitations.create(self.session, admin, Role.TRAINER, self.now - timedelta(days=1), name=INVITED_TRAINER)
        return trainer

    def _arrive(self, name: str, token: str, at: datetime) -> User:
        """Somebody makes their account by an invitation."""
        invitation = invitations.get_by_token(self.session, token)
        assert invitation is not None
        return invitations.accept(
            self.session,
            invitation,
            name=name,
            email=_address(name),
            password_hash=self._hash(name),
            time_zone=ZONE,
            now=at,
        )

    def _hash(self, name: str) -> str:
        """Who is not advertised has a password that nobody knows."""
        return self.hash_password(self.passwords.get(name, secrets.token_hex()))

    # -- cohorts -----------------------------------------------------------------------------------------------------------

    def last_year(self, trainer: User) -> None:
        """A few people, one test, put away."""
        began = self.now - OPENED + timedelta(weeks=1)
        title = f"{COHORT} ({wall_clock.local(began, ZONE):%Y})"
        cohort = cohorts.create(self.session, trainer, title, ZONE, began)
        of = Class(trainer, cohort, self._enrol(cohort, OF_LAST_YEAR, began))
        works = Trainer(self.session, of, self.now).set_works([LAST_YEAR])
        for person in of.people.values():
            Student(self.session, self.course, person, began + timedelta(weeks=12)).live(works, ())
        cohorts.archive(self.session, trainer, cohort, began + timedelta(weeks=14))

    def this_year(self, trainer: User) -> None:
        began = self.now - SPAN
        cohort = cohorts.create(self.session, trainer, COHORT, ZONE, began + timedelta(hours=3))
        self._share(trainer, cohort, began + timedelta(hours=4))
        of = Class(trainer, cohort, self._enrol(cohort, list(CAST), began))
        teaching = Trainer(self.session, of, self.now)
        works = teaching.set_works(WORKS)
        teaching.make_exceptions()
        for name, person in of.people.items():
            if name != NEW:
                Student(self.session, self.course, person, self.now).live(works, CAST[name])
        teaching.remove(LEAVES)
        teaching.invite_late_comers()
        teaching.look_back()

    def _share(self, trainer: User, cohort: Cohort, at: datetime) -> None:
        sent = trainers.invite(self.session, trainer, cohort, _address(SECOND_TRAINER), at)
        self._arrive(SECOND_TRAINER, sent.token, at + timedelta(hours=20))

    def _enrol(self, cohort: Cohort, names: Sequence[str], began: datetime) -> dict[str, Person]:
        return {name: self._join(cohort, name, began) for name in names}

    def _join(self, cohort: Cohort, name: str, began: datetime) -> Person:
        rng = Random(f"{SEED}:joins:{name}")  # noqa: S311  repeatable, not secret
        at = awake(began + timedelta(days=38 if name == NEW else 0, hours=rng.uniform(5, 60)))
        user = users.create(
            self.session, name=name, email=_address(name), password_hash=self._hash(name), now=at, time_zone=ZONE
        )
        self.session.flush()  # the membership names the new learner by its id
        learner = sign_ins.learner_of(self.session, user)
        cohorts.join(self.session, cohort, learner, at + timedelta(minutes=1))
        return Person(name, Viewer(user, learner), learner)
