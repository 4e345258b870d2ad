"""report replies: whether a learner has read the reply to their report of a question

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

UNREAD = sa.text("answered_at IS NOT NULL AND reply_read_at IS NULL")


def upgrade() -> None:
    # Earlier replies stay unread: nobody was told about them.
    with op.batch_alter_table("question_report") as batch:
        batch.add_column(sa.Column("reply_read_at", sa.DateTime(timezone=True), nullable=True))
        batch.create_check_constraint(
            op.f("ck_question_report_read"), "reply_read_at IS NULL OR answered_at IS NOT NULL"
        )
    op.create_index(
        "ix_question_report_unread", "question_report", ["attempt_id"], sqlite_where=UNREAD, postgresql_where=UNREAD
    )


def downgrade() -> None:
    op.drop_index("ix_question_report_unread", "question_report")
    with op.batch_alter_table("question_report") as batch:
        batch.drop_constraint(op.f("ck_question_report_read"), type_="check")
        batch.drop_column("reply_read_at")
