"""reminded dates: a reminder holds the due date that it named

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("reminder") as batch:
        batch.add_column(sa.Column("due_at", MOMENT, nullable=True))
    # Earlier reminders named the date that was the learner's own then. If there is none now, any other date will do.
    op.execute(
        """
        UPDATE reminder SET due_at = COALESCE(
            (
                SELECT CASE WHEN granted.due_at > assignment.due_at THEN granted.due_at ELSE assignment.due_at END
                FROM assignment
                LEFT JOIN assignment_exception AS granted
                    ON granted.assignment_id = assignment.id AND granted.learner_id = reminder.learner_id
                WHERE assignment.id = reminder.assignment_id
            ),
            sent_at
        )
        """
    )
    with op.batch_alter_table("reminder") as batch:
        batch.alter_column("due_at", existing_type=MOMENT, nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("reminder") as batch:
        batch.drop_column("due_at")
