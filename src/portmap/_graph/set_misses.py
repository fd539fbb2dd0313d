"""Find the misses of a group of objects, and the container ports that nothing reaches."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from portmap._graph.group_graph import GroupGraph
from portmap._graph.inventory import UnknownObject
from portmap._graph.object_name import ObjectName
from portmap._graph.outcomes import assess_miss
from portmap._graph.reach import ServiceNode, declared_targets
from portmap._graph.targets import ContainerTarget, MapMiss, ResolvedReference
from portmap._model.workloads import Workload

_NOTHING_SELECTED: Final = "selector-matches-nothing"
_ENDED: Final = frozenset({"Succeeded", "Failed"})


def misses_of(
    graph: GroupGraph, services: Iterable[ServiceNode], references: Iterable[ResolvedReference]
) -> tuple[MapMiss, ...]:
    """Return every miss of a Service port and of a reference in a group, sorted by object and field.

    Args:
        graph: The graph of the group.
        services: Its Services, some of which other groups may resolve.
        references: Its references, likewise.
    """
    found = dict.fromkeys(_of_services(graph, services))
    found.update(dict.fromkeys(graph.missing_endpoints.values()))
    found.update(dict.fromkeys(resolved.miss for resolved in references if resolved.miss is not None))
    return tuple(sorted(found, key=lambda miss: (miss.source.order, miss.path, miss.code, miss.message)))


def _of_services(graph: GroupGraph, services: Iterable[ServiceNode]) -> Iterator[MapMiss]:
    for node in services:
        if node.linked is not None:
            continue
        for miss in node.resolution.misses:
            if not (miss.code == _NOTHING_SELECTED and node.unknown):
                assessment = assess_miss(miss, node, graph)
                yield MapMiss(
                    node.name,
                    miss.path,
                    miss.code,
                    miss.message,
                    miss.hint,
                    severity=assessment.severity,
                    because=assessment.because,
                )


def unreached_targets(
    workloads: Iterable[tuple[Workload, ObjectName]],
    unknown: Iterable[UnknownObject],
    reached: Iterable[ContainerTarget],
    references: Iterable[ResolvedReference],
) -> tuple[ContainerTarget, ...]:
    """Return the declared ports that no Service, host port, probe, hook or monitor reaches.

    Workloads without replicas, pods that have finished, and pods that an invalid Service
    would select are skipped.

    Args:
        workloads: The workloads with their names.
        unknown: The objects that the API server would refuse.
        reached: The container ports that Services reach.
        references: The references.
    """
    numbers = _reached(reached, references)
    invalid = _UnknownServices(unknown)
    unreached: dict[ContainerTarget, None] = {}
    for workload, name in workloads:
        if workload.replicas == 0 or workload.pod.phase in _ENDED or workload.pod.host_network:
            continue
        if invalid.select(workload.pod.labels, workload.namespace):
            continue
        declared, on_host = set(), set()
        for container in workload.pod.port_containers:
            for port in container.ports:
                number = port.container_port, port.effective_protocol
                declared.add(number)
                if port.host_port:
                    on_host.add(number)
        missed = declared - on_host - numbers.get(name, set())
        if missed:
            targets = declared_targets(workload, name)
            unreached.update((each, None) for each in targets if (each.port, each.protocol) in missed)
    return tuple(unreached)


def _reached(
    reached: Iterable[ContainerTarget], references: Iterable[ResolvedReference]
) -> Mapping[ObjectName, set[tuple[int, str]]]:
    """Return the reached numbers of each workload. The containers of a pod share its address, so they do not matter."""
    numbers: dict[ObjectName, set[tuple[int, str]]] = defaultdict(set)
    for target in reached:
        numbers[target.workload].add((target.port, target.protocol))
    for resolved in references:
        for found in resolved.targets if resolved.reference.role != "network-policy" else ():
            if isinstance(found, ContainerTarget):
                numbers[found.workload].add((found.port, found.protocol))
    return numbers


class _UnknownServices:
    """The selectors of the Services that the API server would refuse."""

    def __init__(self, unknown: Iterable[UnknownObject]) -> None:
        self._by_label: dict[tuple[str, object], list[tuple[str | None, Mapping[str, object]]]] = defaultdict(list)
        for invalid in unknown:
            if invalid.name.kind == "Service":
                for selector in invalid.selections:
                    for pair in selector.items():
                        if isinstance(pair[1], str):
                            self._by_label[pair].append((invalid.name.namespace, selector))
                        break

    def select(self, labels: Mapping[str, str], namespace: str | None) -> bool:
        """Return whether any of them selects pods with these labels."""
        if not self._by_label:
            return False
        return any(
            (own is None or namespace is None or own == namespace) and selector.items() <= labels.items()
            for pair in labels.items()
            for own, selector in self._by_label.get(pair, ())
        )
