"""Who imports whom in the package, read from its source.

Every import counts: at the top of a module, inside a function, and for types only. What a module knows of another it
knows wherever the line stands, and a circle stays a circle when it is closed late.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import coach

ROOT = Path(coach.__file__).parent


class Import(NamedTuple):
    """One module needs another."""

    by: str
    of: str
    line: int

    def __str__(self) -> str:
        return f"{self.by}:{self.line} imports {self.of}"


def module_name(path: Path, root: Path = ROOT) -> str:
    """Return what a file is called when it is imported."""
    parts = path.relative_to(root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(root: Path = ROOT) -> list[Import]:
    """Return each import of the package's own modules, by file and line."""
    files = {module_name(path, root): path for path in sorted(root.rglob("*.py"))}
    return [found for name, path in files.items() for found in _imports_of(name, path, files)]


def _imports_of(name: str, path: Path, modules: Collection[str]) -> Iterator[Import]:
    package = name if path.stem == "__init__" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for needed in dict.fromkeys(_needed(node, package, modules)):
            if needed in modules and needed != name:
                yield Import(name, needed, node.lineno)  # type: ignore[attr-defined]


def _needed(node: ast.AST, package: str, modules: Collection[str]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        above = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
        whole = ".".join([*above, *filter(None, [node.module])])
        for alias in node.names:
            if alias.name != "__version__":  # which the package knows before anything else
                yield submodule if (submodule := f"{whole}.{alias.name}") in modules else whole


def room(module: str) -> str:
    """Return the package or top module that a module belongs to: ``audio`` for ``coach.audio.clip``."""
    return module.split(".")[1] if "." in module else module


def circles(edges: Collection[tuple[str, str]]) -> list[list[str]]:
    """Return every group of names that need each other, directly or by way of others (Tarjan 1972)."""
    needs: Mapping[str, set[str]] = defaultdict(set)
    for by, of in edges:
        needs[by].add(of)
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        order[name] = lowest[name] = len(order)
        stack.append(name)
        for other in sorted(needs.get(name, ())):
            if other not in order:
                visit(other)
                lowest[name] = min(lowest[name], lowest[other])
            elif other in stack:
                lowest[name] = min(lowest[name], order[other])
        if lowest[name] == order[name]:
            group = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(group) > 1:
                found.append(sorted(group))

    for name in sorted(needs):
        if name not in order:
            visit(name)
    return found
