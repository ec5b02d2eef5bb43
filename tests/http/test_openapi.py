"""The OpenAPI document: every route declares its parameters, bodies and responses."""

import jsonschema_rs
import pytest

from chalicelib.http import openapi
from chalicelib.reference import describing
from chalicelib.schemas.base import Nothing
from tests.support.aws import declared
from tests.support.source import routes

DOCUMENT = declared.DOCUMENT
API = openapi.documented(routes.ALL)
TAKING = {"POST", "PUT", "PATCH"}
BODILESS = (204, 302, 303, 304)


def named(route):
    return f"{route.method} {route.path}"


@pytest.mark.parametrize("route", API, ids=named)
class TestRoutes:
    def test_declare_their_responses(self, route):
        for status, answer in openapi.successes(route):
            assert (answer is None) == (status in BODILESS)

    def test_declare_their_parameters_and_bodies(self, route):
        assert (route.body is not None) or route.method not in TAKING

    def test_are_in_the_document(self, route):
        operation = DOCUMENT["paths"][route.path][route.method.lower()]
        assert operation["summary"] == route.summary
        assert ("requestBody" in operation) == (route.body not in (None, Nothing))
        assert "401" in operation["responses"] or not operation["security"]


def test_nothing_else_is_in_the_document():
    said = {f"{method.upper()} {path}" for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert said == set(map(named, API))


def test_operation_ids_are_unique():
    names = [operation["operationId"] for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names)) > 100


def test_every_schema_is_valid():
    for name, schema in DOCUMENT["components"]["schemas"].items():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
        assert declared.validator({"$ref": f"{describing.REFERENCE}{name}"})


def test_names_of_types_are_plain():
    """Types with the same name would be distinguished by the names of their modules."""
    assert not [name for name in DOCUMENT["components"]["schemas"] if "__" in name or name.endswith("_")]


def test_responses_have_no_undeclared_keys():
    channel = DOCUMENT["components"]["schemas"]["Channel"]
    assert channel["additionalProperties"] is False
    assert set(channel["required"]) == set(channel["properties"]) - {"restorable_until"}  # of deleted channels


def parameters(path):
    return {one["name"]: one for one in DOCUMENT["paths"][path]["get"]["parameters"]}


def test_parameters_are_declared_as_they_are_written_in_a_query():
    of_list = parameters("/api/channel")
    assert of_list["id__in"]["schema"]["type"] == "array"
    assert (of_list["id__in"]["style"], of_list["id__in"]["explode"]) == ("form", False)  # with commas
    assert of_list["published"]["schema"] == {"type": "boolean"}
    assert of_list["page"]["schema"] == {"type": "integer", "minimum": 1}
    assert parameters("/api/contentnode")["kind"]["schema"] == {"$ref": "#/components/schemas/Kind"}
    assert parameters("/api/channel/{id}")["id"]["required"]


def test_lists_are_arrays_or_pages():
    content = DOCUMENT["paths"]["/api/channel"]["get"]["responses"]["200"]["content"]
    array, page = content["application/json"]["schema"]["anyOf"]
    assert array == {"type": "array", "items": {"$ref": "#/components/schemas/Channel"}}
    assert page == {"$ref": "#/components/schemas/ChannelPage"}


def test_the_document_is_public_and_cacheable(studio):
    answer = studio.get("/api/openapi.json", token=None)
    assert answer.status == 200
    assert {**answer.json, "servers": []} == {**DOCUMENT, "servers": []}
    again = studio.call("GET", "/api/openapi.json", token=None, if_none_match=answer.headers["ETag"])
    assert (again.status, again.text) == (304, "")
    assert studio.call("GET", "/api/openapi.json", token=None, if_none_match='"other"').status == 200


class TestCheck:
    """Tests the check of responses."""

    def refused(self, *answer):
        with pytest.raises(AssertionError):
            declared.check(*answer)

    JSON = {"Content-Type": "application/json"}  # noqa: RUF012

    def test_accepts_declared_responses(self):
        declared.check("GET", "/api/bookmark", 200, self.JSON, f'[{{"channel": "{"a" * 32}"}}]')

    @pytest.mark.parametrize(
        "text", ['[{"channel": "b"}]', "[{}]", '{"channel": null}', f'[{{"channel": "{"a" * 32}", "x": 1}}]']
    )
    def test_refuses_other_responses(self, text):
        self.refused("GET", "/api/bookmark", 200, self.JSON, text)

    def test_refuses_undeclared_statuses_and_types(self):
        self.refused("GET", "/api/bookmark", 201, self.JSON, "[]")
        self.refused("GET", "/api/bookmark", 200, {"Content-Type": "text/plain"}, "[]")
        self.refused("PUT", "/api/bookmark", 200, self.JSON, "[]")
        self.refused("GET", "/api/bookmark", 404, self.JSON, "{}")
        self.refused("HEAD", "/api/bookmark", 200, self.JSON, "[]")
