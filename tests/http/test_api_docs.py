"""docs/api.md is up to date with the routes, and everything in it is described."""

import tomllib
from collections import Counter

import pytest

from chalicelib.reference import examples, texts
from chalicelib.reference.describing import NAMES
from chalicelib.schemas import vocabularies
from tests.support.source import api_docs, routes, undescribed

ADVICE = "describe it in chalicelib/reference/subjects/<subject>.toml"


def test_document_is_up_to_date():
    written = api_docs.PATH.read_text(encoding="utf-8")
    is_current = api_docs.render() == written
    assert is_current, "docs/api.md is stale: run `python -m tests.support.source.api_docs`"


def test_every_route_is_in_it():
    text = api_docs.render()
    for route in routes.ALL:
        if route.path.startswith("/api") and route.status != 404:
            assert f"### {route.method} `{route.path}`" in text


class TestDescriptions:
    """Nothing of the API is without a description, a name or a unit; and nothing is described that does not exist."""

    def test_of_operations_and_parameters(self):
        assert not [*undescribed.operations()], ADVICE

    def test_examples_of_operations(self):
        lacking = [name for name in undescribed.OPERATIONS if not examples.of_operation(name)]
        assert not lacking, "call it in tests/support/examples/, and run `python -m tests.support.examples`"

    def test_of_types_and_fields(self):
        assert not [*undescribed.types()], ADVICE

    def test_names_of_choices(self):
        assert not [*undescribed.choices()], f"{ADVICE}: a table [choices.<field>]"

    def test_units_of_sizes_and_durations(self):
        assert not [*undescribed.units()], "declare `x-unit`, as `Bytes` and `Seconds` do"

    def test_describe_what_exists(self):
        assert not [*undescribed.unused()]

    @pytest.mark.parametrize("table", ["operations", "types", "fields", "parameters", "choices"])
    def test_are_in_one_file_each(self, table):
        files = [tomllib.loads(path.read_text(encoding="utf-8")) for path in texts.FOLDER.glob("*.toml")]
        keys = Counter(key for file in files for key in file.get(table, {}))
        assert keys
        assert not [key for key, count in keys.items() if count > 1]

    def test_are_seen_to_be_missing(self):
        """The checks above find what is missing."""
        assert texts.load().of_field(("Nobody",), "nothing") == ""
        assert texts.load().subject_of("GET /api/nothing").title == texts.OTHER


class TestVocabularies:
    def test_are_complete_in_the_document(self):
        types = undescribed.TYPES
        for name in vocabularies.VOCABULARIES:
            assert types[name][NAMES] == {str(code): text for code, text in vocabularies.names(name).items()}
        assert types["LicenseId"][NAMES]["1"] == "CC BY"
        assert types["Category"][NAMES]["PbGoe2MV"] == "Daily Life"
        assert types["Language"][NAMES]["es"] == "Spanish – Español"
        assert types["Country"][NAMES]["KE"] == "Kenya"
