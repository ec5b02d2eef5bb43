"""Members and invitations."""

from tests.support.examples.recording import Scene
from tests.support.examples.worlds import fractions


def record(scene: Scene) -> None:
    studio, made = scene.studio, fractions(scene)
    ann_id, ann = studio.sign_up("ann")
    _, bob = studio.sign_up("bob")
    of_channel = {"channel": made.channel_id}
    sent = {"email": "ann@example.org", "channel": made.channel_id, "share_mode": "view", "first_name": "Ann"}
    invitation = scene("POST /api/invitation", sent, title="Invite somebody to view a channel")
    own = {"id": invitation["id"]}
    scene("GET /api/invitation", query=of_channel, title="Invitations to a channel")
    scene("GET /api/invitation", token=ann, title="Invitations of the caller")
    scene("GET /api/invitation/{id}", token=ann, at=own)
    scene("PUT /api/invitation/{id}", {**sent, "last_name": "Lee"}, at=own)
    scene("PATCH /api/invitation/{id}", {"share_mode": "edit"}, at=own)
    scene("POST /api/invitation/{id}/accept", token=ann, at=own)
    sent = {"email": "bob@example.org", "channel": made.channel_id}
    declined = studio.post("/api/invitation", sent).json["id"]
    scene("POST /api/invitation/{id}/decline", token=bob, at={"id": declined})
    studio.share(made.channel_id, ann_id, "view")
    scene("GET /api/channeluser", query=of_channel)
    scene("POST /api/channeluser/{id}/make_editor", of_channel, at={"id": ann_id})
    scene("DELETE /api/channeluser/{id}/remove_self", query=of_channel, token=ann, at={"id": ann_id})
    studio.share(made.channel_id, ann_id, "view")
    scene("DELETE /api/channeluser/{id}", query=of_channel, at={"id": ann_id})
