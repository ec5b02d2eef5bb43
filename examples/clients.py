"""The two real clients, run as their users run them: ricecooker with a chef, Kolibri with an import.

Each has its own virtual environment under `$CLIENTS_HOME` (default `~/.cache/studio-clients`).
"""

import hashlib
import json
import os
import re
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

PROJECT = Path(__file__).resolve().parents[1]
CHEF = PROJECT / "examples" / "chef.py"
SOURCE_CHANNEL = PROJECT / "examples" / "source_channel.py"
COMPLAINTS = re.compile(r"could not be created|Error uploading|Error retrieving|failed to", re.IGNORECASE)


class ClientError(Exception):
    """A client is not installed, failed, or timed out; the message contains the end of its output."""


@dataclass(frozen=True)
class ChefRun:
    """What a chef sent: `tree` is the channel as ricecooker's `to_dict` gives it, `children` nested."""

    channel_id: str
    tree: dict[str, Any]
    log: str
    seconds: float

    def nodes(self) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
        """Every node below the channel in tree order, each with its ancestors from the channel down."""
        return _walk(self.tree, [self.tree])


def _walk(node: dict[str, Any], path: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    for child in node.get("children", ()):
        yield child, path
        yield from _walk(child, [*path, child])


def executable(client: str, name: str) -> Path:
    """The program `name` of a client's virtual environment; raises ClientError if it is not installed."""
    home = Path(os.environ.get("CLIENTS_HOME") or Path.home() / ".cache" / "studio-clients")
    path = home / client / "bin" / name
    if not path.exists():
        raise ClientError(f"{client} is not installed: {path} is missing. `make demo` and `make test` install it.")
    return path


def _run(command: list[str], cwd: Path, env: dict[str, str]) -> str:
    run = subprocess.run(  # noqa: S603
        command,
        cwd=cwd,
        env=os.environ | env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if run.returncode:
        raise ClientError(f"{' '.join(command)} ended with {run.returncode}:\n{run.stdout[-3000:]}")
    return run.stdout


def run_chef(
    script: Path, url: str, token: str, work: Path, flags: tuple[str, ...] = ("--deploy", "--publish"), **env: str
) -> ChefRun:
    """Run a chef in the new folder `work`, where ricecooker keeps its caches, with `env` beside this environment.

    Raises ClientError when the chef ends with an error or reports a node or a file as failed.
    """
    work.mkdir(parents=True)
    python = str(executable("ricecooker", "python"))
    command = [python, str(script), f"--token={token}", *flags]
    started = time.monotonic()
    log = _run(command, work, {"STUDIO_URL": url, "PYTHONDONTWRITEBYTECODE": "1"} | env)
    seconds = time.monotonic() - started
    if complaint := COMPLAINTS.search(log):
        raise ClientError(f"{script.name} reports failures:\n{log[max(0, complaint.start() - 500) :][:3000]}")
    saved = next((work / "chefdata" / "trees").glob("*"), None)
    if saved is None:
        raise ClientError(f"{script.name} uploaded nothing:\n{log[-3000:]}")
    tree = json.loads(saved.read_text())
    return ChefRun(tree["id"], tree, log, seconds)


def wait_for_version(url: str, channel_id: str, version: int, seconds: float = 120) -> dict[str, Any]:
    """Wait until the public API shows `version` or a later one; returns the channel's public entry."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = httpx.get(f"{url}/api/public/v1/channels/lookup/{channel_id}")
        if answer.status_code == 200 and answer.json()[0]["version"] >= version:
            entry: dict[str, Any] = answer.json()[0]
            return entry
        time.sleep(0.1)
    raise ClientError(
        f"{channel_id} has no version {version} after {seconds} s: {answer.status_code} {answer.text[:500]}"
    )


def wait_until_published(url: str, token: str, channel_id: str, seconds: float = 120) -> dict[str, Any]:
    """Wait for the end of a publish that a chef requested; returns the channel's public entry.

    ricecooker does not return the task's id, so this requests another publish: that joins the running one, or finds
    nothing changed. Raises ClientError when the publish fails.
    """
    with httpx.Client(base_url=url, headers={"Authorization": f"Token {token}"}, timeout=60) as client:
        response = client.post("/api/internal/publish_channel", json={"channel_id": channel_id}).raise_for_status()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            task = client.get(f"/api/task/{response.json()['task_id']}").raise_for_status().json()
            if task["status"] == "SUCCESS":
                return wait_for_version(url, channel_id, 1)
            if task["status"] == "FAILURE":
                break
            time.sleep(0.1)
    raise ClientError(f"{channel_id} was not published: {task['detail']}")


class Kolibri:
    """A separate Kolibri in the folder `home`, importing from `url`."""

    def __init__(self, home: Path, url: str) -> None:
        self.home = home
        self.url = url

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which Kolibri finds its folder and its content server."""
        return {
            "KOLIBRI_HOME": str(self.home),
            "KOLIBRI_CENTRAL_CONTENT_BASE_URL": self.url,
            "KOLIBRI_RUN_MODE": "e2e",
        }

    def manage(self, *arguments: str) -> str:
        """Run `kolibri manage …` and return its output; raises ClientError when it fails."""
        return _run([str(executable("kolibri", "kolibri")), "manage", *arguments], self.home.parent, self.environment)

    def import_channel(self, id_or_token: str, channel_id: str = "") -> str:
        """Import a channel by id or by token, then all its files; `channel_id` is required with a token."""
        log = self.manage("importchannel", "network", id_or_token)
        log += self.manage(
            "importcontent",
            "--include-unrenderable-content",
            "--fail-on-error",
            "network",
            channel_id or id_or_token,
        )
        return log

    def upgrade_channel(self, channel_id: str) -> str:
        """Fetch the newest version of an installed channel, as Kolibri's device page does, and its files.

        Without `--no_upgrade` first, Kolibri 0.19.5 takes the database that it has for the one it wants.
        """
        return self.manage("importchannel", "network", "--no_upgrade", channel_id) + self.import_channel(channel_id)

    def rows(self, sql: str, *values: str) -> list[dict[str, Any]]:
        """Rows of Kolibri's main database, which holds the imported content tables."""
        return rows(self.home / "db.sqlite3", sql, *values)

    def stored(self, checksum: str, extension: str) -> bytes | None:
        """A content file from Kolibri's storage, None where it is missing."""
        path = self.home / "content" / "storage" / checksum[0] / checksum[1] / f"{checksum}.{extension}"
        return path.read_bytes() if path.exists() else None

    def damaged_files(self, channel_id: str) -> list[str]:
        """Names of the channel's files that are missing, or whose bytes do not have the MD5 in their name."""
        return [
            f"{row['id']}.{row['extension']}"
            for row in self.files(channel_id)
            if hashlib.md5(self.stored(row["id"], row["extension"]) or b"", usedforsecurity=False).hexdigest()
            != row["id"]
        ]

    def files(self, channel_id: str) -> list[dict[str, Any]]:
        """The local files of a channel, each once: id (MD5), extension, file_size, available."""
        return self.rows(
            "select distinct l.* from content_localfile l join content_file f on f.local_file_id = l.id"
            " join content_contentnode n on n.id = f.contentnode_id where n.channel_id = ?",
            channel_id,
        )


def rows(database: Path, sql: str, *values: str) -> list[dict[str, Any]]:
    """The rows of a read-only query on an SQLite file as dictionaries."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(sql, values)]
    finally:
        connection.close()
