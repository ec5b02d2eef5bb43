"""Listing the content bucket page by page, and its older versions: objects that were deleted can come back."""

from typing import Any, NamedTuple

from chalicelib.aws.storage import client
from chalicelib.config import settings

MAX_COPY = 512 * 1024**2  # bytes that are copied by one call; larger objects are copied in parts, as it takes long
MIN_PART = 64 * 1024**2  # bytes
MAX_PARTS = 1000


class Stored(NamedTuple):
    """An object of the bucket."""

    key: str
    size: int  # bytes


class Version(NamedTuple):
    """A version of an object: the current one, or one that its deletion has hidden."""

    key: str
    version: str
    size: int  # bytes
    is_shown: bool


_FIELDS = ("Key", "VersionId", "Size", "IsLatest")


def page(prefix: str, after: str, size: int) -> tuple[list[Stored], bool]:
    """Up to `size` objects with this prefix whose keys follow `after`, by key, and whether there may be more."""
    listed = client().list_objects_v2(Bucket=settings().bucket, Prefix=prefix, StartAfter=after, MaxKeys=size)
    return [Stored(entry["Key"], entry["Size"]) for entry in listed.get("Contents", [])], bool(listed["IsTruncated"])


def newest(prefix: str) -> list[Version]:
    """The newest version of each object with this prefix, also of those that were deleted. One call per 1,000."""
    pages = client().get_paginator("list_object_versions").paginate(Bucket=settings().bucket, Prefix=prefix)
    found: dict[str, Version] = {}
    for page in pages:
        for entry in page.get("Versions", []):  # of each key the newest first
            found.setdefault(entry["Key"], Version(*(entry[name] for name in _FIELDS)))
    return list(found.values())


def copy_parts(found: Version) -> list[str]:
    """The ranges of bytes in which a version is copied; none if it is copied at once."""
    if found.size <= MAX_COPY:
        return []
    part = max(MIN_PART, -(-found.size // MAX_PARTS))
    return [f"bytes={at}-{min(at + part, found.size) - 1}" for at in range(0, found.size, part)]


def copy(found: Version) -> None:
    """Let a deleted object exist again, by a copy of its version, with its headers."""
    client().copy_object(Bucket=settings().bucket, Key=found.key, CopySource=_source(found))


def begin(found: Version) -> str:
    """Begin to copy a version in parts; returns the id of the upload. One that is not ended is removed after a day."""
    bucket = settings().bucket
    headers = client().head_object(Bucket=bucket, Key=found.key, VersionId=found.version)
    kept = {name: headers[name] for name in ("CacheControl", "ContentType", "ContentEncoding") if headers.get(name)}
    upload: str = client().create_multipart_upload(Bucket=bucket, Key=found.key, **kept)["UploadId"]
    return upload


def copy_part(found: Version, upload: str, number: int, part: str) -> dict[str, Any]:
    """Copy a range of bytes as the part with this number; returns what `end` takes."""
    made = client().upload_part_copy(
        Bucket=settings().bucket,
        Key=found.key,
        UploadId=upload,
        PartNumber=number,
        CopySource=_source(found),
        CopySourceRange=part,
    )
    return {"PartNumber": number, "ETag": made["CopyPartResult"]["ETag"]}


def end(found: Version, upload: str, parts: list[dict[str, Any]]) -> None:
    """Let the object exist again, of its copied parts."""
    client().complete_multipart_upload(
        Bucket=settings().bucket, Key=found.key, UploadId=upload, MultipartUpload={"Parts": parts}
    )


def _source(found: Version) -> dict[str, str]:
    return {"Bucket": settings().bucket, "Key": found.key, "VersionId": found.version}
