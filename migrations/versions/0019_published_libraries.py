"""published libraries: modules, sources and publications that belong to a library, and slugs with its prefix

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

OWNED = ("publication", "source", "module")
NAMED = ("source", "module", "objective", "lesson", "question")


def upgrade() -> None:
    for table in OWNED:
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("library_id", sa.Integer(), nullable=True))
            batch.create_foreign_key(f"fk_{table}_library_id_library", "library", ["library_id"], ["id"])
            batch.create_index(f"ix_{table}_library_id", ["library_id"])
    for table in NAMED:
        with op.batch_alter_table(table) as batch:
            batch.alter_column(
                "slug", existing_type=sa.String(80), type_=sa.String(160), existing_nullable=False)


def downgrade() -> None:
    # Earlier versions would show everybody what belongs to a library, so it is retired. They do not mind wider columns.
    op.execute("DELETE FROM source WHERE library_id IS NOT NULL")
    op.execute("DELETE FROM publication WHERE library_id IS NOT NULL")
    its = "SELECT id FROM module WHERE library_id IS NOT NULL"
    for table, column in (("question", "module_id"), ("lesson", "module_id"), ("objective", "module_id"), ("module", "id")):
        op.execute(
            f"UPDATE {table} SET retired_at = COALESCE(retired_at, CURRENT_TIMESTAMP) WHERE {column} IN ({its})"
        )
    for table in reversed(OWNED):
        with op.batch_alter_table(table) as batch:
            batch.drop_index(f"ix_{table}_library_id")
            batch.drop_constraint(f"fk_{table}_library_id_library", type_="foreignkey")
            batch.drop_column("library_id")
