"""Assertions about the endpoints of Service ports, about findings, and about contracts."""

from collections.abc import Iterable, Mapping, Sequence
from textwrap import indent
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

from portmap._contract import contract
from portmap._contract.writes import Write
from portmap._kubernetes.cluster import Cluster
from portmap._manifests.applied import Creation
from portmap._manifests.documents import Manifests
from portmap._model.foreign import require_iterable
from portmap._model.foreign_protocols import Foreign
from portmap._model.pods import Pod
from portmap._model.ports import ServicePort
from portmap._model.services import Service
from portmap._model.workloads import Workload
from portmap._reports.contract import as_text
from portmap._reports.resolve import table
from portmap._reports.resolve_data import resolved_ports
from portmap._resolution.resolution import Endpoint, Resolution, resolve
from portmap._resolution.why_not import Miss
from portmap._testing.tracebacks import hide_traceback

if TYPE_CHECKING:
    from portmap._lint.rule import Rule

Pods: TypeAlias = Iterable[Pod | Workload | Mapping[str, Any] | Foreign]
Threshold: TypeAlias = Literal["error", "warning", "info"]
PortSpec: TypeAlias = ServicePort | int | str

_UNREADABLE: Final = "unreadable-file"


# --- endpoints -------------------------------------------------------------------------------------------------


@hide_traceback
def assert_routes(
    service: Service,
    pods: Pods,
    *,
    port: PortSpec | None = None,
    to: int | None = None,
    container: str | None = None,
    cluster: Cluster | None = None,
) -> None:
    """Fail unless a port of this Service has an endpoint in every pod that the Service selects.

    Args:
        service: The Service.
        pods: The pods and workloads to select from: typed, as plain dicts, or
            as `portmap.load` returns them, with objects of other kinds among them.
        port: The Service port, by name, number or itself (default: every port).
        to: The number that it must reach in every pod (default: any).
        container: The name of the container that must declare it (default: any or none).
        cluster: The cluster whose control plane resolves it (default: the cluster in force).

    Pods that are not ready count, too.

    Raises:
        AssertionError: It reaches another number or container, has no endpoint in a pod,
            or selects no pod; or the Service has no such port.
        TypeError: `to` is not a number, or `port` is neither a name nor a number nor a port.

    Example:
        >>> from portmap.testing import assert_routes
        >>> assert_routes(web, [pod], port="http", to=8080, container="app")
        >>> assert_routes(web, [pod], to=9090)
        Traceback (most recent call last):
            ...
        AssertionError: Service web should reach 9090, but in Pod/web-0 it reaches 8080 in container 'app'
          http 80/TCP  → Pod/web-0  app  8080/TCP
    """
    __tracebackhide__ = True
    number: object = to
    if number is not None and not isinstance(number, int):
        raise TypeError(f"`to` is the number of the port that is reached, not {number!r}")
    resolution = resolve(service, pods, cluster=cluster)
    problem = _wrong_endpoints(resolution, port, to, container)
    if problem is not None:
        raise AssertionError(_with_table(problem, resolution))


@hide_traceback
def assert_unreachable(
    service: Service,
    pods: Pods,
    *,
    port: PortSpec | None = None,
    cluster: Cluster | None = None,
) -> None:
    """Fail if a port of this Service has an endpoint in any of these pods.

    Args:
        service: The Service.
        pods: The pods and workloads to select from: typed, as plain dicts, or
            as `portmap.load` returns them, with objects of other kinds among them.
        port: The Service port, by name, number or itself (default: every port).
        cluster: The cluster whose control plane resolves it (default: the cluster in force).

    Raises:
        AssertionError: It has an endpoint; or its endpoints are unknown, as those of a
            Service without a selector; or the Service has no such port, so that the
            assertion could not fail.
        TypeError: `port` is neither a name nor a number nor a port.

    Example:
        >>> from portmap.testing import assert_unreachable
        >>> assert_unreachable(typo, [pod])
    """
    __tracebackhide__ = True
    resolution = resolve(service, pods, cluster=cluster)
    problem = (
        _no_such_port(resolution, port, "have no endpoints")
        or _unknown_endpoints(resolution)
        or _any_endpoints(resolution, port)
    )
    if problem is not None:
        raise AssertionError(_with_table(problem, resolution))


def _wrong_endpoints(
    resolution: Resolution, port: PortSpec | None, to: int | None, container: str | None
) -> str | None:
    """Return the first difference between the endpoints of a port and those that it should have."""
    service = resolution.service
    ports = _ports(service, port)
    wanted = f"reach {to}" if to is not None else "have endpoints"
    wanted += f" in container {container!r}" if container is not None else ""
    problem = _no_such_port(resolution, port, wanted) or _unknown_endpoints(resolution)
    if problem is not None:
        return problem
    subject = _describe(service, port)
    for miss in resolution.misses:
        if _concerns(miss.port, ports, service):
            return f"{subject} should {wanted}, but {_describe_miss(miss, several=port is None)}"
    for endpoint in (endpoint for each in ports for endpoint in resolution.endpoints(each)):
        if to not in {None, endpoint.port} or container not in {None, endpoint.container}:
            where = f"in container {endpoint.container!r}" if endpoint.container else "which no container declares"
            separator = " " if endpoint.container else ", "
            reached = f"in {_backend(endpoint)} it reaches {endpoint.port}{separator}{where}"
            return f"{subject} should {wanted}, but {reached}"
    return None


def _any_endpoints(resolution: Resolution, port: PortSpec | None) -> str | None:
    """Return that a port has endpoints, if it has."""
    service = resolution.service
    endpoints = [
        f"{_backend(endpoint)} {endpoint.port}/{endpoint.protocol}"
        for each in _ports(service, port)
        for endpoint in resolution.endpoints(each)
    ]
    if not service.ports:
        endpoints = [each.pod for piece in resolution.slices for each in piece.endpoints]
    if not endpoints:
        return None
    return f"{_describe(service, port)} should have no endpoints, but it reaches {', '.join(dict.fromkeys(endpoints))}"


def _no_such_port(resolution: Resolution, port: PortSpec | None, wanted: str) -> str | None:
    """Return that the Service has no such port, if it has none."""
    try:
        for each in _ports(resolution.service, port):
            resolution.endpoints(each)
    except KeyError as error:
        return f"{_describe(resolution.service, port)} should {wanted}, but {error.args[0]}"
    return None


def _unknown_endpoints(resolution: Resolution) -> str | None:
    """Return that no controller manages the endpoints of the Service, if so."""
    return (
        f"the endpoints of {resolution.service} are unknown: {resolution.elsewhere}" if resolution.elsewhere else None
    )


def _ports(service: Service, port: PortSpec | None) -> Sequence[PortSpec]:
    return service.ports if port is None else (port,)


def _concerns(missed: ServicePort | None, ports: Sequence[PortSpec], service: Service) -> bool:
    """Return whether a miss of a port, or of all ports if it is `None`, is one of these ports."""
    if missed is None or not service.ports:
        return True
    return any(each in {missed.name, missed.port} if isinstance(each, int | str) else each == missed for each in ports)


def _describe(service: Service, port: PortSpec | None) -> str:
    if port is None:
        return f"{service}" if len(service.ports) < 2 else f"each port of {service}"
    name = port.name or port.port if isinstance(port, ServicePort) else port
    return f"port {name!r} of {service}"


def _describe_miss(miss: Miss, *, several: bool) -> str:
    reason = miss.hint or miss.message
    if miss.pod is None:
        return f"it selects no pod: {reason}"
    port = f"port {miss.port.name or miss.port.port!r}" if several and miss.port else "it"
    return f"{port} has no endpoint in {miss.workload or f'Pod/{miss.pod}'}: {reason}"


def _backend(endpoint: Endpoint) -> str:
    return endpoint.workload or f"Pod/{endpoint.pod}"


def _with_table(problem: str, resolution: Resolution) -> str:
    shown = "" if resolution.elsewhere else table(resolved_ports(resolution))
    return f"{problem}\n{shown}".rstrip()


# --- findings and contracts ------------------------------------------------------------------------------------


@hide_traceback
def assert_no_findings(
    objects: Iterable[object],
    *,
    threshold: Threshold = "warning",
    ignore: Iterable[str] = (),
    rules: "Iterable[Rule] | None" = None,
    complete: bool | None = None,
    cluster: Cluster | None = None,
) -> None:
    """Fail if the linter has findings about these objects.

    Args:
        objects: Plain mappings of any kind, typed objects, and documents that
            `portmap.load` returns, in any mixture; at least one.
        threshold: The lowest severity that counts.
        ignore: The names of rules, and codes of violations, that do not count.
        rules: As in `portmap.lint.lint`.
        complete: As in `portmap.lint.lint`.
        cluster: The cluster that the objects are for (default: the cluster in force).

    Raises:
        AssertionError: There are findings; it lists them. Or there are no objects, for
            instance because a folder has no manifests: a test of nothing could not fail.
            Or files of a folder cannot be read, unless `unreadable-file` is ignored.
        ValueError: There is no such severity.
        TypeError: `objects` is the name of a file, or one object.

    Example:
        >>> from portmap.testing import assert_no_findings
        >>> assert_no_findings([web, pod])
        >>> assert_no_findings([])
        Traceback (most recent call last):
            ...
        AssertionError: there should be no findings, but there are no objects to lint
    """
    __tracebackhide__ = True
    from portmap._lint.engine import lint

    if threshold not in get_args(Threshold):
        raise ValueError(f"threshold={threshold!r} must be one of {', '.join(map(repr, get_args(Threshold)))}")

    ignored = frozenset(ignore)
    unreadable = objects.unreadable if isinstance(objects, Manifests) and _UNREADABLE not in ignored else ()
    if unreadable:
        files = indent("\n".join(map(str, unreadable)), "  ")
        raise AssertionError(f"there should be no findings, but there are files that cannot be read:\n{files}")
    items = [*require_iterable(objects, "assert_no_findings")]
    if not items:
        raise AssertionError("there should be no findings, but there are no objects to lint")
    report = lint(items, cluster=cluster, rules=rules, complete=complete)
    findings = [each for each in report.at_least(threshold) if each.rule not in ignored]
    if findings:
        number = f"there are {len(findings)}" if len(findings) > 1 else "there is one"
        lines = indent("\n".join(map(str, findings)), "  ")
        raise AssertionError(f"there should be no findings, but {number}:\n{lines}")


@hide_traceback
def assert_contract_kept(
    before: Iterable[Any],
    after: Iterable[Any],
    *,
    cluster: Cluster | None = None,
    namespaces: Mapping[str, str] | None = None,
    ignore_namespaces: bool = False,
    write: Write = "client-apply",
    created_by: Creation | None = None,
) -> None:
    """Fail if a change breaks clients of Services.

    Args:
        before: Services, pods and workloads: typed, as plain dicts, or as documents
            that `portmap.load` returns.
        after: The objects after the change, or in another environment.
        cluster: As in `portmap.contract`.
        namespaces: As in `portmap.contract`.
        ignore_namespaces: As in `portmap.contract`.
        write: As in `portmap.contract`.
        created_by: As in `portmap.contract`.

    Raises:
        AssertionError: The contract is broken; it lists every change, and the safe
            order of steps if there is one.
        ValidationError: A plain dict of a Service or workload is one that a server would refuse.
        TypeError: `before` or `after` is the name of a file, or one object.

    Example:
        >>> from portmap.testing import assert_contract_kept
        >>> labelled = Service("web", selector={"app": "web"}, ports=web.ports, labels={"team": "shop"})
        >>> assert_contract_kept([web, pod], [labelled, pod])
    """
    __tracebackhide__ = True
    compared = contract(
        _plain(require_iterable(before, "assert_contract_kept")),
        _plain(require_iterable(after, "assert_contract_kept")),
        cluster=cluster,
        namespaces=namespaces,
        ignore_namespaces=ignore_namespaces,
        write=write,
        created_by=created_by,
    )
    if not compared.kept:
        number = len(compared.of("breaking"))
        broken = "1 change breaks it" if number == 1 else f"{number} changes break it"
        raise AssertionError(f"the contract with clients should be kept, but {broken}\n{as_text(compared)}".rstrip())


def _plain(objects: Iterable[Any]) -> list[Any]:
    """Return documents as the data that they hold, and all else unchanged."""
    typed = (Service, Pod, Workload, Mapping)
    return [each if isinstance(each, typed) else getattr(each, "raw", each) for each in objects]
