"""What holds the application together: who may import whom, what every route says, and that tables, models and
documents agree."""

import ast
import importlib
import re

import pytest

import app as application
from chalicelib.http.router import METHODS, Route
from chalicelib.permissions import Access
from infra import resources
from tests.conftest import PREFIX
from tests.support import data_model
from tests.support.source import PACKAGE, ROOT, functions, imports, modules, path_of, reaches

LONGEST_FUNCTION = 40
LONGEST_MODULE = 320
HTTP = ("handlers", "http")
AWS = ("botocore", "boto3", "pynamodb", "chalice", "moto")
DEPENDENCIES = ROOT / "docs" / "decisions" / "dependencies.md"


def within(*parts):
    """The modules of these parts of the application, by name."""
    roots = [f"{PACKAGE}.{part}" for part in parts]
    return [name for name in modules() if any(name == root or name.startswith(f"{root}.") for root in roots)]


def is_of(name, *packages):
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def test_every_part_of_the_application_is_known():
    """So that a new one is not forgotten below."""
    parts = {name.split(".")[1] for name in modules() if name.count(".") > 1}
    assert parts == {
        "aws",
        "domain",
        "export",
        "handlers",
        "http",
        "identity",
        "models",
        "operations",
        "content_databases",
        "schemas",
    }


class TestImports:
    def test_only_app_imports_handlers(self):
        others = set(modules()) - set(within("handlers")) - {"app"}
        assert not [name for name in others if any(is_of(i, f"{PACKAGE}.handlers") for i in imports(name))]

    def test_only_http_knows_chalice_and_the_router(self):
        others = set(modules()) - set(within(*HTTP)) - {"app"}
        assert not [
            name for name in others if any(is_of(i, "chalice", f"{PACKAGE}.http.router") for i in imports(name))
        ]

    def test_operations_are_called_by_handlers_only(self):
        others = set(modules()) - set(within("handlers", "operations"))
        assert not [name for name in others if any(is_of(i, f"{PACKAGE}.operations") for i in imports(name))]

    @pytest.mark.parametrize("module", within("models"))
    def test_models_lead_to_nothing_above_them(self, module):
        above = [f"{PACKAGE}.{part}" for part in (*HTTP, "operations", "permissions", "identity", "export", "schemas")]
        assert not [way for way in reaches(module) if is_of(way[-1], "chalice", *above)]

    @pytest.mark.parametrize("module", within("domain", "schemas", "export", "content_databases"))
    def test_pure_modules_lead_to_no_aws(self, module):
        """Neither do those that they import."""
        impure = [f"{PACKAGE}.{part}" for part in ("models", "operations", "aws", "config", *HTTP)]
        assert not [way for way in reaches(module) if is_of(way[-1], *AWS, *impure)]

    def test_domain_is_below_export(self):
        assert not [name for name in within("domain") if any(is_of(i, f"{PACKAGE}.export") for i in imports(name))]

    def test_imports_go_in_no_circle(self):
        """A module that leads to itself cannot be understood, nor loaded, without the others."""
        assert not [name for name in modules() for way in reaches(name) if name in imports(way[-1])]

    def test_s3_sqs_and_ses_have_one_module_each(self):
        creating = {
            name
            for name in modules()
            for node in ast.walk(modules()[name])
            if isinstance(node, ast.Attribute) and node.attr == "create_client"
        }
        assert creating == {f"{PACKAGE}.aws.storage", f"{PACKAGE}.aws.queues", f"{PACKAGE}.aws.mail"}


def test_only_config_reads_the_environment():
    readers = {
        name
        for name, tree in modules().items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv", "putenv"))
        or (isinstance(node, ast.Name) and node.id in ("environ", "environb", "getenv", "putenv"))
    }
    assert readers == {f"{PACKAGE}.config"}


def test_nothing_scans_a_table():
    """Neither by a method of a model nor by the name of the operation."""
    scans = [
        name
        for name, tree in modules().items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and "scan" in node.attr.lower())
        or (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node.value in ("Scan", "ExecuteStatement")
        )
    ]
    assert not scans


ROUTES = [route for name in within("handlers") for route in getattr(importlib.import_module(name), "ROUTES", ())]


class TestRoutes:
    def test_are_many(self):
        assert len(ROUTES) > 15

    @pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
    def test_say_who_may_call_them_and_what_they_are(self, route):
        assert isinstance(route, Route)
        assert isinstance(route.access, Access)
        assert route.summary.strip() == route.summary != ""
        assert route.method in METHODS
        assert callable(route.view)

    @pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
    def test_have_paths_that_can_be_found(self, route):
        assert re.fullmatch(r"/(api|en)(/[a-z0-9_.-]+|/\{[a-z_]+\})*", route.path)

    def test_are_declared_once(self):
        declared = [(route.method, route.path) for route in ROUTES]
        assert sorted(set(declared)) == sorted(declared)

    def test_are_all_there_is(self):
        """What the application answers is what is declared, so nothing has no access rule."""
        assert set(application.app.routes) == {route.path for route in ROUTES}

    def test_are_for_the_signed_in_unless_they_are_public(self):
        open_to_all = {route.path for route in ROUTES if route.access is Access.ANYONE}
        signing_in = {f"/api/auth/session{end}" for end in ("", "/current")}
        signing_in |= {f"/en/accounts{end}" for end in ("", "/login", "/logout", "/password")}
        telling = {"/api", "/api/openapi.json", "/api/docs", "/api/catalog", "/api/catalog/{id}"}
        assert all(path.startswith("/api/public/") for path in open_to_all - signing_in - telling)


TEMPLATE = {table["TableName"].removeprefix(PREFIX): table for table in resources.tables(PREFIX)}
MODELS = {
    data_model.table_name(model): model
    for module in data_model.model_modules()
    for model in data_model.models_of(module)
}


class TestTables:
    def test_have_a_model_each(self):
        assert set(TEMPLATE) == set(MODELS)

    @pytest.mark.parametrize("name", sorted({*TEMPLATE, *MODELS}))
    def test_have_the_keys_and_indexes_of_their_model(self, name):
        template, schema = TEMPLATE[name], MODELS[name]._get_schema()
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
    def test_expire_by_a_number_of_their_model(self, name):
        attribute = TEMPLATE[name]["TimeToLiveSpecification"]["AttributeName"]
        assert MODELS[name].get_attributes()[attribute].attr_type == "N"


def _keys(table):
    return sorted((key["KeyType"], key["AttributeName"]) for key in table["KeySchema"])


DOCUMENT = data_model.PATH.read_text(encoding="utf-8")


class TestDataModel:
    def test_document_is_as_it_would_be_written_now(self):
        assert data_model.render() == DOCUMENT, "run `python -m tests.support.data_model`"

    @pytest.mark.parametrize("module", data_model.model_modules())
    def test_every_query_is_named(self, module):
        for function in data_model.queries(module):
            assert f"| `{function.name}(" in DOCUMENT
            assert ast.get_docstring(function.node), f"{function.name} has no docstring"

    @pytest.mark.parametrize("module", [m for m in data_model.model_modules() if data_model.models_of(m)])
    def test_every_model_has_its_table_of_access_patterns(self, module):
        docstring = ast.get_docstring(modules()[module])
        header, line, *rows = [row for row in docstring.splitlines() if row.startswith("|")]
        assert header == "| access pattern | key condition | used by |"
        assert rows
        for row in (header, line, *rows):
            assert row in DOCUMENT

    def test_queries_are_recognised(self):
        """The check of the checks."""
        found = {
            module.rpartition(".")[2]: [f.name for f in data_model.queries(module)]
            for module in data_model.model_modules()
        }
        assert {"get", "data_of", "find_in_tree"} <= set(found["nodes"])
        assert {"from_data", "to_data"}.isdisjoint(found["nodes"])
        assert {"walk", "edges", "ancestors", "remove"} <= set(found["trees"])
        assert {"too_many", "preorder", "counts_of"}.isdisjoint(found["trees"])
        assert found["channels"] == ["get", "get_many", "everything", "get_many_to_read", "public_ids"]
        assert {f.name for f in data_model.changes("chalicelib.models.trees")} == {"append", "remove"}
        assert {f.name for f in data_model.changes("chalicelib.models.tasks")} == {"advance", "finish"}


@pytest.mark.parametrize("module", modules())
def test_functions_and_modules_are_short(module):
    long = {function.name: function.length for function in functions(module) if function.length > LONGEST_FUNCTION}
    assert not long
    assert len(path_of(module).read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


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

    def test_that_are_gone_are_not_explained_any_more(self):
        known = self.wanted("requirements.in") | self.wanted("requirements-dev.in")
        assert (
            set(self.explained()) - {"package"} - known - {name for name in self.explained() if "-" * 3 in name}
            == set()
        )
