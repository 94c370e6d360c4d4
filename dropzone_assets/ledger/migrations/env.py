"""What Alembic runs for each migration, within the transaction of `migrate`; read by Alembic, imported by nobody."""

from alembic import context

from dropzone_assets.ledger.migrations import VERSION
from dropzone_assets.ledger.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, version_table=VERSION)
with context.begin_transaction():
    context.run_migrations()
