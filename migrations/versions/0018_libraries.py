"""libraries: content that trainers write in the browser, with the people and the history of each document

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ROLES = "role IN ('owner', 'editor', 'reader')"
CHANGES = "change IN ('written', 'uploaded', 'restored', 'removed')"


def upgrade() -> None:
    op.create_table(
        "library",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(80), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("stored_bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_library"),
        sa.UniqueConstraint("slug", name="uq_library_slug"),
    )
    op.create_table(
        "library_person",
        sa.Column("library_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(30), nullable=False),
        sa.CheckConstraint(ROLES, name=op.f("ck_library_person_role")),
        sa.ForeignKeyConstraint(
            ["library_id"], ["library.id"], name="fk_library_person_library_id_library", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_library_person_user_id_user", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("library_id", "user_id", name="pk_library_person"),
    )
    op.create_index("ix_library_person_user_id", "library_person", ["user_id"])
    op.create_table(
        "library_invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("library_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("role", sa.String(30), nullable=False),
        sa.Column("invited_by_id", sa.Integer(), nullable=False),
        sa.Column("invited_at", MOMENT, nullable=False),
        sa.CheckConstraint(ROLES, name=op.f("ck_library_invitation_role")),
        sa.ForeignKeyConstraint(
            ["library_id"], ["library.id"], name="fk_library_invitation_library_id_library", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["invited_by_id"], ["user.id"], name="fk_library_invitation_invited_by_id_user", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_library_invitation"),
        sa.UniqueConstraint("library_id", "email", name="uq_library_invitation_library_id_email"),
    )
    op.create_index("ix_library_invitation_email", "library_invitation", ["email"])
    op.create_index("ix_library_invitation_invited_by_id", "library_invitation", ["invited_by_id"])
    op.create_table(
        "library_document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("library_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(200), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_library_document_revision")),
        sa.ForeignKeyConstraint(
            ["library_id"], ["library.id"], name="fk_library_document_library_id_library", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_library_document"),
        sa.UniqueConstraint("library_id", "path", name="uq_library_document_library_id_path"),
    )
    op.create_table(
        "document_version",
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("change", sa.String(30), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(CHANGES, name=op.f("ck_document_version_change")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["library_document.id"], name="fk_document_version_document_id_library_document",
            ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user.id"], name="fk_document_version_author_id_user", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("document_id", "number", name="pk_document_version"),
    )
    op.create_index("ix_document_version_author_id", "document_version", ["author_id"])


def downgrade() -> None:
    op.drop_table("document_version")
    op.drop_table("library_document")
    op.drop_table("library_invitation")
    op.drop_table("library_person")
    op.drop_table("library")
