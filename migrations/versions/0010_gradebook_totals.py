"""gradebook totals: weights, dropped scores, student numbers and names to sort by

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("membership", "invitation"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("student_number", sa.String(50), nullable=True))
            batch.add_column(sa.Column("sort_name", sa.String(200), nullable=True))
    with op.batch_alter_table("cohort") as batch:
        batch.add_column(sa.Column("drop_lowest", sa.Integer(), nullable=False, server_default="0"))
        batch.create_check_constraint(op.f("ck_cohort_drop_lowest"), "drop_lowest BETWEEN 0 AND 20")
    with op.batch_alter_table("cohort") as batch:
        batch.alter_column("drop_lowest", server_default=None)
    with op.batch_alter_table("assignment") as batch:
        batch.add_column(sa.Column("weight", sa.Integer(), nullable=True))
        batch.create_check_constraint(op.f("ck_assignment_weight"), "weight IS NULL OR weight BETWEEN 0 AND 1000")


def downgrade() -> None:
    with op.batch_alter_table("assignment") as batch:
        batch.drop_constraint(op.f("ck_assignment_weight"), type_="check")
        batch.drop_column("weight")
    with op.batch_alter_table("cohort") as batch:
        batch.drop_constraint(op.f("ck_cohort_drop_lowest"), type_="check")
        batch.drop_column("drop_lowest")
    for table in ("invitation", "membership"):
        with op.batch_alter_table(table) as batch:
            batch.drop_column("sort_name")
            batch.drop_column("student_number")
