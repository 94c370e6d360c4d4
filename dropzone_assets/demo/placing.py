"""Puts bytes in place: under their final name whole, or not at all."""

from pathlib import Path


def location(path: Path, content: bytes) -> bool:
    """Write a file, unless it already holds exactly these bytes.

    Args:
        path: the final name; until the last byte is written, the file is a hidden `.name.tmp` beside it.
        content: the whole content.

    Returns:
        Whether anything was written.
    """
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.tmp")
    unfinished.write_bytes(content)
    unfinished.replace(path)
    return True
