"""`make demo`: uploads and publishes the example channel, imports it into a real Kolibri, and lists what arrived."""

import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from examples.clients import CHEF, ChefRun, ClientError, Kolibri, run_chef, wait_until_published
from infra.local.checks import StackError, port_number
from infra.local.stack import start


def main() -> int:
    """0 if everything published is in Kolibri, 1 otherwise."""
    try:
        with server() as (url, token), tempfile.TemporaryDirectory(prefix="studio-demo-") as folder:
            return demonstrate(url, token, Path(folder))
    except (StackError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 1


@contextmanager
def server() -> Iterator[tuple[str, str]]:
    """URL and token of the stack that runs on DATA_DIR, or of one started for the demo."""
    data_dir = Path(os.environ.get("DATA_DIR") or ".local")
    if url := running(data_dir):
        yield url, token_of(data_dir)
        return
    with start(port_number(os.environ.get("PORT") or "8000"), data_dir) as stack:
        yield stack.url, token_of(data_dir)


def running(data_dir: Path) -> str | None:
    """The URL of the stack that runs on a data directory, None if no stack does."""
    try:
        state = json.loads((data_dir / "stack.json").read_text())
        os.kill(state["pid"], 0)
    except (FileNotFoundError, ProcessLookupError):
        return None
    url: str = state["url"]
    return url


def token_of(data_dir: Path) -> str:
    """The API token of the stack's first user."""
    try:
        token: str = json.loads((data_dir / "credentials.json").read_text())["token"]
    except FileNotFoundError:
        raise StackError(f"{data_dir / 'credentials.json'} is missing, and with it the token.") from None
    return token


def demonstrate(url: str, token: str, folder: Path) -> int:
    """Do the main job once, with a line for each part."""
    print(f"server      {url}")
    chef = run_chef(CHEF, url, token, folder / "chef")
    print(f"ricecooker  {sent(chef)} in {chef.seconds:.1f} s")
    started = time.monotonic()
    entry = wait_until_published(url, token, chef.channel_id)
    size = f"{entry['total_resource_count']} resources, {entry['published_size'] / 1000:.0f} kB"
    print(
        f"publish     version {entry['version']} of {entry['name']!r}: {size}, {time.monotonic() - started:.1f} s later"
    )
    started = time.monotonic()
    kolibri = Kolibri(folder / "kolibri", url)
    kolibri.import_channel(chef.channel_id)
    print(f"Kolibri     imported {chef.channel_id} in {time.monotonic() - started:.1f} s")
    return arrived(kolibri, chef.channel_id)


def sent(chef: ChefRun) -> str:
    nodes = [node for node, _ in chef.nodes()]
    files = {file["filename"] for node in nodes for file in node.get("files", ())}
    files |= {
        file["filename"] for node in nodes for question in node.get("questions", ()) for file in question["files"]
    }
    return f"sent {len(nodes)} nodes with {len(files)} files"


def arrived(kolibri: Kolibri, channel_id: str) -> int:
    """Print what Kolibri has of a channel; 1 if a node cannot be used or a file is damaged."""
    nodes = kolibri.rows("select kind, available from content_contentnode where channel_id = ?", channel_id)
    kinds = Counter(node["kind"] for node in nodes)
    print(f"  nodes     {len(nodes)}: " + ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()))
    files, damaged = kolibri.files(channel_id), kolibri.damaged_files(channel_id)
    size = sum(file["file_size"] for file in files) / 1000
    print(f"  files     {len(files)}, {size:.0f} kB: {len(files) - len(damaged)} with the right MD5")
    unready = sum(not node["available"] for node in nodes)
    print(f"  ready     {len(nodes) - unready} of {len(nodes)} nodes")
    return int(bool(damaged or unready))


if __name__ == "__main__":
    sys.exit(main())
