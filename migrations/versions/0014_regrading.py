"""regrading: existing marks change in steps after a correction; indexes for long work

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

UNFINISHED = sa.text("finished_at IS NULL")


def upgrade() -> None:
    # Earlier corrections changed all marks in their own transaction, so none has to be continued.
    op.create_table(
        "regrading",
        sa.Column("correction_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("passes_to_lower", sa.Integer(), nullable=False),
        sa.Column("last_attempt_id", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("lowered", sa.Integer(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("lowered <= passes_to_lower", name=op.f("ck_regrading_lowered")),
        sa.ForeignKeyConstraint(
            ["correction_id"], ["correction.id"], name=op.f("fk_regrading_correction_id_correction")
        ),
        sa.PrimaryKeyConstraint("correction_id", name=op.f("pk_regrading")),
    )
    op.create_index(
        "ix_regrading_unfinished",
        "regrading",
        ["correction_id"],
        sqlite_where=UNFINISHED,
        postgresql_where=UNFINISHED,
    )
    op.create_index("ix_mark_version", "mark", ["version_id", "attempt_id"])
    op.drop_index("ix_mark_version_id", "mark")
    op.create_index("ix_scope_result_best", "scope_result", ["best_attempt_id"])
    op.create_index("ix_scope_result_latest", "scope_result", ["latest_attempt_id"])


def downgrade() -> None:
    op.drop_index("ix_scope_result_latest", "scope_result")
    op.drop_index("ix_scope_result_best", "scope_result")
    op.create_index("ix_mark_version_id", "mark", ["version_id"])
    op.drop_index("ix_mark_version", "mark")
    op.drop_table("regrading")
