"""Why a Service port has no endpoint, and what to change.

The control plane reports none of this. A miss names the ports that *are* declared, and
points out the near miss: the same name with another protocol, in an init container
that is not a sidecar, or with a similar spelling.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Self, final

import attrs

from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._model.pods import Container, Pod
from portmap._model.ports import ContainerPort, ServicePort
from portmap._model.services import Service
from portmap._model.workloads import Workload

_MOST_SHOWN = 8


@final
@attrs.frozen(kw_only=True)
class Miss:
    """The reason why a Service port has no endpoint, in one pod or in all of them.

    Attributes:
        code: The kind of miss: `unresolved-target-port`, `protocol-mismatch`,
            `not-a-sidecar`, `sidecar-not-searched`, `pod-not-published`,
            `makes-no-pods` or `selector-matches-nothing`.
        message: The reason, with the ports that are declared.
        hint: What was probably intended, if anything is similar.
        port: The Service port; `None` if the miss concerns all of them.
        position: The index of the port in the Service's `ports`.
        pod: The name of the pod; `None` if no pod is selected.
        workload: The workload that creates the pod, such as `Deployment/web`.
        source: The pod or workload itself; `None` if no pod is selected.

    Example:
        >>> [miss] = resolve(typo, [pod]).misses
        >>> miss.code, miss.hint
        ('unresolved-target-port', "did you mean 'http'?")
    """

    __module__ = "portmap"

    code: str
    message: str
    hint: str | None = None
    port: ServicePort | None = None
    position: int | None = None
    pod: str | None = None
    workload: str | None = None
    source: Pod | Workload | None = attrs.field(default=None, eq=False, repr=False)

    @property
    def path(self) -> FieldPath:
        """The path of the field of the Service that causes the miss.

        Example:
            >>> print(miss.path)
            spec.ports[0].targetPort
        """
        if self.position is not None:
            return FieldPath("spec", "ports", self.position, "targetPort")
        return ROOT if self.pod else FieldPath("spec", "selector")

    @property
    def field(self) -> str:
        """The path as the server writes it: `spec.ports[0].targetPort`, `spec.selector` or `""`.

        Example:
            >>> miss.field
            'spec.ports[0].targetPort'
        """
        return str(self.path)

    @classmethod
    def of_pod(cls, pod: Pod, workload: str | None, reason: str, *, source: Pod | Workload | None = None) -> Self:
        """Return the miss of a pod that is selected but receives no traffic.

        Example:
            >>> print(Miss.of_pod(pod, None, "it has ended"))
            Pod/web-0 gets no traffic: it has ended
        """
        return cls(
            code="pod-not-published",
            message=f"{_display_name(pod, workload)} gets no traffic: {reason}",
            pod=pod.name,
            workload=workload,
            source=source or pod,
        )

    @classmethod
    def of_idle(cls, workload: Workload) -> Self:
        """Return the miss of a workload that is selected but creates no pods.

        Example:
            >>> idle = Workload("Deployment", "web", pod, replicas=0)
            >>> print(Miss.of_idle(idle))
            Deployment/web makes no pods: its replicas are 0
        """
        name = f"{workload.kind}/{workload.name}"
        return cls(
            code="makes-no-pods",
            message=f"{name} makes no pods: its replicas are 0",
            pod=workload.pod.name,
            workload=name,
            source=workload,
        )

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


def _display_name(pod: Pod, workload: str | None) -> str:
    return workload or f"Pod/{pod.name}"


def _declared(containers: Sequence[Container]) -> list[str]:
    """Return a description of every declared port: `http/TCP → 8080 in app`.

    Knative allows containers without a name.
    """
    return [
        f"{f'{port.name}/' if port.name else ''}{port.effective_protocol} → {port.container_port}"
        + (f" in {container.name}" if container.name else "")
        for container in containers
        for port in container.ports
    ]


def some(words: Sequence[str]) -> str:
    """Return the first words, joined, and the number of the rest."""
    more = len(words) - _MOST_SHOWN
    return ", ".join(words[:_MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _port_named(containers: Sequence[Container], name: str) -> tuple[Container, ContainerPort] | None:
    return next(((container, port) for container in containers for port in container.ports if port.name == name), None)


def unresolved(
    port: ServicePort, position: int, pod: Pod, workload: str | None, *, sidecars: bool, source: Pod | Workload
) -> Miss:
    """Return why the target port's name does not resolve in this pod."""
    target, protocol = str(port.effective_target_port), port.effective_protocol
    searched = pod.containers + (pod.sidecars if sidecars else ())
    others = [container for container in pod.init_containers if container not in searched]
    declared = _declared(searched)
    shown = f"it declares {some(declared)}" if declared else "its containers declare no ports"
    message = f"no container port named {target!r} for {protocol} in {_display_name(pod, workload)}: {shown}"
    code, hint = "unresolved-target-port", None
    same = _port_named(searched, target)
    elsewhere = _port_named(others, target)
    if same is not None:
        code = "protocol-mismatch"
        declared_protocol = same[1].effective_protocol
        hint = (
            f"{target!r} is {declared_protocol} there: "
            f"set protocol {declared_protocol} on this Service port, or declare a {protocol} port"
        )
    elif elsewhere is not None and elsewhere[0].is_sidecar:
        code = "sidecar-not-searched"
        hint = f"sidecar {elsewhere[0].name!r} has it, but sidecars are searched only since Kubernetes 1.33"
    elif elsewhere is not None:
        code = "not-a-sidecar"
        hint = f"init container {elsewhere[0].name!r} has it, but is not a sidecar: set its restartPolicy to Always"
    else:
        hint = _near(port, target, protocol, searched)
    return Miss(
        code=code,
        message=message,
        hint=hint,
        port=port,
        position=position,
        pod=pod.name,
        workload=workload,
        source=source,
    )


def _near(port: ServicePort, target: str, protocol: str, containers: Sequence[Container]) -> str | None:
    """Return a hint that names the declared port that was probably intended."""
    of_protocol = [
        declared for container in containers for declared in container.ports if declared.effective_protocol == protocol
    ]
    guess = nearest(target, [declared.name for declared in of_protocol if declared.name])
    if guess is not None:
        return f"did you mean {guess!r}?"
    same_number = next((declared for declared in of_protocol if declared.container_port == port.port), None)
    if same_number is not None and same_number.name:
        return f"port {port.port} is named {same_number.name!r} there"
    if same_number is not None:
        return f"port {port.port} has no name there: name it {target!r}, or write targetPort: {port.port}"
    unnamed = [declared for declared in of_protocol if not declared.name]
    if len(unnamed) == 1:
        return f"port {unnamed[0].container_port} has no name there: name it {target!r}"
    return None


def nothing_selected(service: Service, near: Iterable[Pod | Workload]) -> Miss:
    """Return why a selector matches no pod, with the pod that matches most of it.

    Args:
        service: The Service.
        near: Pods and workloads that have some of the selector's labels.
    """
    selector = service.selector or {}
    wanted = ", ".join(f"{key}={value}" for key, value in selector.items())
    message = f"no pod has the labels {wanted}"
    best: tuple[int, str] | None = None
    for source in near:
        pod = source.pod if isinstance(source, Workload) else source
        matching = sum(pod.labels.get(key) == value for key, value in selector.items())
        name = f"{source.kind}/{source.name}" if isinstance(source, Workload) else f"Pod/{pod.name}"
        other_namespace = service.namespace is not None and pod.namespace not in {None, service.namespace}
        if matching == len(selector):
            hint = f"{name} has them, but in namespace {pod.namespace}, not {service.namespace}"
            return Miss(code="selector-matches-nothing", message=message, hint=hint)
        misspelt = _misspelt(selector, pod)
        # One shared label of several is no evidence: half of the pods of an application may have it.
        if not misspelt and 2 * matching < len(selector):
            continue
        score = 4 * matching + 2 * misspelt - other_namespace
        if best is None or score > best[0]:
            shown = f"{name} in namespace {pod.namespace}" if other_namespace else name
            best = (score, _difference(selector, pod, shown))
    return Miss(code="selector-matches-nothing", message=message, hint=best[1] if best else None)


def _misspelt(selector: Mapping[str, str], pod: Pod) -> bool:
    """Return whether a value of the selector is similar to that of the pod's label."""
    return any(
        label is not None and label != value and nearest(value, [label]) is not None
        for key, value in selector.items()
        for label in (pod.labels.get(key),)
    )


def _difference(selector: Mapping[str, str], pod: Pod, name: str) -> str:
    other = [f"{key}={pod.labels[key]}" for key, value in selector.items() if pod.labels.get(key, value) != value]
    missing = [key for key in selector if key not in pod.labels]
    parts = ([f"{', '.join(other)} instead"] if other else []) + ([f"no label {', '.join(missing)}"] if missing else [])
    return f"{name} has {' and '.join(parts)}"
