"""Two sets of objects, compared as the clients of their Services see them.

The sets may be two environments of one application, or one environment before and after a change.
`client_view` compares what clients see, `backends` what the Services reach, and `api_updates` asks
what an API server would make of the update; `plan` puts steps in a safe order.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, final

import attrs

from portmap._contract.api_updates import collisions, handed_over, merge_traps, on_update
from portmap._contract.backends import Transition, backends_of, key_of
from portmap._contract.changes import SEVERITIES, Change, Codes, Contract
from portmap._contract.client_view import added_services, removed_services, seen_by_clients, settings_changed
from portmap._contract.pairing import Pair, paired_services, port_label, renamed_namespace, service_label
from portmap._contract.plan import plan_of
from portmap._contract.references import References, describe
from portmap._graph.object_name import items_of_list
from portmap._graph.reference import Reference
from portmap._graph.reference_table import references_of
from portmap._kubernetes.cluster import Cluster, cluster_in_force
from portmap._model.foreign import plain_manifest
from portmap._model.pods import Pod
from portmap._model.service_reading import is_core_service, read_core_service
from portmap._model.services import Service
from portmap._model.workloads import Workload, makes_pods, read_workloads

__all__ = ["contract"]

Objects: TypeAlias = Iterable[object]


def contract(
    before: Objects,
    after: Objects,
    *,
    cluster: Cluster | None = None,
    namespaces: Mapping[str, str] | None = None,
    ignore_namespaces: bool = False,
) -> Contract:
    """Compare two sets of objects as the clients of their Services see them.

    Clients see the names of Services, their kind (headless or not, external name, node ports,
    load balancer), and their ports: number, name, protocol, application protocol, and node
    ports in the manifest. Backends may differ as long as every port that had endpoints has some.

    Args:
        before: The first set: Services, pods and workloads, typed, as plain dicts, as documents
            that `portmap.load` returns, or objects of other libraries. Ingresses, routes,
            monitors and the like show who refers to a port. Other kinds are ignored. The order
            does not matter.
        after: The second set.
        cluster: The cluster that gets the update (default: the cluster in force).
        namespaces: The names in `after` of namespaces in `before`, if they differ.
        ignore_namespaces: Whether to pair Services by their names alone.

    Returns:
        The differences, whether the contract is kept, and a safe order of steps.

    Raises:
        ValidationError: A plain dict of a Service or workload is one that a server would refuse.
        TypeError: An object is none of these.

    Example:
        >>> moved = Service("web", selector={"app": "web"}, ports=[ServicePort(81, name="http", target_port="http")])
        >>> print(*contract([web, pod], [moved, pod]).of("breaking"))
        breaking: web http 80/TCP: clients that dial 80 reach nothing: the number is now 81  [port-number-changed]
            hint: keep 80 beside 81, under another name, until no client dials it
    """
    cluster = cluster or cluster_in_force()
    old, new = _Side.of(before), _Side.of(after)
    namespaces = namespaces or {}
    pairs, removed, added = paired_services(
        old.services, new.services, namespaces=namespaces, ignore_namespaces=ignore_namespaces
    )
    changes = [*removed_services(removed, old.references), *added_services(added)]
    changes += _references_to_removed(removed, new, namespaces)
    transitions: list[Transition] = []
    for backends in backends_of(pairs, old.sources, new.sources, cluster):
        pair = backends.pair
        changes += seen_by_clients(pair, old.references, cluster)
        changes += _references_to_old_ports(pair, new.references)
        changes += on_update(pair, cluster)
        changes += merge_traps(pair.name, pair.before.ports, pair.after.ports)
        changes += backends.changes()
        changes += settings_changed(pair)
        transitions += backends.transitions()
    changes += _merged_container_ports(old.sources, new.sources)
    changes += collisions(old.services, new.services, cluster)
    changes += handed_over(
        old.services, new.services, cluster, namespaces=namespaces, ignore_namespaces=ignore_namespaces
    )
    plan = plan_of(changes, transitions)
    changes += [each.change for each in transitions]
    return Contract(tuple(sorted(dict.fromkeys(changes), key=_order)), plan, len(pairs))


def _order(change: Change) -> tuple[bool, str, int, str, str, str]:
    severity = SEVERITIES.index(change.severity)
    return change.service is None, change.service or "", severity, change.port or "", change.code, change.message


@final
@attrs.frozen
class _Side:
    """One set of objects, by kind."""

    services: tuple[Service, ...]
    sources: tuple[Pod | Workload, ...]
    references: References

    @classmethod
    def of(cls, objects: Objects) -> "_Side":
        services: list[Service] = []
        sources: list[Pod | Workload] = []
        references: list[Reference] = []
        for item in (each for given in objects for each in _items(given)):
            if isinstance(item, Service):
                services.append(item)
            elif isinstance(item, Pod | Workload):
                sources.append(item)
            else:
                references += references_of(item)
                if is_core_service(item):
                    services.append(read_core_service(item))
                elif makes_pods(item):
                    sources += (each.pod if each.kind == "Pod" else each for each in read_workloads(item))
        # Sorted, so that the result does not depend on the order of the input.
        sources.sort(key=lambda each: (key_of(each), each.namespace or "", repr(each)))
        services.sort(key=lambda each: (each.namespace or "", each.name, repr(each)))
        return cls(tuple(services), tuple(sources), References(references))


def _items(given: object) -> Iterator[Service | Pod | Workload | Mapping[str, Any]]:
    """Yield an object, or the objects of a list."""
    if isinstance(given, Service | Pod | Workload):
        yield given
    elif isinstance(given, Mapping):
        items = items_of_list(given)
        yield from (given,) if items is None else (each for item in items for each in _items(item))
    elif hasattr(given, "raw") and hasattr(given, "violations"):
        # The plain data of other kinds than Services has references, too.
        typed = getattr(given, "object", None)
        yield from (typed,) if isinstance(typed, Service) else _items(given.raw)
    elif isinstance(plain := plain_manifest(given), Mapping):
        yield from _items(plain)
    else:
        raise TypeError(f"contract compares Services, pods, workloads, plain dicts and documents, not {given!r}")


def _references_to_removed(removed: Iterable[Service], new: _Side, namespaces: Mapping[str, str]) -> Iterator[Change]:
    """Yield the references to Services that were removed."""
    existing = {(each.name, each.namespace) for each in new.services}
    names = {name for name, _ in existing}
    for service in removed:
        broken = describe(
            each
            for each in new.references.to_name(service.name, renamed_namespace(service.namespace, namespaces))
            # A reference or Service without a namespace may belong to an existing one of its name.
            if not {(service.name, each.namespace), (service.name, None)} & existing
            and not (each.namespace is None and service.name in names)
        )
        if broken:
            name = service_label(service)
            message = f"{', '.join(broken)} refers to {name}, which was removed"
            hint = "change or remove the reference, too"
            yield Codes.REFERENCE_BROKEN.change(name, message, hint=hint, users=broken)


def _references_to_old_ports(pair: Pair, references: References) -> Iterator[Change]:
    """Yield the references to ports as they were before."""
    for old in pair.before.ports:
        valid = {id(each) for new in pair.after.ports for each in references.to(pair.after, new)}
        broken = [each for each in references.to(pair.after, old) if id(each) not in valid]
        if broken:
            users = describe(broken)
            message = f"{', '.join(users)} refers to {broken[0].port}, which {service_label(pair.after)} no longer has"
            hint = "change the reference, too"
            yield Codes.REFERENCE_BROKEN.change(pair.name, message, port=port_label(old), hint=hint, users=users)


def _merged_container_ports(before: Sequence[Pod | Workload], after: Sequence[Pod | Workload]) -> Iterator[Change]:
    """Yield what goes wrong if container ports are merged by number. Nobody updates single pods so."""
    new: dict[tuple[str, str | None], list[Workload]] = defaultdict(list)
    for source in after:
        if isinstance(source, Workload):
            new[key_of(source), source.namespace].append(source)
    for old in before:
        namesakes = new.get((key_of(old), old.namespace))
        if not isinstance(old, Workload) or not namesakes:
            continue
        # Workloads of one name have the same order on both sides.
        pod = namesakes.pop(0).pod
        containers = {each.name: each for each in pod.containers + pod.init_containers}
        for container in old.pod.containers + old.pod.init_containers:
            if container.name in containers:
                yield from merge_traps(None, container.ports, containers[container.name].ports, str(old))
