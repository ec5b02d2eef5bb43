"""Accounts and sessions."""

import pytest

from chalicelib.config import settings
from chalicelib.identity import accounts
from tests.support.examples.recording import Scene
from tests.support.examples.worlds import fractions
from tests.support.http.client import Browser
from tests.support.worlds.accounts import last_key, send_mail

PASSWORD = "seven green elephants"


def record(scene: Scene) -> None:
    accounts.set_password("chef@example.org", PASSWORD)
    signing_in = {"username": "chef@example.org", "password": PASSWORD}
    scene("POST /api/auth/session", signing_in, token=None)
    browser: Browser = scene.studio.sign_in()
    scene("GET /api/auth/session/current", browser=browser)
    scene("GET /api/user/me")
    scene("GET /api/user")
    scene("GET /api/user/{id}", at={"id": scene.studio.user_id})
    scene("PATCH /api/user/me", {"first_name": "Ada", "last_name": "Lovelace"})
    token = scene("POST /api/user/me/tokens", {"name": "ricecooker on my computer"}, browser=browser)
    scene("GET /api/user/me/tokens", browser=browser)
    scene("DELETE /api/user/me/tokens/{id}", browser=browser, at={"id": token["id"]})
    scene.studio.sign_in()
    found = scene("GET /api/user/me/sessions", browser=browser)
    other = next(one["id"] for one in found if not one["current"])
    scene("DELETE /api/user/me/sessions/{id}", browser=browser, at={"id": other})
    scene("DELETE /api/user/me/sessions", browser=browser)
    fractions(scene)
    scene("POST /api/user/me/export", browser=browser)
    scene.studio.deliver("maintenance")
    # The size of the file depends on how well random ids compress.
    scene("GET /api/user/me/export", browser=browser, only=lambda answer: {**answer, "size": 2048})
    scene.studio.get("/api/user/me/storage")
    scene.studio.deliver("maintenance")
    scene("POST /api/user/me/storage/request", {"bytes": 10 * 1024**3, "reason": "Videos of all lessons of grade 5"})
    scene("GET /api/user/me/storage")
    scene("DELETE /api/user/me/storage/request")
    scene("GET /api/user/me/deletion", browser=browser)
    _by_mail(scene)
    accounts.set_password("chef@example.org", PASSWORD)
    browser = scene.studio.sign_in()
    changed = {"old_password": PASSWORD, "new_password": "eleven yellow giraffes", "revoke_tokens": False}
    scene("POST /api/user/me/password", changed, browser=browser)
    scene("DELETE /api/auth/session/current", browser=scene.studio.sign_in())
    leaver_id, _ = scene.studio.sign_up("leaver")
    accounts.set_password("leaver@example.org", PASSWORD)
    scene("POST /api/user/me/deletion", {"password": PASSWORD}, browser=scene.studio.sign_in(leaver_id))


def _by_mail(scene: Scene) -> None:
    """Register, and choose a new password."""
    scene("GET /api/auth/register", token=None)
    with pytest.MonkeyPatch.context() as patch:
        send_mail(scene.studio, patch)
        names = {"first_name": "Grace", "last_name": "Hopper", "next": "/channels/"}
        scene("POST /api/auth/register", {"email": "grace@example.org", "password": PASSWORD, **names}, token=None)
        key = last_key(scene.studio)
        scene("POST /api/auth/activate", {"key": key, "password": PASSWORD}, token=None)
        scene("POST /api/auth/password/reset", {"email": "grace@example.org"}, token=None)
        chosen = {"key": last_key(scene.studio), "new_password": "eleven yellow giraffes", "revoke_tokens": False}
        scene("POST /api/auth/password/reset/confirm", chosen, token=None)
    settings.cache_clear()
