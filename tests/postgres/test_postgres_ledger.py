"""A ledger in PostgreSQL keeps every promise that one in SQLite keeps."""

from tests.test_claims import *  # noqa: F403
from tests.test_ledger import *  # noqa: F403
from tests.test_partitions import *  # noqa: F403
from tests.test_receipts_due import *  # noqa: F403
