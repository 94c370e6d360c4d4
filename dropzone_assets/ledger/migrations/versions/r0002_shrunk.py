"""What gives fewer rows than before is found without reading all deliveries.

Revision ID: 0002
Revises: 0001
"""

from alembic import op
from sqlalchemy import text

revision, down_revision, branch_labels, depends_on = "0002", "0001", None, None

SHRUNK = text("stage = 'shrunk'")


def upgrade() -> None:
    """Make the index."""
    index = ("deliveries_shrunk", "deliveries", ["stage"])
    op.create_index(*index, if_not_exists=True, sqlite_where=SHRUNK, postgresql_where=SHRUNK)
