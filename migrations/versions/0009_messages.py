"""messages, notification settings, digests, and attempts that trainers reopen

Revision ID: 0009
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KINDS = "kind IN ('reminders', 'messages', 'replies', 'digest')"
DELIVERIES = "delivery IN ('none', 'waiting', 'sending', 'sent', 'failed')"
UNSENT = sa.text("delivery IN ('waiting', 'sending', 'failed')")
UNREAD = sa.text("read_at IS NULL")


def upgrade() -> None:
    make_messages()
    make_settings()
    make_reopenings()
    op.add_column("attempt", sa.Column("reopened_at", MOMENT, nullable=True))
    with op.batch_alter_table("mark_change") as batch:
        batch.drop_constraint("fk_mark_change_attempt_id_position_mark", type_="foreignkey")
        batch.create_foreign_key(
            "fk_mark_change_attempt_id_position_attempt_item",
            "attempt_item",
            ["attempt_id", "position"],
            ["attempt_id", "position"],
            ondelete="CASCADE",
        )
        batch.add_column(sa.Column("reopening_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            "fk_mark_change_reopening_id_attempt_reopening", "attempt_reopening", ["reopening_id"], ["id"]
        )


def downgrade() -> None:
    # Earlier versions delete the changes of a mark together with it.
    op.execute(
        "DELETE FROM mark_change WHERE reopening_id IS NOT NULL OR NOT EXISTS (SELECT 1 FROM mark"
        " WHERE mark.attempt_id = mark_change.attempt_id AND mark.position = mark_change.position)"
    )
    with op.batch_alter_table("mark_change") as batch:
        batch.drop_constraint("fk_mark_change_reopening_id_attempt_reopening", type_="foreignkey")
        batch.drop_column("reopening_id")
        batch.drop_constraint("fk_mark_change_attempt_id_position_attempt_item", type_="foreignkey")
        batch.create_foreign_key(
            "fk_mark_change_attempt_id_position_mark",
            "mark",
            ["attempt_id", "position"],
            ["attempt_id", "position"],
            ondelete="CASCADE",
        )
    op.drop_column("attempt", "reopened_at")
    for table in (
        "withdrawn_mark",
        "attempt_reopening",
        "digest",
        "notification_setting",
        "message_recipient",
        "message",
    ):
        op.drop_table(table)


def refer(table: str, column: str, other: str, ondelete: str | None = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}", ondelete=ondelete)


def make_messages() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("sender_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sent_at", MOMENT, nullable=False),
        refer("message", "cohort_id", "cohort"),
        refer("message", "sender_id", "user", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
    )
    op.create_index("ix_message_cohort", "message", ["cohort_id", "id"])
    op.create_index("ix_message_sender_id", "message", ["sender_id"])
    op.create_table(
        "message_recipient",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("read_at", MOMENT, nullable=True),
        sa.Column("delivery", sa.String(30), nullable=False),
        sa.Column("delivery_changed_at", MOMENT, nullable=True),
        sa.CheckConstraint(DELIVERIES, name=op.f("ck_message_recipient_delivery")),
        refer("message_recipient", "message_id", "message"),
        refer("message_recipient", "learner_id", "learner"),
        sa.PrimaryKeyConstraint("message_id", "learner_id", name="pk_message_recipient"),
    )
    op.create_index("ix_message_recipient_learner", "message_recipient", ["learner_id", "message_id"])
    for name, column, condition in (("unread", "learner_id", UNREAD), ("unsent", "message_id", UNSENT)):
        op.create_index(
            f"ix_message_recipient_{name}",
            "message_recipient",
            [column],
            sqlite_where=condition,
            postgresql_where=condition,
        )


def make_settings() -> None:
    op.create_table(
        "notification_setting",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.CheckConstraint(KINDS, name=op.f("ck_notification_setting_kind")),
        refer("notification_setting", "user_id", "user"),
        sa.PrimaryKeyConstraint("user_id", "kind", name="pk_notification_setting"),
    )
    op.create_table(
        "digest",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("week", sa.String(8), nullable=False),
        sa.Column("sent_at", MOMENT, nullable=False),
        refer("digest", "user_id", "user"),
        sa.PrimaryKeyConstraint("user_id", "week", name="pk_digest"),
    )


def make_reopenings() -> None:
    op.create_table(
        "attempt_reopening",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reopened_at", MOMENT, nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("deadline_at", MOMENT, nullable=True),
        sa.Column("old_deadline_at", MOMENT, nullable=True),
        sa.Column("old_submitted_at", MOMENT, nullable=True),
        sa.Column("old_points", sa.Double(), nullable=True),
        sa.Column("old_max_points", sa.Double(), nullable=True),
        sa.Column("old_is_passed", sa.Boolean(), nullable=True),
        sa.CheckConstraint("minutes IS NULL OR minutes BETWEEN 1 AND 600", name=op.f("ck_attempt_reopening_minutes")),
        refer("attempt_reopening", "attempt_id", "attempt"),
        refer("attempt_reopening", "actor_id", "user", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_attempt_reopening"),
    )
    op.create_index("ix_attempt_reopening_attempt_id", "attempt_reopening", ["attempt_id"])
    op.create_table(
        "withdrawn_mark",
        sa.Column("reopening_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("points", sa.Double(), nullable=False),
        sa.Column("max_points", sa.Double(), nullable=False),
        sa.Column("is_right", sa.Boolean(), nullable=False),
        sa.Column("is_void", sa.Boolean(), nullable=False),
        sa.Column("certainty_points", sa.Integer(), nullable=False),
        sa.Column("marked_at", MOMENT, nullable=False),
        refer("withdrawn_mark", "reopening_id", "attempt_reopening"),
        sa.PrimaryKeyConstraint("reopening_id", "position", name="pk_withdrawn_mark"),
    )
