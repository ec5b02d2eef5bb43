"""Unpaged lists: the whole array, whatever its size.

Items are completed and serialised in batches. A list that is too large for a response of Lambda is written to a file as
it grows, and then stored in the bucket; its client is redirected there, on the same host. It may be private, so its
address cannot be guessed, no cache may keep it, and it is deleted after a day.
"""

import gzip
import secrets
import tempfile
from collections.abc import Iterable
from typing import IO, Any

from chalicelib.aws import storage
from chalicelib.domain import jsontext
from chalicelib.domain.storage_keys import own_answer_key
from chalicelib.http import large_responses
from chalicelib.http.conditional import accepts_gzip
from chalicelib.http.json_text import JsonText
from chalicelib.http.router import NO_STORE, Reply, Request

BATCH = 100  # items in memory at once, beside the text that fits into a response
_PRIVATE = "private, no-store"
_LEVEL = 1  # of gzip: icons are compressed already


def reply(batches: Iterable[list[Any]], request: Request) -> Reply:
    """The array of all items in these batches, or a redirect to it."""
    remaining, texts, size = iter(batches), [], 0
    for batch in remaining:
        texts += [jsontext.dumps(item) for item in batch]
        size += sum(map(large_responses.sent_size, texts[len(texts) - len(batch) :]))
        if size > large_responses.MAX_BYTES:
            return _redirect(texts, remaining, request)
    return Reply(JsonText(f"[{','.join(texts)}]"))


def _redirect(texts: list[str], rest: Iterable[list[Any]], request: Request) -> Reply:
    zipped = accepts_gzip(request.headers.get("accept-encoding", ""))
    key = own_answer_key(secrets.token_hex(32))
    with tempfile.TemporaryFile() as file:
        if zipped:
            with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=_LEVEL, mtime=0) as packed:
                _write(packed, texts, rest)
        else:
            _write(file, texts, rest)
        file.seek(0)
        storage.put(key, file, "application/json", _PRIVATE, "gzip" if zipped else None)
    return Reply(None, 302, {**NO_STORE, "Location": f"/{key}", "Vary": "Accept-Encoding"})


def _write(file: IO[bytes] | gzip.GzipFile, texts: list[str], rest: Iterable[list[Any]]) -> None:
    file.write(f"[{','.join(texts)}".encode())
    texts.clear()
    for batch in rest:
        file.write("".join(f",{jsontext.dumps(item)}" for item in batch).encode())
    file.write(b"]")
