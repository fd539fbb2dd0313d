"""The layers of portmap: which module may import which, and what the core stays away from.

The import graph is read from the source, so that imports inside functions and
those for type checkers alone count as well.
"""

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, final

import pytest

PACKAGE: Final = Path(__file__).resolve().parent.parent / "src" / "portmap"


class Layer(NamedTuple):
    """Modules that may import those of earlier layers and, as peers, one another."""

    modules: frozenset[str]
    peers: bool


def layer(*modules: str) -> Layer:
    """Modules that know nothing of one another."""
    return Layer(frozenset(modules), peers=False)


def peers(*modules: str) -> Layer:
    """Modules that may import one another."""
    return Layer(frozenset(modules), peers=True)


# From the innermost layer to the outermost. Modules are named as inside portmap:
# `_paths`, `manifests` (the package's own file), `manifests._reader`; portmap's own
# file is `__init__`.
LAYERS: Final[Sequence[Layer]] = [
    layer("_codes", "_memory", "_opaque", "_paths", "_suggestions", "_values", "_vocabulary"),
    layer("_violations"),
    layer("_errors"),
    layer("_addresses", "_grammar"),
    layer("_labels"),
    layer("_cluster"),
    layer("_workload_kinds"),
    layer("_foreign"),
    layer("_map.asked", "_map.object_names", "_rules"),
    layer("_schema"),
    layer("_map.selectors", "_wire"),
    layer("_metadata", "_ports", "_map.reference"),
    layer("_map.pod_references", "_map.service_references", "_map.targets"),
    layer("_map.hosts", "_map.references"),
    layer("_pod_rules", "_probe_rules", "_state"),
    layer("_pod_warnings", "_traffic_rules"),
    layer("_allocation", "_families", "_service_rules", "_updates"),
    layer("_admission", "_pods", "_service_schema", "_service_warnings"),
    layer("_pod_reading"),
    layer("_workloads"),
    layer("_candidates"),
    layer("_services"),
    layer("_misses"),
    layer("_manifest", "_service_reading"),
    layer("_sets"),
    layer("_map.chains", "_checks", "_resolution"),
    layer("_map.inventory"),
    layer("_map.directory", "_map.node_ports", "_map.reach", "_map.reference_misses"),
    layer("_map.lookup", "_map.meant", "_map.misses"),
    layer("_map.ways"),
    layer("_map.trace"),
    layer("_map.plain_data"),
    layer("_map.port_map"),
    layer("_map"),
    layer("_contract.changes", "_contract.pairs", "_contract.users"),
    layer("_contract.node_ports", "_contract.routes", "_contract.settings", "_contract.updates", "_contract.view"),
    layer("_contract.plan"),
    layer("_contract"),
    layer(
        "manifests._composed",
        "manifests._files",
        "manifests._known_fields",
        "manifests._plain",
        "manifests._scalars",
        "manifests._texts",
    ),
    layer("manifests._emit", "manifests._readings", "manifests._syntax"),
    layer("manifests._compose_plain"),
    layer("manifests._compose", "manifests._json", "manifests._service_text"),
    layer("manifests._pod_manifest", "manifests._service_manifest"),
    layer("manifests._read", "manifests._verdicts"),
    layer("manifests._converter", "manifests._documents"),
    layer("manifests._verbatim"),
    layer("manifests._assignments", "manifests._load", "manifests._write"),
    layer("manifests._splice", "manifests._stream"),
    layer("manifests._edit"),
    layer("manifests"),
    layer("lint._findings", "lint._items"),
    layer("lint._baseline", "lint._fragments", "lint._locations", "lint._server", "lint._suppressions"),
    layer("lint._unselected", "lint._whole"),
    layer("lint._bundles"),
    layer("lint._division", "lint._elsewhere", "lint._mesh_protocols", "lint._missing", "lint._rule"),
    layer(
        "lint.rules.api_extensions",
        "lint.rules.api_versions",
        "lint.rules.declarations",
        "lint.rules.divergent_ports",
        "lint.rules.endpoints",
        "lint.rules.exposure",
        "lint.rules.host_ports",
        "lint.rules.ingresses",
        "lint.rules.mesh",
        "lint.rules.mesh_listeners",
        "lint.rules.monitors",
        "lint.rules.network_policies",
        "lint.rules.node_access",
        "lint.rules.node_ports",
        "lint.rules.policies",
        "lint.rules.port_numbers",
        "lint.rules.probes",
        "lint.rules.protocols",
        "lint.rules.replicas",
        "lint.rules.routes",
        "lint.rules.same_cluster",
        "lint.rules.selectors",
        "lint.rules.service_links",
        "lint.rules.stateful_sets",
        "lint.rules.target_ports",
    ),
    layer("lint.rules"),
    layer("lint._engine", "lint._own_rules", "lint._packing", "lint._reading"),
    layer("lint._catalogue", "lint._part"),
    layer("lint._parts"),
    layer("lint"),
    layer("_render._layout", "_render._plain"),
    layer("_draw.diagram", "_draw.measure", "_draw.palette", "_draw.tracks"),
    layer("_draw.layout", "_draw.mermaid", "_draw.words"),
    layer("_draw.svg"),
    layer("_draw.html"),
    layer("_draw"),
    layer("_render._json_lines", "_render._unreadable"),
    layer("_render._complaints", "_render._console", "_render._routes", "_render._steps"),
    layer("_render._places"),
    layer(
        "_render._contract_json",
        "_render._contract_text",
        "_render._find_routes",
        "_render._lint_github",
        "_render._lint_json",
        "_render._lint_junit",
        "_render._lint_sarif",
        "_render._lint_text",
        "_render._ports_json",
        "_render._ports_text",
        "_render._progress",
        "_render._resolve_json",
        "_render._resolve_text",
        "_render._trace_json",
        "_render._trace_text",
    ),
    layer("_render"),
    layer("_cli_input"),
    layer("_cli_configuration"),
    layer("_cli_own_rules"),
    layer("_cli_lint_settings"),
    layer("_cli_contract", "_cli_draw", "_cli_lint", "_cli_ports", "_cli_rules", "_cli_set", "_cli_trace"),
    layer("_cli"),
    layer("__main__"),
    layer("strategies._arguments", "strategies._mistakes.mistake", "strategies._words"),
    layer("strategies._mistakes.metadata", "strategies._mistakes.services", "strategies._mistakes.stages"),
    layer("strategies._mistakes.tables"),
    layer("strategies._mistakes", "strategies._ports"),
    layer("strategies._broken", "strategies._pods", "strategies._services"),
    layer("strategies._manifests", "strategies._worlds"),
    layer("strategies", "testing"),
    layer("_hypothesis", "_literal_values", "_pytest"),
    layer("_literal_blocks", "_literal_calls"),
    layer("mypy"),
    layer("__init__"),
]

# Everything else is the core. A name stands for what is below it too.
OUTSIDE_THE_CORE: Final = frozenset(
    {
        "__main__",
        "_cli",
        "_cli_configuration",
        "_cli_contract",
        "_cli_draw",
        "_cli_input",
        "_cli_lint",
        "_cli_lint_settings",
        "_cli_own_rules",
        "_cli_ports",
        "_cli_rules",
        "_cli_set",
        "_cli_trace",
        "_draw",
        "_hypothesis",
        "_literal_blocks",
        "_literal_calls",
        "_literal_values",
        "_pytest",
        "_render",
        "lint",
        "manifests",
        "mypy",
        "strategies",
        "testing",
    }
)

# The core computes from what it is given: it has no files, no network, no clock.
# Beyond the standard library it has attrs and nothing else.
CORE_LIBRARIES: Final = frozenset({"attr", "attrs"})
NOT_IN_THE_CORE: Final = frozenset(
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

# What `import portmap` must leave alone: each costs time or is for some users only.
LOADED_LATER: Final = ("argparse", "attr", "attrs", "cattrs", "hypothesis", "inspect", "ipaddress", "json", "yaml")


@final
class Import(NamedTuple):
    """One imported name, `portmap._paths` or `json`, and the line that imports it."""

    importer: str
    name: str
    line: int

    def __str__(self) -> str:
        return f"{self.importer} (line {self.line}) imports {self.name}"


# Reading the source -----------------------------------------------------------------


def sources_of(package: Path) -> dict[str, str]:
    """The text of each module, by its name inside the package."""
    sources = {}
    for file in sorted(package.rglob("*.py")):
        parts = file.relative_to(package).with_suffix("").parts
        inner = parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts
        sources[".".join(inner)] = file.read_text(encoding="utf-8")
    return sources


def imports_of(module: str, source: str, packages: Iterable[str] = ()) -> Iterator[Import]:
    """Every import in the source, relative ones resolved; `a.b` for `from a import b`.

    Args:
        module: The name of the module inside portmap.
        source: Its text.
        packages: The modules that are packages, whose relative imports start at themselves.
    """
    if module == "__init__":
        here = ["portmap"]
    else:
        here = ["portmap", *module.split(".")]
        if module not in packages:
            here.pop()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                for alias in names:
                    yield Import(module, alias.name, node.lineno)
            case ast.ImportFrom(module=origin, names=names, level=level):
                start = here[: len(here) - level + 1] if level else []
                base = ".".join([*start, *([origin] if origin else [])])
                for alias in names:
                    yield Import(module, f"{base}.{alias.name}", node.lineno)
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield Import(module, f"{'.'.join(here)}{name}" if name.startswith(".") else name, node.lineno)


def packages_among(modules: Iterable[str]) -> set[str]:
    """The modules that have others below them."""
    return {module.rpartition(".")[0] for module in modules} - {""}


def all_imports(sources: Mapping[str, str]) -> list[Import]:
    """Every import in every module."""
    packages = packages_among(sources)
    return [found for module, source in sources.items() for found in imports_of(module, source, packages)]


def target_of(name: str, modules: Iterable[str]) -> str | None:
    """The module of portmap that an imported name belongs to, `None` if it is none of portmap's."""
    first, *rest = name.split(".")
    if first != "portmap":
        return None
    known = set(modules)
    while rest and ".".join(rest) not in known:
        rest.pop()
    return ".".join(rest) or "__init__"


# Judging it -------------------------------------------------------------------------


def table_problems(modules: Iterable[str], layers: Sequence[Layer]) -> list[str]:
    """Where the table and the files disagree."""
    entries = [module for each in layers for module in sorted(each.modules)]
    files = set(modules)
    return [
        *(f"{module} is in no layer: add it to LAYERS" for module in sorted(files - set(entries))),
        *(f"{module} is in LAYERS but there is no such module" for module in entries if module not in files),
        *(f"{module} is in LAYERS twice" for module in sorted(set(entries)) if entries.count(module) > 1),
    ]


def wrong_ways(sources: Mapping[str, str], layers: Sequence[Layer]) -> list[str]:
    """The imports that lead to a later layer, or to a module of the same layer that is no peer."""
    depth = {module: number for number, each in enumerate(layers) for module in each.modules}
    problems = []
    for found in all_imports(sources):
        target = target_of(found.name, sources)
        if target is None or target == found.importer or found.importer not in depth:
            continue
        if target not in depth:
            problems.append(f"{found}, of {target}, which is in no layer")
        elif depth[target] > depth[found.importer]:
            problems.append(f"{found}, of {target}, which is further out")
        elif depth[target] == depth[found.importer] and not layers[depth[target]].peers:
            problems.append(f"{found}, of {target}, which is in the same layer and no peer")
    return problems


def core_of(sources: Mapping[str, str]) -> dict[str, str]:
    """The modules of the core."""
    return {module: source for module, source in sources.items() if module.split(".")[0] not in OUTSIDE_THE_CORE}


def core_problems(sources: Mapping[str, str]) -> list[str]:
    """The imports of the core, and its uses of `open`, that it must not have."""
    core = core_of(sources)
    problems = []
    for found in all_imports(core):
        library = found.name.split(".")[0]
        if library == "portmap" or library in CORE_LIBRARIES:
            continue
        if library not in sys.stdlib_module_names:
            problems.append(f"{found}: the core has the standard library and attrs alone")
        elif library in NOT_IN_THE_CORE:
            problems.append(f"{found}: the core does no input or output and reads no clock")
    for module, source in core.items():
        for node in ast.walk(ast.parse(source)):
            match node:
                case ast.Call(func=ast.Name(id="open")):
                    problems.append(f"{module} (line {node.lineno}) opens a file")
    return problems


# portmap itself ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    """The modules of portmap."""
    found = sources_of(PACKAGE)
    assert found, f"no module of portmap in {PACKAGE}"
    return found


def fail_for(problems: list[str]) -> None:
    """Fails if there are problems, with each on a line of its own."""
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


def test_every_module_has_a_layer(sources: dict[str, str]) -> None:
    """Each module is in the table of layers once, and the table names no other."""
    fail_for(table_problems(sources, LAYERS))


def test_imports_lead_inwards(sources: dict[str, str]) -> None:
    """A module imports only from the layers further in, and from its peers."""
    fail_for(wrong_ways(sources, LAYERS))


def test_the_core_is_pure(sources: dict[str, str]) -> None:
    """The core imports attrs and the standard library, and nothing that reaches outside the process."""
    assert core_of(sources)
    fail_for(core_problems(sources))


def test_importing_portmap_is_light() -> None:
    """`import portmap` loads no parser of YAML, JSON, arguments or addresses, no attrs or cattrs, no test library."""
    program = (
        "import sys; before = set(sys.modules); import portmap; "
        f"print(*sorted({set(LOADED_LATER)!r} & (set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr


# The checks themselves --------------------------------------------------------------

INNER_AND_OUTER: Final = [layer("inner"), layer("outer")]


@pytest.mark.parametrize(
    "statement",
    [
        "import portmap.outer",
        "import portmap.outer as other",
        "from portmap import outer",
        "from portmap.outer import thing",
        "from . import outer",
        "from .outer import thing",
        "def function():\n    from portmap.outer import thing",
        "if TYPE_CHECKING:\n    from portmap.outer import thing",
        "importlib.import_module('portmap.outer')",
        "import_module('.outer', 'portmap')",
    ],
)
def test_an_import_that_goes_the_wrong_way_is_named(statement: str) -> None:
    """However it is written, an import of an outer layer is found, and the message names both ends."""
    [problem] = wrong_ways({"inner": statement, "outer": ""}, INNER_AND_OUTER)
    assert problem.startswith("inner (line ")
    assert "of outer, which is further out" in problem
    assert wrong_ways({"inner": "", "outer": statement.replace("outer", "inner")}, INNER_AND_OUTER) == []


def test_only_peers_import_one_another() -> None:
    """Modules of one layer may import one another only if they are declared as peers."""
    both = {"one": "import portmap.two", "two": "from portmap import one"}
    assert len(wrong_ways(both, [layer("one", "two")])) == len(both)
    assert wrong_ways(both, [peers("one", "two")]) == []


def test_names_of_the_package_itself_belong_to_its_own_file() -> None:
    """`from portmap import Name` is an import of portmap's own file, which has a layer like any other."""
    both = {"__init__": "from portmap._inner import Name", "_inner": "from portmap import Name"}
    [problem] = wrong_ways(both, [layer("_inner"), layer("__init__")])
    assert "of __init__, which is further out" in problem


def test_packages_inside_portmap_are_resolved(tmp_path: Path) -> None:
    """A package inside portmap is a module, and its relative imports start at itself."""
    (tmp_path / "manifests").mkdir()
    (tmp_path / "_outer.py").write_text("")
    (tmp_path / "manifests" / "__init__.py").write_text("from ._reader import read")
    (tmp_path / "manifests" / "_reader.py").write_text("from .._outer import thing\nfrom . import read")
    read = sources_of(tmp_path)
    assert set(read) == {"_outer", "manifests", "manifests._reader"}
    problems = wrong_ways(read, [layer("manifests._reader"), layer("manifests"), layer("_outer")])
    assert [problem.rsplit(", of ")[1].split(",")[0] for problem in problems] == ["_outer", "manifests"]


def test_the_table_and_the_files_must_agree() -> None:
    """A module without a layer, a layer without a module and a module in two layers are all errors."""
    problems = table_problems(["here", "twice"], [layer("twice", "gone"), layer("twice")])
    assert [problem.split()[0] for problem in problems] == ["here", "gone", "twice"]


@pytest.mark.parametrize(
    "statement",
    ["import yaml", "def f():\n    import cattrs", "import os.path", "from time import time", "open('file')"],
)
def test_what_the_core_must_not_have_is_found(statement: str) -> None:
    """An import that the core must not have is found there, and allowed outside the core."""
    assert len(core_problems({"_services": statement})) == 1
    assert core_problems({"manifests._reader": statement, "_cli": statement}) == []
