"""Files to try the platform with, and a note beside each of what is wrong with it on purpose.

The only room where column names of shipped tables appear in Python. To add a generator: one file with a function of the
`Generator` shape, and one line in `generators.py`. The same arguments must give the same bytes.
"""

from pathlib import Path

CONTRACTS = Path(__file__).with_name("contracts")
"""The contracts of the tables that the demo fills."""
