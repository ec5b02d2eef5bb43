"""The application's source as data: its modules, what they import, their functions."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[3]
PACKAGE = "chalicelib"


class Function(NamedTuple):
    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef

    @property
    def length(self) -> int:
        """Lines, from the first decorator to the end."""
        first = min([self.node.lineno, *(decorator.lineno for decorator in self.node.decorator_list)])
        return (self.node.end_lineno or first) - first + 1


@cache
def modules() -> dict[str, ast.Module]:
    """All modules of the application by their dotted names."""
    paths = [*sorted((ROOT / PACKAGE).rglob("*.py")), ROOT / "app.py"]
    return {_dotted(path): ast.parse(path.read_text(encoding="utf-8"), str(path)) for path in paths}


def path_of(module: str) -> Path:
    base = ROOT.joinpath(*module.split("."))
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")


def _dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports(module: str) -> frozenset[str]:
    """What a module of the application imports, anywhere in it; empty for any other module. Modules of the application
    have their full names, others the names as written."""
    found: set[str] = set()
    if module not in modules():
        return frozenset()
    for node in ast.walk(modules()[module]):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            assert node.module
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            ours = inner & set(modules())
            found |= ours if len(ours) == len(inner) else ours | {node.module}
    return frozenset(found)


def import_chains(module: str) -> Iterator[tuple[str, ...]]:
    """Every chain of imports from a module, each import once: (module, …, imported module)."""
    seen = {module}
    chains: list[tuple[str, ...]] = [(module,)]
    while chains:
        chain = chains.pop()
        for imported in sorted(imports(chain[-1])):
            if imported not in seen:
                seen.add(imported)
                chains.append((*chain, imported))
                yield (*chain, imported)


def functions(module: str) -> Iterator[Function]:
    """All functions of a module, including methods and inner functions."""
    for node in ast.walk(modules()[module]):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Function(node.name, node)


def public_functions(module: str) -> list[Function]:
    """The public functions of a module, in its order."""
    body = modules()[module].body
    return [
        Function(node.name, node)
        for node in body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")
    ]
