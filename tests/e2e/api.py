"""The calls that the tests make without a client."""

import time
from typing import Any

import httpx


class Api:
    """A user's calls to a running stack."""

    def __init__(self, url: str, token: str) -> None:
        self.client = httpx.Client(base_url=url, headers={"Authorization": f"Token {token}"}, timeout=30)

    def post(self, name: str, **body: Any) -> dict[str, Any]:
        """The response of an internal endpoint, which must be 200."""
        answer: dict[str, Any] = self.client.post(f"/api/internal/{name}", json=body).raise_for_status().json()
        return answer

    def publish(self, channel_id: str) -> str:
        """Request a publish; returns the id of its task."""
        answer = self.post("publish_channel", channel_id=channel_id)
        assert answer["success"] is True
        assert answer["channel"] == channel_id
        task_id: str = answer["task_id"]
        return task_id

    def finished(self, task_id: str, seconds: float = 60) -> dict[str, Any]:
        """Wait for the end of a task; returns the finished task."""
        deadline = time.monotonic() + seconds
        while True:
            task: dict[str, Any] = self.client.get(f"/api/task/{task_id}").raise_for_status().json()
            if task["status"] in ("SUCCESS", "FAILURE"):
                return task
            assert time.monotonic() < deadline, task
            time.sleep(0.1)

    def version(self, channel_id: str) -> int:
        """The version that the public API shows."""
        (entry,) = self.client.get(f"/api/public/v1/channels/lookup/{channel_id}").raise_for_status().json()
        version: int = entry["version"]
        return version

    def database(self, channel_id: str, version: int | None = None) -> httpx.Response:
        """The content database, or that of a given version."""
        name = channel_id if version is None else f"{channel_id}-{version}"
        return self.client.get(f"/content/databases/{name}.sqlite3")
