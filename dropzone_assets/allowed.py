"""What a setting may be: types that check the text of a variable, and say what would be allowed."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

STORES = ("s3", "az", "gs", "file")
"""Schemes of the URLs that the raw zone and the lake may have; anything else is a folder."""

SQLITE = re.compile(r"sqlite(\+pysqlite)?:///[^?]+")
POSTGRES = re.compile(r"postgresql(\+(?P<driver>\w+))?://([^@\s]*@)?([^:@/?\s]*|\[[0-9a-fA-F:.]+\])(:\d+)?([/?]\S*)?")
MEMORY = re.compile(r"(?=.*[1-9])\d+(\.\d+)?\s*([MGT](i?B)?|%)", re.IGNORECASE)
WEB = re.compile(r"https?://[^\s/]+(/\S*)?")

FIRST, MOST_THREADS, MOST_PORTS = date(1900, 1, 1), 1024, 65535


def _text(sound: Callable[[str], object], allowed: str) -> Any:
    """A text that is empty, which is the default, or `sound`; `allowed` goes on after the words `it must be`."""

    def check(value: str) -> str:
        if value and not sound(value):
            raise ValueError(allowed)
        return value

    return AfterValidator(check)


def _is_store(url: str) -> bool:
    scheme, mark, location = url.partition("://")
    return not mark or (scheme in STORES and bool(location.strip("/")))


def _ledger(url: str) -> str:
    found = POSTGRES.fullmatch(url)
    if url and not found and not SQLITE.fullmatch(url):
        raise ValueError("sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/NAME")
    if found and not find_spec(found["driver"] or "psycopg2"):
        raise ValueError("sqlite:///FILE, since no driver of PostgreSQL is installed: pip install psycopg2-binary")
    return url


def _threads(value: Any) -> Any:
    number = int(value) if re.fullmatch(r"\s*\d{1,4}\s*", str(value)) else 0
    if value is not None and not 1 <= number <= MOST_THREADS:
        raise ValueError(f"a whole number from 1 to {MOST_THREADS}")
    return value


def _port(value: Any) -> Any:
    if not re.fullmatch(r"\s*\d{1,5}\s*", str(value)) or int(value) > MOST_PORTS:
        raise ValueError(f"a port from 1 to {MOST_PORTS}, or 0 for any that is free")
    return value


def _on_off(value: str) -> str:
    if value not in ("on", "off"):
        raise ValueError("on or off")
    return value


def _patience(value: Any) -> Any:
    if not re.fullmatch(r"\s*\d{1,6}(\.\d+)?\s*", str(value)) or float(value) < 1:
        raise ValueError("a number of seconds, 1 or more")
    return value


def _day(value: Any) -> Any:
    try:
        day = date.fromisoformat(value.strip()) if isinstance(value, str) else value
    except ValueError:
        day = None
    if not isinstance(day, date) or not FIRST <= day <= datetime.now(UTC).date():
        raise ValueError(f"a day such as 2013-01-01, not before {FIRST.year} and not in the future")
    return day


Location = Annotated[str, _text(_is_store, "a folder, or s3://BUCKET/…, az://CONTAINER/…, gs://BUCKET/…")]
LedgerUrl = Annotated[str, AfterValidator(_ledger)]
LocalFile = Annotated[str, _text(lambda path: "://" not in path, "a file on this machine")]
Memory = Annotated[str, _text(MEMORY.fullmatch, "an amount such as 4GB, 512MiB or 50%")]
Web = Annotated[str, _text(WEB.fullmatch, "http://HOST:PORT or https://HOST")]
Threads = Annotated[int | None, BeforeValidator(_threads)]
Port = Annotated[int, BeforeValidator(_port)]
Patience = Annotated[float, BeforeValidator(_patience)]
FirstDay = Annotated[date, BeforeValidator(_day)]
Home = Annotated[Path, AfterValidator(lambda path: path.expanduser())]
Folder = Annotated[str, AfterValidator(lambda path: path and str(Path(path).expanduser().absolute()))]
OnOff = Annotated[str, AfterValidator(_on_off)]
