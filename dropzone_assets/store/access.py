"""How object stores are reached. What is left empty is found where each store's own clients look for it."""

from base64 import b64encode
from dataclasses import dataclass, field
from typing import Self

from dropzone_assets.errors import BadSettings


@dataclass(frozen=True, slots=True)
class S3Access:
    """How S3 is reached; without keys, as boto3 finds them, and as nobody where it finds none, or when `unsigned`."""

    endpoint: str = ""
    region: str = "us-east-1"
    profile: str | None = None
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    session_token: str = field(default="", repr=False)
    unsigned: bool = False


@dataclass(frozen=True, slots=True)
class AzureAccess:
    """How an Azure storage account is reached; what is empty is read from `AZURE_STORAGE_*` by the client."""

    endpoint: str = ""
    account: str = ""
    key: str = field(default="", repr=False)
    sas: str = field(default="", repr=False)

    @classmethod
    def of(cls, connection_string: str, endpoint: str = "") -> Self:
        """What a connection string, as the Azure portal gives it, says.

        Raises:
            BadSettings: it names no account.
        """
        parts = dict(part.split("=", 1) for part in connection_string.split(";") if "=" in part)
        sas = parts.get("SharedAccessSignature", "")
        found = endpoint or parts.get("BlobEndpoint", "").rstrip("/")
        account = parts.get("AccountName", "") or found.partition("://")[2].partition(".")[0]
        if not account:
            raise BadSettings("The connection string names no account.", "Copy it whole from the Azure portal.")
        if not found and "EndpointSuffix" in parts:
            found = f"{parts.get('DefaultEndpointsProtocol', 'https')}://{account}.blob.{parts['EndpointSuffix']}"
        return cls(found, account, parts.get("AccountKey", ""), sas)


@dataclass(frozen=True, slots=True)
class GcsAccess:
    """How GCS is reached. `service_account` is the JSON of a key or the path of a file that holds it."""

    endpoint: str = ""
    service_account: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class WebAccess:
    """What a web server wants to hear before it gives a file; nothing where all is empty."""

    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a request."""
        if self.token:
            return {"Authorization": f"Bearer {self.token}"}
        if self.user:
            return {"Authorization": f"Basic {b64encode(f'{self.user}:{self.password}'.encode()).decode()}"}
        return {}


@dataclass(frozen=True, slots=True)
class Access:
    """How each kind of store is reached."""

    s3: S3Access = S3Access()
    azure: AzureAccess = AzureAccess()
    gcs: GcsAccess = GcsAccess()
    web: WebAccess = WebAccess()
