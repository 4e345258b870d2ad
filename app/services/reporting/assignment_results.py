"""The results of one assignment: how each learner did, and who has not passed yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.domain.assignment import AssignmentState
from app.domain.gradebook import GradebookCell
from app.domain.names import find_shared_names
from app.services.assignments.assignments import TaughtAssignment
from app.services.reporting import overviews
from app.services.reporting.gradebook_cells import build_column, is_used_as_pretest, load_cells
from app.services.reporting.gradebook_members import GradebookMember, list_members
from app.services.reporting.overviews import AssignmentProgress

_SETTLED = (
    AssignmentState.PASSED,
    AssignmentState.EXCUSED,
    AssignmentState.SUBMITTED,
    AssignmentState.NOT_ASSIGNED,
    AssignmentState.NOT_OPEN,
)


@dataclass(frozen=True, slots=True)
class ResultLine:
    """One learner's result.

    ``is_missing`` says that the learner is expected to pass, and has not; a pre-test only has to be taken.
    """

    member: GradebookMember
    cell: GradebookCell
    is_pretest: bool = False

    @property
    def is_missing(self) -> bool:
        if self.is_pretest and self.cell.is_handed_in:
            return False
        return self.cell.state not in _SETTLED and not self.member.is_closed and not self.member.is_erased


@dataclass(frozen=True, slots=True)
class AssignmentResults:
    """The results of an assignment, its learners by name.

    ``progress`` leaves out learners whose account is closed.
    """

    progress: AssignmentProgress
    lines: tuple[ResultLine, ...]
    shared_names: frozenset[str]

    @property
    def missing_ids(self) -> tuple[int, ...]:
        return tuple(line.member.learner_id for line in self.lines if line.is_missing)


def get_results(session: Session, taught: TaughtAssignment, now: datetime) -> AssignmentResults:
    """Return the results of the current members, including those with a closed account."""
    is_pretest = is_used_as_pretest(session, taught.assignment)
    column = build_column(taught.assignment, is_pretest=is_pretest, is_retired=taught.module.retired_at is not None)
    members = [member for member in list_members(session, taught.cohort) if member.removed_at is None]
    cells = load_cells(session, [column], members, now)
    lines = tuple(ResultLine(member, cells[member.learner_id, column.assignment_id], is_pretest) for member in members)
    return AssignmentResults(
        progress=overviews.build_progress(column, [line.cell for line in lines if not line.member.is_closed]),
        lines=tuple(line for line in lines if line.cell.state is not AssignmentState.NOT_ASSIGNED),
        shared_names=find_shared_names(member.name for member in members),
    )
