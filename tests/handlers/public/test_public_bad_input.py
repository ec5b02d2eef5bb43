"""Arbitrary requests to the public API: 200, 400 or 404 in JSON, never a server error, and nothing changes."""

import itertools
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.content_databases import cursors, filters
from chalicelib.content_databases.cursors import Cursor
from chalicelib.schemas.public import (
    ChannelListQuery,
    ChannelMetadataQuery,
    ImportMetadataQuery,
    NodePageQuery,
    TreePageQuery,
)
from tests.support.aws.calls import strictly
from tests.support.http.client import Studio
from tests.support.source import routes
from tests.support.worlds import nodes
from tests.support.worlds.public_world import IMPORT, LIST, TREE, V1_LIST, World, upload

pytestmark = pytest.mark.xdist_group("public bad input")

LISTS = (LIST, V1_LIST)
CHANNELS = "/api/public/v1/channels"
# These refuse what is no UUID; to others it is unknown.
OF_UUIDS = {
    *("/api/public/v1/channelmetadata/{channel_id}", "/api/public/v1/contentnode/{node_id}"),
    *("/api/public/v1/contentnode_tree/{node_id}", "/api/public/v2/contentnode_tree/{node_id}"),
    "/api/public/v2/importmetadata/{node_id}",
}
PUBLIC = sorted({route.path for route in routes.OPEN if route.path.startswith("/api/public/")})
NODE_ROUTES = [path for path in PUBLIC if "contentnode" in path]

OF_NODES = sorted(filters.NodeFilter.model_fields)
KNOWN = {
    "contentnode": [*OF_NODES, *NodePageQuery.model_fields],
    "contentnode_tree": [*OF_NODES, *TreePageQuery.model_fields],
    "importmetadata": [*ImportMetadataQuery.model_fields, "schema_version"],
    "channels": [*ChannelListQuery.model_fields],
    "channel": [*ChannelMetadataQuery.model_fields],
    "channelmetadata": [*ChannelMetadataQuery.model_fields],
    "info": ["v"],
}
NO_COUNTS = [
    "0",
    "-1",
    "1.5",
    "x",
    "1e9",
    "٣",
    "²",
    "%2B1",
    "1_0",
    "0x1",
    "%00",
    "%ff",
    "\ud800",
    "--1",
    "NaN",
    "1e5000",
    "0" * 5000,
]
UNSENDABLE = {"%00", "\ud800", "0" * 5000}  # as a cursor
HUGE = ["3000000000", "99999999999", "9223372036854775808", "9" * 30, "0000001" + "0" * 5000, "9" * 5000]
TEXTS = [
    *("", "%20", "bad", "3", "2147483648", "9223372036854775808", "9" * 5000, "a" * 1001, "a" * 8000, "true", "null"),
    *(
        "[]",
        "{}",
        "'",
        '"',
        "%",
        "%zz",
        "..",
        ",",
        "%2C%2C",
        "a,,b",
        "inf",
        "-",
        "en-",
        "en_US",
        "-" * 40,
        "%F0%9F%98%80",
    ),
    *("'%20OR%201=1--", "%25", "a%00b", "%ED%A0%80", "{0}", "$where", "*", "%0D%0Aa:b", "d%26WXdXWF", "𝟛", "0" * 32),
]
VALUES = [*NO_COUNTS, *HUGE, *TEXTS]


@pytest.fixture(scope="module")
def world(shared_cloud: Any) -> Iterator[World]:
    """One public channel, one private, each with a topic and some exercises."""
    shared_cloud.empty()
    world = World(Studio(shared_cloud))
    for name in ("public", "private"):
        below: list[Any] = [(nodes.exercise(f"{name} {n}", nodes.question("q")), []) for n in range(3)]
        channel_id, sent = upload(world.studio, name, [(nodes.topic(f"{name} topic"), below)])
        world.studio.finish(channel_id)
        assert world.studio.publish(channel_id)["status"] == "SUCCESS"
        getattr(world, name).extend([channel_id, *sent])
    world.studio.make_public(world.public[0])
    before = stored(shared_cloud)
    yield world
    assert stored(shared_cloud) == before


def stored(cloud):
    return {name: rows for name, rows in cloud.contents().items() if name != "counters"}


@pytest.fixture(autouse=True)
def nothing_changes(world, request):
    """No request here changes anything, but unknown tokens are counted."""
    with strictly(world.studio) as watch:
        yield
    looks_up = "/channels" in request.node.name or request.node.name == "test_any_text_at_all_is_answered"
    assert set(watch.writes) <= ({"UpdateItem"} if looks_up else set())


def send(world, path, **headers):
    """The response, which must be JSON and not a server error."""
    answer = world.studio.call("GET", path, token=None, **headers)
    assert answer.status in (200, 400, 404), f"{answer.status} {path[:200]}: {answer.text[:300]}"
    body = answer.json
    if answer.status == 404:
        assert set(body) == {"error", "detail"}
    if answer.status == 400:
        assert body["error"] == body["detail"]
        assert all(isinstance(body[name], str) for name in ("error", "detail"))
        assert all(isinstance(one, str) for name in wrong(answer) for one in body[name])
    return answer


def wrong(answer):
    """The refused parameters."""
    return answer.json.keys() - {"error", "detail"}


def filled(world, path):
    """The path with an existing value for its parameter."""
    for name, value in {"version": "v3", "resource": "nodes"}.items():
        path = path.replace(f"{{{name}}}", value)
    head, _, parameter = path.partition("{")
    node = world.public[1] if "contentnode" in head or "importmetadata" in head else world.public[0]
    return f"{head}{node}" if parameter else head


def ending_with(path, value):
    """The path with this text for its last parameter."""
    head, brace, last = path.rpartition("{")
    head = head.replace("{version}", "v3").replace("{resource}", "nodes")
    return f"{head}{value}{last.partition('}')[2]}" if brace else path


def parameters(path):
    """The parameters of a route; that of a single channel has none."""
    name = path.partition("/{")[0].rpartition("/")[2]
    return KNOWN[name] if name in KNOWN and not ("{" in path and "channel" in name) else ["v"]


@pytest.mark.parametrize("path", PUBLIC)
def test_any_value_of_any_parameter_is_answered(world, path):
    there = filled(world, path)
    for value in VALUES[:: 1 if "/v2/" in path else 3]:  # v1 accepts the same as v2
        send(world, f"{there}?unknown={value}&{value}=1&{value}")
        for name in parameters(path):
            send(world, f"{there}?{name}={value}")


@pytest.mark.parametrize("path", [path for path in PUBLIC if "{" in path])
def test_any_text_in_a_path_is_answered(world, path):
    status = 400 if path in OF_UUIDS else 404
    for value in VALUES:
        if value.strip("/") and value.isascii():  # in a path, everything else is percent-encoded
            expected = 404 if value == routes.NOTHING else status
            assert send(world, ending_with(path, value)).status == expected, value


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), path=st.sampled_from(PUBLIC), text=st.text(max_size=40) | st.binary(max_size=20))
def test_any_text_at_all_is_answered(world, data, path, text):
    name = data.draw(st.sampled_from(parameters(path)))
    send(world, f"{filled(world, path)}?{quote(name)}={quote(text)}")
    if text:
        send(world, ending_with(path, quote(text, safe="")))


class TestNumbers:
    @pytest.mark.parametrize("name", ["max_results"])
    @pytest.mark.parametrize("path", [*LISTS, IMPORT])
    def test_of_results_are_positive_integers(self, world, path, name):
        there = path if path in LISTS else f"{path}/{world.public[1]}"
        for value in NO_COUNTS:
            assert wrong(send(world, f"{there}?{name}={value}")) == {name}, value
        for value in ("1", "5", "1000", "1001", "2147483647", "007", *HUGE):
            assert send(world, f"{there}?{name}={value}").status == 200

    @pytest.mark.parametrize("name", ["depth", "next__gt"])
    def test_of_a_tree_are_positive_integers(self, world, name):
        for value in NO_COUNTS:
            assert wrong(send(world, f"{TREE}/{world.public[0]}?{name}={value}")) == {name}, value
        for value in ("1", "2", "3", "1000000000", *HUGE):
            assert send(world, f"{TREE}/{world.public[0]}?{name}={value}").status == 200

    @pytest.mark.parametrize("name", ["page", "page_size"])
    def test_of_pages_are_positive_integers(self, world, name):
        for path in ("/api/public/v2/channel", "/api/public/v1/channelmetadata"):
            for value in NO_COUNTS:
                assert wrong(send(world, f"{path}?{name}={value}")) == {name}, value
            assert send(world, f"{path}?{name}=1").json["page"] == 1

    @pytest.mark.parametrize("page", ["2", *HUGE], ids=range(7))
    def test_of_a_page_after_the_last_is_404(self, world, page):
        assert send(world, f"/api/public/v2/channel?page={page}").json["detail"] == "Invalid page. The last page is 1."

    @pytest.mark.parametrize("size", HUGE, ids=range(6))
    def test_of_a_size_above_the_limit_is_the_limit(self, world, size):
        assert len(send(world, f"/api/public/v2/channel?page_size={size}").json["results"]) == 1
        assert len(send(world, f"{LIST}?max_results={size}").json["results"]) == 5

    def test_of_places_are_integers(self, world):
        for name, value in itertools.product(("tree_id", "lft__gt", "rght__lt"), ("x", "1.5", "1e9", "٣", "9" * 30)):
            assert wrong(send(world, f"{LIST}?{name}={value}")) == {name}
        for name, value in itertools.product(("tree_id", "lft__gt", "rght__lt"), ("0", "-1", str(2**63 - 1))):
            assert send(world, f"{LIST}?{name}={value}").status == 200

    @pytest.mark.parametrize(
        ("version", "said"),
        [*((v, "too low") for v in ("4", "0", "-1", "1")), ("7", "too high"), ("9" * 40, "too high")]
        + [(v, "not parseable") for v in ("x", "5.0", "٥", "%00", "\ud800", "5_0")],
        ids=range(12),
    )
    def test_of_a_schema_must_exist(self, world, version, said):
        answer = send(world, f"{IMPORT}/{world.public[1]}?schema_version={version}")
        assert answer.status == 400
        assert said in answer.json["error"]


class TestIds:
    @pytest.mark.parametrize("name", ["channel_id", "parent", "content_id", "descendant_of", "prerequisite_for"])
    def test_that_are_invalid_are_400(self, world, name):
        for path, value in itertools.product(
            (*LISTS, f"{TREE}/{world.public[0]}"), ("bad", "%00", "0" * 31, "1", "%ff")
        ):
            answer = send(world, f"{path}?{name}={value}")
            assert (answer.status, wrong(answer)) == (400, {name})

    @pytest.mark.parametrize("name", ["ids", "channels", "exclude_content_ids"])
    def test_of_which_one_is_invalid_are_400(self, world, name):
        for value in ("bad", f"{world.public[0]},bad", ",", f"{world.public[0]};{world.public[1]}"):
            answer = send(world, f"{LIST}?{name}={value}")
            assert (answer.status, wrong(answer)) == (400, {name})

    def test_that_do_not_exist_match_nothing(self, world):
        for name in ("ids", "channels", "channel_id", "parent", "content_id", "descendant_of", "has_prerequisite"):
            assert send(world, f"{LIST}?{name}={routes.NOTHING}").json == []

    def test_may_be_two_hundred(self, world):
        many = ",".join([*(nodes.node_id(str(n)) for n in range(200)), world.public[1]])
        assert [node["id"] for node in send(world, f"{LIST}?ids={many}").json] == [world.public[1]]
        assert len(send(world, f"{LIST}?exclude_content_ids={many}").json) == 5

    def test_that_are_three_hundred_are_too_many_for_a_url(self, world):
        answer = send(world, f"{LIST}?ids={','.join(nodes.node_id(str(n)) for n in range(300))}")
        assert answer.status == 400
        assert "several requests" in answer.json["detail"]

    def test_errors_are_reported_together(self, world):
        answer = send(world, f"{LIST}?ids=bad&kind=bogus&lft__gt=x&parent=1&languages=%25")
        assert wrong(answer) == {"ids", "kind", "lft__gt", "parent", "languages"}


class TestCursors:
    @pytest.fixture
    def good(self, world):
        return world.get(f"{LIST}?max_results=2")["more"]["cursor"]

    def test_that_are_invalid_are_404(self, world, good):
        corrupted = [good[:-1], good[1:], good + "A", good[:20], good.swapcase(), "A" * 44, "zzz", "cD0z", f"{good}=="]
        for path, cursor in itertools.product((*LISTS, f"{IMPORT}/{world.public[0]}"), [*corrupted, *NO_COUNTS]):
            answer = send(world, f"{path}?max_results=2&cursor={cursor}")
            assert answer.status == (400 if cursor in UNSENDABLE else 404), cursor

    @pytest.mark.parametrize("version", [0, 2, 2**63 - 1])
    def test_of_a_version_that_never_existed_are_404(self, world, version):
        cursor = cursors.encode(Cursor(world.public[0], version, 1))
        for path in (*LISTS, f"{IMPORT}/{world.public[0]}"):
            assert send(world, f"{path}?max_results=2&cursor={cursor}").status == 404

    @pytest.mark.parametrize("place", [0, 1, 10, 2**63 - 1])
    def test_at_any_place_of_the_tree_continue_after_it(self, world, place):
        cursor = cursors.encode(Cursor(world.public[0], 1, place))
        for path in LISTS:
            found = send(world, f"{path}?max_results=100&cursor={cursor}").json["results"]
            assert [node["lft"] for node in found] == [lft for lft in (1, 2, 3, 5, 7) if lft > place]

    def test_of_a_private_channel_show_nothing_of_it(self, world):
        for version in (1, 7):
            cursor = cursors.encode(Cursor(world.private[0], version, 0))
            for path in LISTS:
                found = send(world, f"{path}?max_results=100&cursor={cursor}").json["results"]
                assert {node["channel_id"] for node in found} <= {world.public[0]}
            for node_id in (world.private[0], world.public[0]):
                assert send(world, f"{IMPORT}/{node_id}?max_results=2&cursor={cursor}").status == 404

    def test_of_another_channel_show_nothing_of_it(self, world):
        cursor = cursors.encode(Cursor(world.public[0], 1, 0))
        for channel_id in (world.private[0], routes.NOTHING):
            assert send(world, f"{LIST}?channel_id={channel_id}&max_results=2&cursor={cursor}").json["results"] == []
            assert send(world, f"{IMPORT}/{channel_id}?max_results=2&cursor={cursor}").status == 404

    def test_need_no_size(self, world, good):
        assert len(send(world, f"{LIST}?cursor={good}").json) == 3


class TestLanguages:
    @pytest.mark.parametrize("path", [CHANNELS, "/api/public/v2/channel", LIST])
    def test_that_are_invalid_are_400(self, world, path):
        name = "language" if path == CHANNELS else "languages"
        for value in ("%00", "en_US", "x" * 15, "1", "e", "en-", "%ff", "\ud800", "'"):
            answer = send(world, f"{path}?{name}={value}")
            assert (answer.status, wrong(answer)) == (400, {name}), value

    @pytest.mark.parametrize("path", [CHANNELS, "/api/public/v2/channel", LIST])
    def test_that_are_not_used_find_nothing(self, world, path):
        name = "language" if path == CHANNELS else "languages"
        for value in ("zz", "tlh", "de-AT"):
            assert send(world, f"{path}?{name}={value}").json == []


class TestQueries:
    @pytest.mark.parametrize("path", PUBLIC)
    def test_of_10_kb_are_refused(self, world, path):
        for query in (f"a={'x' * 10_000}", "&".join(["a=1"] * 5000), urlencode({"é" * 9000: ""}), "ids=" + "0," * 5000):
            answer = send(world, f"{filled(world, path)}?{query}")
            assert (answer.status, "too long" in answer.json["detail"]) == (400, True)

    def test_are_measured_percent_encoded(self, world):
        for query in (f"keywords={quote('é' * 990)}&tags={quote('漢' * 600)}", "tags=" + "%25" * 2731):
            assert len(query) > 8192
            assert "too long" in send(world, f"{LIST}?{query}").json["detail"]
        ids = ",".join(nodes.node_id(str(n)) for n in range(245))
        assert send(world, f"{LIST}?ids={ids}").json == []

    def test_use_the_last_of_repeated_values(self, world):
        assert len(send(world, f"{LIST}?kind=bogus&kind=topic").json) == 2
        assert send(world, f"{LIST}?kind=topic&kind=bogus").status == 400
        assert len(send(world, f"{LIST}?max_results=x&max_results=1").json["results"]) == 1
        assert send(world, f"{TREE}/{world.public[0]}?depth=x&depth=1").status == 200
        assert send(world, f"{IMPORT}/{world.public[0]}?schema_version=x&schema_version=5").status == 200

    @pytest.mark.parametrize("name", ["available", "public", "has_exercise", "contains_quiz", "contains_exercise"])
    def test_of_booleans_accept_only_true_and_false(self, world, name):
        for value in ("yes", "2", "%00", "tru", "٣", "null"):
            assert wrong(send(world, f"/api/public/v2/channel?{name}={value}")) == {name}
        for value in ("true", "TRUE", "1", "false", "False", "0", ""):
            assert send(world, f"/api/public/v2/channel?{name}={value}").status == 200

    def test_of_unknown_labels_match_nothing(self, world):
        for name in ("categories", "grade_levels", "learner_needs", "resource_types", "learning_activities"):
            assert send(world, f"{LIST}?{name}=nonsense").json == []

    def test_of_unknown_names_are_ignored(self, world):
        for path in PUBLIC:
            there = filled(world, path)
            assert send(world, f"{there}?nonsense=1&__proto__=x&%00=%00").text == send(world, there).text


class TestHeaders:
    @pytest.mark.parametrize(
        "date",
        ["", "x", "0", "Sat, 99 Nov 2026 02:00:51 GMT", "2026-11-21", "٣", "Sat, 21 Nov 99999 02:00:51 GMT"],
        ids=range(7),
    )
    def test_with_invalid_dates_are_ignored(self, world, date):
        for path in (CHANNELS, LIST, f"{TREE}/{world.public[0]}", "/api/public/v2/channel"):
            assert send(world, path, if_modified_since=date).status == 200

    @pytest.mark.parametrize("tags", ["", "x", '"', '"a', "W/", 'W/"', ",,", '"a","b"', "a" * 9000, '"' * 9000, "\x00"])
    def test_with_invalid_tags_are_ignored(self, world, tags):
        for path in (CHANNELS, LIST, f"{TREE}/{world.public[0]}", "/api/public/v2/channel"):
            assert send(world, path, if_none_match=tags).status == 200

    def test_that_are_unknown_are_ignored(self, world):
        headers = {
            "accept": "x/y",
            "content_type": "text/é",
            "cookie": "\xff",
            "range": "bytes=9-1",
            "authorization": "x",
        }
        for path in (CHANNELS, LIST, "/api/public/info"):
            assert send(world, path, **headers).text == send(world, path).text
