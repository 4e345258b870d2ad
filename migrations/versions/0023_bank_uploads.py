"""bank uploads: files with questions of other systems, from their upload until they are imported

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bank_upload",
        sa.Column("library_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["library_id"], ["library.id"], name="fk_bank_upload_library_id_library", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["author_id"], ["user.id"], name="fk_bank_upload_author_id_user", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("library_id", "author_id", name="pk_bank_upload"),
    )
    op.create_index("ix_bank_upload_author_id", "bank_upload", ["author_id"])
    op.create_index("ix_bank_upload_uploaded_at", "bank_upload", ["uploaded_at"])


def downgrade() -> None:
    op.drop_table("bank_upload")
