"""Who may import whom (docs: the house), read from the source, without importing anything."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Each part, and the other parts of ours that it may import.
ALLOWED = {
    "stream": set(),
    "inference": {"stream"},
    "trainer": {"stream", "inference"},
    "napari_plugin": {"stream", "inference"},
    "cli": {"stream", "inference", "trainer", "napari_plugin"},
}
# Only extras bring these, so parts of the base install may import them inside a function at most.
OPTIONAL = {
    "torch",
    "onnx",
    "onnxscript",
    "skimage",
    "napari",
    "qtpy",
    "PySide6",
    "pyqtgraph",
    "vispy",
    "tensorrt",
    "tensorrt_rtx",
    "rsciio",
    "dectris",
    "parsl",
    "zarr",
    "imageio_ffmpeg",
}
BASE_PARTS = ("stream", "inference", "cli")
FILES = sorted(path for part in ALLOWED for path in (ROOT / part).rglob("*.py"))


def _import_statements(tree, *, top_level_only):
    """Yield the import statements of `tree`.

    With `top_level_only` those that run when the module is imported: neither those in functions
    nor those under ``if TYPE_CHECKING:``.
    """
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node
        elif top_level_only and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        elif top_level_only and isinstance(node, ast.If) and _is_for_types_only(node.test):
            pending.extend(node.orelse)
        else:
            pending.extend(ast.iter_child_nodes(node))


def _is_for_types_only(condition):
    return ast.unparse(condition) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def imported_modules(source, module, *, top_level_only=False):
    """Return the dotted names that `source`, the text of `module` (a tuple of names), imports.

    The name of an ``__init__.py`` ends with "__init__", so that relative imports count alike.
    """
    names = set()
    for statement in _import_statements(ast.parse(source), top_level_only=top_level_only):
        if isinstance(statement, ast.Import):
            names |= {alias.name for alias in statement.names}
        elif statement.level == 0:
            names.add(statement.module)
        else:
            base = module[: len(module) - statement.level]
            assert base, f"a relative import in {'.'.join(module)} leaves the package"
            start = ".".join((*base, *([statement.module] if statement.module else [])))
            # `from .. import stream` imports a part, `from ..stream import frame` one of its files.
            names |= {f"{start}.{alias.name}" for alias in statement.names}
    return names


def own_part(name):
    """Return the part of ours that the dotted `name` belongs to, None for a library.

    There is nothing in skyrmlive itself to import: it is a namespace, without a file of its own.
    """
    first, *rest = name.split(".")
    return (rest or [""])[0] if first == "skyrmlive" else None


def module_of(path):
    return ("skyrmlive", *path.relative_to(ROOT).with_suffix("").parts)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_only_in_the_allowed_directions(path):
    part = path.relative_to(ROOT).parts[0]
    for name in imported_modules(path.read_text(encoding="utf-8"), module_of(path)):
        other = own_part(name)
        assert other in {None, part} | ALLOWED[part], f"{part} must not import {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_own_modules_are_imported_relatively(path):
    names = set()
    for statement in _import_statements(ast.parse(path.read_text("utf-8")), top_level_only=False):
        if isinstance(statement, ast.Import):
            names |= {alias.name.split(".")[0] for alias in statement.names}
        elif statement.level == 0:
            names.add(statement.module.split(".")[0])
    assert not names & {"skyrmlive", *ALLOWED}


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if path.relative_to(ROOT).parts[0] in BASE_PARTS],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_base_install_needs_no_extra(path):
    source = path.read_text(encoding="utf-8")
    modules = imported_modules(source, module_of(path), top_level_only=True)
    assert not {name.split(".")[0] for name in modules} & OPTIONAL
    # Through a part of ours it would come in just the same.
    assert not {own_part(name) for name in modules} & {"trainer", "napari_plugin"}


def test_every_folder_of_ours_is_packaged():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for path in FILES:
        package = ".".join(module_of(path)[:-1])
        assert f'"{package}"' in text, f"{package} is missing in pyproject.toml"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import torch.nn as nn", {"torch.nn"}),
        ("from ..stream.frame import Frame", {"skyrmlive.stream.frame.Frame"}),
        ("from .. import stream", {"skyrmlive.stream"}),
        ("from . import condition", {"skyrmlive.inference.condition"}),
        ("def f():\n    import torch", set()),
        ("class A:\n    import torch", {"torch"}),
        ("if TYPE_CHECKING:\n    import torch\nelse:\n    import numpy", {"numpy"}),
        ("try:\n    import torch\nexcept ImportError:\n    torch = None", {"torch"}),
    ],
)
def test_reading_of_imports(source, expected):
    module = ("skyrmlive", "inference", "engine")
    assert imported_modules(source, module, top_level_only=True) == expected


def test_every_part_was_looked_at():
    assert {path.relative_to(ROOT).parts[0] for path in FILES} == set(ALLOWED)
