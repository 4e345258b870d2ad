"""chores and the outbox: who does regular work, mails that wait to be sent, and those that were refused for good

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
STATES = "state IN ('waiting', 'given_up')"
DELIVERIES = "delivery IN ('none', 'waiting', 'sending', 'sent', 'failed', 'refused')"
FORMER_DELIVERIES = "delivery IN ('none', 'waiting', 'sending', 'sent', 'failed')"


def upgrade() -> None:
    op.create_table(
        "chore_run",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("holder", sa.String(100), nullable=True),
        sa.Column("leased_until", MOMENT, nullable=True),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_chore_run"),
    )
    op.create_table(
        "outbox_mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.Column("give_up_at", MOMENT, nullable=False),
        sa.Column("next_try_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(30), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(200), nullable=False),
        sa.CheckConstraint(STATES, name=op.f("ck_outbox_mail_state")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_outbox_mail_user_id_user", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox_mail"),
    )
    op.create_index("ix_outbox_mail_user_id", "outbox_mail", ["user_id"])
    op.create_index("ix_outbox_mail_address", "outbox_mail", ["address"])
    op.create_index("ix_outbox_mail_state", "outbox_mail", ["state", "next_try_at"])
    allow_deliveries(DELIVERIES)


def allow_deliveries(rule: str) -> None:
    with op.batch_alter_table("message_recipient") as batch:
        batch.drop_constraint(op.f("ck_message_recipient_delivery"), type_="check")
        batch.create_check_constraint(op.f("ck_message_recipient_delivery"), rule)


def downgrade() -> None:
    op.execute("UPDATE message_recipient SET delivery = 'failed' WHERE delivery = 'refused'")
    allow_deliveries(FORMER_DELIVERIES)
    op.drop_table("outbox_mail")
    op.drop_table("chore_run")
