"""How big the parts of the coach are, beside their limits: ``uv run python tests/measures.py``.

Lines are those of the source, from ``def`` or ``class`` (decorators are left out) to the last, docstring and comments
among them. Options of a command that come from one table count as one parameter. Exits 1 if a limit is missed.
"""

from __future__ import annotations

import ast
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from support.imports import ROOT, circles, imports, room
from support.rooms import wrong_ways

PROJECT = ROOT.parent
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Part:
    """A file, a class or a function, and where it is."""

    size: int
    """Lines; parameters for :func:`parameters`."""
    where: str


@dataclass(frozen=True)
class Measure:
    """One row of the table."""

    what: str
    value: int
    most: int
    """The limit, which is still allowed."""
    where: Sequence[str] = ()
    """What misses it, or the largest."""

    @property
    def is_met(self) -> bool:
        """Whether the limit is kept."""
        return self.value <= self.most


def measures() -> list[Measure]:
    """Measure the package and the README."""
    files = [(path, path.read_text(encoding="utf-8")) for path in sorted(ROOT.rglob("*.py"))]
    nodes = [(path, node) for path, text in files for node in ast.walk(ast.parse(text))]
    lines = [Part(len(text.splitlines()), _place(path)) for path, text in files]
    functions = [_sized(path, node) for path, node in nodes if isinstance(node, Function)]
    classes = [_sized(path, node) for path, node in nodes if isinstance(node, ast.ClassDef)]
    asked = [Part(parameters(node), _sized(path, node).where) for path, node in nodes if isinstance(node, Function)]
    top = sorted(path.stem for path in ROOT.glob("*.py"))
    needed = imports()
    rings = [*circles([(one.by, one.of) for one in needed]), *circles([(room(one.by), room(one.of)) for one in needed])]
    backwards = wrong_ways(needed)
    readme = len((PROJECT / "README.md").read_text(encoding="utf-8").splitlines())
    return [
        _largest("largest file, lines", lines, 449),
        Measure("95 % of functions have at most, lines", _share(functions, 0.95), 24),
        _largest("largest function, lines", functions, 60),
        _largest("largest class, lines", classes, 249),
        _largest("most parameters", asked, 8),
        Measure("modules at the top", len(top), 10, top),
        Measure("circles of imports", len(rings), 0, [" ⇄ ".join(ring) for ring in rings]),
        Measure("imports against the direction", len(backwards), 0, list(map(str, backwards))),
        Measure("lines of the README", readme, 150),
    ]


def parameters(function: Function) -> int:
    """Count what a caller may give: ``self`` and ``cls`` are not given."""
    named = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    many = (function.args.vararg, function.args.kwarg)
    return sum(argument.arg not in ("self", "cls") for argument in named) + sum(each is not None for each in many)


def _place(path: Path, node: Function | ast.ClassDef | None = None) -> str:
    name = path.relative_to(PROJECT).as_posix()
    return f"{name}:{node.lineno} {node.name}" if node else name


def _sized(path: Path, node: Function | ast.ClassDef) -> Part:
    return Part((node.end_lineno or node.lineno) - node.lineno + 1, _place(path, node))


def _share(parts: Sequence[Part], share: float) -> int:
    return sorted(part.size for part in parts)[math.ceil(share * len(parts)) - 1]


def _largest(what: str, parts: Sequence[Part], most: int) -> Measure:
    ordered = sorted(parts, key=lambda part: -part.size)
    beyond = [part for part in ordered if part.size > most] or ordered[:1]
    return Measure(what, ordered[0].size, most, [f"{part.where} ({part.size})" for part in beyond])


def table(rows: Sequence[Measure]) -> Iterator[str]:
    """Print one measure a line, and below each that is missed what misses it."""
    for row in rows:
        yield f"{row.what:<40} {row.value:>5}  at most {row.most:>3}  {'' if row.is_met else 'MISSED'}".rstrip()
        if not row.is_met:
            yield from (f"    {where}" for where in row.where)


def main() -> int:
    """Print the table; return the exit status."""
    rows = measures()
    print("\n".join(table(rows)))
    return 0 if all(row.is_met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
