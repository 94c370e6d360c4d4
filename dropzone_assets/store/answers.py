"""What a store says instead of doing what it was asked, as one line a person can read."""

import re

from obstore.exceptions import InvalidPathError, PermissionDeniedError, PreconditionError, UnauthenticatedError

from dropzone_assets.errors import DropzoneError, NotLetIn, Permanent, SourceUnavailable

CODE = re.compile(r"<Code>(.*?)</Code>")
STATUS = re.compile(r"status code: (\d{3})")
QUERY = re.compile(r"(https?://[^\s?]+)\?\S*")
"""The query of an address may hold a signature."""


def said(error: Exception) -> str:
    """The first line of what the driver says, without the body of the answer and without queries of addresses."""
    text = str(error)
    code = CODE.search(text)
    first = text.partition("<?xml")[0].strip().partition("\n")[0].rstrip(": ")
    return QUERY.sub(r"\1", first)[:300] + (f" ({code[1]})" if code else "")


def status_of(error: Exception) -> int:
    """The HTTP status of an answer; 0 where there was none. Not every driver has a type for each."""
    if answer := getattr(error, "response", None):  # boto3's errors hold the answer
        return int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if isinstance(error, (PermissionDeniedError, UnauthenticatedError)):
        return 403
    found = STATUS.search(str(error).partition("\n")[0])
    return int(found[1]) if found else 0


def our(error: Exception, location: str, text: str) -> DropzoneError:
    """What a source's store says, as our error.

    Args:
        place: what the source is called, and where it is.
        text: what the driver says, without secrets.
    """
    status = status_of(error)
    if status in (401, 403):
        return NotLetIn(f"{location} does not let us in: {text}", "Check its credentials and what they may do.")
    if isinstance(error, PreconditionError):
        return SourceUnavailable(f"{location}: the object changed while it was read.", "It is read again.")
    if isinstance(error, (InvalidPathError, ValueError)):
        return Permanent(f"{location}: {text}", "Give the object a name without control characters, `//` and `..`.")
    if status == 404:
        return Permanent(f"{location}: there is no such bucket: {text}", "Make it, or correct the url.")
    if status in (301, 307, 400):
        return Permanent(f"{location} does not understand us: {text}", "Check its region, endpoint and credentials.")
    return SourceUnavailable(f"{location} does not answer: {text}", "Check the address and that the store runs.")
