"""Items from before their tables had revisions: they are read with the default revision and can be changed."""

import pytest

from chalicelib.identity import accounts
from chalicelib.models import channels, users
from chalicelib.models.channel_members import VIEW
from chalicelib.models.channels import Channel
from chalicelib.models.users import User
from tests.support.existing import existing


class TestAUserWithoutARevision:
    @pytest.fixture(autouse=True)
    def _older(self, studio):
        User(studio.user_id).update([User.profile_rev.remove()])

    def test_can_be_changed_and_gets_a_revision(self, studio):
        _, admin = studio.sign_up("admin", is_admin=True)
        path = f"/api/admin-users/{studio.user_id}"
        for count, active in enumerate((False, True), start=1):
            assert studio.call("PATCH", path, {"is_active": active}, admin).json["is_active"] is active
            assert existing(users.get(studio.user_id)).profile_rev == count

    def test_can_get_another_token(self, studio):
        token = accounts.issue_token(existing(users.get(studio.user_id)))
        assert studio.get("/api/user/me", token).status == 200
        assert existing(users.get(studio.user_id)).profile_rev == 1

    def test_refuses_a_concurrent_change(self, studio):
        one, other = existing(users.get(studio.user_id)), existing(users.get(studio.user_id))
        assert users.change_profile(one, [], {"first_name": "One"})
        assert not users.change_profile(other, [], {"first_name": "Other"})
        assert existing(users.get(studio.user_id)).first_name == "One"

    def test_is_not_created_by_a_change_after_deletion(self, studio):
        user = existing(users.get(studio.user_id))
        User(studio.user_id).delete()
        assert not users.change_profile(user, [], {"first_name": "One"})
        assert users.get(studio.user_id) is None


class TestAChannelWithoutARevision:
    @pytest.fixture
    def root_id(self, studio):
        channel = studio.post("/api/channel", {"name": "Channel"}).json
        Channel(channel["id"]).update([Channel.rev.remove()])
        return channel["root_id"]

    def test_can_be_changed_and_gets_a_revision(self, studio, root_id):
        (channel_id,) = studio.cloud.items("channels")[0]["id"].values()
        topic = {"parent": root_id, "kind": "topic", "title": "a"}
        for count in (2, 3):
            assert studio.post("/api/contentnode", topic).status == 201
            assert existing(channels.get(channel_id)).rev == count

    def test_accepts_questions(self, studio, root_id):
        (channel_id,) = studio.cloud.items("channels")[0]["id"].values()
        exercise = {"parent": root_id, "kind": "exercise", "title": "a", "extra_fields": {"randomize": True}}
        node_id = studio.post("/api/contentnode", exercise).json["id"]
        Channel(channel_id).update([Channel.rev.remove()])
        question = {"contentnode": node_id, "type": "single_selection", "question": "?", "answers": [], "hints": []}
        assert studio.post("/api/assessmentitem", question).status == 201
        assert existing(channels.get(channel_id)).rev == 2


def test_removing_an_uncounted_member_does_not_make_a_count_negative(studio):
    channel_id, (user_id, _) = studio.make_channel()[0], studio.sign_up("viewer")
    studio.share(channel_id, user_id, VIEW)  # without a count
    _, admin = studio.sign_up("admin", is_admin=True)
    assert studio.call("DELETE", f"/api/channeluser/{user_id}?channel={channel_id}").status == 204
    assert studio.get(f"/api/admin-users/{user_id}", admin).json["view_count"] == 0
    assert studio.get(f"/api/admin-channels/{channel_id}", admin).json["viewers_count"] == 0
