"""notes: what learners keep for themselves about lessons, questions and muscles

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
IS_BOOKMARK = sa.text("quote = '' AND body = ''")
TARGET = ["learner_id", "target_kind", "target"]


def upgrade() -> None:
    op.create_table(
        "learner_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("target_kind", sa.String(30), nullable=False),
        sa.Column("target", sa.String(160), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("quote_before", sa.String(32), nullable=False),
        sa.Column("quote_after", sa.String(32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "target_kind IN ('lesson', 'question', 'muscle')", name=op.f("ck_learner_note_targetkind")),
        sa.CheckConstraint(
            "target_kind <> 'question' OR (quote = '' AND title = '')", name=op.f("ck_learner_note_question_text")),
        sa.ForeignKeyConstraint(
            ["learner_id"], ["learner.id"], name="fk_learner_note_learner_id_learner", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_learner_note"),
    )
    op.create_index("ix_learner_note_target", "learner_note", TARGET)
    op.create_index(
        "uq_learner_note_bookmark", "learner_note", TARGET, unique=True,
        sqlite_where=IS_BOOKMARK, postgresql_where=IS_BOOKMARK)


def downgrade() -> None:
    op.drop_table("learner_note")
