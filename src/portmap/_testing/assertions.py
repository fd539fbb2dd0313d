"""Assertions about where ports lead; `portmap.testing` is their public face."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, ParamSpec, Self, TypeVar, final, get_args

import attrs

from portmap._contract import contract
from portmap._graph.port_map import PortMap
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.errors import ValidationError
from portmap._kubernetes.violations import Violation
from portmap._manifests.documents import Manifests
from portmap._model.foreign import Foreign, several
from portmap._model.pods import Pod
from portmap._model.ports import ServicePort
from portmap._model.services import Service
from portmap._model.workloads import Workload
from portmap._reports.contract import as_text
from portmap._reports.resolve import table
from portmap._reports.resolve_data import routes_of
from portmap._resolution.resolution import Endpoint, Resolution, resolve
from portmap._resolution.why_not import Miss

if TYPE_CHECKING:
    from portmap._lint.rule import Rule

__all__ = [
    "Environment",
    "Refusal",
    "assert_contract_kept",
    "assert_no_findings",
    "assert_routes",
    "assert_unreachable",
    "violates",
]

Pods = Iterable[Pod | Workload | Mapping[str, Any] | Foreign]
Threshold = Literal["error", "warning", "info"]

_UNREADABLE: Final = "unreadable-file"

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def _ends_at_the_call(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Have the traceback of a wrong name or value end at the line of the test, as that of a failure does."""

    @wraps(function)
    def called(*args: Arguments.args, **arguments: Arguments.kwargs) -> Result:
        __tracebackhide__ = True
        try:
            return function(*args, **arguments)
        except (KeyError, TypeError, ValueError) as error:
            if not _is_portmaps(error):
                raise
            raise error.with_traceback(None) from None

    return called


def _is_portmaps(error: Exception) -> bool:
    """Whether portmap raised it, and not what makes the objects while they are looked at."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is None or str(trace.tb_frame.f_globals.get("__name__")).partition(".")[0] == "portmap"


# --- routes ----------------------------------------------------------------------------------------------------


@_ends_at_the_call
def assert_routes(
    service: Service,
    pods: Pods,
    *,
    port: ServicePort | int | str | None = None,
    to: int | None = None,
    container: str | None = None,
    cluster: Cluster | None = None,
) -> None:
    """Fail unless a port of this Service leads somewhere in every pod that the Service selects.

    Args:
        service: The Service.
        pods: The pods and workloads among which it selects, typed, as plain dicts, or
            as `portmap.load` gives them, with whatever else stands there.
        port: The Service port, by name, number or itself; left out, each of its ports.
        to: The number that it must reach, in every pod; left out, any.
        container: The name of the container that must declare it; left out, any or none.
        cluster: Whose control plane resolves it; left out, the cluster in force.

    A pod that is not ready counts: the way to it is right.

    Raises:
        AssertionError: It leads elsewhere, or in some pod nowhere, or selects no pod, or
            the Service has no such port.
        TypeError: `to` is no number, or `port` neither a name nor a number nor a port.

    Example:
        >>> from portmap.testing import assert_routes
        >>> assert_routes(web, [pod], port="http", to=8080, container="app")
        >>> assert_routes(web, [pod], to=9090)
        Traceback (most recent call last):
            ...
        AssertionError: Service web should lead to 9090, but in Pod/web-0 it leads to 8080 in container 'app'
          http 80/TCP  → Pod/web-0  app  8080/TCP
    """
    __tracebackhide__ = True
    given: object = to
    if given is not None and not isinstance(given, int):
        raise TypeError(f"`to` is the number of the port that is reached, not {given!r}")
    resolution = resolve(service, pods, cluster=cluster)
    problem = _astray(resolution, port, to, container)
    if problem is not None:
        raise AssertionError(_with_table(problem, resolution))


@_ends_at_the_call
def assert_unreachable(
    service: Service,
    pods: Pods,
    *,
    port: ServicePort | int | str | None = None,
    cluster: Cluster | None = None,
) -> None:
    """Fail if a port of this Service leads to any of these pods.

    Args:
        service: The Service.
        pods: The pods and workloads among which it selects, typed, as plain dicts, or
            as `portmap.load` gives them, with whatever else stands there.
        port: The Service port, by name, number or itself; left out, any of its ports.
        cluster: Whose control plane resolves it; left out, the cluster in force.

    Raises:
        AssertionError: It leads somewhere, or nobody can know: the endpoints of a
            Service without a selector are managed by somebody else. Or the Service has no
            such port, for a test of what is not there could not fail.
        TypeError: `port` is neither a name nor a number nor a port.

    Example:
        >>> from portmap.testing import assert_unreachable
        >>> assert_unreachable(typo, [pod])
    """
    __tracebackhide__ = True
    resolution = resolve(service, pods, cluster=cluster)
    problem = _no_such_port(resolution, port, " nowhere") or _elsewhere(resolution) or _reached(resolution, port)
    if problem is not None:
        raise AssertionError(_with_table(problem, resolution))


def _reached(resolution: Resolution, port: ServicePort | int | str | None) -> str | None:
    """Where this port leads, if it leads anywhere."""
    service = resolution.service
    reached = [
        f"{_whose(each)} {each.port}/{each.protocol}"
        for wanted in _ports(service, port)
        for each in resolution.endpoints(wanted)
    ]
    if not service.ports:
        reached = [each.pod for piece in resolution.slices for each in piece.endpoints]
    if not reached:
        return None
    return f"{_asked(service, port)} should lead nowhere, but it leads to {', '.join(dict.fromkeys(reached))}"


def _ports(service: Service, port: ServicePort | int | str | None) -> Sequence[ServicePort | int | str]:
    """The ports that are asked for."""
    return service.ports if port is None else (port,)


def _no_such_port(resolution: Resolution, port: ServicePort | int | str | None, where: str) -> str | None:
    """That the Service has no such port, if it has none."""
    try:
        for each in _ports(resolution.service, port):
            resolution.endpoints(each)
    except KeyError as error:
        return f"{_asked(resolution.service, port)} should lead{where}, but {error.args[0]}"
    return None


def _astray(
    resolution: Resolution, port: ServicePort | int | str | None, to: int | None, container: str | None
) -> str | None:
    """What is wrong with where this port leads, in one line."""
    service = resolution.service
    asked = _ports(service, port)
    wanted = _asked(service, port)
    where = f" to {to}" if to is not None else ""
    where += f" in container {container!r}" if container is not None else ""
    problem = _no_such_port(resolution, port, where or " somewhere") or _elsewhere(resolution)
    if problem is not None:
        return problem
    missed = [miss for miss in resolution.misses if _concerns(miss.port, asked, service)]
    if missed:
        return f"{wanted} should lead{where or ' somewhere'}, but {_nowhere(missed[0], several=port is None)}"
    for each in (endpoint for one in asked for endpoint in resolution.endpoints(one)):
        if to not in {None, each.port} or container not in {None, each.container}:
            return f"{wanted} should lead{where}, but in {_whose(each)} it leads to {each.port}{_within(each)}"
    return None


def _nowhere(miss: Miss, *, several: bool) -> str:
    """Where which port leads nowhere, and what was probably meant."""
    reason = miss.hint or miss.message
    if miss.pod is None:
        return f"it selects no pod: {reason}"
    which = f"port {miss.port.name or miss.port.port!r}" if several and miss.port else "it"
    return f"in {miss.workload or f'Pod/{miss.pod}'} {which} leads nowhere: {reason}"


def _concerns(missed: ServicePort | None, asked: Sequence[ServicePort | int | str], service: Service) -> bool:
    """Whether a miss of this port, or of all where it is `None`, is one of what was asked for."""
    if missed is None or not service.ports:
        return True
    return any(each in {missed.name, missed.port} if isinstance(each, int | str) else each == missed for each in asked)


def _elsewhere(resolution: Resolution) -> str | None:
    return f"where {resolution.service} leads cannot be told: {resolution.elsewhere}" if resolution.elsewhere else None


def _asked(service: Service, port: ServicePort | int | str | None) -> str:
    if port is None:
        return f"{service}" if len(service.ports) < 2 else f"each port of {service}"
    shown = port.name or port.port if isinstance(port, ServicePort) else port
    return f"port {shown!r} of {service}"


def _whose(endpoint: Endpoint) -> str:
    return endpoint.workload or f"Pod/{endpoint.pod}"


def _within(endpoint: Endpoint) -> str:
    return f" in container {endpoint.container!r}" if endpoint.container else ", which no container declares"


def _with_table(problem: str, resolution: Resolution) -> str:
    shown = "" if resolution.elsewhere else table(routes_of(resolution))
    return f"{problem}\n{shown}".rstrip()


# --- findings and contracts ------------------------------------------------------------------------------------


@_ends_at_the_call
def assert_no_findings(
    objects: Iterable[object],
    *,
    threshold: Threshold = "warning",
    ignore: Iterable[str] = (),
    rules: "Iterable[Rule] | None" = None,
    complete: bool | None = None,
    cluster: Cluster | None = None,
) -> None:
    """Fail if the linter finds something wrong with these objects.

    Args:
        objects: Plain mappings of any kind, typed objects, and documents as
            `portmap.load` has them, in any mixture; at least one.
        threshold: The least severity that counts.
        ignore: The names of rules, and codes of violations, that do not count.
        rules: As in `portmap.lint.lint`.
        complete: As in `portmap.lint.lint`.
        cluster: By what they are judged; left out, the cluster in force.

    Raises:
        AssertionError: There are findings; it lists them. Or there are no objects at all, for
            instance because the folder that was loaded has none: a test of nothing could not fail.
            Or files of that folder cannot be read, unless `unreadable-file` is ignored.
        ValueError: There is no such severity.
        TypeError: `objects` is the name of a file, or one object.

    Example:
        >>> from portmap.testing import assert_no_findings
        >>> assert_no_findings([web, pod])
        >>> assert_no_findings([])
        Traceback (most recent call last):
            ...
        AssertionError: there should be no findings, but there are no objects in which to look for any
    """
    __tracebackhide__ = True
    from portmap._lint.engine import lint

    if threshold not in get_args(Threshold):
        raise ValueError(f"threshold={threshold!r} must be one of {', '.join(map(repr, get_args(Threshold)))}")

    ignored = frozenset(ignore)
    unreadable = objects.unreadable if isinstance(objects, Manifests) and _UNREADABLE not in ignored else ()
    if unreadable:
        told = ["there should be no findings, but there are files that cannot be read:", *_listed(unreadable)]
        raise AssertionError("\n".join(told))
    given = [*several(objects, "assert_no_findings")]
    if not given:
        raise AssertionError("there should be no findings, but there are no objects in which to look for any")
    report = lint(given, cluster=cluster, rules=rules, complete=complete)
    found = [each for each in report.at_least(threshold) if each.rule not in ignored]
    if found:
        there = f"there are {len(found)}" if len(found) > 1 else "there is one"
        raise AssertionError("\n".join([f"there should be no findings, but {there}:", *_listed(found)]))


def _listed(things: Iterable[object]) -> list[str]:
    return [f"  {line}" for each in things for line in str(each).splitlines()]


@_ends_at_the_call
def assert_contract_kept(
    before: Iterable[Any],
    after: Iterable[Any],
    *,
    cluster: Cluster | None = None,
    namespaces: Mapping[str, str] | None = None,
    ignore_namespaces: bool = False,
) -> None:
    """Fail if what worked for the clients of Services before does not work after.

    Args:
        before: Services, pods and workloads, typed, as plain dicts, or as documents
            of `portmap.load`.
        after: The same after the change, or in another environment.
        cluster: As in `portmap.contract`, and so those that follow.
        namespaces: As in `portmap.contract`.
        ignore_namespaces: As in `portmap.contract`.

    Raises:
        AssertionError: The contract is broken; it lists every change, with the safe
            order of steps where there is one.
        ValidationError: A plain dict of a Service or workload is one that a server would refuse.
        TypeError: `before` or `after` is the name of a file, or one object.

    Example:
        >>> from portmap.testing import assert_contract_kept
        >>> named = Service("web", selector={"app": "web"}, ports=web.ports, labels={"team": "shop"})
        >>> assert_contract_kept([web, pod], [named, pod])
    """
    __tracebackhide__ = True
    compared = contract(
        _plain(several(before, "assert_contract_kept")),
        _plain(several(after, "assert_contract_kept")),
        cluster=cluster,
        namespaces=namespaces,
        ignore_namespaces=ignore_namespaces,
    )
    if not compared.kept:
        count = len(compared.of("breaking"))
        broken = "1 change breaks it" if count == 1 else f"{count} changes break it"
        raise AssertionError(f"the contract with clients should be kept, but {broken}\n{as_text(compared)}".rstrip())


def _plain(objects: Iterable[Any]) -> list[Any]:
    """Documents as the data that they hold, anything else as it is."""
    typed = (Service, Pod, Workload, Mapping)
    return [each if isinstance(each, typed) else getattr(each, "raw", each) for each in objects]


# --- what the fixture of the pytest plugin gives ---------------------------------------------------------------


@final
@attrs.frozen(repr=False)
class Environment:
    """The objects of some files, and the map of their ports: what the fixture `portmap` gives.

    Attributes:
        manifests: Every document, of every kind, with its place.
        map: The map of their ports, as `PortMap.of` makes it.
        cluster: By what they were judged.

    Example:
        >>> from pathlib import Path
        >>> from portmap.testing import Environment
        >>> _ = Path("web.yaml").write_text(to_yaml(web, pod))
        >>> environment = Environment(load("web.yaml"), PortMap.of(load("web.yaml")), Cluster())
    """

    __module__ = "portmap.testing"

    manifests: Manifests
    map: PortMap
    cluster: Cluster

    @property
    def services(self) -> tuple[Service, ...]:
        """The valid Services, by namespace and name.

        Example:
            >>> [str(service) for service in environment.services]
            ['Service web']
        """
        return self.map.services

    @property
    def workloads(self) -> tuple[Workload, ...]:
        """What makes pods, by namespace, kind and name. A pod is a workload of kind Pod.

        Example:
            >>> [str(workload) for workload in environment.workloads]
            ['Pod web-0']
        """
        return self.map.workloads

    @_ends_at_the_call
    def service(self, name: str, *, namespace: str | None = None) -> Service:
        """The Service of this name.

        Args:
            name: `"web"` or `"service/web"`.
            namespace: Where it is; may be left out where only one namespace has such a Service.

        Raises:
            KeyError: There is no such Service, or it is not clear which is meant: in several
                namespaces, or given more than once and not the same each time.

        Example:
            >>> environment.service("web") == web
            True
        """
        found = self.map.resolution(name, namespace=namespace).service
        given = [
            each
            for each in self.manifests
            if isinstance(each.object, Service) and (each.object.namespace, each.object.name) == _identity(found)
        ]
        if any(each.object != found for each in given):
            places = ", ".join(map(str, given))
            raise KeyError(f"{found} is given more than once, and not the same each time: {places}")
        return found

    def __repr__(self) -> str:
        services, workloads = len(self.services), len(self.workloads)
        counted = f"{services} Service{'s' * (services != 1)}, {workloads} workload{'s' * (workloads != 1)}"
        return f"<Environment: {counted}, {self.cluster}>"


def _identity(service: Service) -> tuple[str | None, str]:
    return service.namespace, service.name


# --- refusals --------------------------------------------------------------------------------------------------


@final
class Refusal:
    """What was refused within a `with violates(…)`.

    Attributes:
        violations: Every violation that was reported; empty until the block is left.

    Example:
        >>> from portmap.testing import violates
        >>> with violates("node-port-out-of-range", at="spec.ports[0].nodePort") as refusal:
        ...     Service.node_port("web", [ServicePort(80, node_port=80)])
        ...
    """

    __module__ = "portmap.testing"

    def __init__(self, code: str, at: str | None) -> None:
        self._code = code
        self._at = at
        self.violations: tuple[Violation, ...] = ()

    @property
    def violation(self) -> Violation:
        """The violation that was expected.

        Raises:
            LookupError: The block has not been left yet.

        Example:
            >>> refusal.violation.value
            80
        """
        for each in self.violations:
            if self._fits(each):
                return each
        raise LookupError("nothing was refused yet: ask after the block")

    def _fits(self, violation: Violation) -> bool:
        return violation.code == self._code and self._at in {None, violation.field}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        __tracebackhide__ = True
        wanted = f"[{self._code}]" if self._at is None else f"[{self._code}] at {self._at}"
        if kind is None:
            raise AssertionError(f"{wanted} should be violated, but nothing was refused")
        if not isinstance(error, ValidationError):
            return False
        self.violations = error.violations
        if any(map(self._fits, error.violations)):
            return True
        near = self._near(error.violations)
        hint = [f"  did you mean {near}?"] if near else []
        lines = [f"{wanted} should be violated, but these are, of {error.subject}:", *_listed(error.violations), *hint]
        raise AssertionError("\n".join(lines)) from error

    def _near(self, violations: Sequence[Violation]) -> str | None:
        """What was probably meant: the same rule elsewhere, or one of almost that name."""
        fields = [each.field for each in violations if each.code == self._code]
        if fields:
            return f"at={fields[0]!r}"
        guess = nearest(self._code, [each.code for each in violations])
        return f"[{guess}]" if guess else None


def violates(code: str, *, at: str | None = None) -> Refusal:
    """A block in which an object must be refused, because it breaks this rule.

    It may break others too: `violations` of what the block is bound to has them all.
    Errors other than `ValidationError` are passed on.

    Args:
        code: The rule, by the code of its violation.
        at: The field path; left out, anywhere.

    Raises:
        AssertionError: Nothing was refused, or for other reasons alone; it lists them.

    Example:
        >>> from portmap.testing import violates
        >>> with violates("port-name-required", at="spec.ports[0].name"):
        ...     Service("web", ports=[ServicePort(80), ServicePort(443, name="https")])
        ...
    """
    return Refusal(code, at)
