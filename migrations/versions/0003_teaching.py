"""teaching: rosters, richer terms and exceptions, corrections of questions

Revision ID: 0003
Revises: 0002
"""

from datetime import UTC
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)

# What columns that may not be null hold in rows that are there already; new rows are given a value by the models.
FILLED = {
    "assignment": {"counts": "best", "lessons_first": sa.false(), "is_for_all": sa.true(), "revision": "1", "time_zone": "UTC"},
    "assignment_exception": {"more_attempts": "0", "is_excused": sa.false()},
    "learner": {"calendar_number": "0"},
    "mark": {"is_void": sa.false()},
    "mark_change": {"old_max_points": "1", "new_max_points": "1"},
    "standing": {"latest_is_passed": sa.false()},
}


def filled(table: str, name: str, kind: sa.types.TypeEngine) -> sa.Column:
    return sa.Column(name, kind, nullable=False, server_default=FILLED[table][name])


def upgrade() -> None:
    make_tables()
    widen_tables()
    work_out()
    keep_the_log()
    for table, columns in FILLED.items():
        with op.batch_alter_table(table) as batch:
            for name in columns:
                batch.alter_column(name, server_default=None)


def make_tables() -> None:
    op.create_table(
        "roster",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["cohort_id"], ["cohort.id"], name=op.f("fk_roster_cohort_id_cohort"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_roster_created_by_id_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster")),
    )
    op.create_index(op.f("ix_roster_cohort_id"), "roster", ["cohort_id"])
    pair("assignment_lesson", "lesson_id", "lesson")
    pair("assignment_recipient", "learner_id", "learner")
    pair("prerequisite", "required_id", "assignment", sa.CheckConstraint("required_id <> assignment_id", name=op.f("ck_prerequisite_other")))
    op.create_table(
        "reminder",
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"], name=op.f("fk_reminder_assignment_id_assignment"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name=op.f("fk_reminder_learner_id_learner"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("assignment_id", "learner_id", "kind", name=op.f("pk_reminder")),
    )
    op.create_index(op.f("ix_reminder_learner_id"), "reminder", ["learner_id"])
    op.create_table(
        "correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=True),
        sa.Column("remedy", sa.Enum("void", "accept", "credit", "withdraw", name="remedy", native_enum=False, create_constraint=True, length=30), nullable=False),
        sa.Column("key", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("withdraws_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("corrected_at", MOMENT, nullable=False),
        sa.CheckConstraint("(remedy = 'accept') = (key IS NOT NULL)", name=op.f("ck_correction_key")),
        sa.CheckConstraint("(remedy = 'withdraw') = (withdraws_id IS NOT NULL)", name=op.f("ck_correction_withdraws")),
        sa.ForeignKeyConstraint(["actor_id"], ["user.id"], name=op.f("fk_correction_actor_id_user"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"], name=op.f("fk_correction_assignment_id_assignment")),
        sa.ForeignKeyConstraint(["version_id"], ["question_version.id"], name=op.f("fk_correction_version_id_question_version")),
        sa.ForeignKeyConstraint(["withdraws_id"], ["correction.id"], name=op.f("fk_correction_withdraws_id_correction")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
        sa.UniqueConstraint("withdraws_id", name=op.f("uq_correction_withdraws_id")),
    )
    op.create_index(op.f("ix_correction_assignment_id"), "correction", ["assignment_id"])
    op.create_index(op.f("ix_correction_version_id"), "correction", ["version_id"])


def pair(table: str, column: str, target: str, *rules: sa.CheckConstraint) -> None:
    """A table that says which rows of another one belong to an assignment."""
    op.create_table(
        table,
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column(column, sa.Integer(), nullable=False),
        *rules,
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"], name=op.f(f"fk_{table}_assignment_id_assignment"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("assignment_id", column, name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def widen_tables() -> None:
    with op.batch_alter_table("assignment") as batch:
        batch.add_column(filled("assignment", "time_zone", sa.String(length=64)))
        batch.add_column(sa.Column("opens_local", sa.String(length=16), nullable=True))
        batch.add_column(sa.Column("opens_at", MOMENT, nullable=True))
        batch.add_column(sa.Column("due_local", sa.String(length=16), nullable=True))
        batch.add_column(sa.Column("extended_until", MOMENT, nullable=True))
        batch.add_column(filled("assignment", "counts", sa.Enum("best", "latest", name="counts", native_enum=False, create_constraint=True, length=30)))
        batch.add_column(filled("assignment", "lessons_first", sa.Boolean()))
        batch.add_column(filled("assignment", "is_for_all", sa.Boolean()))
        batch.add_column(sa.Column("pretest_id", sa.Integer(), nullable=True))
        batch.add_column(filled("assignment", "revision", sa.Integer()))
        batch.add_column(sa.Column("withdrawn_at", MOMENT, nullable=True))
        batch.create_foreign_key(op.f("fk_assignment_pretest_id_assignment"), "assignment", ["pretest_id"], ["id"], ondelete="SET NULL")
        batch.create_check_constraint(op.f("ck_assignment_opens_before_due"), "opens_at IS NULL OR due_at IS NULL OR opens_at < due_at")
        batch.create_check_constraint(op.f("ck_assignment_pretest"), "pretest_id IS NULL OR pretest_id <> id")
    with op.batch_alter_table("assignment_exception") as batch:
        batch.add_column(sa.Column("due_local", sa.String(length=16), nullable=True))
        batch.add_column(sa.Column("due_at", MOMENT, nullable=True))
        batch.add_column(filled("assignment_exception", "more_attempts", sa.Integer()))
        batch.add_column(filled("assignment_exception", "is_excused", sa.Boolean()))
        batch.add_column(sa.Column("note", sa.String(length=200), nullable=True))
        batch.create_check_constraint(op.f("ck_assignment_exception_more_attempts"), "more_attempts BETWEEN 0 AND 100")
    with op.batch_alter_table("cohort") as batch:
        batch.add_column(sa.Column("archived_at", MOMENT, nullable=True))
    with op.batch_alter_table("invitation") as batch:
        batch.add_column(sa.Column("cohort_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("withdrawn_at", MOMENT, nullable=True))
        batch.create_index(op.f("ix_invitation_cohort_id"), ["cohort_id"])
        batch.create_foreign_key(op.f("fk_invitation_cohort_id_cohort"), "cohort", ["cohort_id"], ["id"], ondelete="CASCADE")
    with op.batch_alter_table("learner") as batch:
        batch.add_column(filled("learner", "calendar_number", sa.Integer()))
    with op.batch_alter_table("mark") as batch:
        batch.add_column(filled("mark", "is_void", sa.Boolean()))
    with op.batch_alter_table("mark_change") as batch:
        batch.add_column(filled("mark_change", "old_max_points", sa.Double()))
        batch.add_column(filled("mark_change", "new_max_points", sa.Double()))
        batch.add_column(sa.Column("correction_id", sa.Integer(), nullable=True))
        batch.create_index("ix_mark_change_mark", ["attempt_id", "position"])
        batch.create_foreign_key(op.f("fk_mark_change_correction_id_correction"), "correction", ["correction_id"], ["id"], ondelete="SET NULL")
    with op.batch_alter_table("standing") as batch:
        batch.add_column(filled("standing", "latest_is_passed", sa.Boolean()))


def work_out() -> None:
    """What the new columns say of the rows that are there: from the cohort's time zone, and from the attempts."""
    connection = op.get_bind()
    assignment = sa.table(
        "assignment", sa.column("id"), sa.column("cohort_id"), sa.column("time_zone"), sa.column("due_local"), sa.column("due_at", MOMENT)
    )
    cohort = sa.table("cohort", sa.column("id"), sa.column("time_zone"))
    for row in connection.execute(
        sa.select(assignment.c.id, assignment.c.due_at, cohort.c.time_zone).join(cohort, cohort.c.id == assignment.c.cohort_id)
    ).all():
        due = row.due_at and row.due_at.replace(tzinfo=row.due_at.tzinfo or UTC).astimezone(ZoneInfo(row.time_zone))
        connection.execute(
            assignment.update()
            .where(assignment.c.id == row.id)
            .values(time_zone=row.time_zone, due_local=due and f"{due:%Y-%m-%dT%H:%M}")
        )
    connection.execute(
        sa.text(
            "UPDATE standing SET latest_is_passed ="
            " coalesce((SELECT is_passed FROM attempt WHERE attempt.id = standing.latest_attempt_id), :nothing)"
        ).bindparams(sa.bindparam("nothing", False, sa.Boolean()))
    )
    connection.execute(
        sa.text(
            "UPDATE mark_change SET old_max_points = m.max_points, new_max_points = m.max_points FROM mark AS m"
            " WHERE m.attempt_id = mark_change.attempt_id AND m.position = mark_change.position"
        )
    )


GONE = {"postgresql": "NEW.details::text = '{}'", "sqlite": "NEW.details = '{}'"}
SAME = {"postgresql": "NEW.details::text = OLD.details::text", "sqlite": "NEW.details IS OLD.details"}


def keep_the_log() -> None:
    """Let nobody delete an event or make another one of it. It may lose an erased person: actor, details, and a subject that names them."""
    op.create_index("ix_audit_event_actor", "audit_event", ["actor_id", "at"])
    op.create_index("ix_audit_event_action", "audit_event", ["action", "at"])
    kind = op.get_bind().dialect.name
    is_kept = (
        "NEW.id = OLD.id AND NEW.at = OLD.at AND NEW.action = OLD.action"
        " AND (NEW.actor_id IS NULL OR (OLD.actor_id IS NOT NULL AND NEW.actor_id = OLD.actor_id))"
        f" AND ({SAME[kind]} OR {GONE[kind]})"
        " AND (NEW.subject = OLD.subject OR NEW.subject LIKE 'learner:%')"
    )
    if kind == "postgresql":
        op.execute(
            "CREATE FUNCTION audit_event_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF TG_OP = 'UPDATE' THEN IF {is_kept} THEN RETURN NEW; END IF; END IF;"
            " RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
        op.execute("CREATE TRIGGER audit_event_keep BEFORE UPDATE OR DELETE ON audit_event FOR EACH ROW EXECUTE FUNCTION audit_event_keep()")
        return
    refuse = "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
    op.execute(f"CREATE TRIGGER audit_event_keep BEFORE UPDATE ON audit_event WHEN NOT ({is_kept}) {refuse}")
    op.execute(f"CREATE TRIGGER audit_event_keep_all BEFORE DELETE ON audit_event {refuse}")


def release_the_log() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER audit_event_keep ON audit_event")
        op.execute("DROP FUNCTION audit_event_keep()")
    else:
        op.execute("DROP TRIGGER audit_event_keep")
        op.execute("DROP TRIGGER audit_event_keep_all")
    op.drop_index("ix_audit_event_action", "audit_event")
    op.drop_index("ix_audit_event_actor", "audit_event")


def downgrade() -> None:
    release_the_log()
    with op.batch_alter_table("standing") as batch:
        batch.drop_column("latest_is_passed")
    with op.batch_alter_table("mark_change") as batch:
        batch.drop_constraint(op.f("fk_mark_change_correction_id_correction"), type_="foreignkey")
        batch.drop_index("ix_mark_change_mark")
        for name in ("correction_id", "new_max_points", "old_max_points"):
            batch.drop_column(name)
    with op.batch_alter_table("mark") as batch:
        batch.drop_column("is_void")
    with op.batch_alter_table("learner") as batch:
        batch.drop_column("calendar_number")
    with op.batch_alter_table("invitation") as batch:
        batch.drop_constraint(op.f("fk_invitation_cohort_id_cohort"), type_="foreignkey")
        batch.drop_index(op.f("ix_invitation_cohort_id"))
        for name in ("withdrawn_at", "cohort_id"):
            batch.drop_column(name)
    with op.batch_alter_table("cohort") as batch:
        batch.drop_column("archived_at")
    with op.batch_alter_table("assignment_exception") as batch:
        batch.drop_constraint(op.f("ck_assignment_exception_more_attempts"), type_="check")
        for name in ("note", "is_excused", "more_attempts", "due_at", "due_local"):
            batch.drop_column(name)
    with op.batch_alter_table("assignment") as batch:
        batch.drop_constraint(op.f("ck_assignment_pretest"), type_="check")
        batch.drop_constraint(op.f("ck_assignment_opens_before_due"), type_="check")
        batch.drop_constraint(op.f("ck_assignment_counts"), type_="check")
        batch.drop_constraint(op.f("fk_assignment_pretest_id_assignment"), type_="foreignkey")
        for name in ("withdrawn_at", "revision", "pretest_id", "is_for_all", "lessons_first", "counts", "extended_until"):
            batch.drop_column(name)
        for name in ("due_local", "opens_at", "opens_local", "time_zone"):
            batch.drop_column(name)
    for name in ("correction", "reminder", "prerequisite", "assignment_recipient", "assignment_lesson", "roster"):
        op.drop_table(name)
