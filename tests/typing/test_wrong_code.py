"""What mypy says to users whose code is wrong: the line, and in words that help.

All programs are checked in one run of mypy, because starting it costs more than they do.
"""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

import pytest

import portmap


class Program(NamedTuple):
    """A program of a user's, the line that is wrong, and what must be said about it."""

    text: str
    line: int
    says: str


PROGRAMS: Final = {
    "a_port_in_quotes": Program(
        "from portmap import ServicePort\nServicePort('80')\n",
        2,
        r'Argument 1 to "ServicePort" has incompatible type "str"; expected "int"',
    ),
    "a_protocol_in_lower_case": Program(
        "from portmap import ServicePort\nServicePort(80, protocol='tcp')\n",
        2,
        r"""expected "Literal\['SCTP', 'TCP', 'UDP'\] \| None\"""",
    ),
    "a_misspelt_field": Program(
        "from portmap import Service\nService('web', selectr={'app': 'web'})\n",
        2,
        r'Unexpected keyword argument "selectr" for "Service"; did you mean "selector"\?',
    ),
    "a_type_that_is_none": Program(
        "from portmap import Service\nService('web', type='Headless')\n",
        2,
        r"expected \"Literal\['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'\] \| None\"",
    ),
    "a_policy_for_traffic_from_outside": Program(
        "from portmap import Service, ServicePort\n"
        "Service.internal(\n"
        "    'web',\n"
        "    [ServicePort(80)],\n"
        "    external_traffic_policy='Local',\n"
        ")\n",
        2,
        r'Unexpected keyword argument "external_traffic_policy" for "internal" of "Service"',
    ),
    "an_address_for_a_headless_service": Program(
        "from portmap import Service\nService.headless('db', cluster_ip='10.0.0.1')\n",
        2,
        r'Unexpected keyword argument "cluster_ip" for "headless" of "Service"',
    ),
    "a_service_among_the_pods": Program(
        "from portmap import Service, ServicePort, resolve\n"
        "web = Service('web', ports=[ServicePort(80)])\n"
        "resolve(web, [web])\n",
        3,
        r'List item 0 has incompatible type "Service"; expected "Pod \| Workload',
    ),
    "a_change": Program(
        "from portmap import Service, ServicePort\nweb = Service('web', ports=[ServicePort(80)])\nweb.name = 'other'\n",
        3,
        r'Property "name" defined in "Service" is read-only',
    ),
    "a_bare_number_for_a_port": Program(
        "from portmap import Service\nService('web', ports=[80])\n",
        2,
        r'List item 0 has incompatible type "int"; expected "ServicePort"',
    ),
    "a_target_that_may_be_a_name": Program(
        "from portmap import ServicePort\nnumber: int = ServicePort(80).effective_target_port\n",
        2,
        r'expression has type "int \| str", variable has type "int"',
    ),
}

GOOD: Final = """\
from portmap import Container, ContainerPort, Pod, Service, ServicePort, resolve, to_yaml

http = ContainerPort(8080, name="http")
web = Service("web", selector={"app": "web"}, ports=[ServicePort.targeting(http, port=80)])
pod = Pod("web-0", labels={"app": "web"}, containers=[Container("app", ports=[http])])
numbers: list[int] = [endpoint.port for endpoint in resolve(web, [pod]).endpoints()]
print(to_yaml(web), numbers)
"""


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[int, str]]]:
    """What mypy says about each program: lines and messages, by the program's name."""
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("mypy is not installed here")
    folder = tmp_path_factory.mktemp("programs")
    for name, text in {"good": GOOD, **{name: program.text for name, program in PROGRAMS.items()}}.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    home = Path(portmap.__file__).resolve().parent.parent
    # Installed, portmap is found; run from its source, mypy must be told where that is.
    environment = os.environ | ({} if home.name == "site-packages" else {"MYPYPATH": str(home)})
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--no-error-summary",
        "--config-file=",
        "--cache-dir=cache",
        ".",
    ]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.stderr == ""
    found: dict[str, list[tuple[int, str]]] = {"good": [], **{name: [] for name in PROGRAMS}}
    for line in done.stdout.splitlines():
        match = re.fullmatch(r"(\w+)\.py:(\d+): error: (.*)", line)
        if match is not None:
            found[match[1]].append((int(match[2]), match[3]))
        else:
            assert ": note: " in line, line
    return found


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_mistake_is_found(name: str, complaints: dict[str, list[tuple[int, str]]]) -> None:
    """mypy finds the one mistake of each program, in its line, and says what would be right."""
    program = PROGRAMS[name]
    [(line, message)] = complaints[name]
    assert line == program.line
    assert re.search(program.says, message), message


def test_a_good_program_passes(complaints: dict[str, list[tuple[int, str]]]) -> None:
    """A program that uses portmap as it is meant has no complaints under `--strict`."""
    assert complaints["good"] == []
