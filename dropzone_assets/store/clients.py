"""From a URL to a client: which store it is, and what its client must know."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from obstore.store import AzureStore, GCSStore, HTTPStore, S3Store

from dropzone_assets.store.access import Access, AzureAccess, GcsAccess, S3Access

if TYPE_CHECKING:
    import boto3

Client = AzureStore | GCSStore | HTTPStore | S3Store


class Patience(NamedTuple):
    """How long a store may be silent, and how often it is asked again."""

    client: Any
    retry: Any


OURS = Patience(
    {"timeout": timedelta(minutes=30), "connect_timeout": timedelta(seconds=10)},
    {"max_retries": 5, "retry_timeout": timedelta(seconds=60)},
)
"""For the raw zone and the lake: a run would rather wait than fail."""

THEIRS = Patience(
    {"timeout": timedelta(days=1), "read_timeout": timedelta(seconds=10), "connect_timeout": timedelta(seconds=5)},
    {"max_retries": 2, "retry_timeout": timedelta(seconds=8)},
)
"""For sources: the next look comes soon. `timeout` covers a whole body, so only silence is counted."""

SCHEMES = ("s3", "az", "gs")


def split(url: str) -> tuple[str, str, str]:
    """The scheme, the bucket or container, and the prefix of a URL, as they are written."""
    scheme, _, rest = url.partition("://")
    bucket, _, prefix = rest.partition("/")
    return scheme, bucket, prefix.strip("/")


def open_client(url: str, access: Access, patience: Patience) -> Client:
    """The client of the objects below a URL, whose paths are relative to it."""
    scheme, bucket, prefix = split(url)
    if scheme in ("http", "https"):
        options: Any = {**patience.client, "allow_http": scheme == "http", "default_headers": access.web.headers}
        return HTTPStore(url, client_options=options, retry_config=patience.retry)
    kinds: dict[str, type[Any]] = {"s3": S3Store, "az": AzureStore, "gs": GCSStore}
    client: Client = kinds[scheme](bucket, prefix=prefix or None, **options_of(scheme, access, patience))
    return client


def options_of(scheme: str, access: Access, patience: Patience) -> Any:
    """What a client of this scheme is made with."""
    endpoints = {"s3": access.s3.endpoint, "az": access.azure.endpoint, "gs": access.gcs.endpoint}
    found = {"s3": lambda: _s3(access.s3), "az": lambda: _azure(access.azure), "gs": lambda: _gcs(access.gcs)}[scheme]()
    return {
        **found,
        "client_options": {**patience.client, "allow_http": endpoints[scheme].startswith("http://")},
        "retry_config": patience.retry,
    }


def session(access: S3Access) -> "boto3.Session":
    """boto3 with the keys of `access`, or those it finds itself."""
    import boto3

    keys = {
        "aws_access_key_id": access.access_key or None,
        "aws_secret_access_key": access.secret_key or None,
        "aws_session_token": access.session_token or None,
    }
    return boto3.Session(profile_name=access.profile, region_name=access.region, **keys)


def _s3(access: S3Access) -> dict[str, Any]:
    config: dict[str, Any] = {"region": access.region}
    if access.endpoint:
        config["endpoint"] = access.endpoint
    found = session(access)
    if access.unsigned or found.get_credentials() is None:
        return {"config": {**config, "skip_signature": True}}
    from obstore.auth.boto3 import Boto3CredentialProvider

    return {"config": config, "credential_provider": Boto3CredentialProvider(found)}


def _azure(access: AzureAccess) -> dict[str, Any]:
    """Credentials that are given leave those of the environment no say."""
    config: dict[str, Any] = {}
    if access.account:
        config["account_name"] = access.account
        config["endpoint"] = f"https://{access.account}.blob.core.windows.net"
    if access.endpoint:
        config["endpoint"] = access.endpoint
    if access.key:
        config |= {"account_key": access.key, "credential_type": "access_key"}
    elif access.sas:
        config |= {"sas_key": access.sas.lstrip("?"), "credential_type": "sas_token"}
    return {"config": config}


def _gcs(access: GcsAccess) -> dict[str, Any]:
    config: dict[str, Any] = {}
    if access.service_account.lstrip().startswith("{"):
        config["service_account_key"] = access.service_account
    elif access.service_account:
        config["service_account"] = access.service_account
    if access.endpoint:
        config["base_url"] = access.endpoint
    return {"config": config}
