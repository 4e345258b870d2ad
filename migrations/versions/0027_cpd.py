"""CPD: learners' own entries of their professional development, and what they write about passed tests

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

KINDS = ("work_based", "professional", "formal", "self_directed", "other")


def upgrade() -> None:
    op.create_table(
        "cpd_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("reflection", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.CheckConstraint("minutes BETWEEN 1 AND 60000", name=op.f("ck_cpd_entry_minutes")),
        sa.CheckConstraint(f"kind IN {KINDS}", name=op.f("ck_cpd_entry_kind")),
        sa.ForeignKeyConstraint(
            ["learner_id"], ["learner.id"], name="fk_cpd_entry_learner_id_learner", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_cpd_entry"),
    )
    op.create_index("ix_cpd_entry_learner", "cpd_entry", ["learner_id", "done_on"])
    op.create_table(
        "cpd_reflection",
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("reflection", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name="fk_cpd_reflection_attempt_id_attempt", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("attempt_id", name="pk_cpd_reflection"),
    )


def downgrade() -> None:
    op.drop_table("cpd_reflection")
    op.drop_table("cpd_entry")
