"""Channels in administration. Effects on the public lists: test_public_visibility."""

import pytest

from chalicelib.models.channel_members import EDIT, VIEW
from tests.support.aws.calls import counting
from tests.support.aws.interleaved import interrupted
from tests.support.source.routes import NOTHING
from tests.support.worlds import nodes

URL = "/api/admin-channels"
FIELDS = {"id", "name", "description", "published", "modified", "editors_count", "viewers_count", "size", "public"}
FIELDS |= {"priority", "created", "deleted", "source_url", "demo_server_url", "primary_token", "countries"}


@pytest.fixture
def token(studio):
    return studio.sign_up("admin", is_admin=True)[1]


def publish(studio, name="Channel"):
    channel_id, root = studio.make_channel(name, description="d")
    name = studio.upload(b"%PDF", "pdf", "document")
    studio.add(root, nodes.resource("document", files=[nodes.file(name)]))
    studio.finish(channel_id)
    assert studio.publish(channel_id)["status"] == "SUCCESS"
    return channel_id


def names(studio, token, query):
    answer = studio.get(URL + query, token)
    assert answer.status == 200, answer.text
    return [row["name"] for row in answer.json]


def change(studio, token, channel_id, **fields):
    return studio.call("PATCH", f"{URL}/{channel_id}", fields, token)


class TestList:
    def test_needs_a_filter_as_recorded(self, studio, token):
        answer = studio.get(f"{URL}?page_size=2", token)
        assert (answer.status, answer.json["error"]) == (412, "No valid filter parameters supplied")

    def test_is_for_administrators_as_recorded(self, studio):
        answer = studio.get(f"{URL}?page_size=2")
        assert answer.status == 403
        assert answer.json["detail"].startswith("You do not have permission to perform this action.")

    def test_has_all_fields(self, studio, token):
        channel_id = publish(studio)
        (row,) = studio.get(f"{URL}?deleted=false", token).json
        assert set(row) == FIELDS
        assert (row["id"], row["name"], row["description"], row["published"]) == (channel_id, "Channel", "d", True)
        assert (row["editors_count"], row["viewers_count"], row["size"]) == (1, 0, 4)
        assert (row["public"], row["deleted"], len(row["primary_token"])) == (False, False, 10)
        assert row["created"] < row["modified"]
        assert studio.get(f"{URL}/{channel_id}", token).json == row

    def test_counts_members(self, studio, token):
        channel_id, _ = studio.make_channel()
        for name, role in (("a", EDIT), ("b", VIEW), ("c", VIEW)):
            _, theirs = studio.sign_up(name)
            body = {"email": f"{name}@example.org", "channel": channel_id, "share_mode": role}
            invitation = studio.post("/api/invitation", body).json["id"]
            studio.post(f"/api/invitation/{invitation}/accept", None, theirs)
        row = studio.get(f"{URL}/{channel_id}", token).json
        assert (row["editors_count"], row["viewers_count"], row["size"], row["published"]) == (2, 2, 0, False)

    def test_can_be_filtered_searched_and_ordered(self, studio, token):
        one, two, three = publish(studio, "One"), studio.make_channel("two")[0], studio.make_channel("Three 3")[0]
        four = studio.post("/api/channel", {"name": "By hand", "language": "fr"}).json["id"]
        studio.make_public(one)
        change(studio, token, two, deleted=True)
        word = studio.get(f"{URL}/{one}", token).json["primary_token"]
        found = {
            query: names(studio, token, query)
            for query in (
                "?public=true",
                "?public=false",
                "?deleted=true",
                "?deleted=false",
                "?keywords=tw",
                "?keywords=3+THREE",
                f"?keywords={word}",
                f"?keywords={two}",
                f"?ids={three},{one},bad,{NOTHING}",
                f"?ids={three},{one}&ordering=-name",
                "?deleted=false&search=three",
                "?published=true",
                "?published=false&deleted=false",
                "?cheffed=true&deleted=false",
                "?cheffed=false",
                "?languages=fr,SW",
                f"?id__in={one},{four}",
            )
        }
        assert list(found.values()) == [
            ["One"],
            ["By hand", "Three 3", "two"],
            ["two"],
            ["By hand", "One", "Three 3"],
            ["two"],
            ["Three 3"],
            ["One"],
            ["two"],
            ["One", "Three 3"],
            ["Three 3", "One"],
            ["Three 3"],
            ["One"],
            ["By hand", "Three 3"],
            ["One", "Three 3"],
            ["By hand"],
            ["By hand"],
            ["By hand", "One"],
        ]

    def test_reads_the_channels_of_its_page_only(self, studio, token):
        for number in range(30):
            studio.make_channel(f"{number:02}")
        studio.get(URL, token)  # the first use of a token on a day takes one more call
        with counting(studio) as watch:
            page = studio.get(f"{URL}?deleted=false&page_size=10&page=3", token).json
        assert (page["count"], page["results"][0]["name"]) == (30, "20")
        assert watch.names == ["GetItem", "Query", "BatchGetItem", "BatchGetItem"]  # channels, roots of their trees

    @pytest.mark.parametrize("query", ["?public=maybe", "?languages=%3F", "?keywords=%00", "?page=0&deleted=true"])
    def test_refuses_invalid_filters(self, studio, token, query):
        assert studio.get(URL + query, token).status == 400

    def test_shows_the_size_of_an_unpublished_channel(self, studio, token):
        channel_id, root = studio.make_channel()
        names = [studio.upload(data, "pdf", "document") for data in (b"%PDF 1", b"%PDF 2", b"%PDF 1")]
        added = [nodes.resource(f"{at}", files=[nodes.file(name)]) for at, name in enumerate(names)]
        studio.add(root, *added)
        assert studio.get(f"{URL}/{channel_id}", token).json["size"] == 0
        studio.finish(channel_id)
        studio.deliver()
        (row,) = studio.get(f"{URL}?ids={channel_id}", token).json
        assert (row["size"], row["published"]) == (12, False)


class TestUpdate:
    def test_accepts_links(self, studio, token):
        channel_id, _ = studio.make_channel()
        links = {"source_url": "https://a.org", "demo_server_url": "https://b.org"}
        row = change(studio, token, channel_id, source_domain="c.org", **links).json
        assert {name: row[name] for name in links} == links
        again = studio.call("PUT", f"{URL}/{channel_id}", {"source_url": ""}, token).json
        assert (again["source_url"], again["demo_server_url"]) == ("", "https://b.org")

    def test_removes_a_deleted_channel_from_the_public_lists_until_restored(self, studio, token):
        channel_id = publish(studio)
        studio.make_public(channel_id)
        for deleted, listed in ((True, []), (False, [channel_id])):
            assert change(studio, token, channel_id, deleted=deleted).json["deleted"] is deleted
            studio.deliver()
            assert [entry["id"] for entry in studio.get("/api/public/v1/channels", None).json] == listed

    def test_sets_the_priority_in_the_catalog(self, studio, token):
        channel_id = publish(studio)
        assert studio.get(f"{URL}/{channel_id}", token).json["priority"] == 0
        for priority in (5, -1):
            assert change(studio, token, channel_id, priority=priority).json["priority"] == priority
        assert studio.deliver("maintenance") == 0
        studio.make_public(channel_id)
        change(studio, token, channel_id, priority=7)
        assert studio.deliver("maintenance") == 1  # updates the public lists

    @pytest.mark.parametrize("state", [{"deleted": True}, {"deleted": None}])
    def test_is_all_or_nothing(self, studio, token, state):
        """A channel that is deleted, before or by the same request, cannot become public."""
        channel_id = publish(studio)
        if state["deleted"] is None:
            change(studio, token, channel_id, deleted=True)
        before = studio.cloud.items("channels")
        assert change(studio, token, channel_id, **state, public=True, source_url="https://a.org").status == 409
        assert studio.cloud.items("channels") == before

    def test_is_one_write(self, studio, token):
        channel_id = publish(studio)
        studio.get(URL, token)  # the first use of a token on a day takes one more call
        with counting(studio) as watch:
            row = change(studio, token, channel_id, public=True, source_url="https://a.org").json
        assert (row["public"], row["source_url"]) == (True, "https://a.org")
        assert [name for name in watch.names if name.startswith(("Update", "Transact"))] == ["TransactWriteItems"]

    def test_changes_nothing_if_the_channel_is_deleted_concurrently(self, studio, token):
        channel_id = publish(studio)

        def delete():
            assert studio.call("DELETE", f"/api/channel/{channel_id}").status == 204

        with interrupted(studio, delete):
            assert change(studio, token, channel_id, public=True, source_url="https://a.org").status == 409
        row = studio.get(f"{URL}/{channel_id}", token).json
        assert (row["deleted"], row["public"], row["source_url"]) == (True, False, None)

    def test_restores_a_deleted_channel_as_public(self, studio, token):
        channel_id = publish(studio)
        change(studio, token, channel_id, deleted=True)
        row = change(studio, token, channel_id, deleted=False, public=True).json
        assert (row["deleted"], row["public"]) == (False, True)

    @pytest.mark.parametrize(
        "fields",
        [
            {"deleted": "yes"},
            {"public": 1},
            {"source_url": 5},
            {"demo_server_url": "x" * 201},
            {"priority": 1.5},
            {"priority": 10**7},
        ],
        ids=str,
    )
    def test_refuses_bad_input(self, studio, token, fields):
        channel_id, _ = studio.make_channel()
        before = studio.cloud.items("channels")
        assert change(studio, token, channel_id, **fields).status == 400
        assert studio.cloud.items("channels") == before

    @pytest.mark.parametrize("channel_id", [NOTHING, "bad", "%00"])
    def test_needs_a_channel(self, studio, token, channel_id):
        assert change(studio, token, channel_id, deleted=True).status == 404
        assert studio.get(f"{URL}/{channel_id}", token).status == 404

    def test_is_for_administrators(self, studio):
        channel_id, _ = studio.make_channel()
        assert change(studio, "", channel_id, deleted=True).status == 403
