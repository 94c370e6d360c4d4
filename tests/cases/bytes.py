"""Bytes as a format asks for them, without a raw zone around them."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Bytes:
    """The content of a file that rests in `folder`."""

    content: bytes
    folder: Path

    @property
    def uri(self) -> str:
        return str(self.file())

    @property
    def size(self) -> int:
        return len(self.content)

    def head(self, length: int) -> bytes:
        return self.content[:length]

    def file(self) -> Path:
        file = self.folder / "bytes"
        file.write_bytes(self.content)
        return file
