"""Programs with every kind of expression as an argument of portmap's calls."""

import ast
import random
from collections.abc import Callable
from typing import Final, final

__all__ = ["HEAD", "odd_calls"]

HEAD: Final = """\
import enum
from typing import Any, Final, Literal, cast

import portmap as pm
from portmap import Cluster, Container, ContainerPort, Pod, Service, ServicePort, Workload


class E(enum.IntEnum):
    A = 0
    B = 80


class K:
    zero: Final = 0
    high: int = 70000
    name: Final[str] = "A"


def f(x: Any = 1) -> Any:
    return x


k = K()
ZERO: Final = 0
HIGH: Final[int] = 70000
NAME: Final = "A" "b"
zero = 0
word = "A"
some: Any = 80
ports = [ServicePort(80, name="a")]
"""

_NUMBERS: Final = (
    *("0", "1", "80", "65535", "65536", "-1", "0x1F90", "1_0", "ZERO", "HIGH", "zero", "k.zero", "K.zero", "k.high"),
    *("True", "False", "some", "E.A", "E.B", "E.B.value", "None", "...", "1.5", "2j", "b'x'"),
)
_SUMS: Final = (
    *("{0} + {1}", "{0} * {1}", "{0} // {1}", "{0} % {1}", "{0} ** 2", "{0} << 3", "-{0}", "+{0}", "~{0}", "not {0}"),
    *("{0} if {1} else {0}", "{0} or {1}", "f({0})", "int({0})", "(lambda: {0})()", "[{0}, {1}][0]", "(w := {0})"),
    *("max({0}, {1})", "cast(int, {0})", "{{1: {0}}}[1]", "sum(i for i in ({0},))", "{0} < {1}", "len({1})"),
)
_TEXTS: Final = (
    *('""', '"a"', '"A"', '"web"', '"a" "B"', r'r"\d"', '"é"', '"x" * 20', "NAME", "word", "k.name", "str(some)"),
    *('"80"', '"tcp"', '"ClusterIP"', '"NodePort"', '"None"', '"10.0.0.1"', '"%s" % word', "80", "None"),
)
_JOINED: Final = (
    *("{0} + {1}", 'f"a{{ZERO}}"', 'f"{{word!r}}"', 'f"{{ZERO:03d}}"', 'f"{{ZERO:{{HIGH}}}}"', '"{{}}".format({0})'),
    *('"".join([{0}, {1}])', '"-".join(["a", "B"])', '"{{:{{}}}}".format("A", "")', "{0}[0:1]", "{0}.lower()"),
    *("{0} if some else {1}", "f({0})"),
)
_LISTS: Final = (
    *("[{0}]", "({0},)", "[*[{0}]]", "[{0}] + ports", "[*ports, {0}]", "[p for p in [{0}]]", "iter([{0}])"),
    *("list([{0}])", "ports", "f([{0}])", "{{{0}}}", "[]", "[{0}, {1}]", "({0}, {1})"),
)
_DICTS: Final = ("{{{0}: {1}}}", '{{**{{{0}: "a"}}}}', 'dict(a="b")', "{{}}", '{{k: "a b" for k in "a"}}')
_AROUND: Final = (*(["{}"] * 8), "[{}]", "(lambda: {})()", "f({})", "{} if some else None", "[{} for _ in (1,)]")


@final
class _Writer:
    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)

    def _some(self, forms: tuple[str, ...], make: Callable[[], str]) -> str:
        return self._rng.choice(forms).format(make(), make())

    def number(self, depth: int = 1) -> str:
        if depth == 0 or self._rng.random() < 0.5:
            return self._rng.choice(_NUMBERS)
        return f"({self._some(_SUMS, lambda: self.number(depth - 1))})"

    def text(self, depth: int = 1) -> str:
        if depth == 0 or self._rng.random() < 0.5:
            return self._rng.choice(_TEXTS)
        return f"({self._some(_JOINED, lambda: self.text(depth - 1))})"

    def port(self) -> str:
        given = {
            "name": self.text(),
            "target_port": self._rng.choice([self.number, self.text])(),
            "node_port": self.number(),
            "protocol": self.text(0),
        }
        first = self._rng.choice(
            [self.number(2), f"port={self.number()}", f"*[{self.number()}]", f"*f([{self.number()}])"]
        )
        more = [f"{name}={given[name]}" for name in self._rng.sample(sorted(given), self._rng.randrange(3))]
        if self._rng.random() < 0.1:
            first, more = f'**{{"port": {self.number()}}}', []
        return f"{self._rng.choice(['ServicePort', 'pm.ServicePort', '(ServicePort)'])}({', '.join([first, *more])})"

    def container_port(self) -> str:
        if self._rng.random() < 0.2:
            return f"ServicePort.targeting({self.container_port()}, port={self.number()})"
        return f"ContainerPort({self.number()}, name={self.text()})"

    def container(self) -> str:
        return f"Container({self.text(0)}, ports={self._some(_LISTS, self.container_port)})"

    def pod(self) -> str:
        return f"Pod({self.text(0)}, labels={self._some(_DICTS, self.text)}, containers=[{self.container()}])"

    def service(self) -> str:
        kind = self._rng.choice(["", ".internal", ".node_port", ".headless", ".load_balancer"])
        given = {"selector": self._some(_DICTS, self.text), "labels": self._some(_DICTS, self.text)}
        if not kind:
            given |= {"type": self.text(0), "cluster_ip": self.text(0), "health_check_node_port": self.number()}
        more = [f"{name}={given[name]}" for name in self._rng.sample(sorted(given), self._rng.randrange(3))]
        return f"Service{kind}({', '.join([self.text(), *more, f'ports={self._some(_LISTS, self.port)}'])})"

    def exposing(self) -> str:
        return f"Service.exposing({self.pod()}, {self.text(0)})"

    def workload(self) -> str:
        return f"Workload({self.text(0)}, {self.text(0)}, {self.pod()})"

    def cluster(self) -> str:
        return f"Cluster({self.text()}, node_port_range=range({self.number()}, {self.number()}))"

    def call(self) -> str:
        kinds = [self.port, self.port, self.container_port, self.container, self.service, self.service]
        made = self._rng.choice([*kinds, self.exposing, self.workload, self.cluster])()
        return self._rng.choice(_AROUND).format(made)


def odd_calls(count: int, seed: int) -> list[str]:
    """Return random expressions with calls of portmap, each on one line. They need the names of `HEAD`."""
    writer = _Writer(seed)
    found: list[str] = []
    while len(found) < count:
        call = writer.call()
        try:
            ast.parse(call)
        except SyntaxError:
            continue
        found.append(call)
    return found
