"""Ports that an injector or a controller adds to pods, which the manifests of their workloads do not declare."""

from collections.abc import Mapping

from portmap._graph.group_graph import GroupGraph
from portmap._graph.object_name import value_at
from portmap._kubernetes.operators import known_injectors, known_operators
from portmap._model.workloads import Workload


def adder_of_port(workload: Workload, port: int | str | None, graph: GroupGraph) -> str | None:
    """Return what adds a port to the pods of a workload, by the table of operators; `None` if nothing does.

    Args:
        workload: The workload.
        port: The name or number of the port.
        graph: The graph of its group, whose Namespace objects count.
    """
    for operator in known_operators().get(workload.kind, ()) if "." in workload.kind else ():
        if any(_is_port(text, port) for pods in operator.pods for text in pods.ports):
            return f"the controller of {workload}"
    labels, annotations = _metadata_of_namespace(workload.namespace, graph)
    for injector in known_injectors():
        if any(_is_port(text, port) for text in injector.ports) and injector.applies_to(
            workload.pod.labels, workload.pod.annotations or {}, labels, annotations
        ):
            return f"the injector of container {injector.container!r}"
    return None


def _is_port(text: str, port: int | str | None) -> bool:
    """Return whether a port of the table, such as `http:80` or `dns:53/UDP`, has this name or number."""
    name, _, number = text.rpartition(":")
    return port == (int(number.partition("/")[0]) if isinstance(port, int) else name)


def _metadata_of_namespace(namespace: str | None, graph: GroupGraph) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the labels and annotations of the Namespace object of a namespace, if the group has it."""
    for item in graph.group.items:
        if item.name.kind == "Namespace" and item.name.name == namespace:
            labels, annotations = (value_at(item.raw, "metadata", field) for field in ("labels", "annotations"))
            return _texts(labels), _texts(annotations)
    return {}, {}


def _texts(data: object) -> Mapping[str, str]:
    pairs = data.items() if isinstance(data, Mapping) else ()
    return {key: value for key, value in pairs if isinstance(key, str) and isinstance(value, str)}
