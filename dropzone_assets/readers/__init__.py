"""What reads the bytes of a binary format itself, where DuckDB does not: it knows no contract, no table and no SQL.

A format asks it what stands where in a file. Whatever contradicts its own header is refused here, with the place.
"""
