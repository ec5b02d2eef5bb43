"""A channel with a small tree, an editor's and a viewer's browser, and what the tests of editing pages repeat."""

from dataclasses import dataclass
from typing import Any

from chalicelib.models.channel_members import VIEW
from tests.support.http.client import Studio
from tests.support.http.pages import Page, Visitor
from tests.support.worlds import contentnode


@dataclass
class World:
    studio: Studio
    channel_id: str
    root: str
    editor: Visitor
    viewer: Visitor
    stranger: Visitor

    def make(self, title: str = "n", parent: str = "", kind: str = "topic", **fields: Any) -> str:
        """Add a node; return its id."""
        return str(contentnode.make(self.studio, parent or self.root, title, kind, **fields)["id"])

    def row(self, node_id: str) -> dict[str, Any]:
        return contentnode.row(self.studio, node_id)

    def titles(self, parent: str = "") -> list[str]:
        """The titles of the children of a topic."""
        return contentnode.children(self.studio, parent or self.root)

    def path(self, node_id: str, page: str = "") -> str:
        return f"/channels/{self.channel_id}/nodes/{node_id}/{page}"

    def open(self, node_id: str, page: str, query: str = "") -> Page:
        """A page of a node, as an editor sees it."""
        return self.editor.open(f"{self.path(node_id, page)}/{query}")

    def sent(self, page: Page, action: str, **values: str | list[str]) -> Page:
        """What follows a form of a page, with the page that it leads to not opened."""
        return self.editor.submit(page, action, **values)


def new(studio: Studio) -> World:
    """A new world. The channel is not empty, so that it has a chef's tree, too."""
    sent = {"name": "School", "description": "Everything", "language": "en"}
    channel = studio.post("/api/channel", sent).json
    viewer_id, stranger_id = (studio.sign_up(f"{who}-{channel['id']}")[0] for who in ("viewer", "stranger"))
    studio.share(channel["id"], viewer_id, VIEW)
    people = [Visitor(studio, user_id) for user_id in (None, viewer_id, stranger_id)]
    people[0] = Visitor(studio, studio.user_id)
    return World(studio, channel["id"], channel["root_id"], *people)
