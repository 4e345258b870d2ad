"""A copy of the catalogue in memory, in which a course or a library is published, and the rows that this changes.

Comparing a course with the catalogue takes a second. In the database itself that would hold the write lock, and block
learners' answers; from the copy, only the rows that differ are written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    bindparam,
    create_engine,
    delete,
    false,
    func,
    insert,
    select,
    true,
    update,
)
from sqlalchemy.orm import Session

from app.db import Base, lock_rows
from app.models import (
    LessonRow,
    Library,
    ModuleRow,
    MuscleRow,
    ObjectiveRow,
    Publication,
    QuestionKey,
    QuestionRow,
    QuestionVersion,
    SourceRow,
    ZoneRow,
)

CATALOGUE: tuple[type[Base], ...] = (
    Publication,
    SourceRow,
    ZoneRow,
    MuscleRow,
    ModuleRow,
    ObjectiveRow,
    LessonRow,
    QuestionRow,
    QuestionVersion,
    QuestionKey,
)
"""All models of the catalogue, in the order of their references."""

_Rows = dict[int, dict[str, Any]]
"""Rows by primary key."""


@dataclass(frozen=True, slots=True)
class TableChanges:
    """The rows to write to one table. ``added`` are by their primary keys in the copy."""

    table: Table
    added: _Rows
    changed: dict[int, dict[str, Any]]
    """The new values of the columns that differ."""

    removed: list[int]


@dataclass(frozen=True, slots=True)
class CatalogueChanges:
    """The rows that a publication writes. ``based_on`` is the id of the latest publication in the copy, or 0.

    ``library_id`` is None for the course.
    """

    library_id: int | None
    based_on: int
    tables: tuple[TableChanges, ...]


@dataclass(frozen=True, slots=True)
class CatalogueCopy:
    """The course, or a library, in memory. Only current versions of questions and the latest publication are in it."""

    session: Session
    library_id: int | None = None
    before: dict[type[Base], _Rows] = field(default_factory=dict)

    def list_changes(self) -> CatalogueChanges:
        """Compare the copy with what was copied."""
        self.session.flush()  # the comparison reads the tables
        changes = tuple(
            compare_rows(_get_table(model), self.before[model], _read(self.session, model, _select_all(model)))
            for model in CATALOGUE
        )
        return CatalogueChanges(self.library_id, max(self.before[Publication], default=0), changes)


@contextmanager
def copy_catalogue(session: Session, library_id: int | None = None) -> Iterator[CatalogueCopy]:
    """Copy the rows that publishing the course, or a library, compares with to a database in memory."""
    engine = create_engine("sqlite://")
    try:
        Base.metadata.create_all(engine, tables=[_get_table(model) for model in CATALOGUE])
        with Session(engine) as copied:
            copy = CatalogueCopy(copied, library_id)
            for model in CATALOGUE:
                copy.before[model] = _read(session, model, _select_compared(model, library_id))
                if copy.before[model]:
                    copied.execute(insert(_get_table(model)), list(copy.before[model].values()))
            yield copy
            copied.rollback()
    finally:
        engine.dispose()


def write_changes(session: Session, changes: CatalogueChanges) -> bool:
    """Write the rows, unless somebody else has published since the copy was made; return whether they were written.

    Trainers who publish different libraries do not wait for each other.
    """
    if changes.library_id is None:
        session.execute(lock_rows(select(Publication.id).where(Publication.id == changes.based_on), Publication))
    else:
        session.execute(lock_rows(select(Library.id).where(Library.id == changes.library_id), Library))
    latest = select(func.max(Publication.id)).where(Publication.library_id == changes.library_id)
    if (session.scalar(latest) or 0) != changes.based_on:
        return False
    new_ids: dict[tuple[str, int], int] = {}
    for part in changes.tables:
        _write_table(session, part, new_ids)
    for row in list(session.identity_map.values()):
        if isinstance(row, CATALOGUE):
            session.expire(row)
    return True


def compare_rows(table: Table, before: _Rows, after: _Rows) -> TableChanges:
    changed = {
        key: {name: value for name, value in row.items() if value != before[key][name]}
        for key, row in after.items()
        if key in before and row != before[key]
    }
    added = {key: row for key, row in after.items() if key not in before}
    return TableChanges(table, added, changed, [key for key in before if key not in after])


def _write_table(session: Session, part: TableChanges, new_ids: dict[tuple[str, int], int]) -> None:
    """Write one table. ``new_ids`` are the ids that rows of the copy got here, by table and id in the copy."""
    table, key = part.table, _get_key(part.table)
    if part.removed:
        session.execute(delete(table).where(key.in_(part.removed)))
    # A constraint allows one current version of a question, so changed rows go first.
    for names, changed in _group_by_columns(part.changed).items():
        bound: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
        statement = update(table).where(key == bindparam("key_of_row")).values(bound)
        values = [
            {"key_of_row": number} | {f"new_{name}": value for name, value in _refer(table, row, new_ids).items()}
            for number, row in changed.items()
        ]
        session.connection().execute(statement, values)
    if not part.added:
        return
    rows = [_refer(table, row, new_ids) for row in part.added.values()]
    if key.foreign_keys:
        session.execute(insert(table), rows)
        return
    for row in rows:
        del row[key.name]
    written = session.scalars(insert(table).returning(key, sort_by_parameter_order=True), rows)
    new_ids.update({(table.name, old): new for old, new in zip(part.added, written, strict=True)})


def _group_by_columns(changed: _Rows) -> dict[tuple[str, ...], _Rows]:
    """Group changed rows by the columns that change, so that each group is written by one statement."""
    groups: dict[tuple[str, ...], _Rows] = defaultdict(dict)
    for number, values in changed.items():
        groups[tuple(values)][number] = values
    return groups


def _refer(table: Table, values: Mapping[str, Any], new_ids: Mapping[tuple[str, int], int]) -> dict[str, Any]:
    """Return the values of a row with references to the ids of this database."""
    referring = dict(values)
    for name in values:
        for foreign in table.columns[name].foreign_keys:
            referring[name] = new_ids.get((foreign.column.table.name, values[name]), values[name])
    return referring


def _select_all(model: type[Base]) -> Select[Any]:
    return select(*_get_table(model).columns)


def _select_compared(model: type[Base], library_id: int | None) -> Select[Any]:
    """Select the rows that publishing the course, or a library, compares with."""
    found = _select_all(model)
    modules = select(ModuleRow.id).where(ModuleRow.library_id == library_id)
    questions = select(QuestionRow.id).where(QuestionRow.module_id.in_(modules))
    current = select(QuestionVersion.id).where(
        QuestionVersion.superseded_at.is_(None), QuestionVersion.question_id.in_(questions)
    )
    if model is Publication:
        return found.where(Publication.library_id == library_id).order_by(Publication.id.desc()).limit(1)
    conditions: dict[type[Base], ColumnElement[bool]] = {
        SourceRow: SourceRow.library_id == library_id,
        ModuleRow: ModuleRow.library_id == library_id,
        ObjectiveRow: ObjectiveRow.module_id.in_(modules),
        LessonRow: LessonRow.module_id.in_(modules),
        QuestionRow: QuestionRow.module_id.in_(modules),
        QuestionVersion: QuestionVersion.id.in_(current),
        QuestionKey: QuestionKey.version_id.in_(current),
    }
    # Zones and muscles belong to the course.
    return found.where(conditions.get(model, true() if library_id is None else false()))


def _read(session: Session, model: type[Base], statement: Select[Any]) -> _Rows:
    name = _get_key(_get_table(model)).name
    return {row[name]: dict(row) for row in session.execute(statement).mappings()}


def _get_table(model: type[Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


def _get_key(table: Table) -> Any:
    [key] = table.primary_key.columns
    return key
