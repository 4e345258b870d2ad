"""exam questions: drawn only by assigned tests that ask for them

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("question") as batch:
        batch.drop_constraint(op.f("ck_question_use"), type_="check")
        batch.create_check_constraint(op.f("ck_question_use"), "use IN ('practice', 'test', 'exam')")
    use = sa.Enum("practice", "test", "exam", name="question_use", native_enum=False, create_constraint=True, length=30)
    with op.batch_alter_table("assignment") as batch:
        batch.add_column(sa.Column("question_use", use, nullable=False, server_default="test"))
        batch.create_check_constraint(op.f("ck_assignment_draws_no_practice"), "question_use <> 'practice'")
    with op.batch_alter_table("assignment") as batch:
        batch.alter_column("question_use", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("assignment") as batch:
        batch.drop_constraint(op.f("ck_assignment_draws_no_practice"), type_="check")
        batch.drop_constraint(op.f("ck_assignment_question_use"), type_="check")
        batch.drop_column("question_use")
    # Earlier versions would ask these questions in the modules' own tests, so they are retired.
    op.execute(
        "UPDATE question SET use = 'test', retired_at = COALESCE(retired_at, CURRENT_TIMESTAMP) WHERE use = 'exam'"
    )
    with op.batch_alter_table("question") as batch:
        batch.drop_constraint(op.f("ck_question_use"), type_="check")
        batch.create_check_constraint(op.f("ck_question_use"), "use IN ('practice', 'test')")
