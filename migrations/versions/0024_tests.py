"""tests: composed by trainers from sections, assigned, and kept by the attempts at them

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_tables()
    with op.batch_alter_table("assignment") as batch:
        batch.add_column(sa.Column("test_id", sa.Integer(), nullable=True))
        batch.create_foreign_key("fk_assignment_test_id_test", "test", ["test_id"], ["id"])
        batch.create_index("ix_assignment_test_id", ["test_id"])
    with op.batch_alter_table("attempt_item") as batch:
        batch.add_column(sa.Column("section", sa.Integer(), nullable=True))
    with op.batch_alter_table("attempt") as batch:
        batch.add_column(sa.Column("sections", sa.JSON(), nullable=True))
        batch.add_column(sa.Column("is_forward_only", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("furthest", sa.Integer(), nullable=False, server_default="1"))
        batch.create_check_constraint(op.f("ck_attempt_furthest"), "furthest >= 1")
    with op.batch_alter_table("attempt") as batch:
        batch.alter_column("is_forward_only", existing_type=sa.Boolean(), existing_nullable=False, server_default=None)
        batch.alter_column("furthest", existing_type=sa.Integer(), existing_nullable=False, server_default=None)


def _create_tables() -> None:
    op.create_table(
        "test",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("shuffles", sa.Boolean(), nullable=False),
        sa.Column("is_forward_only", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name="fk_test_owner_id_user", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_test"),
    )
    op.create_index("ix_test_owner_id", "test", ["owner_id"])
    op.create_table(
        "test_section",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("test_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("pass_mark_percent", sa.Integer(), nullable=True),
        sa.Column("needs_critical_right", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "pass_mark_percent IS NULL OR pass_mark_percent BETWEEN 1 AND 100", name=op.f("ck_test_section_pass_mark")),
        sa.ForeignKeyConstraint(["test_id"], ["test.id"], name="fk_test_section_test_id_test", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_test_section"),
        sa.UniqueConstraint("test_id", "position", name="uq_test_section_test_id_position"),
    )
    op.create_table(
        "test_draw",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("section_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("module_id", sa.Integer(), nullable=False),
        sa.Column("question_use", sa.String(30), nullable=False),
        sa.Column("questions", sa.Integer(), nullable=False),
        sa.Column("objective_id", sa.Integer(), nullable=True),
        sa.Column("level", sa.String(30), nullable=True),
        sa.Column("question_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("questions BETWEEN 1 AND 100", name=op.f("ck_test_draw_questions")),
        sa.CheckConstraint("question_use <> 'practice'", name=op.f("ck_test_draw_draws_no_practice")),
        sa.CheckConstraint(
            "question_use IN ('practice', 'test', 'exam')", name=op.f("ck_test_draw_question_use")),
        sa.CheckConstraint("level IN ('recall', 'apply', 'reason')", name=op.f("ck_test_draw_level")),
        sa.CheckConstraint(
            "question_id IS NULL OR (questions = 1 AND objective_id IS NULL AND level IS NULL)",
            name=op.f("ck_test_draw_fixed")),
        sa.ForeignKeyConstraint(
            ["section_id"], ["test_section.id"], name="fk_test_draw_section_id_test_section", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["module_id"], ["module.id"], name="fk_test_draw_module_id_module"),
        sa.ForeignKeyConstraint(["objective_id"], ["objective.id"], name="fk_test_draw_objective_id_objective"),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name="fk_test_draw_question_id_question"),
        sa.PrimaryKeyConstraint("id", name="pk_test_draw"),
        sa.UniqueConstraint("section_id", "position", name="uq_test_draw_section_id_position"),
    )
    op.create_index("ix_test_draw_module_id", "test_draw", ["module_id"])


def downgrade() -> None:
    with op.batch_alter_table("attempt") as batch:
        batch.drop_constraint(op.f("ck_attempt_furthest"), type_="check")
        for name in ("furthest", "is_forward_only", "sections"):
            batch.drop_column(name)
    with op.batch_alter_table("attempt_item") as batch:
        batch.drop_column("section")
    with op.batch_alter_table("assignment") as batch:
        batch.drop_index("ix_assignment_test_id")
        batch.drop_constraint("fk_assignment_test_id_test", type_="foreignkey")
        batch.drop_column("test_id")
    for name in ("test_draw", "test_section", "test"):
        op.drop_table(name)
