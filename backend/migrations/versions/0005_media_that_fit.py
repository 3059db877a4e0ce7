"""What was measured of files, and how they were made to fit the networks they go to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "conversions",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("variant", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["sha256"], ["blobs.sha256"], name=op.f("fk_conversions_sha256_blobs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sha256", "variant", name=op.f("pk_conversions")),
    )
    with op.batch_alter_table("blobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("facts", sa.JSON(none_as_null=True), nullable=True))

    with op.batch_alter_table("post_assets", schema=None) as batch_op:
        batch_op.add_column(sa.Column("as_is", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("fit", sa.JSON(none_as_null=True), nullable=True))

    with op.batch_alter_table("post_assets", schema=None) as batch_op:
        batch_op.alter_column("as_is", existing_type=sa.Boolean(), existing_nullable=False, server_default=None)
