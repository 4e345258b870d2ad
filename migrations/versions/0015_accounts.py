"""accounts: a sign-in knows its last use, browser and network; a membership knows an erased account that was in it before

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TEXTS = {"browser": 20, "system": 20, "network": 45}


def upgrade() -> None:
    with op.batch_alter_table("sign_in") as batch:
        batch.add_column(sa.Column("seen_at", MOMENT, nullable=True))
        for name, length in TEXTS.items():
            batch.add_column(sa.Column(name, sa.String(length), nullable=False, server_default=""))
    with op.batch_alter_table("membership") as batch:
        batch.add_column(sa.Column("joined_before", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("former_address", sa.String(64), nullable=True))
    op.execute("UPDATE sign_in SET seen_at = started_at")
    with op.batch_alter_table("sign_in") as batch:
        batch.alter_column("seen_at", existing_type=MOMENT, nullable=False)
        # The application gives these values; a default of the database would hide a statement that forgets them.
        for name, length in TEXTS.items():
            batch.alter_column(name, existing_type=sa.String(length), existing_nullable=False, server_default=None)
    with op.batch_alter_table("membership") as batch:
        batch.alter_column("joined_before", existing_type=sa.Boolean(), existing_nullable=False, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("membership") as batch:
        batch.drop_column("former_address")
        batch.drop_column("joined_before")
    with op.batch_alter_table("sign_in") as batch:
        for name in ("seen_at", *TEXTS):
            batch.drop_column(name)
