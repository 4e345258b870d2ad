"""daily review: what learners remember of each objective, and their plans

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KINDS = "kind IN ('reminders', 'messages', 'replies', 'digest', 'reviews')"
FORMER_KINDS = "kind IN ('reminders', 'messages', 'replies', 'digest')"


def upgrade() -> None:
    op.create_table(
        "memory_card",
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("objective_id", sa.Integer(), nullable=False),
        sa.Column("stability", sa.Double(), nullable=False),
        sa.Column("difficulty", sa.Double(), nullable=False),
        sa.Column("reviewed_at", MOMENT, nullable=False),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.CheckConstraint("stability > 0", name=op.f("ck_memory_card_stability")),
        sa.CheckConstraint("difficulty BETWEEN 1 AND 10", name=op.f("ck_memory_card_difficulty")),
        sa.ForeignKeyConstraint(
            ["learner_id"], ["learner.id"], name="fk_memory_card_learner_id_learner", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["objective_id"], ["objective.id"], name="fk_memory_card_objective_id_objective"),
        sa.PrimaryKeyConstraint("learner_id", "objective_id", name="pk_memory_card"),
    )
    op.create_index("ix_memory_card_due", "memory_card", ["learner_id", "due_at"])
    op.create_table(
        "card_update",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name="fk_card_update_attempt_id_attempt", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_card_update"),
    )
    op.create_index("ix_card_update_attempt_id", "card_update", ["attempt_id"])
    op.create_table(
        "review_plan",
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("retention_percent", sa.Integer(), nullable=False),
        sa.Column("daily_limit", sa.Integer(), nullable=False),
        sa.Column("exam_on", sa.Date(), nullable=True),
        sa.Column("is_paused", sa.Boolean(), nullable=False),
        sa.Column("is_in_calendar", sa.Boolean(), nullable=False),
        sa.Column("reminded_on", sa.Date(), nullable=True),
        sa.CheckConstraint("retention_percent BETWEEN 70 AND 97", name=op.f("ck_review_plan_retention_percent")),
        sa.CheckConstraint("daily_limit BETWEEN 1 AND 200", name=op.f("ck_review_plan_daily_limit")),
        sa.ForeignKeyConstraint(
            ["learner_id"], ["learner.id"], name="fk_review_plan_learner_id_learner", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("learner_id", name="pk_review_plan"),
    )
    op.create_index("ix_mark_objective", "mark", ["learner_id", "objective_id"])
    allow_kinds(KINDS)
    # The server makes the cards of what was marked before, a few learners at a time.
    op.execute(
        "INSERT INTO card_update (attempt_id) SELECT attempt.id FROM attempt "
        "JOIN learner ON learner.id = attempt.learner_id WHERE learner.user_id IS NOT NULL "
        "AND EXISTS (SELECT 1 FROM mark WHERE mark.attempt_id = attempt.id) ORDER BY attempt.id"
    )


def allow_kinds(rule: str) -> None:
    with op.batch_alter_table("notification_setting") as batch:
        batch.drop_constraint(op.f("ck_notification_setting_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_notification_setting_kind"), rule)


def downgrade() -> None:
    op.execute("DELETE FROM notification_setting WHERE kind = 'reviews'")
    allow_kinds(FORMER_KINDS)
    op.drop_index("ix_mark_objective", "mark")
    for table in ("review_plan", "card_update", "memory_card"):
        op.drop_table(table)
