"""The calendar counts the posts of a month by day, status and account without reading them."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.drop_index("ix_posts_workspace_publish_at")
        batch_op.create_index("ix_posts_agenda", ["workspace_id", "publish_at", "status", "account_id"], unique=False)
