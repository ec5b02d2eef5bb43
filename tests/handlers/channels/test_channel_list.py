"""Channel lists: visibility, filters, ordering, search, paging and cost."""

from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib.domain.ids import new_id
from chalicelib.identity.authentication import Identity
from chalicelib.models import channels
from chalicelib.models.base import now, write_many
from chalicelib.models.channel_members import EDIT, VIEW, ChannelMember
from chalicelib.models.channel_sets import ChannelSet
from chalicelib.models.channels import Channel
from chalicelib.operations.channels import channel_list
from chalicelib.schemas.channel import ChannelQuery
from chalicelib.schemas.query import parse_query
from tests.support.aws.calls import counting
from tests.support.http import recordings
from tests.support.http.client import Studio
from tests.support.source.routes import NOTHING
from tests.support.worlds import images, nodes
from tests.support.worlds.public_world import WORDS

LIST = "/api/channel"


class World:
    """Channels by name, and another user who may edit, may view or has bookmarked some of them.

    `fr`, `quiz` and `subtitled` are public; `plain` was never published, `staged` has a staged tree, `gone` is
    deleted.
    """

    def __init__(self, shared_cloud):
        self.studio = Studio(shared_cloud)
        self.ids = {}
        self.user_id, self.token = self.studio.sign_up("asker")
        self.upload("fr", nodes.exercise("e", nodes.question("e"), language="fr", license="CC BY-SA"), words="Rouge")
        self.upload("quiz", nodes.exercise("q", nodes.question("q"), role="coach"), words="Red and blue")
        self.upload("subtitled", self.video(), words="RED film")
        self.upload("private", nodes.exercise("p", nodes.question("p")), words="Secret red")
        self.upload("staged", nodes.exercise("s", nodes.question("s")), stage=True)
        for name in ("plain", "gone"):
            self.ids[name] = self.studio.post(LIST, {"name": name, "description": "By hand"}).json["id"]
        for name in ("fr", "quiz", "subtitled"):
            self.studio.make_public(self.ids[name])
        self.share("private", EDIT)
        self.share("staged", EDIT)
        self.share("fr", EDIT)
        self.share("plain", VIEW)
        self.share("gone", EDIT)
        self.studio.call("DELETE", f"{LIST}/{self.ids['gone']}")
        for name in ("quiz", "private"):
            assert self.studio.post("/api/bookmark", {"channel": self.ids[name]}, self.token).status == 201

    def upload(self, name, node, words="", stage=False):
        channel_id, root = self.studio.make_channel(name, description=words)
        self.ids[name] = channel_id
        self.studio.add(root, node)
        self.studio.finish(channel_id, stage)
        if stage:
            self.studio.deliver()
        else:
            assert self.studio.publish(channel_id)["status"] == "SUCCESS"

    def video(self):
        film, words = (recordings.store(self.studio, text, end) for text, end in ((b"film", "mp4"), (b"words", "vtt")))
        files = [nodes.file(film, "high_res_video"), nodes.file(words, "video_subtitle", language="sw")]
        return nodes.resource("v", "video", files)

    def share(self, name, role):
        self.studio.share(self.ids[name], self.user_id, role)

    def names(self, query, token=None):
        answer = self.studio.get(f"{LIST}?{query}", token or self.token)
        assert answer.status == 200, answer.text
        return [channel["name"] for channel in answer.json]


@pytest.fixture(scope="module")
def world(shared_cloud):
    shared_cloud.empty()
    return World(shared_cloud)


PUBLIC = ["fr", "quiz", "subtitled"]
MINE = ["fr", "plain", "private", "staged"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("public=true", PUBLIC),
        ("edit=true", ["fr", "private", "staged"]),
        ("view=true", ["plain"]),
        ("edit=true&view=true", []),
        ("edit=false", ["plain", "quiz", "subtitled"]),
        ("view=false", ["fr", "private", "quiz", "staged", "subtitled"]),
        ("public=false", ["plain", "private", "staged"]),
        ("public=true&edit=true", ["fr"]),
        ("public=true&edit=false", ["quiz", "subtitled"]),
        ("bookmark=true", ["private", "quiz"]),
        ("bookmark=true&public=true", ["quiz"]),
        ("bookmark=false", ["fr", "plain", "staged", "subtitled"]),
        ("published=true", ["fr", "private", "quiz", "subtitled"]),
        ("published=false", ["plain", "staged"]),
        ("keywords=red", ["private", "quiz", "subtitled"]),
        ("keywords=RED+blue", ["quiz"]),
        ("keywords=hand", ["plain"]),
        ("keywords=none", []),
        ("languages=fr", ["fr"]),
        ("languages=FR,sw", ["fr", "subtitled"]),
        ("languages=en", ["fr", "private", "quiz", "staged", "subtitled"]),
        ("licenses=CC%20BY-SA", ["fr"]),
        ("licenses=2,3", ["fr"]),
        ("licenses=none", []),
        ("kinds=video", ["subtitled"]),
        ("kinds=exercise,video", ["fr", "private", "quiz", "subtitled"]),
        ("coach=true", ["quiz"]),
        ("coach=true&public=true", ["quiz"]),
        ("coach=false&public=true", ["fr", "subtitled"]),
        ("assessments=true", ["fr", "private", "quiz"]),
        ("assessments=false", ["plain", "staged", "subtitled"]),
        ("subtitles=true", ["subtitled"]),
        ("subtitles=false", ["fr", "plain", "private", "quiz", "staged"]),
        ("deleted=true", ["gone"]),
        ("deleted=true&edit=true", ["gone"]),
        ("deleted=true&public=true", []),
        ("deleted=false&edit=true", ["fr", "private", "staged"]),
        ("staged=true", ["staged"]),
        ("staged=false&public=true", PUBLIC),
        ("cheffed=true", ["fr", "private", "quiz", "staged", "subtitled"]),
        ("cheffed=false", ["plain"]),
    ],
)
def test_filters(world, query, names):
    assert sorted(world.names(query)) == names


MARKED = "quiz"  # bookmarked, but not a member


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("search=red", ["private", MARKED]),
        ("search=BY+hand", ["plain"]),
        ("search=none", []),
        ("search=r&ordering=name", ["fr", "private", MARKED]),
    ],
)
def test_search_alone_looks_through_ones_own_and_bookmarked_channels(world, query, names):
    assert sorted(world.names(query)) == names


def test_pages_alone_are_those_of_ones_own_and_bookmarked_channels(world):
    pages = [world.studio.get(f"{LIST}?page={page}&page_size=2", world.token).json for page in (1, 2, 3)]
    assert [page["count"] for page in pages] == [5, 5, 5]
    assert pages[1]["previous"]
    assert pages[1]["next"]
    assert not pages[2]["next"]
    assert sorted(row["name"] for page in pages for row in page["results"]) == sorted([*MINE, MARKED])
    assert world.studio.get(f"{LIST}?page_size=1", world.token).json["count"] == 5


def test_visible_channels_can_be_requested_by_id(world):
    ids = ",".join([*world.ids.values(), NOTHING, "bad", ""])
    assert sorted(world.names(f"id__in={ids}")) == sorted({*PUBLIC, *MINE})
    stranger = world.studio.sign_up("stranger")[1]
    assert sorted(world.names(f"id__in={ids}", stranger)) == PUBLIC
    assert world.names("id__in=bad") == []
    administrator = world.studio.sign_up("admin", is_admin=True)[1]
    assert len(world.names(f"id__in={ids}", administrator)) == 6


def test_excluded_channels_are_left_out(world):
    left_out = f"{world.ids['fr'].upper()},bad,{world.ids['private']}"
    assert world.names(f"edit=true&exclude={left_out}") == ["staged"]
    assert world.names(f"public=true&exclude={left_out}") == ["quiz", "subtitled"]


def test_a_collection_lists_its_visible_channels(world):
    hidden = world.studio.post(LIST, {"name": "hidden"}).json["id"]
    collection = ChannelSet(new_id(), name="Set", channel_ids=[world.ids["quiz"], world.ids["private"], hidden])
    collection.save()
    assert sorted(world.names(f"collection={collection.id}")) == ["private", "quiz"]
    assert world.names(f"collection={collection.id}&bookmark=true&published=false") == []
    assert world.names(f"collection={NOTHING}") == []


def test_the_latest_change_comes_first(world):
    assert world.names("edit=true") == ["staged", "private", "fr"]
    assert world.names("public=true") == PUBLIC


@pytest.mark.parametrize(
    ("ordering", "names"),
    [
        ("name", ["fr", "private", "staged"]),
        ("-name", ["staged", "private", "fr"]),
        ("modified", ["fr", "private", "staged"]),
        ("-version", ["private", "fr", "staged"]),
        ("nonsense", ["staged", "private", "fr"]),
    ],
)
def test_it_can_be_ordered(world, ordering, names):
    found = world.names(f"edit=true&ordering={ordering}")
    assert found[-1:] + sorted(found[:-1]) == names[-1:] + sorted(names[:-1])


def test_public_channels_can_be_ordered_by_fields_missing_in_the_index(world):
    assert world.names("public=true&ordering=-created") == ["subtitled", "quiz", "fr"]
    assert world.names("public=true&ordering=-last_published") == ["subtitled", "quiz", "fr"]


def test_search_matches_name_and_description(world):
    assert world.names("edit=true&search=SECRET") == ["private"]
    assert world.names("public=true&search=fr") == ["fr"]


def test_pages_contain_the_same_rows_as_the_list(world):
    whole = world.studio.get(f"{LIST}?public=true", world.token).json
    pages = [world.studio.get(f"{LIST}?public=true&page_size=2&page={n}", world.token).json for n in (1, 2)]
    assert [page["count"] for page in pages] == [3, 3]
    assert pages[0]["next"].startswith("https://") or pages[0]["next"].startswith("http://")
    assert pages[0]["results"] + pages[1]["results"] == whole
    assert world.studio.get(f"{LIST}?public=true&page=3&page_size=2", world.token).status == 404


def test_rows_equal_single_reads(world):
    for channel in world.studio.get(f"{LIST}?published=true", world.token).json:
        assert world.studio.get(f"{LIST}/{channel['id']}", world.token).json == channel


@pytest.mark.parametrize("query", ["", "ordering=name", "search=", f"exclude={NOTHING}", "edit=", "other=1"])
def test_a_filter_is_required(world, query):
    answer = world.studio.get(f"{LIST}?{query}", world.token)
    assert (answer.status, set(answer.json)) == (412, {"error", "detail"})


@pytest.mark.parametrize(
    "name", ["published", "coach", "assessments", "subtitles", "public", "deleted", "staged", "cheffed", "edit", "view"]
)
def test_a_flag_is_true_or_false(world, name):
    assert list(world.studio.get(f"{LIST}?{name}=maybe", world.token).json) == [name]


@pytest.mark.parametrize(
    "query", ["languages=%00", "keywords=%00", "page=0&edit=1", "page_size=-1&edit=1", "keywords=" + "x" * 1001]
)
def test_bad_input_is_refused(world, query):
    assert world.studio.get(f"{LIST}?{query}", world.token).status == 400


@pytest.mark.parametrize("value", [*WORDS, "%", "'", "(", "\U0001f600", "x" * 999, "-", ",", ",,"])
def test_any_keywords_are_accepted(world, value):
    for name in ("keywords", "id__in", "licenses", "kinds", "collection", "exclude", "search", "ordering"):
        answer = world.studio.get(f"{LIST}?{urlencode({'edit': 'true', name: value})}", world.token)
        assert answer.status == 200, answer.text


def test_only_public_channels_on_the_page_are_read(world):
    world.studio.get(f"{LIST}?public=true", world.token)  # fetches the public index
    with counting(world.studio) as watch:
        page = world.studio.get(f"{LIST}?public=true&page_size=1", world.token).json
    assert len(page["results"]) == 1
    assert len(watch.names) <= 5, watch.names


def test_a_channel_that_is_no_longer_public_is_on_no_page(studio, monkeypatch):
    channel_id, root = studio.make_channel()
    studio.add(root, nodes.exercise("e", nodes.question("q")))
    studio.finish(channel_id)
    studio.publish(channel_id)
    studio.make_public(channel_id)
    stranger = studio.sign_up("stranger")[1]
    assert len(studio.get(f"{LIST}?public=true", stranger).json) == 1
    Channel(channel_id).update([Channel.public.set(False)])  # the index follows later
    assert studio.get(f"{LIST}?public=true", stranger).json == []


class TestCost:
    @pytest.fixture
    def many(self, studio):
        """230 channels of the user, and one more public channel."""
        studio.post(LIST, {"name": "first", "thumbnail": recordings.store(studio, images.png(), "png")})
        (first,) = channels.get_many([studio.get(f"{LIST}?edit=true").json[0]["id"]])
        template = {name: getattr(first, name) for name in ("name", "created", "modified", "root_id", "trash_root_id")}
        ids = [new_id() for _ in range(229)]
        write_many(
            [Channel(id=id, **template) for id in ids] + [ChannelMember(studio.user_id, id, role=EDIT) for id in ids]
        )
        return studio

    def test_a_list_and_a_page_cost_few_calls(self, many):
        for query in ("edit=true", "keywords=first", "edit=true&kinds=video,topic", "published=false"):
            with counting(many) as watch:
                rows = many.get(f"{LIST}?{query}").json
            assert len(rows) in (0, 230)
            assert len(watch.names) <= 3 + 2 * 3, watch.names
        with counting(many) as watch:
            page = many.get(f"{LIST}?edit=true&page_size=100").json
        assert (page["count"], len(page["results"])) == (230, 100)
        assert len(watch.names) <= 3 + 3, watch.names

    def test_an_empty_list_costs_three(self, studio):
        with counting(studio) as watch:
            assert studio.get(f"{LIST}?bookmark=true").json == []
        assert len(watch.names) <= 3, watch.names


ICON = {"base64": "data:image/png;base64," + "A" * 40_000}


@pytest.fixture
def many(studio):
    """The ids of 250 channels of the first user, each with an image: 10 MB in all."""
    ids = [new_id() for _ in range(250)]
    shared: dict[str, Any] = {"created": now(), "modified": now(), "root_id": new_id(), "trash_root_id": new_id()}
    write_many(
        [
            *(Channel(id, name=f"{n:03}", thumbnail_encoding=ICON, **shared) for n, id in enumerate(ids)),
            *(ChannelMember(studio.user_id, id, role=EDIT) for id in ids),
        ]
    )
    return ids


def test_a_list_larger_than_a_response_is_whole(studio, many):
    with counting(studio) as calls:
        answer = studio.get(f"{LIST}?edit=true&ordering=name")
    assert [channel["id"] for channel in studio.follow(answer)] == many
    assert len(calls.names) <= 20, calls.names  # one read per 100 channels: to filter, to fill, and of their roots
    assert answer.headers["Location"].startswith("/content/answers/own/")


def test_a_long_list_reads_the_channels_of_a_page_again(studio, many, monkeypatch):
    """Until then it holds no images, so its memory does not grow with their number."""
    whole = studio.follow(studio.get(f"{LIST}?edit=true"))
    monkeypatch.setattr(channel_list, "MAX_KEPT", 100)
    query = parse_query(ChannelQuery, {"edit": ["true"]})
    user = Identity(studio.user_id, "chef@example.org", "", "", False)
    rows = channel_list.find(user, query)
    assert all(row["channel"] is None for row in rows)
    assert [row["id"] for row in channel_list.fill(user, rows)] == [row["id"] for row in whole]


def test_a_page_of_it_takes_fewer_reads(studio, many):
    with counting(studio) as calls:
        answer = studio.get(f"{LIST}?page=2&page_size=50&ordering=name").json
    assert [channel["id"] for channel in answer["results"]] == many[50:100]
    assert answer["count"] == 250
    assert len(calls.names) <= 10, calls.names


def test_a_page_that_is_too_large_says_how_to_shrink_it(studio, many):
    answer = studio.get(f"{LIST}?page_size=1000")
    assert (answer.status, "page_size" in answer.json["detail"]) == (400, True)
