"""Objects of the content bucket that are sent, read and copied in parts, as those above 5 GB must be."""

import base64
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.aws import storage
from chalicelib.config import settings

MAX_COPIES = 8  # parts that are copied at the same time
_READS = (
    3  # of a range whose connection breaks: boto3 repeats a request, but not what follows the headers of its answer
)


class Gone(Exception):
    """The upload does not exist: it was completed or aborted, or has expired."""


@dataclass(frozen=True)
class Part:
    """A part that has arrived. The ETag is the MD5 of its bytes, in hex."""

    number: int
    size: int
    etag: str


def begin(key: str, content_type: str, cache_control: str | None = None) -> str:
    """Begin an upload in parts; returns its id."""
    extra = {"CacheControl": cache_control} if cache_control else {}
    answer = storage.client().create_multipart_upload(
        Bucket=settings().bucket, Key=key, ContentType=content_type, **extra
    )
    return str(answer["UploadId"])


def part_url(key: str, upload_id: str, number: int, size: int, md5: str | None) -> str:
    """A URL of the CDN that accepts one part of exactly this size, and of this MD5 if it is given."""
    binding = {"ContentMD5": content_md5(md5)} if md5 else {}
    signed = storage.client().generate_presigned_url(
        "upload_part",
        Params={
            "Bucket": settings().bucket,
            "Key": key,
            "UploadId": upload_id,
            "PartNumber": number,
            "ContentLength": size,
            **binding,
        },
        ExpiresIn=settings().upload_url_seconds,
    )
    return storage.public_address(signed)


def content_md5(md5: str) -> str:
    """The value of the header Content-MD5."""
    return base64.b64encode(bytes.fromhex(md5)).decode()


def parts(key: str, upload_id: str) -> list[Part]:
    """The parts that have arrived, by number. One call per 1,000. Raises Gone."""
    pages = storage.client().get_paginator("list_parts").paginate(Bucket=settings().bucket, Key=key, UploadId=upload_id)
    try:
        return [
            Part(part["PartNumber"], part["Size"], part["ETag"].strip('"'))
            for page in pages
            for part in page.get("Parts", [])
        ]
    except ClientError as error:
        raise _translated(error) from error


def complete(key: str, upload_id: str, found: list[Part], is_first: bool = False) -> None:
    """Make the object of its parts. `is_first`: an object that exists stays. Raises Gone."""
    extra = {"IfNoneMatch": "*"} if is_first else {}
    named = [{"PartNumber": part.number, "ETag": part.etag} for part in found]
    try:
        storage.client().complete_multipart_upload(
            Bucket=settings().bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": named}, **extra
        )
    except ClientError as error:
        if is_first and error.response["ResponseMetadata"]["HTTPStatusCode"] == storage.EXISTS:
            abort(key, upload_id)
            return
        raise _translated(error) from error


def abort(key: str, upload_id: str) -> None:
    """Delete the parts of an upload; no error if it does not exist."""
    try:
        storage.client().abort_multipart_upload(Bucket=settings().bucket, Key=key, UploadId=upload_id)
    except ClientError as error:
        if not isinstance(_translated(error), Gone):
            raise


def _translated(error: ClientError) -> Exception:
    return Gone(str(error)) if error.response["Error"]["Code"] in ("NoSuchUpload", "404") else error


def read_ahead(key: str, ranges: Iterator[tuple[int, int]], ahead: int) -> Iterator[bytes]:
    """The bytes of an object in these ranges, in order; `ahead` of them are requested at the same time.

    Each is a request of its own, so that a broken connection repeats one range. Raises KeyError if the object does not
    exist.
    """
    with ThreadPoolExecutor(ahead, thread_name_prefix="read") as pool:
        waiting: deque[Future[bytes]] = deque()
        for first, last in ranges:
            waiting.append(pool.submit(_read_range, key, first, last))
            if len(waiting) == ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _read_range(key: str, first: int, last: int) -> bytes:
    for _ in range(_READS - 1):
        with suppress(BotoCoreError):
            return storage.read_range(key, first, last)
    return storage.read_range(key, first, last)


def copy_once(source: str, target: str, content_type: str, ranges: Iterator[tuple[int, int]]) -> None:
    """Copy an object of any size within the bucket, in parts of these ranges, unless the target exists."""
    upload_id = begin(target, content_type, storage.IMMUTABLE)
    try:
        with ThreadPoolExecutor(MAX_COPIES, thread_name_prefix="copy") as pool:
            todo = enumerate(ranges, 1)
            copied = list(pool.map(lambda one: _copy_part(source, target, upload_id, one), todo))
        complete(target, upload_id, copied, is_first=True)
    except Exception:
        abort(target, upload_id)
        raise


def _copy_part(source: str, target: str, upload_id: str, one: tuple[int, tuple[int, int]]) -> Part:
    number, (first, last) = one
    bucket = settings().bucket
    answer: Any = storage.client().upload_part_copy(
        Bucket=bucket,
        Key=target,
        UploadId=upload_id,
        PartNumber=number,
        CopySource={"Bucket": bucket, "Key": source},
        CopySourceRange=f"bytes={first}-{last}",
    )
    return Part(number, last - first + 1, answer["CopyPartResult"]["ETag"].strip('"'))
