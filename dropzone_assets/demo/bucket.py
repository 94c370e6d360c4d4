"""A file as a media bucket holds them: songs, movies, apps and others in one document, each of a type."""

import json
from datetime import date
from pathlib import Path

from dropzone_assets.demo.placing import location

RECORDS = (
    ("song", {"title": "Heroes", "artist": "David Bowie", "album": "Heroes", "year": 1977}),
    ("song", {"title": "Ne me quitte pas", "artist": "Jacques Brel", "year": 1959}),
    ("movie", {"original_title": "Amélie: Le Fabuleux Destin (2001)", "original_language": "fr"}),
    ("movie", {"original_title": "2001: A Space Odyssey", "original_language": "en"}),
    ("app", {"name": "Chess!", "genre": "Games", "rating": 4.7, "rating_count": 12_345, "version": "2.0.1"}),
    ("app", {"name": "Maps", "genre": "Travel", "rating": 3.9, "rating_count": 99, "version": "11"}),
    ("podcast", {"title": "Nobody's business here"}),
    ("song", {"title": "Heroes", "artist": "David Bowie", "album": "“Heroes” (2017 remaster)", "year": 1977}),
)
"""The last song is the first one again: in its table the latest counts."""


def write_bucket(folder: Path, day: date) -> Path:
    """Write the file of one day; its path."""
    documents = [{"type": kind, "data": data} for kind, data in RECORDS]
    file = folder / f"bucket_{day}.json"
    location(file, json.dumps(documents, indent=1, ensure_ascii=False).encode())
    return file
