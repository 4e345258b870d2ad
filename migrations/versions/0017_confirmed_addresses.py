"""confirmed addresses: an account knows the address for which a link was mailed that nobody has opened yet

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The addresses of existing accounts count as confirmed: they have been in use.
    with op.batch_alter_table("user") as batch:
        batch.add_column(sa.Column("unconfirmed_email", sa.String(254), nullable=True))
        batch.add_column(sa.Column("unconfirmed_since", sa.DateTime(timezone=True), nullable=True))
        batch.create_check_constraint(
            op.f("ck_user_unconfirmed"), "(unconfirmed_email IS NULL) = (unconfirmed_since IS NULL)")


def downgrade() -> None:
    with op.batch_alter_table("user") as batch:
        batch.drop_constraint(op.f("ck_user_unconfirmed"), type_="check")
        batch.drop_column("unconfirmed_since")
        batch.drop_column("unconfirmed_email")
