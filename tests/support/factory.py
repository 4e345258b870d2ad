"""A small factory: people, signed-in clients, cohorts and assignments, made through the services that the product uses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from flask import Flask
from flask.testing import FlaskClient
from flask_security.utils import hash_password
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.assignment import ExceptionTerms
from app.domain.release import ReleaseMoment, ReleasePolicy
from app.models import Assignment, Cohort, Learner, Library, LibraryPerson, LibraryRole, ModuleRow, Role, User
from app.permissions import Viewer
from app.services.assignments import assignments, exceptions
from app.services.cohorts import cohorts
from app.services.cohorts.rejoining import AddressKey
from app.services.libraries import documents, libraries, starter
from app.services.people import sign_ins, users

PASSWORD = "correct horse battery"


class NowFunction(Protocol):
    def __call__(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Person:
    """An account with its learner and a browser that is signed in as it."""

    user: User
    learner: Learner
    client: FlaskClient

    @property
    def viewer(self) -> Viewer:
        return Viewer(self.user, self.learner)


AFTER_SUBMISSION = ReleasePolicy()
AFTER_LAST_ATTEMPT = ReleasePolicy(
    ReleaseMoment.SUBMISSION, ReleaseMoment.LAST_ATTEMPT, ReleaseMoment.LAST_ATTEMPT, ReleaseMoment.LAST_ATTEMPT
)
AFTER_CLOSING = ReleasePolicy(
    ReleaseMoment.SUBMISSION, ReleaseMoment.CLOSING, ReleaseMoment.CLOSING, ReleaseMoment.CLOSING
)
"""The usual policies: everything, or all but the score later."""


class Factory:
    def __init__(self, app: Flask, session: Session, now: NowFunction) -> None:
        self.app, self.session, self.now = app, session, now
        self.made = 0

    def person(self, role: Role = Role.LEARNER, /, **given: Any) -> Person:
        """An account with the password :data:`PASSWORD`, signed in without going through the form (hashing is slow)."""
        self.made += 1
        name = given.pop("name", f"Person {self.made}")
        email = given.pop("email", f"person{self.made}@example.org")
        hashed = _hashed(self.app) if given.pop("with_password", False) else "!"
        user = users.add(self.session, name=name, email=email, password_hash=hashed, now=self.now(), role=role)
        learner = self.session.scalars(select(Learner).where(Learner.user_id == user.id)).one_or_none()
        if learner is None:
            learner = sign_ins.assign_learner(self.session, user, None, "Europe/Berlin", self.now())
        for key, value in given.items():
            setattr(learner, key, value)
        self.session.commit()
        return Person(user, learner, self.signed_in(user, learner))

    def trainer(self, **given: Any) -> Person:
        return self.person(Role.TRAINER, **given)

    def admin(self, **given: Any) -> Person:
        return self.person(Role.ADMIN, **given)

    def signed_in(self, user: User, learner: Learner) -> FlaskClient:
        """A browser with a sign-in of its own."""
        from app.web.identity import hash_token

        self.made += 1
        token = f"token-{self.made}"
        sign_ins.start(self.session, hash_token(token), learner, user, self.now())
        self.session.commit()
        client = self.app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"], cookie["sign_in"] = user.fs_uniquifier, True, token
        return client

    def cohort(
        self,
        trainer: Person,
        *members: Person,
        title: str = "Year 2",
        time_zone: str = "Europe/Berlin",
        joined_ago: timedelta = timedelta(0),
    ) -> Cohort:
        cohort = cohorts.create(self.session, trainer.user, title, time_zone, self.now())
        for member in members:
            self.join(cohort, member, self.now() - joined_ago)
        self.session.commit()
        return cohort

    def join(self, cohort: Cohort, person: Person, at: datetime | None = None) -> None:
        """Make a person a member, without a commit."""
        key = AddressKey(self.app.config["SECRET_KEY"])
        cohorts.join(self.session, cohort, person.learner, at or self.now(), address=person.user.email, key=key)

    def module(self, slug: str = "safety") -> ModuleRow:
        return self.session.scalars(select(ModuleRow).where(ModuleRow.slug == slug)).one()

    def assignment(self, trainer: Person, cohort: Cohort, module: str = "safety", /, **given: Any) -> Assignment:
        terms = {
            "title": "The test",
            "due_at": None,
            "attempts_allowed": None,
            "time_limit_minutes": None,
            "pass_mark_percent": 80,
        } | given
        assignment = assignments.create(
            self.session, trainer.user, cohort, self.module(module), assignments.Terms(**terms), self.now()
        )
        self.session.commit()
        return assignment

    def library(self, owner: Person, name: str = "Our bank", /, *people: tuple[Person, LibraryRole]) -> Library:
        """A library with the example that a new one has, and with these people."""
        library = libraries.create(self.session, owner.user, name, self.now())
        bodies = starter.list_documents(name)
        documents.upload(self.session, owner.user, library, bodies, self.now(), removes_others=False)
        for person, role in people:
            self.session.add(LibraryPerson(library_id=library.id, user_id=person.user.id, role=role))
        self.session.commit()
        return library

    def exception(self, trainer: Person, assignment: Assignment, *people: Person, **given: Any) -> None:
        """An exception for these learners."""
        taught = assignments.get_for(self.session, trainer.viewer, assignment.id)
        assert taught is not None
        ids = [person.learner.id for person in people]
        exceptions.create(self.session, trainer.user, taught, ids, ExceptionTerms(**given), self.now())
        self.session.commit()


_hashes: dict[str, str] = {}


def _hashed(app: Flask) -> str:
    """The hash of :data:`PASSWORD`, made once for all apps of one secret: hashing is slow on purpose."""
    secret = app.config["SECRET_KEY"]
    if secret not in _hashes:
        with app.app_context():
            _hashes[secret] = hash_password(PASSWORD)
    return _hashes[secret]
