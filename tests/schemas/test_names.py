"""Names in bodies: known ones pass, others are refused with the nearest known one."""

from typing import Any

import pytest
from typing_extensions import TypedDict

from chalicelib.schemas.assessmentitem import QuestionWrite
from chalicelib.schemas.base import Nothing
from chalicelib.schemas.channel import ChannelChange, PublishIn
from chalicelib.schemas.contentnode import Copy, NodeChange
from chalicelib.schemas.names import names_of, unknown
from chalicelib.schemas.responses.channel import Channel
from chalicelib.schemas.responses.common import Page
from chalicelib.schemas.responses.content import ContentNode


def refused(body: Any, schema: Any, *resource: Any) -> dict[str, str]:
    return dict(unknown(body, names_of(schema, *resource), names_of(schema)))


@pytest.mark.parametrize(
    ("name", "schema", "nearest"),
    [
        ("titel", NodeChange, "title"),
        ("Title", NodeChange, "title"),
        ("licence", NodeChange, "license"),
        ("nmae", ChannelChange, "name"),
        ("notes", PublishIn, "version_notes"),
        ("version-notes", PublishIn, "version_notes"),
        ("langauge", PublishIn, "language"),
    ],
)
def test_the_nearest_name_is_suggested(name, schema, nearest):
    assert refused({name: 1}, schema) == {name: f'Unknown field. Did you mean "{nearest}"?'}


def test_a_readable_name_is_suggested_where_no_writable_one_is_near():
    assert "root_id" in refused({"rootid": 1}, ChannelChange, Channel)["rootid"]


def test_without_a_near_one_all_writable_names_are_listed():
    assert refused({"zzz": 1}, PublishIn) == {"zzz": "Unknown field. Send only: language, version_notes."}
    assert "OPTIONS" in refused({"zzz": 1}, NodeChange, ContentNode)["zzz"]


def test_known_names_pass_also_where_they_can_only_be_read():
    assert refused(dict.fromkeys(ContentNode.__annotations__), NodeChange, ContentNode) == {}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"thumbnail_encoding": {"bas64": ""}}, "thumbnail_encoding.bas64"),
        ({"content_defaults": {"autor": "a"}}, "content_defaults.autor"),
    ],
)
def test_names_inside_objects_are_checked(body, path):
    assert list(refused(body, ChannelChange, Channel)) == [path]


def test_names_inside_lists_are_checked():
    rows = [{"answer": "a", "correct": True}, {"answr": "b"}]
    assert refused({"answers": rows}, QuestionWrite) == {"answers.1.answr": 'Unknown field. Did you mean "answer"?'}
    assert refused({"answers": "[]", "hints": None}, QuestionWrite) == {}


@pytest.mark.parametrize("name", ["extra_fields.options.completion_criteria", "tags.algebra", "categories.a.b"])
def test_parts_of_sets_and_objects_may_have_dots(name):
    assert refused({name: True}, NodeChange) == refused({"mods": {name: True}}, Copy) == {}


def test_parts_of_other_fields_may_not():
    assert refused({"title.a": 1}, NodeChange) == {"title.a": 'Unknown field. Did you mean "title"?'}


def test_free_objects_may_contain_anything():
    assert refused({"extra_fields": {"a": {"b": [{"c": 1}]}}}, NodeChange) == {}


def test_a_route_without_fields_takes_none():
    assert "no fields" in refused({"zzz": 1}, Nothing, Channel)["zzz"]


def test_long_and_unwritable_names_are_shortened():
    (name,) = refused({"\ud800" + "x" * 1000: 1}, PublishIn)
    assert len(name) == 60
    assert name.encode()


class Inner(TypedDict):
    deep: int


def test_names_of_generic_and_aliased_types():
    assert names_of(list[Inner] | Page[Inner]) == {"deep": {}, **names_of(Page[Inner])}
    assert {"page", "results"} <= names_of(Page[Inner]).keys()
