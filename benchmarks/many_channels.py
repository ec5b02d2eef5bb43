"""A long list of public channels: copies of a public channel, only in the list, each with a different icon.

`python -m benchmarks.many_channels COUNT` runs in the environment of a stack. It adds the copies "Copy 0000",
"Copy 0001" and so on to the list; COUNT 0 removes them.
"""

import base64
import random
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Mapping
from pathlib import Path

from chalicelib.aws import storage
from chalicelib.content_databases.database import ContentDatabase
from chalicelib.content_databases.index_file import IndexWriter, PublicChannel, Record
from chalicelib.domain.ids import new_id
from chalicelib.domain.storage_keys import database_key, index_key
from chalicelib.models import public_index
from chalicelib.operations.index_files.disk_cache import opened
from chalicelib.operations.public import public_index_update
from chalicelib.operations.public.public_index import newest
from chalicelib.schemas.responses.public import PublicChannel as PublicEntry

ICON = 22_500  # bytes, before base64


def change(environment: Mapping[str, str], count: int) -> None:
    """Add `count` copies to the public list of the stack with this environment, or remove all of them."""
    command = [sys.executable, "-m", "benchmarks.many_channels", str(count)]
    subprocess.run(command, env=dict(environment), stdin=subprocess.DEVNULL, check=True)


def main() -> None:
    """Raises ValueError if no channel is public, or the list changes concurrently."""
    count = int(sys.argv[1])
    if count == 0:
        public_index_update.rebuild()
        return
    old = public_index.current()
    if old is None:
        raise ValueError("There is no public channel to copy.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.sqlite3"
        storage.download(old.key, path)
        _write(path, count)
        key = index_key(new_id())
        storage.put(key, path.read_bytes(), storage.SQLITE)
    if not public_index.replace(old, key):
        raise ValueError("The list was changed concurrently.")


def _write(path: Path, count: int) -> None:
    model = newest().channels[0]
    database = opened(database_key(model.id, model.version), ContentDatabase)
    with IndexWriter(path) as index:
        for number in range(count):
            index.put(_copy(model, number), database)


def _copy(model: PublicChannel, number: int) -> Record:
    icon = base64.b64encode(random.Random(number).randbytes(ICON)).decode()  # as hard to compress as an image
    name = f"Copy {number:04}"
    id = uuid.uuid5(uuid.NAMESPACE_DNS, name).hex
    entry: PublicEntry = {
        **model.entry,
        "id": id,
        "name": name,
        "icon_encoding": f"data:image/png;base64,{icon}",
        "matching_tokens": [],
    }
    return Record(id, entry, [], model.shown)


if __name__ == "__main__":
    main()
