"""The errors of type checkers for wrong code, with their lines; and no errors for correct code.

All programs are checked in one run of mypy and one of pyright, because each start is slow.
"""

import re
import shutil
from pathlib import Path
from typing import Final, NamedTuple, final

import pytest

from pages import ALL_PAGES, NEEDS, ROOT, RULE_PAGES, blocks_of, text_of
from type_checkers import Complaint, mypy, pyright, unknown_types


@final
class Program(NamedTuple):
    """A program whose last line is wrong, and a pattern for the error of each checker."""

    text: str
    mypy: str
    pyright: str


_WEB: Final = "from portmap import Service, ServicePort\nweb = Service('web', ports=[ServicePort(80)])\n"

PROGRAMS: Final = {
    "a_port_in_quotes": Program(
        "from portmap import ServicePort\nServicePort('80')\n",
        r'^Argument 1 to "ServicePort" has incompatible type "str"; expected "int"$',
        r'^Argument of type "Literal\[\'80\'\]" cannot be assigned to parameter "port" of type "int"',
    ),
    "a_protocol_in_lower_case": Program(
        "from portmap import ServicePort\nServicePort(80, protocol='tcp')\n",
        r"""^Argument "protocol" .* expected "Literal\['SCTP', 'TCP', 'UDP'\] \| None"$""",
        r"""parameter "protocol" of type "Protocol \| None"(?s:.*)is not assignable to type "Literal\['TCP'\]\"""",
    ),
    "a_misspelt_import": Program(
        "from portmap import Sevrice\n",
        r'^Module "portmap" has no attribute "Sevrice"; maybe "Service"\?$',
        r'^"Sevrice" is unknown import symbol$',
    ),
    "a_misspelt_import_of_the_linter": Program(
        "from portmap.lint import lint_path\n",
        r'^Module "portmap.lint" has no attribute "lint_path"; maybe "lint_paths"',
        r'^"lint_path" is unknown import symbol$',
    ),
    "a_misspelt_import_of_manifests": Program(
        "from portmap.manifests import vaildate\n",
        r'^Module "portmap.manifests" has no attribute "vaildate"; maybe "validate"',
        r'^"vaildate" is unknown import symbol$',
    ),
    "a_misspelt_field": Program(
        "from portmap import Service\nService('web', selectr={'app': 'web'})\n",
        r'^Unexpected keyword argument "selectr" for "Service"; did you mean "selector"\?$',
        r'^No parameter named "selectr"$',
    ),
    "a_type_that_is_none": Program(
        "from portmap import Service\nService('web', type='Headless')\n",
        r"expected \"Literal\['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'\] \| None\"$",
        r"""parameter "type" of type "ServiceType \| None"(?s:.*)is not assignable to type "Literal\['ClusterIP'\]\"""",
    ),
    "a_policy_for_traffic_from_outside": Program(
        "from portmap import Service, ServicePort\n"
        "Service.internal('web', [ServicePort(80)], external_traffic_policy='Local')\n",
        r'^Unexpected keyword argument "external_traffic_policy" for "internal" of "Service"',
        r'^No parameter named "external_traffic_policy"$',
    ),
    "an_address_for_a_headless_service": Program(
        "from portmap import Service\nService.headless('db', cluster_ip='10.0.0.1')\n",
        r'^Unexpected keyword argument "cluster_ip" for "headless" of "Service"$',
        r'^No parameter named "cluster_ip"$',
    ),
    "a_selector_for_a_name_outside": Program(
        "from portmap import Service\nService.alias_of('db', 'db.example.com', selector={'app': 'db'})\n",
        r'^Unexpected keyword argument "selector" for "alias_of" of "Service"$',
        r'^No parameter named "selector"$',
    ),
    "a_load_balancer_class_for_node_ports": Program(
        "from portmap import Service, ServicePort\n"
        "Service.node_port('web', [ServicePort(80)], load_balancer_class='a/b')\n",
        r'^Unexpected keyword argument "load_balancer_class" for "node_port" of "Service"$',
        r'^No parameter named "load_balancer_class"$',
    ),
    "no_ports": Program(
        "from portmap import Service\nService.internal('web')\n",
        r'^Missing positional argument "ports" in call to "internal" of "Service"$',
        r'^Argument missing for parameter "ports"$',
    ),
    "a_field_by_its_place": Program(
        "from portmap import ServicePort\nServicePort(80, 'http')\n",
        r'^Too many positional arguments for "ServicePort"$',
        r"^Expected 1 positional argument$",
    ),
    "the_name_of_a_field_in_a_manifest": Program(
        "from portmap import ServicePort\nServicePort(80, targetPort=8080)\n",
        r'^Unexpected keyword argument "targetPort" for "ServicePort"',
        r'^No parameter named "targetPort"$',
    ),
    "no_target": Program(
        "from portmap import ServicePort\nServicePort.targeting(None, port=80)\n",
        r'^Argument 1 to "targeting" of "ServicePort" has incompatible type "None"; expected "ContainerPort"$',
        r'^Argument of type "None" cannot be assigned to parameter "container_port" of type "ContainerPort"',
    ),
    "a_number_for_a_target": Program(
        "from portmap import ServicePort\nServicePort.targeting(8080, port=80)\n",
        r'^Argument 1 to "targeting" of "ServicePort" has incompatible type "int"; expected "ContainerPort"$',
        r'^Argument of type "Literal\[8080\]" cannot be assigned to parameter "container_port" of type "ContainerPort"',
    ),
    "a_target_that_may_be_left_out": Program(
        "from portmap import ContainerPort, ServicePort\n"
        "port = ServicePort(80)\n"
        "assert not isinstance(port.target_port, str)\n"
        "ContainerPort(port.target_port)\n",
        r'^Argument 1 to "ContainerPort" has incompatible type "int \| None"; expected "int"$',
        r'^Argument of type "int \| None" cannot be assigned to parameter "container_port" of type "int"',
    ),
    "a_target_that_may_be_a_name": Program(
        "from portmap import ServicePort\nnumber: int = ServicePort(80).effective_target_port\n",
        r'expression has type "int \| str", variable has type "int"',
        r'^Type "int \| str" is not assignable to declared type "int"',
    ),
    "a_service_among_the_pods": Program(
        f"{_WEB}from portmap import resolve\nresolve(web, [web])\n",
        r'^List item 0 has incompatible type "Service"; expected "Pod \| Workload',
        r'^Argument of type "list\[Service\]" cannot be assigned to parameter "pods"',
    ),
    "a_pod_for_a_service": Program(
        "from portmap import Pod, resolve\npod = Pod('web-0')\nresolve(pod, [pod])\n",
        r'^Argument 1 to "resolve" has incompatible type "Pod"; expected "Service \| ',
        r'^Argument of type "Pod" cannot be assigned to parameter "service"',
    ),
    "a_pod_for_a_service_in_a_test": Program(
        "from portmap import Pod\nfrom portmap.testing import assert_routes\n"
        "assert_routes(Pod('web-0'), [], port='http')\n",
        r'^Argument 1 to "assert_routes" has incompatible type "Pod"; expected "Service"$',
        r'^Argument of type "Pod" cannot be assigned to parameter "service" of type "Service"',
    ),
    "a_service_to_expose": Program(
        f"{_WEB}Service.exposing(web)\n",
        r'^Argument 1 to "exposing" of "Service" has incompatible type "Service"; expected "Workload \| Pod',
        r'^Argument of type "Service" cannot be assigned to parameter "workload"',
    ),
    "a_change": Program(
        f"{_WEB}web.name = 'other'\n",
        r'^Property "name" defined in "Service" is read-only$',
        r'^Cannot assign to attribute "name" for class "Service"\n *Attribute "name" is read-only',
    ),
    "a_change_of_a_port": Program(
        f"{_WEB}web.ports[0].port = 81\n",
        r'^Property "port" defined in "ServicePort" is read-only$',
        r'^Cannot assign to attribute "port" for class "ServicePort"\n.*"port" is read-only',
    ),
    "a_port_more": Program(
        f"{_WEB}web.ports.append(ServicePort(81))\n",
        r'^"tuple\[ServicePort, \.\.\.\]" has no attribute "append"$',
        r'^Cannot access attribute "append" for class "tuple\[ServicePort, \.\.\.\]"',
    ),
    "a_change_of_labels": Program(
        "from portmap import Pod\nPod('web-0').labels['app'] = 'web'\n",
        r'^Unsupported target for indexed assignment \("Mapping\[str, str\]"\)$',
        r'^"__setitem__" method not defined on type "Mapping\[str, str\]"$',
    ),
    "a_service_of_ones_own": Program(
        "from portmap import Service\nclass Mine(Service): ...\n",
        r'^Cannot inherit from final class "Service"$',
        r'^Base class "Service" is marked final and cannot be subclassed$',
    ),
    "a_bare_number_for_a_port": Program(
        "from portmap import Service\nService('web', ports=[80])\n",
        r'^List item 0 has incompatible type "int"; expected "ServicePort"$',
        r'^Argument of type "list\[int\]" .*\n *"Literal\[80\]" is not assignable to "ServicePort"',
    ),
    "a_container_port_in_a_service": Program(
        "from portmap import ContainerPort, Service\nService('web', ports=[ContainerPort(80)])\n",
        r'^List item 0 has incompatible type "ContainerPort"; expected "ServicePort"$',
        r'"ContainerPort" is not assignable to "ServicePort"',
    ),
    "a_range_in_words": Program(
        "from portmap import Cluster\nCluster('1.36', node_port_range='30000-32767')\n",
        r'^Argument "node_port_range" to "Cluster" has incompatible type "str"; expected "range"$',
        r'cannot be assigned to parameter "node_port_range" of type "range"',
    ),
    "a_strategy_of_no_type": Program(
        "from portmap import strategies\nstrategies.services(types=['Headless'])\n",
        r"^List item 0 has incompatible type \"Literal\['Headless'\]\"; expected \"Literal\['ClusterIP',",
        r'parameter "types" of type "Collection\[ServiceType\]"',
    ),
    "a_service_that_may_be_a_pod": Program(
        "from portmap import load, resolve\nresolve(load('web.yaml').objects()[0], [])\n",
        r'^Argument 1 to "resolve" has incompatible type "Service \| Pod \| Workload"; expected "Service \| ',
        r'^Argument of type "Service \| Pod \| Workload" cannot be assigned to parameter "service"',
    ),
}


def tabled() -> dict[str, Program]:
    """Return the rows of the table of mistakes in docs/typing.md as programs."""
    head = f"{_WEB}from portmap import Pod, resolve\npod = Pod('web-0')\nprint(pod, resolve)\n"
    rows = re.findall(r"^\| `(.*)` \| (.*) \| (.*) \|$", text_of("docs/typing.md").replace(r"\|", "\0"), re.MULTILINE)
    return {
        f"row_{number}": Program(f"{head}{code}\n", *(re.escape(each.replace("\0", "|").rstrip("… ")) for each in said))
        for number, (code, *said) in enumerate(rows)
    }


ROWS: Final = tabled()

GOOD: Final = '''\
"""A typical program of a user with strict checks."""

from hypothesis import given, strategies as st

from portmap import (
    Cluster, Container, ContainerPort, Pod, PortMap, Service, ServicePort, Workload, contract, load, resolve, to_yaml
)
from portmap import strategies
from portmap.lint import lint
from portmap.manifests import read
from portmap.testing import Environment, assert_no_findings, assert_routes, violates

http = ContainerPort(8080, name="http")
web = Service("web", selector={"app": "web"}, ports=[ServicePort.targeting(http, port=80)])
pod = Pod("web-0", labels={"app": "web"}, containers=[Container("app", ports=[http])])
numbers: list[int] = [endpoint.port for endpoint in resolve(web, [pod]).endpoints()]
print(to_yaml(web), numbers)
[service] = load("web.yaml").objects(Service)
workload: Workload = read({"kind": "Deployment"}, Workload)
assert_routes(service, [workload, pod, {"kind": "Pod"}], port="http", to=8080)
assert_no_findings([web, pod, *load("k8s")], threshold="error")
print([finding.rule for finding in lint([web, pod]).findings], PortMap.of([web]).misses, contract([web], [web]).kept)


@given(strategies.services_with_pods(types=["NodePort"], namespaces=st.just("shop")))
def test_strategies(world: tuple[Service, list[Pod]]) -> None:
    service, pods = world
    with Cluster("1.33"), violates("port-out-of-range", at="port") as refused:
        resolve(service, pods)
    assert refused.violation.hint is None


@given(st.from_type(Service), strategies.broken_services(codes=["name-syntax"]))
def test_types(service: Service, broken: strategies.BrokenService) -> None:
    assert broken.manifest["kind"] != service.effective_type


def test_fixture(portmap: Environment) -> None:
    assert_routes(portmap.service("web"), portmap.workloads)
'''

API: Final = Path(__file__).with_name("api.py")
IGNORED: Final = "# type: ignore"


def documented(page: str) -> dict[str, str]:
    """Return the program of a page and its files, with the line numbers of the page."""
    text = text_of(page)
    programs: dict[str, list[str]] = {}
    for block in blocks_of(text):
        # An appended block is a part of another program.
        if block.language == "python" and not block.mark.startswith("appended: "):
            name = Path(block.mark.removeprefix("file: ")).name if block.mark.startswith("file: ") else "page.py"
            lines = programs.setdefault(name, [""] * text.count("\n"))
            lines[block.line - 1 : block.line - 1 + block.text.count("\n")] = block.text.splitlines()
    return {name: "\n".join(lines) + "\n" for name, lines in programs.items()}


def folder_of(page: str) -> str:
    """Return the folder for the programs of a page."""
    return "pages/" + re.sub(r"\W", "_", page)


def refusals(page: str) -> set[int]:
    """Return the lines of the blocks of a page that show an error."""
    blocks = blocks_of(text_of(page))
    following = [*blocks[1:], None]
    return {
        line
        for block, after in zip(blocks, following, strict=True)
        if (after is not None and after.mark == "raises") or page == "docs/typing.md"
        for line in range(block.line, block.line + block.text.count("\n"))
    }


# The types of other libraries are not tested here.
PAGES: Final = [
    page for page in ALL_PAGES if not page.startswith(RULE_PAGES) and page not in NEEDS and documented(page)
]


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write all programs, of this file, api.py, the example and the pages, and return their folder."""
    folder = tmp_path_factory.mktemp("programs")
    (folder / "strict").mkdir()
    (folder / "strict" / "good.py").write_text(GOOD, encoding="utf-8")
    for name, program in (PROGRAMS | ROWS).items():
        (folder / "strict" / f"{name}.py").write_text(program.text, encoding="utf-8")
    (folder / "strict" / "api.py").write_text(API.read_text(encoding="utf-8"), encoding="utf-8")
    for page in PAGES:
        here = folder / folder_of(page)
        here.mkdir(parents=True)
        for name, text in documented(page).items():
            (here / name).write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture(name="complaints_of_mypy", scope="module")
def _complaints_of_mypy(folder: Path) -> list[Complaint]:
    """Return the errors of mypy: strict, but pages need no annotations and may import any library."""
    settings = (
        "strict = True\nexplicit_package_bases = True\n"
        "[mypy-pages.*]\ndisallow_untyped_defs = False\ndisallow_untyped_calls = False\n"
        "disallow_subclassing_any = False\nallow_redefinition = True\ndisable_error_code = import-not-found\n"
        # A large library, which may not be installed.
        "[mypy-kubernetes.*]\nfollow_imports = skip\n"
    )
    return mypy(folder, settings=settings)


@pytest.fixture(name="complaints_of_pyright", scope="module")
def _complaints_of_pyright(folder: Path) -> list[Complaint]:
    """Return the errors of pyright: strict, except for the pages and the example."""
    return pyright(folder, strict=["strict"], enableTypeIgnoreComments=False, reportMissingImports=False)


def problems(complaints: list[Complaint], patterns: dict[str, str]) -> list[str]:
    """Return the programs whose errors are not the expected ones."""
    found = []
    for name, pattern in patterns.items():
        file = f"strict/{name}.py"
        errors = [each for each in complaints if each.file == file]
        line = (PROGRAMS | ROWS)[name].text.count("\n")
        if {each.line for each in errors} != {line} or not any(re.search(pattern, each.text) for each in errors):
            found.append(f"{name}, line {line}, should be: {pattern}, but is: {errors}")
    return found


def outside(complaints: list[Complaint]) -> list[Complaint]:
    """Return the errors in pages, except in blocks that show an error."""
    allowed = {folder_of(page): refusals(page) for page in PAGES}
    return [
        each
        for each in complaints
        for folder, lines in allowed.items()
        if each.file.startswith(f"{folder}/") and each.line not in lines
    ]


class TestMypy:
    """The errors of `mypy --strict`."""

    def test_mistakes_are_found(self, complaints_of_mypy: list[Complaint]) -> None:
        """mypy reports the mistake of each program, in its line, with the expected type."""
        assert problems(complaints_of_mypy, {name: each.mypy for name, each in (PROGRAMS | ROWS).items()}) == []
        assert len(ROWS) == 7

    def test_good_programs_pass(self, complaints_of_mypy: list[Complaint]) -> None:
        """Correct programs have no errors: the one of this file, the example, and api.py.

        In api.py, wrong lines have a `type: ignore`, and an unused one is an error.
        """
        good = ("strict/good.py", "strict/api.py", "examples/")
        assert [each for each in complaints_of_mypy if each.file.startswith(good)] == []

    def test_documented_programs_pass(self, complaints_of_mypy: list[Complaint]) -> None:
        """The programs of pages have no errors, except in blocks that show one."""
        assert outside(complaints_of_mypy) == []


class TestPyright:
    """The errors of pyright."""

    def test_mistakes_are_found(self, complaints_of_pyright: list[Complaint]) -> None:
        """pyright reports the mistake of each program, in its line, with the expected type."""
        assert problems(complaints_of_pyright, {name: each.pyright for name, each in (PROGRAMS | ROWS).items()}) == []

    def test_good_programs_pass(self, complaints_of_pyright: list[Complaint]) -> None:
        """Correct programs have no errors."""
        good = ("strict/good.py", "examples/")
        assert [each for each in complaints_of_pyright if each.file.startswith(good)] == []

    def test_the_types_are_those_of_mypy(self, complaints_of_pyright: list[Complaint]) -> None:
        """pyright infers the same types as mypy, and reports the same lines.

        The exception is `attrs.evolve`, whose arguments only mypy knows.
        """
        lines = API.read_text(encoding="utf-8").splitlines()
        refused = {number for number, line in enumerate(lines, 1) if IGNORED in line and "attrs.evolve" not in line}
        assert {each.line for each in complaints_of_pyright if each.file == "strict/api.py"} == refused

    def test_documented_programs_pass(self, complaints_of_pyright: list[Complaint]) -> None:
        """The programs of pages have no errors, except in blocks that show one."""
        assert outside(complaints_of_pyright) == []

    def test_every_public_type_is_known(self) -> None:
        """Every public name has an explicit type."""
        assert unknown_types("portmap") == []
