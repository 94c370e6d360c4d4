"""A prefix in a real S3 bucket, seen from the sender."""

from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import boto3

from dropzone_assets.sources import SourceConfig
from tests.servers.stores import KEY, SECRET

BUCKET = "arrivals"
NUMBERS = count()


class S3Place:
    """A prefix that nobody else uses; the sender has a client of his own."""

    secrets: ClassVar[dict[str, str]] = {"ARRIVALS_KEY": KEY, "ARRIVALS_SECRET": SECRET, "WRONG": "wrong-secret"}

    def __init__(self, home: Path, endpoint: str) -> None:
        self.home = home
        self.endpoint = endpoint
        self.prefix = f"in/{next(NUMBERS)}"
        self.client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
        )
        if BUCKET not in {each["Name"] for each in self.client.list_buckets()["Buckets"]}:
            self.client.create_bucket(Bucket=BUCKET)

    def config(self, **fields: Any) -> SourceConfig:
        credentials = {"access_key": "ARRIVALS_KEY", "secret_key": "ARRIVALS_SECRET"}
        location = {"name": "arrivals", "kind": "s3", "url": f"s3://{BUCKET}/{self.prefix}", "endpoint": self.endpoint}
        return SourceConfig.model_validate({**location, "settle_seconds": 0, "credentials": credentials, **fields})

    def dead(self) -> SourceConfig:
        return self.config(endpoint="http://127.0.0.1:9")

    def stranger(self) -> SourceConfig:
        return self.config(credentials={"access_key": "ARRIVALS_KEY", "secret_key": "WRONG"})

    def missing(self) -> SourceConfig:
        return self.config(url="s3://nowhere-at-all/in")

    def put(self, path: str, content: bytes) -> None:
        self.client.put_object(Bucket=BUCKET, Key=f"{self.prefix}/{path}", Body=content)

    def remove(self, path: str) -> None:
        self.client.delete_object(Bucket=BUCKET, Key=f"{self.prefix}/{path}")
