"""Why a Service port leads nowhere, in words that say what to do.

The control plane is silent about all of this. A miss names what *is* declared, and
singles out the near miss: the same name with another protocol, in an init container
that is no sidecar, or spelt almost so.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Self, final

import attrs

from portmap._kubernetes.did_you_mean import nearest
from portmap._model.pods import Container, Pod
from portmap._model.ports import ContainerPort, ServicePort
from portmap._model.services import Service
from portmap._model.workloads import Workload

__all__ = ["Miss", "nothing_selected", "some", "unresolved"]

_MOST_SHOWN = 8


@final
@attrs.frozen(kw_only=True)
class Miss:
    """A Service port that leads nowhere, in one pod or in all.

    Attributes:
        code: What kind of miss: `unresolved-target-port`, `protocol-mismatch`,
            `not-a-sidecar`, `sidecar-not-searched`, `pod-not-published`,
            `makes-no-pods` or `selector-matches-nothing`.
        message: Why, naming what is declared.
        hint: What was probably meant, if anything is near.
        port: The Service port; `None` where it concerns all of them.
        position: Its place in the Service's `ports`.
        pod: The pod's name; `None` where no pod is selected.
        workload: The workload that makes the pod, such as `Deployment/web`.

    Example:
        >>> [miss] = resolve(typo, [pod]).misses
        >>> miss.code, miss.hint
        ('unresolved-target-port', "did you mean 'http'?")
    """

    code: str
    message: str
    hint: str | None = None
    port: ServicePort | None = None
    position: int | None = None
    pod: str | None = None
    workload: str | None = None

    @property
    def field(self) -> str:
        """The Service's field that is to blame: `spec.ports[0].targetPort`, `spec.selector` or `""`.

        Example:
            >>> miss.field
            'spec.ports[0].targetPort'
        """
        if self.position is not None:
            return f"spec.ports[{self.position}].targetPort"
        return "" if self.pod else "spec.selector"

    @classmethod
    def of_pod(cls, pod: Pod, workload: str | None, reason: str) -> Self:
        """A pod that is selected but gets no traffic at all.

        Example:
            >>> print(Miss.of_pod(pod, None, "it has ended"))
            Pod/web-0 gets no traffic: it has ended
        """
        return cls(
            code="pod-not-published",
            message=f"{_called(pod, workload)} gets no traffic: {reason}",
            pod=pod.name,
            workload=workload,
        )

    @classmethod
    def of_idle(cls, workload: Workload) -> Self:
        """A workload that is selected but makes no pods.

        Example:
            >>> idle = Workload("Deployment", "web", pod, replicas=0)
            >>> print(Miss.of_idle(idle))
            Deployment/web makes no pods: its replicas are 0
        """
        called = f"{workload.kind}/{workload.name}"
        return cls(
            code="makes-no-pods",
            message=f"{called} makes no pods: its replicas are 0",
            pod=workload.pod.name,
            workload=called,
        )

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


def _called(pod: Pod, workload: str | None) -> str:
    return workload or f"Pod/{pod.name}"


def _declared(containers: Sequence[Container]) -> list[str]:
    """Every declared port, as people would say it: `http/TCP → 8080 in app`. Knative does not ask for names."""
    return [
        f"{f'{port.name}/' if port.name else ''}{port.effective_protocol} → {port.container_port}"
        + (f" in {container.name}" if container.name else "")
        for container in containers
        for port in container.ports
    ]


def some(words: Sequence[str]) -> str:
    """The first few of these, and how many more there are."""
    more = len(words) - _MOST_SHOWN
    return ", ".join(words[:_MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _named(containers: Sequence[Container], name: str) -> tuple[Container, ContainerPort] | None:
    return next(((container, port) for container in containers for port in container.ports if port.name == name), None)


def unresolved(port: ServicePort, position: int, pod: Pod, workload: str | None, *, sidecars: bool) -> Miss:
    """Why this Service port, which names its target, leads nowhere in this pod."""
    target, protocol = str(port.effective_target_port), port.effective_protocol
    searched = pod.containers + (pod.sidecars if sidecars else ())
    others = [container for container in pod.init_containers if container not in searched]
    declared = _declared(searched)
    shown = f"it declares {some(declared)}" if declared else "its containers declare no ports"
    message = f"no container port named {target!r} for {protocol} in {_called(pod, workload)}: {shown}"
    code, hint = "unresolved-target-port", None
    same = _named(searched, target)
    elsewhere = _named(others, target)
    if same is not None:
        code = "protocol-mismatch"
        spoken = same[1].effective_protocol
        hint = f"{target!r} is {spoken} there: set protocol {spoken} on this Service port, or declare a {protocol} port"
    elif elsewhere is not None and elsewhere[0].is_sidecar:
        code = "sidecar-not-searched"
        hint = f"sidecar {elsewhere[0].name!r} has it, but sidecars are looked into only from Kubernetes 1.33 on"
    elif elsewhere is not None:
        code = "not-a-sidecar"
        hint = f"init container {elsewhere[0].name!r} has it, but is no sidecar: set its restartPolicy to Always"
    else:
        hint = _near(port, target, protocol, searched)
    return Miss(code=code, message=message, hint=hint, port=port, position=position, pod=pod.name, workload=workload)


def _near(port: ServicePort, target: str, protocol: str, containers: Sequence[Container]) -> str | None:
    """The declared port that was probably meant."""
    fitting = [each for container in containers for each in container.ports if each.effective_protocol == protocol]
    guess = nearest(target, [each.name for each in fitting if each.name])
    if guess is not None:
        return f"did you mean {guess!r}?"
    same_number = next((each for each in fitting if each.container_port == port.port), None)
    if same_number is not None and same_number.name:
        return f"port {port.port} is named {same_number.name!r} there"
    if same_number is not None:
        return f"port {port.port} has no name there: name it {target!r}, or write targetPort: {port.port}"
    unnamed = [each for each in fitting if not each.name]
    if len(unnamed) == 1:
        return f"port {unnamed[0].container_port} has no name there: name it {target!r}"
    return None


def nothing_selected(service: Service, near: Iterable[Pod | Workload]) -> Miss:
    """Why a selector picks no pod, with the one that it almost picks.

    Args:
        service: The Service.
        near: Pods and workloads that have something of its selector.
    """
    selector = service.selector or {}
    wanted = ", ".join(f"{key}={value}" for key, value in selector.items())
    message = f"no pod has the labels {wanted}"
    best: tuple[int, str] | None = None
    for source in near:
        pod = source.pod if isinstance(source, Workload) else source
        matching = sum(pod.labels.get(key) == value for key, value in selector.items())
        called = f"{source.kind}/{source.name}" if isinstance(source, Workload) else f"Pod/{pod.name}"
        apart = service.namespace is not None and pod.namespace not in {None, service.namespace}
        if matching == len(selector):
            hint = f"{called} has them, but in namespace {pod.namespace}, not {service.namespace}"
            return Miss(code="selector-matches-nothing", message=message, hint=hint)
        misspelt = _misspelt(selector, pod)
        # One label of several proves nothing: half a shop may have it.
        if not misspelt and 2 * matching < len(selector):
            continue
        score = 4 * matching + 2 * misspelt - apart
        if best is None or score > best[0]:
            place = f"{called} in namespace {pod.namespace}" if apart else called
            best = (score, _difference(selector, pod, place))
    return Miss(code="selector-matches-nothing", message=message, hint=best[1] if best else None)


def _misspelt(selector: Mapping[str, str], pod: Pod) -> bool:
    """Whether a value of the selector is almost that of the pod's label."""
    return any(
        label is not None and label != value and nearest(value, [label]) is not None
        for key, value in selector.items()
        for label in (pod.labels.get(key),)
    )


def _difference(selector: Mapping[str, str], pod: Pod, called: str) -> str:
    other = [f"{key}={pod.labels[key]}" for key, value in selector.items() if pod.labels.get(key, value) != value]
    missing = [key for key in selector if key not in pod.labels]
    parts = ([f"{', '.join(other)} instead"] if other else []) + ([f"no label {', '.join(missing)}"] if missing else [])
    return f"{called} has {' and '.join(parts)}"
