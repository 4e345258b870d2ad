"""names: tables and columns are called like the concepts they hold

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
COLUMNS = (("mark", "settled_at", "marked_at"), ("learner", "calendar_number", "calendar_revision"))


def upgrade() -> None:
    rebuild("answer", answer_revision("answer_revision"))
    rebuild("standing", scope_result("scope_result"))
    rebuild("handled_form", submitted_form("submitted_form", "submitted_at"), submitted_at="handled_at")
    op.create_index("ix_scope_result_assignment", "scope_result", ["assignment_id"])
    op.create_index(op.f("ix_submitted_form_submitted_at"), "submitted_form", ["submitted_at"])
    for table, old, new in COLUMNS:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")


def downgrade() -> None:
    for table, old, new in COLUMNS:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {new} TO {old}")
    rebuild("answer_revision", answer_revision("answer"))
    rebuild("scope_result", scope_result("standing"))
    rebuild("submitted_form", submitted_form("handled_form", "handled_at"), handled_at="submitted_at")
    op.create_index("ix_standing_assignment", "standing", ["assignment_id"])
    op.create_index(op.f("ix_handled_form_handled_at"), "handled_form", ["handled_at"])


def rebuild(old: str, new: sa.Table, **renamed: str) -> None:
    """Move all rows of the table ``old`` to a new one, and drop it. ``renamed`` gives the old names of renamed columns.

    A renamed table would keep the old names of its constraints. No other table refers to these three.
    """
    connection = op.get_bind()
    new.create(connection)
    names = [column.name for column in new.columns]
    rows = sa.select(*(sa.column(renamed.get(name, name)) for name in names)).select_from(sa.table(old))
    connection.execute(new.insert().from_select(names, rows))
    op.drop_table(old)
    if "id" in new.c and connection.dialect.name == "postgresql":
        # The new sequence starts at 1; the next row must not take an id that was copied.
        op.execute(
            f"SELECT setval(pg_get_serial_sequence('{new.name}', 'id'), max(id)) FROM {new.name} HAVING max(id) > 0"
        )


def table(name: str, *parts: sa.Column | sa.Constraint) -> sa.Table:
    metadata = sa.MetaData()
    for other, keys in (
        ("attempt", ("id",)),
        ("assignment", ("id",)),
        ("learner", ("id",)),
        ("module", ("id",)),
        ("user", ("id",)),
        ("attempt_item", ("attempt_id", "position")),
    ):
        sa.Table(other, metadata, *(sa.Column(key, sa.Integer(), primary_key=True) for key in keys))
    return sa.Table(name, metadata, *parts)


def answer_revision(name: str) -> sa.Table:
    item = ["attempt_id", "position"]
    return table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("save_id", sa.String(64), nullable=False),
        sa.Column("response", sa.JSON(), nullable=True),
        sa.Column("certainty", sa.Integer(), nullable=True),
        sa.Column("arrived_at", MOMENT, nullable=False),
        sa.CheckConstraint("certainty IS NULL OR certainty BETWEEN 1 AND 3", name=f"ck_{name}_certainty"),
        sa.ForeignKeyConstraint(
            item,
            [f"attempt_item.{key}" for key in item],
            name=f"fk_{name}_attempt_id_position_attempt_item",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        sa.UniqueConstraint(*item, "revision", name=f"uq_{name}_attempt_id_position_revision"),
        sa.UniqueConstraint(*item, "save_id", name=f"uq_{name}_attempt_id_position_save_id"),
    )


def scope_result(name: str) -> sa.Table:
    def key(column: str, other: str, **options: str) -> sa.ForeignKeyConstraint:
        return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{name}_{column}_{other}", **options)

    return table(
        name,
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(60), nullable=False),
        sa.Column("purpose", sa.String(30), nullable=False),
        sa.Column("module_id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("best_attempt_id", sa.Integer(), nullable=False),
        sa.Column("best_percent", sa.Double(), nullable=False),
        sa.Column("latest_attempt_id", sa.Integer(), nullable=False),
        sa.Column("latest_percent", sa.Double(), nullable=False),
        sa.Column("latest_at", MOMENT, nullable=False),
        sa.Column("passed_at", MOMENT, nullable=True),
        sa.Column("latest_is_passed", sa.Boolean(), nullable=False),
        sa.CheckConstraint("purpose IN ('check', 'practice', 'test')", name=f"ck_{name}_purpose"),
        key("assignment_id", "assignment"),
        key("best_attempt_id", "attempt"),
        key("latest_attempt_id", "attempt"),
        key("learner_id", "learner", ondelete="CASCADE"),
        key("module_id", "module"),
        sa.PrimaryKeyConstraint("learner_id", "scope", name=f"pk_{name}"),
    )


def submitted_form(name: str, moment: str) -> sa.Table:
    return table(
        name,
        sa.Column("form_id", sa.String(32), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column(moment, MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=f"fk_{name}_user_id_user", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("form_id", "user_id", name=f"pk_{name}"),
    )
