"""certificates: what was issued for a passed test, with the code by which anybody can verify it

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(26), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("module_title", sa.String(200), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("content_digest", sa.String(64), nullable=False),
        sa.Column("passed_at", MOMENT, nullable=False),
        sa.Column("review_at", MOMENT, nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.Column("withdrawn_by_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("percent BETWEEN 0 AND 100", name=op.f("ck_certificate_percent")),
        sa.CheckConstraint("minutes >= 0", name=op.f("ck_certificate_minutes")),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (reason IS NULL)", name=op.f("ck_certificate_reason")),
        sa.CheckConstraint("name IS NOT NULL OR withdrawn_at IS NOT NULL", name=op.f("ck_certificate_name")),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name="fk_certificate_attempt_id_attempt", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["learner_id"], ["learner.id"], name="fk_certificate_learner_id_learner", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["publication_id"], ["publication.id"], name="fk_certificate_publication_id_publication"),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"], ["user.id"], name="fk_certificate_withdrawn_by_id_user", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_certificate"),
        sa.UniqueConstraint("attempt_id", name="uq_certificate_attempt_id"),
        sa.UniqueConstraint("code", name="uq_certificate_code"),
    )
    op.create_index("ix_certificate_learner_id", "certificate", ["learner_id"])
    op.create_index("ix_certificate_withdrawn_by_id", "certificate", ["withdrawn_by_id"])


def downgrade() -> None:
    op.drop_table("certificate")
