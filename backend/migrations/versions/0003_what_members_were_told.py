"""What members were told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What happened before is not news."""
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.add_column(sa.Column("seen_seq", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("mailed_seq", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("mailed_kinds", sa.JSON(), nullable=False, server_default="{}"))
    op.execute("UPDATE memberships SET seen_seq = (SELECT COALESCE(MAX(seq), 0) FROM events)")
    op.execute("UPDATE memberships SET mailed_seq = seen_seq")
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        for name in ("seen_seq", "mailed_seq", "mailed_kinds"):
            batch_op.alter_column(name, server_default=None)
