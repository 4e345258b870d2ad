"""people: folded names, notices to account holders, who created a cohort, and who left one by themselves

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

from app.models.folded import fold_person

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

FOLDED = sa.String().with_variant(sa.String(collation="C"), "postgresql")
CREATOR_KEY = "fk_cohort_created_by_id_user"


def upgrade() -> None:
    with op.batch_alter_table("user") as batch:
        batch.add_column(sa.Column("folded", FOLDED, nullable=False, server_default=""))
        batch.add_column(sa.Column("notices", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("invitation") as batch:
        batch.add_column(sa.Column("folded", FOLDED, nullable=False, server_default=""))
    with op.batch_alter_table("membership") as batch:
        batch.add_column(sa.Column("has_left", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("cohort") as batch:
        batch.add_column(sa.Column("created_by_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(CREATOR_KEY, "user", ["created_by_id"], ["id"], ondelete="SET NULL")
    for table in ("user", "invitation"):
        fold_all(table)
    find_creators()
    drop_server_defaults()


def downgrade() -> None:
    with op.batch_alter_table("cohort") as batch:
        batch.drop_constraint(CREATOR_KEY, type_="foreignkey")
        batch.drop_column("created_by_id")
    for table, columns in {"membership": ["has_left"], "invitation": ["folded"], "user": ["folded", "notices"]}.items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.drop_column(column)


def fold_all(name: str) -> None:
    """Fill the folded column of a table, a thousand rows at a time."""
    people = sa.table(name, sa.column("id"), sa.column("name"), sa.column("email"), sa.column("folded"))
    connection, last = op.get_bind(), 0
    change = people.update().where(people.c.id == sa.bindparam("row")).values(folded=sa.bindparam("text"))
    while rows := connection.execute(
        sa.select(people.c.id, people.c.name, people.c.email)
        .where(people.c.id > last)
        .order_by(people.c.id)
        .limit(1000)
    ).all():
        connection.execute(change, [{"row": row.id, "text": fold_person(row.name, row.email)} for row in rows])
        last = rows[-1].id


def find_creators() -> None:
    """Take the creators of cohorts from the audit log: of the latest event, because SQLite may reuse a number."""
    op.execute(
        "UPDATE cohort SET created_by_id = (SELECT audit_event.actor_id FROM audit_event"
        " WHERE audit_event.action = 'cohort.create'"
        " AND audit_event.subject = 'cohort:' || CAST(cohort.id AS VARCHAR(20))"
        " ORDER BY audit_event.id DESC LIMIT 1)"
    )


def drop_server_defaults() -> None:
    """The application gives these values; a default of the database would hide a statement that forgets them."""
    for table, columns in {"user": ("folded", "notices"), "invitation": ("folded",), "membership": ("has_left",)}.items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.alter_column(column, server_default=None)
