"""Several trainers of one cohort: invited without telling accounts apart, and never none."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import AuditEvent, CohortTrainer, Invitation, Role
from app.services.cohorts import accepting, cohorts, invitations, trainers
from app.services.cohorts.cohorts import ArchivedError
from app.services.cohorts.invitations import IssuedJoinInvitation
from app.services.cohorts.rejoining import AddressKey
from app.services.cohorts.trainers import AlreadyTrainerError, LastTrainerError
from app.services.people import users
from tests.support.factory import Factory, Person


def _take_up(session: Session, make: Factory, sent: IssuedJoinInvitation, person: Person) -> None:
    found = invitations.get_by_token(session, sent.token)
    assert found
    accepting.accept_with_account(session, found, person.user, person.learner, make.now(), AddressKey("secret"))
    session.commit()


def test_an_invited_trainer_teaches_the_cohort_and_no_other(session: Session, make: Factory) -> None:
    trainer, colleague = make.trainer(name="Ada"), make.trainer(name="Bo")
    cohort, other = make.cohort(trainer), make.cohort(trainer)

    _take_up(session, make, trainers.invite(session, trainer.user, cohort, colleague.user.email, make.now()), colleague)

    assert [user.name for user in trainers.list_for(session, cohort)] == ["Ada", "Bo"]
    assert cohorts.get_for(session, colleague.viewer, cohort.id) is cohort
    assert cohorts.get_for(session, colleague.viewer, other.id) is None
    assert [event.action for event in session.scalars(select(AuditEvent).order_by(AuditEvent.id))][-4:] == [
        "invitation.create",
        "cohort.invite_trainer",
        "invitation.accept",
        "cohort.add_trainer",
    ]


def test_a_learner_who_is_invited_to_teach_becomes_a_trainer_and_an_admin_stays_one(
    session: Session, make: Factory
) -> None:
    trainer, learner, admin = make.trainer(), make.person(), make.admin()
    cohort = make.cohort(trainer)

    for person in (learner, admin):
        _take_up(session, make, trainers.invite(session, trainer.user, cohort, "x@x.org", make.now()), person)

    assert (learner.user.role, admin.user.role) == (Role.TRAINER, Role.ADMIN)
    assert "user.set_role" in session.scalars(select(AuditEvent.action)).all()


def test_what_an_invitation_makes_does_not_depend_on_who_has_an_account(session: Session, make: Factory) -> None:
    """Fails when a trainer with an account is added at once: the page would tell strangers' accounts apart."""
    trainer, colleague, learner = make.trainer(), make.trainer(), make.person()
    cohort = make.cohort(trainer)

    for email in (colleague.user.email, learner.user.email, "nobody@example.org"):
        trainers.invite(session, trainer.user, cohort, email, make.now())
    session.commit()

    made = session.scalars(select(Invitation).order_by(Invitation.id)).all()
    assert [(one.role, one.cohort_id, one.name, one.used_at) for one in made] == [
        (Role.TRAINER, cohort.id, None, None)
    ] * 3
    assert session.scalars(select(CohortTrainer.user_id)).all() == [trainer.user.id]


def test_who_is_invited_again_gets_a_new_link_and_who_teaches_it_gets_none(session: Session, make: Factory) -> None:
    """Fails when each press adds another line to the list, and another link that works."""
    trainer, colleague = make.trainer(), make.trainer()
    cohort = make.cohort(trainer)

    first, second = (trainers.invite(session, trainer.user, cohort, colleague.user.email, make.now()) for _ in range(2))
    session.commit()

    assert invitations.get_by_token(session, first.token) is None
    assert len(session.scalars(select(Invitation)).all()) == 1
    _take_up(session, make, second, colleague)
    with pytest.raises(AlreadyTrainerError):
        trainers.invite(session, trainer.user, cohort, colleague.user.email, make.now())


def test_a_trainer_is_removed_but_never_the_last_who_can_teach(session: Session, make: Factory) -> None:
    """Fails when rows are counted, and not those among them who can still sign in as trainers."""
    trainer, colleague, gone = make.trainer(), make.trainer(), make.trainer()
    cohort = make.cohort(trainer)
    session.add_all(CohortTrainer(cohort_id=cohort.id, user_id=one.user.id) for one in (colleague, gone))
    users.deactivate(session, trainer.user, gone.user, make.now())
    session.commit()

    assert trainers.remove(session, trainer.user, cohort, colleague.user.id, make.now())
    assert not trainers.remove(session, trainer.user, cohort, colleague.user.id, make.now())
    with pytest.raises(LastTrainerError):
        trainers.remove(session, trainer.user, cohort, trainer.user.id, make.now())
    session.commit()

    assert cohorts.get_for(session, colleague.viewer, cohort.id) is None
    assert cohorts.get_for(session, trainer.viewer, cohort.id) is cohort


def test_an_archived_cohort_keeps_its_trainers(session: Session, make: Factory) -> None:
    trainer, colleague = make.trainer(), make.trainer()
    cohort = make.cohort(trainer)
    sent = trainers.invite(session, trainer.user, cohort, colleague.user.email, make.now())
    cohorts.archive(session, trainer.user, cohort, make.now())
    session.commit()

    with pytest.raises(ArchivedError):
        trainers.invite(session, trainer.user, cohort, "x@x.org", make.now())
    with pytest.raises(ArchivedError):
        trainers.remove(session, trainer.user, cohort, trainer.user.id, make.now())
    with pytest.raises(invitations.UnusableError):
        _take_up(session, make, sent, colleague)
