"""A test under way whose learner reports its questions."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.support.attempt_client import AttemptClient, start_assigned
from tests.support.factory import Factory, Person

SAYS = "Two answers are right: the source names both."


@pytest.fixture
def assigned(make: Factory, session: Session) -> tuple[AttemptClient, Person, Person]:
    """An assigned test under way, its trainer, and another one."""
    trainer, learner = make.trainer(name="Dr Ilse Brandt"), make.person(name="Nadia Petrović")
    assignment = make.assignment(trainer, make.cohort(trainer, learner))
    return start_assigned(learner.client, session, assignment.id), trainer, make.trainer()


def report(play: AttemptClient, n: int = 1, says: str = SAYS) -> None:
    assert play.client.post(f"{play.path}/{n}/report", data={"says": says}).status_code == 303
