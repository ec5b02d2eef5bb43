"""Declarations and documents agree: routes, tables and models, docs/data-model.md, dependencies."""

import ast
import importlib
import re

import pytest

import app as application
from chalicelib.http.router import METHODS, Access, Route
from infra import resources
from tests.conftest import PREFIX
from tests.support.existing import existing
from tests.support.source import data_model
from tests.support.source.code import PACKAGE, ROOT, modules, public_functions
from tests.support.source.pynamodb_internals import schema_of

DEPENDENCIES = ROOT / "docs" / "decisions" / "dependencies.md"
HANDLERS = [name for name in modules() if name.startswith(f"{PACKAGE}.handlers.")]
ROUTES = [route for name in HANDLERS for route in getattr(importlib.import_module(name), "ROUTES", ())]


class TestRoutes:
    def test_exist(self):
        assert len(ROUTES) > 15

    @pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
    def test_declare_their_access_and_a_summary(self, route):
        assert isinstance(route, Route)
        assert isinstance(route.access, Access)
        assert route.summary.strip() == route.summary != ""
        assert route.method in METHODS
        assert callable(route.view)

    @pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
    def test_have_valid_paths(self, route):
        assert re.fullmatch(r"/(api|en)(/[a-z0-9_.-]+|/\{[a-z_]+\})*", route.path)

    def test_are_declared_once(self):
        declared = [(route.method, route.path) for route in ROUTES]
        assert sorted(set(declared)) == sorted(declared)

    def test_are_complete(self):
        """Every path of the application is declared, so none is without an access rule."""
        assert set(application.app.routes) == {route.path for route in ROUTES} | {"/", "/{proxy+}"}

    def test_require_authentication_unless_they_are_public(self):
        open_to_all = {route.path for route in ROUTES if route.access is Access.ANYONE}
        signing_in = {f"/api/auth/session{end}" for end in ("", "/current")}
        signing_in |= {f"/en/accounts{end}" for end in ("", "/login", "/logout")}
        signing_in |= {
            f"/api/auth/{end}" for end in ("register", "activate", "password/reset", "password/reset/confirm")
        }
        documents = {
            "/api",
            "/api/openapi.json",
            "/api/docs",
            "/api/docs/{subject}",
            "/api/catalog",
            "/api/catalog/{id}",
        }
        assert all(path.startswith("/api/public/") for path in open_to_all - signing_in - documents)


TEMPLATE = {table["TableName"].removeprefix(PREFIX): table for table in resources.tables(PREFIX)}
MODELS = {
    data_model.table_name(model): model
    for module in data_model.model_modules()
    for model in data_model.models_of(module)
}


class TestTables:
    def test_have_one_model_each(self):
        assert set(TEMPLATE) == set(MODELS)

    @pytest.mark.parametrize("name", sorted({*TEMPLATE, *MODELS}))
    def test_have_the_keys_and_indexes_of_their_model(self, name):
        template, schema = TEMPLATE[name], schema_of(MODELS[name])
        assert _keys(template) == _keys({"KeySchema": schema["key_schema"]})
        assert {
            index["IndexName"]: (_keys(index), index["Projection"]["ProjectionType"])
            for index in template.get("GlobalSecondaryIndexes", [])
        } == {
            index["index_name"]: (_keys({"KeySchema": index["key_schema"]}), index["projection"]["ProjectionType"])
            for index in schema["global_secondary_indexes"]
        }

    @pytest.mark.parametrize("name", sorted({*TEMPLATE, *MODELS}))
    def test_have_the_types_of_their_model(self, name):
        model = MODELS[name]
        types = {part["AttributeName"]: part["AttributeType"] for part in TEMPLATE[name]["AttributeDefinitions"]}
        assert types == {attribute: model.get_attributes()[attribute].attr_type for attribute in types}

    @pytest.mark.parametrize("name", [name for name, table in TEMPLATE.items() if "TimeToLiveSpecification" in table])
    def test_expire_by_a_numeric_attribute(self, name):
        attribute = TEMPLATE[name]["TimeToLiveSpecification"]["AttributeName"]
        assert MODELS[name].get_attributes()[attribute].attr_type == "N"


def _keys(table):
    return sorted((key["KeyType"], key["AttributeName"]) for key in table["KeySchema"])


DOCUMENT = data_model.render()


class TestDataModel:
    def test_document_is_up_to_date(self):
        is_current = data_model.PATH.read_text(encoding="utf-8") == DOCUMENT
        assert is_current, "docs/data-model.md is stale: run `python -m tests.support.source.data_model`"

    @pytest.mark.parametrize("module", data_model.model_modules())
    def test_every_query_is_documented(self, module):
        for function in data_model.queries(module):
            assert f"| `{function.name}(" in DOCUMENT
            assert ast.get_docstring(function.node), f"{function.name} has no docstring"

    @pytest.mark.parametrize("module", [m for m in data_model.model_modules() if data_model.models_of(m)])
    def test_every_model_documents_its_access_patterns(self, module):
        docstring = existing(ast.get_docstring(modules()[module]))
        header, line, *rows = [row for row in docstring.splitlines() if row.startswith("|")]
        assert header == "| access pattern | key condition | used by |"
        assert rows
        for row in (header, line, *rows):
            assert row in DOCUMENT

    def test_queries_are_recognised(self):
        """Tests the checks above."""
        found = {
            module.rpartition(".")[2]: [f.name for f in data_model.queries(module)]
            for module in data_model.model_modules()
        }
        assert {"get", "data_of", "find_in_tree"} <= set(found["nodes"])
        assert {"from_data", "to_data"}.isdisjoint(found["nodes"])
        assert {"walk", "ancestors", "remove"} <= set(found["trees"])
        assert {"too_many", "preorder", "counts_of"}.isdisjoint(found["trees"])
        assert found["channels"] == [
            "get",
            "get_many",
            "existing",
            "everything",
            "next_id",
            "get_many_to_read",
            "public_ids",
        ]
        changes = {f.name for f in data_model.changes("chalicelib.models.trees")}
        assert changes == {"append", "ask_for_facts", "keep_facts", "remove"}
        assert {f.name for f in data_model.changes("chalicelib.models.tasks")} == {
            "advance",
            "finish",
            "remove",
            "set_arguments",
        }
        assert {f.name for f in data_model.changes("chalicelib.models.bookmarks")} == {"add", "remove"}

    def test_every_write_of_the_base_is_recognised(self):
        used = {"_conditionally", "_write_batch", "save_if", "update_if", "delete_if", "TransactWrite"}
        writes = {
            function.name
            for function in public_functions(data_model.BASE)
            for node in ast.walk(function.node)
            if isinstance(node, ast.Name) and node.id in used
        }
        assert {"save_new", "delete_if", "delete_if_there", "transact", "write_many"} <= writes <= data_model.WRITES


class TestDependencies:
    def wanted(self, file):
        lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
        names = [re.match(r"[A-Za-z0-9._-]+", line) for line in lines if line and not line.startswith(("#", "-"))]
        return {match[0].lower() for match in names if match}

    def explained(self):
        rows = re.findall(r"^\| *`?([A-Za-z0-9._-]+)`?[^|]*\|([^|]+)\|$", DEPENDENCIES.read_text("utf-8"), re.MULTILINE)
        return {name.lower(): why.strip() for name, why in rows if name != "package" and name.strip("-")}

    @pytest.mark.parametrize("file", ["requirements.in", "requirements-dev.in"])
    def test_are_each_explained(self, file):
        explained = self.explained()
        assert self.wanted(file)
        assert not [name for name in self.wanted(file) if not explained.get(name)]

    def test_that_were_removed_are_not_explained(self):
        known = self.wanted("requirements.in") | self.wanted("requirements-dev.in")
        assert (
            set(self.explained()) - {"package"} - known - {name for name in self.explained() if "-" * 3 in name}
            == set()
        )


class TestSecurityDocument:
    """docs/security.md claims only what a test that exists can show."""

    TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    CITED = re.findall(r"`(tests/[\w/]+\.py)(?:::([\w:]+))?`", TEXT)
    FILES = re.findall(r"`((?:docs|infra|chalicelib|tests)/[\w/.-]+)(?:::[\w:]+)?`", TEXT)

    def test_cites_tests(self):
        assert len({*self.CITED}) > 40

    @pytest.mark.parametrize(("path", "name"), sorted({*CITED}))
    def test_names_tests_that_exist(self, path, name):
        found = ast.parse((ROOT / path).read_text(encoding="utf-8")).body
        for part in filter(None, name.split("::")):
            named = {node.name: node for node in found if isinstance(node, ast.ClassDef | ast.FunctionDef)}
            assert part in named, f"docs/security.md names {path}::{name}, which does not exist"
            assert part.startswith(("Test", "test_"))
            found = named[part].body

    @pytest.mark.parametrize("path", sorted({*FILES}))
    def test_names_files_that_exist(self, path):
        assert (ROOT / path).is_file(), f"docs/security.md names {path}, which does not exist"

    def test_links_exist(self):
        for link in re.findall(r"\]\(([^)#]+)\)", self.TEXT):
            assert (ROOT / "docs" / link).is_file(), f"docs/security.md links to {link}, which does not exist"
