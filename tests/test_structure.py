"""The structure of the application as data: which package may import which, and how large they may be."""

import ast
import importlib
import inspect
import typing
from collections import Counter

import pytest

from tests.support.source.code import PACKAGE, functions, import_chains, imports, modules, path_of, public_functions

AWS = ("botocore", "boto3", "pynamodb", "chalice", "moto")
MAX_FUNCTION_LINES = 40
MAX_MODULE_LINES = 310
MAX_MODULES = 16  # of a package, beside __init__
ONE_MODULE_PER_RESOURCE = {"handlers", "models", "schemas", "schemas.responses"}
MAX_ROOT_MODULES = 6

# Packages from the top down. A package may import itself and those of lower levels, but no other package of its level.
# Single modules of chalicelib are listed by name.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("handlers", "pages"),
    ("http", "operations"),
    ("reference",),
    ("identity",),
    ("models",),
    ("aws", "content_databases"),
    ("export", "mails", "rendering", "schemas"),
    ("domain",),
    ("errors", "sqlite", "telemetry"),
    ("config",),
)
# The same within packages that have subpackages; "" is the modules of the package itself.
INNER_LAYERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "operations": (
        ("accounts", "administration", "editing", "retention", "sync"),
        ("publishing",),
        ("freezing",),
        ("channels", "copying"),
        ("files", "nodes"),
        ("exercises", "search", "trees", "users"),
        ("changes",),
        ("public",),
        ("background",),
        ("storage",),
        ("access", "health", "index_files"),
    ),
    "domain": (("freezing",), ("exercises", "storage", "trees"), ("files",), ("",)),
    "pages": (("administration", "editing"), ("",)),
    "schemas": (("responses",), ("",)),
}
# The packages that may import a library.
LIBRARIES = {
    "chalice": {"app", "http", "handlers"},
    **{library: {"aws", "models"} for library in ("boto3", "botocore", "pynamodb")},
}
# What a package must not import although its level is lower: handlers read stored data through operations.
SKIPPED = {"handlers": "models", "pages": "models"}
# Functions of operations that write nodes or channels without a change for sync clients, and why.
SILENT = {
    ("channels.channel_resource", "create"): "nobody follows the feed of a new channel",
    ("channels.chef_upload", "_create"): "nobody follows the feed of a new channel",
    ("freezing.checkpoints", "_keep"): "the feed has the end of a publish",
    ("nodes.node_batches", "_attempt"): "sync alone changes many nodes at once, and stores that change first",
    ("nodes.rebalancing", "_step"): "the order of the nodes stays as it is",
    ("publishing.pending_requests", "store"): "the feed has the end of a publish",
    ("publishing.publish_lock", "_request"): "the feed has the end of a publish",
    ("publishing.publish_lock", "hand_over"): "the feed has the end of a publish",
}
PURE = ("domain", "schemas", "export", "content_databases")


def package_of(module):
    """The path of a module's package below chalicelib; for a single module, its name."""
    parts = module.split(".")[1:]
    inner = ".".join(parts) if path_of(module).name == "__init__.py" else ".".join(parts[:-1])
    return inner or ".".join(parts)


def within(*parts):
    """The modules of these parts of the application, by name."""
    roots = [f"{PACKAGE}.{part}" for part in parts]
    return [name for name in modules() if any(name == root or name.startswith(f"{root}.") for root in roots)]


def is_of(name, *packages):
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def levels(layers):
    return {package: number for number, level in enumerate(layers) for package in level}


def wrong_imports(module):
    """The imports of a module that its package must not have: of a higher level, or of another package on its level."""
    outer, _, inner = package_of(module).partition(".")
    wrong = []
    for imported in imports(module) & set(modules()) - {PACKAGE}:
        other, _, other_inner = package_of(imported).partition(".")
        if path_of(imported).name == "__init__.py" and imported != f"{PACKAGE}.{other}":
            continue  # its modules are checked
        layers = LAYERS if other != outer else INNER_LAYERS.get(outer, ((inner,),))
        mine, its = (outer, other) if other != outer else (inner, other_inner)
        order = levels(layers)
        if mine != its and order[mine] >= order[its]:
            wrong.append(imported)
    return wrong


def test_every_package_is_in_the_order():
    """So that new packages are not forgotten."""
    packages = {package_of(name) for name in modules()} - {"", "app"}
    outer = {package.partition(".")[0] for package in packages}
    assert outer == set(levels(LAYERS))
    for package, layers in INNER_LAYERS.items():
        inner = {name.partition(".")[2] for name in packages if name.startswith(f"{package}.")}
        assert inner == set(levels(layers)) - {""}


class TestImports:
    @pytest.mark.parametrize("module", [name for name in modules() if name not in ("app", PACKAGE)])
    def test_follow_the_order_of_packages(self, module):
        assert not wrong_imports(module)

    @pytest.mark.parametrize("module", within(*SKIPPED))
    def test_read_stored_data_through_operations(self, module):
        forbidden = f"{PACKAGE}.{SKIPPED[package_of(module).partition('.')[0]]}"
        assert not [imported for imported in imports(module) if is_of(imported, forbidden)]

    @pytest.mark.parametrize("module", modules())
    def test_keep_the_names_of_our_modules(self, module):
        """An alias to distinguish a module from another one would give it two names."""
        aliased = [
            name
            for node in ast.walk(modules()[module])
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
            if alias.asname not in (None, alias.name)
            for name in [alias.name if isinstance(node, ast.Import) else f"{node.module}.{alias.name}"]
        ]
        assert not set(aliased) & set(modules())

    @pytest.mark.parametrize("library", LIBRARIES)
    def test_of_libraries_stay_where_they_belong(self, library):
        users = [name for name in modules() if any(is_of(imported, library) for imported in imports(name))]
        assert {package_of(name).partition(".")[0] or name for name in users} <= LIBRARIES[library]

    @pytest.mark.parametrize("module", within(*PURE))
    def test_pure_modules_import_no_aws(self, module):
        """Neither directly nor through other modules."""
        impure = [f"{PACKAGE}.{part}" for part in ("models", "operations", "aws", "config", "http", "handlers")]
        assert not [chain for chain in import_chains(module) if is_of(chain[-1], *AWS, *impure)]

    def test_are_not_circular(self):
        """Modules that import each other can be neither understood nor loaded separately."""
        assert not [name for name in modules() for chain in import_chains(name) if name in imports(chain[-1])]

    def test_s3_sqs_and_ses_have_one_module_each(self):
        """Their clients are created by boto3 in one module."""
        factory = f"{PACKAGE}.aws.clients"
        assert {name for name in modules() if factory in imports(name)} == {
            f"{PACKAGE}.aws.storage", f"{PACKAGE}.aws.queues", f"{PACKAGE}.aws.mail",
        }  # fmt: skip
        assert {name for name in modules() if any(is_of(imported, "boto3") for imported in imports(name))} == {factory}
        creating = {
            name
            for name, tree in modules().items()
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and node.attr in ("create_client", "get_session")
        }
        assert not creating  # by botocore


def has_any(annotation):
    """Whether an annotation, with resolved aliases, contains Any; fields of TypedDicts do not count."""
    parts = annotation if isinstance(annotation, list) else typing.get_args(annotation)
    return annotation is typing.Any or any(has_any(part) for part in parts)


@pytest.mark.parametrize("module", within("operations"))
def test_operations_return_named_types(module):
    """The types that OpenAPI is generated from: no dict[str, Any], nor anything else that contains Any."""
    functions_of = vars(importlib.import_module(module))
    results = {
        function.name: typing.get_type_hints(inspect.unwrap(functions_of[function.name])).get("return")
        for function in public_functions(module)
    }
    assert not {name for name, result in results.items() if has_any(result)}


class TestPackages:
    def sizes(self):
        counted = Counter(
            package_of(name) for name in modules() if path_of(name).name != "__init__.py" and name != "app"
        )
        return {package: number for package, number in counted.items() if f"{PACKAGE}.{package}" not in LOOSE}

    def test_have_few_modules(self):
        large = {package for package, number in self.sizes().items() if number > MAX_MODULES}
        assert large <= ONE_MODULE_PER_RESOURCE

    def test_the_root_has_few_modules(self):
        assert len(LOOSE) <= MAX_ROOT_MODULES


LOOSE = {name for name in modules() if name.count(".") == 1 and path_of(name).name != "__init__.py"}


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


class TestFeed:
    """The changes for sync clients are written by the operation that writes the data, in the same transaction."""

    def test_handlers_do_not_emit_changes(self):
        feed = [f"{PACKAGE}.models.emission", f"{PACKAGE}.operations.changes"]
        outside = within("handlers", "http", "identity")
        assert not [name for name in outside if any(is_of(imported, *feed) for imported in imports(name))]

    def test_changes_are_created_where_they_are_accepted_and_emitted(self):
        makers = {name for name in modules() if calls(modules()[name], "Change")}
        assert makers == {
            f"{PACKAGE}.{part}"
            for part in ("models.changes", "models.emission", "operations.changes.feed", "operations.sync.accept")
        }

    def test_changes_are_emitted_with_data(self):
        """Every function that emits changes also writes data in the same transaction."""
        alone = [
            (name, function.name)
            for name in modules()
            for function in functions(name)
            if calls(function.node, "emit") and not _fills_a_transaction(function.node)
        ]
        assert not alone

    def test_changes_without_data_are_written_by_sync_alone(self):
        """`append` stores what clients sent, `mark` what became of it; others emit along with data."""
        writers = {
            name
            for name in modules()
            for node in ast.walk(modules()[name])
            if isinstance(node, ast.Attribute) and ast.unparse(node) in ("changes.append", "changes.mark")
            if f"{PACKAGE}.models.changes" in imports(name)
        }
        imported = {
            name
            for name in modules()
            for node in ast.walk(modules()[name])
            if isinstance(node, ast.ImportFrom) and node.module == f"{PACKAGE}.models.changes"
            if {"append", "mark"} & {alias.name for alias in node.names}
        }
        assert writers | imported == {f"{PACKAGE}.operations.sync.{part}" for part in ("accept", "apply")}

    @pytest.mark.parametrize("module", within("operations"))
    def test_writes_emit(self, module):
        """Those of nodes with all that belongs to them, and those of channels in transactions."""
        name = module.removeprefix(f"{PACKAGE}.operations.")
        assert not [writer for writer in silent_writers(module) if (name, writer) not in SILENT]

    @pytest.mark.parametrize(("name", "writer"), SILENT)
    def test_every_exception_is_needed(self, name, writer):
        assert writer in silent_writers(f"{PACKAGE}.operations.{name}")


def silent_writers(module):
    """The functions of a module that write nodes or channels, and emit no change."""
    top = [node for node in modules()[module].body if isinstance(node, ast.FunctionDef)]
    builders = {function.name for function in top if _sets_emissions(function)}
    silent = []
    for function in top:
        writes_nodes = [*calls(function, "commit"), *calls(function, "node_parts.write")]
        is_built = any(calls(function, builder) for builder in builders - {function.name})
        emits_nodes = _sets_emissions(function) or is_built
        emits_channel = bool(calls(function, "emission.emit"))
        if (writes_nodes and not emits_nodes) or (_writes_channel(function) and not emits_channel):
            silent.append(function.name)
    return silent


def _sets_emissions(function):
    return any(
        (isinstance(node, ast.keyword) and node.arg == "emissions")
        or (isinstance(node, ast.Attribute) and node.attr == "emissions" and isinstance(node.ctx, ast.Store))
        for node in ast.walk(function)
    )


def _writes_channel(function):
    """Whether it fills a transaction with a channel."""
    written = [*calls(function, "transaction.update"), *calls(function, "transaction.save")]
    names = {ast.unparse(call.args[0]) for call in written if call.args}
    return any(name == "channel" or name.startswith("Channel(") for name in names)


def calls(tree, name):
    """The calls of functions and methods with this name; a name with a dot is the whole expression."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and name in (ast.unparse(node.func), ast.unparse(node.func).rpartition(".")[2])
    ]


def _fills_a_transaction(function):
    inner = [node for node in ast.walk(function) if isinstance(node, ast.FunctionDef) and calls(node, "emit")]
    fill = inner[-1]  # the innermost
    writes = [call for name in ("save", "update", "delete") for call in calls(fill, name)]
    return [argument.arg for argument in fill.args.args] == ["transaction"] and bool(writes)


@pytest.mark.parametrize("module", modules())
def test_functions_and_modules_are_short(module):
    long = {function.name: function.length for function in functions(module) if function.length > MAX_FUNCTION_LINES}
    assert not long
    assert len(path_of(module).read_text(encoding="utf-8").splitlines()) <= MAX_MODULE_LINES
