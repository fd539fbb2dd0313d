"""The plugin for mypy: literal arguments are validated, and nothing else is reported.

All programs are checked in one run of mypy, because each start is slow.
"""

import os
import random
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

import portmap
from odd_calls import HEAD as HEAD_OF_ODD
from odd_calls import odd_calls
from portmap import Cluster, Container, ContainerPort, Service, ServicePort, ValidationError

pytest.importorskip("mypy", reason="mypy is not installed here")

HEAD: Final = """\
from enum import IntEnum
from typing import Any, Final, Literal

import pytest

import portmap
from portmap import Cluster, Container, ContainerPort, Pod, PortmapError, Service, ServicePort, Workload
from portmap import ServicePort as Port
from portmap.testing import violates

NONE: Final = 0
WEB: Final = "web"
HIGHER: Final[int] = 65535 + 1


class Shop:
    none: Final = 0
    cluster: Cluster
    number = 70000

    def other(self) -> Cluster:
        return self.cluster


class Numbers(IntEnum):
    NONE = 0


def some() -> int:
    return 1


def names(
    zero: Literal[0],
    kind: Literal["NodePort"],
    bad: Literal["tcp", "udp"],
    either: Literal[0, 80],
    name: str,
    ports: list[ServicePort],
    shop: Shop,
) -> None:
"""

# Statements; the comment of a line has the codes to be reported there.
WRONG: Final = [
    "ServicePort(0)  # target-port-out-of-range port-out-of-range",
    "ServicePort(port=0, target_port=1)  # port-out-of-range",
    "ServicePort(NONE, target_port='a')  # port-out-of-range",
    "ServicePort(zero, target_port='a')  # port-out-of-range",
    "ServicePort(-1, target_port=80)  # port-out-of-range",
    "ServicePort(80, target_port='8080')  # target-port-name-syntax",
    "ServicePort(\n    some(),\n    name='A',  # port-name-syntax\n)",
    "ContainerPort(8080, name='Too_Long_For_IANA')  # container-port-name-syntax",
    "ContainerPort(some(), name=name, host_port=70000)  # host-port-out-of-range",
    "ServicePort.targeting(ContainerPort(80), port=0)  # port-out-of-range",
    "Service(WEB, ports=[])  # ports-required",
    "Service('Web', ports=[ServicePort(some())])  # name-syntax",
    "Service(name, type=kind, ports=[ServicePort(80, node_port=80)])  # node-port-out-of-range",
    "Service(name, ports=[ServicePort(80, node_port=30080)])  # node-port-forbidden",
    "Service('web', selector={'a b': 'c'}, ports=ports)  # selector-syntax",
    """Service(
    'web',
    ports=[
        ServicePort(80),  # port-name-required
        ServicePort(80, name='a'),  # duplicate-port
    ],
)""",
    "Service('web', ports=(ServicePort(80), ServicePort(81, name='b')))  # port-name-required",
    "Service('web', type='ExternalName', ports=ports)  # external-name-required",
    "Service.internal('Web', [ServicePort(80)])  # name-syntax",
    "Service.node_port('web', [ServicePort(80, node_port=80)])  # node-port-out-of-range",
    "Service.headless('db', selector={'a': 'b!'})  # selector-syntax",
    "Service.alias_of('db', '')  # external-name-required",
    "Container('c', ports=[ContainerPort(1, name='a'), ContainerPort(2, name='a')])  # duplicate-container-port-name",
    "Cluster('1.99')  # cluster-configuration",
    "Cluster('1.36', node_port_range=range(0))  # cluster-configuration",
    "x = [Service('web', ports=[ServicePort(0, target_port=1)])]  # port-out-of-range",
    "ServicePort(target_port=1, port=HIGHER)  # port-out-of-range",
    "Port(0, target_port=1)  # port-out-of-range",
    "portmap.ServicePort(0, target_port=1)  # port-out-of-range",
    "ServicePort(*[0], target_port=1)  # port-out-of-range",
    "ServicePort(65000 + 2 * 500, target_port=1)  # port-out-of-range",
    "ServicePort(Shop.none, target_port=1)  # port-out-of-range",
    "ServicePort(shop.none, target_port=1)  # port-out-of-range",
    "ServicePort(True, target_port=1)  # wrong-type",
    "ServicePort(80, name='a' 'B')  # port-name-syntax",
    "ServicePort(80, name='a' + 'B')  # port-name-syntax",
    "ServicePort(80, name=f'A{NONE}')  # port-name-syntax",
    "Service('web', type=kind, ports=[ServicePort(80, name='a'), *[ServicePort(81)]])  # port-name-required",
    "Service('web', selector={**{'a b': 'c'}}, ports=[ServicePort(80)])  # selector-syntax",
    "Pod('a', labels={}, containers=[Container('c', ports=[ContainerPort(0)])])  # container-port-required",
    "Workload('Job', 'a', Pod('a', containers=[Container('c', ports=[ContainerPort(0)])]))  # container-port-required",
    "Service.exposing(Pod('a', labels={'a': 'b'}), 'a')  # nothing-to-expose",
    "with Cluster('1.33'):\n    Service('3scale', ports=ports)  # name-syntax",
    "with shop.cluster, open(name):\n    ServicePort(0, target_port=1)  # port-out-of-range",
    """with Cluster('1.36', node_port_range=range(80, 90)):
    def inside() -> None:
        Service.node_port('web', [ServicePort(80, node_port=80)])  # node-port-out-of-range""",
    "try:\n    pass\nexcept PortmapError:\n    ServicePort(0, target_port=1)  # port-out-of-range",
    """with shop.cluster:
    @pytest.fixture
    def decorated() -> None:
        Service.node_port('web', [ServicePort(80, node_port=80)])  # node-port-out-of-range""",
    """if some():
    while some():
        class Other:
            port = ServicePort(0, target_port=1)  # port-out-of-range""",
    "with open(name):\n    ServicePort(0, target_port=1)  # port-out-of-range",
]

RIGHT: Final = [
    "ServicePort(80)",
    "ServicePort(some(), target_port=some())",
    "ServicePort(*[80])",
    "ServicePort(**{'port': some()})  # type: ignore[arg-type]",
    "Service('web', ports=ports)",
    "Service('web', type=kind, ports=[ServicePort(80, node_port=30080)])",
    "Service('web', ports=[ServicePort(80, name='a'), *ports])",
    "Service('web', ports=[ServicePort(80, name='a'), ServicePort(81, name=name)])",
    "Service('web', cluster_ip=name, ports=[])",
    "Service('web', selector={**{name: 'c'}}, ports=[ServicePort(80)])",
    "Service(name, ports=[ServicePort(80, node_port=some())])",
    "Service.node_port('web', [ServicePort(80, node_port=30080)], external_traffic_policy='Local')",
    "Service('web', type='LoadBalancer', allocate_load_balancer_node_ports=bool(some()), ports=[ServicePort(80)])",
    "Cluster('v1.36.1', node_port_range=range(some()))",
    "ServicePort(0)  # type: ignore[portmap]",
    "getattr(ServicePort, 'x')(0)",
    "ServicePort(either, target_port=1)",
    "ServicePort(shop.number)",
    "ServicePort(Numbers.NONE)",
    "ServicePort(80, name=f'{some()}')",
    "ServicePort(10 ** 10 ** 10)",
    "Service('web', ports=[ServicePort(p, name='a') for p in range(2)])",
    "Service('web', ports=[ServicePort(80, name='a')] + [ServicePort(81, name='a')])",
    "with Cluster(node_port_range=range(80, 90)):\n    Service.node_port('web', [ServicePort(80, node_port=80)])",
    """with Cluster('1.36') as given, Cluster('1.36', node_port_range=range(80, 90)):
    Service.node_port('web', [ServicePort(80, node_port=80)])""",
    "with shop.cluster:\n    Service.node_port('web', [ServicePort(80, node_port=80)])",
    "with shop.other():\n    Service.node_port('web', [ServicePort(80, node_port=80)])",
    "with Cluster(name):\n    Service.node_port('web', [ServicePort(80, node_port=80)])",
    "with violates('port-out-of-range'):\n    ServicePort(0)",
    "with pytest.raises(ValueError):\n    if some():\n        ServicePort(0)",
    "try:\n    ServicePort(0)\nexcept (KeyError, PortmapError):\n    pass",
    """for each in range(2):
    match each:
        case 0:
            with Cluster('1.36', node_port_range=range(80, 90)):
                while some():
                    Service.node_port('web', [ServicePort(80, node_port=80)])
                else:
                    Service.node_port('web', [ServicePort(81, node_port=81)])""",
    "with violates('port-out-of-range'):\n    class Inside:\n        port = ServicePort(0)",
]


def environment(folder: Path) -> dict[str, str]:
    """Enable the plugin, and return the environment of mypy."""
    home = Path(portmap.__file__).resolve().parent.parent
    # mypy finds an installed portmap, but needs the path of a checkout.
    paths = {} if home.name == "site-packages" else {"MYPYPATH": str(home), "PYTHONPATH": str(home)}
    (folder / "mypy.ini").write_text("[mypy]\nplugins = portmap.mypy\n", encoding="utf-8")
    return os.environ | paths


def mypy(folder: Path, *arguments: str) -> list[str]:
    """Return the output of mypy with the plugin."""
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--cache-dir=cache", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=environment(folder), capture_output=True, text=True, check=False, timeout=300
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


IMPORTING: Final = "from numbers_ import PORT\nfrom portmap import ServicePort\n"


def daemon(folder: Path, *arguments: str) -> list[str]:
    """Return the output of mypy's daemon in a folder."""
    command = [sys.executable, "-m", "mypy.dmypy", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=environment(folder), capture_output=True, text=True, check=False, timeout=300
    )
    assert done.stderr == ""
    return [each for each in done.stdout.splitlines() if re.match(r"\w+\.py:", each)]


class Line(NamedTuple):
    """An error of the plugin."""

    number: int
    code: str
    text: str


def lines(printed: list[str], name: str) -> list[Line]:
    """Return the errors in a file; all of them must be of the plugin."""
    found = []
    for each in printed:
        match = re.fullmatch(rf"{name}\.py:(\d+): error: (.*)  \[([a-z0-9-]+)\](.*)  \[portmap\]", each)
        if match is not None:
            found.append(Line(int(match[1]), match[3], match[2] + match[4]))
        else:
            assert not each.startswith(f"{name}.py"), each
    return found


class Calls(NamedTuple):
    """Calls with literal arguments, and the messages of those that are refused at run time, by line."""

    text: str
    refused: Mapping[int, set[str]]


def calls(count: int) -> Calls:
    """Return random calls with valid and invalid arguments."""
    rng = random.Random(7)
    numbers, names = (0, 1, 80, 443, 65535, 65536), ("a", "A", "web", "a" * 16, "a--b", "80", "")
    written, refused = ["from portmap import Container, ContainerPort, Service, ServicePort"], {}

    def port() -> str:
        extra = {
            "name": repr(rng.choice(names)),
            "target_port": repr(rng.choice([*numbers, *names])),
            "node_port": repr(rng.choice([0, 80, 30080, 32768])),
            "app_protocol": repr(rng.choice(["http", "a/b", "é"])),
        }
        chosen = rng.sample(sorted(extra), rng.randrange(3))
        return f"ServicePort({', '.join([repr(rng.choice(numbers)), *(f'{key}={extra[key]}' for key in chosen)])})"

    def container_port() -> str:
        return f"ContainerPort({rng.choice(numbers)}, name={rng.choice(names)!r}, host_port={rng.choice(numbers)})"

    def container() -> str:
        return (
            f"Container({rng.choice(names)!r}, ports=[{', '.join(container_port() for _ in range(rng.randrange(3)))}])"
        )

    def service() -> str:
        extra = {
            "type": repr(rng.choice(["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"])),
            "cluster_ip": repr(rng.choice(["None", "10.0.0.1", "x"])),
            "selector": repr({rng.choice(names): rng.choice(names)}),
            "external_traffic_policy": repr(rng.choice(["Local", "Cluster"])),
            "health_check_node_port": repr(rng.choice([0, 30001])),
            "ip_families": repr(rng.choice([["IPv4"], ["IPv4", "IPv6"]])),
            "ip_family_policy": repr(rng.choice(["SingleStack", "RequireDualStack"])),
        }
        chosen = rng.sample(sorted(extra), rng.randrange(4))
        given = [f"{key}={extra[key]}" for key in chosen]
        ports = ", ".join(port() for _ in range(rng.randrange(3)))
        return f"Service({', '.join([repr(rng.choice(names)), *given, f'ports=[{ports}]'])})"

    makers: list[Callable[[], str]] = [port, container_port, container, service, service]
    known = {"Container": Container, "ContainerPort": ContainerPort, "Service": Service, "ServicePort": ServicePort}
    for number in range(2, count + 2):
        call = rng.choice(makers)()
        written.append(call)
        try:
            eval(call, dict(known))
        except ValidationError as error:
            refused[number] = {each.message for each in error.violations}
    return Calls("\n".join(written) + "\n", refused)


@pytest.fixture(name="printed", scope="module")
def _printed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("programs")
    for name, statements in (("wrong", WRONG), ("right", RIGHT)):
        body = "\n".join("    " + line for each in statements for line in each.splitlines())
        (folder / f"{name}.py").write_text(f"{HEAD}{body}\n", encoding="utf-8")
    (folder / "many.py").write_text(calls(300).text, encoding="utf-8")
    (folder / "odd.py").write_text(HEAD_OF_ODD + "\n".join(odd_calls(600, 7)) + "\n", encoding="utf-8")
    cold = mypy(folder, ".")
    # A second run, from the cache, must have the same output.
    assert mypy(folder, ".") == cold
    return cold


def test_mistakes_are_reported_in_their_lines(printed: list[str]) -> None:
    """Each mistake is reported once, with the code of its rule, on the line of the argument."""
    text = HEAD + "\n".join(WRONG)
    expected = [
        (number, code)
        for number, line in enumerate(text.splitlines(), 1)
        if "  # " in line
        for code in line.rpartition("  # ")[2].split()
    ]
    assert sorted((each.number, each.code) for each in lines(printed, "wrong")) == sorted(expected)


def test_valid_and_unknown_arguments(printed: list[str]) -> None:
    """Valid arguments, and those that are known only at run time, are not reported."""
    assert lines(printed, "right") == []


def test_messages_are_those_of_the_program(printed: list[str]) -> None:
    """Of hundreds of calls, those that fail at run time are reported, with the same messages."""
    refused = calls(300).refused
    found = lines(printed, "many")
    assert {each.number for each in found} == set(refused)
    # The program fails at the first port; mypy reports the Service, too.
    for number, messages in refused.items():
        texts = [each.text for each in found if each.number == number]
        assert all(any(message in text for text in texts) for message in messages), number


def test_no_false_positives(printed: list[str]) -> None:
    """Whatever expression an argument is, no call that works is reported."""
    names: dict[str, Any] = {}
    exec(HEAD_OF_ODD, names)
    lines = (HEAD_OF_ODD + "\n".join(odd_calls(600, 7))).splitlines()
    found = {int(match[1]) for each in printed if (match := re.match(r"odd\.py:(\d+): error: .*  \[portmap\]$", each))}
    assert len(found) > 100
    for number in found:
        # The program may fail at another mistake of the line first.
        with warnings.catch_warnings(action="ignore"), pytest.raises((ValidationError, TypeError, ZeroDivisionError)):
            eval(lines[number - 1], names)


def test_the_daemon(tmp_path: Path) -> None:
    """mypy's daemon reports a file again if it or a constant that it imports changed."""
    files = {"numbers_.py": "from typing import Final\nPORT: Final = 80\n", "a.py": f"{IMPORTING}ServicePort(PORT)\n"}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    try:
        assert lines(daemon(tmp_path, "run", "--", "."), "a") == []
        (tmp_path / "numbers_.py").write_text("from typing import Final\nPORT: Final = 0\n", encoding="utf-8")
        found = lines(daemon(tmp_path, "check", "."), "a")
        assert {each.code for each in found} == {"port-out-of-range", "target-port-out-of-range"}
        (tmp_path / "a.py").write_text(f"{IMPORTING}ServicePort(80)\n", encoding="utf-8")
        assert lines(daemon(tmp_path, "check", "."), "a") == []
    finally:
        daemon(tmp_path, "stop")


def test_the_cluster_of_the_configuration(tmp_path: Path) -> None:
    """The configuration sets the cluster, and invalidates mypy's cache."""
    (tmp_path / "a.py").write_text(
        "from portmap import Service, ServicePort\nService.node_port('web', [ServicePort(80, node_port=80)])\n",
        encoding="utf-8",
    )
    assert [each.code for each in lines(mypy(tmp_path, "a.py"), "a")] == ["node-port-out-of-range"]
    (tmp_path / "portmap.toml").write_text('node-port-range = "80-100"\n', encoding="utf-8")
    assert lines(mypy(tmp_path, "a.py"), "a") == []
    assert Cluster(node_port_range=range(80, 101)).node_port_range.start == 80
