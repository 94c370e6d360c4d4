"""What a person is told when an archive, or one member of it, cannot be unpacked."""

from dropzone_assets.errors import Refused


def damaged(what: str, how: str, *, encrypted: bool = False) -> Refused:
    """Bytes that are not what their writer wrote. A wrong password often looks the same."""
    if encrypted:
        return Refused(
            f"{what} is damaged, or the password is wrong: {how}.",
            "Check `archive_password` under `credentials` of the source; if it is right, ask for the file again.",
        )
    return Refused(f"{what} is damaged: {how}.", "Ask for the file again.")


def cut(what: str, how: str) -> Refused:
    """Bytes that end before their writer's end."""
    return Refused(f"{what} is truncated: {how}.", "The transfer was probably cut; send the file again.")


def locked(what: str) -> Refused:
    """Encrypted, and nobody gave a password."""
    return Refused(
        f"{what} is encrypted and no password is known.", "Set `archive_password` under `credentials` of the source."
    )


def wrong_password(what: str) -> Refused:
    """Encrypted, with another password."""
    return Refused(
        f"{what} is encrypted and the password does not open it.",
        "Correct `archive_password` under `credentials` of the source.",
    )


def unsupported(what: str, how: str) -> Refused:
    """Sound perhaps, but written in a way nothing here reads."""
    return Refused(f"{what} cannot be unpacked: it uses {how}.", "Ask for it packed in the usual way (deflate, zstd).")
