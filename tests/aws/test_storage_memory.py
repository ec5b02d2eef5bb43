"""Files go to the bucket without being held in memory."""

import tracemalloc
from pathlib import Path
from typing import Any

from botocore.awsrequest import AWSResponse

from chalicelib.aws import storage

SIZE = 96 << 20  # bytes; the file is sparse
READ_AT_ONCE = 1 << 16


class Raw:
    """An empty body of a response."""

    def stream(self, *_: Any, **__: Any) -> list[bytes]:
        return []


def received(request: Any, **_: Any) -> AWSResponse:
    """Read what a client sends, as a socket does, and answer."""
    body = request.body
    if hasattr(body, "read"):
        while body.read(READ_AT_ONCE):
            pass
    headers: Any = {"ETag": "0"}
    return AWSResponse(request.url, 200, headers, Raw())


def test_a_large_file_is_not_held_in_memory(aws: Any, tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(SIZE)
    events = storage.client().meta.events
    for operation in ("PutObject", "UploadPart"):
        events.register_first(f"before-send.s3.{operation}", received, unique_id=operation)
    tracemalloc.start()
    try:
        with path.open("rb") as file:
            storage.put("work/large", file, storage.SQLITE)
            file.seek(0)
            sent = list(storage._sent_parts(file, {"Bucket": "b", "Key": "k", "UploadId": "u"}))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        for operation in ("PutObject", "UploadPart"):
            events.unregister(f"before-send.s3.{operation}", unique_id=operation)
    assert len(sent) == SIZE / storage.PART
    assert peak < SIZE / 2  # a part is 16 MB, and is copied once
