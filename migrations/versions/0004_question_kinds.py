"""question kinds: one JSON document for each key, and no list of kinds in the database

Revision ID: 0004
Revises: 0003
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# The kinds before this migration, whose keys are converted. A later kind keeps its document: a downgrade stores it in
# the column `whys`, which otherwise contains a list.
LISTED = ("single", "several", "truefalse", "match", "order", "numeric", "region")
KIND_RULE = "ck_question_version_kind"

VERSION = sa.table("question_version", sa.column("id"), sa.column("kind"))
KEY = sa.table(
    "question_key",
    sa.column("version_id"),
    sa.column("body", sa.JSON()),
    sa.column("correct", sa.JSON()),
    sa.column("near", sa.JSON()),
    sa.column("value"),
    sa.column("tolerance"),
    sa.column("whys", sa.JSON()),
)
CORRECTION = sa.table("correction", sa.column("id"), sa.column("version_id"), sa.column("key", sa.JSON(none_as_null=True)))

Document = dict[str, Any]


def body_of(kind: str, old: Document) -> Document:
    """Return the document of a key that was stored in columns."""
    if isinstance(old["whys"], dict):
        return old["whys"]
    if kind == "numeric":
        return {"value": old["value"], "tolerance": old["tolerance"] or 0.0}
    if kind == "region":
        return {"correct": old["correct"], "near": old["near"], "reasons": old["whys"]}
    return {"correct": old["correct"], "reasons": old["whys"]}


def columns_of(kind: str, body: Document) -> Document:
    """Return the columns of a key that is stored in a document."""
    if kind not in LISTED:
        return {"correct": [], "near": [], "value": None, "tolerance": None, "whys": body}
    return {
        "correct": body.get("correct", []),
        "near": body.get("near", []),
        "value": body.get("value"),
        "tolerance": body.get("tolerance"),
        "whys": body.get("reasons", []),
    }


def corrected_body_of(kind: str, old: Document) -> Document:
    """Return the document of an accepted key in a correction; the old one had no reasons and no near regions."""
    return body_of(kind, {"near": [], "whys": [], **old})


def old_correction_of(kind: str, body: Document) -> Document:
    if kind not in LISTED:
        return {"correct": [], "value": None, "tolerance": None, "whys": body}
    return {name: value for name, value in columns_of(kind, body).items() if name in ("correct", "value", "tolerance")}


def upgrade() -> None:
    with op.batch_alter_table("question_key") as batch:
        batch.add_column(sa.Column("body", sa.JSON(), nullable=True))
    convert_keys(lambda kind, row: {"body": body_of(kind, row)})
    convert_corrections(corrected_body_of)
    with op.batch_alter_table("question_key") as batch:
        batch.alter_column("body", nullable=False, existing_type=sa.JSON())
        for name in ("whys", "tolerance", "value", "near", "correct"):
            batch.drop_column(name)
    with op.batch_alter_table("question_version") as batch:
        batch.drop_constraint(op.f(KIND_RULE), type_="check")


def downgrade() -> None:
    found = op.get_bind().scalars(sa.select(VERSION.c.kind).distinct()).all()
    # Questions of later kinds are kept with their answers, but the older server cannot show them.
    kinds = ", ".join(f"'{kind}'" for kind in (*LISTED, *sorted(set(found) - set(LISTED))))
    with op.batch_alter_table("question_version") as batch:
        batch.create_check_constraint(op.f(KIND_RULE), f"kind IN ({kinds})")
    with op.batch_alter_table("question_key") as batch:
        for name, column in (
            ("correct", sa.JSON()),
            ("near", sa.JSON()),
            ("value", sa.Double()),
            ("tolerance", sa.Double()),
            ("whys", sa.JSON()),
        ):
            batch.add_column(sa.Column(name, column, nullable=True))
    convert_keys(lambda kind, row: columns_of(kind, row["body"]))
    convert_corrections(old_correction_of)
    with op.batch_alter_table("question_key") as batch:
        for name in ("correct", "near", "whys"):
            batch.alter_column(name, nullable=False, existing_type=sa.JSON())
        batch.drop_column("body")


def convert_keys(convert: Callable[[str, Document], Document]) -> None:
    connection = op.get_bind()
    names = {column["name"] for column in sa.inspect(connection).get_columns("question_key")}
    columns = [column for column in KEY.c if column.name in names]
    rows = connection.execute(
        sa.select(VERSION.c.kind, *columns).join(VERSION, VERSION.c.id == KEY.c.version_id)
    ).mappings().all()
    for row in rows:
        values = convert(row["kind"], dict(row))
        connection.execute(KEY.update().where(KEY.c.version_id == row["version_id"]).values(values))


def convert_corrections(convert: Callable[[str, Document], Document]) -> None:
    connection = op.get_bind()
    rows = connection.execute(
        sa.select(CORRECTION.c.id, CORRECTION.c.key, VERSION.c.kind)
        .join(VERSION, VERSION.c.id == CORRECTION.c.version_id)
        .where(CORRECTION.c.key.is_not(None))
    ).all()
    for row in rows:
        connection.execute(
            CORRECTION.update().where(CORRECTION.c.id == row.id).values(key=convert(row.kind, row.key))
        )
