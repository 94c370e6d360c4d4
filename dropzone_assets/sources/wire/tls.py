"""Whose certificates are believed."""

import ssl

from dropzone_assets.errors import NotLetIn
from dropzone_assets.sources.credentials import Credentials


def context(name: str, credentials: Credentials) -> ssl.SSLContext:
    """TLS 1.2 or newer with the server's certificate and name verified: against `ca`, else what the system believes.

    Args:
        name: the source's.

    Raises:
        NotLetIn: what `ca` names is no certificate.
    """
    authority = credentials("ca")
    try:
        if "-----BEGIN" in authority:
            return ssl.create_default_context(cadata=authority)
        return ssl.create_default_context(cafile=authority or None)
    except OSError as error:
        cure = "The variable named under `ca` holds the text of a PEM certificate or the path of its file."
        raise NotLetIn(f"{name}: its CA cannot be read.", cure) from error
