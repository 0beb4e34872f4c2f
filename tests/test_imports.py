"""Imports go one way, in a line without a circle, and the heavy ones come late."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from support.imports import ROOT, circles, imports
from support.rooms import wrong_ways

AUDIO = (
    "numpy",
    "pydub",
    "pyttsx3",
    "soxr",
    "imageio_ffmpeg",
    "espeakng_loader",
    "yaml",
    "audioop",
    "miniaudio",
    "simpleaudio",
)
CORE = sorted(
    f"coach.core.{'.'.join(path.relative_to(ROOT / 'core').with_suffix('').parts)}"
    for path in (ROOT / "core").rglob("[!_]*.py")
)
TESTS = Path(__file__).parent


def loaded_by(code: str) -> set[str]:
    command = f"{code}; import sys; print('\\n'.join(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_every_import_goes_down() -> None:
    """Wherever it stands: at the top, in a function, or for types only."""
    assert list(map(str, wrong_ways(imports()))) == []


def test_no_modules_need_each_other() -> None:
    assert circles([(one.by, one.of) for one in imports()]) == []


def test_every_kind_of_import_is_seen(tmp_path: Path) -> None:
    """So that the tests above look at something."""
    root = tmp_path / "coach"
    files = {
        "a": "import coach.b.one\nfrom coach import __version__",
        "b/__init__": "def late():\n    from coach.b import one",
        "b/one": "from . import two\nfrom ..a import x",
        "b/two": "if TYPE_CHECKING:\n    from coach.b.one import y, z\nfrom .deep.three import w",
        "b/deep/__init__": "",
        "b/deep/three": "from ... import a\nfrom json import loads",
        "__init__": "",
    }
    for name, text in files.items():
        path = root / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found = [(one.by.removeprefix("coach."), one.of.removeprefix("coach.")) for one in imports(root)]
    assert sorted(found) == [
        ("a", "b.one"),
        ("b", "b.one"),
        ("b.deep.three", "a"),
        ("b.one", "a"),
        ("b.one", "b.two"),
        ("b.two", "b.deep.three"),
        ("b.two", "b.one"),
    ]
    assert circles(found) == [["a", "b.deep.three", "b.one", "b.two"]]


def test_no_test_imports_another() -> None:
    """What tests share lies in ``tests/support``."""
    names = {path.stem for path in TESTS.rglob("test_*.py")} | {"conftest"}
    for path in TESTS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            assert module.rpartition(".")[2] not in names, path


def test_the_core_knows_no_edge_and_no_audio() -> None:
    loaded = loaded_by(f"import {', '.join(CORE)}")
    ours = {name for name in loaded if name.startswith("coach.")}
    assert set(CORE) <= ours
    assert {name for name in ours if not name.startswith("coach.core")} == set()
    assert not {name.split(".")[0] for name in loaded} & set(AUDIO)


def test_importing_coach_loads_nothing_heavy() -> None:
    loaded = {name.split(".")[0] for name in loaded_by("import coach")}
    assert not loaded & {*AUDIO, "pydantic", "rich", "typer"}


def test_help_loads_no_audio_library() -> None:
    code = (
        "import sys; sys.argv = ['coach', '--help']\n"
        "from coach.__main__ import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "import sys"
    )
    loaded = {name.split(".")[0] for name in loaded_by(code)}
    assert not loaded & {*AUDIO, "pydantic"}
