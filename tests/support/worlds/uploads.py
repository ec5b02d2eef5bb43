"""Uploads in parts."""

from typing import Any
from urllib.parse import urlsplit

from tests.conftest import BUCKET
from tests.support.http.client import Studio, query_of


def store_part(studio: Studio, part: dict[str, Any], data: bytes) -> None:
    """Send the bytes of a part, as its URL says where."""
    query = query_of(part["url"])
    studio.cloud.s3.upload_part(
        Bucket=BUCKET,
        Key=urlsplit(part["url"]).path.lstrip("/"),
        UploadId=query["uploadId"],
        PartNumber=int(query["partNumber"]),
        Body=data,
    )
