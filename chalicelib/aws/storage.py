"""The content bucket. Every call to S3 is here or, for objects in parts, in `multipart`."""

import base64
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.exceptions import ClientError

from chalicelib.aws import clients
from chalicelib.config import settings
from chalicelib.domain.storage_keys import storage_key

SQLITE = "application/vnd.sqlite3"
IMMUTABLE = "public, max-age=31536000, immutable"
NEWEST = "public, max-age=5"
EXISTS, CONFLICT = 412, 409  # statuses of conditional writes; a conflict is another write at the same moment
MAX_CONFLICTS = 5
_CHUNK = 1 << 20  # bytes
PART = 16 << 20  # bytes of a part of a large object


class TooLarge(Exception):
    """An object has more bytes than its reader accepts."""


@cache
def client() -> Any:
    """The S3 client of this process, made at its first use."""
    # A signature is valid for one host: the bucket's regional one, to which the CDN forwards uploads.
    config = Config(
        signature_version="s3v4",
        max_pool_connections=32,
        s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"},
    )
    return clients.make("s3", config)


def upload_url(checksum: str, extension: str, size: int, mimetype: str) -> str:
    """A URL of the CDN that accepts one PUT of exactly this file, for `upload_url_seconds`.

    The signature binds key, Content-Type, Content-MD5 and Content-Length. It is made for the bucket itself;
    the CDN forwards `/content/…` to it, so only host and bucket name are replaced.
    """
    conf = settings()
    signed = client().generate_presigned_url(
        "put_object",
        Params={
            "Bucket": conf.bucket,
            "Key": storage_key(checksum, extension),
            "ContentLength": size,
            "ContentType": mimetype,
            "ContentMD5": base64.b64encode(bytes.fromhex(checksum)).decode(),
        },
        ExpiresIn=conf.upload_url_seconds,
    )
    return public_address(signed)


def public_address(signed: str) -> str:
    """The CDN's address of a URL that is signed for the bucket."""
    conf = settings()
    parts = urlsplit(signed)
    return f"{conf.public_url}{parts.path.removeprefix(f'/{conf.bucket}')}?{parts.query}"


def size_of(key: str) -> int | None:
    """The size of an object in bytes, None if it does not exist."""
    try:
        return int(client().head_object(Bucket=settings().bucket, Key=key)["ContentLength"])
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return None
        raise


def read(key: str, limit: int | None = None) -> bytes:
    """The bytes of an object.

    Raises KeyError if it does not exist, and TooLarge, without reading it, if it has more than `limit` bytes.
    """
    body: bytes = _get(key, limit)["Body"].read()
    return body


def download(key: str, path: Path, limit: int | None = None) -> int:
    """Write an object to a file and return its size in bytes. Raises KeyError and TooLarge as `read` does."""
    size, chunks = stream(key, limit)
    with path.open("wb") as file:
        file.writelines(chunks)
    return size


def stream(key: str, limit: int | None = None) -> tuple[int, Iterator[bytes]]:
    """The size of an object, and its bytes in chunks. Raises KeyError and TooLarge as `read` does."""
    answer = _get(key, limit)
    return int(answer["ContentLength"]), answer["Body"].iter_chunks(_CHUNK)


def read_range(key: str, first: int, last: int) -> bytes:
    """The bytes of an object from `first` to `last`. Raises KeyError if it does not exist."""
    body: bytes = _get(key, Range=f"bytes={first}-{last}")["Body"].read()
    return body


def keys_below(prefix: str) -> list[tuple[str, datetime]]:
    """Keys with this prefix (at most 1,000), each with its time of writing."""
    listed = client().list_objects_v2(Bucket=settings().bucket, Prefix=prefix)
    return [(entry["Key"], entry["LastModified"]) for entry in listed.get("Contents", [])]


def all_keys(prefix: str) -> Iterator[str]:
    """All keys with this prefix. One call per 1,000."""
    pages = client().get_paginator("list_objects_v2").paginate(Bucket=settings().bucket, Prefix=prefix)
    return (entry["Key"] for page in pages for entry in page.get("Contents", []))


def _get(key: str, limit: int | None = None, **more: Any) -> Any:
    try:
        answer = client().get_object(Bucket=settings().bucket, Key=key, **more)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            raise KeyError(key) from error
        raise
    if limit is not None and answer["ContentLength"] > limit:
        answer["Body"].close()  # S3 sends headers first: the bytes are not downloaded
        raise TooLarge(key)
    return answer


def put(key: str, body: Any, content_type: str, cache_control: str | None = None, encoding: str | None = None) -> None:
    """Write an object: bytes, or an open binary file. `encoding` is its Content-Encoding, if it is compressed."""
    optional = {"CacheControl": cache_control, "ContentEncoding": encoding}
    extra = {name: value for name, value in optional.items() if value}
    client().put_object(Bucket=settings().bucket, Key=key, Body=body, ContentType=content_type, **extra)


def put_in_parts(key: str, path: Path, content_type: str, cache_control: str | None = None) -> None:
    """Write a file as an object, with one call if it has at most `PART` bytes, else in parts.

    A part that fails is sent again alone. The bucket deletes the parts of an upload that ends early after a day.
    """
    with path.open("rb") as file:
        if path.stat().st_size <= PART:
            put(key, file, content_type, cache_control)
            return
        place = {"Bucket": settings().bucket, "Key": key}
        extra = {"CacheControl": cache_control} if cache_control else {}
        begun = client().create_multipart_upload(**place, ContentType=content_type, **extra)
        place["UploadId"] = begun["UploadId"]
        parts = list(_sent_parts(file, place))
        client().complete_multipart_upload(**place, MultipartUpload={"Parts": parts})


def _sent_parts(file: BinaryIO, place: dict[str, str]) -> Iterator[dict[str, Any]]:
    for number, part in enumerate(iter(lambda: file.read(PART), b""), 1):
        sent = client().upload_part(**place, PartNumber=number, Body=part)
        yield {"PartNumber": number, "ETag": sent["ETag"]}


def put_stream(key: str, pieces: Iterable[bytes], content_type: str) -> None:
    """Write an object that is made piece by piece, as `put_in_parts` does a file. One part is in memory at a time."""
    parts = _joined(pieces)
    first, second = next(parts), next(parts, None)
    if second is None:
        put(key, first, content_type)
        return
    place = {"Bucket": settings().bucket, "Key": key}
    place["UploadId"] = client().create_multipart_upload(**place, ContentType=content_type)["UploadId"]
    sent = []
    for number, part in enumerate(chain([first, second], parts), 1):
        answer = client().upload_part(**place, PartNumber=number, Body=part)
        sent.append({"PartNumber": number, "ETag": answer["ETag"]})
    client().complete_multipart_upload(**place, MultipartUpload={"Parts": sent})


def _joined(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces, joined and cut into parts of `PART` bytes, at least one. Only the last one is smaller."""
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) > PART:
            yield bytes(waiting[:PART])
            del waiting[:PART]
    yield bytes(waiting)


def put_once(key: str, body: Any, content_type: str) -> bool:
    """Write an object whose key is made of its bytes, unless it exists. Returns whether it did not. MD5s can collide:
    then the first one stays."""
    extra = {"CacheControl": IMMUTABLE, "ContentType": content_type, "IfNoneMatch": "*"}
    for attempt in range(1, MAX_CONFLICTS + 1):
        if hasattr(body, "seek"):
            body.seek(0)  # the last attempt has read it
        try:
            client().put_object(Bucket=settings().bucket, Key=key, Body=body, **extra)
            return True
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status == EXISTS:
                return False
            if status != CONFLICT or attempt == MAX_CONFLICTS:
                raise
    return False


def copy(source: str, target: str, content_type: str, cache_control: str) -> None:
    """Copy an object (at most 5 GB) within the bucket, without downloading it. Raises KeyError if it does not exist."""
    bucket = settings().bucket
    try:
        client().copy_object(
            Bucket=bucket,
            Key=target,
            CopySource={"Bucket": bucket, "Key": source},
            MetadataDirective="REPLACE",
            ContentType=content_type,
            CacheControl=cache_control,
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            raise KeyError(source) from error
        raise


def delete(key: str) -> None:
    """Delete an object; no error if it does not exist."""
    client().delete_object(Bucket=settings().bucket, Key=key)
