"""What one Service port reaches, or why it reaches nothing and how certain that is a mistake.

Commands, pictures, assertions and the linter show this outcome, each in its way.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, TypeAlias, final

import attrs

from portmap._graph.group_graph import GroupGraph
from portmap._graph.injection import adder_of_port
from portmap._graph.object_name import ObjectName
from portmap._graph.pods_elsewhere import controller_of_pods, possible_controller_of_pods, source_of_labels
from portmap._graph.reach import ServiceNode
from portmap._graph.targets import ContainerTarget, Severity
from portmap._kubernetes.kinds import SHORT_LIVED
from portmap._model.services import Service
from portmap._model.workloads import Workload
from portmap._resolution.resolution import Resolution
from portmap._resolution.why_not import Miss

State: TypeAlias = Literal["reached", "unresolved", "doubtful", "elsewhere"]
"""`reached`: by at least one pod. `unresolved`: it should be, and is not. `doubtful`: it is not,
and that may be right. `elsewhere`: the control plane does not manage the endpoints."""

_NOTHING_SELECTED: Final = "selector-matches-nothing"
_UNKNOWN: Final = "pods-unknown"
_MOST_NAMED: Final = 3
_UNRESOLVED: Final = frozenset({"unresolved-target-port", "protocol-mismatch", "not-a-sidecar", "sidecar-not-searched"})


@final
@attrs.frozen
class Assessment:
    """How certain it is that something is a mistake.

    Attributes:
        severity: `error`, unless something makes it doubtful.
        because: What makes it doubtful.
    """

    severity: Severity = "error"
    because: str | None = None

    @property
    def lowered(self) -> Severity | None:
        """The severity, if something makes it lower than that of the rule that reports the mistake."""
        return self.severity if self.because else None


@final
@attrs.frozen(eq=False)
class Unselected:
    """Why a Service selects no pods.

    Attributes:
        assessment: How certain it is that this is a mistake.
        owner: The workload that has the labels itself, while its pods do not.
        near: The workload that was probably meant.
    """

    assessment: Assessment
    owner: Workload | None = None
    near: Workload | None = None


@final
@attrs.frozen(eq=False)
class PortMiss:
    """Why a Service port does not resolve, in one pod or workload or at all.

    Attributes:
        miss: The reason.
        subject: The pod or workload; `None` if the miss is about none.
    """

    miss: Miss
    subject: ObjectName | None = None


@final
@attrs.frozen(eq=False)
class PortOutcome:
    """The outcome of a Service port.

    Attributes:
        state: What became of it.
        targets: The container ports that it reaches. Doubtful targets are in another part of the input.
        misses: Why it does not resolve in some or all of the pods, the most telling one first.
        doubt: Why a port without targets may be right, or why its targets are doubtful.
        elsewhere: Why no pods were searched, if so.
        addresses: The addresses of its hand-written endpoints, if it has some.
    """

    state: State
    targets: tuple[ContainerTarget, ...] = ()
    misses: tuple[PortMiss, ...] = ()
    doubt: str | None = None
    elsewhere: str | None = None
    addresses: str | None = None

    @property
    def reason(self) -> str:
        """Why the port reaches no container port."""
        misses = [each.miss.message for each in self.misses]
        return next(filter(None, [*misses, self.addresses, self.elsewhere]), "it reaches no pod of the set")


def outcome_of(node: ServiceNode, position: int | None, graph: GroupGraph) -> PortOutcome:
    """Return the outcome of a Service port.

    Args:
        node: The Service.
        position: The position of the port; `None` for the pods of a headless Service without ports.
        graph: The graph of its group.
    """
    if node.resolution.elsewhere is not None:
        return _outcome_elsewhere(node, position, graph)
    targets = () if position is None else node.targets[position]
    misses = tuple([PortMiss(miss, node.names.get(id(miss.source))) for miss in unresolved(node.resolution, position)])
    if node.linked is not None:
        return PortOutcome("doubtful", targets, misses, f"{node.linked} in another part of the input has the labels")
    if node.unknown:
        misses = (*(each for each in misses if each.miss.code != _NOTHING_SELECTED), _unknown_pods(node))
    if targets or (position is None and any(piece.endpoints for piece in node.resolution.slices)):
        return PortOutcome("reached", targets, misses)
    assessment = _assess(node, [each.miss for each in misses], graph)
    return PortOutcome("unresolved" if assessment.severity == "error" else "doubtful", (), misses, assessment.because)


def _outcome_elsewhere(node: ServiceNode, position: int | None, graph: GroupGraph) -> PortOutcome:
    """Return the outcome of a port of a Service without a selector, or with an external name."""
    target, elsewhere = node.target(position), node.resolution.elsewhere
    missing = graph.missing_endpoints.get(target)
    if missing is None:
        return PortOutcome("elsewhere", elsewhere=elsewhere, addresses=graph.manual_addresses.get(target))
    misses = (
        PortMiss(
            Miss(
                code=missing.code,
                message=missing.message,
                hint=missing.hint,
                port=target.port,
                position=position,
            )
        ),
    )
    state: State = "unresolved" if missing.severity == "error" else "doubtful"
    return PortOutcome(state, (), misses, missing.because, elsewhere)


def _unknown_pods(node: ServiceNode) -> PortMiss:
    """Return the miss of a Service whose pods are unknown, because the objects that create them are invalid."""
    first, *more = node.unknown
    violation = first.violations[0]
    shown = ", ".join(_located(each.name) for each in node.unknown[:_MOST_NAMED])
    if len(more) < _MOST_NAMED:
        subject = f"{shown} {'are' if more else 'is'}"
    else:
        subject = f"{shown} and {len(node.unknown) - _MOST_NAMED} more are"
    is_pod = first.name.kind == "Pod"
    miss = Miss(
        code=_UNKNOWN,
        message=f"{'some of its pods' if node.selected else 'its pods'} are unknown: {subject} invalid",
        hint=f"{violation.field}: {violation.message}" if violation.field else violation.message,
        pod=first.name.name if is_pod else None,
        workload=None if is_pod else f"{first.name.kind}/{first.name.name}",
    )
    return PortMiss(miss, first.name)


def _located(name: ObjectName) -> str:
    return f"{name} ({name.place})" if name.place else f"{name}"


def assess_miss(miss: Miss, node: ServiceNode, graph: GroupGraph) -> Assessment:
    """Assess one reason why a Service port does not resolve."""
    if miss.code in _UNRESOLVED:
        return assess_unresolved(miss, graph)
    nothing = unselected(node, graph)
    return _temporary(miss) if nothing is None else nothing.assessment


def _temporary(miss: Miss) -> Assessment:
    """Assess pods that get no traffic now: they have ended, or there are no replicas. The port resolves later."""
    return Assessment("info", miss.message)


def _assess(node: ServiceNode, misses: Sequence[Miss], graph: GroupGraph) -> Assessment:
    """Assess a Service port that reaches nothing."""
    if node.unknown:
        return Assessment()
    nothing = unselected(node, graph)
    if nothing is not None:
        return nothing.assessment
    unresolved_name = next((miss for miss in misses if miss.code in _UNRESOLVED), None)
    if unresolved_name is not None:
        return assess_unresolved(unresolved_name, graph)
    return _temporary(misses[0]) if misses else Assessment("info")


# --- target ports ----------------------------------------------------------------------------------------------


def unresolved(resolution: Resolution, position: int | None) -> tuple[Miss, ...]:
    """Return why a Service port does not resolve in some pods, the most telling miss first.

    A Job that declares no ports says little about the workload that was meant.
    """
    misses = [miss for miss in resolution.misses if miss.position in {None, position}]
    return tuple(sorted(misses, key=_relevance))


def _relevance(miss: Miss) -> tuple[bool, bool, bool]:
    workload = miss.source if isinstance(miss.source, Workload) else None
    pod = miss.source.pod if isinstance(miss.source, Workload) else miss.source
    declares = pod is not None and any(container.ports for container in pod.port_containers)
    return (workload is not None and workload.kind in SHORT_LIVED, miss.hint is None, not declares)


def assess_unresolved(miss: Miss, graph: GroupGraph) -> Assessment:
    """Assess a target port that no selected pod declares."""
    if isinstance(miss.source, Workload) and miss.port is not None:
        adder = adder_of_port(miss.source, miss.port.effective_target_port, graph)
        if adder is not None:
            return Assessment("info", f"{adder} adds the port")
    changes = graph.group.doubts.changes
    return Assessment() if changes is None else Assessment("info", changes)


# --- selectors -------------------------------------------------------------------------------------------------


def unselected(node: ServiceNode, graph: GroupGraph) -> Unselected | None:
    """Return why a Service selects no pods; `None` if it selects some, or pods of an invalid object."""
    if node.unknown or not any(miss.code == _NOTHING_SELECTED for miss in node.resolution.misses):
        return None
    service = node.service
    owner = graph.near_workloads.owner(service)
    labels = source_of_labels(service, graph)
    if owner is not None:
        return Unselected(Assessment() if labels is None else Assessment("info", labels), owner)
    if labels is not None:
        return Unselected(Assessment("info", labels))
    stray = graph.near_workloads.in_other_namespace(service)
    if stray is not None:
        return Unselected(_assess_other_namespace(service, stray, graph), near=stray)
    controller = controller_of_pods(service, graph)
    if controller is not None:
        return Unselected(Assessment("info", controller))
    near = graph.near_workloads.misspelt(service)
    if near is not None:
        selecting = graph.selecting(near)
        if not selecting or graph.group.complete:
            return Unselected(Assessment(), near=near)
        because = f"{near} has almost these labels, but {selecting[0]} selects it"
        return Unselected(Assessment("warning", because), near=near)
    return _unlike_labels(service, graph)


def _assess_other_namespace(service: Service, stray: Workload, graph: GroupGraph) -> Assessment:
    """Assess a selector whose labels a workload of another namespace has."""
    selecting = graph.selecting(stray)
    if graph.group.complete or (not selecting and graph.file_of(stray) == graph.file_of(service)):
        return Assessment()
    if selecting:
        because = f"{selecting[0]} selects the pods of {stray}, so those of {service} may be created elsewhere"
        return Assessment("warning", because)
    return Assessment("warning", "they are in different files, and a build step may put both into the same namespace")


def _unlike_labels(service: Service, graph: GroupGraph) -> Unselected:
    """Assess a selector whose labels no workload has, nor labels that are similar."""
    workloads, doubts = graph.near_workloads, graph.group.doubts
    maybe = possible_controller_of_pods(service, graph) or doubts.adds or doubts.changes
    likely = workloads.likely(service, graph.file_of(service))
    if maybe is None:
        likely = likely or workloads.only_one(service)
        if graph.group.complete:
            return Unselected(Assessment(), near=likely)
    if likely is not None:
        because = f"{maybe or 'the pods may be created elsewhere'}, but no Service selects {likely}"
        return Unselected(Assessment("warning", because), near=likely)
    if maybe is not None:
        return Unselected(Assessment("info", maybe))
    beside = workloads.in_file(service, graph.file_of(service))
    if beside is not None:
        because = f"the pods may be created elsewhere: {graph.selecting(beside)[0]} selects those of {beside}"
        return Unselected(Assessment("warning", because))
    if not workloads.any_in_namespace(service):
        return Unselected(Assessment("info", "this part of the input creates no long-running pods"))
    if workloads.any_free(service):
        because = "the pods may be created elsewhere: the pods here that no Service selects are unrelated to it"
        return Unselected(Assessment("info", because))
    because = "the pods may be created elsewhere: other Services select every workload here"
    return Unselected(Assessment("info", because))


def differing_labels(selector: Mapping[str, str], workload: Workload) -> dict[str, str]:
    """Return the labels of a selector that the pods of a workload do not have."""
    return {key: value for key, value in selector.items() if workload.pod.labels.get(key) != value}


def labels_hint(service: Service, near: Workload) -> str:
    """Return the labels of a workload that differ from those that a Service selects."""
    differing = differing_labels(service.selector or {}, near)
    if not differing:
        return f"{near} has them, in another namespace than {service}"
    actual = {key: near.pod.labels.get(key) for key in differing}
    parts = [f"{key}={value}" if value is not None else f"no label {key}" for key, value in actual.items()]
    return f"{near} has {', '.join(parts)} instead"
