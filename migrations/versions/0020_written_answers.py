"""written answers: what people award to answers that they mark, and how an assignment is marked

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
IS_UNMARKED = sa.text("state = 'submitted' AND points IS NULL")
IS_CURRENT = sa.text("reopening_id IS NULL")
SETTINGS = ("marks_anonymously", "needs_second_marker", "releases_unfinished")


def upgrade() -> None:
    op.create_table(
        "marking",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(30), nullable=False),
        sa.Column("marker_id", sa.Integer(), nullable=True),
        sa.Column("points", sa.Double(), nullable=False),
        sa.Column("criteria", sa.JSON(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("marked_at", MOMENT, nullable=False),
        sa.Column("reopening_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("role IN ('first', 'second', 'settling')", name=op.f("ck_marking_role")),
        sa.CheckConstraint("points BETWEEN 0 AND 1", name=op.f("ck_marking_points")),
        sa.ForeignKeyConstraint(
            ["attempt_id", "position"], ["attempt_item.attempt_id", "attempt_item.position"],
            name="fk_marking_attempt_id_position_attempt_item", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["marker_id"], ["user.id"], name="fk_marking_marker_id_user", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["reopening_id"], ["attempt_reopening.id"], name="fk_marking_reopening_id_attempt_reopening"),
        sa.PrimaryKeyConstraint("id", name="pk_marking"),
    )
    op.create_index(
        "uq_marking_current", "marking", ["attempt_id", "position", "role"], unique=True,
        sqlite_where=IS_CURRENT, postgresql_where=IS_CURRENT)
    op.create_index("ix_attempt_unmarked", "attempt", ["assignment_id"],
                    sqlite_where=IS_UNMARKED, postgresql_where=IS_UNMARKED)
    with op.batch_alter_table("assignment") as batch:
        for name in SETTINGS:
            batch.add_column(sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("assignment") as batch:
        for name in SETTINGS:
            batch.alter_column(name, existing_type=sa.Boolean(), existing_nullable=False, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("assignment") as batch:
        for name in SETTINGS:
            batch.drop_column(name)
    op.drop_index("ix_attempt_unmarked", table_name="attempt")
    op.drop_table("marking")
