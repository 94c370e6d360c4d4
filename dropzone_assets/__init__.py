"""Dropzone Assets: drop a file anywhere, get a table you can trust."""
