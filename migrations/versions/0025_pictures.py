"""pictures: photos and scans that figures of published modules show

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "picture",
        sa.Column("module_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("media_type", sa.String(20), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["module_id"], ["module.id"], name="fk_picture_module_id_module"),
        sa.PrimaryKeyConstraint("module_id", "digest", name="pk_picture"),
    )
    op.create_index("ix_picture_digest", "picture", ["digest"])


def downgrade() -> None:
    op.drop_table("picture")
