"""OPTIONS describes a resource (recorded: OPTIONS of contentnode)."""

import pytest

from tests.support.source import routes

RECORDED = {"name", "description", "renders", "parses"}  # the keys of Studio's own answer


def described(studio, path):
    return studio.call("OPTIONS", path, token=None).json


@pytest.mark.parametrize("path", routes.PATHS)
def test_every_path_describes_itself(studio, path):
    answer = described(studio, path)
    assert set(answer) == {*RECORDED, "actions"}
    assert answer["name"]
    assert "application/json" in answer["renders"]
    assert all(action["summary"] for action in answer["actions"].values())


def test_bodies_are_described_field_by_field(studio):
    fields = described(studio, "/api/contentnode")["actions"]["POST"]["body"]
    title = "title, as learners see it"
    assert fields["title"] == {"type": "string", "required": False, "max_length": 200, "help_text": title}
    assert fields["kind"]["required"]
    assert fields["suggested_duration"]["type"] == "number or null"
    assert fields["suggested_duration"]["unit"] == "seconds"
    assert not fields["tags"]["required"]


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("kind", "video", "Video"),
        ("license", "CC BY", "CC BY"),
        ("license", 1, "CC BY"),
        ("language", "pt-BR", "Portuguese, Brazil – Português (Brasil)"),
        ("role_visibility", "coach", "Coach"),
        ("categories", "PbGoe2MV", "Daily Life"),
    ],
)
def test_choices_have_names(studio, field, value, name):
    fields = described(studio, "/api/contentnode")["actions"]["POST"]["body"]
    assert {"value": value, "display_name": name} in fields[field]["choices"]


def test_queries_are_described_too(studio):
    answer = described(studio, "/api/channel")
    query = answer["actions"]["GET"]["query"]
    assert query["public"] == {"type": "boolean", "required": False, "help_text": "whether it is public"}
    assert query["page"]["min_value"] == 1
    assert "`ordering` (prefix" in answer["description"]


def test_fields_of_objects_are_described(studio):
    encoding = described(studio, "/api/channel/{id}")["actions"]["PATCH"]["body"]["thumbnail_encoding"]
    assert set(encoding["fields"]) == {"base64", "orientation", "scale", "startX", "startY"}


def test_forms_are_distinguished_from_json(studio):
    assert described(studio, "/api/internal/file_upload")["parses"] == ["multipart/form-data"]
    assert described(studio, "/api/internal/add_nodes")["parses"] == ["application/json"]
