"""Dagster's own resources, by which S3 and the warehouse are reached: a project's, or made from the settings."""

from typing import TYPE_CHECKING

import dagster as dg
from dagster_duckdb import DuckDBResource

from dropzone_assets.settings import Settings
from dropzone_assets.store import S3Access

if TYPE_CHECKING:
    from dagster_aws.s3 import S3Resource


def reached_by(s3: "S3Resource") -> S3Access:
    """How S3 is reached by a resource; what it leaves out is found where boto3 finds it."""
    return S3Access(
        _said(s3.endpoint_url),
        _said(s3.region_name) or S3Access().region,
        _said(s3.profile_name) or None,
        _said(s3.aws_access_key_id),
        _said(s3.aws_secret_access_key),
        _said(s3.aws_session_token),
        s3.use_unsigned_session,
    )


def kept_by(duckdb: DuckDBResource) -> str:
    """The file of the warehouse that a resource names."""
    return _said(duckdb.database)


def s3_of(settings: Settings) -> dg.ResourceDefinition:
    """The resource that reaches S3 as the settings do. It is imported when an asset wants it: it brings all of AWS."""

    def make(_: dg.InitResourceContext) -> "S3Resource":
        from dagster_aws.s3 import S3Resource

        return S3Resource(endpoint_url=settings.s3_endpoint or None, region_name=settings.s3_region)

    return dg.ResourceDefinition(make, description="S3, as the settings say.")


def duckdb_of(settings: Settings) -> DuckDBResource:
    """The resource that opens the warehouse of the settings."""
    return DuckDBResource(database=str(settings.warehouse))


def _said(value: str | None) -> str:
    """A field of a resource, which may name a variable of the environment instead."""
    return (value.get_value() if isinstance(value, dg.EnvVar) else value) or ""
