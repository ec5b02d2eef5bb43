"""Invitations as clients send and read them."""

from typing import Any

from chalicelib.models.channel_members import EDIT
from tests.support.http.client import Answer, Studio

URL = "/api/invitation"


def invite(studio: Studio, channel_id: str, email: str = "guest@example.org", token: str = "", **fields: Any) -> Answer:
    return studio.post(URL, {"email": email, "channel": channel_id, "share_mode": EDIT, **fields}, token)


def made(studio: Studio, channel_id: str, **fields: Any) -> str:
    """The path of a new invitation."""
    answer = invite(studio, channel_id, **fields)
    assert answer.status == 201, answer.text
    return f"{URL}/{answer.json['id']}"
