"""Accounts and sessions."""

from chalicelib.identity import accounts
from tests.support.examples.recording import Scene
from tests.support.examples.worlds import fractions
from tests.support.http.client import Browser

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
    scene("GET /api/user/me/deletion", browser=browser)
    changed = {"old_password": PASSWORD, "new_password": "eleven yellow giraffes", "revoke_tokens": False}
    scene("POST /api/user/me/password", changed, browser=browser)
    scene("DELETE /api/auth/session/current", browser=scene.studio.sign_in())
    leaver_id, _ = scene.studio.sign_up("leaver")
    accounts.set_password("leaver@example.org", PASSWORD)
    scene("POST /api/user/me/deletion", {"password": PASSWORD}, browser=scene.studio.sign_in(leaver_id))
