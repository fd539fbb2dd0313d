"""The floors of portmap: which room may import which, and what the pure rooms stay away from."""

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Final

import pytest

PACKAGE: Final = Path(__file__).resolve().parent.parent / "src" / "portmap"

# A room imports rooms on the floors above it in this list, and itself.
FLOORS: Final = (
    "_kubernetes",
    "_apiserver _yaml",
    "_model",
    "_resolution _manifests",
    "_graph",
    "_lint",
    "_contract _strategies",
    "_reports",
    "_draw _testing",
    "_cli",
    "_mypy _plugins",
    "__init__ __main__ lint manifests mypy strategies testing types",
)
# The pure rooms compute from what they are given: no files, no network, no clock, no YAML.
PURE: Final = ("_kubernetes", "_apiserver", "_model", "_resolution", "_graph", "_contract")
IMPURE_MODULES: Final = frozenset(
    {
        "argparse",
        "asyncio",
        "fileinput",
        "glob",
        "http",
        "io",
        "mmap",
        "multiprocessing",
        "os",
        "pathlib",
        "shutil",
        "signal",
        "socket",
        "ssl",
        "subprocess",
        "tempfile",
        "time",
    }
)
FLOOR_OF: Final = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms.split()}


def room_of(module: str) -> str:
    return module.split(".", maxsplit=1)[0]


def imports_of(source: str) -> Iterator[str]:
    """Every imported name, `a.b` for `from a import b`, wherever it stands in the source."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(origin), names=names, level=0):
                yield from (f"{origin}.{alias.name}" for alias in names)
            case ast.ImportFrom():
                yield "a relative import"
            case ast.Call(func=ast.Name(id="import_module"), args=[ast.Constant(value=str(name)), *_]):
                yield name


def ties_of(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """The modules of portmap that each module imports."""
    ties: dict[str, set[str]] = {}
    for module, source in sources.items():
        ties[module] = set()
        for name in imports_of(source):
            steps = name.split(".")
            while steps[0] == "portmap" and len(steps) > 1 and ".".join(steps[1:]) not in sources:
                steps.pop()
            if steps[0] == "portmap":
                ties[module].add(".".join(steps[1:]) or "__init__")
        ties[module].discard(module)
    return ties


def upward_ties(sources: Mapping[str, str]) -> list[str]:
    return [
        f"{module} imports {target}"
        for module, targets in ties_of(sources).items()
        for target in sorted(targets)
        if room_of(module) != room_of(target) and FLOOR_OF.get(room_of(target), 99) >= FLOOR_OF.get(room_of(module), 99)
    ]


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    found = {}
    for file in PACKAGE.rglob("*.py"):
        steps = file.relative_to(PACKAGE).with_suffix("").parts
        inner = steps[:-1] if steps[-1] == "__init__" and len(steps) > 1 else steps
        found[".".join(inner)] = file.read_text(encoding="utf-8")
    assert found, f"no module of portmap in {PACKAGE}"
    return found


def test_every_room_has_a_floor(sources: dict[str, str]) -> None:
    """The list of floors names each room and each public module, and no other."""
    assert {room_of(module) for module in sources} == set(FLOOR_OF)


def test_imports_lead_down(sources: dict[str, str]) -> None:
    """A room imports rooms on floors below it, and no module imports itself through others."""
    assert upward_ties(sources) == []
    TopologicalSorter(ties_of(sources)).prepare()


def test_pure_rooms_touch_nothing_outside_the_process(sources: dict[str, str]) -> None:
    """The pure rooms import attrs, cattrs and the standard library, less what reads files, clocks or the network."""
    # Like attrs, cattrs computes from its arguments alone.
    allowed = {"attr", "attrs", "cattrs", "portmap", *sys.stdlib_module_names} - IMPURE_MODULES
    pure = {module: source for module, source in sources.items() if room_of(module) in PURE}
    assert pure
    assert [
        (module, name) for module in pure for name in imports_of(pure[module]) if room_of(name) not in allowed
    ] == []
    assert [module for module, source in pure.items() if " open(" in source] == []


def test_importing_portmap_is_light() -> None:
    """A Service needs attrs and what attrs loads, and otherwise portmap and `contextvars`; `import portmap` nothing."""
    program = (
        "import sys, attrs, types; before = set(sys.modules); import portmap; print(len(set(sys.modules) - before)); "
        "portmap.Service; print(*sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout.split()) == (0, ["1", "_contextvars", "contextvars", "portmap"]), done.stderr


@pytest.mark.parametrize(
    "statement",
    [
        "import portmap._graph.items",
        "from portmap._graph import items",
        "from portmap._graph.items import Item",
        "def function():\n    from portmap._graph import items",
        "if TYPE_CHECKING:\n    from portmap._graph import items",
        "import_module('portmap._graph.items')",
    ],
)
def test_an_import_that_leads_up_is_found(statement: str) -> None:
    """However it is written, an import of a higher floor is found; one of a lower floor is not."""
    assert upward_ties({"_model.ports": statement, "_graph.items": ""}) == ["_model.ports imports _graph.items"]
    assert upward_ties({"_lint.engine": statement, "_graph.items": ""}) == []
