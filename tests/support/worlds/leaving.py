"""A user with something of everything that is stored about users, and the end of the deletion of users."""

from copy import copy
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from chalicelib.identity import accounts
from chalicelib.models import users
from chalicelib.models.channel_members import EDIT, VIEW
from chalicelib.models.users import User
from tests.support.existing import existing
from tests.support.http.client import Browser, Studio
from tests.support.worlds import images, nodes, storage

PASSWORD = "a horse that leaves"
FIRST, LAST = "Leocadia", "Quittermann"
PNG = images.png(size=(19, 7))
PDF = b"%PDF-1.4 of a user who leaves"


@dataclass
class Leaver:
    """The user of a studio, with another one who shares channels with them."""

    studio: Studio
    user_id: str
    email: str
    browser: Browser
    other_id: str
    other_token: str
    own: str  # channels that nobody else edits: published and public, with a viewer
    shared: str  # owned, and edited by the other user, too
    viewed: str  # the other user's


def leaver(studio: Studio, name: str = "leaver", first: str = FIRST, last: str = LAST) -> Leaver:
    """A new user who has something of everything. The studio's user is the other one."""
    other_id, other_token = studio.user_id, studio.token
    mine = copy(studio)
    mine.user_id, mine.token = studio.sign_up(name)
    email = f"{name}@example.org"
    user = existing(users.get(mine.user_id))
    assert users.change_profile(user, [], {"first_name": first, "last_name": last})
    accounts.set_password(email, PASSWORD)
    browser = mine.sign_in()
    own, root = mine.make_channel(f"Own of {name}")
    pdf = storage.put(mine, PDF + name.encode(), "pdf")
    mine.add(root, nodes.topic("t"), nodes.resource("d", files=[nodes.file(pdf)]))
    assert mine.finish(own).status == 200
    assert mine.publish(own)["status"] == "SUCCESS"
    mine.make_public(own)
    shared, root = mine.make_channel(f"Shared by {name}")
    png = storage.put(mine, PNG, "png")
    mine.add(root, nodes.exercise("e", nodes.question("q", files=[nodes.file(png, "exercise_image")])))
    assert mine.finish(shared).status == 200
    _invited(mine, shared, studio, "chef@example.org", EDIT)
    viewed, root = studio.make_channel(f"Viewed by {name}")
    studio.add(root, nodes.topic("v"))
    assert studio.finish(viewed).status == 200
    _invited(studio, viewed, mine, email, VIEW)
    mine.upload(b"a pending upload of " + name.encode(), "pdf", "document")
    guest = accounts.create_user(f"guest.{name}@example.net")
    _invited(mine, own, mine, f"guest.{name}@example.net", VIEW, guest[1])
    _small_things(mine, studio, viewed, own, shared, email)
    mine.deliver()
    return Leaver(mine, mine.user_id, email, browser, other_id, other_token, own, shared, viewed)


def stored_leaver(studio: Studio) -> Leaver:
    """The same, made once for all tests of a cloud."""
    made = studio.cloud.once("leaver", lambda: leaver(studio))
    mine = copy(made.studio)
    return replace(made, studio=mine, browser=Browser(mine, dict(made.browser.cookies)))


def _invited(sender: Studio, channel_id: str, studio: Studio, email: str, mode: str, token: str = "") -> None:
    sent = sender.post("/api/invitation", {"email": email, "channel": channel_id, "share_mode": mode})
    assert sent.status == 201, sent.text
    assert studio.post(f"/api/invitation/{sent.json['id']}/accept", {}, token or studio.token).status == 200


def _small_things(mine: Studio, studio: Studio, viewed: str, own: str, shared: str, email: str) -> None:
    """Pending invitations, a bookmark, a saved search, a clipboard, a channel set, a change in the user's feed."""
    root = mine.get(f"/api/channel/{own}").json["root_id"]
    invited = [("later@example.org", shared), ("never@example.org", own)]
    done = [mine.post("/api/invitation", {"email": who, "channel": id, "share_mode": VIEW}) for who, id in invited]
    done.append(studio.post("/api/invitation", {"email": email, "channel": viewed, "share_mode": EDIT}))
    done.append(mine.post("/api/bookmark", {"channel": viewed}))
    done.append(mine.post("/api/search/saved-search", {"name": f"s of {email}", "params": {"keywords": "a"}}))
    done.append(mine.post("/api/clipboard", {"source_node_id": root, "source_channel_id": own}))
    done.append(mine.post("/api/channelset", {"name": "s", "channels": [own, shared]}))
    done.append(mine.post("/api/user/me/storage/request", {"bytes": 5, "reason": f"r of {email}"}))
    done.append(mine.get("/api/user/me/storage"))
    change = {"type": 1, "table": "bookmark", "key": own, "rev": 1, "obj": {"channel": own}}
    done.append(mine.post("/api/sync", {"changes": [change], "channel_revs": {}, "user_rev": 0}))
    assert all(answer.status in (200, 201) for answer in done), [answer.text for answer in done]


def let_time_pass(studio: Studio) -> None:
    """Let the pause of all deletions be over, and deliver every message."""
    for user in storage.stored(studio.cloud, User):
        if user.deleting_since:
            User(user.id).update([User.deleting_since.set(user.deleting_since - timedelta(minutes=5))])
    storage.drain(studio)


def everything(studio: Studio) -> dict[str, list[Any]]:
    """All stored items in DynamoDB's format, by table."""
    from tests.support.source import data_model

    models = [model for module in data_model.model_modules() for model in data_model.models_of(module)]
    tables = sorted({data_model.table_name(model) for model in models})
    return {table: studio.cloud.items(table) for table in tables}
