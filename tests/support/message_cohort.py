"""A cohort of two learners to whom their trainer writes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app.models import Cohort
from tests.support.factory import Factory, Person
from tests.support.mailbox import Mailbox, mail_server


@pytest.fixture
def trainer(make: Factory) -> Person:
    return make.trainer(name="Tilda Trainer")


@pytest.fixture
def ana(make: Factory) -> Person:
    return make.person(name="Ana Li", email="ana@example.org")


@pytest.fixture
def ben(make: Factory) -> Person:
    return make.person(name="Ben Okafor", email="ben@example.org")


@pytest.fixture
def cohort(make: Factory, trainer: Person, ana: Person, ben: Person) -> Cohort:
    return make.cohort(trainer, ana, ben)


@pytest.fixture
def smtp(app: Flask) -> Iterator[Mailbox]:
    with mail_server(app) as box:
        yield box


def path(cohort: Cohort) -> str:
    return f"/teach/cohorts/{cohort.id}/messages"


def send(trainer: Person, cohort: Cohort, *to: Person, text: str = "Please read module 2.", **form: str) -> str:
    ids = [str(person.learner.id) for person in to]
    reply = trainer.client.post(f"{path(cohort)}/new", data={"to": ids, "text": text} | form)
    assert reply.status_code == 303
    return str(reply.location)
