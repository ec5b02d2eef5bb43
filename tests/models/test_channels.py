"""Reading channels."""

import pytest

from chalicelib.domain.ids import new_id
from chalicelib.models import channels
from chalicelib.models.channels import PUBLIC, Channel
from tests.models.builders import make_channel

PUBLISHED = {"version": 1, "rev": 4, "published_rev": 4, "published": {"name": "Channel"}}


def made(**fields):
    return channels.get(make_channel(**fields).id)


class TestStatus:
    @pytest.mark.parametrize(
        ("fields", "expected"),
        [
            ({}, "unpublished"),
            ({"rev": 1, "published_rev": 0}, "unpublished"),
            (PUBLISHED, "active"),
            ({**PUBLISHED, "rev": 5}, "unpublished"),
            ({**PUBLISHED, "chef_root_id": "c" * 32}, "active"),
            ({**PUBLISHED, "staging_root_id": "s" * 32}, "staged"),
            ({**PUBLISHED, "rev": 5, "staging_root_id": "s" * 32}, "staged"),
            ({**PUBLISHED, "deleted": True}, "deleted"),
            ({"deleted": True, "staging_root_id": "s" * 32}, "deleted"),
        ],
        ids=str,
    )
    def test_follows_from_the_trees_and_revisions(self, aws, fields, expected):
        assert channels.status(made(**fields)) == expected

    def test_of_a_new_channel_is_unpublished(self, aws):
        assert channels.status(made()) == "unpublished"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [({}, False), (PUBLISHED, True), ({**PUBLISHED, "deleted": True}, False), ({**PUBLISHED, "rev": 9}, True)],
    ids=str,
)
def test_live_means_published_and_not_deleted(aws, fields, expected):
    assert channels.is_live(made(**fields)) is expected


def test_trees_are_listed_by_name(aws):
    names = {"main": "root_id", "chef": "chef_root_id", "staging": "staging_root_id"}
    names |= {"previous": "previous_root_id", "trash": "trash_root_id"}
    fields = {field: new_id() for field in names.values()}
    assert channels.tree_names(made(**fields)) == {name: fields[field] for name, field in names.items()}


def test_missing_trees_are_none(aws):
    found = channels.tree_names(made())
    assert [found[name] for name in ("chef", "staging", "previous")] == [None, None, None]


class TestMany:
    def test_are_in_the_requested_order(self, aws):
        ids = [make_channel().id for _ in range(5)]
        wanted = [ids[3], ids[0], ids[4]]
        assert [channel.id for channel in channels.get_many(wanted)] == wanted

    def test_are_only_existing_ones(self, aws):
        id = make_channel().id
        assert [channel.id for channel in channels.get_many([new_id(), id, new_id()])] == [id]
        assert channels.get_many([]) == []

    def test_may_be_more_than_a_batch(self, aws):
        ids = [make_channel(id=f"{number:032x}").id for number in range(101)]
        assert [channel.id for channel in channels.get_many(ids)] == ids


class TestPublicChannels:
    def test_are_listed_by_id(self, aws):
        ids = {make_channel(id=new_id(), public=True, public_key=PUBLIC).id for _ in range(4)}
        make_channel()
        assert set(channels.public_ids()) == ids

    def test_are_empty_without_public_channels(self, aws):
        assert channels.public_ids() == []


def test_missing_channel_is_none(aws):
    assert channels.get(new_id()) is None


def test_lists_and_maps_are_stored_and_read_back(aws):
    encoding = {"base64": "data:image/png;base64,AA==", "points": [0.5, 1]}
    channel = made(thumbnail_encoding=encoding, extra_fields={"é": None}, version_notes={"1": "Ünï"})
    assert channel.thumbnail_encoding == encoding
    assert channel.extra_fields == {"é": None}
    assert channel.version_notes == {"1": "Ünï"}


def test_channels_do_not_share_default_values(aws):
    """A default must not be shared."""
    one, other = Channel(new_id()), Channel(new_id())
    one.version_notes["1"] = "mine"
    assert other.version_notes == {}
